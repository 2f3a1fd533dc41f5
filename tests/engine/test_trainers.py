"""Trainers that are started in the background."""

import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from rnnplay import places
from rnnplay.cli.detached import NICENESS
from rnnplay.engine import trainers
from rnnplay.engine.trainers import Trainer
from rnnplay.errors import UserError
from rnnplay.runs import folder, log
from rnnplay.runs.folder import Run
from rnnplay.training.events import Finished, Progress
from tests.training.tiny import made_text

TINY = ("--hidden", "8", "--embed", "4", "--batch", "4", "--seq-len", "8", "--precision", "fp32", "--device", "cpu")
HOURS = ("--minutes", "600")

Found = TypeVar("Found")


def waited(look: Callable[[], Found | None]) -> Found:
    """Look until there is something."""
    deadline = time.monotonic() + 120
    while not (found := look()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)
    return found


def ended(trainer: Trainer) -> int:
    waited(lambda: trainer.poll() is not None)
    return trainer.poll() or 0


def finished(run: Run) -> Finished | None:
    return next((event for event in log.tail(run.events)[-1:] if isinstance(event, Finished)), None)


@pytest.fixture
def text(home: Path, tmp_path: Path) -> str:
    path = tmp_path / "-text [b].txt"
    path.write_text(made_text(), encoding="utf-8")
    return str(path)


@pytest.fixture
def training(text: str) -> Iterator[Trainer]:
    """One that would go on for hours."""
    trainer = trainers.start(text, [*TINY, *HOURS], "run")
    waited(lambda: any(isinstance(event, Progress) for event in log.tail(trainer.run.events)))
    yield trainer
    if trainer.poll() is None:
        os.kill(trainer.pid, signal.SIGKILL)
    ended(trainer)


@pytest.mark.skipif(sys.platform != "linux", reason="looks at threads in /proc")
def test_every_thread_of_a_training_lets_others_go_first(training: Trainer) -> None:
    threads = Path(f"/proc/{training.pid}/task").iterdir()
    niceness = {os.getpriority(os.PRIO_PROCESS, int(thread.name)) for thread in threads}
    assert niceness == {min(os.getpriority(os.PRIO_PROCESS, 0) + NICENESS, 19)}


def test_a_training_is_begun_with_its_options_and_its_name(text: str) -> None:
    trainer = trainers.start(text, [*TINY, "--steps", "7"], "mine")
    assert trainer.run == Run(places.runs_folder() / "mine")
    assert trainer.poll() is None
    assert ended(trainer) == 0
    end = finished(folder.named("mine"))
    assert end is not None
    assert end.step == 7
    assert folder.named("mine").card().config.model.hidden_size == 8


def test_a_text_in_the_working_folder_whose_name_looks_like_an_option_is_taken(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(text).parent)
    trainer = trainers.start(Path(text).name, [*TINY, "--steps", "2"], "mine")
    assert ended(trainer) == 0, trainer.words()


def test_what_it_does_is_told_from_the_first_word_to_the_last(text: str) -> None:
    trainer = trainers.start(text, [*TINY, "--steps", "2"], "mine")
    words = waited(trainer.words)
    assert words.startswith("reading the text")
    ended(trainer)
    told = trainer.words()
    assert "counting baselines" in told
    assert "rnnplay sample mine" in told
    assert told.strip().split("\n")[-1].startswith("More of it")
    assert "counting" not in trainer.run.log.read_text(encoding="utf-8")  # that was before there was a run


def test_one_that_cannot_begin_ends_with_a_sentence_and_leaves_nothing(text: str) -> None:
    trainer = trainers.start("nothing.txt", TINY, "mine")
    assert ended(trainer) == 2
    assert trainer.words().strip().split("\n")[-1].startswith("error: 'nothing.txt'")
    assert list(places.runs_folder().iterdir()) == []


@pytest.mark.parametrize("name", ["a/b", "", "-x", "x" * 101])
def test_a_name_that_no_run_may_have_is_refused_before_anything_is_started(text: str, name: str) -> None:
    with pytest.raises(UserError):
        trainers.start(text, TINY, name)


def test_where_nothing_can_be_written_nothing_is_started(text: str, home: Path) -> None:
    home.mkdir()
    (home / "runs").write_text("a file", encoding="utf-8")
    with pytest.raises(UserError, match="can't be used"):
        trainers.start(text, TINY, "mine")


@pytest.mark.parametrize("room", [0, 40, 300])
def test_a_full_disk_is_told_also_where_it_takes_no_words(text: str, room: int) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    places.runs_folder().mkdir(parents=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        trainer = trainers.start(text, [*TINY, "--steps", "5"], "mine")
        assert ended(trainer) != 0
        try:
            failure = trainer.failure()
        except UserError as error:
            failure = str(error)
        assert "the disk is full" in failure
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_training_is_gone_on_with_and_tells_what_it_says_now(training: Trainer) -> None:
    os.kill(training.pid, signal.SIGTERM)
    assert ended(training) == 130
    end = finished(training.run)
    assert end is not None
    again = trainers.resume(training.run, ["--steps", str(end.step + 3)])
    assert "reading the text" not in again.words()
    assert ended(again) == 0, again.words()
    assert "taking up the run" in again.words()
    later = finished(training.run)
    assert later is not None
    assert later.step == end.step + 3


def test_one_that_is_killed_says_by_what(training: Trainer) -> None:
    os.kill(training.pid, signal.SIGKILL)
    assert ended(training) == -signal.SIGKILL
    assert not training.run.is_training()


def test_it_has_a_session_of_its_own_so_that_closing_the_terminal_does_not_end_it(training: Trainer) -> None:
    assert os.getsid(training.pid) == training.pid != os.getsid(0)


@pytest.mark.skipif(sys.platform == "win32", reason="another way of saying it")
def test_it_lets_programs_go_first_that_a_person_waits_for(training: Trainer) -> None:
    assert os.getpriority(os.PRIO_PROCESS, training.pid) > os.getpriority(os.PRIO_PROCESS, 0)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
def test_one_that_nobody_asks_after_leaves_no_zombie(text: str) -> None:
    trainer = trainers.start("nothing.txt", TINY, "mine")
    place = Path(f"/proc/{trainer.pid}")
    del trainer
    gc.collect()
    waited(lambda: not place.exists())
