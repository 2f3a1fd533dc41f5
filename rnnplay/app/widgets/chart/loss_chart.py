"""The widget that shows losses, and lets one zoom and pan in them."""

from dataclasses import replace
from typing import ClassVar, get_args

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip
from textual.widget import Widget

from rnnplay.console.chart.axes import X_UNITS, Axis, XUnit, YUnit
from rnnplay.console.chart.curves import Curve, Level, View
from rnnplay.console.chart.drawing import INKS, Drawing, draw
from rnnplay.console.chart.floor import draw_floor
from rnnplay.console.chart.sheet import PLAIN

ZOOM = 0.7  # of what is shown stays in sight at each step
PAN = 0.15  # of what is shown moves out of sight at each step


class LossChart(Widget, can_focus=True):
    """Losses of one or more runs over steps, characters or seconds."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"loss-chart--{ink}" for ink in INKS}
    DEFAULT_CSS = """
    LossChart {
        height: 1fr;
        & .loss-chart--axis { color: $text-muted; }
        & .loss-chart--level { color: $foreground 25%; }
        & .loss-chart--level-name { color: $text-muted; text-style: italic; }
        & .loss-chart--raw { color: $foreground 30%; }
        & .loss-chart--main { color: $accent; text-style: bold; }
        & .loss-chart--other-1 { color: $foreground 75%; }
        & .loss-chart--other-2 { color: $text-success 80%; }
        & .loss-chart--other-3 { color: $text-warning 80%; }
        & .loss-chart--other-4 { color: $text-error 80%; }
        &:ansi {
            & .loss-chart--axis, & .loss-chart--level, & .loss-chart--raw { color: ansi_default; text-style: dim; }
            & .loss-chart--level-name { color: ansi_default; text-style: dim italic; }
            & .loss-chart--other-1 { color: ansi_default; }
        }
    }
    """
    HELP = """\
