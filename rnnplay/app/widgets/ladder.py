"""What simple models reach on a text, as bars from guessing to the longest table; where it is known, perfection too."""

import math
from collections.abc import Sequence
from typing import ClassVar

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from rnnplay.app.widgets.eighths import drawn_bar
from rnnplay.console.numbers import decimals, table_name
from rnnplay.text.records import OPTIMUM, Baseline, optimum_in

RUNGS = ("uniform", "unigram", "bigram", "3-gram", "4-gram", "5-gram", "6-gram")
SHORT = {"uniform": "guessing", "unigram": "letters", "bigram": "pairs"}  # where there is little room
PERFECT, SHORT_PERFECT = "a perfect network", "perfect"
NAME, SHORT_NAME = 17, 8  # cells
NUMBER, OVER = 5, 7  # cells
ROOMY = 36  # cells
DASH, END = "┄", "◆"  # of the bar of a perfect network, which no model is


class Ladder(Widget):
    """A row for each simple model: its name, a bar, its bits per character; the shorter, the more it knows.

    On a text whose optimum is known, a last row, dashed, is the bar of a perfect network; where there is room, the
    others then tell how far they are above it.

    Attributes:
        rungs: Those that are counted; the others stand as names alone.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"ladder--bar", "ladder--number", "ladder--open", "ladder--perfect"}
    DEFAULT_CSS = """
    Ladder {
        height: 7;
        &.-perfect { height: 8; }
        .ladder--bar { color: $primary; }
        .ladder--number { color: $foreground; }
        .ladder--open { color: $text-muted; }
        .ladder--perfect { color: $foreground; }
        &:ansi .ladder--open { text-style: dim; }
    }
    """

    rungs: reactive[tuple[Baseline, ...]] = reactive[tuple[Baseline, ...]](())

    def show(self, rungs: Sequence[Baseline]) -> None:
        """Show what is counted so far."""
        self.rungs = tuple(rungs)
        self.set_class(optimum_in(self.rungs) is not None, "-perfect")

    @property
    def _roomy(self) -> bool:
        return self.content_size.width >= ROOMY

    def render(self) -> Content:
        """Draw the rows."""
        counted = {rung.name: rung for rung in self.rungs}
        longest = max((rung.bits_per_char for rung in self.rungs if math.isfinite(rung.bits_per_char)), default=1.0)
        perfect = optimum_in(self.rungs)
        names = RUNGS if perfect is None else (*RUNGS, OPTIMUM)
        return Content("\n").join(self._line(name, counted.get(name), longest or 1.0, perfect) for name in names)

    def _line(self, name: str, rung: Baseline | None, longest: float, perfect: float | None) -> Content:
        width = NAME if self._roomy else SHORT_NAME
        said = f"{self._said(name):<{width}}"
        if rung is None:
            return Content.styled(f"{said} ·", self.get_visual_style("ladder--open"))
        over = f"{_over(rung, perfect):>{OVER}}" if self._roomy and perfect is not None else ""
        bar = drawn_bar(rung.bits_per_char / longest, self.content_size.width - width - NUMBER - len(over) - 2)
        style = "ladder--bar"
        if name == OPTIMUM:
            bar, style = f"{DASH * (len(bar.rstrip()) - 1)}{END}".ljust(len(bar)), "ladder--perfect"
        number = (
            f"{'~' if rung.partial else ''}{decimals(rung.bits_per_char, 2)}"
            if math.isfinite(rung.bits_per_char)
            else "-"
        )
        return Content.assemble(
            f"{said} ",
            (bar, self.get_visual_style(style)),
            (f" {number:>{NUMBER}}", self.get_visual_style("ladder--number")),
            (over, self.get_visual_style("ladder--open")),
        )

    def _said(self, name: str) -> str:
        if name == OPTIMUM:
            return PERFECT if self._roomy else SHORT_PERFECT
        return table_name(name).removeprefix("the ") if self._roomy else SHORT.get(name, name)


def _over(rung: Baseline, perfect: float) -> str:
    """Return how far a model is above a perfect network."""
    excess = rung.bits_per_char - perfect
    return "" if rung.name == OPTIMUM or not math.isfinite(excess) else f"{'+' * (excess >= 0)}{decimals(excess, 2)}"
