"""Trainings that were started elsewhere: which there are, and which of them the app offers to follow."""

import asyncio
from typing import TYPE_CHECKING, Any

from textual.binding import Binding
from textual.signal import Signal

from rnnplay.runs.folder import Run
from rnnplay.runs.trainings import Identity, Training, TrainingScanner
from rnnplay.text.display import one_line

if TYPE_CHECKING:
    from textual.app import App

    from rnnplay.app.desk import Desk

NAMED = 3  # trainings that a sentence names
NAME_WIDTH = 30  # characters
FOLLOW, DECLINE = ("app.follow", "f8"), ("app.decline", "ctrl+f8")  # a binding's id and its key


class TrainingOffers:
    """The running trainings of this home, and the offers to follow those that nobody follows here.

    An offer ends when its training ends, is followed or is declined; a training that was followed once is not offered
    again.

    Attributes:
        changed: Published when there are other trainings, or another offer.
    """

    def __init__(self, app: "App[Any]", desk: "Desk") -> None:
        self._app, self._desk = app, desk
        self.changed: Signal[None] = Signal(app, "trainings changed")
        self._scanner = TrainingScanner()
        self._found: tuple[Training, ...] = ()
        self._announced: set[Identity] = set()
        self._closed: set[Identity] = set()  # followed or declined

    @property
    def running(self) -> tuple[Run, ...]:
        """The runs that are being trained, whoever started them: those followed here, then the others."""
        desk = self._desk
        followed = [one.run for one in desk.trainings]
        shown = None if desk.following is None else desk.following.run
        return (*followed, *(one.run for one in self._found if one.run not in followed and one.run != shown))

    @property
    def offer(self) -> Run | None:
        """The newest training that is offered."""
        return next((one.run for one in self._found if one.identity not in self._closed), None)

    async def scan(self) -> None:
        """Find out what is being trained in this home, and announce what is new."""
        found = await asyncio.to_thread(self._scanner.scan)
        followed = self._desk.followed_runs
        before = self._found, self.offer
        there = {one.identity for one in found}
        self._found = found
        self._closed = (self._closed & there) | {one.identity for one in found if one.run in followed}
        new = [one.run for one in found if one.identity not in self._announced | self._closed]
        self._announced = there
        if (self._found, self.offer) != before:
            self.changed.publish(None)
        if new:
            self._desk.say(self._sentence(new))

    def _sentence(self, new: list[Run]) -> str:
        names = ", ".join(f"'{one_line(run.name, NAME_WIDTH)}'" for run in new[:NAMED])
        more = f" and {len(new) - NAMED} more" if len(new) > NAMED else ""
        which, trained = ("it", "is") if len(new) == 1 else ("the newest", "are")
        return (
            f"{names}{more} {trained} being trained, started elsewhere. "
            f"{self._key(*FOLLOW)} follows {which} in Train, {self._key(*DECLINE)} hides the offer."
        )

    def _key(self, name: str, usual: str) -> str:
        key = self._desk.settings.keys.get(name, usual).partition(",")[0]
        return self._app.get_key_display(Binding(key, ""))

    def follow(self, run: Run | None = None) -> None:
        """Follow a training in Train.

        Args:
            run: Which; None takes the one that is offered, if there is one.
        """
        run = run or self.offer
        if run is not None:
            self._desk.follow(run, training=True)
            self._desk.open("train")

    def decline(self) -> None:
        """Offer to follow the offered training no longer."""
        if self.offer is not None:
            self.close(self.offer)

    def close(self, run: Run) -> None:
        """Offer a run's training no longer: it is followed now, or the offer was declined."""
        self._closed |= {one.identity for one in self._found if one.run == run}
        self.changed.publish(None)

    def remove(self, run: Run) -> None:
        """Take note that a run's training has ended since the last scan."""
        self._found = tuple(one for one in self._found if one.run != run)
        self.changed.publish(None)
