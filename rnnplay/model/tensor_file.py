"""Reading a safetensors file whose claims are checked before anything of the size that it claims is allocated."""

import hashlib
import math
import os
from collections.abc import Collection
from io import BufferedReader
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from rnnplay import files

MAX_HEADER = 1 << 25  # bytes; a vocabulary of all of Unicode, escaped twice, takes some 20 million
MAX_ENTRY = 1000  # bytes of one tensor's entry in the header
MAX_PAIRS = 1 << 16  # "key: value" pairs in the header, colons in strings included; 64 layers have 6,000
PIECE = 1 << 20  # bytes that are read at once

DTYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "I64": np.dtype("<i8"), "U8": np.dtype("u1")}


class FormatError(Exception):
    """The file isn't what its format says; the message completes "'FILE' …"."""


class Entry(msgspec.Struct, frozen=True):
    """A tensor in the header of a safetensors file."""

    dtype: str
    shape: list[int]
    data_offsets: tuple[int, int]

    @property
    def size(self) -> int:
        """How many bytes of the file are the tensor's."""
        return self.data_offsets[1] - self.data_offsets[0]


class Header(msgspec.Struct, frozen=True):
    """The header of a safetensors file.

    Attributes:
        begin: Where the tensors' bytes begin in the file.
    """

    begin: int
    entries: dict[str, Entry]
    metadata: dict[str, str]


def read_header(file: BufferedReader) -> Header:
    """Read the header alone.

    Raises:
        FormatError: There is none, it is too large or makes no sense, or the file has another size than it says.
    """
    size = os.fstat(file.fileno()).st_size
    length = int.from_bytes(file.read(8), "little")
    if not 2 <= length <= size - 8:
        raise FormatError("is not a checkpoint: it has no safetensors header.")
    if length > MAX_HEADER:
        raise FormatError(f"is not a checkpoint: its header has {length:,} bytes, more than {MAX_HEADER:,}.")
    try:
        entries, metadata = _parsed(file.read(length))
    except (ValueError, *files.NO_JSON) as error:
        raise FormatError("is not a checkpoint: its safetensors header makes no sense.") from error
    claimed = 8 + length + max((entry.data_offsets[1] for entry in entries.values()), default=0)
    if size != claimed:
        raise FormatError(f"is damaged: it has {size:,} bytes, and its header speaks of {claimed:,}.")
    return Header(8 + length, entries, metadata)


def _parsed(text: bytes) -> tuple[dict[str, Entry], dict[str, str]]:
    """Return the tensors' entries and the metadata of a header."""
    if text.count(b":") > MAX_PAIRS:
        raise ValueError
    parts = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    metadata = msgspec.json.decode(parts.pop("__metadata__", msgspec.Raw(b"{}")), type=dict[str, str])
    if any(len(memoryview(part)) > MAX_ENTRY for part in parts.values()):
        raise ValueError
    return {name: msgspec.json.decode(part, type=Entry) for name, part in parts.items()}, metadata


def read_tensors(file: BufferedReader, header: Header, wanted: Collection[str]) -> tuple[dict[str, NDArray[Any]], str]:
    """Read some tensors, and hash all; those that aren't wanted pass through a buffer.

    Returns:
        The wanted tensors by name, and the SHA-256 over each tensor's name and bytes in the order of the names.

    Raises:
        FormatError: The tensors' places in the file don't fit their shapes, or the file ends too soon.
        OSError: The file can't be read.
    """
    _check_places(header, wanted)
    digest = hashlib.sha256()
    tensors = {}
    for name in sorted(header.entries):
        entry = header.entries[name]
        file.seek(header.begin + entry.data_offsets[0])
        digest.update(name.encode())
        if name in wanted:
            tensors[name] = _empty(entry)
            content = tensors[name].reshape(-1).view(np.uint8).data
            if file.readinto(content) != entry.size:
                raise FormatError("is damaged: it ended while it was read.")
            digest.update(content)
        else:
            _hash_piecewise(file, entry.size, digest)
    return tensors, digest.hexdigest()


def _empty(entry: Entry) -> NDArray[Any]:
    try:
        return np.empty(entry.shape, DTYPES[entry.dtype])
    except ValueError as error:  # more dimensions, or larger ones beside a zero, than numpy has
        raise FormatError("is damaged: its tensors don't fit its header.") from error


def _hash_piecewise(file: BufferedReader, size: int, digest: "hashlib._Hash") -> None:
    while size:
        piece = file.read(min(size, PIECE))
        if not piece:
            raise FormatError("is damaged: it ended while it was read.")
        digest.update(piece)
        size -= len(piece)


def _check_places(header: Header, wanted: Collection[str]) -> None:
    """Refuse tensors that overlap, leave a gap, or are larger or smaller than their place.

    Raises:
        FormatError: There is one.
    """
    end = 0
    for name, entry in sorted(header.entries.items(), key=lambda item: item[1].data_offsets):
        dtype = DTYPES.get(entry.dtype)
        fits = dtype is None or entry.size == math.prod(entry.shape) * dtype.itemsize
        if entry.data_offsets[0] != end or entry.size < 0 or not fits or min(entry.shape, default=0) < 0:
            raise FormatError("is damaged: its tensors don't fit its header.")
        if name in wanted and dtype is None:
            raise FormatError(f"is damaged: its tensor '{name}' has the type '{entry.dtype[:20]}'.")
        end = entry.data_offsets[1]
