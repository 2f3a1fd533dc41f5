"""Writing a run: by one process at a time, whole or not at all."""

import os
import shutil
import threading
from pathlib import Path

import pytest

from rnnplay.errors import UserError
from rnnplay.model import checkpoint as checkpoints
from rnnplay.runs import log
from rnnplay.runs.folder import Run
from rnnplay.runs.store import RunStore
from rnnplay.training.events import Evaluated, Noted, Progress, Saved
from tests.training.tiny import begun, eager, finished, kept, kept_record, resumed, settings, trainer, until

as_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions don't bind this user")


@pytest.fixture
def run(home: Path) -> Run:
    return begun("run", settings(5)).run


def test_a_second_writer_is_told_who_the_first_is(run: Run) -> None:
    with (
        RunStore(run) as store,
        pytest.raises(UserError, match=rf"'run' is being trained already \(process {os.getpid()} on "),
        RunStore(run),
    ):
        pass
    with RunStore(run) as store:
        store.append(Noted(1, "free again"))
    assert log.read(run.events) == [Noted(1, "free again")]


def test_a_second_trainer_is_refused_and_the_first_goes_on_unharmed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    eager(monkeypatch)
    current = begun("run")
    for event in current.events():
        if isinstance(event, Progress) and event.step == 20:
            with pytest.raises(UserError, match="'run' is being trained already"):
                resumed(current.run)
    alone = finished(begun("alone"))
    assert kept_record(current.run).step == 60
    reports = [event.step for event in log.read(current.run.events) if isinstance(event, Progress)]
    assert reports == list(range(1, 61))
    assert kept(current.run).tensors["head.bias"].tobytes() == kept(alone).tensors["head.bias"].tobytes()


def test_of_two_trainers_that_begin_at_once_the_later_is_refused(home: Path) -> None:
    run = begun("run", settings(5)).run
    one, other = resumed(run), resumed(run)
    events = one.events()
    next(iter(events))
    with pytest.raises(UserError, match="'run' is being trained already"):
        finished(other)
    list(events)
    assert kept_record(run).step == 5


def test_the_lock_is_given_back_when_a_training_ends_in_an_error(run: Run) -> None:
    events = resumed(run).events()
    next(events)
    events.close()  # type: ignore[attr-defined]
    assert not run.is_training()


def test_the_lock_is_given_back_when_a_training_cannot_begin(run: Run) -> None:
    run.events.mkdir()
    store = RunStore(run)
    with pytest.raises(UserError), store:
        pass
    run.events.rmdir()
    assert not run.is_training()


def test_who_reads_while_another_saves_sees_a_whole_checkpoint(run: Run) -> None:
    one, over, read = trainer(settings(hidden_size=64)), threading.Event(), []

    def save() -> None:
        with RunStore(run) as store:
            for step in range(60):
                one.record.step = step
                store.save(one.checkpoint(with_state=True), "last")
        over.set()

    saving = threading.Thread(target=save)
    saving.start()
    while not over.is_set():
        read.append(checkpoints.load(run.checkpoint("last"), with_state=True).training.step)
    saving.join()
    assert read == sorted(read)
    assert len(set(read)) > 1


def test_what_a_killed_writer_left_half_done_is_cleared_away(run: Run) -> None:
    half = run.folder / ".last.safetensors.12345.tmp"
    half.write_bytes(b"half a checkpoint")
    finished(resumed(run))
    assert not half.exists()
    assert not list(run.folder.glob(".*"))


def test_a_save_that_fails_leaves_the_checkpoint_before_it_whole(run: Run) -> None:
    one = trainer()
    with RunStore(run) as store:
        before = run.checkpoint("last").read_bytes()
        run.checkpoint("best").mkdir()
        (run.checkpoint("best") / "in the way").write_text("")
        with pytest.raises(UserError, match=r"best\.safetensors' can't be used"):
            store.save(one.checkpoint(with_state=False), "best")
    assert run.checkpoint("last").read_bytes() == before
    assert not list(run.folder.glob(".*"))


def test_a_folder_that_goes_while_it_is_trained_in_ends_the_training_and_stays_away(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    eager(monkeypatch)
    current = begun("run")
    events = current.events()
    until(events, 20)
    shutil.rmtree(current.run.folder)
    with pytest.raises(UserError, match="it is gone"):
        list(events)
    assert not current.run.folder.exists()


def test_a_folder_that_is_gone_before_its_training_begins_stays_away(run: Run) -> None:
    late = resumed(run)
    shutil.rmtree(run.folder)
    with pytest.raises(UserError):
        finished(late)
    assert not run.folder.exists()


def test_what_is_told_as_saved_is_on_the_disk(home: Path) -> None:
    current = begun("run")
    best: list[float | None] = []
    for event in current.events():
        if isinstance(event, Evaluated) and event.best:
            best.append(event.loss)
        if isinstance(event, Saved) and event.checkpoint == "best":
            on_disk = checkpoints.load(current.run.checkpoint("best")).training
            assert (on_disk.step, on_disk.loss) == (event.step, best[-1])
    assert len(best) > 1


@as_root
def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(run: Run) -> None:
    run.folder.chmod(0o500)
    try:
        with pytest.raises(UserError, match="there is no permission"), RunStore(run):
            pass
    finally:
        run.folder.chmod(0o700)
