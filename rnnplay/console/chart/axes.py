"""Axes: from a value to its place and back, round ticks, and what zooming and panning make of a range."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from rnnplay.console.numbers import LONG, clock

XUnit = Literal["steps", "characters", "seconds"]
YUnit = Literal["nats", "bits"]
X_UNITS: tuple[XUnit, ...] = ("steps", "characters", "seconds")

FINEST = 1e-6  # of the values shown: further in, rounding would show
GREATEST = 1e30  # beyond, sums would overflow
LEAST_LOG = 1e-4  # where a logarithmic axis begins at the latest
HIGH_SHARE = 0.03  # of a curve may lie above the chart: the first high losses
HEADROOM = 1.25
CALM = 80  # a range may be larger than what it shows by about two such parts
TIME_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)


@dataclass(frozen=True)
class Axis:
    """A range of values, linear or logarithmic."""

    low: float
    high: float
    log: bool = False

    @classmethod
    def over(cls, low: float, high: float, *, log: bool = False) -> "Axis":
        """Return an axis that shows a range, widened where there is none, and some axis where it isn't numbers."""
        if not (math.isfinite(low) and math.isfinite(high)):
            low, high = 0.0, 1.0
        low, high = sorted(min(max(end, -GREATEST), GREATEST) for end in (low, high))
        if log:
            low = max(low, LEAST_LOG)
            high = max(high, low)
        least = max(abs(high), abs(low), 1e-3) * FINEST
        if high - low < least:
            low, high = (low / 1.2, high * 1.2 + least) if log else (low - least, high + least)
        return cls(low, high, log)

    def share(self, value: float) -> float | None:
        """Return where a value lies, from 0 to 1 and beyond; None for what has no place."""
        if not math.isfinite(value) or (self.log and value <= 0):
            return None
        low, high = self._scaled(self.low), self._scaled(self.high)
        return (self._scaled(value) - low) / (high - low)

    def places(self, length: float) -> Callable[[float], float]:
        """Return what tells of a value how far along an axis of this length it lies; NaN for what has no place."""
        low, high = self._scaled(self.low), self._scaled(self.high)
        factor = length / (high - low)
        if self.log:
            return lambda value: (math.log(value) - low) * factor if value > 0 else math.nan
        return lambda value: (value - low) * factor

    def value(self, share: float) -> float:
        """Return what stands at a place."""
        low, high = self._scaled(self.low), self._scaled(self.high)
        scaled = low + share * (high - low)
        return math.exp(min(scaled, 700.0)) if self.log else scaled

    def zoomed(self, factor: float, at: float = 0.5) -> "Axis":
        """Return the axis that shows `factor` as much, with the value at a place staying there."""
        return Axis.over(self.value(at - at * factor), self.value(at + (1 - at) * factor), log=self.log)

    def panned(self, share: float) -> "Axis":
        """Return the axis moved by a share of what it shows."""
        return Axis.over(self.value(share), self.value(1 + share), log=self.log)

    def within(self, bounds: "Axis") -> "Axis":
        """Return the axis moved, or cut where it is larger, so that it lies inside another."""
        span = self._scaled(self.high) - self._scaled(self.low)
        low, high = self._scaled(bounds.low), self._scaled(bounds.high)
        if span >= high - low:
            return bounds
        begin = min(max(self._scaled(self.low), low), high - span)
        ends = (begin, begin + span)
        return Axis.over(*(map(math.exp, ends) if self.log else ends), log=self.log)

    def _scaled(self, value: float) -> float:
        return math.log(max(value, LEAST_LOG / 1e6)) if self.log else value


def round_step(span: float, most: int) -> float:
    """Return the smallest of 1, 2 and 5 times a power of ten of which at most `most` fit into a span."""
    rough = span / max(most, 1)
    if not (math.isfinite(rough) and rough > 1e-300):
        return 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10, 20) if power * factor >= rough * (1 - 1e-9))


def calm(low: float, high: float, parts: int) -> tuple[float, float]:
    """Return a range made a little larger, so that it stays the same while what it shows grows a little."""
    step = round_step(high - low, parts)
    if not (math.isfinite(low) and math.isfinite(high)) or high - low < step / 2:
        return low, high
    return math.floor(low / step) * step, math.ceil(high / step) * step


