"""The curves of some runs over each other, what differs in their settings, and what one of them is."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from rnnplay.app.text import plain
from rnnplay.app.widgets.chart.loss_chart import LossChart
from rnnplay.app.widgets.run_columns import fit
from rnnplay.app.widgets.run_details import details
from rnnplay.console.chart.curves import CIRCLE, Curve, text_note
from rnnplay.console.chart.floor import levels_of
from rnnplay.console.comparison import letter
from rnnplay.runs import compare
from rnnplay.runs.folder import Run
from rnnplay.runs.following import Following
from rnnplay.runs.history import History

if TYPE_CHECKING:
    from rnnplay.runs.overview import Glance

KEPT = 8  # runs whose course is kept in memory
VALUE = 24  # cells of a setting in the line of differences
NAME = 40  # cells of a run's name
HINT = "space marks runs: their curves come over each other, and here what differs."


class RunCurves(Vertical):
    """Shows the marked runs, or else the one that the cursor is on."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._glance: Glance | None = None
        self._marked: list[Glance] = []
        self._courses = Courses()
        self._reading = self._wanted = False
        self._chart = LossChart(id="curves")
        self._nothing = self._chart.empty
        self._chart.empty = "looking for runs …"
        self._about = Static(id="about")
        self._differ = Static(id="differ")

    def compose(self) -> ComposeResult:
        """Put the chart beside the details, and the differences below."""
        with Horizontal(id="over"):
            yield self._chart
            with VerticalScroll(id="details") as box:
                box.border_title = "this run"
                self._box = box
                yield self._about
        yield self._differ

    def on_resize(self) -> None:
        """Tell the details where there is room for them now."""
        self._draw()

    def show(self, glance: "Glance | None", marked: "Sequence[Glance]") -> None:
        """Show runs as far as they were read.

        Args:
            glance: The run that the cursor is on.
            marked: The marked ones.
        """
        self._glance, self._marked = glance, list(marked)
        self._draw()

    def tell_looked(self) -> None:
        """Take note that all runs there are were found."""
        self._chart.empty = self._nothing

    async def read(self) -> None:
        """Read on in the runs that are shown, and draw what is new; there is one reading at a time."""
        self._wanted = True
        if self._reading:
            return
        self._reading = True
        try:
            while self._wanted:
                self._wanted = False
                await self._read()
        finally:
            self._reading = False

    async def _read(self) -> None:
        own = [self._glance] if self._glance is not None else []
        for run in dict.fromkeys(one.run for one in [*own, *self._marked]):
            await self._courses.look(run)
            if self._wanted or not self.is_attached:  # other runs, or the app was left meanwhile
                return
            self._draw()

    def _draw(self) -> None:
        _tell(self._differ, differences(self._marked, [self._courses.history(one.run) for one in self._marked]))
        here = self._glance.run if self._glance is not None else None
        shown = [one.run for one in self._marked] or ([here] if here is not None else [])
        chart = self._chart
        marks = {one.run: letter(place) for place, one in enumerate(self._marked)}
        curves = self._courses.curves(shown, here, marks)
        if tuple(map(id, curves)) != tuple(map(id, chart.curves)):
            chart.curves = curves
        note = text_note(curves)
        chart.border_subtitle = plain(note) if note else None
        chart.border_title = plain("marked runs" if self._marked else fit(here.name, NAME) if here else "curves")
        histories = [history for run in shown if (history := self._courses.history(run)) is not None]
        ladders = {history.started.ladder for history in histories if history.started is not None}
        levels = levels_of(compare.common_ladder(ladders))
        if levels != chart.levels:
            chart.levels = levels
        glance = self._glance
        if self._box.display:  # only where there is room for it
            _tell(self._about, Content() if glance is None else details(glance, self._courses.history(glance.run)))


def _tell(static: Static, what: Content) -> None:
    """Show something, unless it is there already."""
    if static.content != what:
        static.update(what)


class Courses:
    """What a few runs have told, read beside the app's own thread; what was looked at longest ago is forgotten."""

    def __init__(self) -> None:
        self._followings: dict[Run, Following] = {}
        self._curves: dict[Run, Curve] = {}

    async def look(self, run: Run) -> None:
        """Read on in a run, a piece at a time."""
        following = self._followings.pop(run, None)
        if following is None or following.run != run:
            following = Following(run)
        self._followings[run] = following
        while len(self._followings) > KEPT:
            forgotten = next(iter(self._followings))
            del self._followings[forgotten]
            self._curves.pop(forgotten, None)
        news = await asyncio.to_thread(following.poll)
        while following.more:
            await asyncio.to_thread(following.poll)
        if news:
            self._curves.pop(run, None)

    def history(self, run: Run) -> History | None:
        """Return what a run has told, None where nobody has looked yet."""
        following = self._followings.get(run)
        return following.history if following is not None else None

    def curves(self, runs: Sequence[Run], loud: Run | None, marks: Mapping[Run, str]) -> tuple[Curve, ...]:
        """Return the curves of runs as far as they were read, the same objects where nothing has changed.

        Args:
            runs: Those to show.
            loud: The one that the chart is about.
            marks: What stands at the validation losses of some of them.
        """
        return tuple(
            self._curve(run, live=run == loud, mark=marks.get(run, CIRCLE)) for run in runs if run in self._followings
        )

    def _curve(self, run: Run, *, live: bool, mark: str) -> Curve:
        known = self._curves.get(run)
        if known is None or (known.live, known.mark) != (live, mark):
            history = self._followings[run].history
            corpus = None if history.started is None else history.started.corpus
            known = Curve(run.name, list(history.losses), list(history.looks), live=live, mark=mark, corpus=corpus)
            self._curves[run] = known
        return known


def differences(marked: "Sequence[Glance]", histories: Sequence[History | None]) -> Content:
    """Return what differs in the budgets, the characters read and the settings of runs, in their order.

    Args:
        marked: The runs.
        histories: What each has told; None where that wasn't read yet.
    """
    pairs = [(one.card, history) for one, history in zip(marked, histories, strict=True) if one.card is not None]
    cards, extents = [card for card, _ in pairs], [compare.Extent.of(card, history) for card, history in pairs]
    if len(cards) < 2:
        return Content.styled(HINT, "dim")
    parts = [
        Content.assemble((name, "dim"), " ", Content(" \u2192 ".join(fit(value, VALUE) for value in values)))
        for name, values in compare.differences(cards, extents)
    ]
    return Content(" \u00b7 ").join(parts) if parts else Content("The marked runs have the same settings.")
