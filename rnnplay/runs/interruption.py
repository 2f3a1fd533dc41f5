"""Requests that don't come from the run's folder: a signal asks a training to stop. And several inboxes as one."""

import signal
from collections.abc import Callable, Iterable, Sequence
from types import FrameType, TracebackType
from typing import TypeAlias

from rnnplay.runs.requests import new_id
from rnnplay.training.control import Inbox, Request, Stop

Handlers: TypeAlias = "dict[int, signal._HANDLER]"  # by the signal's number


class Inboxes:
    """Several inboxes as one."""

    def __init__(self, inboxes: Sequence[Inbox]) -> None:
        self._inboxes = inboxes

    def poll(self) -> list[Request]:
        """Return the new requests of all."""
        return [request for inbox in self._inboxes for request in inbox.poll()]


def set_handlers(names: Iterable[str], handler: Callable[[int, FrameType | None], object]) -> Handlers:
    """Let signals be handled, but for those that are ignored, and return what handled them before.

    Args:
        names: Of the signals; one that this platform lacks is left out.
        handler: Gets the signal's number and the stack.
    """
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    before = {number: handled for number, handled in before.items() if handled is not signal.SIG_IGN}
    for number in before:
        signal.signal(number, handler)
    return before


def restore_handlers(before: Handlers) -> None:
    """Let signals be handled as before `set_handlers`."""
    for number, handler in before.items():
        signal.signal(number, signal.SIG_DFL if handler is None else handler)  # None: not one of Python's


class Interruption:
    """Ctrl-C, SIGTERM, a closed terminal: the first is a request to stop, the second raises KeyboardInterrupt.

    A signal that is ignored stays ignored: `nohup` ignores SIGHUP for the program that it starts, and a shell without
    job control ignores SIGINT for those in its background.
    """

    def __init__(self) -> None:
        self.happened = False
        self._told = False
        self._before: Handlers = {}

    def __enter__(self) -> "Interruption":
        self._before = set_handlers(("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"), self._caught)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        restore_handlers(self._before)

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
