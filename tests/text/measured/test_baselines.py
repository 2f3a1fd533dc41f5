"""The level lines, against tables kept in dictionaries and written from the formula."""

import lzma
import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rnnplay.text import catalogue
from rnnplay.text.measured import baselines
from rnnplay.text.measured.baselines import ladder
from rnnplay.text.records import Baseline

Gram = tuple[int, ...]

WITHOUT_SINGLES = 0.5  # the discount of an order in which no gram stands once, where the formula gives nothing

few = settings(max_examples=60, deadline=None)
texts = st.tuples(
    st.lists(st.integers(0, 3), min_size=6, max_size=60), st.lists(st.integers(0, 3), min_size=2, max_size=25)
)


class KneserNey:
    """Interpolated Kneser-Ney as in the docstring of `baselines`, one character at a time."""

    def __init__(self, text: Sequence[int], order: int, size: int) -> None:
        self.size = size
        self.counts: dict[int, Counter[Gram]] = {order: Counter(grams(text, order))}
        for lower in range(1, order):  # every lower order counts distinct left neighbours
            self.counts[lower] = Counter(gram[1:] for gram in set(grams(text, lower + 1)))
        self.discount = {}
        self.totals: dict[Gram, int] = defaultdict(int)
        self.kinds: dict[Gram, int] = defaultdict(int)
        for level, counts in self.counts.items():
            once, twice = (sum(count == wanted for count in counts.values()) for wanted in (1, 2))
            self.discount[level] = once / (once + 2 * twice) if once else WITHOUT_SINGLES
            for gram, count in counts.items():
                self.totals[gram[:-1]] += count
                self.kinds[gram[:-1]] += 1

    def probability(self, character: int, context: Gram) -> float:
        """Return P(character | context), for a context of order - 1 characters or fewer."""
        lower = self.probability(character, context[1:]) if context else 1 / self.size
        total = self.totals[context]
        if not total:
            return lower
        level = len(context) + 1
        discount, count = self.discount[level], self.counts[level][*context, character]
        return max(count - discount, 0) / total + discount * self.kinds[context] / total * lower


def grams(text: Sequence[int], order: int) -> list[Gram]:
    return [tuple(text[place : place + order]) for place in range(len(text) - order + 1)]


def slow_bits(train: Sequence[int], validation: Sequence[int], order: int, size: int) -> float:
    model, text = KneserNey(train, order, size), [*train, *validation]
    probabilities = [
        model.probability(text[place], tuple(text[place - order + 1 : place]))
        for place in range(len(train) + 1, len(text))
    ]
    return math.fsum(-math.log2(probability) for probability in probabilities) / len(probabilities)


def ids(values: Sequence[int]) -> NDArray[np.uint8]:
    return np.array(values, dtype=np.uint8)


def rungs(train: Sequence[int], validation: Sequence[int], size: int) -> dict[str, float]:
    return {rung.name: rung.bits_per_char for rung in ladder(ids(train), ids(validation), size)}


def rung(found: Sequence[Baseline], name: str) -> Baseline:
    return next(one for one in found if one.name == name)


