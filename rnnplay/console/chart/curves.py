"""What a chart shows: curves, level lines, and how they are looked at."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from rnnplay.console.chart.axes import Axis, XUnit, YUnit
from rnnplay.console.numbers import table_name
from rnnplay.runs.curve import Point, smoothed
from rnnplay.text.display import one_line
from rnnplay.text.records import Baseline, Provenance

MAIN = "main"
OTHERS = ("other-1", "other-2", "other-3", "other-4")
NAME_WIDTH = 18  # characters of a name
CIRCLE = "○"


class LookLike(Protocol):
    """A validation loss at one place of a training; in nats per character, None where it was not finite."""

    @property
    def step(self) -> int:
        """After how many steps."""
        ...

    @property
    def chars(self) -> int:
        """After how many characters."""
        ...

    @property
    def seconds(self) -> float:
        """After how long."""
        ...

    @property
    def loss(self) -> float | None:
        """The loss."""
        ...


@dataclass(frozen=True, eq=False)
class Curve:
    """What one run has come to. A change makes a new one: what is worked out for it is kept with it.

    Attributes:
        losses: Of training, in the order of their steps.
        looks: Losses on the validation text.
        live: Being trained now, or the one that the chart is about.
        mark: What stands where a validation loss was measured, one cell wide.
        corpus: The text that it was trained on; None where that isn't known.
    """

    name: str
    losses: Sequence[Point]
    looks: Sequence[LookLike] = ()
    live: bool = False
    mark: str = CIRCLE
    corpus: Provenance | None = None

    @cached_property
    def kept(self) -> dict[str, tuple[object, object]]:
        """What a drawing has made of it, by a name: for which view, and what."""
        return {}

    @cached_property
    def smooth(self) -> list[Point]:
        """The smoothed losses."""
        return smoothed(self.losses)


class LookedAt(Curve):
    """A curve of validation losses, which are shown as they were measured; made by `looked_at`."""

    @cached_property
    def smooth(self) -> list[Point]:
        """The losses themselves."""
        return list(self.losses)


def looked_at(name: str, points: Sequence[Point], mark: str) -> LookedAt:
    """Return the curve of some validation losses, each with the curve's own mark."""
    return LookedAt(name, points, points, mark=mark)


def text_note(curves: Sequence[Curve]) -> str:
    """Return a note that the curves are of different texts, or "" where they aren't, as far as is known."""
    known = [curve.corpus for curve in curves if curve.corpus is not None]
    names = dict.fromkeys(corpus.name for corpus in known)
    hashes = {corpus.sha256 for corpus in known if corpus.sha256}
    hashed = all(corpus.sha256 for corpus in known)
    if len(hashes) <= 1 and (hashed or len(names) <= 1):
        return ""
    shown = [one_line(name, NAME_WIDTH) for name in names]
    which = f"({', '.join(shown)})" if len(shown) > 1 else f"(all called {shown[0]})"
    return f"different texts: losses don't compare {which}"


@dataclass(frozen=True)
class Level:
    """A simple model's loss, to compare with."""

    name: str
    bits_per_char: float


def ladder_levels(ladder: Iterable[Baseline]) -> tuple[Level, ...]:
    """Return the level lines of a text's baselines, named in plain words."""
    return tuple(Level(_plain_name(one.name), one.bits_per_char) for one in ladder)


def _plain_name(baseline: str) -> str:
    if baseline == "xz":
        return "xz compression"
    return one_line(table_name(baseline).removeprefix("the ").removesuffix(" table"), NAME_WIDTH)


@dataclass(frozen=True)
class View:
    """How the curves are looked at.

    Attributes:
        across, up: What was zoomed to; None shows all, or what is sensible.
        whole: Show the first high losses too.
    """

    x_unit: XUnit = "steps"
    y_unit: YUnit = "nats"
    log: bool = False
    across: Axis | None = None
    up: Axis | None = None
    whole: bool = False

    @property
    def scale(self) -> float:
        """What nats are multiplied with."""
        return 1 / math.log(2) if self.y_unit == "bits" else 1.0

    @property
    def zoomed(self) -> bool:
        """Whether it doesn't follow the curves."""
        return self.across is not None or self.up is not None


def inks_of(curves: Sequence[Curve]) -> list[str]:
    """Return each curve's ink: the live one, or else the first, has the only loud one."""
    main = next((place for place, curve in enumerate(curves) if curve.live), 0)
    others = [place for place in range(len(curves)) if place != main]
    ranks = {place: OTHERS[number % len(OTHERS)] for number, place in enumerate(others)}
    return [ranks.get(place, MAIN) for place in range(len(curves))]
