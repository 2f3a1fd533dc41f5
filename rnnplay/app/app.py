"""The app: its places, what works in all of them, and how it begins and ends."""

import asyncio
import gc
import os
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from importlib import import_module
from typing import Any, ClassVar

from textual.app import App, SystemCommand
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.css.query import NoMatches
from textual.driver import Driver
from textual.notifications import Notify, SeverityLevel
from textual.screen import Screen

from rnnplay import faults
from rnnplay.app import commands, output, pasting, resizing, themes
from rnnplay.app.desk import Desk
from rnnplay.app.ending import HUNG_UP, EndingSignals, is_hung_up
from rnnplay.app.notices import Notice
from rnnplay.app.place import Place
from rnnplay.app.state import DARK, load_settings, load_state
from rnnplay.engine.client import Engine
from rnnplay.errors import UserError

LOOK_EVERY = 0.4  # seconds between two looks at the run folder
SCAN_EVERY = 1.5  # seconds between two scans for trainings that were started elsewhere
SAVE_EVERY = 2.0  # seconds between two looks whether there is something to remember
STOP_PATIENCE = 60.0  # seconds that a training is given to save when the app is left


def _place(name: str) -> Callable[[], Screen[Any]]:
    """Return what makes a place; its module is imported when one first goes there."""

    def made() -> Screen[Any]:
        screen: Screen[Any] = getattr(import_module(f"rnnplay.app.screens.{name}"), f"{name.capitalize()}Place")()
        return screen

    return made


