"""A training in one terminal, steered from another."""

import json
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from rnnplay import places
from rnnplay.runs import folder, log
from rnnplay.runs.folder import Run
from rnnplay.runs.requests import ask, new_id
from rnnplay.training.control import Pause
from rnnplay.training.events import Acknowledged, Event, Finished, Progress, Sampled, Saved
from tests.cli.process import Command, ran
from tests.training.tiny import kept, kept_record, made_text

NETWORK = ("--hidden", "8", "--embed", "4", "--batch", "4", "--seq-len", "8", "--lr", "0.007")
TINY = (*NETWORK, "--precision", "fp32", "--device", "cpu")

Found = TypeVar("Found")


def waited(look: Callable[[], Found | None]) -> Found:
    """Look until there is something."""
    deadline = time.monotonic() + 60
    while not (found := look()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)
    return found


def told(run: Run, kind: type[Event] = Progress) -> list[Event]:
    return [event for event in log.read(run.events) if isinstance(event, kind)]


@pytest.fixture
def text(home: Path, tmp_path: Path) -> str:
    path = tmp_path / "text.txt"
    path.write_text(made_text(), encoding="utf-8")
    return str(path)


class Training:
    """A training that would go on for hours."""

    def __init__(self, text: str) -> None:
        self.command = Command("train", text, *TINY, "--minutes", "600", "--name", "run", "--quiet")
        self.run: Run = waited(self.there)
        waited(lambda: told(self.run))

    def there(self) -> Run | None:
        assert self.command.runs, self.command.err
        return next(iter(folder.all_runs()), None)

    def asks(self, **request: object) -> None:
        """Append a request by hand, as any program may."""
        with self.run.control.open("ab") as file:
            file.write(json.dumps(request).encode() + b"\n")

    def answered(self, name: str) -> Acknowledged:
        def look() -> Acknowledged | None:
            answers = (event for event in log.read(self.run.events) if isinstance(event, Acknowledged))
            return next((answer for answer in answers if answer.id == name), None)

        return waited(look)


@pytest.fixture
def training(text: str) -> Iterator[Training]:
    current = Training(text)
    yield current
    if current.command.runs:
        current.command.send(signal.SIGKILL)
        current.command.process.join()


def ended(training: Training, by: signal.Signals | None = None) -> Finished:
    """End a training with a signal, or wait for its end."""
    if by is not None:
        training.command.send(by)
    outcome = training.command.wait()
    assert outcome.code == (0 if by is None else 130), outcome
    end = log.read(training.run.events)[-1]
    assert isinstance(end, Finished)
    return end


def test_a_paused_training_stands_still_and_goes_on_when_it_is_told_to(training: Training) -> None:
    assert ran("runs", "pause", "run").err == "'run' paused.\n"
    step = kept_record(training.run).step
    before = len(log.read(training.run.events))
    assert ran("runs", "list").out.splitlines()[1].split()[1] == "training"
    assert len(log.read(training.run.events)) == before
    assert ran("runs", "unpause", "run").err == "'run' goes on.\n"
    later = waited(lambda: [event for event in told(training.run) if getattr(event, "step", 0) > step])
    assert later


def test_a_stopped_training_saves_evaluates_and_says_so(training: Training) -> None:
    outcome = ran("runs", "stop", "run")
    assert (outcome.code, outcome.err) == (0, "'run' is finishing: it saves and evaluates.\n")
    end = ended(training)
    assert end.reason == "stopped"
    assert kept_record(training.run).step == end.step
    assert end.loss is not None


def test_a_training_is_followed_to_its_end(training: Training) -> None:
    watching = Command("runs", "watch", "run")
    waited(lambda: "chars/s" in watching.err or "lstm" in watching.err)
    assert watching.runs
    end = ended(training, signal.SIGTERM)
    outcome = watching.wait()
    assert outcome.code == 0
    assert end.summary in outcome.err


def test_a_changed_rate_outlives_the_training(training: Training) -> None:
    assert "0.0007" in ran("runs", "set-lr", "run", "0.0007").err
    ended(training, signal.SIGTERM)
    assert kept_record(training.run).rate_multiplier == pytest.approx(0.1)
    assert ran("train", "--resume", "run", "--steps", str(kept_record(training.run).step + 1), "--quiet").code == 0
    assert kept_record(training.run).rate_multiplier == pytest.approx(0.1)


