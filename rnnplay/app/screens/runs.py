"""Runs: all there are, those training now alive among them; their curves over each other, and what becomes of them."""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input, Static

from rnnplay.app.desk import Origin
from rnnplay.app.place import Place
from rnnplay.app.run_deeds import Deeds
from rnnplay.app.run_looks import EVERY, RunLooks
from rnnplay.app.run_questions import NAME
from rnnplay.app.screens.comparing import Comparing
from rnnplay.app.screens.runs_help import HELP, KEYS
from rnnplay.app.text import plain
from rnnplay.app.widgets.line import Line
from rnnplay.app.widgets.run_columns import COLUMNS, SORTS, empty_columns, in_order, matches
from rnnplay.app.widgets.run_curves import RunCurves
from rnnplay.app.widgets.run_table import RunTable
from rnnplay.runs import requests
from rnnplay.runs.folder import Run
from rnnplay.text.display import one_line
from rnnplay.training import control
from rnnplay.training.control import Request

if TYPE_CHECKING:
    from rnnplay.runs.overview import Glance

MARKS_AT_MOST = 5  # curves that one can tell apart

NO_RUNS = (
    "There are no runs yet.\n\nF3 trains a network on the chosen text: a minute is enough for a first one.\n"
    "'rnnplay train' in another terminal does the same, and its runs come here too."
)


