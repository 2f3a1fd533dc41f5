"""Independent lines, told apart and dealt out to two sides by arrays alone: ten million of them take a few seconds."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rnnplay.text.vocabulary import Ids

PIECE = 1 << 20  # characters that are worked on at once

Places = NDArray[np.int64]


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
        of_id = np.random.PCG64(0).random_raw(1 + int(self.ids.max(initial=0))) | 1
        of_place = np.random.PCG64(1).random_raw(int(self.lengths.max(initial=0))) | 1
        found = np.empty(len(self), np.uint64)
        for part, places, begins in self._pieces():
            within = np.arange(len(places)) - np.repeat(begins, self.lengths[part])
            found[part] = np.add.reduceat(of_id[self.ids[places]] * of_place[within], begins)
        return found

    def chosen(self, which: Places | NDArray[np.bool_] | slice) -> "Lines":
        """Return some of the lines, in the order in which they are given."""
        return Lines(self.ids, self.starts[which], self.lengths[which])

    def joined(self) -> Ids:
        """Return the lines' text, one after another."""
        text = np.empty(int(self.lengths.sum()), self.ids.dtype)
        filled = 0
        for _, places, _ in self._pieces():
            text[filled : filled + len(places)] = self.ids[places]
            filled += len(places)
        return text

    def _pieces(self) -> Iterator[tuple[slice, Places, Places]]:
        """Yield which lines come next, the places of their characters, and where each line begins among these."""
        through = np.cumsum(self.lengths)
        cuts = np.searchsorted(through, np.arange(PIECE, self.lengths.sum(), PIECE), side="right")
        edges = np.unique([0, *cuts.tolist(), len(self)]).tolist()
        for start, stop in pairwise(edges):
            part = slice(start, stop)
            lengths = self.lengths[part]
            begins = np.cumsum(lengths) - lengths
            yield part, np.arange(int(lengths.sum())) + np.repeat(self.starts[part] - begins, lengths), begins


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
