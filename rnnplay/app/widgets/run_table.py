"""The table of runs: a line for each, with a cursor, marks, and columns that fit the width."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from rnnplay.app.widgets.run_columns import GAP, HEAD, SORTS, Column, laid_out, state_of
from rnnplay.console.comparison import letter

if TYPE_CHECKING:
    from rnnplay.runs.folder import Run
    from rnnplay.runs.overview import Glance

PARTS = ("head", "sorted", "cursor", "live", "quiet", "bad", "curve")


class RunTable(ScrollView, can_focus=True):
    """Runs, one a line. It is given them in their order, and says what the cursor is on and what is asked for."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"run-table--{part}" for part in PARTS}
    DEFAULT_CSS = """
    RunTable {
        height: 1fr;
        scrollbar-size-vertical: 1;
        overflow-x: hidden;
        & .run-table--head { color: $text-muted; }
        & .run-table--sorted { color: $foreground; text-style: bold; }
        & .run-table--cursor { background: $foreground 8%; }
        &:focus .run-table--cursor { background: $foreground 18%; text-style: bold; }
        & .run-table--live { color: $accent; text-style: bold; }
        & .run-table--quiet { color: $text-muted; }
        & .run-table--bad { color: $text-error; }
        & .run-table--curve { color: $text-primary; }
        &:ansi {
            & .run-table--cursor { text-style: underline; }
            &:focus .run-table--cursor { background: ansi_default; text-style: reverse; }
            & .run-table--head, & .run-table--quiet { color: ansi_default; text-style: dim; }
            & .run-table--sorted, & .run-table--curve { color: ansi_default; }
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", id="run_table.up", show=False, tooltip="The run above"),
        Binding("down,j", "move(1)", "down", id="run_table.down", show=False, tooltip="The run below"),
        Binding("pageup", "page(-1)", "page up", id="run_table.page_up", show=False, tooltip="A page up"),
        Binding("pagedown", "page(1)", "page down", id="run_table.page_down", show=False, tooltip="A page down"),
        Binding("home", "edge(-1)", "first", id="run_table.first", show=False, tooltip="The first run"),
        Binding("end", "edge(1)", "last", id="run_table.last", show=False, tooltip="The last run"),
    ]

    class Moved(Message):
        """The cursor is on another run, or on none."""

    class Chosen(Message):
        """A run was clicked twice."""

    class Sorted(Message):
        """A column's title was clicked."""

        def __init__(self, column: str) -> None:
            super().__init__()
            self.column = column

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._rows: list[Glance] = []
        self._letters: dict[Run, str] = {}  # of the marked runs
        self._sort: tuple[str, bool] = (SORTS[-1], True)
        self._cursor = 0
        self._columns: list[tuple[Column, int]] = []
        self._without: frozenset[str] = frozenset()
        self._strips: dict[int, Strip] = {}

    @property
    def glance(self) -> "Glance | None":
        """The run that the cursor is on."""
        return self._rows[self._cursor] if self._rows else None

    def show(
        self,
        rows: "list[Glance]",
        marked: "Sequence[Run]",
        sort: tuple[str, bool],
        without: frozenset[str] = frozenset(),
    ) -> None:
        """Show runs, drawing anew only the lines that have changed; the cursor stays on its run.

        Args:
            rows: The runs in their order.
            marked: Those that bear a mark, which is a letter, as at their curves.
            sort: The column that they are sorted by, and whether downwards.
            without: Columns in which nothing stands.
        """
        before, on = self._rows, self.glance
        old_letters, self._letters = self._letters, {run: letter(place) for place, run in enumerate(marked)}
        if sort != self._sort:
            self._sort = sort
            self._strips.pop(-1, None)
            self.refresh(Region(0, 0, self.size.width, 1))
        changed = {row for row, (one, other) in enumerate(zip(before, rows, strict=False)) if one is not other}
        changed |= set(range(min(len(before), len(rows)), max(len(before), len(rows))))
        changed |= {row for row, one in enumerate(rows) if old_letters.get(one.run) != self._letters.get(one.run)}
        self._rows = list(rows)
        places = {one.run: row for row, one in enumerate(rows)}
        cursor = places.get(on.run, self._cursor) if on is not None else self._cursor
        changed |= self._put(cursor)
        if len(before) != len(rows):
            self.virtual_size = Size(self.size.width, len(rows) + 1)
        if without != self._without:
            self._without = without
            self.on_resize()
        self._draw_anew(changed)
        now = self.glance
        if (on and on.run) != (now and now.run):
            self._keep_in_sight()
            self.post_message(self.Moved())

    def choose(self, run: "Run") -> None:
        """Put the cursor on a run, if it is there."""
        for row, one in enumerate(self._rows):
            if one.run == run:
                self._go(row)

    def action_move(self, by: int) -> None:
        """Move the cursor up or down."""
        self._go(self._cursor + by)

    def action_page(self, direction: int) -> None:
        """Move the cursor by a page."""
        self._go(self._cursor + direction * max(self.size.height - 2, 1))

    def action_edge(self, direction: int) -> None:
        """Move the cursor to the first or the last run."""
        self._go(0 if direction < 0 else len(self._rows) - 1)

    def _go(self, row: int) -> None:
        changed = self._put(row)
        if changed:
            self._draw_anew(changed)
            self._keep_in_sight()
            self.post_message(self.Moved())

    def _put(self, row: int) -> set[int]:
        """Put the cursor on a row that there is, and return the rows that look different then."""
        before, self._cursor = self._cursor, min(max(row, 0), max(len(self._rows) - 1, 0))
        return {before, self._cursor} if before != self._cursor else set()

    def _keep_in_sight(self) -> None:
        shown = self.size.height - 1
        top = self.scroll_offset.y
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False)
        elif self._cursor >= top + shown:
            self.scroll_to(y=self._cursor - shown + 1, animate=False)

    def on_resize(self) -> None:
        """Choose the columns that fit."""
        self._columns = laid_out(self.size.width, self._without)
        self.virtual_size = Size(self.size.width, len(self._rows) + 1)
        self._strips.clear()
        self._keep_in_sight()
        self.refresh()

    def on_focus(self) -> None:
        """Show that the keys go to the cursor."""
        self._draw_anew({self._cursor})

    def on_blur(self) -> None:
        """Show that they don't."""
        self._draw_anew({self._cursor})

    def notify_style_update(self) -> None:
        """Take the theme's new colours."""
        super().notify_style_update()
        self._strips.clear()

    def _draw_anew(self, rows: set[int]) -> None:
        top = self.scroll_offset.y
        for row in rows:
            self._strips.pop(row, None)
            if 0 <= row - top < self.size.height - 1:
                self.refresh(Region(0, row - top + 1, self.size.width, 1))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where it was clicked, or sort by a column."""
        place = event.get_content_offset(self)
        if place is None:
            return
        if place.y == 0:
            column = self._column_at(place.x)
            if column is not None:
                self.post_message(self.Sorted(column.name))
            return
        row = place.y - 1 + self.scroll_offset.y
        if row < len(self._rows):
            self._go(row)
            if event.chain == 2:
                self.post_message(self.Chosen())

    def _column_at(self, x: int) -> Column | None:
        left = HEAD
        for column, width in self._columns:
            if left <= x < left + width + GAP:
                return column
            left += width + GAP
        return None

    def render_line(self, y: int) -> Strip:
        """Return one row of cells: the titles, which stay, and below them the runs."""
        row = -1 if y == 0 else y - 1 + self.scroll_offset.y
        if row not in self._strips:
            self._strips[row] = self._titles() if row < 0 else self._line(row)
        return self._strips[row]

    def _titles(self) -> Strip:
        by, down = self._sort
        segments = [Segment(" " * HEAD, self._style("head"))]
        for column, width in self._columns:
            own = column.name == by
            arrow = ("\u25be" if down else "\u25b4") if own else ""
            title = f"{arrow}{column.title}" if column.right else f"{column.title}{arrow}"
            segments += self._cell(title, width, column, self._style("head", "sorted") if own else self._style("head"))
        return self._strip(segments, self._style("head"))

    def _line(self, row: int) -> Strip:
        if row >= len(self._rows):
            return Strip.blank(self.size.width, self._style())
        glance = self._rows[row]
        base = ("cursor",) if row == self._cursor else ()
        mark = f"\u25c6{self._letters[glance.run]} " if glance.run in self._letters else "   "
        head = ("\u203a" if base else " ") + mark
        segments = [Segment(head, self._style(*base, "live"))]
        for column, width in self._columns:
            style = self._style(*base, *_parts(column, glance))
            segments += self._cell(column.text(glance, width), width, column, style)
        return self._strip(segments, self._style(*base))

    def _cell(self, text: str, width: int, column: Column, style: Style) -> list[Segment]:
        if cell_len(text) > width:  # a figure beyond all measure
            text = set_cell_size(text, width - 1) + "\u2026"
        room = width - cell_len(text)
        before, after = (room, 0) if column.right else (0, room)
        gap = 0 if self._columns[-1][0] is column else GAP
        return [Segment(" " * before + text + " " * (after + gap), style)]

    def _strip(self, segments: list[Segment], base: Style) -> Strip:
        return Strip(segments).adjust_cell_length(self.size.width, base)

    def _style(self, *parts: str) -> Style:
        """Return the style of parts laid over each other."""
        names = [f"run-table--{part}" for part in parts]
        style = self.get_visual_style(*names).rich_style
        turned = any(self.get_component_styles(name).text_style.reverse for name in names)
        return style + Style(reverse=True) if turned else style


def _parts(column: Column, glance: "Glance") -> tuple[str, ...]:
    """Return what a cell looks like, beyond its row."""
    state = state_of(glance)
    if column.name == "state":
        return ({"training": "live", "paused": "live", "damaged": "bad"}.get(state, "quiet"),)
    if column.name == "curve":
        return ("live" if state in {"training", "paused"} else "curve",)
    return () if column.name in {"name", "nats", "excess"} else ("quiet",)