class RunsPlace(Place):
    """All runs in a table, with the curves of the marked ones above it."""

    NAME = "runs"
    TITLE_ = "Runs"
    HELP = HELP
    CSS_PATH = "runs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(self) -> None:
        super().__init__()
        self._glances: list[Glance] = []
        self._marked: list[Run] = []
        self._sort: tuple[str, bool] = ("begun", True)
        self._looked = False
        self._looks = RunLooks(self._take)
        self._timer: Timer | None = None

    def compose_body(self) -> ComposeResult:
        """Put the curves above the table."""
        yield RunCurves(id="above")
        with Horizontal(id="search"):
            yield Line(placeholder="/ filters by name, text, network, state", id="filter", compact=True)
            yield Static(id="count")
        yield RunTable(id="table")
        yield Static(Content(NO_RUNS), id="none")

    def on_mount(self) -> None:
        """Begin to look, for as long as the place is in front."""
        by, down = self.desk.state.runs_sort, self.desk.state.runs_down
        self._sort = (by if by in SORTS else "begun", down)
        self._deeds = Deeds(self)
        self._timer = self.set_interval(EVERY, self._look_again)
        self._table.focus()

    def on_screen_resume(self) -> None:
        """Look at once, and again every second."""
        if self._timer is not None:
            self._timer.resume()
        self.look()

    def on_screen_suspend(self) -> None:
        """Look no more while something else is in front."""
        if self._timer is not None:
            self._timer.pause()

    # Looking.

    def look(self) -> None:
        """Look at all runs beside the app's thread, unless that is being done."""
        if not self._looks.busy and self.is_current:
            self.run_worker(self._looks.look(), group="look")

    def _look_again(self) -> None:
        if self._looks.due:
            self.look()

    async def _take(self, glances: "list[Glance]") -> None:
        """Show what a look came to."""
        if not self.query(RunCurves):  # the app was left meanwhile
            return
        if not self._looked or list(map(id, glances)) != list(map(id, self._glances)):
            self._glances, self._looked = glances, True
            self._curves.tell_looked()
            self._show()
        await self._curves.read()

    def _show(self) -> None:
        """Show what there is, sorted and filtered."""
        self.set_class(not self._glances, "-empty")
        there = {one.run for one in self._glances}
        self._marked = [run for run in self._marked if run in there]
        by, down = self._sort
        words = self.query_one("#filter", Input).value
        shown = in_order([one for one in self._glances if matches(one, words)], by, down=down)
        self._table.show(shown, self._marked, self._sort, empty_columns(self._glances))
        self.query_one("#count", Static).update(plain(self._counted(len(shown), words)))
        self._show_curves()

    def _show_curves(self) -> None:
        glances = {one.run: one for one in self._glances}
        self._curves.show(self._table.glance, [glances[run] for run in self._marked if run in glances])

    def _counted(self, shown: int, words: str) -> str:
        count = len(self._glances)
        runs = "1 run" if count == 1 else f"{count:,} runs"
        training = sum(one.state == "training" for one in self._glances)
        if words.strip() and not shown:
            return f"none of {runs}: esc shows all"
        parts = [f"{shown} of {runs}" if words.strip() else runs]
        parts += [f"{training} training"] if training else []
        return " · ".join([*parts, f"by {COLUMNS[self._sort[0]].title}"])

    @property
    def _curves(self) -> RunCurves:
        return self.query_one(RunCurves)

    @property
    def _table(self) -> RunTable:
        return self.query_one(RunTable)

    @on(RunTable.Moved)
    def _moved(self) -> None:
        self._show_curves()
        self.run_worker(self._curves.read(), group="curves")

    # Filter, order and marks.

    @on(Input.Changed, "#filter")
    def _filtered(self) -> None:
        self._show()

    @on(Input.Submitted, "#filter")
    def _filter_done(self) -> None:
        self._table.focus()

    @on(RunTable.Sorted)
    def _title_clicked(self, event: RunTable.Sorted) -> None:
        by, down = self._sort
        self._sort_by(event.column, down=not down if event.column == by else _at_first_down(event.column))

    def _sort_by(self, by: str, *, down: bool) -> None:
        self._sort = (by, down)
        self.desk.remember(runs_sort=by, runs_down=down)
        self._show()

    def action_sort(self, by: int) -> None:
        """Sort by the next column."""
        without = empty_columns(self._glances)
        columns = [name for name in SORTS if name not in without or name == self._sort[0]]
        column = columns[(columns.index(self._sort[0]) + by) % len(columns)]
        self._sort_by(column, down=_at_first_down(column))

    def action_turn(self) -> None:
        """Turn the order round."""
        by, down = self._sort
        self._sort_by(by, down=not down)

    def action_filter(self) -> None:
        """Go to the filter."""
        self.query_one("#filter", Input).focus()

    def action_leave(self) -> None:
        """Leave a field; from the table, or where the filter shows none, show all runs again."""
        if self._table.has_focus or self._table.glance is None:
            self.query_one("#filter", Input).value = ""
        self._table.focus()

    def action_mark(self) -> None:
        """Mark the run that the cursor is on, or take its mark away."""
        glance = self._table.glance
        if glance is None:
            return
        if glance.run in self._marked:
            self._marked.remove(glance.run)
        elif len(self._marked) < MARKS_AT_MOST:
            self._marked.append(glance.run)
        else:
            self.desk.say(f"{MARKS_AT_MOST} curves are as many as one can tell apart: take a mark away first.")
            return
        self._show()
        self.look()

    def action_clear(self) -> None:
        """Take all marks away."""
        self._marked = []
        self._show()

    # What becomes of a run.

    @on(RunTable.Chosen)
    async def _chosen(self) -> None:
        await self.action_sample()

    async def action_sample(self) -> None:
        """Let the run's network write in Sample."""
        glance = self._table.glance
        if glance is not None and await self._deeds.has_network(glance.run):
            self.desk.choose_model(glance.run.name, "best")
            self.desk.open("sample")

    def action_watch(self) -> None:
        """Show the run in Train."""
        glance = self._table.glance
        if glance is not None:
            self.desk.follow(glance.run)
            self.desk.open("train")

    def action_fine_tune(self) -> None:
        """Set up a training that begins from this run's network."""
        self._about_this(self._fine_tune)

    async def _fine_tune(self, glance: "Glance") -> None:
        if await self._deeds.has_network(glance.run):
            self.desk.begin_from(Origin(glance.run.name))
            self.desk.open("train")

    def action_resume(self) -> None:
        """Ask for how long in all, and train the run further."""
        self._about_this(self._resume, "to train it further; w watches it")

    async def _resume(self, glance: "Glance") -> None:
        if await self._deeds.resume(glance):
            self.desk.open("train")

    def action_rename(self) -> None:
        """Ask for another name."""
        self._about_this(self._rename, "before it gets another name")

    async def _rename(self, glance: "Glance") -> None:
        renamed = await self._deeds.rename(glance.run)
        if renamed is not None:
            self._marked = [renamed if one == glance.run else one for one in self._marked]
            await self._show_anew(renamed)

    def action_remove(self) -> None:
        """Move the run to the trash, after asking."""
        self._about_this(lambda glance: self._remove([glance.run]), "before it is removed")

    def action_remove_marked(self) -> None:
        """Move the marked runs to the trash, after asking."""
        training = [one.run.name for one in self._glances if one.run in self._marked and one.state == "training"]
        if training:
            name = one_line(training[0], NAME)
            self.desk.say(f"'{name}' is being trained: stop it first (x), or unmark it.", "warning")
        elif self._marked:
            self._ask(self._remove(list(self._marked)))
        else:
            self.desk.say("No run is marked: space marks one.")

    async def _remove(self, runs: list[Run]) -> None:
        await self._deeds.remove(runs)
        self.look()

    def action_recipe(self) -> None:
        """Show the command that repeats the run, and copy it."""
        self._about_this(self._deeds.recipe)

    def action_export(self) -> None:
        """Ask for a new folder, and make it one to give away."""
        self._about_this(self._deeds.export, group="export")

    def action_import(self) -> None:
        """Ask for a folder that was exported, and make a run of it."""
        self._ask(self._take_in(), "import")

    async def _take_in(self) -> None:
        run = await self._deeds.take_in()
        if run is not None:
            await self._show_anew(run)

    def action_compare(self) -> None:
        """Score the marked runs, or the marked one and this, on one text."""
        here = self._table.glance
        runs = dict.fromkeys(self._marked)
        if len(runs) < 2 and here is not None:
            runs[here.run] = None
        if len(runs) < 2:
            self.desk.say("Comparing takes two runs: space marks one, and another.")
            return
        self.app.push_screen(Comparing(self.desk.engine, [str(run.folder) for run in runs], self.desk.corpus))

    async def _show_anew(self, run: Run) -> None:
        """Look again, and put the cursor on a run that is new there."""
        await self._looks.look()
        self._table.choose(run)

    def _about_this(
        self, deed: "Callable[[Glance], Coroutine[Any, Any, None]]", idle: str = "", group: str = "dialog"
    ) -> None:
        """Begin something that asks, about the run that the cursor is on.

        Args:
            deed: What to do.
            idle: Why the run must not be in training, if it must not.
            group: As below.
        """
        glance = self._table.glance
        if glance is not None and idle and glance.state == "training":
            self.desk.say(f"'{one_line(glance.run.name, NAME)}' is being trained: stop it first (x) {idle}.", "warning")
        elif glance is not None:
            self._ask(deed(glance), group)

    def _ask(self, deed: Coroutine[Any, Any, None], group: str = "dialog") -> None:
        """Begin something that asks; another of its group is left off: what works on after its question has its own."""
        self.run_worker(deed, group=group, exclusive=True, exit_on_error=False)

    async def action_stop(self) -> None:
        """Let the training save and stop."""
        await self._steer(control.Stop(requests.new_id()), "is finishing: it saves and measures its best weights.")

    async def action_pause(self) -> None:
        """Let the training pause, or go on."""
        glance = self._table.glance
        if glance is not None and glance.paused:
            await self._steer(control.Unpause(requests.new_id()), "goes on.")
        else:
            await self._steer(control.Pause(requests.new_id()), "pauses; p lets it go on.")

    async def _steer(self, request: Request, sentence: str) -> None:
        if self._table.glance is not None:
            await self._deeds.steer(self._table.glance, request, sentence)
            self.look()


def _at_first_down(column: str) -> bool:
    """Tell which way one wants a column at first: what is counted from the most, all else from the least."""
    return column in {"step", "time", "speed", "begun"}