def time_step(span: float, most: int) -> float:
    """Return a step of seconds as clocks have them."""
    rough = span / max(most, 1)
    return next((step for step in TIME_STEPS if step >= rough), 86400 * round_step(span / 86400, most))


def multiples(axis: Axis, step: float) -> list[float]:
    """Return the multiples of a step on an axis."""
    first, last = math.ceil(axis.low / step - 1e-9), math.floor(axis.high / step + 1e-9)
    return [number * step for number in range(first, min(last, first + 1000) + 1)]


def ticks(axis: Axis, most: int) -> tuple[list[float], float]:
    """Return at most about `most` round values on an axis, and the step that tells how many decimals they need."""
    step = round_step(axis.high - axis.low, most)
    if not axis.log or axis.high / axis.low < 4:  # on less than that, even steps are easier to read
        return multiples(axis, step), step
    powers = range(math.floor(math.log10(axis.low)), math.ceil(math.log10(axis.high)) + 1)
    for factors in ((1, 2, 3, 4, 5, 7), (1, 2, 5), (1, 3), (1,)):
        values = [factor * 10.0**power for power in powers for factor in factors]
        values = [value for value in values if axis.low <= value <= axis.high]
        if len(values) <= max(most, 2):
            break
    return values, min(values, default=1.0)


def number_label(value: float, step: float) -> str:
    """Return a number with the decimals that its step needs; a huge one in three digits."""
    if abs(value) >= LONG:
        return f"{value:.3g}"
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0
    return f"{value + 0.0:,.{min(decimals, 9)}f}"


def count_label(value: float, step: float) -> str:
    """Return a count, short where its step allows: 500, 7,500, 20 k, 1.5 M."""
    for size, unit in ((1e9, "G"), (1e6, "M")):
        if value >= size and step >= size / 10:
            return f"{value / size:,.{0 if step >= size else 1}f} {unit}"
    return f"{value / 1e3:,.0f} k" if value >= 1e4 and step >= 1e3 else number_label(value, step)


def time_label(value: float, step: float) -> str:
    """Return seconds as "40 s" below two minutes and as a clock above."""
    return f"{number_label(value, min(step, 1))} s" if value < 120 and step < 60 else clock(value)


def x_ticks(axis: Axis, unit: XUnit, most: int) -> list[tuple[float, str]]:
    """Return the ticks across, with their labels."""
    if unit == "seconds":
        step = time_step(axis.high - axis.low, most)
        in_clock = axis.high >= 180 and step >= 1
        return [(value, clock(value) if in_clock else time_label(value, step)) for value in multiples(axis, step)]
    step = max(round_step(axis.high - axis.low, most), 1.0)
    return [(value, count_label(value, step)) for value in multiples(axis, step)]


def y_ticks(axis: Axis, most: int) -> list[tuple[float, str]]:
    """Return the ticks up, with their labels."""
    values, step = ticks(axis, most)
    return [(value, number_label(value, step)) for value in values]


def loss_range(curves: Iterable[Sequence[float]], levels: Sequence[float], *, whole: bool) -> tuple[float, float]:
    """Return the losses to show.

    A loss begins high and falls most of its way at once. So that this doesn't squash the rest, its highest 3% may lie
    above the chart, unless the whole is asked for. The next level to reach is shown where it is near.

    Args:
        curves: The finite losses of each curve.
        levels: Where the level lines are.
        whole: Show every loss.
    """
    lows, highs = [], []
    for losses in curves:
        if not losses:
            continue
        ranked = sorted(losses)
        low, high = ranked[0], ranked[-1]
        if not whole and len(ranked) >= 8:
            usual = ranked[int((1 - HIGH_SHARE) * (len(ranked) - 1))]
            high = min(high, low + HEADROOM * (usual - low))
        lows.append(low)
        highs.append(high)
    if not lows:
        lows, highs = [min(levels, default=0.0)], [max(levels, default=1.0)]
    low, high = min(lows), max(highs)
    room = max(0.04 * (high - low), 0.02)
    next_level = max((level for level in levels if level < low), default=-math.inf)
    if low - next_level <= max(0.3 * (high - low), 0.15):
        low = next_level
    return calm(max(low - room, 0.0), high + room, CALM)
