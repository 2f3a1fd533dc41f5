"""A repair of Textual 8.2: a terminal that is gone doesn't block the app.

The thread that writes to the terminal ends with its first error, and whoever writes then waits forever for space in
its queue: an app whose terminal was closed would never end.
"""

import sys
from contextlib import suppress

from textual.driver import Driver
from textual.drivers._writer_thread import WriterThread


class PatientWriter(WriterThread):
    """Writes to the terminal; once that fails, discards what is left to write."""

    def run(self) -> None:
        """Write until `stop`."""
        with suppress(OSError, ValueError):  # ValueError: the file was closed
            super().run()
            return
        while self._queue.get() is not None:
            pass


def install(driver: type[Driver]) -> None:
    """Let a driver write by `PatientWriter`; one that writes in another way is left as it is."""
    for name in (driver.__module__, "textual.drivers.win32", "textual.drivers.windows_driver"):
        module = sys.modules.get(name)
        if module is not None and "WriterThread" in vars(module):
            vars(module)["WriterThread"] = PatientWriter
