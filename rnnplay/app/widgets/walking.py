"""To walk over a text, with the keys or the mouse."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual.binding import BindingType
from textual.events import Click
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView

from rnnplay.app.keys import quiet
from rnnplay.app.widgets.wrapping import Rows

_quiet = partial(quiet, "writing")

WALKING: list[BindingType] = [
    _quiet("left", "move(-1)", "left", "The character before"),
    _quiet("right", "move(1)", "right", "The next character"),
    _quiet("up", "climb(-1)", "up", "The row above"),
    _quiet("down", "climb(1)", "down", "The row below"),
    _quiet("home", "edge(False)", "home", "The row's first character"),
    _quiet("end", "edge(True)", "end", "The row's last character"),
    _quiet("ctrl+home", "far(False)", "start", "The text's first character"),
    _quiet("ctrl+end", "far(True)", "finish", "The text's last character"),
    _quiet("pageup", "leaf(-1)", "page_up", "A page up"),
    _quiet("pagedown", "leaf(1)", "page_down", "A page down"),
    _quiet("enter", "branch", "branch", "Write on from here otherwise"),
    _quiet("escape", "leave", "leave", "Stop walking over the text"),
]


class Walk(ScrollView, can_focus=True):
    """A text in rows over which one walks.

    Attributes:
        cursor: The character under the cursor; None while nobody walks.
    """

    BINDINGS: ClassVar[list[BindingType]] = WALKING

    cursor: reactive[int | None] = reactive[int | None](None)

    @dataclass
    class Moved(Message, namespace="writing"):
        """The cursor is on another character, or nowhere."""

        writing: "Walk"
        index: int | None

        @property
        def control(self) -> "Walk":
            """The widget."""
            return self.writing

    @dataclass
    class Branch(Message, namespace="writing"):
        """Someone wants another character at the cursor."""

        writing: "Walk"
        index: int

        @property
        def control(self) -> "Walk":
            """The widget."""
            return self.writing

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id, classes=classes)
        self._rows = Rows()
        self._follow = True  # the end
        self._column: int | None = None  # where the cursor wants to be while it goes up and down

    @property
    def _tall(self) -> int:
        """How many lines of the screen a row takes."""
        return 1

    @property
    def _gutter(self) -> int:
        """How many cells stand before a row."""
        return 0

    def validate_cursor(self, cursor: int | None) -> int | None:
        """Keep the cursor within the text."""
        last = len(self._rows.characters) - 1
        return None if cursor is None or last < 0 else min(max(cursor, 0), last)

    def on_click(self, event: Click) -> None:
        """Put the cursor on a character."""
        if self.text_selection is not None:
            return
        at = event.get_content_offset(self)
        if at is None:
            return
        row = (at.y + self.scroll_offset.y) // self._tall
        if row < len(self._rows):
            self._column = None
            self.cursor = self._rows.index_at(row, max(at.x - self._gutter, 0))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Leave Enter and Esc to others while nobody walks over the text."""
        return self.cursor is not None or action not in {"branch", "leave"}

    def _last(self) -> int:
        return len(self._rows.characters) - 1

    def action_move(self, by: int) -> None:
        """Go on or back in the text."""
        self._column = None
        self.cursor = self._last() if self.cursor is None else self.cursor + by

    def action_climb(self, by: int) -> None:
        """Go up or down by rows."""
        if self.cursor is None:
            self.cursor = self._last()
            return
        row = self._rows.row_of(self.cursor)
        if self._column is None:
            self._column = self._rows.column_of(self.cursor)
        target = min(max(row + by, 0), len(self._rows) - 1)
        found = self._rows.index_at(target, self._column)
        if found is not None:
            self.cursor = found

    def action_edge(self, end: bool) -> None:
        """Go to the row's beginning or end."""
        self._column = None
        if self.cursor is None:
            self.action_far(end)
            return
        first, beyond = self._rows.span(self._rows.row_of(self.cursor))
        self.cursor = beyond - 1 if end else first

    def action_far(self, end: bool) -> None:
        """Go to the text's beginning or end."""
        self._column = None
        self.cursor = self._last() if end else 0

    def action_leaf(self, by: int) -> None:
        """Go a page up or down; the cursor comes along where there is one."""
        if self.cursor is not None:
            self.action_climb(by * max(self.size.height // self._tall - 1, 1))
        elif by < 0:
            self.scroll_page_up(animate=False)
        else:
            self.scroll_page_down(animate=False)

    def action_branch(self) -> None:
        """Ask for another character here."""
        if self.cursor is not None:
            self.post_message(self.Branch(self, self.cursor))

    def action_leave(self) -> None:
        """Take the cursor away and follow the end again."""
        self._follow = True
        self.cursor = None

    def go_to(self, first: int, end: int) -> None:
        """Put the cursor on a character, with what follows up to another one in sight."""
        self._column = None
        self.cursor = end - 1
        self.cursor = first

    def _show_cursor(self) -> None:
        assert self.cursor is not None
        line = self._rows.row_of(self.cursor) * self._tall
        self.scroll_to_region(Region(0, line, 1, self._tall), animate=False, immediate=True, force=True)
