"""What simple models reach on the same text: the level lines that a network is measured against.

Counted on the training part, scored on the validation part, in bits per character.

Source of the n-gram: interpolated Kneser-Ney with one discount an order, D = n1 / (n1 + 2 n2) (Ney, Essen & Kneser
1994; Chen & Goodman 1999). The top order counts occurrences, every lower order distinct left neighbours, and order 0 is
uniform. Where no n-gram stands just once, D = 0.5.
"""

import lzma
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnnplay.text.records import Baseline
from rnnplay.text.vocabulary import Ids

COUNTED_AT_MOST = 2_000_000  # characters before the split that n-grams are counted on
SCORED_AT_MOST = 1_000_000  # characters of the validation part that n-grams are scored on
FALLBACK_DISCOUNT = 0.5  # where no n-gram stands just once, for something must be left to the unseen
PIECE = 1 << 20
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
    grams = _Grams(counted, scored, vocabulary_size)
    yield from (Baseline(n_gram_name(order), grams.bits(order), partial) for order in orders)


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


@dataclass
class _Order:
    """The n-grams of one order over the counted and the scored text, by dense id.

    Attributes:
        grams: The gram that ends at each place, from place `order - 1` on.
        context: Each gram without its last character, as an id of the order below.
        occurrences: How often each gram stands in the counted text.
        continuations: How many different characters stand before it there; None until the next order is known.
    """

    grams: Counts
    context: Counts
    occurrences: Counts
    continuations: Counts | None = None


class _Grams:
    """Interpolated Kneser-Ney tables, made one order at a time as they are asked for."""

    def __init__(self, counted: Ids, scored: Ids, vocabulary_size: int) -> None:
        self.text = np.concatenate([counted, scored]).astype(np.int64)
        self.counted = len(counted)
        self.size = vocabulary_size
        occurrences = np.bincount(self.text[: self.counted], minlength=vocabulary_size)
        self.orders = [_Order(self.text, np.zeros(vocabulary_size, np.int64), occurrences)]

    def bits(self, order: int) -> float:
        """Return the mean surprise over all scored places but the first."""
        order = min(order, max(self.counted, 1))  # a longer n-gram than the text has no place in it
        while len(self.orders) < order:
            self._lengthen()
        probability = np.full(len(self.text) - self.counted, 1.0 / self.size)
        for level, table in enumerate(self.orders[:order], start=1):
            counts = table.continuations if level < order else None
            counts = table.occurrences if counts is None else counts
            probability = _interpolated(table, counts, table.grams[-len(probability) :], probability)
        return float(-np.log2(probability[1:]).mean()) + 0.0  # no negative zero

    def _lengthen(self) -> None:
        """Add the next order, and count the left neighbours of the last one by it."""
        last, order = self.orders[-1], len(self.orders) + 1
        context = last.grams[:-1]
        codes = context * self.size + self.text[order - 1 :]
        _, first, grams = np.unique(codes, return_index=True, return_inverse=True)
        occurrences = np.bincount(grams[: max(self.counted - order + 1, 0)], minlength=len(first))
        without_first = last.grams[1:][first]
        last.continuations = np.bincount(without_first[occurrences > 0], minlength=len(last.context))
        self.orders.append(_Order(grams, context[first], occurrences))


def _interpolated(table: _Order, counts: Counts, at: Counts, lower: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return P(character | context) at the scored places, given the probability under the order below."""
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    discount = once / (once + 2 * twice) if once else FALLBACK_DISCOUNT
    contexts = int(table.context.max()) + 1
    total = np.bincount(table.context, weights=counts, minlength=contexts)[table.context[at]]
    kinds = np.bincount(table.context, weights=counts > 0, minlength=contexts)[table.context[at]]
    seen = total > 0
    total = np.where(seen, total, 1.0)
    own = np.maximum(counts[at] - discount, 0.0) / total + discount * kinds / total * lower
    return np.where(seen, own, lower)
