"""The course of a training: its training and validation losses at every look, kept in bounded memory."""

import math
from collections.abc import Sequence

import msgspec

POINTS_AT_MOST = 256


class CurvePoint(msgspec.Struct, frozen=True):
    """The losses at one look, in nats per character.

    Attributes:
        step: Where it was; 0 is before the first step, which only weights that were trained before are measured at.
        seconds: Of the budget, spent by then.
        train: The mean training loss of the steps since the look before or a resumption, dropout included; None
            where there was none, or where it was not finite.
        validation: None where there is no validation text, or where it was not finite.
    """

    step: int
    seconds: float
    train: float | None
    validation: float | None


class CourseRecorder:
    """Takes the mean of the training losses since the last look, and adds a point to a course at each look."""

    def __init__(self, step: int) -> None:
        """Begin after so many steps."""
        self._step = step
        self._total = 0.0
        self._steps = 0

    def add_training_loss(self, loss: float, step: int) -> None:
        """Count in the mean loss of the steps since the last call, up to this one."""
        self._total += loss * (step - self._step)
        self._steps += step - self._step
        self._step = step

    def add_look(self, points: list[CurvePoint], seconds: float, validation: float | None) -> None:
        """Add a look at the step up to which losses were counted in."""
        mean = self._total / self._steps if self._steps else math.nan
        self._total, self._steps = 0.0, 0
        add_point(points, CurvePoint(self._step, seconds, mean if math.isfinite(mean) else None, validation))


def add_point(points: list[CurvePoint], point: CurvePoint) -> None:
    """Append a point; of too many, drop the one whose neighbours are closest, never the first or one of the last two.

    A point at the step of the last one takes its place, and keeps the training loss where the new one has none.
    """
    if points and points[-1].step == point.step:
        last = points.pop()
        point = msgspec.structs.replace(point, train=last.train) if point.train is None else point
    points.append(point)
    if len(points) > POINTS_AT_MOST:
        del points[min(range(1, len(points) - 2), key=lambda place: _width(points, place))]


def _width(points: Sequence[CurvePoint], place: int) -> int:
    return points[place + 1].step - points[place - 1].step
