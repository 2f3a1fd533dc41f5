"""Training in the background: a process of its own that outlives the terminal."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import Any

import typer

from rnnplay import places
from rnnplay.cli import options
from rnnplay.errors import storage_error
from rnnplay.runs import folder, names
from rnnplay.runs.folder import Run
from rnnplay.runs.log import Follower
from rnnplay.training.events import Started

POLL_EVERY = 0.1  # seconds


def start(given: Mapping[str, Any], arguments: Sequence[str]) -> None:
    """Start a trainer with the same arguments, wait until its run stands, and say how to follow it.

    Raises:
        UserError: There is no such run, or no writing.
        typer.Exit: The trainer ended before it began; its own words and exit code are passed on.
    """
    rest = [argument for argument in arguments if argument != "--detach"]
    if given["resume"]:
        run = folder.named(given["resume"])
    else:
        name = folder.checked_name(given["name"]) if given["name"] else names.new_name()
        run = Run(places.runs_folder() / name)
        if not given["name"]:
            rest = [rest[0], "--name", name, *rest[1:]]
    follower = Follower(run.events)
    follower.poll()
    try:
        run.folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=run.folder.parent) as words:
            child = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "rnnplay", *rest],
                stdin=None if given["corpus"] == "-" else subprocess.DEVNULL,
                stdout=words,
                stderr=subprocess.STDOUT,
                env={**os.environ, options.DETACHED: "1"},
                **_own_session(),
            )
            while not any(isinstance(event, Started) for event in follower.poll()):
                if child.poll() is not None:
                    words.seek(0)
                    last = words.read().decode(errors="replace").strip().split("\n")[-1]
                    options.say(last or "error: the trainer ended before it began.")
                    raise typer.Exit(child.returncode)
                time.sleep(POLL_EVERY)
    except OSError as error:
        raise storage_error(run.folder, error) from error
    options.say(f"'{run.name}' trains in the background. rnnplay runs watch {run.name} follows it.")
    options.put(run.name)


def _own_session() -> dict[str, Any]:
    """Return what detaches a process from this terminal on this platform."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS}
    return {"start_new_session": True}


def redirect(run: Run) -> None:
    """Let everything that this process prints from now on go to the run's log."""
    try:
        with run.log.open("ab") as log:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
                os.dup2(log.fileno(), stream.fileno())
    except OSError as error:
        raise storage_error(run.log, error) from error
