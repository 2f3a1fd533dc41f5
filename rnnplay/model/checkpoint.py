"""The checkpoint: one safetensors file that needs nothing beside it. `docs/formats.md` says the format."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from rnnplay import files
from rnnplay.errors import UserError, storage_error
from rnnplay.model.config import ModelConfig
from rnnplay.model.state_layout import MAX_ROWS, largest_state
from rnnplay.model.tensor_file import FormatError, Header, read_header, read_tensors
from rnnplay.text.vocabulary import Vocabulary

FORMAT = 1
STATE_PREFIX = "state."
METADATA_KEY = "rnnplay"
# With no weight above it, no layer's sum overflows single precision: at most 2^32 products of two weights.
MAX_WEIGHT = 1e14
MAX_LOSS = 1e20  # nats; more than such weights can make
MAX_COUNT = 1 << 62
MAX_SECONDS = 1e11

Tensors = Mapping[str, NDArray[Any]]


class Training(msgspec.Struct, frozen=True):
    """How far the weights had been trained."""

    step: int = 0
    loss: float | None = None  # validation, nats per character
    chars: int = 0
    seconds: float = 0.0


class CorpusCard(msgspec.Struct, frozen=True):
    """The text that the weights learned from."""

    name: str = ""
    sha256: str = ""


class _Card(msgspec.Struct, frozen=True):
    """The JSON under the metadata key."""

    format: int
    model: ModelConfig
    vocabulary: list[str]
    unknown: int | None
    training: Training
    corpus: CorpusCard
    tensors_sha256: str


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A trained model: its shape, its vocabulary, its weights, and how it came about.

    Attributes:
        tensors: The weights in fp32, by name.
        state: What a trainer needs to go on exactly, by name without the prefix "state."; empty where not kept.
    """

    model: ModelConfig
    vocabulary: Vocabulary
    tensors: Tensors
    training: Training
    corpus: CorpusCard
    state: Tensors


def to_bytes(checkpoint: Checkpoint) -> bytes:
    """Return the checkpoint as a file's content."""
    tensors = {name: np.asarray(value, order="C") for name, value in checkpoint.tensors.items()}
    tensors |= {STATE_PREFIX + name: np.asarray(value, order="C") for name, value in checkpoint.state.items()}
    card = _Card(
        FORMAT,
        checkpoint.model,
        list(checkpoint.vocabulary.symbols),
        checkpoint.vocabulary.unknown,
        checkpoint.training,
        checkpoint.corpus,
        tensors_sha256(tensors),
    )
    return safetensors.numpy.save(tensors, {METADATA_KEY: msgspec.json.encode(card).decode()})


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint as a whole or not at all.

    Raises:
        OSError: It couldn't be written; a file that stood there before is untouched.
    """
    files.write_whole(path, to_bytes(checkpoint))


def load(path: Path, *, with_state: bool = False, rows: int | None = None) -> Checkpoint:
    """Read a checkpoint, after checking that its parts fit each other.

    What is neither the network nor a state that it can have is refused before anything is read.

    Args:
        path: The file.
        with_state: Read the state, too; its tensors are what `rnnplay.training.saved_state` checks.
        rows: The batch size of that state, which bounds its size, where it is known.

    Raises:
        UserError: It isn't a checkpoint, is of another format, is damaged, or its weights can't be computed with.
    """
    try:
        with path.open("rb") as file:
            header, card = _header(path, file)
            names = card.model.tensor_shapes(len(card.vocabulary))
            _check_network(path, header, card)
            state_names = _check_state(path, header, card, rows)
            tensors, sha256 = read_tensors(file, header, {*names, *state_names} if with_state else names)
    except OSError as error:
        raise storage_error(path, error) from error
    except FormatError as error:
        raise UserError(f"'{path}' {error}") from error
    if sha256 != card.tensors_sha256:
        raise _damaged(path, "its hash doesn't fit its tensors")
    network = {name: tensors[name] for name in names}
    refuse_unusable(network, f"'{path}'")
    return Checkpoint(
        card.model,
        Vocabulary(tuple(card.vocabulary), card.unknown),
        network,
        card.training,
        card.corpus,
        {name.removeprefix(STATE_PREFIX): value for name, value in tensors.items() if name not in names},
    )


def refuse_unusable(network: Tensors, what: str) -> None:
    """Refuse weights that aren't numbers, or so large that what a layer adds up could overflow.

    Args:
        network: The weights by name.
        what: What to call them in the sentence.

    Raises:
        UserError: There is such a tensor.
    """
    for name, value in network.items():
        size = largest(value)
        if not size <= MAX_WEIGHT:
            found = f"numbers as large as {size:.0e}" if math.isfinite(size) else "NaN or infinity"
            raise UserError(f"{what} can't be used: its tensor '{name}' holds {found}; its training diverged.")


def largest(tensor: NDArray[Any]) -> float:
    """Return the largest absolute value of a tensor, 0 where it is empty; NaN where it holds one."""
    return max(float(tensor.max()), -float(tensor.min())) if tensor.size else 0.0


def training_of(path: Path) -> Training:
    """Read only how far a checkpoint's weights had been trained.

    Raises:
        UserError: It isn't a checkpoint.
    """
    try:
        with path.open("rb") as file:
            return _header(path, file)[1].training
    except OSError as error:
        raise storage_error(path, error) from error
    except FormatError as error:
        raise UserError(f"'{path}' {error}") from error


def tensors_sha256(tensors: Tensors) -> str:
    """Return the SHA-256 over each tensor's name and bytes (row-major, little-endian), in the order of the names."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(tensors[name]).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def _damaged(path: Path, reason: str) -> UserError:
    return UserError(f"'{path}' is damaged: {reason}.")


