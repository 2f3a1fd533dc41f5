import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnplay.training.schedule import rate_factor

share = st.floats(0, 1)
modest = settings(max_examples=200, deadline=None)


@modest
@given(share, share, share)
def test_the_rate_lies_between_nothing_and_all(spent: float, warmup: float, flat: float) -> None:
    assert 0 <= rate_factor(spent, warmup, flat) <= 1


@modest
@given(share, st.floats(0, 1, exclude_max=True))
def test_the_rate_is_zero_at_the_end(warmup: float, flat: float) -> None:
    assert rate_factor(1.0, warmup, flat) == 0


@modest
@given(st.tuples(share, share, share).map(sorted))
def test_the_rate_is_full_on_the_flat_part(places: list[float]) -> None:
    warmup, spent, flat = places
    assert rate_factor(spent, warmup, flat) == 1


@modest
@given(share, share, st.floats(0.01, 1), st.floats(0, 0.99))
def test_the_rate_has_no_jump(spent: float, later: float, warmup: float, flat: float) -> None:
    steepest = max(1 / warmup, 1 / (1 - flat))
    change = abs(rate_factor(spent, warmup, flat) - rate_factor(later, warmup, flat))
    assert change <= steepest * abs(spent - later) + 1e-12


@modest
@given(st.tuples(share, share).map(sorted), st.tuples(share, share).map(sorted))
def test_the_rate_rises_first_and_falls_then(places: list[float], ends: list[float]) -> None:
    (spent, later), (warmup, flat) = places, ends
    if later <= flat:
        assert rate_factor(spent, warmup, flat) <= rate_factor(later, warmup, flat)
    if spent >= warmup:
        assert rate_factor(spent, warmup, flat) >= rate_factor(later, warmup, flat)


@pytest.mark.parametrize(
    ("spent", "factor"),
    [(0, 0), (0.05, 0.5), (0.1, 1), (0.3, 1), (0.5, 1), (0.6, 0.8), (0.75, 0.5), (0.9, 0.2), (1, 0)],
)
def test_rise_and_fall_are_straight_lines(spent: float, factor: float) -> None:
    assert rate_factor(spent, warmup=0.1, flat=0.5) == pytest.approx(factor)


def test_without_a_warm_up_the_first_step_has_the_full_rate() -> None:
    assert rate_factor(0.0, 0.0, 0.5) == 1


@pytest.mark.parametrize(("spent", "factor"), [(-0.5, 0), (1.5, 0)])
def test_before_the_beginning_and_past_the_end_the_rate_is_as_there(spent: float, factor: float) -> None:
    assert rate_factor(spent, 0.1, 0.5) == factor
