"""Signals end the app, and the terminal is left as it was found.

Textual handles none of them: the terminal would be left without echo, on its alternate screen and reporting the mouse.
"""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any

from rnnplay.runs.interruption import Handlers, restore_handlers, set_handlers

PATIENCE = 8.0  # seconds to end in order; an app that hangs, or whose terminal is gone, is then ended by force
IMPATIENCE = 1.0  # the same after a second signal
RESTORING = 1.0  # seconds that a terminal gets to take `RESET`
RESET = (  # what Textual 8.2 sets: the mouse, focus, pastes, resizes, the keyboard; line wrap, cursor and main screen
    "\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l\x1b[?1004l\x1b[?2004l\x1b[?2048l\x1b[<u"
    "\x1b[?7h\x1b[?1049l\x1b[?25h"
)
MOUSE_PIXELS_OFF = b"\x1b[?1016l"  # which Textual 8.2 leaves set
NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK")  # the last three are not on every platform
HUNG_UP = 129  # the exit code of a program whose terminal was closed, as shells count


def is_hung_up() -> bool:
    """Whether the terminal is gone, which nothing else says where SIGHUP is ignored."""
    return sys.__stdin__ is None or not sys.__stdin__.isatty()


class EndingSignals:
    """While active, a signal asks the app to end, and ends the process where the app doesn't.

    A signal that is ignored stays ignored.
    """

    def __init__(self, end: Callable[[int], object]) -> None:
        """Set what ends the app: called once, in its event loop, with the exit code."""
        self._end = end
        self._before: Handlers = {}
        self._attributes: list[Any] | None = None
        self._forcing = threading.Lock()
        self._asked = False

    def __enter__(self) -> "EndingSignals":
        with suppress(ImportError, OSError, ValueError, AttributeError):
            import termios  # not on Windows

            with suppress(termios.error):
                self._attributes = termios.tcgetattr(sys.__stdin__.fileno())  # type: ignore[union-attr]
        self._before = set_handlers(NAMES, self._caught)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        restore_handlers(self._before)
        if self._attributes is not None:
            with suppress(OSError):
                os.write(2, MOUSE_PIXELS_OFF)

    def _caught(self, number: int, _frame: FrameType | None) -> None:
        code = 128 + number  # as shells count
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # the app hasn't begun, or has given the terminal back
            raise SystemExit(code) from None
        timer = threading.Timer(IMPATIENCE if self._asked else PATIENCE, self._force, (code,))
        timer.daemon = True
        timer.start()
        if not self._asked:
            self._asked = True
            loop.call_soon_threadsafe(self._end, code)

    def _force(self, code: int) -> None:
        """Reset the terminal, if it can be written, and end the process."""
        with self._forcing:
            thread = threading.Thread(target=self._restore, daemon=True)
            thread.start()
            thread.join(RESTORING)
            os._exit(code)

    def _restore(self) -> None:
        with suppress(OSError):
            os.write(2, RESET.encode())
        if self._attributes is not None:
            import termios

            with suppress(termios.error):
                termios.tcsetattr(0, termios.TCSANOW, self._attributes)
