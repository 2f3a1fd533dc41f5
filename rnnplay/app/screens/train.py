"""Train: the settings of a training, and then the training itself as it goes on."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.timer import Timer

from rnnplay.app import budgets, run_questions
from rnnplay.app.inquiry import Inquiry
from rnnplay.app.place import Place
from rnnplay.app.screens.dialogs import AskText, Confirm
from rnnplay.app.screens.overlay import Overlay, curve_of
from rnnplay.app.screens.train_help import HELP, KEYS
from rnnplay.app.state import Priority
from rnnplay.app.steering import Steering
from rnnplay.app.telling import SILENT_AFTER, Phase, offers, phase, sentence
from rnnplay.app.widgets.chart.loss_chart import LossChart
from rnnplay.app.widgets.choice import Choice
from rnnplay.app.widgets.run_view import RunView
from rnnplay.app.widgets.samples import Samples
from rnnplay.app.widgets.training_form import TrainingForm
from rnnplay.console.chart.curves import Curve
from rnnplay.console.comparison import letter
from rnnplay.runs import folder
from rnnplay.training.config import Budget, Unit

if TYPE_CHECKING:
    from rnnplay.runs.folder import Run
    from rnnplay.runs.following import Following

RECENT = 30  # runs that can be laid over the chart
TICK = 1.0  # seconds between two looks at what only time changes
LOW_PRIORITY = "low priority: gives way to other programs · p changes that"
TROUBLE: frozenset[Phase] = frozenset({"interrupted", "gone"})


class TrainPlace(Place):
    """Begins a training, shows and steers it."""

    NAME = "train"
    TITLE_ = "Train"
    CSS_PATH = "train.tcss"
    AUTO_FOCUS = "#start"
    HELP = HELP
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(self) -> None:
        super().__init__()
        self._wants_form = False
        self._form_shown: bool | None = None  # not known before it is first in front
        self._more = False
        self._followed: Following | None = None
        self._since = 0.0
        self._steering: Steering | None = None
        self._others: tuple[Curve, ...] = ()
        self._phase: Phase | None = None
        self._words = ""  # the last of an interrupted trainer
        self._was_starting: str | None = None
        self._timer: Timer | None = None

    def compose_body(self) -> ComposeResult:
        """Put the form and the run in one place; one of them is seen."""
        yield TrainingForm(self.desk.state.form, self.desk.state.priority, id="form")
        yield RunView(id="live")

    def on_mount(self) -> None:
        """Listen to what is shown here."""
        desk = self.desk
        self._inquiry = Inquiry(self)
        self._wants_form = desk.origin is not None
        desk.origin_changed.subscribe(self, lambda _: self._origin_changed())
        desk.following_changed.subscribe(self, lambda _: self._show())
        desk.corpus_changed.subscribe(self, lambda _: self._text_changed())
        desk.engine_changed.subscribe(self, lambda _: self._learn())
        self.query_one(LossChart).turn(desk.state.chart_x, desk.state.chart_y, log=desk.state.chart_log)
        self._timer = self.set_interval(TICK, self._tick)
        self._take_up(desk.following)
        (self._text_changed if desk.text_taken else self._show)()  # taken before this place was there to hear of it

    def on_screen_suspend(self) -> None:
        """Rest while another place is in front."""
        if self._timer is not None:
            self._timer.pause()

    def on_screen_resume(self) -> None:
        """Catch up."""
        if self._timer is not None:
            self._timer.resume()
        self._show()

    def _tick(self) -> None:
        """Tell what changes by time alone: how long a trainer is silent, that an answer is over."""
        if self._followed is not None and not self._form_shown:
            self._show()

    # What is seen

    def _show(self) -> None:
        """Show what is going on, where this place is in front."""
        if not self.is_current:
            return
        desk = self.desk
        if desk.following is not self._followed:
            self._take_up(desk.following)
        starting = desk.starting
        if starting is not None:
            self._was_starting, self._wants_form = starting.name, False
        elif self._was_starting is not None:
            failed = self._followed is None or self._followed.run.name != self._was_starting
            self._was_starting, self._wants_form = None, failed
        form = self._wants_form or (self._followed is None and starting is None)
        if form != self._form_shown:
            self._turn_to(form=form)
        if form:
            run = self._followed.run.name if self._followed is not None else ""
            self.query_one(TrainingForm).tell_way_back(run)
            self._learn()
            return
        self._show_run()

    def _turn_to(self, *, form: bool) -> None:
        """Bring the form or the run in sight."""
        self._form_shown = form
        self.set_class(form, "-form")
        self.refresh_bindings()
        self.query_one("#start" if form else LossChart).focus()

    def _take_up(self, following: "Following | None") -> None:
        """Begin to show another run."""
        self._followed, self._since, self._words = following, time.monotonic(), ""
        self._steering = None if following is None else Steering(self.desk, following)
        self._others, self._phase = (), None
        self._wants_form = self._wants_form and following is None

    def _show_run(self) -> None:
        view, following, starting = self.query_one(RunView), self._followed, self.desk.starting
        if following is None or (starting is not None and starting.name != following.run.name):
            if starting is not None:
                view.show_nothing(starting.name)
                view.say(starting.sentence)
            self._enter("reading")
            return
        now = phase(following, time.monotonic() - self._since)
        view.show(following.run.name, following.history, now, self._others)
        self._enter(now)
        if starting is not None:
            view.say(starting.sentence)
            return
        words = sentence(following, now, self._words)
        silent = now == "training" and following.quiet > SILENT_AFTER
        asked = self._steering.said() if self._steering else ""
        gives_way = LOW_PRIORITY if following.training and following.gives_way else ""
        view.say(words, trouble=silent or now in TROUBLE, notes=(asked, gives_way))

    def _enter(self, now: Phase) -> None:
        """Offer the keys that this phase has."""
        if now == self._phase:
            return
        self._phase = now
        self.refresh_bindings()
        if now == "interrupted" and self._followed is not None:
            self.run_worker(self._hear(self._followed), exclusive=True, group="words")

    async def _hear(self, following: "Following") -> None:
        words = await asyncio.to_thread(following.last_words)
        if following is self._followed:
            self._words = words
            self._show()

    # The form

    def _text_changed(self) -> None:
        """Offer a training on the new text, unless one goes on."""
        if self._followed is None or not self._followed.training:
            self._wants_form = True
        self._show()

    def _learn(self) -> None:
        """Ask for what the form needs to know, where it isn't known yet."""
        if self.is_current and self._form_shown:
            self._inquiry.look()

    def _origin_changed(self) -> None:
        """Show the form with the network to begin from, or with a new one again."""
        self._wants_form = self._wants_form or self.desk.origin is not None
        self._show()
        self.refresh_bindings()

    @on(TrainingForm.Started)
    def _started(self, event: TrainingForm.Started) -> None:
        event.stop()
        if self.desk.starting is not None:
            self.desk.say("A trainer is starting already.")
            return
        if self._followed is None or not self._followed.training:
            self._start(event)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._start(event)

        running = self._followed.run.name
        self.app.push_screen(Confirm(f"'{running}' is being trained; both would share the machine. Start?"), answered)

    def _start(self, wanted: TrainingForm.Started) -> None:
        if wanted.extend is None:
            training = self.desk.start_training(wanted.config, wanted.name)
        else:
            training = self.desk.fine_tune(wanted.config, wanted.name, extend=wanted.extend)
        self.run_worker(training, exit_on_error=False)

    def action_start(self) -> None:
        """Start with what the form says."""
        self.query_one(TrainingForm).action_start()

    def action_new(self) -> None:
        """Show the form."""
        self._wants_form = True
        self._show()

    def action_back(self) -> None:
        """Leave a field; from the form, take away what it begins from, and then go back to the run."""
        if self._form_shown and self.focused is not None and self.focused.id != "start":
            self.query_one("#start").focus()
        elif self._form_shown and self.desk.origin is not None:
            self.desk.begin_from(None)
        elif self._form_shown and (self._followed is not None or self.desk.starting is not None):
            self._wants_form = False
            self._show()
        elif not self._form_shown:
            self.query_one(LossChart).focus()

    def action_forget_origin(self) -> None:
        """Begin from a new network after all."""
        if self._form_shown:
            self.desk.begin_from(None)

    @on(Choice.Changed, "#priority")
    def _priority_chosen(self, event: Choice.Changed) -> None:
        self._use_priority("normal" if event.value == "normal" else "low")

    def action_priority(self) -> None:
        """Let trainings that are started from now on run at the other priority."""
        self._use_priority("low" if self.desk.state.priority == "normal" else "normal")
        self.query_one("#priority", Choice).value = self.desk.state.priority

    def _use_priority(self, priority: Priority) -> None:
        """Start trainings at this priority from now on, and say so."""
        self.desk.remember(priority=priority)
        does = "give way to other programs" if priority == "low" else "compete with other programs"
        running = self._followed is not None and self._followed.training
        now = " The running one keeps its priority until it is stopped (x) and goes on (c)." if running else ""
        self.desk.say(f"Trainings start at {priority} priority from now on, and {does}.{now}")

    # The run

    async def _steer(self, ask: Callable[[Steering], Awaitable[None]]) -> None:
        """Ask something of whoever trains, where there is such a one."""
        if self._steering is not None:
            await ask(self._steering)
            self._show()

    async def action_pause(self) -> None:
        """Pause, or go on."""
        await self._steer(lambda trainer: trainer.pause_or_go_on())

    async def action_stop(self) -> None:
        """Stop and save."""
        await self._steer(lambda trainer: trainer.stop())

    async def action_rate(self, up: int) -> None:
        """Raise or lower the learning rate."""
        await self._steer(lambda trainer: trainer.change_rate(up=bool(up)))

    async def action_sample_now(self) -> None:
        """Ask for a sample."""
        await self._steer(lambda trainer: trainer.sample())

    async def action_save_now(self) -> None:
        """Ask to save."""
        await self._steer(lambda trainer: trainer.save())

    async def action_sample(self) -> None:
        """Go to Sample with the run's network."""
        if self._followed is None:
            return
        run = self._followed.run
        for which in ("best", "last"):
            if await asyncio.to_thread(run.checkpoint(which).is_file):
                self.desk.choose_model(run.name, which)
                self.desk.open("sample")
                return
        self.desk.say(f"'{run.name}' has no checkpoint yet.", "warning")

    def action_go_on(self) -> None:
        """Go on with the run."""
        if self._followed is not None:
            self.run_worker(self.desk.resume_training(self._followed.run, None), exit_on_error=False)

    def action_extend(self) -> None:
        """Ask for a larger budget, and go on with it."""
        following = self._followed
        if following is None or following.history.started is None:
            return
        run, last = following.run, following.history.started.config.budget
        progress, finished = following.history.progress, following.history.finished
        done: dict[Unit, float] = {"minutes": 0.0, "steps": 0, "epochs": 0.0}
        if progress is not None:
            done = {"minutes": progress.seconds / 60, "steps": progress.step, "epochs": progress.epoch}

        def answered(typed: str | None) -> None:
            if typed is not None:
                larger = budgets.parsed(typed, last.unit)
                self.run_worker(self.desk.resume_training(run, larger), exit_on_error=False)

        question = run_questions.how_long(run.name, done, last)
        spent = finished is not None and finished.reason == "budget"
        wrong = run_questions.more_than(done, last, spent=spent)
        self.app.push_screen(AskText(question, str(Budget(last.unit, 2 * last.amount)), wrong), answered)

    def action_more(self) -> None:
        """Show all figures and milestones, or the chart again."""
        self._more = not self._more
        self.set_class(self._more, "-more")
        self.call_after_refresh(self._show)

    def action_scrub(self, by: int) -> None:
        """Leaf through the samples."""
        self.query_one(Samples).action_scrub(by)

    async def action_chart(self, action: str) -> None:
        """Do something with the chart, which doesn't have the focus."""
        await self.query_one(LossChart).run_action(action)

    @on(LossChart.Turned)
    def _turned(self, event: LossChart.Turned) -> None:
        view = event.chart.view
        self.desk.remember(chart_x=view.x_unit, chart_y=view.y_unit, chart_log=view.log)

    # Other runs

    async def action_overlay(self) -> None:
        """Choose runs to lay over the chart."""
        runs = {run.name: run for run in await asyncio.to_thread(folder.all_runs)}
        if self._followed is not None:
            runs.pop(self._followed.run.name, None)
        recent = list(runs)[:RECENT]

        def answered(names: tuple[str, ...] | None) -> None:
            chosen = [runs[name] for name in names or ()]
            self.run_worker(self._lay_over(chosen), exclusive=True, group="overlay", exit_on_error=False)

        marked = [curve.name for curve in self._others]
        self.app.push_screen(Overlay([(name, name) for name in recent], marked), answered)

    async def _lay_over(self, runs: "list[Run]") -> None:
        marked = [(run, letter(place)) for place, run in enumerate(runs)]
        self._others = tuple(await asyncio.to_thread(lambda: [curve_of(run, mark) for run, mark in marked]))
        self._show()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Offer what makes sense now."""
        if action == "forget_origin":
            return bool(self._form_shown) and self.desk.origin is not None
        if action in {"go_on", "extend"} and self.desk.starting is not None:
            return False
        history = self._followed.history if self._followed is not None else None
        return offers(action, self._phase, history, form=bool(self._form_shown))
