"""The loss chart as a sheet of cells: where the axes, the levels, the curves and the names go."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Literal, TypeVar, cast

from rich.cells import cell_len

from rnnplay.console.chart import axes
from rnnplay.console.chart.axes import Axis, XUnit
from rnnplay.console.chart.curves import (
    CIRCLE,
    MAIN,
    NAME_WIDTH,
    OTHERS,
    Curve,
    Level,
    LookedAt,
    LookLike,
    View,
    inks_of,
)
from rnnplay.console.chart.raster import ACROSS, DASH_DOT, DASHED, DOTTED, DOWN, SOLID, Canvas, Dashes
from rnnplay.console.chart.sheet import PLAIN, Sheet
from rnnplay.runs.curve import Point, thinned
from rnnplay.text.display import one_line

AXIS, LEVEL, LEVEL_NAME, RAW = "axis", "level", "level-name", "raw"
INKS = (AXIS, LEVEL, LEVEL_NAME, RAW, MAIN, *OTHERS)
_DRAWN = frozenset((MAIN, *OTHERS))  # what no name may hide
_TAKEN = _DRAWN | {LEVEL_NAME}
_DASHES: dict[str, Dashes] = {
    MAIN: SOLID,
    RAW: SOLID,
    **dict(zip(OTHERS, (DASHED, DASH_DOT, DOTTED, SOLID), strict=True)),
}
_ALONG: dict[XUnit, Callable[[LookLike], float]] = {
    "steps": attrgetter("step"),
    "characters": attrgetter("chars"),
    "seconds": attrgetter("seconds"),
}

T = TypeVar("T")

LEAST_WIDTH_FOR_LABELS = 20


@dataclass
class Drawing:
    """A drawn chart.

    Attributes:
        column, row: Where the plot's first cell is; `width` and `height` are its cells.
        across, up: Its axes.
        everything: The whole range across.
    """

    sheet: Sheet
    column: int
    row: int
    width: int
    height: int
    across: Axis
    up: Axis
    everything: Axis
    labels: list[tuple[str, int]] = field(default_factory=list)

    def row_of(self, value: float) -> int | None:
        """Return the row of a value of the upward axis, None where it isn't shown."""
        share = self.up.share(value)
        if share is None or not 0 <= share <= 1:
            return None
        return self.row + int((1 - share) * (DOWN * self.height - 1)) // DOWN

    def x(self, value: float) -> float:
        """Return how many dots from the left a value of the axis across is."""
        share = self.across.share(value)
        return math.nan if share is None else share * (ACROSS * self.width - 1)

    def y(self, value: float) -> float:
        """Return how many dots from the top a value of the upward axis is."""
        share = self.up.share(value)
        return math.nan if share is None else (1 - share) * (DOWN * self.height - 1)


def draw(curves: Sequence[Curve], levels: Sequence[Level], view: View, width: int, height: int) -> Drawing:
    """Draw a chart of so many cells."""
    everything = extent(curves, view.x_unit)
    across = view.across or everything
    inks = inks_of(curves)
    thin = [_visible(curve, "smooth", view, across, width) for curve in curves]
    drawing = _laid_out(curves, levels, thin, view, everything, width, height)
    if drawing.width < 1 or drawing.height < 1:
        return drawing
    named = _level_lines(drawing, levels, view)
    for curve, ink in zip(curves, inks, strict=True):
        if ink == MAIN:
            _trace(drawing, curve, _visible(curve, "raw", view, across, drawing.width), view, RAW)
    for curve, ink, points in sorted(zip(curves, inks, thin, strict=True), key=lambda one: one[1] == MAIN):
        _trace(drawing, curve, points, view, ink)
    for curve, ink in zip(curves, inks, strict=True):
        _marks(drawing, curve, view, ink)
    _level_names(drawing, named)
    if len(curves) > 1:
        _curve_names(drawing, curves, thin, inks, view)
    return drawing


