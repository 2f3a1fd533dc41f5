"""How much of a text stands word for word in the text that a network learned from.

For each place of the text: the longest run from there on that stands in the training text. It is found exactly, with no
hash that might err, in one pass over the training text, whatever repeats itself there:

* Each run of 2^k characters of the written text has a number, the same for the same run. A pair of numbers of two
  neighbouring runs gives the number of the run of twice the length (Karp, Miller & Rosenberg 1972).
* So does each place of the training text, as long as its run stands in the written text at all; those places dwindle
  as the runs grow.
* A place whose run of 2^k can't be doubled tries 2^(k-1) characters more, 2^(k-2), and so on down to one.
* Of what is known then, each run of the written text learns through those that stand next to it in alphabetical order.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnnplay.sampling import steps
from rnnplay.sampling.records import LONG, CopyReport
from rnnplay.text.vocabulary import Ids, Vocabulary

LENGTHS = (5, 10, 15, 20, 30, 50)  # of the runs whose share of new ones is told
AT_ONCE = 1 << 15  # characters of written texts that are looked for at once
PIECE = 1 << 20  # characters of the training text that are looked at at once
SMALL, TABLE = 1 << 16, 4  # keys in all, or for each that is asked for, up to which a table is made of them
ENDS = 1 << 16  # what the last bits of a key are below, which tell of most keys at once that they aren't there
KEYS = 1 << 22  # in a table; where there would be more, places are found by halving instead

_Numbers = NDArray[np.int32]
_Indices = NDArray[np.int64]
NONE = 0  # the number of a run that doesn't stand in the written text


class CopyIndex:
    """A training text, to be asked what of another text stands in it."""

    def __init__(self, ids: Ids, alphabet: Sequence[str]) -> None:
        """Take a text by the ids of its characters in an alphabet; a mapped one stays mapped."""
        self._ids = ids
        self._alphabet = Vocabulary(tuple(alphabet))

    def longest(self, text: str) -> _Indices:
        """Return for each place of a text the length of the longest run from there on that stands in this one.

        Returns:
            Lengths, shape [len(text)]; 0 where even the character doesn't.
        """
        return steps.last(self._searched(text))

    def _searched(self, text: str) -> Generator[None, None, _Indices]:
        """Find those lengths a step at a time."""
        if not text:
            return np.zeros(0, np.int64)
        written = _Written.of(text)
        number_of = np.zeros(len(self._alphabet), np.int32)
        for number, symbol in enumerate(sorted(set(text)), 1):
            place = self._alphabet.id_of(symbol)
            if place is not None:
                number_of[place] = number
        found = _Found(written)
        for start in range(0, len(self._ids), PIECE):
            found.look_at(number_of.take(self._ids[start : start + PIECE + len(text) - 1]))
            yield
        return found.lengths()

    def report(self, text: str) -> CopyReport:
        """Return what of a text stands in this one."""
        return steps.last(self.reporting(text))

    def reporting(self, text: str) -> Generator[None, None, CopyReport]:
        """Return the same, a step at a time: after each one may leave off."""
        lengths = yield from self._searched(text)
        return _report(text, lengths)

    def reports(self, texts: Sequence[str]) -> list[CopyReport]:
        """Return the same of many texts, faster: many are looked for at once."""
        reports: list[CopyReport] = []
        between = next(chr(code) for code in range(1 << 16) if chr(code) not in self._alphabet)
        for some in _gathered(texts):
            lengths = self.longest(between.join(some))  # no run reaches over what stands nowhere in this text
            starts = np.cumsum([0, *(len(text) + 1 for text in some)])[:-1].tolist()
            reports += [
                _report(text, lengths[start : start + len(text)]) for text, start in zip(some, starts, strict=True)
            ]
        return reports


def _gathered(texts: Sequence[str]) -> Iterator[list[str]]:
    """Yield lists of texts of about `AT_ONCE` characters together."""
    some: list[str] = []
    for text in texts:
        if some and sum(map(len, some)) + len(text) > AT_ONCE:
            yield some
            some = []
        some.append(text)
    if some:
        yield some


def _report(text: str, lengths: _Indices) -> CopyReport:
    start = int(lengths.argmax()) if text else 0
    longest = int(lengths[start]) if text else 0
    shares = tuple((length, _new_share(lengths, length)) for length in LENGTHS if length <= len(text))
    copied = text[start : start + longest]
    return CopyReport(len(text), longest, start, copied, shares, stretches=_stretches(lengths))


def _stretches(lengths: _Indices) -> tuple[tuple[int, int], ...]:
    """Return the long runs that stand in the training text and go on to neither side: their places and lengths."""
    ends = np.arange(len(lengths)) + lengths
    further = np.diff(ends, prepend=0) > 0  # than the run from the place before: to the left there is nothing more
    starts = np.flatnonzero(further & (lengths >= LONG))
    return tuple(zip(starts.tolist(), lengths[starts].tolist(), strict=True))


def _new_share(lengths: _Indices, length: int) -> float:
    """Return the share of the runs of a length that don't stand in the training text."""
    return float((lengths[: len(lengths) - length + 1] < length).mean())


