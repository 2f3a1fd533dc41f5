"""How long torch's threads spin while they wait for each other.

torch's threads on Linux are those of GNU OpenMP. One that waits for the others looks again and again (it spins), for
some milliseconds, before it sleeps. Alone on a machine that is fastest, as waking a thread takes a while; beside
another busy program the spinning thread holds the processor that the others need, and a training is up to ten times
slower. The length is read from the environment when torch is loaded, and can't be set later. But as soon as there are
more OpenMP threads than processors, the library itself spins much shorter (its manual, under `GOMP_SPINCOUNT`). So a
team of idle threads switches short spinning on, and its end switches it off. Results don't depend on it.
"""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Protocol, Self

import torch

WINDOW = 0.15  # seconds of work that are judged together
TAKEN = 0.3  # processors that other programs take from this one, from which on it isn't alone
WAIT, LONGEST_WAIT = 1.0, 8.0  # seconds of work before long spinning is tried again: at first, and after many tries
ELEMENTS_A_THREAD = 1 << 15  # that torch gives each thread at least


class Switch(Protocol):
    """What turns short spinning on and off."""

    def __call__(self, *, short: bool) -> None:
        """Turn it on or off."""
        ...


class SpinControl:
    """Lets torch's threads spin while they have their processors to themselves, and shortly while they don't.

    A process that spins uses all of its processors unless another program takes one: its processor time tells.

    Attributes:
        short: Whether spinning is short now.
    """

    def __init__(self, switch: Switch | None) -> None:
        """Start with long spinning.

        Args:
            switch: Turns short spinning on and off; None where that can't be done, and nothing is.
        """
        self.short = False
        self._switch = switch
        self._threads = 0
        self._seconds = self._processor_seconds = 0.0  # in the current window
        self._rest, self._wait = 0.0, WAIT  # seconds before the next try, and before the one after it

    @classmethod
    def for_device(cls, device: str) -> Self:
        """Return one for this process, where it computes on a CPU and GNU OpenMP waits as it does by default."""
        chosen = any(name in os.environ for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"))
        return cls(IdleTeam() if device == "cpu" and _processors() > 1 and not chosen else None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._set(short=False)

    @contextlib.contextmanager
    def measure(self) -> Iterator[None]:
        """Measure a piece of work, and adapt the spinning to it."""
        if self._switch is None:
            yield
            return
        start, processor_start = time.perf_counter(), time.process_time()
        yield
        seconds = time.perf_counter() - start
        self.record(seconds, time.process_time() - processor_start, torch.get_num_threads())

    def record(self, seconds: float, processor_seconds: float, threads: int) -> None:
        """Take into account that some work took so many seconds, and the whole process so many of its processors."""
        if threads != self._threads:  # another number of threads begins anew
            self._threads = threads
            self._set(short=False)
        if threads == 1:  # nobody to wait for
            return
        self._seconds += seconds
        self._processor_seconds += processor_seconds
        if self._seconds < WINDOW:
            return
        if self.short:
            self._rest -= self._seconds
            if self._rest <= 0:
                self._set(short=False)
        elif threads - self._processor_seconds / self._seconds > TAKEN:
            self._set(short=True)
            self._rest, self._wait = self._wait, min(2 * self._wait, LONGEST_WAIT)
        else:
            self._wait = WAIT
        self._seconds = self._processor_seconds = 0.0

    def _set(self, *, short: bool) -> None:
        self._seconds = self._processor_seconds = 0.0
        if short != self.short and self._switch is not None:
            self.short = short
            self._switch(short=short)


_forming = threading.Lock()  # torch's own number of threads is another meanwhile


class IdleTeam:
    """A team of OpenMP threads that does nothing, but makes them more than there are processors."""

    def __init__(self) -> None:
        self._end: Callable[[], None] | None = None

    def __call__(self, *, short: bool) -> None:
        """Form the team, or dissolve it."""
        if self._end is not None:
            self._end()
            self._end = None
        if short:
            self._end = self._form(_processors() + 1)

    def _form(self, size: int) -> Callable[[], None]:
        formed, dissolved = threading.Event(), threading.Event()

        def hold() -> None:
            try:
                torch.set_num_threads(size)
                torch.empty(size * ELEMENTS_A_THREAD).zero_()  # work for all: OpenMP keeps them for this thread's next
            finally:
                formed.set()
            dissolved.wait()

        holder = threading.Thread(target=hold, name="idle OpenMP team", daemon=True)
        with _forming:
            threads = torch.get_num_threads()
            holder.start()
            formed.wait()
            torch.set_num_threads(threads)  # the other thread has set torch's own number, too

        def end() -> None:
            dissolved.set()
            holder.join()

        return end


def _processors() -> int:
    """Count the processors that GNU OpenMP sees; none where torch's threads are another library's."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 0
