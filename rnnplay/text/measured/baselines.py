"""What simple models reach on the same text: the level lines that a network is measured against.

Counted on the training part, scored on the validation part, in bits per character.

Source of the n-gram: interpolated Kneser-Ney with one discount an order, D = n1 / (n1 + 2 n2) (Ney, Essen & Kneser
1994; Chen & Goodman 1999). The top order counts occurrences, every lower order distinct left neighbours, and order 0 is
uniform. Where no n-gram stands just once, D = 0.5.
"""

import lzma
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice

import numpy as np
from numpy.typing import NDArray

from rnnplay.text.records import Baseline
from rnnplay.text.vocabulary import Ids

COUNTED_AT_MOST = 2_000_000  # characters before the split that n-grams are counted on
SCORED_AT_MOST = 1_000_000  # characters of the validation part that n-grams are scored on
FALLBACK_DISCOUNT = 0.5  # where no n-gram stands just once, for something must be left to the unseen
PIECE = 1 << 20
TABLE_SPACE = 8  # times as many codes as places, up to which a table of them all is faster than sorting
ORDERS = (2, 3, 4, 5, 6)

Counts = NDArray[np.int64]


def n_gram_name(order: int) -> str:
    """Return what a table of this order is called."""
    return {1: "unigram", 2: "bigram"}.get(order, f"{order}-gram")


def rungs(train: Ids, validation: Ids, vocabulary_size: int, orders: Sequence[int] = ORDERS) -> Iterator[Baseline]:
    """Yield the baselines, each as soon as it is counted; see `ladder`."""
    if len(validation) < 2:
        return
    yield Baseline("uniform", float(np.log2(vocabulary_size)))
    yield Baseline("unigram", unigram_bits(train, validation, vocabulary_size))
    counted, scored = train[-COUNTED_AT_MOST:], validation[:SCORED_AT_MOST]
    partial = len(counted) < len(train) or len(scored) < len(validation)
    tables = enumerate(_table_bits(counted, scored, vocabulary_size), start=1)
    for order, bits in islice(tables, max(orders)):
        if order in orders:
            yield Baseline(n_gram_name(order), bits, partial)


def ladder(train: Ids, validation: Ids, vocabulary_size: int, orders: Sequence[int] = ORDERS) -> list[Baseline]:
    """Return the baselines from knowing nothing to the longest table, or none where there is no validation text."""
    return list(rungs(train, validation, vocabulary_size, orders))


def unigram_bits(train: Ids, validation: Ids, vocabulary_size: int) -> float:
    """Return the cross-entropy of single-character frequencies, one added to each count, in bits per character."""
    counts = _counted(train, vocabulary_size) + 1.0
    seen = _counted(validation, vocabulary_size)
    return float(-(seen * np.log2(counts / counts.sum())).sum() / seen.sum()) + 0.0


def _counted(ids: Ids, vocabulary_size: int) -> Counts:
    """Count each id, a piece at a time: a mapped text never stands in memory as a whole."""
    pieces = (ids[start : start + PIECE] for start in range(0, len(ids), PIECE))
    return sum((np.bincount(piece, minlength=vocabulary_size) for piece in pieces), np.zeros(vocabulary_size, np.int64))


def xz_bits(text: bytes, characters: int) -> float:
    """Return the size of the whole text under xz at its strongest, in bits per character."""
    return 8 * len(lzma.compress(text, preset=9 | lzma.PRESET_EXTREME)) / characters


@dataclass(frozen=True)
class _Order:
    """The n-grams of one order over the counted and the scored text, by dense id.

    Attributes:
        grams: The gram that ends at each place, from place `order - 1` on.
        context: Each gram without its last character, as an id of the order below.
        occurrences: How often each gram stands in the counted text.
    """

    grams: Counts
    context: Counts
    occurrences: Counts


def _table_bits(counted: Ids, scored: Ids, vocabulary_size: int) -> Iterator[float]:
    """Yield the mean surprise over all scored places but the first, under one table after another, from order 1 on.

    An n-gram longer than the counted text has no place in it: from there on the last figure comes again.
    """
    text = np.concatenate([counted, scored]).astype(np.int64)
    occurrences = np.bincount(text[: len(counted)], minlength=vocabulary_size)
    table = _Order(text, np.zeros(vocabulary_size, np.int64), occurrences)
    lower = np.full(len(scored), 1.0 / vocabulary_size)
    for order in count(1):
        probability = _interpolated(table, table.occurrences, lower)
        yield float(-np.log2(probability[1:]).mean()) + 0.0  # no negative zero
        if order < len(counted):
            longer, neighbours = _lengthened(table, text, len(counted), vocabulary_size)
            lower = _interpolated(table, neighbours, lower)
            table = longer


def _lengthened(last: _Order, text: Counts, counted: int, vocabulary_size: int) -> tuple[_Order, Counts]:
    """Return the next order, and how many different characters stand before each gram of the last one."""
    context = last.grams[:-1]
    before = len(text) - len(context)
    first, grams = _dense(context * vocabulary_size + text[before:], len(last.context) * vocabulary_size)
    occurrences = np.bincount(grams[: max(counted - before, 0)], minlength=len(first))
    without_first = last.grams[1:][first]
    neighbours = np.bincount(without_first[occurrences > 0], minlength=len(last.context))
    return _Order(grams, context[first], occurrences), neighbours


def _dense(codes: Counts, limit: int) -> tuple[Counts, Counts]:
    """Number the distinct codes below a limit; return a place where each stands, and the number at each place."""
    if limit <= TABLE_SPACE * len(codes):
        seen = np.zeros(limit, bool)
        seen[codes] = True
        numbers = np.cumsum(seen, dtype=np.int32)[codes].astype(np.int64) - 1
    else:  # each sorted in one number with its place, which is much faster than sorting places by their codes
        bits = len(codes).bit_length()
        joined = np.sort(codes << bits | np.arange(len(codes)))
        ranks = np.cumsum(np.diff(joined >> bits, prepend=joined[0] >> bits) != 0)
        numbers = np.empty(len(codes), np.int64)
        numbers[joined & ((1 << bits) - 1)] = ranks
    first = np.empty(int(numbers.max()) + 1, np.int64)
    first[numbers] = np.arange(len(codes))
    return first, numbers


def _interpolated(table: _Order, counts: Counts, lower: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return P(character | context) at the scored places, given the probability under the order below.

    What is left over for the order below is all of it where the context never stands in the counted text.
    """
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    discount = once / (once + 2 * twice) if once else FALLBACK_DISCOUNT
    total = np.maximum(np.bincount(table.context, weights=counts), 1)
    kinds = np.bincount(table.context, weights=counts > 0)
    own = np.maximum(counts - discount, 0) / total[table.context]
    left = np.where(kinds > 0, discount * kinds / total, 1.0)
    at = table.grams[-len(lower) :]
    probability: NDArray[np.float64] = own[at] + left[table.context[at]] * lower
    return probability
