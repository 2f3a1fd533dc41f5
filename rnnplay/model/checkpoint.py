"""The checkpoint: one safetensors file that needs nothing beside it. `docs/formats.md` says the format."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from rnnplay import files
from rnnplay.errors import UserError, storage_error
from rnnplay.model.config import ModelConfig
from rnnplay.text.vocabulary import Vocabulary

FORMAT = 1
STATE_PREFIX = "state."
METADATA_KEY = "rnnplay"
MAX_HEADER = 100_000_000  # bytes; the limit of the safetensors library itself

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
    tensors = {name: np.ascontiguousarray(value) for name, value in checkpoint.tensors.items()}
    tensors |= {STATE_PREFIX + name: np.ascontiguousarray(value) for name, value in checkpoint.state.items()}
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


def load(path: Path, *, with_state: bool = False) -> Checkpoint:
    """Read a checkpoint, after checking that its parts fit each other.

    Raises:
        UserError: It isn't a checkpoint, is of another format, or is damaged.
    """
    try:
        header, card = _header(path)
        content = path.read_bytes()
    except OSError as error:
        raise storage_error(path, error) from error
    _check_shapes(path, header, card)
    try:
        tensors = safetensors.numpy.load(content)
    except (safetensors.SafetensorError, KeyError, ValueError) as error:
        raise _damaged(path, "its tensors don't fit its header") from error
    if tensors_sha256(tensors) != card.tensors_sha256:
        raise _damaged(path, "its hash doesn't fit its tensors")
    names = card.model.tensor_shapes(len(card.vocabulary))
    state = {name.removeprefix(STATE_PREFIX): value for name, value in tensors.items() if name.startswith(STATE_PREFIX)}
    return Checkpoint(
        card.model,
        Vocabulary(tuple(card.vocabulary), card.unknown),
        {name: tensors[name] for name in names},
        card.training,
        card.corpus,
        state if with_state else {},
    )


def training_of(path: Path) -> Training:
    """Read only how far a checkpoint's weights had been trained.

    Raises:
        UserError: It isn't a checkpoint.
    """
    try:
        return _header(path)[1].training
    except OSError as error:
        raise storage_error(path, error) from error


def tensors_sha256(tensors: Tensors) -> str:
    """Return the SHA-256 over each tensor's name and bytes (row-major, little-endian), in the order of the names."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(tensors[name]).data.cast("B") if tensors[name].size else b"")
    return digest.hexdigest()


def _damaged(path: Path, reason: str) -> UserError:
    return UserError(f"'{path}' is damaged: {reason}.")


def _header(path: Path) -> tuple[dict[str, Any], _Card]:
    """Read and check the header alone, before anything of the size that it claims is allocated."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(size - 8, MAX_HEADER):
            raise UserError(f"'{path}' is not a checkpoint: it has no safetensors header.")
        raw = file.read(length)
    try:
        header: dict[str, Any] = msgspec.json.decode(raw, type=dict[str, Any])
        metadata = header.pop("__metadata__", {})
        end = max((tensor["data_offsets"][1] for tensor in header.values()), default=0)
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, TypeError, IndexError) as error:
        raise UserError(f"'{path}' is not a checkpoint: its safetensors header makes no sense.") from error
    if METADATA_KEY not in metadata:
        raise UserError(f"'{path}' is a safetensors file, but not one of rnnplay's.")
    if size != 8 + length + end:
        raise _damaged(path, f"it has {size:,} bytes, and its header speaks of {8 + length + end:,}")
    return header, _card(path, metadata[METADATA_KEY])


def _card(path: Path, text: str) -> _Card:
    try:
        number = msgspec.json.decode(text, type=dict[str, Any]).get("format")
        if number != FORMAT:
            raise UserError(f"'{path}' has format {number}; this rnnplay reads format {FORMAT}.")
        card = msgspec.json.decode(text, type=_Card)
        card.model.checked()
    except msgspec.MsgspecError as error:
        raise _damaged(path, "its description makes no sense") from error
    symbols = card.vocabulary
    if not symbols or any(len(symbol) != 1 for symbol in symbols) or len(set(symbols)) != len(symbols):
        raise _damaged(path, "its vocabulary isn't a list of distinct characters")
    if card.unknown is not None and not 0 <= card.unknown < len(symbols):
        raise _damaged(path, "its unknown symbol isn't in its vocabulary")
    return card


def _check_shapes(path: Path, header: dict[str, Any], card: _Card) -> None:
    for name, shape in card.model.tensor_shapes(len(card.vocabulary)).items():
        found = header.get(name)
        if found is None:
            raise _damaged(path, f"the tensor '{name}' is missing")
        if found.get("shape") != list(shape) or found.get("dtype") != "F32":
            raise _damaged(path, f"the tensor '{name}' is not fp32 of shape {list(shape)}")
