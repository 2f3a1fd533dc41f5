"""What the places share: the engine, the chosen text and network, the run that is followed, and what lasts."""

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from textual.signal import Signal

from rnnplay.app import state as lasting
from rnnplay.app.state import Settings, State
from rnnplay.app.text import plain
from rnnplay.console.numbers import both
from rnnplay.engine.client import Engine, EngineState
from rnnplay.errors import UserError
from rnnplay.runs import folder, names, requests
from rnnplay.runs.folder import Run
from rnnplay.text.records import Shape
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


@dataclass(frozen=True)
class Starting:
    """A trainer that was started and whose run doesn't stand yet."""

    name: str
    trainer: "Trainer"
    since: float

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
        self.corpus_changed: Signal[str] = Signal(app, "corpus changed")
        self.model_changed: Signal[tuple[str | None, str]] = Signal(app, "model changed")
        self.engine_changed: Signal[EngineState] = Signal(app, "engine changed")
        self.following_changed: Signal[Following | None] = Signal(app, "following changed")
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
        self.corpus_changed.publish(spec)

    def choose_model(self, spec: str | None, which: str = "best") -> None:
        """Take a network for Sample."""
        self.remember(model=spec, which=which)
        self.model_changed.publish((spec, which))

    def follow(self, run: Run | None) -> None:
        """Show a run in Train, or none."""
        from rnnplay.runs.following import Following

        self.following = None if run is None else Following(run)
        if run is not None:
            self.remember(run=run.name)
        self.following_changed.publish(self.following)

    async def ask_trainer(self, request: Request) -> bool:
        """Send a request to whoever trains the followed run; return whether it was sent."""
        if self.following is None:
            return False
        try:
            await asyncio.to_thread(requests.send, self.following.run, request)
        except UserError as error:
            self.say(str(error), "warning")
            return False
        return True

    async def start_training(self, config: TrainingConfig, name: str | None = None) -> None:
        """Start a trainer on the chosen text; its run is followed as soon as it stands."""
        from rnnplay.engine import trainers
        from rnnplay.training import recipe

        try:
            name = await asyncio.to_thread(folder.checked_name, name or names.new_name())
            options = [*recipe.arguments(config), *self._of_the_text()]
            trainer = await asyncio.to_thread(trainers.start, self.corpus, options, name)
        except UserError as error:
            self.say(str(error), "error")
            return
        self.remember(form=config)
        self._begin(trainer)

    async def resume_training(self, run: Run, budget: Budget | None = None) -> None:
        """Start a trainer that goes on with a run, which is followed again."""
        from rnnplay.engine import trainers
        from rnnplay.training import recipe

        try:
            options = [] if budget is None else recipe.budget_options(budget)
            trainer = await asyncio.to_thread(trainers.resume, run, options)
        except UserError as error:
            self.say(str(error), "error")
            return
        self._begin(trainer)

    def _of_the_text(self) -> list[str]:
        shape = [] if self.state.shape is None else ["--shape", self.state.shape]
        return [*shape, *(f"--ext={ending}" for ending in self.state.extensions)]

    def _begin(self, trainer: "Trainer") -> None:
        self.starting = Starting(trainer.run.name, trainer, time.monotonic())
        self.following_changed.publish(self.following)

    async def stopped(self, patience: float) -> bool:
        """Let whatever trains here save and finish, and wait for that; return whether it did within so many seconds."""
        deadline = time.monotonic() + patience
        asked = False
        while time.monotonic() < deadline:
            following = self.following
            if self.starting is None and (following is None or not following.training):
                return True
            if self.starting is None and not asked:
                asked = await self.ask_trainer(control.Stop(requests.new_id()))
            await asyncio.sleep(POLL_EVERY)
        return False

    async def look(self) -> None:
        """See what the engine, the trainer that was started and the followed run have to tell, and publish it."""
        if self.engine.state != self._engine_state:
            self._engine_state = self.engine.state
            self.engine_changed.publish(self._engine_state)
        news = await self._look_at_start()
        following = self.following
        if following is not None:
            trained = following.training
            news = await asyncio.to_thread(following.poll) or news
            while following.more and following is self.following:
                await asyncio.to_thread(following.poll)
            if trained and not following.training:
                self._tell_the_end(following)
        if news and following is self.following:
            self.following_changed.publish(following)

    def _tell_the_end(self, following: "Following") -> None:
        """Say that a training has ended, wherever in the app one is."""
        finished, name = following.history.finished, following.run.name
        if following.gone:
            self.say(f"The folder of '{name}' is gone.", "warning")
        elif finished is None:
            self.say(f"The trainer of '{name}' ended without a word; in Train it can go on.", "warning")
        else:
            self.say(f"'{name}' has finished: {both(finished.loss)}. In Train, one key samples from it.")
        if self.settings.bell:
            self._app.bell()

    async def _look_at_start(self) -> bool:
        """Follow the started trainer's run once it stands, or tell how the trainer ended; return whether one starts."""
        starting = self.starting
        if starting is None:
            return False
        code = await asyncio.to_thread(starting.trainer.poll)
        if await asyncio.to_thread(_stands, starting):
            self.starting = None
            self.follow(starting.trainer.run)
        elif code is not None:
            self.starting = None
            words = starting.trainer.words().strip().split("\n")[-1].removeprefix("error: ")
            self.say(words or f"The trainer ended before it began, with exit code {code}.", "error")
        return True


def _stands(starting: Starting) -> bool:
    return starting.trainer.run.is_training()
