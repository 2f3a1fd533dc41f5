"""A text as a network reads it: ids over its own alphabet, where it came from, and how it is split."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from rnnplay.errors import UserError
from rnnplay.text.lines import Lines, dealt_out
from rnnplay.text.records import Provenance, Shape
from rnnplay.text.vocabulary import Ids, Vocabulary


@dataclass(frozen=True)
class Split:
    """Ids to learn from and ids to be measured on, never overlapping."""

    train: Ids
    validation: Ids


@dataclass(frozen=True, eq=False)
class Corpus:
    """A clean text, encoded.

    Attributes:
        ids: One id a character into `alphabet`; memory-mapped where the text is large.
        alphabet: The distinct characters in code point order.
        counts: How often each stands.
        shape: "stream" for running text, "lines" for independent lines whose order means nothing.
        notes: What a person should know of how it was read.
    """

    name: str
    ids: Ids
    alphabet: tuple[str, ...]
    counts: NDArray[np.int64]
    provenance: Provenance
    shape: Shape = "stream"
    notes: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.ids)

    def text(self, start: int = 0, stop: int | None = None) -> str:
        """Return the characters from `start` up to `stop`."""
        return Vocabulary(self.alphabet).decode(self.ids[start:stop])

    @property
    def line_count(self) -> int:
        """How many lines the text has; a last line without a newline counts."""
        newline = self._newline
        ends = 0 if newline is None else int(self.counts[newline])
        return ends + (len(self.ids) > 0 and int(self.ids[-1]) != newline)

    @property
    def _newline(self) -> int | None:
        return self.alphabet.index("\n") if "\n" in self.alphabet else None

    def split(self, val_fraction: float, seed: int = 0) -> Split:
        """Cut the text into a training and a validation part.

        A stream is cut by position: the first `int(n * (1 - val_fraction))` characters are for training. Lines are
        shuffled with `numpy.random.Generator(PCG64(seed)).permutation`; the distinct lines, in the order in which they
        first come up, are cut likewise, and every copy of a line goes where the line goes.

        Raises:
            UserError: There is nothing left to learn from.
        """
        if not 0 <= val_fraction < 1:
            raise UserError(f"The validation fraction must be at least 0 and below 1, not {val_fraction}.")
        if self.shape == "lines" and self._newline is not None:
            sides = dealt_out(Lines.of(self.ids, self._newline), val_fraction, seed)
            parts = Split(*(side.joined() for side in sides))
        else:
            cut = int(len(self.ids) * (1 - val_fraction))
            parts = Split(self.ids[:cut], self.ids[cut:])
        if len(parts.train) < 2:
            raise UserError(
                f"'{self.name}' is too short: after the split it leaves fewer than two characters to learn from."
            )
        if len(parts.validation) < 2:
            parts = Split(parts.train, self.ids[:0])
        return parts

    def shaped(self, shape: Shape) -> "Corpus":
        """Return the same text, taken as a stream or as lines."""
        return replace(self, shape=shape)


def likely_shape(sample: str) -> Shape:
    """Tell a list of independent lines (names, sums) from running text, by its first part.

    Lines: a hundred or more, short, without a blank one, most of them different, few ending like a sentence or a verse.
    """
    lines = sample.split("\n")[:-1]
    if len(lines) < 100 or "" in lines:
        return "stream"
    lengths = np.array([len(line) for line in lines])
    ended = sum(line.rstrip().endswith((".", ",", ";", ":", "!", "?", "{", "}", "(", ")")) for line in lines)
    indented = sum(line[:1].isspace() for line in lines)
    short = np.median(lengths) <= 40 and lengths.max() <= 120
    different = len(set(lines)) >= 0.5 * len(lines)
    return "lines" if short and different and ended + indented < 0.2 * len(lines) else "stream"
