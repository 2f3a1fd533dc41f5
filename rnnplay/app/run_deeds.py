"""What becomes of runs: another name, the trash, a folder to give away, one that was taken in, and more training."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rnnplay import places
from rnnplay.app import budgets, run_questions
from rnnplay.app.aside import aside
from rnnplay.app.run_questions import NAME
from rnnplay.app.screens.dialogs import AskText, Confirm
from rnnplay.app.screens.run_dialogs import AskPath, ShowRecipe
from rnnplay.errors import UserError
from rnnplay.runs import folder, log, models, recipe, requests
from rnnplay.runs.folder import Run
from rnnplay.text.display import one_line
from rnnplay.training.config import Budget, Unit
from rnnplay.training.control import Request

if TYPE_CHECKING:
    from rnnplay.app.place import Place
    from rnnplay.runs.overview import Glance

Outcome = TypeVar("Outcome")


class Deeds:
    """Asks what has to be asked, does it beside the app's own thread, and says what came of it."""

    def __init__(self, place: "Place") -> None:
        self._place = place
        self._desk = place.desk

    async def _done(self, work: Callable[[], Outcome]) -> Outcome | None:
        """Do something to a folder; return what came of it, or None where it was refused, which is told."""
        return await self._told(asyncio.to_thread(work))

    async def _told(self, work: Awaitable[Outcome]) -> Outcome | None:
        try:
            return await work
        except UserError as error:
            self._desk.say(str(error), "warning")
            return None

    async def has_network(self, run: Run) -> bool:
        """Tell whether a run's network can be chosen, and say why where it can't."""
        try:
            run.name.encode()
        except UnicodeEncodeError:
            self._desk.say(f"'{run.name}' is no name that can be remembered: rename it first.", "warning")
            return False
        return await self._done(lambda: models.find(str(run.folder))) is not None

    async def steer(self, glance: "Glance", request: Request, sentence: str) -> None:
        """Ask something of a run's trainer, and say so.

        Args:
            glance: The run.
            request: What is asked.
            sentence: What to say of it, after its name.
        """
        name = one_line(glance.run.name, NAME)
        if glance.state != "training":
            key = "r" if await asyncio.to_thread(_has_state, glance.run) else "f"
            self._desk.say(f"'{name}' isn't being trained now; {key} trains it further.", "warning")
            return
        try:
            await asyncio.to_thread(requests.send, glance.run, request)
        except UserError as error:
            self._desk.say(str(error), "warning")
        else:
            self._desk.say(f"'{name}' {sentence}")

    async def rename(self, run: Run) -> Run | None:
        """Ask for another name; return the run by it, None where it has the old one still."""
        name = await self._place.app.push_screen_wait(
            AskText(
                f"What shall '{one_line(run.name, NAME)}' be called?",
                run.name,
                lambda typed: "" if typed == run.name else run_questions.wrong_name(typed),
            )
        )
        if name is None or name == run.name:
            return None
        renamed = await self._done(lambda: folder.renamed(run, name))
        if renamed is not None:
            self._desk.renamed(run, renamed)
        return renamed

    async def remove(self, runs: Sequence[Run]) -> None:
        """Move runs to the trash, after asking."""
        names = ", ".join(f"'{one_line(run.name, NAME)}'" for run in runs)
        question = f"Move {names} to the trash? It can be taken out again: {places.trash_folder()}"
        if not await self._place.app.push_screen_wait(Confirm(question, "Move", "Keep")):
            return
        for run in runs:
            if await self._told(asyncio.to_thread(folder.removed, run)) is not None:
                self._desk.removed(run)

    async def resume(self, glance: "Glance") -> bool:
        """Ask for how long in all, and train a run further; return whether that was asked for."""
        run, card = glance.run, glance.card
        if card is None:
            self._desk.say(f"'{run.name}' is damaged: it can't be resumed.", "warning")
            return False
        if await self._done(lambda: _resumable(run)) is None:
            return False
        last = await asyncio.to_thread(log.last_budget, run.events) or card.config.budget
        spent = glance.reason == "budget"
        offered = Budget(last.unit, 2 * last.amount) if spent else last
        done: dict[Unit, float] = {"minutes": glance.seconds / 60, "steps": glance.step, "epochs": 0.0}
        question = run_questions.how_long(run.name, done, last)
        typed = await self._place.app.push_screen_wait(
            AskText(question, str(offered), run_questions.more_than(done, last, spent=spent))
        )
        if typed is None:
            return False
        budget = budgets.parsed(typed, last.unit)
        await self._desk.resume_training(run, None if budget == last else budget)
        return True

    async def export(self, glance: "Glance") -> None:
        """Ask for a new folder, and make it one to give away."""
        run = glance.run
        name = one_line(run.name, NAME)
        question = f"Where shall the folder be that holds '{name}', to give away? It is made anew."
        typed = await self._place.app.push_screen_wait(
            AskPath(question, str(Path.cwd() / run.name), run_questions.wrong_new_folder)
        )
        if typed is None:
            return
        target = places.expanded(typed.strip())
        self._desk.say(f"Making '{target}' …")
        made = await self._told(aside(lambda: _exported(run, target)))
        if made is not None:
            live = " It is what the run has come to by now." if glance.state == "training" else ""
            self._desk.say(f"'{name}' is in '{made.absolute()}', with its network, curve and figures.{live}")

    async def take_in(self) -> Run | None:
        """Ask for a folder that was exported, and make a run of it; return that, None where there is none."""
        question = "Which folder shall be taken in? 'E' here, or 'rnnplay runs export', makes such folders."
        typed = await self._place.app.push_screen_wait(AskPath(question, "", run_questions.wrong_old_folder))
        if typed is None:
            return None
        source = places.expanded(typed.strip())
        name = await asyncio.to_thread(lambda: source.resolve().name)
        if await asyncio.to_thread(run_questions.wrong_name, name):
            question = f"What shall the run be called? '{one_line(name, NAME)}' is taken, or can't be a run's name."
            asked = await self._place.app.push_screen_wait(AskText(question, "", run_questions.wrong_name))
            if asked is None:
                return None
            name = asked
        self._desk.say(f"Reading '{source}' …")
        run = await self._told(aside(lambda: _imported(source, name)))
        if run is not None:
            self._desk.say(f"'{run.name}' is one of the runs now. It has no state to resume from; f trains it further.")
        return run

    async def recipe(self, glance: "Glance") -> None:
        """Show the command that repeats a run, and copy it."""
        card = glance.card
        if card is None:
            self._desk.say(f"'{glance.run.name}' is damaged: nobody knows its settings.", "warning")
            return
        budget = await asyncio.to_thread(log.last_budget, glance.run.events)
        line = await self._done(lambda: recipe.line(card, budget))
        if line is not None:
            name, notes = one_line(glance.run.name, NAME), recipe.notes(card, budget)
            await self._place.app.push_screen_wait(ShowRecipe(name, line, notes))


def _exported(run: Run, target: Path) -> Path:
    from rnnplay.console import parcel  # with numpy, whose import is not this thread's that draws

    return parcel.export(run, target)


def _imported(source: Path, name: str) -> Run:
    from rnnplay.runs import taking  # as above

    return taking.imported(source, name)


def _has_state(run: Run) -> bool:
    try:
        return _resumable(run)
    except UserError:
        return False


def _resumable(run: Run) -> bool:
    folder.refuse_without_state(run)
    return True
