"""A run that is taken up again goes on exactly where it was saved."""

from pathlib import Path

import pytest
import safetensors.numpy
import torch

from rnnplay import session
from rnnplay.errors import UserError
from rnnplay.model import checkpoint as checkpoints
from rnnplay.model.config import CELLS
from rnnplay.runs import log
from rnnplay.runs.folder import Run
from rnnplay.runs.requests import new_id, send
from rnnplay.runs.store import RunStore
from rnnplay.text import catalogue
from rnnplay.training.config import Budget
from rnnplay.training.control import SetLearningRate, Stop
from rnnplay.training.events import Evaluated, Finished, Progress, Started
from rnnplay.training.schedule import rate_factor
from tests.training.tiny import (
    abandoned,
    assert_same_tensors,
    assert_same_training,
    begun,
    eager,
    finished,
    kept,
    kept_record,
    made_text,
    resumed,
    settings,
    stopped,
)


@pytest.fixture(autouse=True)
def _eager_at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)


def evaluations(run: Run) -> list[tuple[int, float | None]]:
    """Return where a run was looked at while it trained, and what was seen."""
    ends = {event.step for event in log.read(run.events) if isinstance(event, Finished)}
    found = [event for event in log.read(run.events) if isinstance(event, Evaluated)]
    return [(event.step, event.loss) for event in found if event.step not in ends]


def ended(run: Run) -> Finished:
    """Return how a run ended."""
    last = log.read(run.events)[-1]
    assert isinstance(last, Finished)
    return last


# Exactness.


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("cell", CELLS)
def test_a_resumed_run_equals_one_that_never_stopped(cell: str, precision: str) -> None:
    config = settings(
        cell=cell, context=4 if cell == "ff" else None, layers=2, dropout=0.2, resets=0.2, precision=precision, seed=3
    )
    whole = finished(begun("whole", config))
    halves = finished(resumed(stopped(begun("halves", config), step=31)))
    assert_same_training(kept(whole), kept(halves))


@pytest.mark.parametrize("step", [0, 2, 30, 56, 59])
def test_it_does_wherever_it_was_stopped(step: int) -> None:
    config = settings(dropout=0.2)
    whole = finished(begun("whole", config))
    halves = finished(resumed(stopped(begun("halves", config), step)))
    assert_same_training(kept(whole), kept(halves))


def test_it_does_however_often_it_was_stopped() -> None:
    config = settings(dropout=0.2)
    whole = finished(begun("whole", config))
    pieces = stopped(begun("pieces", config), 7)
    for step in (9, 23, 56):  # an epoch has 56 windows
        pieces = stopped(resumed(pieces), step)
    assert_same_training(kept(whole), kept(finished(resumed(pieces))))


@pytest.mark.parametrize("cell", ["lstm", "ff"])
def test_it_does_with_a_budget_in_epochs(cell: str) -> None:
    config = settings(1.5, unit="epochs", cell=cell, context=4 if cell == "ff" else None, dropout=0.2)
    whole = finished(begun("whole", config))
    halves = finished(resumed(stopped(begun("halves", config), step=57)))
    assert_same_training(kept(whole), kept(halves))


@pytest.mark.parametrize(("saved", "step"), [(2, 3), (20, 39), (56, 58)])
def test_it_does_when_it_was_killed_some_steps_after_a_save(saved: int, step: int) -> None:
    config = settings(dropout=0.2)
    whole = finished(begun("whole", config))
    killed = finished(resumed(abandoned(begun("killed", config), saved, step)))
    assert_same_training(kept(whole), kept(killed))
    assert evaluations(whole) == evaluations(killed)


def test_it_does_when_it_was_killed_before_its_first_step() -> None:
    config = settings(dropout=0.2)
    whole = finished(begun("whole", config))
    assert_same_training(kept(whole), kept(finished(resumed(begun("killed", config).run))))


def test_it_does_with_rare_characters_folded() -> None:
    text = made_text() + "x\u00e9y\u00e8z" * 2
    config = settings(min_count=5)
    whole = finished(begun("whole", config, text))
    halves = finished(resumed(stopped(begun("halves", config, text), 31), text=text))
    assert kept(halves).vocabulary.unknown is not None
    assert_same_training(kept(whole), kept(halves))


