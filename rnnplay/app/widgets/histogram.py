"""The commonest characters of a text, as bars."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from rnnplay.app.widgets.eighths import drawn_bar
from rnnplay.app.widgets.glyphs import fenced, named

WORDS = {" ": "space", "\n": "newline", "\t": "tab"}
NAME = 8  # cells
NUMBER = 6  # cells
NARROWEST, GAP = 22, 3  # cells of a column, and between two


class Histogram(Widget):
    """As many of the commonest characters as there is room for: what it is, a bar, its share of the text.

    Attributes:
        counts: Characters with their counts, the commonest first.
        total: Characters of the whole text.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"histogram--name", "histogram--bar", "histogram--number"}
    DEFAULT_CSS = """
    Histogram {
        height: 1fr;
        .histogram--bar { color: $secondary; }
        .histogram--number { color: $text-muted; }
    }
    """

    counts: reactive[tuple[tuple[str, int], ...]] = reactive[tuple[tuple[str, int], ...]](())
    total: reactive[int] = reactive(0)

    def show(self, counts: Sequence[tuple[str, int]], total: int) -> None:
        """Show another text's."""
        self.total = total
        self.counts = tuple(counts)

    def render(self) -> Content:
        """Draw the rows."""
        width, height = self.content_size
        columns = max((width + GAP) // (NARROWEST + GAP), 1)
        each = (width - GAP * (columns - 1)) // columns
        largest = max((count for _, count in self.counts), default=1) or 1
        rows = (self.counts[row : columns * height : height] for row in range(min(height, len(self.counts))))
        between = Content(" " * GAP)
        return Content("\n").join(between.join(self._cell(*one, largest, each) for one in row) for row in rows)

    def _cell(self, character: str, count: int, largest: int, width: int) -> Content:
        name = WORDS.get(character) or named(character)
        name = name if cell_len(name) <= NAME else f"U+{ord(character[0]):04X}"
        bar = drawn_bar(count / largest, width - NAME - NUMBER - 2)
        share = f"{count / self.total:.1%}" if self.total else "-"
        return Content.assemble(
            f"{fenced(set_cell_size(name, NAME))} ",
            (bar, self.get_visual_style("histogram--bar")),
            (f" {share:>{NUMBER}}", self.get_visual_style("histogram--number")),
        )
