"""Following a run by its folder alone, whoever trains it."""

import os
import time
from collections.abc import Iterable

from rnnplay import files
from rnnplay.runs.folder import Run
from rnnplay.runs.history import History
from rnnplay.runs.log import Follower
from rnnplay.runs.requests import decoded
from rnnplay.training.control import Pause, Unpause
from rnnplay.training.events import Acknowledged, Event, Finished, Started

REQUESTS_READ = 1 << 20  # bytes at the end of the file of requests
WORDS_READ = 1 << 12  # bytes at the end of what a trainer printed
WORDS_AT_MOST = 300  # characters


class Following:
    """A run as it goes on; it reads when it is asked to, and never fails.

    Attributes:
        run: Where the run is now: it is followed where it is renamed.
        history: What it has told so far; another one when another run has taken its place.
        training: Whether a process trains it.
        paused: Whether that stands still.
        gives_way: Whether that process runs at low priority, and gives way to other programs.
        gone: Whether the folder is no more; it may come back.
        more: Whether the last call left something that could be read at once.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.history = History()
        self.training = self.paused = self.gone = self.more = self.gives_way = False
        self._identity = _identity(run)
        self._follower = Follower(run.events)
        self._heard = time.monotonic()

    @property
    def quiet(self) -> float:
        """Seconds since the last event of a training; 0 where nobody trains or it is paused."""
        return time.monotonic() - self._heard if self.training and not self.paused else 0.0

    def poll(self) -> bool:
        """Read what came since the last call, at most about a megabyte, and tell whether anything changed."""
        before = (self.run, self.training, self.paused, self.gone, self.history)
        self._find()
        training = not self.gone and self.run.is_training()  # before the reading: an end is read before it is told
        events = [] if self.gone else self._follower.poll()
        self.more = not self.gone and self._follower.more
        if self._follower.restarted:
            self.history, self.paused = History(), False
        self.history.take(events)
        self._listen(events)
        if training and (not self.training or any(isinstance(event, Started) for event in events)):
            owner = self.run.owner()
            self.gives_way = owner is not None and (owner.niceness or 0) > 0
        if events or training != self.training or self.paused:
            self._heard = time.monotonic()
        self.training = training
        self.paused = self.paused and training
        return bool(events) or before != (self.run, self.training, self.paused, self.gone, self.history)

    def last_words(self) -> str:
        """Return the last line of what its trainer printed, "" if there is none."""
        lines = files.end(self.run.log, WORDS_READ).decode(errors="replace").replace("\r", "\n").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")[:WORDS_AT_MOST]

    def _find(self) -> None:
        """See whether the folder is still the run's: it may be gone, renamed, or another run's."""
        identity = _identity(self.run)
        if identity is None and self._identity is not None:
            renamed = self._renamed()
            if renamed is not None:
                self.run, identity = renamed, self._identity
                self._follower.move(renamed.events)
        self.gone = identity is None
        if identity is None:
            return
        if self._identity is not None and _differ(identity, self._identity):
            self.history, self.paused = History(), False
            self._follower = Follower(self.run.events)
        self._identity = identity

    def _renamed(self) -> Run | None:
        """Return the run under another name beside its old one, if it is there."""
        if self.gone:  # looked for already
            return None
        try:
            with os.scandir(self.run.folder.parent) as entries:
                beside = [Run(self.run.folder.with_name(entry.name)) for entry in entries]
        except OSError:
            return None
        return next((run for run in beside if _identity(run) == self._identity), None)

    def _listen(self, events: Iterable[Event]) -> None:
        """Learn from the answers to requests whether the training stands still."""
        kinds: dict[str, bool] | None = None
        for event in events:
            if isinstance(event, Started | Finished):
                self.paused = False
            elif isinstance(event, Acknowledged):
                if kinds is None:
                    kinds = pauses(self.run)
                self.paused = kinds.get(event.id, self.paused)


def pauses(run: Run) -> dict[str, bool]:
    """Return, by id, the requests that pause (True) or unpause (False) a training, those of very long ago aside."""
    content = files.end(run.control, REQUESTS_READ)
    requests = decoded(content[: content.rfind(b"\n") + 1])
    return {request.id: isinstance(request, Pause) for request in requests if isinstance(request, Pause | Unpause)}


def _identity(run: Run) -> tuple[int, int, int] | None:
    """Return what tells a run's folder from another of the same name, or None where there is none."""
    try:
        folder = os.stat(run.folder)  # noqa: PTH116 - as quick as can be
    except OSError:
        return None
    try:
        card = (run.folder / "run.json").stat().st_mtime_ns  # it is written once
    except OSError:
        card = 0
    return folder.st_dev, folder.st_ino, card


def _differ(one: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    """Tell whether two identities are of different runs; a card that can't be read tells nothing."""
    return one[:2] != other[:2] or (one[2] != other[2] and 0 not in {one[2], other[2]})
