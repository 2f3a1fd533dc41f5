"""`rnnplay runs compare`, on a terminal or in a pipe."""

import shutil
from typing import TYPE_CHECKING

from rnnplay.cli import options
from rnnplay.errors import UserError

if TYPE_CHECKING:
    from rnnplay.console.chart.axes import XUnit
    from rnnplay.runs.compare import Comparison

WIDEST, HIGHEST = 110, 22  # cells of the chart
NARROWEST = 20  # cells that a terminal is taken to have at least


def unit(by: str) -> "XUnit":
    """Return what is counted across a chart.

    Raises:
        UserError: There is nothing of that name.
    """
    if by in {"chars", "characters"}:
        return "characters"
    if by == "seconds":
        return "seconds"
    if by == "steps":
        return "steps"
    raise UserError(f"--by must be steps, seconds or chars, not '{by}'.")


def show(comparison: "Comparison", across: "XUnit") -> None:
    """Print the curves, the figures and what differs to standard output, the notes to standard error."""
    from rich.console import Console

    from rnnplay.console.comparison import chart, differing, figures

    size = shutil.get_terminal_size()
    # Lines aren't wrapped; in a width of 1 rich would print none.
    wide = max(size.columns, NARROWEST)
    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True, width=wide)
    width, height = min(size.columns, WIDEST), min(size.lines - len(comparison.runs) - 6, HIGHEST)
    parts = (list(chart(comparison, across, width, height)), list(figures(comparison)), list(differing(comparison)))
    with options.writing():
        for number, lines in enumerate(part for part in parts if part):
            if number:
                console.print()
            for line in lines:
                console.print(line)
    for note in comparison.notes:
        options.say(f"note: {note}")
