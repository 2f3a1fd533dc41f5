"""A number on a line, moved by keys and mouse."""

import math
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import BindingType
from textual.content import Content
from textual.events import MouseDown, MouseMove, MouseScrollDown, MouseScrollUp, MouseUp
from textual.message import Message
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget

from rnnplay.app.keys import quiet

LEAP = 10  # steps

_quiet = partial(quiet, "slider")


class Slider(Widget, can_focus=True):
    """A number between two others, in steps.

    Attributes:
        value: The number; always within the ends and on a step.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        _quiet("left", "step(-1)", "less", "A step less"),
        _quiet("right", "step(1)", "more", "A step more"),
        _quiet("shift+left,pagedown", f"step(-{LEAP})", "much_less", "Ten steps less"),
        _quiet("shift+right,pageup", f"step({LEAP})", "much_more", "Ten steps more"),
        _quiet("home", "end(False)", "least", "The least"),
        _quiet("end", "end(True)", "most", "The most"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"slider--label", "slider--number", "slider--line", "slider--knob"}
    DEFAULT_CSS = """
    Slider {
        height: 3;
        .slider--label { color: $foreground; }
        .slider--number { color: $foreground; text-style: bold; }
        .slider--line { color: $text-muted; }
        .slider--knob { color: $foreground; }
        &:focus .slider--knob { color: $accent; text-style: bold; }
        &:focus .slider--label { color: $accent; }
        &:ansi .slider--line { text-style: dim; }
    }
    """

    value: reactive[float] = reactive(0.0)

    @dataclass
    class Changed(Message):
        """The number is another."""

        slider: "Slider"
        value: float

        @property
        def control(self) -> "Slider":
            """The slider."""
            return self.slider

    def __init__(
        self,
        label: str,
        *,
        minimum: float = 0.0,
        maximum: float = 1.0,
        step: float = 0.05,
        value: float = 0.0,
        marks: tuple[str, str] = ("", ""),
        id: str | None = None,  # noqa: A002 - Textual's word
    ) -> None:
        """Make a slider.

        Args:
            label: What the number is.
            minimum: Its left end.
            maximum: Its right end, a whole number of steps from the left one.
            step: What one key press changes.
            value: The number at first.
            marks: Words under the ends; with none, the slider is two lines high.
            id: Textual's.
        """
        super().__init__(id=id)
        self.label = label
        self.minimum = minimum
        self.maximum = maximum
        self.step = step
        self.marks = marks
        self._decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        self.set_reactive(Slider.value, self.validate_value(value))
        if not any(marks):
            self.styles.height = 2

    @property
    def number(self) -> str:
        """The value as it is shown."""
        return f"{self.value:.{self._decimals}f}"

    def validate_value(self, value: float) -> float:
        """Return the nearest value on a step; what is no number is the minimum."""
        if math.isnan(value):
            return self.minimum
        inside = min(max(value, self.minimum), self.maximum)
        return round(self.minimum + round((inside - self.minimum) / self.step) * self.step, 10)

    def watch_value(self, old: float, new: float) -> None:
        """Tell of a change."""
        if old != new:
            self.post_message(self.Changed(self, new))

    def action_step(self, by: int) -> None:
        """Change by so many steps."""
        self.value += by * self.step

    def action_end(self, most: bool) -> None:
        """Go to an end."""
        self.value = self.maximum if most else self.minimum

    # The mouse

    def on_mouse_down(self, event: MouseDown) -> None:
        """Take hold of the knob."""
        self.capture_mouse()
        self._drag_to(event)

    def on_mouse_move(self, event: MouseMove) -> None:
        """Move the knob with the mouse."""
        if self.app.mouse_captured is self:
            self._drag_to(event)

    def on_mouse_up(self, _event: MouseUp) -> None:
        """Let go of the knob."""
        self.release_mouse()

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Take a step up."""
        event.stop()
        self.action_step(1)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Take a step down."""
        event.stop()
        self.action_step(-1)

    def _drag_to(self, event: MouseDown | MouseMove) -> None:
        event.stop()
        along = (event.x - self.gutter.left) / max(self.content_size.width - 1, 1)
        self.value = self.minimum + along * (self.maximum - self.minimum)

    # Drawing

    def render(self) -> Content:
        """Draw label and number, the line with its knob, and the words under it."""
        width = max(self.content_size.width, 1)
        share = (self.value - self.minimum) / (self.maximum - self.minimum)
        knob = round(share * (width - 1))
        lines = [
            self._apart(self.label, self.number, "slider--label", "slider--number"),
            Content.assemble(
                ("━" * knob, self._style("slider--knob")),
                ("●", self._style("slider--knob")),
                ("─" * (width - 1 - knob), self._style("slider--line")),
            ),
        ]
        if any(self.marks):
            lines.append(self._apart(*self.marks, "slider--line", "slider--line"))
        return Content("\n").join(lines)

    def _apart(self, left: str, right: str, left_style: str, right_style: str) -> Content:
        gap = " " * max(self.content_size.width - cell_len(left) - cell_len(right), 1)
        return Content.assemble((left, self._style(left_style)), gap, (right, self._style(right_style)))

    def _style(self, name: str) -> Style:
        return self.get_visual_style(name)
