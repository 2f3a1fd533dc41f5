"""Encoding a text once: in memory where it is small, in a memory-mapped file of the cache where it is large."""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from rnnplay import files, places
from rnnplay.errors import storage_error
from rnnplay.text.reading import Cleaner, Points, ReadingReport
from rnnplay.text.vocabulary import Ids, smallest_dtype

MAPPED_FROM = 1 << 23  # bytes of a text from which on it is encoded into the cache and mapped
CACHE_FORMAT = 1  # goes into the key: a change in reading makes old copies void


@dataclass(frozen=True)
class Encoded:
    """A clean text's ids over its own alphabet."""

    ids: Ids
    alphabet: tuple[str, ...]
    counts: NDArray[np.int64]
    sha256: str
    notes: tuple[str, ...]


class _Card(msgspec.Struct, frozen=True):
    """What stands beside the ids in the cache."""

    alphabet: str
    counts: list[int]
    sha256: str
    length: int
    notes: tuple[str, ...]


def encode(parts: Iterable[str], report: ReadingReport, cache_key: str | None = None) -> Encoded:
    """Clean and encode a text that comes in parts; under a cache key, into a file that is then mapped.

    Where the cache can't be written, the text stays in memory and a note says so.
    """
    cleaner = Cleaner(report)
    pieces = _pieces(parts, cleaner)
    if cache_key is None:
        return _in_memory(cleaner, list(pieces))
    with _Spool() as spool:
        spool.extend(pieces)
        if spool.error is None:
            try:
                return _stored(cleaner, spool.pieces, cache_key)
            except OSError as error:
                spool.error = error
        encoded = _in_memory(cleaner, list(spool.pieces()))
    reason = storage_error(places.cache_folder(), spool.error)
    return replace(encoded, notes=(*encoded.notes, f"{reason} The text is kept in memory instead."))


def _in_memory(cleaner: Cleaner, pieces: Sequence[Points]) -> Encoded:
    alphabet, table = _alphabet(cleaner)
    ids = np.empty(sum(map(len, pieces)), dtype=table.dtype)
    start = 0
    for piece in pieces:
        ids[start : start + len(piece)] = table[piece]
        start += len(piece)
    return _encoded(cleaner, ids, alphabet)


class _Spool:
    """Pieces of a text, kept in a temporary file of the cache until the alphabet is known.

    Attributes:
        error: Why the file can't be written; the pieces after that are kept in memory.
    """

    def __init__(self) -> None:
        self.error: OSError | None = None
        self._file: BinaryIO | None = None
        self._written: list[tuple[np.dtype[np.unsignedinteger], int]] = []
        self._held: list[Points] = []

    def __enter__(self) -> "_Spool":
        try:
            places.cache_folder().mkdir(parents=True, exist_ok=True)
            self._file = cast("BinaryIO", tempfile.TemporaryFile(dir=places.cache_folder(), buffering=0))
        except OSError as error:
            self.error = error
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def extend(self, pieces: Iterable[Points]) -> None:
        """Add pieces."""
        for piece in pieces:
            if self._file is None or self.error is not None:
                self._held.append(piece)
                continue
            try:
                _write(self._file, piece)
                self._written.append((piece.dtype, len(piece)))
            except OSError as error:
                self.error = error
                self._held.append(piece)

    def pieces(self) -> Iterator[Points]:
        """Yield all pieces.

        Raises:
            OSError: The file can't be read.
        """
        if self._file is not None:
            self._file.seek(0)
            for dtype, count in self._written:
                yield np.frombuffer(self._file.read(count * dtype.itemsize), dtype=dtype)
        yield from self._held


def _write(file: BinaryIO, piece: Points) -> None:
    """Write all of an array to an unbuffered file, which may take a part at a time."""
    rest = memoryview(piece.tobytes())
    while rest:
        rest = rest[file.write(rest) :]


def cached(cache_key: str) -> Encoded | None:
    """Return the text encoded under this key earlier, mapped, or None where there is none that is whole."""
    path = places.cache_folder() / f"{cache_key}.ids"
    try:
        card = msgspec.json.decode(path.with_suffix(".json").read_bytes(), type=_Card)
        dtype = smallest_dtype(len(card.alphabet))
        if path.stat().st_size != card.length * dtype.itemsize:
            return None
        ids = np.memmap(path, dtype=dtype, mode="r") if card.length else np.empty(0, dtype)
    except (OSError, *files.NO_JSON):
        return None
    return Encoded(ids, tuple(card.alphabet), np.array(card.counts), card.sha256, card.notes)


def _pieces(parts: Iterable[str], cleaner: Cleaner) -> Iterator[Points]:
    for part in parts:
        yield cleaner.clean(part)
    yield cleaner.clean("", final=True)


def _alphabet(cleaner: Cleaner) -> tuple[tuple[str, ...], Ids]:
    """Return the distinct characters in code point order, and a table from code point to id."""
    points = np.flatnonzero(cleaner.counts)
    table = np.zeros(int(points[-1]) + 1 if len(points) else 1, dtype=smallest_dtype(len(points)))
    table[points] = np.arange(len(points))
    return tuple(map(chr, points.tolist())), table


def _encoded(cleaner: Cleaner, ids: Ids, alphabet: tuple[str, ...]) -> Encoded:
    counts = cleaner.counts[cleaner.counts > 0]
    return Encoded(ids, alphabet, counts, cleaner.sha256.hexdigest(), tuple(cleaner.report.sentences()))


def _stored(cleaner: Cleaner, pieces: Callable[[], Iterator[Points]], cache_key: str) -> Encoded:
    path = places.cache_folder() / f"{cache_key}.ids"
    alphabet, table = _alphabet(cleaner)
    length = 0
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".encoding-")
    try:
        with os.fdopen(handle, "wb") as file:
            for piece in pieces():
                file.write(table[piece].data)
                length += len(piece)
        files.replace(Path(name), path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    encoded = _encoded(cleaner, np.empty(0, table.dtype), alphabet)
    card = _Card("".join(alphabet), encoded.counts.tolist(), encoded.sha256, length, encoded.notes)
    files.write_whole(path.with_suffix(".json"), msgspec.json.encode(card))
    stored = cached(cache_key)
    if stored is None:
        raise OSError(f"{path} was changed while it was written")
    return stored
