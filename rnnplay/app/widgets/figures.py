"""The figures of a training: as a line, and as a table."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.content import Content
from textual.geometry import Size

from rnnplay.app.widgets.told import QUIET, Told
from rnnplay.console.numbers import above_optimum, age, clock, counted, decimals, real_words
from rnnplay.runs.compare import excess
from rnnplay.runs.history import History, Look
from rnnplay.text.records import optimum_in
from rnnplay.training.forecast import seconds_left

GAP = "   "


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes:
        name: What stands beside it in a table.
        value: The whole of it.
        brief: How it stands in a line, as wide as it will ever be.
        note: What a table adds where it has the width.
    """

    name: str
    value: str
    brief: str
    note: str = ""


def figures(history: History) -> list[Figure]:
    """Return the figures of a training, the most telling first."""
    progress, best = history.progress, history.best
    if progress is None:
        return []
    over = history.finished is not None
    look = next((look for look in reversed(history.looks) if over or not look.final), None)
    found = [Figure("training", _both(progress.loss), f"train {_short(progress.loss)}")]
    if look is not None:
        both, ago = _both(look.loss, look), age(progress.seconds - look.seconds)
        if over:
            found.append(Figure("validation", both, f"validation {both}"))
        else:  # its bits would leave a narrow line no room for the speed
            brief = f"validation {both.partition(' nats ')[0]} ({ago:>8})"
            found.append(Figure("validation", both, brief, note=f"({ago})"))
    started = history.started
    over_optimum = None if look is None or started is None else excess(look.loss, optimum_in(started.ladder))
    if over_optimum is not None and math.isfinite(over_optimum):
        found.append(Figure("excess", above_optimum(over_optimum), f"excess {decimals(over_optimum)} bits"))
    left = None if over or started is None else seconds_left(progress, started.config.budget)
    if left is not None:
        found.append(Figure("time left", clock(left), f"{clock(left):>5} left"))
    measured = next((sample for sample in reversed(history.samples) if sample.real_words is not None), None)
    if measured is not None and measured.real_words is not None:
        share = real_words(measured.real_words)
        whole = min(round(100 * measured.real_words), 100 if measured.real_words == 1 else 99)  # the line is full
        found.append(Figure("real words", f"{share} at step {measured.step:,}", f"real words {whole}%"))
    speed = counted(progress.chars_per_second)
    rate = f"{progress.learning_rate:.2e}".replace("e-0", "e-") if progress.learning_rate else "0"
    norm = progress.gradient_norm
    found += [
        Figure("speed", f"{speed} characters/s", f"{speed:>7} chars/s"),
        Figure("rate", rate, f"rate {rate}"),
        Figure("gradient", "no number" if norm is None else f"{norm:.3g}", f"gradient {_norm(norm)}"),
        Figure("epoch", decimals(progress.epoch, 2), f"epoch {decimals(progress.epoch, 1)}"),
        Figure("step", f"{progress.step:,}{_of_steps(history)}", f"step {progress.step:,}"),
    ]
    if best is not None:
        found.append(Figure("best", f"{_both(best.loss, best)}", f"best {_short(best.loss)}"))
        found.append(Figure("", f"at step {best.step:,}, {clock(best.seconds)}", f"at step {best.step:,}"))
    found.append(Figure("time", clock(progress.seconds), f"{clock(progress.seconds)} {'in all' if over else 'so far'}"))
    return found


def _of_steps(history: History) -> str:
    budget = history.started.config.budget if history.started else None
    return f" of {counted(budget.amount)}" if budget is not None and budget.unit == "steps" else ""


def _short(loss: float | None) -> str:
    return decimals(loss) if loss is not None and math.isfinite(loss) else "  -  "


def _both(loss: float | None, look: Look | None = None) -> str:
    """Return a loss in nats and bits; one that a part of the text was scored for is marked."""
    if loss is None or not math.isfinite(loss):
        return "no number"
    about = "≈" if look is not None and look.estimate else ""
    return f"{about}{decimals(loss)} nats {decimals(loss / math.log(2))} bits"


def _norm(norm: float | None) -> str:
    return "  - " if norm is None else f"{norm:.2f}" if norm < 100 else f"{norm:.0e}"


class FigureLines(Told):
    """As many figures as its lines have room for, the most telling first."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._figures: Sequence[Figure] = ()

    def show(self, found: Sequence[Figure]) -> None:
        """Show these figures."""
        self._figures = found
        self.tell(Content("\n").join(_lines(found, self.size)))

    def on_resize(self) -> None:
        """Fit them into the new width."""
        self.show(self._figures)


def _lines(found: Sequence[Figure], size: Size) -> list[Content]:
    lines = [Content()]
    for figure in found:
        if not figure.name:
            continue
        piece = _piece(figure)
        if not lines[-1].plain:
            lines[-1] = piece
        elif cell_len(lines[-1].plain) + len(GAP) + cell_len(piece.plain) <= size.width:
            lines[-1] = Content.assemble(lines[-1], GAP, piece)
        elif len(lines) < size.height:
            lines.append(piece)
    return lines


def _piece(figure: Figure) -> Content:
    """Return a figure with its name quiet."""
    if figure.brief.startswith(f"{figure.name} "):
        name, rest = figure.name, figure.brief.removeprefix(f"{figure.name} ")
    else:
        name, _, rest = figure.brief.partition(" ") if figure.brief[:1].isalpha() else ("", "", figure.brief)
    return Content.assemble((f"{name} ", QUIET), rest) if name else Content(figure.brief)


class FigureTable(Told):
    """All figures, one below the other."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._figures: Sequence[Figure] = ()

    def show(self, found: Sequence[Figure]) -> None:
        """Show these figures."""
        self._figures = found
        self.tell(Content("\n").join(self._row(one) for one in found))

    def on_resize(self) -> None:
        """Fit the notes into the new width."""
        self.show(self._figures)

    def _row(self, one: Figure) -> Content:
        row = Content.assemble((f"{one.name:<11}", QUIET), one.value if one.value[:1] == "≈" else f" {one.value}")
        fits = cell_len(row.plain) + 1 + cell_len(one.note) <= self.content_size.width
        return Content.assemble(row, (f" {one.note}", QUIET)) if one.note and fits else row
