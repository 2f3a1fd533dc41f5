"""Requests that don't come from the run's folder: a signal asks a training to stop. And several inboxes as one."""

import signal
from collections.abc import Sequence
from types import FrameType, TracebackType

from rnnplay.runs.requests import new_id
from rnnplay.training.control import Inbox, Request, Stop


class Inboxes:
    """Several inboxes as one."""

    def __init__(self, inboxes: Sequence[Inbox]) -> None:
        self._inboxes = inboxes

    def poll(self) -> list[Request]:
        """Return the new requests of all."""
        return [request for inbox in self._inboxes for request in inbox.poll()]


class Interruption:
    """Ctrl-C, SIGTERM, a closed terminal: the first is a request to stop, the second raises KeyboardInterrupt.

    A signal that is ignored stays ignored: `nohup` ignores SIGHUP for the program that it starts, and a shell without
    job control ignores SIGINT for those in its background.
    """

    def __init__(self) -> None:
        self.happened = False
        self._told = False
        self._before: dict[int, signal._HANDLER] = {}

    def __enter__(self) -> "Interruption":
        names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # the last two are not on every platform
        numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
        before = {number: signal.getsignal(number) for number in numbers}
        self._before = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}
        for number in self._before:
            signal.signal(number, self._caught)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)  # None: not one of Python's

    def _caught(self, _number: int, _frame: FrameType | None) -> None:
        if self.happened:
            raise KeyboardInterrupt
        self.happened = True

    def poll(self) -> list[Request]:
        """Return a request to stop, once, after the first signal."""
        if not self.happened or self._told:
            return []
        self._told = True
        return [Stop(new_id())]