class Playground(App[None]):
    """A playground for character-level recurrent networks."""

    TITLE = "rnnplay"
    CSS_PATH = "app.tcss"
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {
        name: _place(name) for name in ("corpus", "train", "sample", "runs")
    }
    DEFAULT_MODE = "sample"
    COMMAND_PALETTE_BINDING = "ctrl+p"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "leave", "quit", tooltip="Leave rnnplay", priority=True, id="app.quit"),
        Binding(
            "f1", "help", "help", tooltip="Tell what this place is for and every key", priority=True, id="app.help"
        ),
        Binding(
            "ctrl+r", "restart", "restart engine", tooltip="Start the engine again", priority=True, id="app.restart"
        ),
        Binding(
            "f8",
            "follow",
            "follow",
            tooltip="Follow the training that was started elsewhere",
            priority=True,
            id="app.follow",
        ),
        Binding(
            "ctrl+f8", "decline", tooltip="Don't follow it: hide the offer", show=False, priority=True, id="app.decline"
        ),
        Binding("question_mark", "help", show=False, id="app.help_digit"),
        *(
            Binding(
                key, f"place('{name}')", tooltip=f"Go to {title}", show=False, priority=key[0] == "f", id=f"app.{id_}"
            )
            for name, title, keys in (
                ("corpus", "Corpus", ("f2", "1")),
                ("train", "Train", ("f3", "2")),
                ("sample", "Sample", ("f4", "3")),
                ("runs", "Runs", ("f5", "4")),
            )
            for key, id_ in ((keys[0], name), (keys[1], f"{name}_digit"))
        ),
        Binding("ctrl+c", "help_quit", tooltip="Copy what is selected, or ask to leave", show=False, system=True),
    ]

    def __init__(self, engine: Engine | None = None) -> None:
        """Make the app.

        Args:
            engine: What answers its questions; None is a child process.
        """
        super().__init__()
        resizing.install()
        for theme in themes.THEMES:
            self.register_theme(theme)
        state, damage = load_state()
        settings, trouble = load_settings()
        self._sentences = [sentence for sentence in (damage, trouble) if sentence]
        wanted = os.environ.get("TEXTUAL_THEME") or state.theme
        if wanted not in self.available_themes:
            self._sentences.append(f"There is no theme '{wanted}' here.")
            wanted = DARK
        self.set_reactive(App.theme, wanted)  # before anything is drawn, or all would be styled twice
        self.desk = Desk(self, engine or _process_engine(), state, settings)
        self._leaving = False

    def get_driver_class(self) -> type[Driver]:
        """Return what speaks with the terminal."""
        driver = super().get_driver_class()
        pasting.install(driver)
        output.install(driver)
        return driver

    def on_mount(self) -> None:
        """Take up what was remembered."""
        self.watch(self, "theme", lambda theme: self.desk.remember(theme=theme), init=False)
        self.set_keymap(self.desk.settings.keys)

    def on_ready(self) -> None:
        """Begin what takes time once the first picture stands."""
        gc.freeze()  # what stands now stays: later collections pass it over and take no frame
        gc.enable()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.run_worker(self.start_engine(), group="engine", exit_on_error=False)
        self.run_worker(self._take_up(), exit_on_error=False)
        self.run_worker(self._repeat(self._look, LOOK_EVERY), exit_on_error=False)
        self.run_worker(self._repeat(self.desk.save, SAVE_EVERY), exit_on_error=False)
        if self.desk.settings.keys:
            self._sentences += commands.unknown_keys(self.desk.settings)
        for sentence in self._sentences:
            self.desk.say(sentence, "warning")

    async def start_engine(self) -> None:
        """Start the engine, or start it again; a failure is told where the engine's state is."""
        with suppress(UserError):
            await self.desk.engine.start()
        self.desk.engine_turned()  # at once, and also where it ended and began again between two looks
        if self._leaving:
            await self.desk.engine.close()

    async def _take_up(self) -> None:
        """Follow the run that trains now, or else the one that Train showed last."""
        if self.desk.following is None:
            run = await asyncio.to_thread(commands.run_to_follow, self.desk.state.run)
            if run is not None and self.desk.following is None:
                self.desk.follow(run)
        self.run_worker(self._repeat(self.desk.offers.scan, SCAN_EVERY), exit_on_error=False)

    async def _repeat(self, work: Callable[[], Awaitable[None]], pause: float) -> None:
        """Do something again and again, with a pause in seconds, or longer where it takes long; no key waits for it."""
        reported = ""
        while True:
            started = time.monotonic()
            try:
                await work()
            except Exception as error:  # whatever it is, it must not end the repetition, nor be silent
                fault = await asyncio.to_thread(faults.sentence, error)
                if fault != reported:
                    self.desk.say(fault, "error")
                reported = fault
            await asyncio.sleep(max(pause, time.monotonic() - started))

    async def _look(self) -> None:
        """Look at the trainings; leave where the terminal is gone."""
        await self.desk.look()
        if not self.is_headless and is_hung_up():
            self.end(HUNG_UP)

    def end(self, code: int) -> None:
        """Leave at once with an exit code; a training goes on."""
        if not self._leaving or self.desk.stopping:
            self.run_worker(self._leave(code))

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a sentence for a while."""
        timeout = self.NOTIFICATION_TIMEOUT if timeout is None else timeout
        self.post_message(Notify(Notice(message, title, severity, timeout, markup=markup)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to start the engine only where it has ended, and to follow a training only where one is offered."""
        if action == "restart":
            return self.desk.engine.state == "dead"
        if action in {"follow", "decline"}:
            return self.desk.offers.offer is not None and not self.screen.is_modal
        return super().check_action(action, parameters)

    def action_follow(self) -> None:
        """Follow the training that is offered."""
        self.desk.offers.follow()

    def action_decline(self) -> None:
        """Hide the offer to follow a training."""
        self.desk.offers.decline()

    def action_restart(self) -> None:
        """Start the engine again."""
        commands.restart(self)

    def pop_screen(self) -> AwaitComplete:
        """Close the dialog in front; where there is none any more, a key that was held down has closed it twice."""
        return super().pop_screen() if len(self.screen_stack) > 1 else AwaitComplete()

    def action_command_palette(self) -> None:
        """Open the palette; not over a question, to which its actions would not belong."""
        from rnnplay.app.screens.palette import Palette

        if not self.screen.is_modal:
            self.push_screen(Palette())

    def action_place(self, name: str) -> None:
        """Go to a place; nowhere while a question stands open."""
        if self.screen.is_modal:
            return
        self.switch_mode(name)

    def get_key_display(self, binding: Binding) -> str:
        """Return how a key is written: F1, as in the bar above."""
        shown = super().get_key_display(binding)
        name = shown.removeprefix("^")
        return shown.upper() if name[:1] == "f" and name[1:].isdecimal() else shown

    def action_help(self) -> None:
        """Open the help of the place."""
        from rnnplay.app.screens.help import Help

        if isinstance(self.screen, Place):
            self.push_screen(Help(self.screen))

    def action_help_quit(self) -> None:
        """Ask whether to leave: nothing was selected that ctrl+c could copy."""
        self._ask_to_leave()

    async def action_quit(self) -> None:
        """Leave."""
        await self.action_leave()

    async def action_leave(self) -> None:
        """Leave at once where nothing trains; ask where something does."""
        if self.desk.starting is not None or self.desk.trainings:
            self._ask_to_leave()
        else:
            await self._leave()

    def _ask_to_leave(self) -> None:
        from rnnplay.app.screens.quit import Leaving, Quit

        if isinstance(self.screen, Quit) or (self._leaving and not self.desk.stopping):
            return
        starting = self.desk.starting
        runs = [] if starting is None else [starting.name]
        runs += [following.run.name for following in self.desk.trainings]

        def answered(answer: Leaving | None) -> None:
            if answer == "keep":
                self.run_worker(self._leave())
            elif answer == "stop" and not self.desk.stopping:
                self.run_worker(self._stop_and_leave())

        self.push_screen(Quit(tuple(dict.fromkeys(runs))), answered)

    async def _stop_and_leave(self) -> None:
        """Ask the training to save and finish, and wait for that."""
        self._leaving = True
        self.desk.say("Stopping: the training saves and measures its best weights …")
        if await self.desk.stopped(STOP_PATIENCE):
            await self._leave()
        else:
            self._leaving = False
            self.desk.say("The training hasn't stopped yet; it may be hung.", "warning")

    async def _leave(self, code: int = 0) -> None:
        self._leaving = True
        await self.desk.save()
        await self.desk.engine.close()
        self.exit(return_code=code)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Yield every action for the palette."""
        yield from commands.system_commands(self, screen)
        yield from super().get_system_commands(screen)

    def _handle_exception(self, error: Exception) -> None:
        """End with one sentence and a file that holds the rest, where Textual would print a traceback."""
        if self._leaving and isinstance(error, NoMatches):  # a place that was just being built has gone already
            return
        if self.is_headless:
            super()._handle_exception(error)
            return
        self.exit(return_code=1, message=faults.sentence(error))


def _process_engine() -> Engine:
    from rnnplay.engine.process import ProcessEngine

    return ProcessEngine()


def main() -> int:
    """Open the app and return its exit code."""
    app = Playground()
    with EndingSignals(lambda code: app.call_later(app.end, code)):
        app.run()
    return app.return_code or 0
