"""Encoding a text once: in memory where it is small, in a memory-mapped file of the cache where it is large."""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
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
    """Clean and encode a text that comes in parts; under a cache key, into a file that is then mapped."""
    cleaner = Cleaner(report)
    spool = _spool() if cache_key is not None else None
    if spool is not None and cache_key is not None:
        try:
            with spool:
                return _stored(cleaner, _spooled(_pieces(parts, cleaner), spool), cache_key)
        except OSError as error:
            raise storage_error(places.cache_folder(), error) from error
    points = list(_pieces(parts, cleaner))
    alphabet, table = _alphabet(cleaner)
    ids = np.empty(sum(map(len, points)), dtype=table.dtype)
    start = 0
    for piece in points:
        ids[start : start + len(piece)] = table[piece]
        start += len(piece)
    return _encoded(cleaner, ids, alphabet)


def _spool() -> BinaryIO | None:
    """Open a temporary file in the cache, or return None where there can't be one: memory has to do."""
    try:
        places.cache_folder().mkdir(parents=True, exist_ok=True)
        return cast("BinaryIO", tempfile.TemporaryFile(dir=places.cache_folder()))
    except OSError:
        return None


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


def _spooled(pieces: Iterable[Points], spool: BinaryIO) -> Callable[[], Iterator[Points]]:
    """Write pieces to a file until the alphabet is known; return what reads them again."""
    kinds = []
    for piece in pieces:
        spool.write(piece.data)
        kinds.append((piece.dtype, len(piece)))

    def again() -> Iterator[Points]:
        spool.seek(0)
        for dtype, count in kinds:
            yield np.frombuffer(spool.read(count * dtype.itemsize), dtype=dtype)

    return again


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
