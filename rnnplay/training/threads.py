"""How many threads a training computes with, while other programs need the processors, too.

Threads wait for each other many times in a step, so that where one of them has to share its processor all are held up:
beside one busy program two threads on two processors read 22,000 characters a second, and one thread 39,000
(`docs/speed.md`). Which number is best changes while a training runs; its own steps tell.
"""

import statistics
import time
from collections import deque
from collections.abc import Callable

import torch

from rnnplay.training.config import Budget
from rnnplay.training.trainer import Trainer
from rnnplay.training.trial import usual_threads

RECENT = 5  # steps, whose median tells how long one takes now
SLOWER = 1.5  # times as long as it took at best: then fewer threads are tried
CLEARLY = 1.1  # times as fast as before, for another number to be kept
WAIT = 2.0  # seconds between two tries at first; twice as many after each that changed nothing, …
LONGEST_WAIT, LONGEST_WHERE_SLOW = 60.0, 4.0  # … up to these: to try more threads, and to try fewer


def stepping(trainer: Trainer, budget: Budget) -> Callable[[float], None]:
    """Return the trainer's step; one that chooses its threads as it goes, where nobody counts on the same result again.

    That is with a budget in minutes, where the machine's speed decides over the result in any case.
    """
    config = trainer.config
    if config.device != "cpu" or config.threads is None or budget.unit != "minutes" or trainer.ranks.size > 1:
        return trainer.step
    threads = Threads(config.threads, usual_threads(), torch.set_num_threads)

    def step(spent: float) -> None:
        begun = time.perf_counter()
        trainer.step(spent)
        threads.took(time.perf_counter() - begun)

    return step


class Threads:
    """Chooses the number of threads, by what steps take.

    Attributes:
        used: How many there are now.
    """

    def __init__(self, used: int, most: int, use: Callable[[int], object]) -> None:
        """Begin.

        Args:
            used: The number that is set.
            most: That may be set.
            use: Sets a number.
        """
        self.used = used
        self._most, self._set = max(used, most), use
        self._recent: deque[float] = deque(maxlen=RECENT)
        self._best: float | None = None  # seconds of a step with this number
        self._before: tuple[int, float] | None = None  # while another number is tried: the one before, and its seconds
        self._since, self._wait = 0.0, WAIT  # seconds since the last try, and before the next

    def took(self, seconds: float) -> None:
        """Note how long a step took, and change the number where that may help."""
        self._recent.append(seconds)
        self._since += seconds
        if len(self._recent) < RECENT:
            return
        now = statistics.median(self._recent)
        if self._before is not None:
            self._judge(now, *self._before)
            return
        self._best = min(now, self._best or now)
        if self.used > 1 and now > SLOWER * self._best:
            if self._since >= min(self._wait, LONGEST_WHERE_SLOW):
                self._try(self.used // 2, now)
        elif self.used < self._most and self._since >= self._wait:
            self._try(min(2 * self.used, self._most), now)

    def _try(self, number: int, now: float) -> None:
        self._before = (self.used, now)
        self._use(number)

    def _judge(self, now: float, used: int, seconds: float) -> None:
        """Keep the number that was tried, and try one further that way; or go back to the one before."""
        self._before = None
        if now * CLEARLY < seconds:
            self._wait, self._best = WAIT, now
            further = self.used // 2 if self.used < used else 2 * self.used
            if 1 <= further <= self._most:
                self._try(further, now)
        else:
            self._wait, self._best = min(2 * self._wait, LONGEST_WAIT), seconds
            self._use(used)
        self._since = 0.0

    def _use(self, number: int) -> None:
        self.used = number
        self._set(number)
        self._recent.clear()