def extent(curves: Sequence[Curve], unit: XUnit) -> Axis:
    """Return the range across that shows all, from the beginning on."""
    along = _ALONG[unit]
    ends = [along(curve.losses[-1]) for curve in curves if curve.losses]
    ends += [along(curve.looks[-1]) for curve in curves if curve.looks]
    end = max((end for end in ends if math.isfinite(end)), default=0.0)
    return Axis.over(*axes.calm(0.0, end if end > 0 else 1.0, axes.CALM))


def _visible(curve: Curve, which: Literal["smooth", "raw"], view: View, across: Axis, columns: int) -> list[Point]:
    """Return what is to be drawn of a curve: the part shown, with a neighbour on each side, thinned to the columns."""
    along = _ALONG[view.x_unit]

    def made() -> list[Point]:
        points = curve.smooth if which == "smooth" else curve.losses
        begin = max(bisect_left(points, across.low, key=along) - 1, 0)
        end = bisect_right(points, across.high, key=along) + 1
        return thinned(points if begin == 0 and end >= len(points) else points[begin:end], columns)

    return _kept(curve, which, (view.x_unit, across, columns), made)


def _kept(curve: Curve, what: str, view: object, make: Callable[[], T]) -> T:
    """Return what was made of a curve for this view, making it where the last was for another."""
    old = curve.kept.get(what)
    if old is None or old[0] != view:
        curve.kept[what] = old = (view, make())
    return cast("T", old[1])


def _finite(points: Iterable[Point | LookLike], scale: float) -> list[float]:
    return [point.loss * scale for point in points if point.loss is not None and math.isfinite(point.loss)]


