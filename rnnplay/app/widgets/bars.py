"""Characters and how likely each is, as bars."""

import math
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
from rnnplay.app.widgets.eighths import split_bar
from rnnplay.app.widgets.glyphs import fenced, named

WIDEST_NAME = 9  # cells
NUMBER = 5  # cells
SHORTEST = 8  # cells that a bar has beside two numbers
CUT = "\N{MULTIPLICATION SIGN}"

_quiet = partial(quiet, "bars")


@dataclass(frozen=True)
class Bar:
    """A character and its probability.

    Attributes:
        raw: As the network computes it.
        share: With temperature and filters, 0 where a filter cuts the character; None where that isn't known.
    """

    character: str
    raw: float
    share: float | None = None


class Bars(Widget):
    """A row for each of a few characters: its name, a bar in front of that without settings, both probabilities.

    Attributes:
        bars: What the rows show, in their order.
        caption: What the line below says, and whether it names the columns.
        taken: The character that really came, which is marked; None for none.
        chosen: The row that someone is about to choose; None while nobody chooses.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        _quiet("up", "choose(-1)", "up", "The character above"),
        _quiet("down", "choose(1)", "down", "The character below"),
        _quiet("enter,space", "take", "take", "Take this character and write on"),
        _quiet("escape", "leave", "leave", "Choose none"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "bars--name",
        "bars--bar",
        "bars--ghost",
        "bars--number",
        "bars--raw",
        "bars--caption",
        "bars--taken",
        "bars--cut",
        "bars--chosen",
    }
    DEFAULT_CSS = """
    Bars {
        height: auto;
        .bars--name { color: $foreground; text-style: bold; }
        .bars--bar { color: $primary; }
        .bars--ghost { color: $foreground 50%; }
        .bars--number { color: $foreground; }
        .bars--raw, .bars--caption { color: $text-muted; }
        .bars--cut { color: $text-muted; text-style: strike; }
        .bars--taken { color: $accent; text-style: bold; }
        .bars--chosen { background: $accent; color: $background; text-style: bold; }
        &:ansi .bars--ghost, &:ansi .bars--raw, &:ansi .bars--cut { text-style: dim; }
        &:ansi .bars--chosen { text-style: reverse; }
    }
    """

    bars: reactive[tuple[Bar, ...]] = reactive[tuple[Bar, ...]](())
    caption: reactive[tuple[str, bool]] = reactive[tuple[str, bool]](("", False))
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
        """Make bars that always take so many rows, and one for the caption."""
        super().__init__(id=id)
        self.rows = rows

    def offer(self) -> None:
        """Let someone choose among the characters, with the keys or the mouse."""
        characters = [one.character for one in self._shown()]
        others = [row for row, character in enumerate(characters) if character != self.taken]
        self.chosen = others[0] if others else 0 if characters else None
        if self.chosen is not None:
            self.can_focus = True
            self.focus()

    def withdraw(self) -> None:
        """Let nobody choose any more."""
        self.chosen = None
        self.can_focus = False

    def _shown(self) -> tuple[Bar, ...]:
        return self.bars[: self.rows]

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
            self.post_message(self.Chosen(self, self._shown()[self.chosen].character))

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
        return self.rows + 1

    def render(self) -> Content:
        """Draw the rows, and the caption below."""
        shown = self._shown()
        names = [named(one.character) for one in shown]
        name_width = min(max([1, *map(cell_len, names)]), WIDEST_NAME)
        width = max(self.content_size.width - name_width - 2 - (NUMBER + 1), 0)
        both = width - (NUMBER + 1) >= SHORTEST
        bar_width = width - (NUMBER + 1) if both else width
        lines = [
            self._line(row, one, set_cell_size(name, name_width), bar_width, both)
            for row, (name, one) in enumerate(zip(names, shown, strict=True))
        ]
        lines += [Content("")] * (self.rows - len(lines))
        return Content("\n").join([*lines, self._caption(both)])

    def _line(self, row: int, one: Bar, name: str, bar_width: int, both: bool) -> Content:
        cut, taken = one.share == 0, one.character == self.taken
        mark = "▸" if row == self.chosen else "•" if taken else CUT if cut else " "
        number = "" if one.share is None else "cut" if cut else _number(one.share)
        pieces = split_bar(one.share or 0.0, one.raw, bar_width)
        parts = [
            (mark, "name"),
            (fenced(name), "taken" if taken else "cut" if cut else "name"),
            (" ", ""),
            *((text, "ghost" if ghost else "bar") for text, ghost in pieces),
            (f" {number:>{NUMBER}}", "number"),
        ]
        if both:
            parts.append((f" {_number(one.raw):>{NUMBER}}", "raw"))
        if row == self.chosen:
            return Content.styled("".join(text for text, _ in parts), self._style("chosen"))
        return Content.assemble(*((text, self._style(part) if part else "") for text, part in parts))

    def _caption(self, both: bool) -> Content:
        words, columns = self.caption
        names = "" if not columns else f" {'now':>{NUMBER}} {'raw':>{NUMBER}}" if both else f" {'now':>{NUMBER}}"
        width = max(self.content_size.width - len(names), 0)
        if cell_len(words) > width and columns:
            words = words.rpartition(" ")[0]  # the figures without the word
        return Content.styled(set_cell_size(words, width) + names, self._style("caption"))

    def _style(self, part: str) -> Style:
        return self.get_visual_style(f"bars--{part}")


def _number(share: float) -> str:
    return f"{share:.3f}" if math.isfinite(share) else "-"