@dataclass(frozen=True)
class _Written:
    """The written text, its runs numbered and its endings in alphabetical order.

    Attributes:
        numbers: For each k the numbers of the runs of 2^k characters from each place, shape [length]. A run that the
            text's end cuts short has a number of its own.
        order: The places in alphabetical order of what follows them.
        rank: The place of each place in that order.
        shared: How many characters neighbours in the order have in common, shape [length - 1].
    """

    numbers: tuple[_Indices, ...]
    order: _Indices
    rank: _Indices
    shared: _Indices

    @classmethod
    def of(cls, text: str) -> "_Written":
        """Number the runs of a text."""
        size = len(text)
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
        numbers = [_numbered(points.astype(np.int64))]
        while 1 << (len(numbers) - 1) < size:
            half = 1 << (len(numbers) - 1)
            after = np.concatenate([numbers[-1][half:], np.zeros(half, np.int64)])
            numbers.append(_numbered(numbers[-1] * (size + 1) + after[:size]))
        rank = numbers[-1] - 1
        order = np.argsort(rank)
        shared = np.zeros(size - 1, np.int64)
        for k in reversed(range(len(numbers))):
            one, other = order[:-1] + shared, order[1:] + shared
            inside = np.maximum(one, other) < size
            one, other = np.where(inside, one, 0), np.where(inside, other, 0)
            shared += (inside & (numbers[k][one] == numbers[k][other])).astype(np.int64) << k
        return cls(tuple(numbers), order, rank, shared)

    def __len__(self) -> int:
        return len(self.rank)

    @property
    def top(self) -> int:
        """The largest k of which there is a whole run."""
        return len(self).bit_length() - 1

    def kinds(self, k: int) -> int:
        """Return what the numbers of the runs of 2^k are below."""
        return int(self.numbers[k].max()) + 1

    def classes(self, length: int) -> _Indices:
        """Return for each place a number that it shares with those places alone that begin the same run."""
        numbers = np.concatenate([np.zeros(1, np.int64), np.cumsum(self.shared < length)])
        return numbers[self.rank]

    def halved(self, j: int, lengths: _Indices, low: _Indices, high: _Indices, least: _Numbers) -> _Indices:
        """Return the first of neighbours in the order after whose common run the number of 2^j isn't too small.

        Args:
            j: As above.
            lengths: Of the common runs.
            low: The first of the neighbours.
            high: What is behind the last of them; that is returned where all are too small.
            least: The number that isn't.
        """
        numbers = np.append(self.numbers[j], NONE)
        for _ in range(int((high - low).max(initial=0)).bit_length()):
            middle = (low + high) // 2
            after = numbers.take(self.order.take(middle, mode="clip") + lengths, mode="clip")
            below = (low < high) & (after < least)
            low, high = np.where(below, middle + 1, low), np.where(below, high, middle)
        return low