@few
@given(texts, st.sampled_from([2, 3, 4, 5, 6]))
def test_the_tables_agree_with_a_dictionary_of_counts(text: tuple[list[int], list[int]], order: int) -> None:
    train, validation = text
    found = ladder(ids(train), ids(validation), 4, [order])[-1].bits_per_char
    assert found == pytest.approx(slow_bits(train, validation, order, 4), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("order", [2, 3, 4, 5, 6])
def test_the_tables_agree_with_a_dictionary_of_counts_on_running_text(order: int) -> None:
    corpus = catalogue.load("prose")
    train, validation, size = corpus.ids[:6000], corpus.ids[6000:6600], len(corpus.alphabet)
    found = ladder(train, validation, size, [order])[-1].bits_per_char
    assert found == pytest.approx(slow_bits(train.tolist(), validation.tolist(), order, size), rel=1e-9)


@few
@given(texts, st.sampled_from([2, 3, 6]))
def test_the_probabilities_that_the_tables_are_checked_against_sum_to_one(
    text: tuple[list[int], list[int]], order: int
) -> None:
    train, validation = text
    model = KneserNey(train, order, 4)
    for context in grams(validation, order - 1):
        assert math.fsum(model.probability(character, context) for character in range(4)) == pytest.approx(1)


@few
@given(texts)
def test_a_table_asked_for_alone_equals_the_one_among_others(text: tuple[list[int], list[int]]) -> None:
    train, validation = map(ids, text)
    assert ladder(train, validation, 4, [4])[-1] == rung(ladder(train, validation, 4), "4-gram")


def test_uniform_is_the_logarithm_of_the_vocabulary() -> None:
    assert rungs([0, 1, 2] * 10, [0, 1, 2], 37)["uniform"] == pytest.approx(math.log2(37))


@few
@given(texts)
def test_unigram_is_the_frequency_of_single_characters_with_one_added(text: tuple[list[int], list[int]]) -> None:
    train, validation = text
    share = {character: (train.count(character) + 1) / (len(train) + 4) for character in range(4)}
    expected = sum(-math.log2(share[character]) for character in validation) / len(validation)
    assert baselines.unigram_bits(ids(train), ids(validation), 4) == pytest.approx(expected)


def test_a_deterministic_cycle_costs_a_bigram_nothing() -> None:
    assert rungs([0, 1, 2] * 100, [0, 1, 2] * 10, 3)["bigram"] == pytest.approx(0, abs=0.02)


def test_a_cycle_that_repeats_a_character_costs_a_bigram_something() -> None:
    assert rungs([0, 0, 1] * 100, [0, 0, 1] * 10, 2)["bigram"] > 0.5


def test_a_cycle_that_repeats_a_character_costs_a_3_gram_nothing() -> None:
    assert rungs([0, 0, 1] * 100, [0, 0, 1] * 10, 2)["3-gram"] == pytest.approx(0, abs=0.02)


def test_fair_coins_cost_every_table_one_bit_or_more() -> None:
    coins = np.random.default_rng(7).integers(0, 2, 6000).tolist()
    found = rungs(coins[:5000], coins[5000:], 2)
    assert all(bits > 0.98 for bits in found.values())


def test_the_ladder_goes_from_knowing_nothing_to_the_longest_table() -> None:
    names = list(rungs([0, 1, 2] * 30, [0, 1, 2] * 3, 3))
    assert names == ["uniform", "unigram", "bigram", "3-gram", "4-gram", "5-gram", "6-gram"]


@pytest.mark.parametrize("validation", [[], [0]])
def test_there_is_no_ladder_where_nothing_is_held_out(validation: list[int]) -> None:
    assert ladder(ids([0, 1] * 20), ids(validation), 2) == []


def test_a_long_text_is_counted_on_its_last_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "COUNTED_AT_MOST", 50)
    text = np.random.default_rng(1).integers(0, 4, 400).tolist()
    found = rung(ladder(ids(text[:300]), ids(text[300:]), 4), "3-gram")
    assert found.bits_per_char == pytest.approx(slow_bits(text[250:300], text[300:], 3, 4))


def test_a_table_counted_on_a_part_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "COUNTED_AT_MOST", 50)
    assert rung(ladder(ids([0, 1, 1] * 30), ids([0, 1, 1]), 2), "bigram").partial


def test_a_table_scored_on_a_part_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "SCORED_AT_MOST", 5)
    assert rung(ladder(ids([0, 1, 1] * 30), ids([0, 1, 1] * 3), 2), "bigram").partial


def test_a_table_counted_on_the_whole_does_not_say_that_it_is_a_part() -> None:
    assert not any(one.partial for one in ladder(ids([0, 1, 1] * 30), ids([0, 1, 1] * 3), 2))


def test_the_text_that_is_counted_is_not_changed() -> None:
    train = ids([0, 1, 1] * 30)
    ladder(train, ids([0, 1, 1] * 3), 2)
    assert train.tolist() == [0, 1, 1] * 30


def test_xz_writes_a_repetition_down_in_almost_nothing() -> None:
    assert baselines.xz_bits(b"the same again. " * 5000, 80_000) < 0.05


def test_xz_can_do_nothing_about_noise() -> None:
    noise = np.random.default_rng(2).bytes(20_000)
    assert 8 <= baselines.xz_bits(noise, len(noise)) < 8.1


def test_xz_is_counted_for_each_character_and_not_for_each_byte() -> None:
    text = "\u6f22\u5b57\u304b\u306a\u4ea4\u3058\u308a" * 100
    found = baselines.xz_bits(text.encode(), len(text))
    assert found == pytest.approx(8 * len(lzma.compress(text.encode(), preset=9)) / len(text), rel=0.05)


def test_every_rung_is_finite_even_where_the_held_out_part_brings_something_new() -> None:
    found = rungs([0, 1, 2] * 100, [0, 1, 3, 2, 0], 4)
    assert all(math.isfinite(bits) for bits in found.values())


def test_a_training_part_shorter_than_the_longest_table_still_has_a_ladder() -> None:
    assert len(rungs([0, 1], [0, 1, 0, 1], 2)) == 7


def test_a_text_of_one_character_costs_no_bits_and_not_minus_none() -> None:
    assert all(math.copysign(1, bits) == 1 for bits in rungs([0] * 50, [0] * 10, 1).values())