### The chart
The bold line is the training loss, smoothed; the faint one behind it is not. Circles are losses on text that the
network never trains on. Dotted levels are what simple models reach on the same text; the double line under the curve of
a generated text is the least that any network can reach.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("plus,equals_sign", "zoom_in", "zoom in", id="chart.zoom_in", show=False, tooltip="Look closer"),
        Binding("minus", "zoom_out", "zoom out", id="chart.zoom_out", show=False, tooltip="See more; at last, all"),
        Binding("left", "pan(-1, 0)", "earlier", id="chart.left", show=False, tooltip="Move to earlier steps"),
        Binding("right", "pan(1, 0)", "later", id="chart.right", show=False, tooltip="Move to later steps"),
        Binding("up", "pan(0, 1)", "higher", id="chart.up", show=False, tooltip="Move to higher losses"),
        Binding("down", "pan(0, -1)", "lower", id="chart.down", show=False, tooltip="Move to lower losses"),
        Binding("shift+up", "stretch(0.7)", "taller", id="chart.taller", show=False, tooltip="Stretch the losses"),
        Binding("shift+down", "stretch(1.43)", "flatter", id="chart.flatter", show=False, tooltip="Show more losses"),
        Binding("r,home", "reset", "all", id="chart.reset", show=False, tooltip="Show all again"),
        Binding("a", "next_x", "axis", id="chart.x", show=False, tooltip="Across: steps, characters or time"),
        Binding("u", "next_y", "unit", id="chart.y", show=False, tooltip="Losses in nats or bits per character"),
        Binding("l", "toggle_log", "log", id="chart.log", show=False, tooltip="Logarithmic or even heights"),
    ]

    class Turned(Message):
        """The units or the scale were changed by hand."""

        def __init__(self, chart: "LossChart") -> None:
            super().__init__()
            self.chart = chart

        @property
        def control(self) -> "LossChart":
            """The chart."""
            return self.chart

    # a change repaints only the rows that look different
    curves: var[tuple[Curve, ...]] = var((), init=False)
    levels: var[tuple[Level, ...]] = var((), init=False)
    view: var[View] = var(View(), init=False)
    empty: var[str] = var("No loss yet.", init=False)

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._drawing: Drawing | None = None
        self._strips: list[Strip] = []
        self._runs: list[list[tuple[str, str]]] = []
        self._drawn_for = Size(0, 0)
        self._dragged_from: tuple[int, int, Drawing] | None = None

    def watch_curves(self) -> None:
        """Draw anew."""
        self._redraw()

    def watch_levels(self) -> None:
        """Draw anew."""
        self._redraw()

    def watch_view(self) -> None:
        """Draw anew."""
        self._redraw()

    def watch_empty(self) -> None:
        """Draw anew."""
        self._redraw()

    def notify_style_update(self) -> None:
        """Take the theme's new colours."""
        super().notify_style_update()
        self._drawing, self._runs = None, []

    def _redraw(self) -> None:
        """Draw anew and repaint the rows that look different; where nothing is painted yet, that is left to come."""
        if self._drawing is None or self._drawn_for != self.size:
            self._drawing = None
            self.refresh()
            return
        self._drawing, before = None, self._strips
        self._drawn()
        rows = [row for row, strip in enumerate(self._strips) if row >= len(before) or before[row] is not strip]
        if rows:
            self.refresh(*(Region(0, row, self.size.width, 1) for row in rows))

    def render_line(self, y: int) -> Strip:
        """Return one row of cells."""
        drawing = self._drawn()
        if not 0 <= y < drawing.sheet.height:
            return Strip.blank(self.size.width, self.rich_style)
        return self._strips[y]

    def _drawn(self) -> Drawing:
        """Return the drawing, made anew only where something has changed."""
        if self._drawing is not None and self._drawn_for == self.size:
            return self._drawing
        drawing = draw(self.curves, self.levels, self.view, *self.size)
        draw_floor(drawing, self.levels, self.view)
        if not any(curve.losses or curve.looks for curve in self.curves) and drawing.height:
            column = drawing.column + max((drawing.width - len(self.empty)) // 2, 0)
            drawing.sheet.write(column, drawing.row + drawing.height // 2, self.empty, PLAIN)
        styles = {ink: self.get_visual_style(f"loss-chart--{ink}").rich_style for ink in INKS}
        styles[PLAIN] = self.visual_style.rich_style
        sheet, known = drawing.sheet, self._runs if self._drawn_for == self.size else []
        self._runs = [sheet.runs(row) for row in range(sheet.height)]
        self._strips = [
            self._strips[row]
            if row < len(known) and known[row] == runs
            else Strip([Segment(text, styles[ink]) for text, ink in runs], sheet.width)
            for row, runs in enumerate(self._runs)
        ]
        self._drawing, self._drawn_for = drawing, self.size
        return drawing

    def turn(self, x_unit: str, y_unit: str, *, log: bool) -> None:
        """Show these units and this scale; what is no unit leaves the one there is."""
        view = View(log=log)
        for unit in get_args(XUnit):
            view = replace(view, x_unit=unit) if unit == x_unit else view
        for unit in get_args(YUnit):
            view = replace(view, y_unit=unit) if unit == y_unit else view
        if view != self.view:
            self.view = view

    def action_zoom_in(self) -> None:
        """Show a shorter stretch."""
        self._zoom(ZOOM, 0.5)

    def action_zoom_out(self) -> None:
        """Show a longer stretch, and at last the first high losses too."""
        self._zoom(1 / ZOOM, 0.5)

    def action_pan(self, across: int, up: int) -> None:
        """Move by a few cells."""
        self._pan(PAN * across, PAN * up, self._drawn())

    def action_stretch(self, factor: float) -> None:
        """Show a smaller or larger range of losses."""
        self.view = replace(self.view, up=self._drawn().up.zoomed(factor))

    def action_reset(self) -> None:
        """Show all, and follow what comes."""
        self.view = replace(self.view, across=None, up=None, whole=False)

    def action_next_x(self) -> None:
        """Take the next unit across."""
        unit = X_UNITS[(X_UNITS.index(self.view.x_unit) + 1) % len(X_UNITS)]
        self.view = replace(self.view, x_unit=unit, across=None)
        self.post_message(self.Turned(self))

    def action_next_y(self) -> None:
        """Change between nats and bits."""
        self.view = replace(self.view, y_unit="nats" if self.view.y_unit == "bits" else "bits", up=None)
        self.post_message(self.Turned(self))

    def action_toggle_log(self) -> None:
        """Change between even and logarithmic heights."""
        self.view = replace(self.view, log=not self.view.log, up=None)
        self.post_message(self.Turned(self))

    def _zoom(self, factor: float, at: float) -> None:
        drawing, view = self._drawn(), self.view
        if factor < 1 and view.whole and view.across is None:
            self.view = replace(view, whole=False)
            return
        across = drawing.across.zoomed(factor, at).within(drawing.everything)
        if across == drawing.everything:
            self.view = replace(view, across=None, up=None, whole=view.across is None and view.up is None)
        else:
            self.view = replace(view, across=across)

    def _pan(self, across: float, up: float, start: Drawing) -> None:
        moved = start.across.panned(across).within(start.everything)
        self.view = replace(
            self.view,
            across=moved if across and moved != start.everything else self.view.across,
            up=_above_zero(start.up.panned(up)) if up else self.view.up,
        )

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in where the mouse is."""
        self._wheel(event, ZOOM)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out where the mouse is."""
        self._wheel(event, 1 / ZOOM)

    def _wheel(self, event: events.MouseEvent, factor: float) -> None:
        event.stop()
        event.prevent_default()
        drawing = self._drawn()
        at = (event.get_content_offset_capture(self).x - drawing.column) / max(drawing.width - 1, 1)
        self._zoom(factor, min(max(at, 0.0), 1.0))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of the chart."""
        self._dragged_from = (event.screen_x, event.screen_y, self._drawn())
        self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag it."""
        if self._dragged_from is None:
            return
        x, y, start = self._dragged_from
        across = (x - event.screen_x) / max(start.width, 1)
        up = (event.screen_y - y) / max(start.height, 1)
        if across or up:
            self._pan(across, up, start)

    def on_mouse_up(self) -> None:
        """Let go."""
        self._dragged_from = None
        self.release_mouse()


def _above_zero(axis: Axis) -> Axis:
    """Return the axis, moved where it would show losses below zero."""
    return axis if axis.low >= 0 else replace(axis, low=0.0, high=axis.high - axis.low)
