import math
from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from rnnplay.runs.curve import SPAN, Point, smoothed, thinned

LOSSES = st.lists(
    st.one_of(st.none(), st.floats(0, 20), st.sampled_from([math.nan, math.inf, -math.inf])), max_size=400
)


def points(losses: list[float | None]) -> list[Point]:
    return [Point(10 * place, 1000 * place, 0.5 * place, loss) for place, loss in enumerate(losses)]


def number(loss: float | None) -> bool:
    return loss is not None and math.isfinite(loss)


@given(LOSSES)
def test_a_smoothed_loss_is_the_weighted_mean_of_what_came_before(losses: list[float | None]) -> None:
    smooth = smoothed(points(losses))
    kept = 1 - 2 / (max(len(losses) / SPAN, 1.0) + 1)
    for place, point in enumerate(smooth):
        if not number(losses[place]):
            assert point.loss is None
            continue
        before = [loss for loss in losses[: place + 1] if loss is not None and math.isfinite(loss)]
        weights = [kept**age for age in range(len(before))]
        mean = sum(weight * loss for weight, loss in zip(weights, reversed(before), strict=True)) / sum(weights)
        assert point.loss is not None
        assert math.isclose(point.loss, mean, rel_tol=1e-9, abs_tol=1e-9)


@given(LOSSES)
def test_a_smoothed_curve_stands_at_the_same_places(losses: list[float | None]) -> None:
    given_points = points(losses)
    assert [point[:3] for point in smoothed(given_points)] == [point[:3] for point in given_points]


def test_a_constant_loss_stays_what_it_is_from_the_first_point_on() -> None:
    for point in smoothed(points([2.5] * 300)):
        assert point.loss is not None
        assert math.isclose(point.loss, 2.5)


def test_a_long_noisy_curve_becomes_calm() -> None:
    smooth = smoothed(points([2.0 + (-1) ** place for place in range(3000)]))
    assert all(point.loss is not None and abs(point.loss - 2) < 0.05 for point in smooth[500:])


@given(LOSSES, st.integers(1, 60))
def test_a_thinned_curve_keeps_its_extremes_and_its_order(losses: list[float | None], columns: int) -> None:
    all_points = points(losses)
    thin = thinned(all_points, columns)
    assert len(thin) <= 3 * columns + 2
    steps = [point.step for point in thin]
    assert steps == sorted(set(steps))
    assert {id(point) for point in thin} <= {id(point) for point in all_points}
    for column in range(columns):
        part = all_points[column * len(losses) // columns : (column + 1) * len(losses) // columns]
        finite = [point.loss for point in part if point.loss is not None and math.isfinite(point.loss)]
        shown = [point.loss for point in thin if point in part]
        assert not finite or {min(finite), max(finite)} <= set(shown)


@given(LOSSES, st.integers(1, 60))
def test_a_gap_in_a_curve_is_not_thinned_away(losses: list[float | None], columns: int) -> None:
    gaps = [numbers for numbers, _ in groupby(losses, number)].count(False)
    thin = thinned(points(losses), columns)
    kept = [numbers for numbers, _ in groupby(thin, lambda point: number(point.loss))].count(False)
    assert kept <= gaps
    assert (kept > 0) == (gaps > 0)


@given(LOSSES)
def test_few_points_are_all_kept(losses: list[float | None]) -> None:
    all_points = points(losses)
    thin = thinned(all_points, max(len(losses), 1))
    assert len(thin) == len(all_points)


def test_a_thinned_curve_begins_and_ends_where_the_whole_does() -> None:
    all_points = points([3.0 + math.sin(place) for place in range(1000)])
    thin = thinned(all_points, 20)
    assert thin[0] == all_points[0]
    assert thin[-1] == all_points[-1]
