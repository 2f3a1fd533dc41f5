"""Steering a training: what it was asked, and whether it has answered."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rnnplay.runs.following import Following
from rnnplay.runs.history import History
from rnnplay.runs.requests import new_id
from rnnplay.training.control import Pause, Request, Sample, Save, SetLearningRate, Stop, Unpause
from rnnplay.training.schedule import factor_at

if TYPE_CHECKING:
    from rnnplay.app.desk import Desk

RATE_STEP = 1.25
RATE_APART = 0.15  # seconds between two changes of it: a held key comes faster
GREATEST_RATE = 10.0
LEAST_FACTOR = 0.02  # of the schedule's height, below which the height can't be told from the rate
SHOWN_FOR = 5.0  # seconds that an answer stays in sight
PATIENCE = 10.0  # seconds after which an answer counts as late


@dataclass
class Asked:
    """A request that was made here.

    Attributes:
        words: What was asked.
        since: When, and once it is answered, when that was.
    """

    words: str
    since: float
    done: bool = False


class Steering:
    """The requests to the trainer of one followed run."""

    def __init__(self, desk: "Desk", following: Following) -> None:
        self._desk, self._following = desk, following
        self._asked: dict[str, Asked] = {}
        self._height: tuple[float, float] | None = None  # the rate that was asked for last, and when

    async def pause_or_go_on(self) -> None:
        """Let it stand still, or go on."""
        if self._following.paused:
            await self._ask(Unpause(new_id()), "go on")
        else:
            await self._ask(Pause(new_id()), "pause")

    async def stop(self) -> None:
        """Let it save and finish."""
        await self._ask(Stop(new_id()), "stop and save")

    async def sample(self) -> None:
        """Let it write a sample."""
        await self._ask(Sample(new_id()), "a sample")

    async def save(self) -> None:
        """Let it save."""
        await self._ask(Save(new_id()), "save")

    async def change_rate(self, *, up: bool) -> None:
        """Let it train with a higher or lower learning rate."""
        before, now = self._schedule_height(), time.monotonic()
        if before is None or (self._height is not None and now - self._height[1] < RATE_APART):
            return
        wanted = float(f"{min(before * (RATE_STEP if up else 1 / RATE_STEP), GREATEST_RATE):.3g}")
        self._height = (wanted, now)
        await self._ask(SetLearningRate(new_id(), wanted), f"rate {wanted:.3g} at its height")

    def _schedule_height(self) -> float | None:
        """Return the rate at the schedule's height: what was just asked for, or what the rate now comes from."""
        if self._height is not None and time.monotonic() - self._height[1] < PATIENCE:
            return self._height[0]
        return schedule_height(self._following.history)

    async def _ask(self, request: Request, words: str) -> None:
        """Send a request, unless the same is still without an answer: a key was held down."""
        if any(asked.words == words and not asked.done for asked in self._asked.values()):
            return
        self._asked[request.id] = Asked(words, time.monotonic())
        if not await self._desk.ask_trainer(request):
            self._asked.pop(request.id, None)

    def said(self) -> str:
        """Return what was asked last and what has become of it, "" where that is over."""
        now, answered = time.monotonic(), self._following.history.acknowledged
        for name, asked in list(self._asked.items()):
            if not asked.done and name in answered:
                asked.done, asked.since = True, now
            if (asked.done and now - asked.since > SHOWN_FOR) or not (asked.done or self._following.training):
                del self._asked[name]
        if not self._asked:
            return ""
        last = list(self._asked.values())[-1]
        if last.done:
            return f"✓ {last.words}: done"
        return f"{last.words}: asked …" if now - last.since < PATIENCE else f"{last.words}: asked, no answer yet"


def schedule_height(history: History) -> float | None:
    """Return the schedule's height that the learning rate now comes from, None before the training has begun."""
    started, progress = history.started, history.progress
    if started is None:
        return None
    config = started.config
    if progress is not None:
        factor = factor_at(config, progress.step, progress.spent)
        if factor > LEAST_FACTOR:
            return progress.learning_rate / factor
    return config.learning_rate
