"""What the places share: the engine, the chosen text and network, the run that is followed, and what lasts."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from textual.signal import Signal

from rnnplay.app import state as lasting
from rnnplay.app.offers import TrainingOffers
from rnnplay.app.state import Settings, State
from rnnplay.app.text import plain
from rnnplay.console.numbers import both
from rnnplay.engine.client import Engine, EngineState
from rnnplay.errors import UserError
from rnnplay.runs import folder, names, requests
from rnnplay.runs.folder import Run
from rnnplay.text.records import Shape, to_json
from rnnplay.training import control
from rnnplay.training.config import Budget, TrainingConfig
from rnnplay.training.control import Request

if TYPE_CHECKING:
    from textual.app import App

    from rnnplay.engine.trainers import Trainer
    from rnnplay.runs.following import Following

Severity = Literal["information", "warning", "error"]
LONG_TOAST = 12.0  # seconds
POLL_EVERY = 0.1  # seconds
END_PATIENCE = 1.0  # seconds in which a training that can't be asked to stop may turn out to have ended


@dataclass(frozen=True)
class Origin:
    """The network that the next training begins from.

    Attributes:
        spec: A run's name, a file or `shipped:NAME`.
        which: "best" or "last" of a run.
    """

    spec: str
    which: str = "best"


@dataclass(frozen=True)
class Starting:
    """A trainer that was started and whose run doesn't stand yet.

    Attributes:
        origin: What its training begins from, None for a new network and for a run that goes on.
    """

    name: str
    trainer: "Trainer"
    since: float
    origin: Origin | None = None

    @property
    def sentence(self) -> str:
        """What it is doing, by its own last words, and for how long."""
        words = self.trainer.words().strip().split("\n")[-1] or "starting the trainer"
        return f"{words} · {time.monotonic() - self.since:.0f} s"


class Desk:
    """What the places share. Lives on the app's own thread; what blocks is done in others."""

    def __init__(self, app: "App[Any]", engine: Engine, state: State, settings: Settings) -> None:
        self._app = app
        self.engine = engine
        self.state = state
        self.settings = settings
        self.following: Following | None = None
        self.starting: Starting | None = None
        self.origin: Origin | None = None
        self._beside: list[Following] = []  # what was followed before, for as long as it trains
        self._launching = False
        self.stopping = False  # all that trains here, before the app is left
        self.corpus_changed: Signal[str] = Signal(app, "corpus changed")
        self.origin_changed: Signal[Origin | None] = Signal(app, "origin changed")
        self.model_changed: Signal[tuple[str | None, str]] = Signal(app, "model changed")
        self.engine_changed: Signal[EngineState] = Signal(app, "engine changed")
        self.following_changed: Signal[Following | None] = Signal(app, "following changed")
        self.offers = TrainingOffers(app, self)
        self.text_taken = False  # since the app was opened
        self._unsaved = False
        self._engine_state: EngineState = engine.state

    @property
    def corpus(self) -> str:
        """The chosen text's spec."""
        return self.state.corpus

    @property
    def model(self) -> tuple[str | None, str]:
        """The network in Sample: its spec, or None for the newest, and "best" or "last"."""
        return self.state.model, self.state.which

    def say(self, sentence: str, severity: Severity = "information") -> None:
        """Show a sentence for a while."""
        timeout = None if severity == "information" else LONG_TOAST
        self._app.notify(plain(sentence).plain, severity=severity, timeout=timeout, markup=False)

    def open(self, place: str) -> None:
        """Go to a place."""
        self._app.switch_mode(place)

    def remember(self, **changes: Any) -> None:  # noqa: ANN401 - fields of State, which msgspec checks
        """Change fields of the state; they are written soon."""
        changed = msgspec.structs.replace(self.state, **changes)
        if changed == self.state:
            return
        self.state = changed
        self._unsaved = True

    async def save(self) -> None:
        """Write the state where it has changed; without a disk that takes it the app goes on."""
        if not self._unsaved:
            return
        self._unsaved = False
        try:
            await asyncio.to_thread(lasting.save_state, self.state)
        except (OSError, UnicodeEncodeError) as error:  # a run's name may hold bytes that JSON can't
            reason = getattr(error, "strerror", None) or error
            self.say(f"What you chose can't be remembered: {reason}.", "warning")

    def choose_corpus(self, spec: str, extensions: tuple[str, ...] = (), shape: Shape | None = None) -> None:
        """Take a text for the next training."""
        self.remember(corpus=spec, extensions=extensions, shape=shape)
        self.text_taken = True
        self.corpus_changed.publish(spec)

    def choose_model(self, spec: str | None, which: str = "best") -> None:
        """Take a network for Sample."""
        self.remember(model=spec, which=which)
        self.model_changed.publish((spec, which))

    def begin_from(self, origin: Origin | None) -> None:
        """Let the next training begin from a network that is trained already; None: from a new one."""
        if origin != self.origin:
            self.origin = origin
            self.origin_changed.publish(origin)

    def renamed(self, before: Run, after: Run) -> None:
        """Take note that a run has another name, wherever the old one is remembered."""
        if self.state.model == before.name:
            self.choose_model(after.name, self.state.which)
        if self.state.run == to_json(before.name):
            self.remember(run=to_json(after.name))
        if self.origin is not None and self.origin.spec == before.name:
            self.begin_from(Origin(after.name, self.origin.which))
        if self.following is not None and self.following.run == before:
            self.follow(after)

    def removed(self, run: Run) -> None:
        """Take note that a run is gone."""
        if self.state.model == run.name:
            self.choose_model(None)
        if self.origin is not None and self.origin.spec == run.name:
            self.begin_from(None)
        if self.following is not None and self.following.run == run:
            self.follow(None)

    @property
    def trainings(self) -> "list[Following]":
        """The runs that are being trained, as far as they were followed here."""
        followed = [] if self.following is None else [self.following]
        return [one for one in (*followed, *self._beside) if one.training]

    @property
    def followed_runs(self) -> list[Run]:
        """The runs that are followed here, or will be once their trainer has started."""
        followed = [one.run for one in (self.following, *self._beside) if one is not None]
        return followed if self.starting is None else [*followed, self.starting.trainer.run]

    def follow(self, run: Run | None, *, training: bool = False) -> None:
        """Show a run in Train, or none; one that was followed before is minded on until its training ends.

        Args:
            run: The run.
            training: Whether it is known to be trained; an end that comes before the first look is told then too.
        """
        from rnnplay.runs.following import Following

        self._beside = [one for one in self.trainings if one.run != run]
        self.following = None if run is None else Following(run)
        if self.following is not None:
            self.following.training = training
            self.remember(run=to_json(self.following.run.name))
            self.offers.close(self.following.run)
        self.following_changed.publish(self.following)

    async def ask_trainer(self, request: Request) -> bool:
        """Send a request to whoever trains the followed run; return whether it was sent."""
        return self.following is not None and await self._ask(self.following.run, request)

    async def _ask(self, run: Run, request: Request) -> bool:
        try:
            await asyncio.to_thread(requests.send, run, request)
        except UserError as error:
            self.say(str(error), "warning")
            return False
        return True

    async def start_training(self, config: TrainingConfig, name: str | None = None) -> None:
        """Start a trainer on the chosen text; its run is followed as soon as it stands."""
        from rnnplay.training import arguments

        if await self._begin_new(lambda: arguments.arguments(config), name, None):
            self.remember(form=config)

    async def fine_tune(self, config: TrainingConfig, name: str | None, *, extend: bool) -> None:
        """Start a trainer on the chosen text that begins from the chosen network.

        Args:
            config: The settings; the network's are its own.
            name: The run's; None makes one.
            extend: Add the text's new characters to the vocabulary.
        """
        from rnnplay.runs import models
        from rnnplay.training import arguments

        origin = self.origin
        if origin is None:
            return

        def options() -> list[str]:
            last = origin.which != "best"
            spec = str(models.find(origin.spec, origin.which).path) if last else origin.spec
            more = ["--extend-vocabulary"] if extend else []
            return [*arguments.fine_tuning_arguments(config), f"--from={spec}", *more]

        await self._begin_new(options, name, origin)

    async def _begin_new(self, options: Callable[[], list[str]], name: str | None, origin: Origin | None) -> bool:
        """Start a trainer of a new run; return whether it was started."""
        from rnnplay.engine import trainers

        corpus, rest = self.corpus, [*self._of_the_text(), *self._priority()]  # as they are before the thread begins

        def start() -> "Trainer":
            own = folder.checked_name(name or names.new_name())
            return trainers.start(corpus, [*options(), *rest], own)

        return await self._launch(start, origin)

    async def resume_training(self, run: Run, budget: Budget | None = None) -> None:
        """Start a trainer that goes on with a run, which is followed again."""
        from rnnplay.engine import trainers
        from rnnplay.training import arguments

        priority = self._priority()

        def go_on() -> "Trainer":
            return trainers.resume(run, [*([] if budget is None else arguments.budget_options(budget)), *priority])

        await self._launch(go_on, None)

    async def _launch(self, start: "Callable[[], Trainer]", origin: Origin | None) -> bool:
        """Start a trainer in a thread, unless one is being started; return whether that was done."""
        if self._is_starting():
            return False
        self._launching = True
        try:
            trainer = await asyncio.to_thread(start)
        except UserError as error:
            self.say(str(error), "error")
            return False
        finally:
            self._launching = False
        self.starting = Starting(trainer.run.name, trainer, time.monotonic(), origin)
        self.following_changed.publish(self.following)
        return True

    def _is_starting(self) -> bool:
        """Tell whether a trainer is being started, which a key that is held down must not do twice."""
        if self.starting is not None:
            self.say("A trainer is starting already.")
        return self._launching or self.starting is not None

    def _of_the_text(self) -> list[str]:
        shape = [] if self.state.shape is None else ["--shape", self.state.shape]
        return [*shape, *(f"--ext={ending}" for ending in self.state.extensions)]

    def _priority(self) -> list[str]:
        return [] if self.state.priority == "low" else [f"--priority={self.state.priority}"]

    async def stopped(self, patience: float) -> bool:
        """Let whatever trains here save and finish, and wait for that; return whether it did within so many seconds."""
        self.stopping = True
        self.following_changed.publish(self.following)
        try:
            return await self._all_stopped(patience)
        finally:
            self.stopping = False
            self.following_changed.publish(self.following)

    async def _all_stopped(self, patience: float) -> bool:
        deadline = time.monotonic() + patience
        asked: list[Following] = []
        while time.monotonic() < deadline:
            if self.starting is None and not self.trainings:
                return True
            for one in self.trainings if self.starting is None else ():
                if one not in asked:
                    asked.append(one)
                    if not await self._ask(one.run, control.Stop(requests.new_id())):
                        deadline = min(deadline, time.monotonic() + END_PATIENCE)
            await asyncio.sleep(POLL_EVERY)
        return False

    async def look(self) -> None:
        """See what the engine, the trainer that was started and the followed run have to tell, and publish it."""
        if self.engine.state != self._engine_state:
            self.engine_turned()
        news = await self._look_at_start()
        following = self.following
        if following is not None:
            news = await self._read_on(following) or news
        for one in self._beside:
            await self._read_on(one)
        self._beside = [one for one in self._beside if one.training]
        if news and following is self.following:
            self.following_changed.publish(following)

    def engine_turned(self) -> None:
        """Publish the engine's state."""
        self._engine_state = self.engine.state
        self.engine_changed.publish(self._engine_state)

    async def _read_on(self, following: "Following") -> bool:
        """Read what a run has told, and say where its training has ended; return whether there is news."""
        trained = following.training
        news = await asyncio.to_thread(following.poll)
        while following.more and (following is self.following or following in self._beside):
            await asyncio.to_thread(following.poll)
        if trained and not following.training:
            self._tell_the_end(following)
        return news

    def _tell_the_end(self, following: "Following") -> None:
        """Say that a training has ended, wherever in the app one is."""
        self.offers.remove(following.run)
        finished, name = following.history.finished, following.run.name
        if following.gone:
            self.say(f"The folder of '{name}' is gone.", "warning")
        elif finished is None:
            self.say(f"The trainer of '{name}' ended without a word; in Train it can go on.", "warning")
        else:
            place = "Train" if following is self.following else "Runs"
            loss = "" if finished.loss is None else f": {both(finished.loss)}"
            self.say(f"'{name}' has finished{loss}. In {place}, one key samples from it.")
        if self.settings.bell:
            self._app.bell()

    async def _look_at_start(self) -> bool:
        """Follow the started trainer's run once it stands, or tell how the trainer ended; return whether one starts."""
        starting = self.starting
        if starting is None:
            return False
        code = await asyncio.to_thread(starting.trainer.poll)
        if code == 0 or await asyncio.to_thread(starting.trainer.run.is_training):
            self.starting = None
            if self.origin == starting.origin:
                self.begin_from(None)
            self.follow(starting.trainer.run, training=True)
        elif code is not None:
            self.starting = None
            try:
                failure = await asyncio.to_thread(starting.trainer.failure)
            except UserError as error:
                failure = str(error)
            self.say(failure, "error")
        return True
