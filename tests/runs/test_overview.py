"""All runs at a glance."""

import os
import shutil
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnplay import places
from rnnplay.runs import overview
from rnnplay.runs.folder import Run
from rnnplay.runs.log import last_budget
from rnnplay.runs.overview import Glance, Overview, losses_at_a_glance
from rnnplay.runs.requests import send
from rnnplay.training.config import Budget
from rnnplay.training.control import Pause
from rnnplay.training.events import Acknowledged, Finished, encode_line
from tests.app.made import course, finished, made_run, progress, started, told, training
from tests.training.tiny import begun, eager
from tests.training.tiny import settings as tiny


def one(found: list[Glance], name: str) -> Glance:
    return next(glance for glance in found if glance.run.name == name)


# Every run.


def test_a_real_run_is_told_as_it_ended(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    current = begun("run", tiny(30))
    *_, end = current.events()
    assert isinstance(end, Finished)
    glance = one(Overview().look(), "run")
    assert (glance.state, glance.step, glance.loss, glance.reason) == ("finished", 30, end.loss, "budget")
    assert glance.card == current.card
    assert glance.speed is not None
    assert len(glance.losses) == 30
    assert last_budget(current.run.events) == Budget("steps", 30)


def test_runs_come_the_newest_first_and_those_that_are_gone_no_more(home: Path) -> None:
    for number, name in enumerate(("first", "second", "third")):
        os.utime(made_run(name).folder / "run.json", (1e9 + number, 1e9 + number))
    looking = Overview()
    assert [glance.run.name for glance in looking.look()] == ["third", "second", "first"]
    shutil.rmtree(places.runs_folder() / "second")
    assert [glance.run.name for glance in looking.look()] == ["third", "first"]
    shutil.rmtree(places.runs_folder())
    assert looking.look() == []


def test_what_has_not_changed_is_the_same_as_before(home: Path) -> None:
    run, other = made_run("run", course(100, end=False)), made_run("other")
    looking = Overview()
    before = looking.look()
    told(run, [progress(110, 1.5)])
    after = looking.look()
    assert one(after, "other") is one(before, "other")
    assert one(after, "run").step == 110
    assert looking.look()[0] is after[0]
    (other.folder / "run.json").write_bytes(b"{")
    assert one(looking.look(), "other").state == "damaged"


def test_a_training_and_its_pause_are_seen(home: Path) -> None:
    run = made_run("run", course(100, end=False))
    looking = Overview()
    states = [(glance.state, glance.paused) for glance in looking.look()]
    with training(run):
        states += [(glance.state, glance.paused) for glance in looking.look()]
        send(run, Pause("p"))
        told(run, [Acknowledged("p", 100)])
        states += [(glance.state, glance.paused) for glance in looking.look()]
        told(run, [started(from_step=100)])
        states += [(glance.state, glance.paused) for glance in looking.look()]
    assert states == [("interrupted", False), ("training", False), ("training", True), ("training", False)]


@pytest.mark.parametrize("name", ["run.json", "events.jsonl", "best.safetensors"])
@pytest.mark.parametrize("content", [b"", b"\x00\xff garbage", b"{}\n", b"[[[[\n"])
def test_a_damaged_run_is_told_and_hides_no_other(home: Path, name: str, content: bytes) -> None:
    made_run("good")
    (made_run("bad").folder / name).write_bytes(content)
    found = Overview().look()
    assert {glance.run.name for glance in found} == {"good", "bad"}
    assert one(found, "bad").state == {"run.json": "damaged", "events.jsonl": "interrupted"}.get(name, "finished")
    assert one(found, "good").step == 400


def test_the_budget_that_was_given_last_is_found(home: Path) -> None:
    run = made_run("run", course(100))
    config = msgspec.structs.replace(run.card().config, budget=Budget("epochs", 7))
    told(run, [started(config, from_step=100)])
    assert last_budget(run.events) == Budget("epochs", 7)
    run.events.unlink()
    assert last_budget(run.events) is None


# Tiny curves.


def test_a_long_log_is_told_by_a_few_places_in_it(tmp_path: Path) -> None:
    path, count = tmp_path / "events.jsonl", 20_000
    path.write_bytes(b"".join(encode_line(progress(step, float(step))) for step in range(1, count + 1)))
    found = [loss for loss in losses_at_a_glance(path) if loss is not None]
    assert overview.SPOTS // 2 < len(found) <= overview.SPOTS
    assert found == sorted(found)
    assert found[0] < count / 20
    assert found[-1] == count


def test_what_a_resumption_voids_is_not_in_the_curve(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    events = [*(progress(step, 2.0) for step in range(10, 200, 10)), *(progress(step, 1.0) for step in (50, 60))]
    path.write_bytes(b"".join(map(encode_line, events)))
    assert losses_at_a_glance(path) == [2.0, 2.0, 2.0, 2.0, 1.0, 1.0]


@settings(max_examples=60, deadline=None)
@given(losses=st.lists(st.none() | st.floats(0, 20), max_size=200), torn=st.integers(0, 300))
def test_however_long_and_torn_a_log_is_its_curve_is_part_of_it(
    tmp_path_factory: pytest.TempPathFactory, losses: list[float | None], torn: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "torn.jsonl"
    lines = b"".join(encode_line(progress(step, loss)) for step, loss in enumerate(losses, 1))
    path.write_bytes(lines[: max(len(lines) - torn, 0)])
    found = losses_at_a_glance(path)
    assert len(found) <= overview.SPOTS
    assert set(found) <= set(losses)


def test_a_log_that_is_not_there_has_no_curve(tmp_path: Path) -> None:
    assert losses_at_a_glance(tmp_path / "none") == losses_at_a_glance(tmp_path) == []
    assert last_budget(Run(tmp_path).events) is None
    assert finished(1).reason == "budget"