def _laid_out(
    curves: Sequence[Curve],
    levels: Sequence[Level],
    thin: Sequence[Sequence[Point]],
    view: View,
    everything: Axis,
    width: int,
    height: int,
) -> Drawing:
    """Choose the ranges and draw the frame around the plot: unit and legend above, ticks at the left and below."""
    across = view.across or everything
    up = view.up or _up(curves, levels, thin, view, across)
    head, foot = int(height >= 4), 2 * int(height >= 5)
    labelled = width >= LEAST_WIDTH_FOR_LABELS and any((*levels, *thin, *(curve.looks for curve in curves)))
    marks = axes.y_ticks(up, (height - head - foot) // 3 + 3) if labelled else []
    gutter = max((len(label) for _, label in marks), default=-2) + 2
    drawing = Drawing(
        Sheet(width, height), gutter, head, max(width - gutter, 0), max(height - head - foot, 0), across, up, everything
    )
    if gutter:
        _upward_axis(drawing, marks)
    if foot:
        _axis_across(drawing, view)
    if head:
        _legend(drawing.sheet, curves, view)
    return drawing


def _up(
    curves: Sequence[Curve], levels: Sequence[Level], thin: Sequence[Sequence[Point]], view: View, across: Axis
) -> Axis:
    """Return the sensible upward range for what is shown."""
    scale, along = view.scale, _ALONG[view.x_unit]
    losses = [_finite(points, scale) for points in thin]
    for curve in curves:
        shown = [look for look in curve.looks if across.low <= along(look) <= across.high]
        losses.append(_finite(shown[1 if len(shown) > 3 and not view.whole else 0 :], scale))
    heights = [height for height in (_height(level, view) for level in levels) if math.isfinite(height)]
    low, high = axes.loss_range(losses, heights, whole=view.whole or view.log)
    return Axis.over(low, high, log=view.log)


def _height(level: Level, view: View) -> float:
    """Return where a level is, in the unit shown."""
    return level.bits_per_char * (math.log(2) if view.y_unit == "nats" else 1.0)


def _upward_axis(drawing: Drawing, marks: Sequence[tuple[float, str]]) -> None:
    sheet, edge = drawing.sheet, drawing.column - 1
    for row in range(drawing.row, drawing.row + drawing.height):
        sheet.put(edge, row, "│", AXIS)
    used: set[int] = set()
    for value, label in marks:
        at = drawing.row_of(value)
        if at is not None and at not in used:
            used.add(at)
            sheet.write(edge - len(label) - 1, at, label, AXIS)
            sheet.put(edge, at, "┤", AXIS)


def _axis_across(drawing: Drawing, view: View) -> None:
    """Draw the line under the plot and its labels; the unit's name stands at the end."""
    sheet, line = drawing.sheet, drawing.row + drawing.height
    if drawing.column:
        sheet.put(drawing.column - 1, line, "└", AXIS)
    for column in range(drawing.column, sheet.width):
        sheet.put(column, line, "─", AXIS)
    unit = {"seconds": "time"}.get(view.x_unit, view.x_unit)
    end = sheet.width - len(unit)
    if drawing.width < 3 * len(unit):
        end = sheet.width
    else:
        sheet.write(end, line + 1, unit, AXIS)
    after = drawing.column - 1
    for value, label in axes.x_ticks(drawing.across, view.x_unit, max(drawing.width // 11, 1)):
        column = drawing.column + int(drawing.x(value)) // ACROSS
        begin = max(column - len(label) // 2, after, 0)
        sheet.put(column, line, "┬", AXIS)
        if begin + len(label) < end and begin <= column:
            after = sheet.write(begin, line + 1, label, AXIS) + 1


def _legend(sheet: Sheet, curves: Sequence[Curve], view: View) -> None:
    """Name the unit, and each curve beside a piece of it, as far as there is room."""
    column = sheet.write(0, 0, view.y_unit + (", log" if view.log else ""), AXIS) + 2
    hint = "zoomed · r shows all" if view.zoomed else ""
    room = sheet.width - len(hint) - 1
    entries = []
    for curve, ink in sorted(zip(curves, inks_of(curves), strict=True), key=lambda pair: pair[1] != MAIN):
        name = "training" if len(curves) == 1 else one_line(curve.name, NAME_WIDTH)
        entries.append((line_piece(curve, ink), name, ink))
        if ink == MAIN:
            entries.append((_piece(SOLID), "unsmoothed", RAW))
    if any(curve.looks and curve.mark == CIRCLE for curve in curves):
        entries.insert(2, (CIRCLE, "validation", MAIN if len(curves) == 1 else PLAIN))
    if len(curves) > 1:
        entries = [entry for entry in entries if entry[2] != RAW]
    measured = [curve for curve in curves if curve.looks and not isinstance(curve, LookedAt)]
    letters = " ".join(curve.mark for curve in measured if curve.mark != CIRCLE)
    if letters and len(letters.split()) == len(measured):
        entries.append((letters, "validation", PLAIN))
    for number, (piece, name, ink) in enumerate(entries):
        rest = f"+{len(entries) - number}"
        if column + cell_len(f"{piece} {name}") + (len(rest) + 2 if number + 1 < len(entries) else 0) > room:
            sheet.write(min(column, max(room - len(rest), 0)), 0, rest, AXIS)
            break
        column = sheet.write(column, 0, piece, ink)
        column = sheet.write(column + 1, 0, name, AXIS if ink == RAW else PLAIN) + 2
    if room > 8:
        sheet.write(sheet.width - len(hint), 0, hint, AXIS)


def line_piece(curve: Curve, ink: str) -> str:
    """Return a piece of a curve as a legend shows it, with its mark where that is its own."""
    return _piece(_DASHES[ink]) if curve.mark == CIRCLE else f"{curve.mark} {_piece(_DASHES[ink])}"


def _piece(dashes: Dashes) -> str:
    canvas = Canvas(4, 1)
    canvas.line((0, 2), (7, 2), dashes)
    characters = dict(canvas.row(0))
    return "".join(characters.get(column, " ") for column in range(4))


def _level_lines(drawing: Drawing, levels: Sequence[Level], view: View) -> dict[int, list[str]]:
    """Draw the levels that are in sight and return which stand in which row."""
    named: dict[int, list[str]] = {}
    for level in levels:
        level_row = drawing.row_of(_height(level, view))
        if level_row is not None:
            named.setdefault(level_row, []).append(level.name)
    for row in named:
        for column in range(drawing.column, drawing.column + drawing.width):
            drawing.sheet.put(column, row, "┄", LEVEL)
    return named


def _trace(drawing: Drawing, curve: Curve, points: Iterable[Point], view: View, ink: str) -> None:
    """Draw one curve."""
    across, up, width, height = drawing.across, drawing.up, drawing.width, drawing.height
    along, scale, bottom = _ALONG[view.x_unit], view.scale, DOWN * height - 1

    def made() -> Canvas:
        x, y = across.places(ACROSS * width - 1), up.places(bottom)
        canvas = Canvas(width, height)
        places = [
            None
            if point.loss is None or not math.isfinite(point.loss)
            else (x(along(point)), bottom - y(point.loss * scale))
            for point in points
        ]
        canvas.curve(places, _DASHES[ink])
        return canvas

    canvas = _kept(curve, ink, (view.x_unit, view.y_unit, across, up, width, height), made)
    drawing.sheet.lay(canvas, drawing.column, drawing.row, ink)


def _marks(drawing: Drawing, curve: Curve, view: View, ink: str) -> None:
    """Mark validation losses, leaving out what would touch the one before."""
    along, last = _ALONG[view.x_unit], -math.inf
    for look in curve.looks:
        across = drawing.x(along(look))
        row = None if look.loss is None else drawing.row_of(look.loss * view.scale)
        if row is None or not 0 <= across < ACROSS * drawing.width:
            continue
        column = int(across) // ACROSS
        if column - last >= 2:
            drawing.sheet.put(drawing.column + column, row, curve.mark, ink)
            last = column


def _level_names(drawing: Drawing, named: dict[int, list[str]]) -> None:
    """Write each level's name on its line, where no curve is, as far to the right as can be."""
    left, right = drawing.column + 1, drawing.column + drawing.width
    for row, names in named.items():
        for count in range(len(names), 0, -1):  # where not all have room, the lowest are named
            label = f" {' · '.join(names[-count:])} "
            length = cell_len(label)
            starts = range(right - length - min(3, drawing.width // 10), left - 1, -1)
            start = next((start for start in starts if drawing.sheet.is_free(start, row, length, _DRAWN)), None)
            if start is not None:
                drawing.sheet.write(start, row, label, LEVEL_NAME)
                drawing.labels.append((label.strip(), row))
                break


def _curve_names(
    drawing: Drawing, curves: Sequence[Curve], thin: Sequence[Sequence[Point]], inks: Sequence[str], view: View
) -> None:
    """Write each run's name beside the end of its curve, where there is room; the legend has it anyway."""
    along = _ALONG[view.x_unit]
    for curve, points, ink in zip(curves, thin, inks, strict=True):
        ends = (
            (along(point), row)
            for point in reversed(points)
            if point.loss is not None
            and drawing.across.low <= along(point) <= drawing.across.high
            and (row := drawing.row_of(point.loss * view.scale)) is not None
        )
        end, end_row = next(ends, (0.0, drawing.row))
        label = one_line(curve.name, NAME_WIDTH)
        length = cell_len(label)
        column = drawing.column + int(drawing.x(end)) // ACROSS - length + 1
        for row in (end_row + by for by in (-1, 1, -2, 2, -3, 3)):
            inside = drawing.row <= row < drawing.row + drawing.height and column >= drawing.column
            if inside and drawing.sheet.is_free(column - 1, row, length + 1, _TAKEN):
                drawing.sheet.write(column, row, label, ink)
                break
