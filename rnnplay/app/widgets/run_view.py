"""A run as it goes on: chart, figures, samples, milestones and a sentence."""

import time
from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content

from rnnplay.app.telling import Phase, headline
from rnnplay.app.text import plain
from rnnplay.app.widgets.chart.loss_chart import LossChart
from rnnplay.app.widgets.figures import FigureLines, FigureTable, figures
from rnnplay.app.widgets.milestones import Milestones
from rnnplay.app.widgets.samples import Samples
from rnnplay.app.widgets.told import Told
from rnnplay.console.chart.curves import Curve, text_note
from rnnplay.console.chart.floor import levels_of
from rnnplay.runs.history import History
from rnnplay.text.display import one_line

SLOWEST = 2.0  # seconds between two drawings of a curve that grows
SIGNS: dict[Phase, str] = {"training": "● ", "paused": "‖ ", "interrupted": "✗ ", "gone": "✗ "}


class RunView(Container):
    """Shows a run's history; only what has changed is drawn."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._name = ""
        self._drawn: tuple[object, object] = (None, None)
        self._drawn_at = 0.0
        self._titles: tuple[str, str] = ("", "")

    def compose(self) -> ComposeResult:
        """Put the chart beside what it wrote, above the figures and the sentence."""
        with Container(id="upper"):
            yield LossChart(id="chart")
            with Vertical(id="side"):
                yield FigureTable(id="table")
                yield Samples(id="samples")
                yield Milestones(id="milestones")
        yield FigureLines(id="lines")
        yield Told(id="sentence")

    def on_mount(self) -> None:
        """Name the parts."""
        self.query_one("#table").border_title = "figures"
        self.query_one("#milestones").border_title = "milestones"

    @property
    def chart(self) -> LossChart:
        """The chart."""
        return self.query_one(LossChart)

    def show(self, name: str, history: History, now: Phase, others: Sequence[Curve]) -> None:
        """Show where a run is.

        Args:
            name: The run's.
            history: What it has told.
            now: Where it is.
            others: Curves to lay over its own.
        """
        if name != self._name:
            self._name = name
            self.query_one(Samples).follow_newest()
        self._show_curves(name, history, others)
        if history.started is not None:
            self.chart.levels = levels_of(history.started.ladder)
        found = figures(history)
        self.query_one(FigureLines).show(found)
        self.query_one(FigureTable).show(found)
        self.query_one(Samples).show(history.samples)
        self.query_one(Milestones).show(history)
        self._title(SIGNS.get(now, "") + headline(name, history), None)

    def _show_curves(self, name: str, history: History, others: Sequence[Curve]) -> None:
        """Draw the curves again where it would show: the end of a long curve moves slowly."""
        losses, looks, chart = history.losses, history.looks, self.chart
        rest = (history, history.finished, len(looks), tuple(map(id, others)), name)
        grown = (len(losses), losses[-1] if losses else None)
        seconds = history.progress.seconds if history.progress is not None else 0.0
        pace = min(seconds / max(chart.size.width, 1), SLOWEST)  # in which the end moves by about a cell
        waits = rest == self._drawn[0] and time.monotonic() - self._drawn_at < pace
        if (rest, grown) == self._drawn or waits:
            return
        self._drawn, self._drawn_at = (rest, grown), time.monotonic()
        corpus = None if history.started is None else history.started.corpus
        chart.curves = (Curve(name, tuple(losses), tuple(looks), live=True, corpus=corpus), *others)

    def show_nothing(self, name: str) -> None:
        """Clear everything for a run that has told nothing yet."""
        self.show(name, History(), "reading", ())
        self.chart.levels = ()

    def say(self, words: str, *, trouble: bool = False, notes: Sequence[str] = ()) -> None:
        """Show the sentence, and under the chart short notes, after what must be known to read the curves."""
        told = self.query_one("#sentence", Told)
        told.set_class(trouble, "-trouble")
        told.tell(plain(f"✗ {words}") if trouble else plain(words))
        parts = [note for note in (text_note(self.chart.curves), *notes) if note]
        self._title(None, " · ".join(parts))
        if not any(curve.losses or curve.looks for curve in self.chart.curves):
            self.chart.empty = one_line(words, max(self.chart.size.width - 12, 20))  # where one looks for the curve

    def _title(self, title: str | None, subtitle: str | None) -> None:
        """Write on the chart's border, where it is something else."""
        titles = (self._titles[0] if title is None else title, self._titles[1] if subtitle is None else subtitle)
        if titles != self._titles:
            self._titles = titles
            above, below = (one_line(part, 120) for part in titles)
            self.chart.border_title = Content(above) if above else None
            self.chart.border_subtitle = Content(below) if below else None
