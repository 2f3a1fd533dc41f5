"""What simple models reach on a text, as bars from guessing to the longest table."""

import math
from collections.abc import Sequence
from typing import ClassVar

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from rnnplay.app.widgets.eighths import drawn_bar
from rnnplay.console.numbers import table_name
from rnnplay.text.records import Baseline

RUNGS = ("uniform", "unigram", "bigram", "3-gram", "4-gram", "5-gram", "6-gram")
SHORT = {"uniform": "guessing", "unigram": "letters", "bigram": "pairs"}  # where there is little room
NAME, SHORT_NAME = 16, 8  # cells
NUMBER = 5  # cells
ROOMY = 36  # cells


class Ladder(Widget):
    """A row for each simple model: its name, a bar, its bits per character; the shorter, the more it knows.

    Attributes:
        rungs: Those that are counted; the others stand as names alone.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"ladder--bar", "ladder--number", "ladder--open"}
    DEFAULT_CSS = """
    Ladder {
        height: 7;
        .ladder--bar { color: $primary; }
        .ladder--number { color: $foreground; }
        .ladder--open { color: $text-muted; }
        &:ansi .ladder--open { text-style: dim; }
    }
    """

    rungs: reactive[tuple[Baseline, ...]] = reactive[tuple[Baseline, ...]](())

    def show(self, rungs: Sequence[Baseline]) -> None:
        """Show what is counted so far."""
        self.rungs = tuple(rungs)

    def render(self) -> Content:
        """Draw the rows."""
        counted = {rung.name: rung for rung in self.rungs}
        longest = max((rung.bits_per_char for rung in self.rungs if math.isfinite(rung.bits_per_char)), default=1.0)
        return Content("\n").join(self._line(name, counted.get(name), longest or 1.0) for name in RUNGS)

    def _line(self, name: str, rung: Baseline | None, longest: float) -> Content:
        roomy = self.content_size.width >= ROOMY
        width = NAME if roomy else SHORT_NAME
        said = f"{table_name(name).removeprefix('the ') if roomy else SHORT.get(name, name):<{width}}"
        if rung is None:
            return Content.styled(f"{said} ·", self.get_visual_style("ladder--open"))
        bar = drawn_bar(rung.bits_per_char / longest, self.content_size.width - width - NUMBER - 2)
        number = f"{'~' if rung.partial else ''}{rung.bits_per_char:.2f}" if math.isfinite(rung.bits_per_char) else "-"
        return Content.assemble(
            f"{said} ",
            (bar, self.get_visual_style("ladder--bar")),
            (f" {number:>{NUMBER}}", self.get_visual_style("ladder--number")),
        )
