"""The points of a loss curve: smoothed for the eye, thinned to what a chart can show."""

import math
from collections.abc import Sequence
from typing import NamedTuple, cast

SPAN = 30  # a curve is smoothed over about this part of its points


class Point(NamedTuple):
    """A loss at one place of a training; in nats per character, None where it was not finite."""

    step: int
    chars: int
    seconds: float
    loss: float | None


def smoothed(points: Sequence[Point]) -> list[Point]:
    """Return the exponential moving average of the losses, without the pull of its start (bias correction).

    Its span is a thirtieth of the points, so that a long training is as calm to look at as a short one. A loss that is
    no number leaves a gap where it stands and doesn't touch what comes after.
    """
    kept = 1 - 2 / (max(len(points) / SPAN, 1.0) + 1)
    new = 1 - kept
    mean, weight = 0.0, 0.0
    averages: list[Point] = []
    add, isfinite = averages.append, math.isfinite  # a live chart comes here several times a second
    for step, chars, seconds, loss in points:
        if loss is None or not isfinite(loss):
            add(Point(step, chars, seconds, None))
            continue
        mean = kept * mean + new * loss
        weight = kept * weight + new
        add(Point(step, chars, seconds, mean / weight))
    return averages


def thinned(points: Sequence[Point], columns: int) -> list[Point]:
    """Return at most about two points a column, the least and the greatest of each, in their order.

    Each column stands for equally many points. A gap is kept as one gap; so are the first point and the last.
    """
    columns = max(columns, 1)
    count = len(points)
    if count <= 2 * columns:
        return list(points)
    losses = [point[3] for point in points]
    finite = [loss for loss in losses if loss is not None and math.isfinite(loss)]
    extremes = _extremes if len(finite) == count else _extremes_and_gap
    kept = {0, count - 1}
    for column in range(columns):
        begin, end = column * count // columns, (column + 1) * count // columns
        kept.update(begin + index for index in extremes(losses[begin:end]))
    return [points[index] for index in sorted(kept)]


def _extremes(losses: Sequence[float | None]) -> tuple[int, ...]:
    """Return where the least and the greatest of some finite losses stand."""
    numbers = cast("Sequence[float]", losses)
    return losses.index(min(numbers)), losses.index(max(numbers))


def _extremes_and_gap(losses: Sequence[float | None]) -> tuple[int, ...]:
    """Return where the least, the greatest and the first missing loss stand."""
    finite = [(loss, index) for index, loss in enumerate(losses) if loss is not None and math.isfinite(loss)]
    gap = next((index for index, loss in enumerate(losses) if loss is None or not math.isfinite(loss)), None)
    ends = (min(finite)[1], max(finite)[1]) if finite else ()
    return ends if gap is None else (*ends, gap)
