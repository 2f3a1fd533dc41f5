"""`kill -9` at any moment: the run opens, samples and goes on exactly."""

import json
import math
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rnnplay import session
from rnnplay.model.checkpoint import Checkpoint
from rnnplay.runs import folder
from rnnplay.runs.folder import Run
from rnnplay.runs.log import Follower
from rnnplay.training.events import Event, Finished, Saved, Started
from tests.cli.process import Command, ran
from tests.training.tiny import assert_same_training, kept, kept_record, made_text

STEPS = 150
SETTINGS = ("--hidden", "48", "--embed", "8", "--batch", "8", "--seq-len", "32", "--dropout", "0.2", "--min-count", "2")
ON = ("--precision", "fp32", "--device", "cpu", "--quiet")


@pytest.fixture(scope="module")
def train(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    text = tmp_path_factory.mktemp("text") / "text.txt"
    text.write_text(made_text(), encoding="utf-8")
    return ("train", str(text), *SETTINGS, *ON, "--steps", str(STEPS))


@pytest.fixture(scope="module")
def whole(train: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """What a training that nobody kills comes to."""
    home = tmp_path_factory.mktemp("home")
    assert ran(*train, "--name", "whole", environment={"RNNPLAY_HOME": str(home)}).code == 0
    return kept(Run(home / "runs" / "whole"))


def assert_unharmed(name: str, whole: Checkpoint, copy: Path) -> None:
    """Look at what a kill left; if there is a run, sample from it, and let a copy of it go on to its end."""
    assert ran("runs", "list").code == 0
    if name not in {run.name for run in folder.all_runs()}:
        return
    assert ran("sample", name, "--length", "20").code == 0
    shutil.copytree(folder.named(name).folder, copy)
    if kept_record(Run(copy)).step < STEPS:
        *_, end = session.resume(Run(copy)).events()
        assert isinstance(end, Finished)
    assert_same_training(kept(Run(copy)), whole)


def killed(command: Command) -> None:
    command.process.kill()
    command.process.join()


def killed_in_training(command: Command, run: Path, sittings: int, since: type[Event], after: float) -> None:
    """Kill a trainer some seconds after the first event of a kind in this sitting; it saves as fast as it can."""
    begun, deadline = 0, math.inf
    follower = Follower(run / "events.jsonl")
    while command.runs and time.monotonic() < deadline:
        for event in follower.poll():
            begun += isinstance(event, Started)
            if begun == sittings and isinstance(event, since):
                deadline = min(deadline, time.monotonic() + after)
        if begun == sittings:
            with (run / "control.jsonl").open("ab") as file:
                file.write(json.dumps({"type": "save", "id": "x"}).encode() + b"\n")
        time.sleep(0.005)
    killed(command)


def test_a_training_that_is_killed_at_a_dozen_moments_goes_on_exactly(
    train: tuple[str, ...], whole: Checkpoint, home: Path, tmp_path: Path
) -> None:
    moments = random.Random(1)
    for number in range(5):  # before there is a run, while it is made, and just after
        command = Command(*train, "--name", f"early-{number}")
        time.sleep(moments.uniform(0.0, 0.3))
        killed(command)
        assert_unharmed(f"early-{number}", whole, tmp_path / f"early-{number}")
    steps, command = [], Command(*train, "--name", "run")
    for number in range(1, 8):  # by turns before and after something of a sitting was saved
        since = Started if number % 2 else Saved
        killed_in_training(command, home / "runs" / "run", number, since, moments.uniform(0.0, 0.25))
        assert_unharmed("run", whole, tmp_path / f"copy-{number}")
        steps.append(kept_record(folder.named("run")).step)
        if steps[-1] < STEPS:
            command = Command("train", "--resume", "run", "--quiet")
    command.wait()
    assert steps == sorted(steps)
    assert len(set(steps)) > 1, steps
    assert_same_training(kept(folder.named("run")), whole)


def test_a_real_process_that_is_killed_leaves_a_run_that_goes_on_exactly(
    train: tuple[str, ...], whole: Checkpoint, home: Path, tmp_path: Path
) -> None:
    real = subprocess.Popen(
        [sys.executable, "-m", "rnnplay", *train, "--name", "run"], env=dict(os.environ), stderr=subprocess.DEVNULL
    )
    while real.poll() is None and not (home / "runs" / "run" / "best.safetensors").exists():
        time.sleep(0.001)
    real.send_signal(signal.SIGKILL)
    assert real.wait() == -signal.SIGKILL
    assert_unharmed("run", whole, tmp_path / "copy")
