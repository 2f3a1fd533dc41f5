"""What a run has told, taken in event by event."""

import dataclasses
import itertools
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnplay.console.numbers import milestone
from rnnplay.model.config import ModelConfig
from rnnplay.runs import history, log
from rnnplay.runs.curve import Point
from rnnplay.runs.history import History
from rnnplay.sampling.words import MILESTONES
from rnnplay.training.config import TrainingConfig
from rnnplay.training.diagnosis import so_far
from rnnplay.training.events import Acknowledged, Evaluated, Event, Noted, Progress, Sampled, Saved, encode_line
from rnnplay.training.trainer import Trainer
from tests.runs.told import evaluated, finished, progress, sampled, started
from tests.training.tiny import begun, eager, poison
from tests.training.tiny import settings as tiny


def taken(*events: Event) -> History:
    found = History()
    found.take(events)
    return found


def view(found: History) -> dict[str, Any]:
    names = ("started", "progress", "finished", "looks", "samples", "milestones", "notes", "best")
    return {name: getattr(found, name) for name in names} | {
        "losses": list(found.losses),
        "standing": found.standing(),
    }


def lasting(found: History) -> dict[str, Any]:
    """Return a view without the mean training losses: those of a look may hold reports that were voided later."""
    best = None if found.best is None else found.best._replace(train=None)
    return view(found) | {
        "looks": [look._replace(train=None) for look in found.looks],
        "best": best,
        "standing": dataclasses.replace(found.standing(), points=()),
    }


# What is told.


def test_a_share_of_real_words_is_a_milestone_with_the_time_of_its_sample() -> None:
    (half, _) = MILESTONES
    found = taken(started(), progress(10), evaluated(10), Sampled(10, "", "it wrote", 0.6, (half,)))
    assert found.milestones == [(1.0, half)]
    assert milestone(half) == half
    assert milestone("bigram") == "beats pairs of letters"
    assert found.samples[-1].real_words == 0.6


def test_each_kind_of_event_is_kept_where_one_looks_for_it() -> None:
    events: list[Event] = [
        progress(10),
        evaluated(10, milestones=("uniform",)),
        sampled(10),
        Noted(10, "mind"),
        Acknowledged("a", 10),
    ]
    found = taken(started(), *events, Saved(10, "last"), finished(10, 2.5))
    assert found.progress == events[0]
    assert list(found.losses) == [Point(10, 10240, 1.0, 2.0)]
    assert [(look.step, look.chars, look.loss) for look in found.looks] == [(10, 10240, 2.1)]
    assert found.milestones == [(1.0, "uniform")]
    assert (found.samples, found.notes) == ([events[2]], [events[3]])
    assert "a" in found.acknowledged
    assert "b" not in found.acknowledged
    assert found.finished is not None


def test_the_best_look_is_the_last_pass_once_there_is_one() -> None:
    during: list[Event] = [started(), progress(10), evaluated(10, 2.0), progress(20), evaluated(20, 2.2, best=False)]
    best = taken(*during).best
    assert best is not None
    assert (best.step, best.loss, best.final) == (10, 2.0, False)
    best = taken(*during, evaluated(10, 2.05, estimate=False), finished(20, 2.05, best_step=10)).best
    assert best is not None
    assert (best.step, best.seconds, best.chars, best.loss, best.final) == (10, 1.0, 10240, 2.05, True)


def test_a_look_knows_the_training_loss_since_the_one_before() -> None:
    found = taken(
        started(), progress(1, 4.0), evaluated(1), progress(2, 3.0), progress(3, None), progress(4, 2.0), evaluated(4)
    )
    assert [look.train for look in found.looks] == [4.0, 2.5]


def test_a_loss_that_is_no_number_is_a_gap() -> None:
    assert [point.loss for point in taken(progress(1, None), progress(2, math.inf), progress(3, 1.0)).losses] == [
        None,
        None,
        1.0,
    ]


def test_a_training_that_goes_on_is_not_finished() -> None:
    assert taken(started(), progress(10), finished(10), started(10)).finished is None


# Resumption.


def test_what_stands_beyond_the_step_that_a_run_was_taken_up_at_is_void() -> None:
    found = taken(
        started(), progress(10), evaluated(10), sampled(10), progress(20), evaluated(20), sampled(20), started(15)
    )
    assert [point.step for point in found.losses] == [look.step for look in found.looks] == [10]
    assert [sample.step for sample in found.samples] == [10]
    assert found.progress == progress(10)


steps = st.integers(0, 60)
losses = st.none() | st.floats(0, 9)
some_events = st.one_of(
    st.builds(progress, steps, losses),
    st.builds(progress, steps, losses),
    st.builds(evaluated, steps, losses, best=st.booleans(), milestones=st.just(("bigram",))),
    st.builds(sampled, steps),
    st.builds(Noted, steps, st.just("The loss stopped being a number at step 3")),
    st.builds(Acknowledged, st.sampled_from("abc"), steps),
    st.builds(started, steps),
    st.builds(finished, steps, losses, best_step=steps),
)


