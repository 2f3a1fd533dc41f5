"""What a run has come to, told from its folder."""

import math
from pathlib import Path

import msgspec
import pytest

from rnnplay.model import checkpoint as checkpoints
from rnnplay.runs.overview import glimpse
from rnnplay.runs.requests import new_id, send
from rnnplay.runs.status import Status, status
from rnnplay.training.config import Budget
from rnnplay.training.control import Stop
from rnnplay.training.events import Evaluated, Finished, Progress
from tests.training.tiny import abandoned, begun, eager, finished, made_text, resumed, settings, stopped, until


@pytest.fixture(autouse=True)
def _eager_at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)


def test_a_run_that_was_never_trained_is_interrupted_at_step_0() -> None:
    run = begun("run").run
    assert status(run) == Status("run", "interrupted", run.card())


def test_a_finished_run_tells_its_end() -> None:
    current = begun("run")
    *_, end = current.events()
    assert isinstance(end, Finished)
    expected = Status("run", "finished", current.run.card(), 60, end.seconds, end.loss)
    assert status(current.run) == expected


def test_a_run_that_was_stopped_says_so() -> None:
    found = status(stopped(begun("run"), 31))
    assert (found.state, found.step) == ("stopped", 31)


def test_a_run_in_training_tells_where_it_is_and_its_best_so_far() -> None:
    current, best = begun("run"), []
    for event in current.events():
        if isinstance(event, Evaluated) and event.best:
            best.append(event.loss)
        if isinstance(event, Progress) and event.step == 31:
            found = status(current.run)
            assert (found.state, found.step, found.loss) == ("training", 31, best[-1])
            assert found.seconds > 0
            send(current.run, Stop(new_id()))
    assert best


def test_a_run_whose_trainer_was_killed_is_interrupted() -> None:
    run = abandoned(begun("run"), saved=20, step=39)
    assert status(run).state == "interrupted"
    assert status(run).loss == checkpoints.load(run.checkpoint("best")).training.loss


def test_a_run_that_is_taken_up_again_is_in_training() -> None:
    run = finished(begun("run", settings(20)))
    current = resumed(run, Budget("steps", 40))
    events = iter(current.events())
    next(events)
    during = status(run).state
    list(events)
    assert (during, status(run).state, status(run).step) == ("training", "finished", 40)


def test_a_run_that_was_set_back_by_a_kill_tells_where_it_is_now() -> None:
    run = abandoned(begun("run"), saved=20, step=39)
    events = resumed(run).events()
    until(events, 25)
    assert status(run).step == 25
    events.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["run.json", "best.safetensors", "events.jsonl", "lock"])
def test_a_run_without_one_of_its_files_is_told_all_the_same(name: str) -> None:
    run = finished(begun("run", settings(5)))
    (run.folder / name).unlink()
    expected = {"run.json": "damaged", "events.jsonl": "interrupted"}.get(name, "finished")
    assert status(run).state == expected


@pytest.mark.parametrize("name", ["run.json", "best.safetensors", "events.jsonl", "owner.json", "lock"])
@pytest.mark.parametrize("content", [b"", b"\x00\xff garbage\n", b"{}\n", b"[1]\n"])
def test_a_run_with_a_damaged_file_is_told_all_the_same(name: str, content: bytes) -> None:
    run = finished(begun("run", settings(2), made_text(4)))
    (run.folder / name).write_bytes(content)
    found = status(run)
    assert found.state == {"run.json": "damaged", "events.jsonl": "interrupted"}.get(name, "finished")


def test_a_run_on_a_generated_text_tells_how_far_it_is_above_the_optimum() -> None:
    run = finished(begun("run", settings(5)))
    card = msgspec.structs.replace(run.card(), optimum=0.5)
    (run.folder / "run.json").write_bytes(msgspec.json.encode(card))
    found = status(run)
    assert found.loss is not None
    assert found.optimum == 0.5
    assert found.excess == pytest.approx(found.loss / math.log(2) - 0.5)
    assert glimpse(run).excess == found.excess
