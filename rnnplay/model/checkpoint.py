"""The checkpoint: one safetensors file that needs nothing beside it. `docs/formats.md` says the format."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

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


def load(path: Path, *, with_state: bool = False) -> Checkpoint:
    """Read a checkpoint, after checking that its parts fit each other.

    Raises:
        UserError: It isn't a checkpoint, is of another format, or is damaged.
    """
    try:
        with path.open("rb") as file:
            header, card = _header(path, file)
            file.seek(0)
            content = file.read()
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
        with path.open("rb") as file:
            return _header(path, file)[1].training
    except OSError as error:
        raise storage_error(path, error) from error


def tensors_sha256(tensors: Tensors) -> str:
    """Return the SHA-256 over each tensor's name and bytes (row-major, little-endian), in the order of the names."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].tobytes())
    return digest.hexdigest()


def _damaged(path: Path, reason: str) -> UserError:
    return UserError(f"'{path}' is damaged: {reason}.")


class _Entry(msgspec.Struct, frozen=True):
    """A tensor in the header of a safetensors file."""

    dtype: str
    shape: list[int]
    data_offsets: tuple[int, int]


Header = dict[str, _Entry]


def _header(path: Path, file: BinaryIO) -> tuple[Header, _Card]:
    """Read and check the header alone, before anything of the size that it claims is allocated."""
    size = os.fstat(file.fileno()).st_size
    length = int.from_bytes(file.read(8), "little")
    if not 2 <= length <= min(size - 8, MAX_HEADER):
        raise UserError(f"'{path}' is not a checkpoint: it has no safetensors header.")
    try:
        parts = msgspec.json.decode(file.read(length), type=dict[str, msgspec.Raw])
        metadata = msgspec.json.decode(parts.pop("__metadata__", msgspec.Raw(b"{}")), type=dict[str, str])
        header = {name: msgspec.json.decode(part, type=_Entry) for name, part in parts.items()}
    except files.NO_JSON as error:
        raise UserError(f"'{path}' is not a checkpoint: its safetensors header makes no sense.") from error
    if METADATA_KEY not in metadata:
        raise UserError(f"'{path}' is a safetensors file, but not one of rnnplay's.")
    claimed = 8 + length + max((entry.data_offsets[1] for entry in header.values()), default=0)
    if size != claimed:
        raise _damaged(path, f"it has {size:,} bytes, and its header speaks of {claimed:,}")
    return header, _card(path, metadata[METADATA_KEY])


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
    symbols = card.vocabulary
    if not symbols or any(len(symbol) != 1 for symbol in symbols) or len(set(symbols)) != len(symbols):
        raise _damaged(path, "its vocabulary isn't a list of distinct characters")
    if card.unknown is not None and not 0 <= card.unknown < len(symbols):
        raise _damaged(path, "its unknown symbol isn't in its vocabulary")
    return card


def _check_shapes(path: Path, header: Header, card: _Card) -> None:
    for name, shape in card.model.tensor_shapes(len(card.vocabulary)).items():
        found = header.get(name)
        if found is None:
            raise _damaged(path, f"the tensor '{name}' is missing")
        if found.shape != list(shape) or found.dtype != "F32":
            raise _damaged(path, f"the tensor '{name}' is not fp32 of shape {list(shape)}")