@settings(max_examples=200, deadline=None)
@given(events=st.lists(some_events, max_size=60), data=st.data())
def test_however_a_run_was_resumed_its_history_is_what_its_log_says(
    tmp_path_factory: pytest.TempPathFactory, events: list[Event], data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "resumed.jsonl"
    path.write_bytes(b"".join(map(encode_line, events)))
    piecewise, place = History(), 0
    while place < len(events):
        size = data.draw(st.integers(1, 20))
        piecewise.take(events[place : place + size])
        place += size
    counting = log.read(path)
    whole = taken(*counting)
    assert lasting(piecewise) == lasting(whole)
    told = [event for event in counting if isinstance(event, Progress)]
    steps_told: list[int] = []
    for event in told:  # where a training went back, what it had come to before is dropped
        steps_told = [*(step for step in steps_told if step < event.step), event.step]
    assert [point.step for point in piecewise.losses] == steps_told
    assert piecewise.progress == (told[-1] if told else None)
    assert [look.step for look in piecewise.looks] == [one.step for one in counting if isinstance(one, Evaluated)]
    assert piecewise.samples == [event for event in counting if isinstance(event, Sampled)]


# However long it trains.


def test_a_long_training_is_kept_in_bounded_memory_and_in_order() -> None:
    found, count = History(), 100_003
    found.take(progress(step, float(step)) for step in range(1, count + 1))
    kept = list(found.losses)
    assert history.LOSSES_AT_MOST // 2 <= len(kept) <= history.LOSSES_AT_MOST
    assert [point.step for point in kept] == sorted({point.step for point in kept})
    assert kept[-1].step == count
    assert all(point.loss is not None and abs(point.loss - point.step) <= 64 for point in kept)


def test_points_that_are_merged_keep_the_mean_of_their_finite_losses() -> None:
    found, count = History(), 2 * history.LOSSES_AT_MOST
    found.take(progress(step, None if step < count // 2 else float(step % 2)) for step in range(count))
    halves = [point.loss for point in found.losses]
    assert halves[0] is None
    assert halves[-1] == 0.5
    assert halves == sorted(halves, key=lambda loss: loss is not None)


def test_after_points_were_merged_a_resumption_still_voids_what_stands_beyond() -> None:
    found = History()
    found.take(progress(step) for step in range(1, 20_001))
    found.take([started(9000), progress(9001)])
    assert max(point.step for point in found.losses[:-1]) <= 9000
    assert found.progress == progress(9001)


def test_samples_are_all_kept_until_they_are_very_many() -> None:
    found = History()
    found.take(sampled(step) for step in range(history.SAMPLES_AT_MOST))
    assert len(found.samples) == history.SAMPLES_AT_MOST
    found.take(sampled(step) for step in range(history.SAMPLES_AT_MOST, 4 * history.SAMPLES_AT_MOST))
    kept = [sample.step for sample in found.samples]
    assert len(kept) == history.SAMPLES_AT_MOST
    assert (kept[0], kept[-1]) == (0, 4 * history.SAMPLES_AT_MOST - 1)
    assert max(later - earlier for earlier, later in itertools.pairwise(kept)) <= 16


def test_a_list_that_was_read_stays_as_it_was_while_more_is_taken() -> None:
    found = History()
    found.take(progress(step) for step in range(1, history.LOSSES_AT_MOST + 1))
    read = found.losses
    before = list(read)
    found.take(progress(step) for step in range(5000, 5200))
    assert list(read[: len(before)]) == before


# From real trainings.


@pytest.fixture
def home_and_eager(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)


def test_a_real_training_ends_with_its_last_pass_as_the_best(home_and_eager: None) -> None:
    current = begun("run", tiny(40))
    *_, end = current.events()
    found = taken(*log.read(current.run.events))
    assert found.finished == end
    assert found.best is not None
    assert found.best.final
    assert found.best.loss == found.finished.loss
    assert sum(look.final for look in found.looks) == 1


def test_a_real_training_that_goes_back_is_seen_to(home_and_eager: None, monkeypatch: pytest.MonkeyPatch) -> None:
    current = begun("run", tiny(40))
    step = Trainer.step

    def poisoned(self: Trainer, spent: float) -> None:
        step(self, spent)
        if self.record.step == 12 and not self.record.rollbacks:
            poison(self)

    monkeypatch.setattr(Trainer, "step", poisoned)
    found, said = History(), set[str]()
    for event in current.events():
        found.take([event])
        said.add(so_far(found.standing()).split(":")[0])
    assert "The loss had stopped being a number" in said


def test_the_last_pass_over_earlier_weights_has_the_training_loss_from_there() -> None:
    told: list[Event] = [
        progress(1, 3.0),
        evaluated(1),
        progress(2, 2.0),
        evaluated(2, best=False),
        progress(3, 1.0),
        evaluated(1),
    ]
    assert [look.train for look in taken(*told).looks] == [3.0, 2.0, 3.0]


def test_a_training_that_went_back_tells_the_training_loss_since_then() -> None:
    told: list[Event] = [
        progress(1, 3.0),
        evaluated(1),
        progress(2, 9.0),
        evaluated(2),
        progress(3, 9.0),
        progress(2, 2.0),
    ]
    assert [look.train for look in taken(*told, evaluated(2)).looks] == [3.0, 9.0, 2.0]


@pytest.mark.parametrize(("layers", "rises"), [(1, False), (2, True)])
def test_a_training_warms_up_as_long_as_its_rate_rises(layers: int, rises: bool) -> None:
    config = TrainingConfig(model=ModelConfig(layers=layers))
    assert so_far(taken(started(config=config)).standing()).startswith("Warming up")
    standing = taken(started(config=config), progress(30, spent=0.1)).standing()
    assert so_far(standing).startswith("Warming up") == rises
