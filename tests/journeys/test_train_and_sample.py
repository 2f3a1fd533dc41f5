"""From a text to a text, as someone would type it."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from rnnplay.cli.detached import NICENESS
from rnnplay.runs import folder, log
from rnnplay.runs.store import RunStore
from rnnplay.training.events import Finished
from tests.cli.process import ran
from tests.training.tiny import kept_record, made_text

TINY = ("--hidden", "8", "--embed", "4", "--batch", "4", "--seq-len", "8", "--precision", "fp32", "--device", "cpu")


@pytest.fixture
def text(home: Path, tmp_path: Path) -> str:
    path = tmp_path / "my text [1].txt"
    path.write_text(made_text(), encoding="utf-8")
    return str(path)


def test_a_newcomer_trains_samples_scores_and_goes_on(text: str) -> None:
    command = [sys.executable, "-m", "rnnplay", "train", text, *TINY, "--steps", "40"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    (more,) = (line for line in done.stderr.splitlines() if "rnnplay sample" in line)
    sampled = ran(*shlex.split(more.partition("rnnplay ")[2]))
    assert sampled.code == 0
    assert len(sampled.out) > 1900
    (run,) = folder.all_runs()
    assert ran("eval", run.name).code == 0
    assert ran("train", "--resume", run.name).refuses()
    assert ran("train", "--resume", run.name, "--steps", "60", "--quiet").code == 0
    assert kept_record(run).step == 60
    assert run.name in ran("runs", "list").out


def test_minutes_are_enough_and_the_choice_is_explained_recorded_and_repeated(text: str) -> None:
    done = ran("train", text, "--minutes", "0.02", "--device", "cpu", "--name", "chosen")
    assert done.code == 0, done.err
    assert "Chosen for 0.02 minutes on this machine and " in done.err
    config = folder.named("chosen").card().config
    assert (config.free, config.precision != "auto", config.threads is not None) == ((), True, True)
    assert f"{config.model.hidden_size} units" in done.err
    recipe = shlex.split(ran("runs", "show", "chosen", "--recipe").out)
    assert ran(*recipe[1:], "--name", "again").code == 0
    again = folder.named("again").card().config
    assert (again.model, again.learning_rate) == (config.model, config.learning_rate)
    assert "Chosen" not in ran("train", "--resume", "again", "--minutes", "0.04").err


def test_a_detached_training_gives_its_name_and_goes_on_by_itself(text: str) -> None:
    begun = ran("train", text, *TINY, "--minutes", "600", "--detach")
    name = begun.out.strip()
    assert (begun.code, begun.out) == (0, f"{name}\n"), begun
    assert f"rnnplay runs watch {name}" in begun.err
    assert "It gives way to other programs; with '--priority normal'" in begun.err
    run = folder.named(name)
    owner = run.owner()
    assert owner is not None
    assert owner.niceness == min(os.getpriority(os.PRIO_PROCESS, 0) + NICENESS, 19)
    assert run.is_training()
    ran("runs", "stop", name)
    assert ran("runs", "watch", name).code == 0
    end = log.read(run.events)[-1]
    assert isinstance(end, Finished)
    assert end.reason == "stopped"
    assert "x8, " in run.log.read_text(encoding="utf-8")


def test_a_detached_training_at_normal_priority_gives_way_to_nobody(text: str) -> None:
    begun = ran("train", text, *TINY, "--minutes", "600", "--detach", "--priority", "normal")
    assert begun.code == 0, begun
    assert "gives way" not in begun.err
    run = folder.named(begun.out.strip())
    owner = run.owner()
    assert owner is not None
    assert owner.niceness == os.getpriority(os.PRIO_PROCESS, 0) == os.getpriority(os.PRIO_PROCESS, owner.pid)
    ran("runs", "stop", run.name)
    assert ran("runs", "watch", run.name).code == 0


def test_any_training_can_give_way_and_no_priority_is_made_up(text: str) -> None:
    assert ran("train", text, *TINY, "--steps", "5", "--name", "low", "--priority", "low").code == 0
    owner = folder.named("low").owner()
    assert owner is not None
    assert owner.niceness == min(os.getpriority(os.PRIO_PROCESS, 0) + NICENESS, 19)
    for more in ([], ["--detach"]):
        outcome = ran("train", text, *TINY, "--priority", "high", *more)
        assert outcome.refuses(), outcome
        assert "--priority must be low or normal, not 'high'." in outcome.err


def test_a_detached_training_that_cannot_begin_says_why(home: Path) -> None:
    for wrong, why in ((["nosuch.txt"], "is not a file"), (["--steps", "0"], "--steps must be above 0")):
        outcome = ran("train", *wrong, "--detach")
        assert outcome.refuses(), outcome
        assert why in outcome.err
    assert folder.all_runs() == []


def test_a_run_in_training_is_not_taken_up_by_a_detached_trainer(text: str) -> None:
    assert ran("train", text, *TINY, "--steps", "5", "--name", "run", "--quiet").code == 0
    with RunStore(folder.named("run")):
        outcome = ran("train", "--resume", "run", "--steps", "9", "--detach")
    assert outcome.refuses()
    assert "is being trained already" in outcome.err
