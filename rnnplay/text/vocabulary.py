"""Which characters a network knows, and the id of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.unsignedinteger]

UNKNOWN_SYMBOL = "\ufffd"
PIECE = 1 << 20  # characters that are decoded at once


def smallest_dtype(size: int) -> np.dtype[np.unsignedinteger]:
    """Return the smallest unsigned type (one, two or four bytes) that holds the ids below `size`."""
    return np.dtype(np.uint8 if size <= 1 << 8 else np.uint16 if size <= 1 << 16 else np.uint32)


def code_points(text: str) -> NDArray[np.uint32]:
    """Return the text's code points, lone surrogates included."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


@dataclass(frozen=True)
class Vocabulary:
    """Characters in id order, and the id of the unknown symbol where there is one.

    A vocabulary belongs to a checkpoint: whatever a network reads is encoded with its own.
    """

    symbols: tuple[str, ...]
    unknown: int | None = None

    def __len__(self) -> int:
        return len(self.symbols)

    @classmethod
    def of_counts(cls, alphabet: Sequence[str], counts: NDArray[np.int64], min_count: int = 1) -> "Vocabulary":
        """Take the characters that stand at least `min_count` times; the rarer ones fold into one unknown symbol."""
        kept = tuple(symbol for symbol, count in zip(alphabet, counts, strict=True) if count >= min_count)
        if len(kept) == len(alphabet):
            return cls(kept, kept.index(UNKNOWN_SYMBOL) if UNKNOWN_SYMBOL in kept else None)
        symbols = tuple(sorted({*kept, UNKNOWN_SYMBOL}))
        return cls(symbols, symbols.index(UNKNOWN_SYMBOL))

    @cached_property
    def _points(self) -> NDArray[np.uint32]:
        return code_points("".join(self.symbols))

    @cached_property
    def _id_of(self) -> dict[str, int]:
        return {symbol: number for number, symbol in enumerate(self.symbols)}

    def __contains__(self, symbol: object) -> bool:
        return symbol in self._id_of

    def id_of(self, symbol: str) -> int | None:
        """Return the character's own id, or None where it is unknown."""
        return self._id_of.get(symbol)

    def lookup(self, alphabet: Sequence[str]) -> NDArray[np.int64]:
        """Return the id of each character of an alphabet: its own, else the unknown symbol's, else -1."""
        missing = -1 if self.unknown is None else self.unknown
        return np.array([self._id_of.get(symbol, missing) for symbol in alphabet], dtype=np.int64)

    def encode(self, text: str) -> Ids:
        """Return the text's ids; unknown characters become the unknown symbol, or are left out where there is none."""
        points, places = np.unique(code_points(text), return_inverse=True)
        return self.translate(places.astype(smallest_dtype(len(points))), [chr(point) for point in points])

    def translate(self, ids: Ids, alphabet: Sequence[str]) -> Ids:
        """Return ids of this vocabulary for ids of another alphabet, treating unknown characters as `encode` does.

        The same array comes back where both number their characters alike, so that a mapped file stays mapped.
        """
        table = self.lookup(alphabet)
        if np.array_equal(table, np.arange(len(alphabet))):
            return ids
        if (table < 0).any():
            ids = ids[table[ids] >= 0]
        return table.astype(smallest_dtype(len(self)))[ids]

    def decode(self, ids: Sequence[int] | Ids) -> str:
        """Return the text that the ids stand for."""
        points = self._points.take(np.asarray(ids, dtype=np.int64))
        return points.tobytes().decode("utf-32-le", "surrogatepass")

    def decode_pieces(self, ids: Ids, size: int = PIECE) -> Iterator[str]:
        """Yield the text that the ids stand for, so many characters at a time: a mapped file is never read whole."""
        for start in range(0, len(ids), size):
            yield self.decode(ids[start : start + size])

    def unknown_in(self, text: str) -> tuple[str, ...]:
        """Return the distinct characters of a text that are not symbols of their own, in the order of first use."""
        return tuple(dict.fromkeys(symbol for symbol in text if symbol not in self._id_of))