def _numbered(values: _Indices) -> _Indices:
    """Return a number for each value, from 1 on in their order."""
    return np.unique(values, return_inverse=True)[1].astype(np.int64) + 1


def _looked_up(keys: _Indices, values: _Indices, span: int, asked: _Indices) -> _Indices:
    """Return the values of the keys that are asked for, NONE where there is no such key.

    Args:
        keys: From 0 up to `span`; of equal ones any value will do.
        values: One a key.
        span: What all keys are below.
        asked: Likewise from 0 up to `span`.
    """
    if not len(keys):
        return np.zeros_like(asked)
    if span <= max(SMALL, TABLE * len(asked)):
        table = np.zeros(span, np.int64)
        table[keys] = values
        found: _Indices = table.take(asked)
        return found
    known, first = np.unique(keys, return_index=True)
    ends = np.zeros(ENDS, bool)  # by its last bits a key that isn't there is mostly told at once
    ends[known % ENDS] = True
    likely = np.flatnonzero(ends.take(asked % ENDS))
    wanted = asked.take(likely)
    places = np.searchsorted(known[:-1], wanted)
    found = np.zeros_like(asked)
    found[likely] = np.where(known.take(places) == wanted, values[first].take(places), NONE)
    return found


class _Found:
    """What was found of a written text so far."""

    def __init__(self, written: _Written) -> None:
        self._written = written
        self._best = np.zeros(len(written), np.int64)  # by place: the longest run that is known to stand
        self._most = len(written) - np.arange(len(written))  # what the text's end allows

    def look_at(self, piece: _Numbers) -> None:
        """Take a piece of the training text, by the numbers that its characters have in the written text."""
        levels = [np.concatenate([piece, np.zeros(len(self._written), piece.dtype)])]  # runs may reach beyond the end
        standing = [np.flatnonzero(levels[0])]
        for k in range(self._written.top):
            level, places = self._doubled(levels[k], standing[k], k)
            if not len(places):
                break
            levels.append(level)
            standing.append(places)
        for k in reversed(range(len(levels))):
            stuck = standing[k]
            if k + 1 < len(levels):
                stuck = stuck[levels[k + 1].take(stuck) == NONE]
            self._extend(levels, stuck, k)

    def _doubled(self, level: _Numbers, places: _Indices, k: int) -> tuple[_Numbers, _Indices]:
        """Return the numbers of the runs of 2^(k+1) from each place of a piece, and the places where there is one.

        Args:
            level: The numbers of the runs of 2^k from each place.
            places: Where there is one.
            k: As above.
        """
        half, kinds, own = 1 << k, self._written.kinds(k), self._written.numbers[k]
        last = max(len(own) - 2 * half + 1, 0)
        keys, values = own[:last] * kinds + own[half : half + last], self._written.numbers[k + 1][:last]
        grown = np.zeros_like(level)
        if 2 * len(places) > len(level):  # most of them: to take each in its turn is faster than to pick some
            asked = level[:-half].astype(np.int64) * kinds + level[half:]
            grown[:-half] = _looked_up(keys, values, kinds * kinds, asked)
            return grown, np.flatnonzero(grown)
        asked = level.take(places).astype(np.int64) * kinds + level.take(places + half)
        numbers = _looked_up(keys, values, kinds * kinds, asked)
        doubled = np.flatnonzero(numbers)
        places = places.take(doubled)
        grown[places] = numbers.take(doubled)
        return grown, places

    def _extend(self, levels: Sequence[_Numbers], places: _Indices, k: int) -> None:
        """Find how far runs go of which 2^k characters stand in the written text, and 2^(k+1) don't."""
        written = self._written
        own = written.numbers[k][: len(written) - (1 << k) + 1]
        # A run of which more is known already wherever it stands has nothing to learn from these places.
        wanting = np.zeros(written.kinds(k), bool)
        wanting[own[(self._best < np.minimum(2 << k, self._most))[: len(own)]]] = True
        at = np.zeros(len(wanting), np.int64)
        at[own] = np.arange(len(own))
        numbers = levels[k].take(places)
        wanted = np.flatnonzero(wanting.take(numbers))
        places, stands = places.take(wanted), at.take(numbers.take(wanted))
        lengths = np.full(len(places), 1 << k)
        if len(written) << k > 2 * KEYS:  # up to 2^(k-1) lengths, each with a key for each place
            self._narrow(levels[:k], places, stands, lengths)
        else:
            for j in reversed(range(k)):
                self._add(levels[j], places, stands, lengths, j)
        np.maximum.at(self._best, stands, lengths)
        # What follows the first character of a run that stands, stands too.
        self._best = np.maximum.accumulate(self._best - self._most) + self._most

    def _narrow(self, levels: Sequence[_Numbers], places: _Indices, stands: _Indices, lengths: _Indices) -> None:
        """Do what `_add` does, for all these levels: slower for many runs, and with little memory for many lengths.

        In alphabetical order the places where a run stands are neighbours, and among them those where it goes on alike.
        """
        written, k = self._written, len(levels)
        ordered = written.numbers[k].take(written.order)
        low, high = (np.searchsorted(ordered, written.numbers[k].take(stands), side) for side in ("left", "right"))
        for j in reversed(range(k)):
            after = levels[j].take(places + lengths)
            first = written.halved(j, lengths, low, high, after)
            last = written.halved(j, lengths, first, high, after + 1)
            longer = np.flatnonzero((after != NONE) & (first < last))
            low[longer], high[longer] = first.take(longer), last.take(longer)
            lengths[longer] += 1 << j
        stands[:] = written.order.take(low)

    def _add(self, level: _Numbers, places: _Indices, stands: _Indices, lengths: _Indices, j: int) -> None:
        """Add 2^j characters to each run that goes on so: change where it stands in the written text, and its length.

        Args:
            level: The numbers of the runs of 2^j from each place of the piece.
            places: Where the runs begin in the piece.
            stands: Where they begin in the written text.
            lengths: How long they are.
            j: As above.
        """
        written, size, kinds = self._written, len(self._written), self._written.kinds(j)
        after = level.take(places + lengths)
        asking = np.flatnonzero(after)
        if not len(asking):
            return
        present = np.flatnonzero(np.bincount(lengths))
        row = np.zeros(size + 1, np.int64)
        row[present] = np.arange(len(present)) * size
        classes = np.concatenate([written.classes(length) for length in present.tolist()])
        keys, values = [], []
        for number, length in enumerate(present.tolist()):
            starts = np.arange(max(size - length - (1 << j) + 1, 0))
            own = classes[number * size : number * size + len(starts)]
            keys.append((number * size + own) * kinds + written.numbers[j][length : length + len(starts)])
            values.append(starts + 1)
        rows = row.take(lengths.take(asking))
        asked = (rows + classes.take(rows + stands.take(asking))) * kinds + after.take(asking)
        found = _looked_up(np.concatenate(keys), np.concatenate(values), len(present) * size * kinds, asked)
        longer = np.flatnonzero(found)
        asking = asking.take(longer)
        stands[asking] = found.take(longer) - 1
        lengths[asking] += 1 << j

    def lengths(self) -> _Indices:
        """Return for each place of the written text how long a run from there on stands in what was looked at."""
        best, shared = self._best[self._written.order].tolist(), self._written.shared.tolist()
        for rank in range(1, len(best)):
            best[rank] = max(best[rank], min(best[rank - 1], shared[rank - 1]))
        for rank in reversed(range(1, len(best))):
            best[rank - 1] = max(best[rank - 1], min(best[rank], shared[rank - 1]))
        return np.array(best)[self._written.rank]
