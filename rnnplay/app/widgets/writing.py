"""A text that is being written: it follows the end, shows how surprising each character was, and can be walked over."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.cache import LRUCache
from textual.events import Click
from textual.geometry import Offset, Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from rnnplay.app.widgets import heat
from rnnplay.app.widgets.glyphs import ROW_MARK
from rnnplay.app.widgets.walking import WALKING
from rnnplay.app.widgets.wrapping import Rows
from rnnplay.sampling.records import SampledChar

Heat = Literal["off", "digits", "shades"]
HEATS: tuple[Heat, ...] = ("off", "digits", "shades")
CARET = "\N{MEDIUM SHADE}"
KEPT_LINES = 1024


class Writing(ScrollView, can_focus=True):
    """A prompt and what was written after it.

    Characters are counted from the prompt's first on. The view follows the end, unless someone has scrolled up or
    walks over the text. Right-to-left letters stand in the order in which they were written, one beside the other;
    a terminal that reorders them does so within their row alone.

    Attributes:
        heat: Whether surprisal is shown: by shades and a row of digits under each row, by shades alone, or not.
        cursor: The character under the cursor; None while nobody walks.
        live: Whether more is coming: the end then bears a mark.
    """

    BINDINGS: ClassVar[list[BindingType]] = WALKING
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "writing--prompt",
        "writing--symbol",
        "writing--cursor",
        "writing--digit",
        "writing--caret",
        *heat.CLASSES,
    }
    DEFAULT_CSS = """
    Writing {
        background: $surface;
        color: $foreground;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
        .writing--prompt { color: $text-muted; }
        .writing--symbol { color: $text-muted; text-style: italic; }
        .writing--cursor { background: $accent; color: $background; text-style: bold; }
        .writing--digit { color: $text-muted; }
        .writing--caret { color: $accent; }
        &:ansi .writing--prompt { text-style: dim; }
        &:ansi .writing--digit { text-style: dim; }
        &:ansi .writing--cursor { text-style: reverse; }
    }
    """ + heat.styles("Writing")

    heat: reactive[Heat] = reactive[Heat]("off")
    cursor: reactive[int | None] = reactive[int | None](None)
    live: reactive[bool] = reactive(False)

    @dataclass
    class Moved(Message):
        """The cursor is on another character, or nowhere."""

        writing: "Writing"
        index: int | None

        @property
        def control(self) -> "Writing":
            """The widget."""
            return self.writing

    @dataclass
    class Branch(Message):
        """Someone wants another character at the cursor."""

        writing: "Writing"
        index: int

        @property
        def control(self) -> "Writing":
            """The widget."""
            return self.writing

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id, classes=classes)
        self.prompt = ""
        self.written: list[SampledChar] = []
        self._rows = Rows()
        self._lines: LRUCache[tuple[int, bool], Strip] = LRUCache(KEPT_LINES)
        self._styles: dict[str, Style] = {}
        self._follow = True
        self._column: int | None = None  # where the cursor wants to be while it goes up and down

    @property
    def text(self) -> str:
        """All that is shown, prompt and written."""
        return self._rows.text

    def show(self, prompt: str, written: Sequence[SampledChar] = ()) -> None:
        """Show another text."""
        self.prompt = prompt
        self.written = []
        self._rows.clear()
        self._rows.append(prompt)
        self._lines.clear()
        self.set_reactive(Writing.cursor, None)
        self._follow = True
        self.append(written)
        self.refresh()

    def append(self, written: Sequence[SampledChar]) -> None:
        """Show what was written further. Costs what is appended, whatever stands before."""
        self.written.extend(written)
        first = self._rows.append("".join(one.character for one in written))
        self._forget_from(first)
        self._settle()
        self.refresh_lines(first * self._tall, (len(self._rows) - first) * self._tall)

    def character(self, index: int) -> SampledChar | None:
        """Return what was told of a character; None for the prompt's."""
        place = index - len(self.prompt)
        return self.written[place] if 0 <= place < len(self.written) else None

    @property
    def _tall(self) -> int:
        """How many lines of the screen a row takes."""
        return 2 if self.heat == "digits" else 1

    def _settle(self) -> None:
        """Take notice of how long the text is now, and follow its end."""
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._rows) * self._tall)
        if self._follow and self.cursor is None:
            self.scroll_end(animate=False, force=True, immediate=True, x_axis=False)

    def _forget_from(self, row: int) -> None:
        for key in [key for key in self._lines.keys() if key[0] >= row]:  # noqa: SIM118 - a cache of Textual's, no dict
            self._lines.discard(key)

    # What happens to it

    def on_resize(self) -> None:
        """Wrap to the new width; what stands on top stays there."""
        top, _ = self._rows.span(min(self.scroll_offset.y // self._tall, len(self._rows) - 1))
        follow = self._follow
        if self._rows.resize(self.scrollable_content_region.width - 1):
            self._redraw(top, follow)
        elif follow:
            self._settle()

    def _redraw(self, top: int, follow: bool) -> None:
        """Draw everything again, with a character's row on top."""
        self._lines.clear()
        self._follow = follow
        self._settle()
        if not follow:
            self.scroll_to(y=self._rows.row_of(top) * self._tall, animate=False, force=True, immediate=True)
        if self.cursor is not None:
            self._show_cursor()
        self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow the end from when it is reached, and no longer when someone leaves it."""
        super().watch_scroll_y(old_value, new_value)
        self._follow = round(new_value) >= self.max_scroll_y

    def watch_heat(self, old: Heat) -> None:
        """Give each row its line of digits, or take it away."""
        was_tall = 2 if old == "digits" else 1
        top, _ = self._rows.span(min(self.scroll_offset.y // was_tall, len(self._rows) - 1))
        self._redraw(top, self._follow)

    def watch_live(self) -> None:
        """Draw the end with its mark, or without."""
        self._forget_from(len(self._rows) - 1)
        self.refresh()

    def watch_cursor(self, old: int | None, new: int | None) -> None:
        """Draw the cursor where it is now, and tell."""
        for index in (old, new):
            if index is not None:
                row = self._rows.row_of(index)
                self._lines.discard((row, False))
                self.refresh_lines(row * self._tall, self._tall)
        if new is not None:
            self._show_cursor()
        elif self._follow:
            self._settle()
        if (old is None) != (new is None):
            self.refresh_bindings()
        self.post_message(self.Moved(self, new))

    def validate_cursor(self, cursor: int | None) -> int | None:
        """Keep the cursor within the text."""
        last = len(self._rows.characters) - 1
        return None if cursor is None or last < 0 else min(max(cursor, 0), last)

    def notify_style_update(self) -> None:
        """Draw everything again in the new style."""
        super().notify_style_update()
        self._styles.clear()
        self._lines.clear()

    def selection_updated(self, selection: Selection | None) -> None:  # noqa: ARG002 - Textual's signature
        """Draw what is selected."""
        self._lines.clear()
        self.refresh()

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
            self.cursor = self._rows.index_at(row, at.x)

    # Walking

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

    def _show_cursor(self) -> None:
        assert self.cursor is not None
        line = self._rows.row_of(self.cursor) * self._tall
        self.scroll_to_region(Region(0, line, 1, self._tall), animate=False, immediate=True, force=True)

    # Drawing

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        row, digits = divmod(y + self.scroll_offset.y, self._tall)
        width = self.size.width
        if row >= len(self._rows):
            return Strip.blank(width, self._style(""))
        key = (row, digits == 1)
        strip = self._lines.get(key)
        if strip is None:
            strip = self._digits(row) if digits else self._row(row)
            self._lines[key] = strip
        strip = strip.crop_extend(0, width, self._style(""))
        return strip if digits else strip.apply_offsets(0, row)

    def _row(self, row: int) -> Strip:
        segments: list[Segment] = []
        run, run_name, fence = "", "", False
        for text, name, right_to_left in self._pieces(row):
            fence = fence or right_to_left
            if name != run_name and run:
                segments.append(Segment(run, self._style(run_name)))
                run = ""
            run, run_name = run + text, name
        if run:
            segments.append(Segment(run, self._style(run_name)))
        if fence:
            mark = Segment(ROW_MARK, self._style(""))
            segments = [mark, *segments, mark]
        return Strip(segments)

    def _pieces(self, row: int) -> Iterator[tuple[str, str, bool]]:
        """Yield the parts of a row: what to draw, in which style, and whether it reads from right to left."""
        first, end = self._rows.span(row)
        chosen_first, chosen_end = self._chosen(self.text_selection)
        column = 0
        for index in range(first, end):
            drawn = self._rows.drawn(index)
            name = self._style_of(index, drawn.kind == "symbol")
            if index == self.cursor:
                name = "writing--cursor"
            elif chosen_first <= index < chosen_end:
                name = "screen--selection"
            text = drawn.text
            if drawn.kind == "newline":
                if column > self._rows.width:  # the row is full, to the last cell
                    continue
                text = text if index == self.cursor or self.heat != "off" else " "
            column += drawn.width
            yield text, name, drawn.right_to_left
        if self.live and row == len(self._rows) - 1 and column <= self._rows.width:
            yield CARET, "writing--caret", False

    def _style_of(self, index: int, symbol: bool) -> str:
        """Return the style of a character by its component class."""
        if index < len(self.prompt):
            return "writing--prompt"
        told = self.character(index)
        if self.heat != "off" and told is not None:
            return f"heat--{heat.level(told.surprisal)}"
        return "writing--symbol" if symbol else ""

    def _digits(self, row: int) -> Strip:
        first, end = self._rows.span(row)
        cells: list[str] = []
        for index in range(first, end):
            width = self._rows.drawn(index).width
            told = self.character(index)
            mark = " " if told is None else str(heat.level(told.surprisal))
            cells.append(mark.ljust(width) if width else "")
        return Strip([Segment("".join(cells), self._style("writing--digit"))])

    def _style(self, name: str) -> Style:
        if name not in self._styles:
            if not name:
                self._styles[name] = self.rich_style
            elif name == "screen--selection":
                self._styles[name] = self.rich_style + self.screen.get_component_rich_style(name)
            else:
                self._styles[name] = self.get_component_rich_style(name)
        return self._styles[name]

    # Copying

    def _chosen(self, selection: Selection | None) -> tuple[int, int]:
        """Return which characters the mouse has selected: the first, and the one after the last."""
        if selection is None:
            return 0, 0
        end = len(self._rows.characters) if selection.end is None else self._index_of(selection.end)
        return 0 if selection.start is None else self._index_of(selection.start), end

    def _index_of(self, place: Offset) -> int:
        return self._rows.index_drawn(min(max(place.y, 0), len(self._rows) - 1), place.x)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the characters that are selected, as they are and not as they are drawn."""
        first, end = self._chosen(selection)
        return self.text[first:end], "\n"
