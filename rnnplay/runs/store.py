"""Writing a run: its lock, its checkpoints and its log, by the one process that trains it."""

import os
import socket
import sys
import time
from contextlib import suppress
from types import TracebackType
from typing import Literal

import msgspec
from filelock import FileLock, Timeout

from rnnplay import files
from rnnplay.errors import UserError, storage_error
from rnnplay.model import checkpoint as checkpoints
from rnnplay.model.checkpoint import Checkpoint
from rnnplay.runs.folder import LOCK_PATIENCE, Owner, Run
from rnnplay.runs.log import EventWriter
from rnnplay.training.events import Event


class RunStore:
    """The right to write a run, held from `with` to its end."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._lock = FileLock(run.folder / "lock", timeout=LOCK_PATIENCE)
        self._log: EventWriter | None = None

    def __enter__(self) -> "RunStore":
        """Take the lock.

        Raises:
            UserError: Another process has it, or the folder can't be written.
        """
        run = self.run
        if not run.folder.is_dir():  # the lock would make it anew
            raise UserError(f"'{run.folder}' can't be used: it is gone.")
        try:
            self._lock.acquire()
        except Timeout:
            owner = run.owner()
            who = f" (process {owner.pid} on {owner.host})" if owner else ""
            raise UserError(f"'{run.name}' is being trained already{who}; 'rnnplay runs watch' follows it.") from None
        except OSError as error:
            raise storage_error(run.folder, error) from error
        try:
            niceness = None if sys.platform == "win32" else os.getpriority(os.PRIO_PROCESS, 0)
            owner = Owner(os.getpid(), socket.gethostname(), time.time(), niceness)
            files.write_whole(run.folder / "owner.json", msgspec.json.encode(owner))
            self._clean()
            self._log = EventWriter(run.events)
        except OSError as error:
            self._lock.release()
            raise storage_error(run.folder, error) from error
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._log is not None:
            self._log.close()
        self._lock.release()

    def _clean(self) -> None:
        """Remove what a writer that was killed left half-written."""
        for path in self.run.folder.glob(".*.tmp"):
            with suppress(OSError):
                path.unlink()

    def save(self, checkpoint: Checkpoint, name: Literal["last", "best"]) -> None:
        """Keep a checkpoint.

        Raises:
            UserError: It can't be written; the one before is untouched.
        """
        path = self.run.checkpoint(name)
        try:
            checkpoints.save(path, checkpoint)
        except OSError as error:
            raise storage_error(path, error) from error

    def append(self, event: Event) -> None:
        """Record an event.

        Raises:
            UserError: It can't be written.
        """
        if self._log is not None:
            self._log.append(event)
