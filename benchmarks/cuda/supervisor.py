"""Run rows in a worker process, so that a crash, a hang or a broken GPU context costs one row and no more."""

import json
import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, Self

MOST_LINES = 20  # of the worker's standard error
ENDED = "ended"  # what the worker says after an error after which a fresh one should go on

Verdict = Literal["ok", "FAIL", "skip"]


@dataclass(frozen=True)
class Row:
    """One thing to check.

    Attributes:
        seconds: After which the row counts as hung.
    """

    name: str
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """What a row came to.

    Attributes:
        text: Figures, or what was expected and what came, or why it was skipped; one line.
        seconds: It took.
    """

    verdict: Verdict
    text: str
    seconds: float = 0.0


class Worker:
    """A process that is given the name of a row a line and answers with a line of JSON: `verdict` and `text`.

    It is started when there is something to do, and again after it has ended or was killed.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[str | None] = queue.Queue()
        self._folder = tempfile.TemporaryDirectory()
        self._stderr = Path(self._folder.name, "stderr")
        self._stderr.touch()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._kill()
        self._folder.cleanup()

    def run(self, row: Row, left: float) -> Outcome:
        """Check one row.

        Args:
            row: Which.
            left: Seconds of the total that are left; a row that may need more is skipped.
        """
        if row.seconds > left:
            return Outcome("skip", f"it may take {row.seconds:.0f} s, and {max(left, 0):.0f} s are left")
        begun = time.monotonic()
        answer = self._ask(row)
        return Outcome(*answer, time.monotonic() - begun)

    def stderr_lines(self) -> list[str]:
        """Return the different lines that the worker wrote to its standard error, the last ones."""
        return self._read_stderr(0)[-MOST_LINES:]

    def _ask(self, row: Row) -> tuple[Verdict, str]:
        process = self._running()
        written = self._stderr.stat().st_size
        assert process.stdin is not None
        with suppress(OSError):  # it has ended: the answer says so
            process.stdin.write(row.name + "\n")
            process.stdin.flush()
        try:
            line = self._answers.get(timeout=row.seconds)
        except queue.Empty:
            self._kill()
            return "FAIL", f"expected an answer within {row.seconds:.0f} s, got none; its process was killed"
        if line is None:
            process.wait()
            last = "".join(self._read_stderr(written)[-1:]) or "nothing on standard error"
            self._kill()
            return "FAIL", f"expected an answer, got the end of its process (code {process.returncode}): {last}"
        answer = json.loads(line)
        if answer.get(ENDED):
            self._kill()
        return answer["verdict"], answer["text"]

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            with self._stderr.open("ab") as stderr:
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=stderr,
                    text=True,
                    encoding="utf-8",
                    cwd=Path(__file__).parents[2],
                    start_new_session=True,  # so that what it has started ends with it
                )
            self._answers = queue.Queue()
            reading = (self._process.stdout, self._answers)
            threading.Thread(target=_pass_on, args=reading, daemon=True).start()
        return self._process

    def _kill(self) -> None:
        if self._process is None:
            return
        with suppress(OSError):
            if os.name == "posix":
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                if stream is not None:
                    stream.close()
        self._process = None

    def _read_stderr(self, since: int) -> list[str]:
        text = self._stderr.read_bytes()[since:].decode(errors="replace")
        lines = [line.strip() for line in text.splitlines()]
        return list(dict.fromkeys(line for line in lines if line))


def _pass_on(lines: "IO[str] | Iterable[str]", answers: "queue.Queue[str | None]") -> None:
    """Put each line into the queue, and None at the end."""
    with suppress(OSError, ValueError):  # closed after the process was killed
        for line in lines:
            answers.put(line)
    answers.put(None)
