"""Characters and how likely each is, as bars."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual.binding import BindingType
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget

from rnnplay.app.keys import quiet
from rnnplay.app.widgets.eighths import drawn_bar
from rnnplay.app.widgets.glyphs import fenced, named

WIDEST_NAME = 9  # cells
NUMBER = 7  # cells

_quiet = partial(quiet, "bars")


class Bars(Widget):
    """A row for each of a few characters: what it is, a bar, its probability.

    Attributes:
        shares: Characters and their probabilities, in the order of the rows.
        taken: The character that really came, which is marked; None for none.
        chosen: The row that someone is about to choose; None while nobody chooses.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        _quiet("up", "choose(-1)", "up", "The character above"),
        _quiet("down", "choose(1)", "down", "The character below"),
        _quiet("enter,space", "take", "take", "Take this character and write on"),
        _quiet("escape", "leave", "leave", "Choose none"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"bars--name", "bars--bar", "bars--number", "bars--taken", "bars--chosen"}
    DEFAULT_CSS = """
    Bars {
        height: auto;
        .bars--name { color: $foreground; text-style: bold; }
        .bars--bar { color: $primary; }
        .bars--number { color: $text-muted; }
        .bars--taken { color: $accent; text-style: bold; }
        .bars--chosen { background: $accent; color: $background; text-style: bold; }
        &:ansi .bars--chosen { text-style: reverse; }
    }
    """

    shares: reactive[tuple[tuple[str, float], ...]] = reactive[tuple[tuple[str, float], ...]](())
    taken: reactive[str | None] = reactive[str | None](None)
    chosen: reactive[int | None] = reactive[int | None](None)

    @dataclass
    class Chosen(Message):
        """A character was chosen; None: someone left off choosing."""

        bars: "Bars"
        character: str | None

        @property
        def control(self) -> "Bars":
            """The bars."""
            return self.bars

    def __init__(self, rows: int = 5, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        """Make bars that always take so many rows."""
        super().__init__(id=id)
        self.rows = rows

    def offer(self, shares: Sequence[tuple[str, float]], taken: str | None = None) -> None:
        """Let someone choose among characters, with the keys or the mouse."""
        self.shares = tuple(shares)
        self.taken = taken
        characters = [character for character, _ in self._shown()]
        others = [row for row, character in enumerate(characters) if character != taken]
        self.chosen = others[0] if others else 0 if characters else None
        self.can_focus = True
        self.focus()

    def withdraw(self) -> None:
        """Let nobody choose any more."""
        self.chosen = None
        self.can_focus = False

    def _shown(self) -> tuple[tuple[str, float], ...]:
        return self.shares[: self.rows]

    def validate_chosen(self, chosen: int | None) -> int | None:
        """Keep the choice within the rows."""
        last = len(self._shown()) - 1
        return None if chosen is None or last < 0 else min(max(chosen, 0), last)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Leave the keys to others while nobody chooses."""
        return self.chosen is not None or action not in {"choose", "take", "leave"}

    def action_choose(self, by: int) -> None:
        """Go up or down."""
        if self.chosen is not None:
            self.chosen += by

    def action_take(self) -> None:
        """Take the character."""
        if self.chosen is not None:
            self.post_message(self.Chosen(self, self._shown()[self.chosen][0]))

    def action_leave(self) -> None:
        """Leave off choosing."""
        self.post_message(self.Chosen(self, None))

    def on_click(self, event: Click) -> None:
        """Take the character that was clicked, where one may choose."""
        at = event.get_content_offset(self)
        if self.chosen is not None and at is not None and at.y < len(self._shown()):
            self.chosen = at.y
            self.action_take()

    # Drawing

    def get_content_height(self, *_sizes: object) -> int:
        """Return the fixed number of rows."""
        return self.rows

    def render(self) -> Content:
        """Draw the rows."""
        shown = self._shown()
        names = [named(character) for character, _ in shown]
        name_width = min(max([1, *map(cell_len, names)]), WIDEST_NAME)
        bar_width = max(self.content_size.width - name_width - NUMBER - 3, 0)
        lines = [
            self._line(row, set_cell_size(name, name_width), share, bar_width)
            for row, (name, (_, share)) in enumerate(zip(names, shown, strict=True))
        ]
        return Content("\n").join(lines)

    def _line(self, row: int, name: str, share: float, bar_width: int) -> Content:
        taken = self.shares[row][0] == self.taken
        mark = "▸" if row == self.chosen else "•" if taken else " "
        number = f"{share:.3f}" if math.isfinite(share) else "-"
        parts = [
            (f"{mark}{fenced(name)} ", "name"),
            (drawn_bar(share, bar_width), "bar"),
            (f" {number:>{NUMBER}}", "number"),
        ]
        if row == self.chosen:
            return Content.styled("".join(text for text, _ in parts), self._style("chosen"))
        if taken:
            parts = [(text, "taken" if part == "name" else part) for text, part in parts]
        return Content.assemble(*((text, self._style(part)) for text, part in parts))

    def _style(self, part: str) -> Style:
        return self.get_visual_style(f"bars--{part}")
