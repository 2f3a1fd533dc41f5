"""Independent lines, told apart and dealt out to two sides by arrays alone: ten million of them take a few seconds."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnnplay.text.vocabulary import Ids

PIECE = 1 << 20  # characters that are worked on at once

Places = NDArray[np.int64]


class Piece(NamedTuple):
    """Characters that are worked on at once: those of some whole lines, or a part of a very long one.

    Attributes:
        lines: Which lines they are of.
        begins: Where each of these begins among the characters.
        within: Where each character stands in its line.
        places: Where each stands in the text.
    """

    lines: slice
    begins: Places
    within: Places
    places: Places


@dataclass(frozen=True, eq=False)
class Lines:
    """The lines of a text, each with its newline.

    Attributes:
        ids: The text, a newline at its end.
        starts: Where each line begins.
        lengths: How many characters each has.
    """

    ids: Ids
    starts: Places
    lengths: Places

    @classmethod
    def of(cls, ids: Ids, newline: int) -> "Lines":
        """Find the lines of a text, adding a last newline that is missing."""
        if len(ids) and int(ids[-1]) != newline:
            ids = np.append(ids, np.array([newline], dtype=ids.dtype))
        ends = np.flatnonzero(ids == newline) + 1
        return cls(ids, ends - np.diff(ends, prepend=0), np.diff(ends, prepend=0))

    def __len__(self) -> int:
        return len(self.starts)

    @cached_property
    def hashes(self) -> NDArray[np.uint64]:
        """One number a line: the same for copies of a line, another for every other line but one in about 2^60.

        Multilinear hashing (Carter & Wegman 1979): the sum over a line of a random number for the character times one
        for its place, modulo 2^64; all of them odd, so that lines that differ in one character never agree.
        """
        of_id = _odd(0, 0, 1 + int(self.ids.max(initial=0)))
        found = np.zeros(len(self), np.uint64)
        for lines, begins, within, places in self._pieces():
            first = int(within[0])
            of_place = _odd(1, first, 1 + int(within.max()) - first)
            found[lines] += np.add.reduceat(of_id[self.ids[places]] * of_place[within - first], begins)
        return found

    def chosen(self, which: Places | NDArray[np.bool_] | slice) -> "Lines":
        """Return some of the lines, in the order in which they are given."""
        return Lines(self.ids, self.starts[which], self.lengths[which])

    def joined(self) -> Ids:
        """Return the lines' text, one after another."""
        text = np.empty(int(self.lengths.sum()), self.ids.dtype)
        filled = 0
        for *_, places in self._pieces():
            text[filled : filled + len(places)] = self.ids[places]
            filled += len(places)
        return text

    def _pieces(self) -> Iterator[Piece]:
        """Yield all characters, line by line; a line longer than a piece comes in parts."""
        through = np.cumsum(self.lengths)
        cuts = np.searchsorted(through, np.arange(PIECE, self.lengths.sum(), PIECE), side="right")
        long = np.flatnonzero(self.lengths > PIECE)
        edges = np.unique(np.concatenate([[0], cuts, long, long + 1, [len(self)]])).tolist()
        for start, stop in pairwise(edges):
            starts, lengths = self.starts[start:stop], self.lengths[start:stop]
            if lengths[0] > PIECE:
                for first in range(0, int(lengths[0]), PIECE):
                    within = np.arange(first, min(first + PIECE, int(lengths[0])))
                    yield Piece(slice(start, stop), np.zeros(1, np.int64), within, starts + within)
            else:
                begins = np.cumsum(lengths) - lengths
                within = np.arange(int(lengths.sum())) - np.repeat(begins, lengths)
                yield Piece(slice(start, stop), begins, within, within + np.repeat(starts, lengths))


def _odd(seed: int, first: int, count: int) -> NDArray[np.uint64]:
    """Return so many of a seed's odd random numbers, from the given one on."""
    return np.random.PCG64(seed).advance(first).random_raw(count) | np.uint64(1)


def dealt_out(lines: Lines, val_fraction: float, seed: int) -> tuple[Lines, Lines]:
    """Shuffle lines and deal them out, those to learn from and those to be measured on; copies of a line go together.

    Args:
        lines: The lines.
        val_fraction: The share of the distinct lines to be measured on; at least one is learned from.
        seed: Of `numpy.random.Generator(PCG64(seed)).permutation`, which shuffles.
    """
    order = np.random.Generator(np.random.PCG64(seed)).permutation(len(lines))
    _, first, kinds = np.unique(lines.hashes[order], return_index=True, return_inverse=True)
    learned = max(int(len(first) * (1 - val_fraction)), 1)  # of the distinct lines, as they come up
    last = np.partition(first, learned - 1)[learned - 1]
    to_learn = first[kinds] <= last
    return lines.chosen(order[to_learn]), lines.chosen(order[~to_learn])
