"""How many threads a training computes with, and how they wait for each other, beside other programs.

Threads wait for each other many times in a step, so that where one of them has to share its processor all are held up:
beside one busy program two threads that spin read 8,000 characters a second, two that don't 20,000, and one thread
23,000; alone 44,000, 34,000 and 26,000 (`docs/speed.md`). How they wait changes no result, and is always adapted. How
many there are does, so that it is only where nobody counts on the same result again.
"""

import contextlib
import statistics
import time
from collections import deque
from collections.abc import Callable, Iterator

import torch

from rnnplay.model.spin_control import SpinControl
from rnnplay.training.config import Budget
from rnnplay.training.trainer import Trainer
from rnnplay.training.trial import usual_threads

RECENT = 5  # steps, whose median tells how long one takes now
SLOWER = 1.5  # times as long as it took at best: then fewer threads are tried
CLEARLY = 1.1  # times as fast as before, for another number to be kept
WAIT = 2.0  # seconds between two tries at first; twice as many after each that changed nothing, …
LONGEST_WAIT, LONGEST_WHERE_SLOW = 15.0, 4.0  # … up to these: to try more threads, and to try fewer


@contextlib.contextmanager
def adapted_step(trainer: Trainer, budget: Budget) -> Iterator[Callable[[float], None]]:
    """Provide the trainer's step, adapted on a CPU to what else the machine does.

    Spinning is always adapted; the number of threads with a budget in minutes, where the machine's speed decides over
    the result in any case.
    """
    config, threads = trainer.config, None
    if config.device == "cpu" and config.threads and budget.unit == "minutes" and trainer.ranks.size == 1:
        threads = Threads(config.threads, usual_threads(), torch.set_num_threads)
    with SpinControl.for_device(config.device) as spin:

        def step(spent: float) -> None:
            start = time.perf_counter()
            with spin.measure():
                trainer.step(spent)
            if threads is not None:
                threads.record(time.perf_counter() - start)

        yield step


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

    def record(self, seconds: float) -> None:
        """Take into account how long a step took, and change the number where that may help."""
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