def test_the_best_weights_are_the_same_too() -> None:
    config = settings(dropout=0.2)
    whole = finished(begun("whole", config))
    killed = finished(resumed(abandoned(begun("killed", config), 20, 45)))
    best = [checkpoints.load(run.checkpoint("best")) for run in (whole, killed)]
    assert_same_tensors(best[0].tensors, best[1].tensors)
    assert best[0].training.loss == best[1].training.loss


def test_a_run_that_was_stopped_is_looked_at_where_one_that_never_stopped_is() -> None:
    whole = finished(begun("whole"))
    halves = stopped(begun("halves"), 31)
    halves = finished(resumed(halves))
    assert evaluations(whole) == evaluations(halves)


def test_the_course_of_a_run_that_was_stopped_is_kept_from_its_beginning() -> None:
    whole, halves = finished(begun("whole")), finished(resumed(stopped(begun("halves"), 31)))
    course = [(point.step, point.validation) for point in kept_record(halves).curve]
    assert course == evaluations(whole)
    assert min(step for step, _ in course) < 31 < max(step for step, _ in course)
    assert all(point.train is not None for point in kept_record(halves).curve)


def test_stops_on_the_way_neither_cost_patience_nor_lend_it() -> None:
    # At a rate of nothing no look betters the first, at step 1: the third, at step 39, is the end.
    config = settings(patience=2, learning_rate=1e-30)
    whole = finished(begun("whole", config))
    pieces = stopped(begun("pieces", config), 3)
    pieces = finished(resumed(stopped(resumed(pieces), 5)))
    assert kept_record(whole).step == kept_record(pieces).step


# What may change.


def test_a_larger_budget_is_read_at_the_new_share() -> None:
    run = finished(begun("run"))
    events = list(resumed(run, Budget("steps", 120)).events())
    reports = [event for event in events if isinstance(event, Progress)]
    assert reports[0].step == 61
    assert reports[0].learning_rate == pytest.approx(0.007 * rate_factor(61 / 120, 0.05, 0.3))
    assert kept_record(run).step == 120


def test_a_budget_may_be_given_in_another_unit() -> None:
    run = finished(begun("run"))
    finished(resumed(run, Budget("epochs", 2)))
    assert kept_record(run).epoch == 2


def test_a_resumed_run_keeps_a_best_that_it_does_not_better() -> None:
    run = finished(begun("run"))
    best = run.checkpoint("best").read_bytes()
    current = resumed(run, Budget("steps", 90))
    for event in current.events():
        if isinstance(event, Started):
            with torch.no_grad():
                current.trainer.model.head.weight.mul_(-30.0)  # far from the best, and on the way back at most
    assert checkpoints.load(run.checkpoint("best")).training.step == 60
    assert_same_tensors(checkpoints.load(run.checkpoint("best")).tensors, safetensors.numpy.load(best))


def rate_changed(name: str, stop: int | None) -> Run:
    """Train with another rate from step 11 on, with a stop on the way or without one."""
    current = begun(name)
    for event in current.events():
        if isinstance(event, Progress) and event.step == 10:
            send(current.run, SetLearningRate(new_id(), 0.0007))
        if isinstance(event, Progress) and stop is not None and event.step == stop - 1:
            send(current.run, Stop(new_id()))
    return current.run


def test_a_changed_rate_is_kept_when_the_run_is_resumed() -> None:
    run = rate_changed("run", stop=31)
    report = next(event for event in resumed(run).events() if isinstance(event, Progress))
    assert report.learning_rate == pytest.approx(0.0007 * rate_factor(report.step / 60, 0.05, 0.3))


def test_a_run_with_a_changed_rate_equals_one_that_never_stopped() -> None:
    whole = rate_changed("whole", stop=None)
    halves = finished(resumed(rate_changed("halves", stop=31)))
    assert_same_training(kept(whole), kept(halves))


def test_what_was_settled_at_the_start_holds_for_all_sittings() -> None:
    asked = settings(precision="auto", device="auto", threads=None)
    run = stopped(begun("run", asked), 31)
    finished(resumed(run))
    first, second = (event.config for event in log.read(run.events) if isinstance(event, Started))
    assert first == second == run.card().config
    assert "auto" not in {first.precision, first.device}
    assert first.threads is not None


