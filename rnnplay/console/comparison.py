"""Runs beside each other on a console: their curves over each other, their figures, and what differs."""

import string
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text

from rnnplay.console.chart.axes import XUnit
from rnnplay.console.chart.curves import LookedAt, View, inks_of, looked_at
from rnnplay.console.chart.drawing import line_piece
from rnnplay.console.chart.floor import levels_of
from rnnplay.console.chart.printed import chart_lines, style
from rnnplay.console.numbers import clock, decimals, nats
from rnnplay.runs.compare import Compared, Comparison
from rnnplay.text.display import one_line

LETTERS = string.ascii_uppercase  # a mark for each run
LEAST_WIDTH, LEAST_HEIGHT = 30, 8  # cells of a chart
NAME = 28  # characters of a name
VALUE = 24  # characters of a setting


def letter(place: int) -> str:
    """Return the letter of a run, by its place."""
    return LETTERS[place % len(LETTERS)]


def chart(comparison: Comparison, unit: XUnit, width: int, height: int) -> Iterator[Text]:
    """Return the rows of a chart of the validation losses, or nothing where there are none.

    Each run has a letter, a dash and, where there are colours, a colour of its own.
    """
    curves = [curve for curve in _curves(comparison) if curve.losses]
    if not curves:
        return
    levels = levels_of(comparison.ladder)
    yield from chart_lines(curves, levels, View(x_unit=unit), max(width, LEAST_WIDTH), max(height, LEAST_HEIGHT))


def _curves(comparison: Comparison) -> list[LookedAt]:
    return [looked_at(run.label, run.looks, letter(place)) for place, run in enumerate(comparison.runs)]


def figures(comparison: Comparison) -> Iterator[Text]:
    """Return the lines of a table with a row for each run: its line in the chart, and its losses on the common text."""
    if comparison.text is not None:
        yield Text(_heading(comparison))
    cells = [
        ("", "run", "network", "text", "step", "time", *_LOSSES),
        *(_row(place, run) for place, run in enumerate(comparison.runs)),
    ]
    known = range(_columns(comparison))
    widths = [max(cell_len(row[column]) for row in cells) for column in known]
    drawn = _pieces(comparison)
    for number, row in enumerate(cells):
        line = Text("      ") if number == 0 else drawn[number - 1].copy()
        for column, width in zip(known[1:], widths[1:], strict=True):
            gap = " " * (width - cell_len(row[column]))
            line.append("  " + (row[column] + gap if column in _LEFT else gap + row[column]))
        line.rstrip()
        yield line


_WORDS = 6  # columns before the losses
_LOSSES = ("nats", "bits", "perplexity", "unknown", "above optimum")
_LEFT = {1, 2, 3}  # columns of words


def _row(place: int, run: Compared) -> tuple[str, ...]:
    words = (letter(place), one_line(run.label, NAME), run.network, one_line(run.corpus, NAME))
    reached = (f"{run.step:,}", clock(run.seconds))
    found = run.score
    if found is None:
        return (*words, *reached, "-", "-", "-", "-", "-")
    over = nats(run.excess)
    unknown = f"{sum(found.unknown.values()):,}"
    return (*words, *reached, nats(found.loss), nats(found.bits_per_char), nats(found.perplexity), unknown, over)


def _columns(comparison: Comparison) -> int:
    """Return how many columns there is anything in."""
    if comparison.text is None:
        return _WORDS
    excess = any(run.excess is not None for run in comparison.runs)
    return _WORDS + len(_LOSSES) - (0 if excess else 1)


def _heading(comparison: Comparison) -> str:
    chars = max((run.score.chars for run in comparison.runs if run.score is not None), default=0)
    best = "" if comparison.optimum is None else f"; the optimum is {decimals(comparison.optimum)} bits"
    text = one_line(comparison.text or "", 60)
    return f"{text}, {comparison.part}: {chars:,} characters, {comparison.protocol}{best}"


def _pieces(comparison: Comparison) -> list[Text]:
    """Return a piece of each run's curve, six cells wide, as it stands in the chart."""
    curves = _curves(comparison)
    drawn = [curve for curve in curves if curve.losses]
    inks = dict(zip(map(id, drawn), inks_of(drawn), strict=True))
    return [
        Text.assemble((line_piece(curve, inks[id(curve)]), style(inks[id(curve)])))
        if id(curve) in inks
        else Text(f"{curve.mark:<6}")
        for curve in curves
    ]


def differing(comparison: Comparison) -> Iterator[Text]:
    """Return the lines of a table of the settings that differ, with a column for each run."""
    if len(comparison.settled) < 2:
        return
    if not comparison.differences:
        yield Text("Their settings are the same.")
        return
    rows = [("what differs", tuple(letter(place) for place in comparison.settled)), *comparison.differences]
    shown = [(name, [one_line(value, VALUE) for value in values]) for name, values in rows]
    names = max(cell_len(name) for name, _ in shown)
    widths = [max(cell_len(values[place]) for _, values in shown) for place in range(len(comparison.settled))]
    for name, values in shown:
        yield Text(f"{_filled(name, names)}  {_joined(values, widths)}".rstrip())


def _joined(values: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(_filled(value, width) for value, width in zip(values, widths, strict=True))


def _filled(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))
