"""The loss chart as a picture: SVG that needs nothing beside it, readable on light and on dark."""

import math
from collections.abc import Iterator, Sequence
from html import escape

from rnnplay.console.chart import axes
from rnnplay.console.chart.axes import Axis
from rnnplay.console.chart.curves import Curve, Level, LookLike
from rnnplay.console.chart.drawing import extent
from rnnplay.console.chart.floor import Floor
from rnnplay.runs.curve import Point, thinned
from rnnplay.text.display import visible

WIDTH, HEIGHT = 800, 450
LEFT, RIGHT, TOP, BOTTOM = 62, 16, 54, 48  # around the plot
LABEL = 12  # pixels between the names of levels at least
MARKS_AT_MOST = 120

_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #333; }
.title { font-size: 15px; font-weight: 600; }
.floor { stroke: #666; stroke-width: 1.5; stroke-dasharray: 12 3; }
.page { fill: #fff; } .axis { stroke: #888; fill: none; } .level { stroke: #999; stroke-dasharray: 2 4; }
.name { fill: #666; font-style: italic; text-anchor: end; } .across { text-anchor: middle; } .up { text-anchor: end; }
.raw { stroke: #b9c7dd; } .train { stroke: #2060b0; stroke-width: 2; } .looks { stroke: #b04a00; stroke-width: 1.5; }
.raw, .train, .looks { fill: none; stroke-linejoin: round; } circle { fill: #b04a00; }
@media (prefers-color-scheme: dark) {
  text { fill: #ddd; } .page { fill: #15181c; } .axis { stroke: #888; } .level { stroke: #777; } .name { fill: #aaa; }
  .raw { stroke: #33475f; } .train { stroke: #7ab0f5; } .looks { stroke: #f0a060; } circle { fill: #f0a060; }
}
"""


def picture(curve: Curve, levels: Sequence[Level], title: str) -> str:
    """Return the picture of one run's losses over its steps, in nats per character."""
    across = extent([curve], "steps")
    looks = [look for look in curve.looks if look.loss is not None]
    losses = [_finite(curve.smooth), _finite(looks[1 if len(looks) > 3 else 0 :])]
    heights = [level.bits_per_char * math.log(2) for level in levels if math.isfinite(level.bits_per_char)]
    up = Axis.over(*axes.loss_range(losses, heights, whole=False))
    plot = _Plot(across, up)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="t">',
        f'<title id="t">{_text(title)}: losses in nats per character over training steps</title>',
        f"<style>{_STYLE}</style>",
        f'<clipPath id="plot"><rect x="{LEFT}" y="{TOP}" width="{plot.width}" height="{plot.height}"/></clipPath>',
        f'<rect class="page" width="{WIDTH}" height="{HEIGHT}"/>',
        f'<text class="title" x="{LEFT}" y="22">{_text(title)}</text>',
        *plot.frame(),
        *plot.levels(levels),
        f'<g clip-path="url(#plot)">{plot.curve(curve)}</g>',
        *_legend(curve),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _text(text: str) -> str:
    """Return a text from elsewhere as XML takes it."""
    return escape(visible(text))


def _finite(points: Sequence[Point | LookLike]) -> list[float]:
    return [point.loss for point in points if point.loss is not None and math.isfinite(point.loss)]


def _legend(curve: Curve) -> Iterator[str]:
    entries = [("train", "training, smoothed"), ("looks", "validation")]
    for number, (kind, name) in enumerate(entries[: 2 if curve.looks else 1]):
        x = LEFT + 170 * number
        yield f'<path class="{kind}" d="M{x} 38h28"/><text x="{x + 34}" y="42">{name}</text>'


class _Plot:
    """The plot: from losses and steps to places on the picture."""

    def __init__(self, across: Axis, up: Axis) -> None:
        self.width, self.height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        self._across, self._up = across, up
        self._x, self._y = across.places(self.width), up.places(self.height)

    def x(self, step: float) -> float:
        """Return how far from the left a step is."""
        return LEFT + self._x(step)

    def y(self, loss: float) -> float:
        """Return how far from the top a loss is; far outside is just outside."""
        return TOP + self.height - min(max(self._y(loss), -50.0), self.height + 50.0)

    def frame(self) -> Iterator[str]:
        """Draw the axes with their ticks."""
        bottom = TOP + self.height
        yield f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{LEFT + self.width}"/>'
        for value, label in axes.y_ticks(self._up, 8):
            y = self.y(value)
            yield f'<path class="axis" d="M{LEFT - 5} {y:.1f}h5"/>'
            yield f'<text class="up" x="{LEFT - 9}" y="{y + 4:.1f}">{label}</text>'
        for value, label in axes.x_ticks(self._across, "steps", 8):
            x = self.x(value)
            yield (
                f'<path class="axis" d="M{x:.1f} {bottom}v5"/>'
                f'<text class="across" x="{x:.1f}" y="{bottom + 19}">{label}</text>'
            )
        yield f'<text class="across" x="{LEFT + self.width / 2:.0f}" y="{HEIGHT - 8}">steps</text>'
        middle = TOP + self.height / 2
        yield f'<text class="across" transform="translate(14 {middle:.0f}) rotate(-90)">nats per character</text>'

    def levels(self, levels: Sequence[Level]) -> Iterator[str]:
        """Draw the level lines in sight; the lower ones are named first, as far as there is room.

        The optimum's has a dash of its own, and is named also where it lies below all that is shown.
        """
        named: list[float] = []
        for level in sorted(levels, key=lambda one: one.bits_per_char):
            loss, name = level.bits_per_char * math.log(2), level.name
            floor = isinstance(level, Floor)
            if floor and loss < self._up.low:
                y, name = float(TOP + self.height), f"\u2193 {name}"
            elif self._up.low <= loss <= self._up.high:
                y = self.y(loss)
                yield f'<path class="{"floor" if floor else "level"}" d="M{LEFT} {y:.1f}h{self.width}"/>'
            else:
                continue
            if all(abs(y - other) >= LABEL for other in named):
                named.append(y)
                yield f'<text class="name" x="{LEFT + self.width - 4}" y="{y - 3:.1f}">{_text(name)}</text>'

    def curve(self, curve: Curve) -> str:
        """Draw the losses: faint as they are, smoothed, and on the validation text."""
        looks = thinned([Point(look.step, look.chars, look.seconds, look.loss) for look in curve.looks], MARKS_AT_MOST)
        raw, smooth = (thinned(points, self.width // 2) for points in (curve.losses, curve.smooth))
        marks = "".join(
            f'<circle cx="{self.x(look.step):.1f}" cy="{self.y(look.loss):.1f}" r="3"/>'
            for look in looks
            if look.loss is not None and math.isfinite(look.loss)
        )
        return self._path("raw", raw) + self._path("train", smooth) + self._path("looks", looks) + marks

    def _path(self, kind: str, points: Sequence[Point]) -> str:
        drawn, pen = [], "M"
        for point in points:
            if point.loss is None or not math.isfinite(point.loss):
                pen = "M"
                continue
            drawn.append(f"{pen}{self.x(point.step):.1f} {self.y(point.loss):.1f}")
            pen = "L"
        return f'<path class="{kind}" d="{"".join(drawn)}"/>' if drawn else ""