def test_the_seconds_of_all_sittings_add_up() -> None:
    run = stopped(begun("run"), 31)
    before = kept_record(run).seconds
    report = next(event for event in resumed(run).events() if isinstance(event, Progress))
    assert report.seconds > before > 0


# What is refused.


@pytest.mark.parametrize("unit", ["steps", "epochs", "minutes"])
def test_a_run_whose_budget_is_spent_wants_a_larger_one(unit: str) -> None:
    amount = {"steps": 5, "epochs": 0.1, "minutes": 0.03}[unit]
    run = finished(begun("spent", settings(amount, unit=unit)))
    with pytest.raises(UserError, match=f"has spent its budget.*--resume spent --{unit}"):
        resumed(run)
    with pytest.raises(UserError, match="has spent its budget"):
        resumed(run, Budget(run.card().config.budget.unit, amount / 2))


@pytest.mark.parametrize("unit", ["steps", "epochs", "minutes"])
def test_the_larger_budget_that_a_refusal_names_is_large_enough(unit: str) -> None:
    run = finished(begun("spent", settings(0.02, unit="minutes")))
    with pytest.raises(UserError) as refused:
        resumed(run, Budget(unit, {"steps": 1, "epochs": 1e-4, "minutes": 1e-4}[unit]))  # type: ignore[arg-type]
    option, amount = str(refused.value).rstrip("'.").split()[-2:]
    assert option == f"--{unit}"
    assert resumed(run, Budget(unit, float(amount))).trainer.record.step > 0  # type: ignore[arg-type]


def test_a_run_that_ran_out_of_patience_is_given_it_anew() -> None:
    run = finished(begun("run", settings(4000, patience=2, learning_rate=1e-30)))
    assert ended(run).reason == "patience"
    first = len(evaluations(run))
    again = resumed(run)
    assert any("patience counts from here anew" in note for note in again.notes)
    finished(again)
    assert ended(run).reason == "patience"
    assert len(evaluations(run)) - first >= 2


def test_a_run_is_resumed_for_its_very_last_step() -> None:
    current = begun("run", settings(1000, hidden_size=4, embedding_size=2, batch_size=1, seq_len=2))
    with RunStore(current.run) as store:
        for step in range(999):
            current.trainer.step(step / 1000)
        store.save(current.trainer.checkpoint(with_state=True), "last")
    finished(resumed(current.run))
    assert kept_record(current.run).step == 1000


def test_a_run_with_a_short_budget_is_resumed_when_it_was_killed_at_once() -> None:
    run = begun("run", settings(0.02, unit="minutes")).run
    finished(resumed(run))
    assert kept_record(run).step > 0


def test_another_text_is_refused() -> None:
    run = stopped(begun("run"), 5)
    with pytest.raises(UserError, match="not the text that 'run' learned from"):
        resumed(run, text=made_text(seed=9))


def of_a_file(path: Path) -> Run:
    path.write_text(made_text(), encoding="utf-8")
    return stopped(session.begin(catalogue.load(str(path)), settings(), "run"), 5)


def test_a_file_that_has_changed_is_refused(tmp_path: Path) -> None:
    run = of_a_file(tmp_path / "text.txt")
    (tmp_path / "text.txt").write_text(made_text(seed=9), encoding="utf-8")
    with pytest.raises(UserError, match="has changed since the run began"):
        session.resume(run)


def test_a_file_that_is_gone_may_be_given_again(tmp_path: Path) -> None:
    run = of_a_file(tmp_path / "text.txt")
    (tmp_path / "text.txt").rename(tmp_path / "moved.txt")
    with pytest.raises(UserError, match=r"text\.txt"):
        session.resume(run)
    finished(session.resume(run, corpus=catalogue.load(str(tmp_path / "moved.txt"))))
    assert kept_record(run).step == 60


def test_a_damaged_checkpoint_is_refused_in_a_sentence() -> None:
    run = stopped(begun("run"), 5)
    content = run.checkpoint("last").read_bytes()
    run.checkpoint("last").write_bytes(content[:-7])
    with pytest.raises(UserError, match="is damaged"):
        resumed(run)


def test_a_run_that_another_trained_on_meanwhile_is_not_set_back() -> None:
    current = begun("run")
    late = resumed(current.run)
    finished(current)
    with pytest.raises(UserError, match="'run' was trained further meanwhile"):
        finished(late)
    assert kept_record(current.run).step == 60
