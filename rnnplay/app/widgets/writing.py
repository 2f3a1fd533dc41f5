"""A text that is being written: it follows the end, shows how surprising each character was, and can be walked over."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.geometry import Offset, Size
from textual.reactive import reactive
from textual.selection import Selection
from textual.strip import Strip

from rnnplay.app.widgets import copied, heat
from rnnplay.app.widgets.copied import GUTTER, Marks
from rnnplay.app.widgets.glyphs import ROW_MARK
from rnnplay.app.widgets.walking import Walk
from rnnplay.sampling.records import SampledChar

Heat = Literal["off", "digits", "shades"]
HEATS: tuple[Heat, ...] = ("off", "digits", "shades")
CARET = "\N{MEDIUM SHADE}"
KEPT_LINES = 1024


class Writing(Walk):
    """A prompt and what was written after it.

    Characters are counted from the prompt's first on. The view follows the end, unless someone has scrolled up or
    walks over the text. Right-to-left letters stand in the order in which they were written, one beside the other;
    a terminal that reorders them does so within their row alone.

    Attributes:
        heat: Whether surprisal is shown: by shades and a row of digits under each row, by shades alone, or not.
        live: Whether more is coming: the end then bears a mark.
        marks: What is known to be copied, and of its lines; None where nothing is known.
        marking: Whether that is shown.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "writing--prompt",
        "writing--symbol",
        "writing--cursor",
        "writing--digit",
        "writing--caret",
        *heat.CLASSES,
        *copied.CLASSES,
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
    """ + "\n".join([heat.styles("Writing"), copied.styles("Writing")])

    heat: reactive[Heat] = reactive[Heat]("off")
    live: reactive[bool] = reactive(False)
    marks: reactive[Marks | None] = reactive[Marks | None](None, init=False)
    marking: reactive[bool] = reactive(False, init=False)

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id, classes=classes)
        self.prompt = ""
        self.written: list[SampledChar] = []
        self._lines: LRUCache[tuple[int, bool], Strip] = LRUCache(KEPT_LINES)
        self._styles: dict[str, Style] = {}
        self._lined = False  # whether the last text that was checked had signs before its lines

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
        if self.cursor is not None:
            self.post_message(self.Moved(self, None))
            self.refresh_bindings()
        self.set_reactive(Writing.cursor, None)
        self.set_reactive(Writing.marks, None)
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

    @property
    def _gutter(self) -> int:
        """How many cells stand before a row: where lines bear signs, room for one."""
        return GUTTER if self.marking and self._lined else 0

    @property
    def _room(self) -> int:
        """How many cells a row has."""
        return self.scrollable_content_region.width - 1 - self._gutter

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
        if self._rows.resize(self._room):
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

    def watch_marks(self, marks: Marks | None) -> None:
        """Show other marks."""
        if marks is not None:
            self._lined = bool(marks.signs)
        if self.marking:
            self.watch_marking()

    def watch_marking(self) -> None:
        """Show the marks, or no longer; what stands on top stays there."""
        top, _ = self._rows.span(min(self.scroll_offset.y // self._tall, len(self._rows) - 1))
        follow = self._follow
        self._rows.resize(self._room)
        self._redraw(top, follow)

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

    def notify_style_update(self) -> None:
        """Draw everything again in the new style."""
        super().notify_style_update()
        self._styles.clear()
        self._lines.clear()

    def selection_updated(self, selection: Selection | None) -> None:  # noqa: ARG002 - Textual's signature
        """Draw what is selected."""
        self._lines.clear()
        self.refresh()

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
        if self._gutter:
            strip = Strip.join([Strip([self._sign(row)]), strip])
        strip = strip.crop_extend(0, width, self._style(""))
        return strip if digits else strip.apply_offsets(-self._gutter, row)

    def _sign(self, row: int) -> Segment:
        """Return the sign of the line that begins with a row."""
        first, end = self._rows.span(row)
        sign = self.marks.lines.get(first) if self.marks is not None and first < end else None
        return (
            Segment(" " * GUTTER, self._style(""))
            if sign is None
            else Segment(f"{sign.sign} ", self._style(sign.style))
        )

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
                text = text if index == self.cursor or self.heat != "off" or name.startswith("copied") else " "
            column += drawn.width
            yield text, name, drawn.right_to_left
        if self.live and row == len(self._rows) - 1 and column <= self._rows.width:
            yield CARET, "writing--caret", False

    def _style_of(self, index: int, symbol: bool) -> str:
        """Return the style of a character by its component class."""
        if self.marking and self.marks is not None and (kind := self.marks.kind(index)) is not None:
            return kind
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