def _header(path: Path, file: BufferedReader) -> tuple[Header, _Card]:
    """Read and check the header alone."""
    header = read_header(file)
    if METADATA_KEY not in header.metadata:
        raise UserError(f"'{path}' is a safetensors file, but not one of rnnplay's.")
    return header, _card(path, header.metadata[METADATA_KEY])


def _card(path: Path, text: str) -> _Card:
    try:
        number = msgspec.json.decode(text, type=dict[str, msgspec.Raw]).get("format")
        if number is None or bytes(number) != str(FORMAT).encode():
            told = "no format" if number is None else f"format {bytes(number)[:20].decode(errors='replace')}"
            raise UserError(f"'{path}' has {told}; this rnnplay reads format {FORMAT}.")
        card = msgspec.json.decode(text, type=_Card)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise _damaged(path, "its description makes no sense") from error
    try:
        card.model.checked()
    except UserError as error:
        raise _damaged(path, f"its description makes no network: {error}") from error
    training = card.training
    counts = max(training.step, training.chars) <= MAX_COUNT and min(training.step, training.chars) >= 0
    loss = training.loss is None or abs(training.loss) <= MAX_LOSS
    if not (counts and loss and 0 <= training.seconds <= MAX_SECONDS):
        raise _damaged(path, "its description says that it was trained impossibly long or well")
    symbols = card.vocabulary
    if not symbols or any(len(symbol) != 1 for symbol in symbols) or len(set(symbols)) != len(symbols):
        raise _damaged(path, "its vocabulary isn't a list of distinct characters")
    if card.unknown is not None and not 0 <= card.unknown < len(symbols):
        raise _damaged(path, "its unknown symbol isn't in its vocabulary")
    return card


def _check_network(path: Path, header: Header, card: _Card) -> None:
    shapes = card.model.tensor_shapes(len(card.vocabulary))
    for name, shape in shapes.items():
        found = header.entries.get(name)
        if found is None:
            raise _damaged(path, f"the tensor '{name}' is missing")
        if found.shape != list(shape) or found.dtype != "F32":
            raise _damaged(path, f"the tensor '{name}' is not fp32 of shape {list(shape)}")
    for name in header.entries:
        if name not in shapes and not name.startswith(STATE_PREFIX):
            raise _damaged(path, f"its tensor '{name[:80]}' belongs neither to its network nor to a trainer's state")


def _check_state(path: Path, header: Header, card: _Card, rows: int | None) -> list[str]:
    """Refuse a state that is larger than any of this network, and return the names of its tensors."""
    names = [name for name in header.entries if name.startswith(STATE_PREFIX)]
    size = sum(header.entries[name].size for name in names)
    most = largest_state(card.model, len(card.vocabulary), MAX_ROWS if rows is None else rows)
    if size > most:
        raise _damaged(path, f"its state has {size:,} bytes, and its network needs {most:,} at most")
    return names