def test_a_sample_and_a_save_come_when_they_are_asked_for(training: Training) -> None:
    samples, saves = len(told(training.run, Sampled)), len(told(training.run, Saved))
    training.asks(type="sample", id="one")
    training.answered("one")
    training.asks(type="save", id="two")
    step = training.answered("two").step
    assert len(told(training.run, Sampled)) > samples
    waited(lambda: len(told(training.run, Saved)) > saves)
    waited(lambda: kept_record(training.run).step >= step)


def test_a_second_trainer_is_told_so_and_the_first_goes_on(training: Training) -> None:
    second = ran("train", "--resume", "run", "--minutes", "900")
    assert second.refuses()
    assert "'run' is being trained already" in second.err
    step = told(training.run)[-1]
    waited(lambda: told(training.run)[-1] != step)
    assert ended(training, signal.SIGINT).reason == "stopped"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminated"])
def test_an_interrupted_training_saves_evaluates_and_can_be_resumed(training: Training, number: signal.Signals) -> None:
    end = ended(training, number)
    assert end.reason == "stopped"
    assert end.loss is not None
    step = kept_record(training.run).step
    assert step == end.step > 0
    assert ran("train", "--resume", "run", "--steps", str(step + 5), "--quiet").code == 0
    assert kept_record(training.run).step == step + 5


def test_an_interrupted_pause_ends_too(training: Training) -> None:
    ran("runs", "pause", "run")
    assert ended(training, signal.SIGINT).reason == "stopped"


def interrupted_twice(training: Training) -> str:
    training.asks(type="save", id="first")
    training.answered("first")
    waited(lambda: kept_record(training.run).step)
    for number in (signal.SIGINT, signal.SIGTERM):  # both at once, and neither lost as two of a kind would be
        training.command.send(number)
    outcome = training.command.wait()
    assert outcome.code == 130
    return outcome.err


def test_a_training_that_is_interrupted_twice_leaves_off_and_can_be_resumed(training: Training) -> None:
    assert "Traceback" not in interrupted_twice(training)
    step = kept_record(training.run).step
    assert step > 0
    assert ran("train", "--resume", "run", "--steps", str(step + 5), "--quiet").code == 0


def test_a_training_that_is_interrupted_twice_says_what_is_left(training: Training) -> None:
    assert "what was saved before is there" in interrupted_twice(training)


def test_a_folder_that_is_taken_away_ends_its_training_with_a_sentence(training: Training, tmp_path: Path) -> None:
    training.run.folder.rename(tmp_path / "away")
    shutil.rmtree(tmp_path / "away")
    training.command.send(signal.SIGTERM)
    outcome = training.command.wait()
    assert outcome.refuses(), outcome
    assert "it is gone" in outcome.err
    assert not training.run.folder.exists()


def test_a_training_that_stands_still_ends_when_its_folder_is_taken_away(training: Training, tmp_path: Path) -> None:
    assert ask(training.run, Pause(new_id()))
    training.run.folder.rename(tmp_path / "away")
    outcome = training.command.wait()
    assert outcome.refuses(), outcome
    assert "it is gone" in outcome.err


def test_a_full_disk_ends_a_training_with_a_sentence_and_leaves_what_was_saved(text: str) -> None:
    train = ("train", text, *TINY, "--steps", "40", "--quiet")
    assert ran(*train, "--name", "measure").code == 0
    sizes = [folder.named("measure").checkpoint(name).stat().st_size for name in ("best", "last")]
    outcome = ran(*train, "--name", "run", file_limit=sum(sizes) // 2)
    assert outcome.refuses(), outcome
    assert "the disk is full" in outcome.err
    run = folder.named("run")
    assert kept_record(run).step == 0
    assert not list(run.folder.glob(".*"))
    assert ran("sample", "run", "--length", "5").code == 0
    assert ran("train", "--resume", "run", "--quiet").code == 0
    one, other = kept(run), kept(folder.named("measure"))
    assert one.tensors["head.weight"].tobytes() == other.tensors["head.weight"].tobytes()


def test_a_disk_that_is_full_from_the_start_leaves_no_run(text: str) -> None:
    outcome = ran("train", text, *TINY, "--steps", "40", "--name", "run", file_limit=1000)
    assert outcome.refuses(), outcome
    assert list(places.runs_folder().iterdir()) == []
