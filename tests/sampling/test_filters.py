import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rnnplay.sampling.filters import sample_filters, softmax

Logits = NDArray[np.float64]


def slow_softmax(logits: list[float]) -> list[float]:
    top = max(logits)
    weights = [math.exp(logit - top) for logit in logits]
    whole = math.fsum(weights)
    return [weight / whole for weight in weights]


def slow_filters(logits: list[float], top_k: int | None, top_p: float | None, min_p: float | None) -> list[float]:
    probabilities = slow_softmax(logits)
    ranking = sorted(range(len(logits)), key=lambda place: (-probabilities[place], place))
    stay = set(ranking)
    if top_k is not None:
        stay &= set(ranking[:top_k])
    if top_p is not None:
        nucleus: list[int] = []
        while len(nucleus) < len(ranking) and math.fsum(probabilities[place] for place in nucleus) < top_p:
            nucleus.append(ranking[len(nucleus)])
        stay &= set(nucleus)
    if min_p is not None:
        stay &= {place for place in ranking if probabilities[place] >= min_p * max(probabilities)}
    stay.add(ranking[0])
    whole = math.fsum(probabilities[place] for place in stay)
    return [probabilities[place] / whole if place in stay else 0.0 for place in range(len(logits))]


# Few different values, so that ties come often; minus infinity rules a character out.
levels = st.sampled_from([-math.inf, -30.0, -3.0, -1.0, 0.0, 0.5, 2.0, 50.0])
scores = levels | st.floats(-40, 40).map(lambda score: round(score, 2))
some_logits = st.lists(scores, min_size=1, max_size=12).filter(lambda row: max(row) > -math.inf)
top_ks = st.none() | st.integers(1, 15)
shares = st.none() | st.sampled_from([0.0, 0.25, 0.5, 1.0]) | st.floats(0, 1)


def filtered(row: list[float] | Logits, top_k: int | None, top_p: float | None, min_p: float | None) -> Logits:
    """Return the probabilities of the characters that stay, from weights that don't sum to one."""
    left = sample_filters(np.exp(np.array(row) - max(row)), top_k, top_p, min_p)
    shares: Logits = left / left.sum()
    return shares


ROUNDING = (0.0, 1e-12, -1e-12)  # where a sum lands on top_p or min_p itself, either side is right


@settings(max_examples=300, deadline=None)
@given(some_logits, top_ks, shares, shares)
def test_filters_agree_with_a_slow_version(
    row: list[float], top_k: int | None, top_p: float | None, min_p: float | None
) -> None:
    found = filtered(row, top_k, top_p, min_p)
    assert any(
        np.allclose(found, slow_filters(row, top_k, p, m), rtol=0, atol=1e-9)
        for p in [None if top_p is None else top_p + shift for shift in ROUNDING]
        for m in [None if min_p is None else min_p + shift for shift in ROUNDING]
    )


@settings(max_examples=200, deadline=None)
@given(some_logits, top_ks, shares, shares)
def test_the_likeliest_character_always_stays_and_all_sum_to_one(
    row: list[float], top_k: int | None, top_p: float | None, min_p: float | None
) -> None:
    found = filtered(row, top_k, top_p, min_p)
    assert found[int(np.argmax(row))] == found.max() > 0
    assert found.sum() == pytest.approx(1, abs=1e-12)
    assert (found >= 0).all()


@settings(max_examples=100, deadline=None)
@given(some_logits, st.integers(1, 20), st.floats(0, 1), st.floats(0, 1))
def test_together_the_filters_leave_what_each_of_them_leaves(
    row: list[float], top_k: int, top_p: float, min_p: float
) -> None:
    alone = [
        filtered(row, top_k, None, None),
        filtered(row, None, top_p, None),
        filtered(row, None, None, min_p),
    ]
    together = filtered(row, top_k, top_p, min_p) > 0
    assert np.array_equal(together, np.all([one > 0 for one in alone], axis=0))


EQUAL = np.zeros(4)
UNEQUAL = np.log([0.5, 0.25, 0.125, 0.125])


@pytest.mark.parametrize(
    ("logits", "top_k", "top_p", "min_p", "stay"),
    [
        (EQUAL, 2, None, None, [0, 1]),
        (EQUAL, None, 0.5, None, [0, 1]),
        (EQUAL, None, 0.51, None, [0, 1, 2]),
        (EQUAL, None, None, 1.0, [0, 1, 2, 3]),
        (EQUAL, 3, 0.5, 1.0, [0, 1]),
        (EQUAL, 1, 0.5, 1.0, [0]),
        (EQUAL, 2, 1.0, 0.0, [0, 1]),
        (UNEQUAL, 1, None, None, [0]),
        (UNEQUAL, 3, None, None, [0, 1, 2]),
        (UNEQUAL, 100, None, None, [0, 1, 2, 3]),
        (UNEQUAL, None, 0.0, None, [0]),
        (UNEQUAL, None, 0.6, None, [0, 1]),
        (UNEQUAL, None, 1.0, None, [0, 1, 2, 3]),
        (UNEQUAL, None, None, 0.0, [0, 1, 2, 3]),
        (UNEQUAL, None, None, 0.4, [0, 1]),
        (UNEQUAL, 1, 0.8, 0.2, [0]),
        (UNEQUAL, 4, 0.8, 0.2, [0, 1, 2]),
        (UNEQUAL, 4, 0.9, 0.4, [0, 1]),
        (UNEQUAL, None, None, 1.0, [0]),
        (UNEQUAL[::-1], None, 0.6, None, [2, 3]),
        (UNEQUAL[::-1], 3, None, None, [0, 2, 3]),
        (np.array([-np.inf, 0, -np.inf, 0]), 3, None, None, [1, 3]),
        (np.array([-np.inf, 0, -np.inf, 0]), 3, 1.0, 0.0, [1, 3]),
        (np.array([5.0]), 1, 0.0, 1.0, [0]),
    ],
)
def test_the_characters_that_stay_are_those_of_the_definition(
    logits: Logits, top_k: int | None, top_p: float | None, min_p: float | None, stay: list[int]
) -> None:
    assert np.flatnonzero(filtered(logits, top_k, top_p, min_p)).tolist() == stay


@settings(max_examples=100, deadline=None)
@given(some_logits)
def test_without_a_filter_every_character_keeps_its_probability(row: list[float]) -> None:
    np.testing.assert_allclose(filtered(row, None, None, None), slow_softmax(row), rtol=0, atol=1e-12)


def test_filters_leave_the_weights_that_they_are_given() -> None:
    weights = np.array([4.0, 1.0, 2.0, 1.0])
    left = sample_filters(weights, 2, None, None)
    np.testing.assert_array_equal(left, [4.0, 0.0, 2.0, 0.0])
    np.testing.assert_array_equal(weights, [4.0, 1.0, 2.0, 1.0])


@settings(max_examples=100, deadline=None)
@given(some_logits, st.floats(-1e6, 1e6))
def test_probabilities_don_t_depend_on_what_is_added_to_all_logits(row: list[float], shift: float) -> None:
    np.testing.assert_allclose(softmax(np.array(row) + shift), slow_softmax(row), rtol=0, atol=1e-8)


@pytest.mark.filterwarnings("error")
def test_logits_far_apart_overflow_nowhere() -> None:
    np.testing.assert_array_equal(softmax(np.array([1e300, -1e300, 0.0])), [1, 0, 0])
