"""Training in the background: a process of its own that outlives the terminal."""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import typer

from rnnplay import places
from rnnplay.cli import options, train_options
from rnnplay.engine.trainers import Trainer
from rnnplay.errors import storage_error
from rnnplay.runs import folder, names
from rnnplay.runs.folder import Run
from rnnplay.runs.log import Follower
from rnnplay.training.events import Started

POLL_EVERY = 0.1  # seconds
NICENESS = 10  # of a trainer in the background


def start(given: Mapping[str, Any], arguments: Sequence[str]) -> None:
    """Start a trainer with the same arguments, wait until its run stands, and say how to follow it.

    Raises:
        UserError: There is no such run, or no writing.
        typer.Exit: The trainer ended before it began; its own words and exit code are passed on.
    """
    gives_way = train_options.gives_way(given, detached=True)
    rest = [argument for argument in arguments if argument != "--detach"]
    if given["resume"]:
        run = folder.named(given["resume"])
    else:
        name = folder.checked_name(given["name"]) if given["name"] else names.new_name()
        run = Run(places.runs_folder() / name)
        if not given["name"]:
            rest = [rest[0], "--name", name, *rest[1:]]
    follower = Follower.from_now(run.events)
    trainer = Trainer(run, rest, reads_stdin=given["corpus"] == "-")
    while not any(isinstance(event, Started) for event in follower.poll()):
        code = trainer.poll()
        if code is not None:
            options.say(f"error: {trainer.failure()}")
            raise typer.Exit(code)
        time.sleep(POLL_EVERY)
    options.say(f"'{run.name}' trains in the background. rnnplay runs watch {run.name} follows it.")
    if gives_way and sys.platform != "win32":
        options.say("It gives way to other programs; with '--priority normal' it competes with them.")
    options.put(run.name)


def give_way() -> None:
    """Let programs that a person waits for go first: this process takes all that they leave."""
    linux, threads = sys.platform == "linux", [0]
    with suppress(OSError):  # there may be no such folder
        threads = [int(task.name) for task in Path("/proc/self/task").iterdir()]
    for thread in threads if sys.platform != "win32" else []:  # on Linux each has a priority of its own
        with suppress(OSError):
            niceness = os.getpriority(os.PRIO_PROCESS, thread) + NICENESS
            os.setpriority(os.PRIO_PROCESS, thread, min(niceness, 19))
            if linux:  # they wake each other many times a second, and then push nobody aside
                os.sched_setscheduler(thread, os.SCHED_BATCH, os.sched_param(0))
    with suppress(OSError):  # Linux may share the processors among sessions first, and this one is its own
        Path("/proc/self/autogroup").write_text(str(NICENESS), encoding="utf-8")


def redirect(run: Run) -> None:
    """Let everything that this process prints from now on go to the run's log."""
    try:
        with run.log.open("ab") as log:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
                os.dup2(log.fileno(), stream.fileno())
    except OSError as error:
        raise storage_error(run.log, error) from error
