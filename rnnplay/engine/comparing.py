"""Comparing networks: with torch, which this process doesn't load, and therefore by a command of its own."""

import subprocess
import tempfile
import time
from contextlib import suppress

import msgspec

from rnnplay import files
from rnnplay.engine import spawning
from rnnplay.engine.protocol import Compare, Scored, Steps, Working
from rnnplay.errors import UserError
from rnnplay.runs.compare import Comparison

LOOK_EVERY = 0.1  # seconds
PARTING = 2.0  # seconds that a command which nobody waits for any more gets to end

_live: "set[subprocess.Popen[bytes]]" = set()  # commands that work now


def end_all() -> None:
    """End the commands that work now: nobody is left who waits for them."""
    for child in list(_live):
        with suppress(OSError):
            child.terminate()


def compared(question: Compare) -> Steps:
    """Score networks by `rnnplay runs compare`, which ends with whoever leaves this off.

    Raises:
        UserError: They can't be compared.
    """
    on = [] if question.corpus is None else [f"--on={question.corpus}"]
    command = spawning.command("rnnplay", "runs", "compare", "--json", *on, "--", *question.models)
    yield Working(f"scoring {len(question.models)} networks")
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as noted:
        child = subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=noted, env=spawning.environment()
        )
        begun = time.monotonic()
        _live.add(child)
        try:
            while child.poll() is None:
                time.sleep(LOOK_EVERY)
                yield Working(f"scoring {len(question.models)} networks, {time.monotonic() - begun:.0f} s")
        finally:
            child.terminate()
            with suppress(subprocess.TimeoutExpired):
                child.wait(PARTING)
            child.kill()
            _live.discard(child)
        if child.returncode < 0:
            raise UserError(f"The comparison was killed (signal {-child.returncode}): is there enough memory?")
        noted.seek(0)
        if child.returncode:
            raise UserError(_last_line(noted.read()) or f"The comparison ended with exit code {child.returncode}.")
        said.seek(0)
        try:
            yield Scored(msgspec.json.decode(said.read(), type=Comparison))
        except files.NO_JSON as error:
            raise UserError(f"The comparison can't be read: {error}.") from error


def _last_line(words: bytes) -> str:
    lines = words.decode("utf-8", "replace").strip().split("\n")
    return lines[-1].removeprefix("error: ")
