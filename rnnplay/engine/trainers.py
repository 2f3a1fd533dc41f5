"""Trainers in the background: processes of their own that outlive whoever starts them."""

import os
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from rnnplay import files, places
from rnnplay.engine import spawning
from rnnplay.errors import storage_error
from rnnplay.runs import folder
from rnnplay.runs.folder import Run

DETACHED = "RNNPLAY_DETACHED"  # set for them: as soon as its run stands, a trainer's words go to the run's log
WORDS = 1 << 14  # bytes of what a trainer said that are of interest
PROBE = 1 << 12  # bytes that a disk takes unless it is full


class Trainer:
    """A trainer that was started here, by its process.

    Attributes:
        run: What it trains; its folder doesn't stand before the trainer has made it.
    """

    def __init__(self, run: Run, arguments: Sequence[str], *, reads_stdin: bool = False) -> None:
        """Start `rnnplay ARGUMENTS`.

        Raises:
            UserError: It can't be started, or its words can't be kept.
        """
        self.run = run
        self._log_before = files.size(run.log)
        try:
            run.folder.parent.mkdir(parents=True, exist_ok=True)
            number, path = tempfile.mkstemp(dir=run.folder.parent, prefix=".words-")
            self._words: BinaryIO = Path(path).open("rb")  # noqa: SIM115 - for as long as this lives
            with suppress(PermissionError):  # Windows lets nobody remove an open file
                Path(path).unlink()
            with os.fdopen(number, "wb") as words:
                self._child = subprocess.Popen(  # noqa: S603 - our own program
                    spawning.command("rnnplay", *arguments),
                    stdin=None if reads_stdin else subprocess.DEVNULL,
                    stdout=words,
                    stderr=subprocess.STDOUT,
                    env=spawning.environment(**{DETACHED: "1"}),
                    **spawning.own_session(),
                )
        except OSError as error:
            raise storage_error(run.folder, error) from error
        # Someone takes note of the end whenever it comes, so that no zombie stays, whether anyone asks or not.
        threading.Thread(target=self._child.wait, daemon=True).start()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._child.pid

    def poll(self) -> int | None:
        """Return its exit code, negative for a signal, or None while it works."""
        return self._child.poll()

    def words(self) -> str:
        """Return the last of what it said so far."""
        return (_tail(self._words) + self._logged()).decode(errors="replace")

    def failure(self) -> str:
        """Return in a sentence why it ended before its run began.

        Raises:
            UserError: Its own words are lost, and nothing can be written where it would have made its run.
        """
        words = self.words()
        last = words.strip().split("\n")[-1]
        if last.startswith("error: ") and words.endswith("\n"):
            return last.removeprefix("error: ")
        try:
            with tempfile.TemporaryFile(dir=self.run.folder.parent) as probe:
                probe.write(bytes(PROBE))
        except OSError as error:
            raise storage_error(self.run.folder.parent, error) from error
        if last and not last.endswith("\u2026"):  # which says what it was doing
            return last
        return f"The trainer ended before it began, with exit code {self.poll()}."

    def _logged(self) -> bytes:
        try:
            with self.run.log.open("rb") as log:
                return _tail(log, self._log_before)
        except OSError:
            return b""


def start(spec: str, arguments: Sequence[str], name: str) -> Trainer:
    """Start a training of a new run.

    Args:
        spec: The text: a catalogue name, a file, a folder or a glob.
        arguments: Options of `rnnplay train`.
        name: The run's.

    Raises:
        UserError: The name is taken or none for a run, or there is no writing.
    """
    run = Run(places.runs_folder() / folder.checked_name(name))
    return Trainer(run, ["train", *arguments, "--name", name, "--", spec])


def resume(run: Run, arguments: Sequence[str] = ()) -> Trainer:
    """Start a trainer that goes on with a run.

    Raises:
        UserError: There is no writing.
    """
    return Trainer(run, ["train", *arguments, "--resume", str(run.folder)])


def _tail(file: BinaryIO, start: int = 0) -> bytes:
    """Return the last bytes of a file, none before `start`."""
    file.seek(max(file.seek(0, os.SEEK_END) - WORDS, start))
    return file.read()
