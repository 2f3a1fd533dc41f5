"""The loop: what it does between steps, told by its events."""

import itertools
import math
import random
from collections.abc import Callable, Iterable
from typing import Literal, TypeVar

import numpy as np
import pytest

from rnnplay.model.checkpoint import Checkpoint
from rnnplay.model.network import CharacterModel
from rnnplay.text.records import Baseline
from rnnplay.training import clock, evaluation, loop
from rnnplay.training.config import Budget, TrainingConfig
from rnnplay.training.control import Pause, Request, Sample, Save, SetLearningRate, Stop, Unpause
from rnnplay.training.events import Acknowledged, Evaluated, Event, Finished, Noted, Progress, Sampled, Saved
from rnnplay.training.loop import train
from rnnplay.training.schedule import rate_factor
from rnnplay.training.trainer import Trainer
from tests.training.tiny import eager, poison, record_of, settings, trainer

NOISE = "".join(random.Random(3).choices("abcdefgh", k=300))  # what is learned of it by heart is no help elsewhere


Kind = TypeVar("Kind")


class Shelf:
    """A store in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, list[Checkpoint]] = {"last": [], "best": []}

    def save(self, checkpoint: Checkpoint, name: Literal["last", "best"]) -> None:
        self.kept[name].append(checkpoint)


class Script:
    """An inbox whose requests come at certain steps."""

    def __init__(self, of: Trainer, at: dict[int, list[Request]]) -> None:
        self.of, self.at = of, dict(at)

    def poll(self) -> list[Request]:
        return self.at.pop(self.of.record.step, [])


class Ticking:
    """A time that goes on a little whenever it is asked for."""

    def __init__(self, tick: float) -> None:
        self.now, self.tick = 1000.0, tick

    def monotonic(self) -> float:
        self.now += self.tick
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], Ticking]:
    def set_off(tick: float) -> Ticking:
        time = Ticking(tick)
        monkeypatch.setattr(loop, "time", time)
        monkeypatch.setattr(clock, "time", time)
        return time

    return set_off


def trained(
    one: Trainer,
    shelf: Shelf | None = None,
    at: dict[int, list[Request]] | None = None,
    ladder: Iterable[Baseline] = (),
) -> list[Event]:
    return list(train(one, one.config.budget, shelf or Shelf(), Script(one, at or {}), list(ladder)))


def of_kind(events: Iterable[Event], kind: type[Kind]) -> list[Kind]:
    return [event for event in events if isinstance(event, kind)]


def last_of(events: list[Event]) -> Finished:
    end = events[-1]
    assert isinstance(end, Finished)
    return end


def report_at(events: Iterable[Event], step: int) -> Progress:
    return next(event for event in of_kind(events, Progress) if event.step == step)


def validation_loss(checkpoint: Checkpoint, one: Trainer) -> float:
    model = CharacterModel.of(checkpoint.model, checkpoint.tensors)
    return evaluation.carried_score(model, one.validation).loss


# Budgets.


@pytest.mark.parametrize("steps", [1, 2, 37])
def test_a_budget_in_steps_is_kept_to_the_step(steps: int) -> None:
    end = last_of(trained(trainer(settings(steps))))
    assert (end.step, end.reason) == (steps, "budget")


@pytest.mark.parametrize("epochs", [0.5, 1, 2])
def test_a_budget_in_epochs_ends_with_the_window_that_completes_it(epochs: float) -> None:
    one = trainer(settings(epochs, unit="epochs"))
    end = last_of(trained(one))
    assert end.step == math.ceil(epochs * one.streams.windows_per_epoch)


def test_a_budget_in_minutes_is_nearly_used_and_not_overdrawn(ticking: Callable[[float], Ticking]) -> None:
    ticking(0.02)
    end = last_of(trained(trainer(settings(0.1, unit="minutes"))))
    assert end.reason == "budget"
    assert 0.75 * 6 <= end.seconds <= 6.5


class HourLongPause:
    """An inbox that pauses a training at its tenth step, and asks for something else an hour later."""

    def __init__(self, of: Trainer, time: Ticking, then: Request) -> None:
        self.of, self.time, self.then = of, time, then
        self.since, self.over = 0.0, False

    def poll(self) -> list[Request]:
        if not self.since and self.of.record.step >= 10:
            self.since = self.time.now
            return [Pause("p")]
        if self.since and not self.over and self.time.now - self.since > 3600:
            self.over = True
            return [self.then]
        return []


def test_paused_time_is_not_counted(ticking: Callable[[float], Ticking]) -> None:
    time = ticking(0.02)
    one = trainer(settings(0.1, unit="minutes"))
    events = list(train(one, one.config.budget, Shelf(), HourLongPause(one, time, Unpause("u"))))
    paused, unpaused = of_kind(events, Acknowledged)
    assert (paused.id, unpaused.id, unpaused.step) == ("p", "u", paused.step)
    assert last_of(events).step > unpaused.step + 20
    assert last_of(events).seconds < 7
    assert one.record.seconds < 7


def test_a_pause_that_a_stop_ends_is_not_counted(ticking: Callable[[float], Ticking]) -> None:
    time = ticking(0.02)
    one, shelf = trainer(settings(0.1, unit="minutes")), Shelf()
    end = last_of(list(train(one, one.config.budget, shelf, HourLongPause(one, time, Stop("s")))))
    assert end.reason == "stopped"
    assert end.seconds < 7
    assert record_of(shelf.kept["last"][-1].state).seconds < 7


def test_nothing_is_learned_while_paused(monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    monkeypatch.setattr(loop, "PAUSED_POLL", 0.0)
    one = trainer()
    seen: list[int] = []

    class Patient:
        def poll(self) -> list[Request]:
            if one.record.step != 20:
                return []
            seen.append(one.record.step)
            if len(seen) == 1:
                return [Pause("p")]
            return [Unpause("u")] if len(seen) == 50 else []

    events = list(train(one, one.config.budget, Shelf(), Patient()))
    assert len(seen) == 50
    assert last_of(events).step == 60


# What is told.


def test_progress_comes_at_most_ten_times_a_second(ticking: Callable[[float], Ticking]) -> None:
    ticking(0.004)
    events = trained(trainer(settings(0.05, unit="minutes")))
    reports = of_kind(events, Progress)
    looks = len(of_kind(events, Evaluated)) + len(of_kind(events, Saved))
    assert 10 < len(reports) <= 10 * last_of(events).seconds + looks + 1


def test_progress_tells_the_place_and_the_mean_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    reports = of_kind(trained(trainer()), Progress)
    alone, losses = trainer(), []
    for step in range(59):
        alone.step(step / 60)
        measured = alone.measured()
        assert measured is not None
        losses.append(measured.loss)
    assert [report.step for report in reports[:59]] == list(range(1, 60))
    assert [report.loss for report in reports[:59]] == losses
    assert [report.spent for report in reports[:59]] == [step / 60 for step in range(1, 60)]


def test_looks_depend_on_the_text_and_the_step_alone(ticking: Callable[[float], Ticking]) -> None:
    ticking(0.0001)
    quick = [(look.step, look.loss) for look in of_kind(trained(trainer()), Evaluated)]
    ticking(0.7)
    slow = [(look.step, look.loss) for look in of_kind(trained(trainer()), Evaluated)]
    assert quick == slow
    assert len(quick) >= 4


@pytest.mark.parametrize(("unit", "amount"), [("steps", 500), ("epochs", 7.0), ("minutes", 1)])
def test_looks_are_spread_evenly_over_the_budget(ticking: Callable[[float], Ticking], unit: str, amount: float) -> None:
    ticking(0.01)
    events = trained(trainer(settings(amount, unit=unit, val_fraction=0.02)))
    spent = {report.step: report.spent for report in of_kind(events, Progress)} | {0: 0.0}
    shares = [spent.get(look.step, look.step / last_of(events).step) for look in of_kind(events, Evaluated)[:-1]]
    gaps = [right - left for left, right in itertools.pairwise(shares)]
    assert len(gaps) > 20
    assert max(gaps) < 0.07
    assert min(gaps[4:-1]) > 0.03


def test_after_a_pause_looks_come_no_sooner(
    ticking: Callable[[float], Ticking], monkeypatch: pytest.MonkeyPatch
) -> None:
    eager(monkeypatch)
    ticking(0.001)

    class Paused:
        polls = 0

        def poll(self) -> list[Request]:
            self.polls += 1
            return {100: [Pause("p")], 5000: [Unpause("u")]}.get(self.polls, [])  # type: ignore[return-value]

    one = trainer(settings(0.1, unit="minutes"))
    events = list(train(one, one.config.budget, Shelf(), Paused(), []))
    seconds = [look.seconds for look in of_kind(events, Evaluated)]
    assert {event.id for event in of_kind(events, Acknowledged)} == {"p", "u"}
    gaps = [right - left for left, right in itertools.pairwise(seconds[:-2])]
    assert len(gaps) >= 4
    assert max(gaps) < 2 * min(gaps[1:])


def test_a_training_with_a_ruinous_rate_is_said_to_have_diverged() -> None:
    seen = settings(40, learning_rate=9.0, clip=1e3)
    blind = settings(40, learning_rate=9.0, clip=1e3, val_fraction=0.0)
    for config in (seen, blind):
        assert last_of(trained(trainer(config))).summary.startswith("Diverged")


def test_each_baseline_is_beaten_once_and_truly() -> None:
    ladder = [Baseline("easy", 100.0), Baseline("uniform", 4.2), Baseline("middling", 3.4), Baseline("never", 0.01)]
    looks = of_kind(trained(trainer(settings(150)), ladder=ladder), Evaluated)
    told = [name for look in looks for name in look.milestones]
    assert sorted(told) == ["easy", "middling", "uniform"]
    for look in looks:
        assert look.bits_per_char is not None
        assert all(look.bits_per_char < rung.bits_per_char for rung in ladder if rung.name in look.milestones)


def test_the_final_loss_is_that_of_the_best_weights_that_were_kept() -> None:
    one, shelf = trainer(), Shelf()
    end = last_of(trained(one, shelf))
    best = shelf.kept["best"][-1]
    assert end.loss == pytest.approx(validation_loss(best, one), rel=1e-6)
    assert end.bits_per_char == pytest.approx(validation_loss(best, one) / math.log(2), rel=1e-6)
    assert best.training.loss == end.loss


def test_without_validation_text_a_training_ends_well_and_claims_nothing() -> None:
    shelf = Shelf()
    events = trained(trainer(settings(val_fraction=0.0)), shelf)
    end = last_of(events)
    assert (end.step, end.loss, of_kind(events, Evaluated), shelf.kept["best"]) == (60, None, [], [])


def test_samples_begin_with_the_prompt_and_are_the_same_for_the_same_weights() -> None:
    config = settings(prompt="the ash")
    one, other = (of_kind(trained(trainer(config)), Sampled) for _ in range(2))
    assert one == other
    assert {sample.prompt for sample in one} == {"the ash"}
    assert len({sample.text for sample in one}) > 1


def test_a_checkpoint_is_kept_every_ten_seconds(ticking: Callable[[float], Ticking]) -> None:
    ticking(0.2)
    events = trained(trainer(settings(1, unit="minutes")))
    saves = [save for save in of_kind(events, Saved) if save.checkpoint == "last"]
    assert 3 <= len(saves) <= 7  # by this clock a save takes so long that they come less often
    assert saves[-1].step == last_of(events).step


# Patience.


def overfitting(patience: int | None = None) -> TrainingConfig:
    return settings(100, patience=patience, learning_rate=0.03, hidden_size=24, val_fraction=0.2)


def test_patience_stops_a_training_that_overfits_and_keeps_the_best() -> None:
    one, shelf = trainer(overfitting(patience=2), NOISE), Shelf()
    events = trained(one, shelf)
    end, losses = last_of(events), [look.loss for look in of_kind(events, Evaluated)]
    assert end.reason == "patience"
    assert end.step < 100
    assert end.loss == min(loss for loss in losses if loss is not None)
    assert validation_loss(shelf.kept["best"][-1], one) < validation_loss(shelf.kept["last"][-1], one) - 0.05
    assert "Overfitting" in end.summary


def test_without_patience_an_overfitting_training_goes_on() -> None:
    end = last_of(trained(trainer(overfitting(), NOISE)))
    assert (end.step, end.reason) == (100, "budget")
    assert "Overfitting" in end.summary


# Requests.


def test_another_rate_holds_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    events = trained(trainer(), at={20: [SetLearningRate("r", 0.0007)]})
    for step, height in ((10, 0.007), (30, 0.0007), (55, 0.0007)):
        assert report_at(events, step).learning_rate == pytest.approx(height * rate_factor(step / 60, 0.05, 0.3))
    assert Acknowledged("r", 20) in events


def test_a_request_to_save_keeps_the_weights_of_that_step(monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    shelf = Shelf()
    events = trained(trainer(), shelf, at={20: [Save("s")]})
    alone = trainer()
    for step in range(20):
        alone.step(step / 60)
    assert Acknowledged("s", 20) in events
    np.testing.assert_array_equal(shelf.kept["last"][0].tensors["head.weight"], alone.model.head.weight.detach())


def test_a_request_for_a_sample_is_answered_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    events = trained(trainer(), at={31: [Sample("s")]})
    assert [sample.step for sample in of_kind(events, Sampled)].count(31) == 1
    assert Acknowledged("s", 31) in events


def test_a_request_to_stop_saves_evaluates_and_finishes(monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    shelf = Shelf()
    events = trained(trainer(), shelf, at={31: [Stop("s")]})
    end = last_of(events)
    assert (end.step, end.reason) == (31, "stopped")
    assert record_of(shelf.kept["last"][-1].state).step == 31
    assert 31 in [look.step for look in of_kind(events, Evaluated)]


def test_a_request_to_stop_is_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    assert Acknowledged("s", 31) in trained(trainer(), at={31: [Stop("s")]})


def test_what_is_asked_together_with_a_stop_is_done_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    one = trainer()
    events = trained(one, at={31: [SetLearningRate("r", 0.0007), Stop("s")]})
    assert Acknowledged("r", 31) in events
    assert one.record.rate_multiplier == pytest.approx(0.1)


@pytest.mark.parametrize("request_", [Save("s"), Pause("s")], ids=["save", "pause"])
def test_a_save_is_acknowledged_when_it_is_on_the_disk(request_: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    monkeypatch.setattr(loop, "PAUSED_POLL", 0.0)
    one = trainer()
    events = train(one, one.config.budget, Shelf(), Script(one, {20: [request_]}))
    told = list(itertools.takewhile(lambda event: not isinstance(event, Acknowledged), events))
    assert Saved(20, "last") in told


def test_a_stop_ends_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    end = last_of(trained(trainer(), at={20: [Pause("p"), Stop("s")]}))
    assert (end.step, end.reason) == (20, "stopped")


def test_a_rate_that_is_none_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    one = trainer()
    trained(one, at={20: [SetLearningRate("r", -5.0)]})
    assert one.record.rate_multiplier >= 0


# Losses that are no numbers.


def poisoned_at(
    one: Trainer, steps: Iterable[int], shelf: Shelf | None = None, budget: Budget | None = None
) -> list[Event]:
    """Train, and make the weights NaN whenever a step of these is reported; at most four times each."""
    events, left = [], dict.fromkeys(steps, 4)
    for event in train(one, budget or one.config.budget, shelf or Shelf()):
        events.append(event)
        if isinstance(event, Progress) and left.get(event.step, 0):
            left[event.step] -= 1
            poison(one)
    return events


def poisoned_once(one: Trainer, step: int, shelf: Shelf | None = None) -> list[Event]:
    events, done = [], False
    for event in train(one, one.config.budget, shelf or Shelf()):
        events.append(event)
        if isinstance(event, Progress) and event.step == step and not done:
            done = True
            poison(one)
    return events


def test_after_a_nan_the_training_goes_back_halves_its_rate_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    one, shelf = trainer(), Shelf()
    events = poisoned_once(one, 30, shelf)
    notes = of_kind(events, Noted)
    assert len(notes) == 1
    assert notes[0].step < 30
    assert "half the rate" in notes[0].text
    after = events[events.index(notes[0]) :]
    assert report_at(after, 30).learning_rate == pytest.approx(0.0035 * rate_factor(0.5, 0.05, 0.3))
    assert (last_of(events).step, last_of(events).reason) == (60, "budget")
    assert np.isfinite(shelf.kept["last"][-1].tensors["head.weight"]).all()


def test_a_loss_that_is_no_number_is_told_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    one, left = trainer(), [1]
    sound = one.step

    def spoilt(spent: float) -> None:
        if one.record.step == 30 and left:
            left.pop()
            poison(one)
        sound(spent)

    monkeypatch.setattr(one, "step", spoilt)
    events = list(train(one, one.config.budget, Shelf()))
    assert None in [report.loss for report in of_kind(events, Progress)]
    assert "half the rate" in of_kind(events, Noted)[0].text


def test_going_back_restores_the_state_to_the_last_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    one, looked = trainer(settings(dropout=0.3)), {}
    for event in train(one, one.config.budget, Shelf()):
        if isinstance(event, Sampled) and event.step not in looked:  # the end of a look, where a good state is kept
            looked[event.step] = one.checkpoint(with_state=True)
        if isinstance(event, Progress) and event.step == 30:
            poison(one)
        if isinstance(event, Noted):
            break
    good, now = looked[one.record.step], one.checkpoint(with_state=True)
    for name in good.tensors:
        np.testing.assert_array_equal(good.tensors[name], now.tensors[name], err_msg=name)
    for name in set(good.state) - {"record"}:
        np.testing.assert_array_equal(good.state[name], now.state[name], err_msg=name)


def test_after_three_times_it_gives_up_and_keeps_finite_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    one, shelf = trainer(), Shelf()
    events = poisoned_at(one, [30], shelf)
    end = last_of(events)
    assert end.reason == "diverged"
    assert len(of_kind(events, Noted)) == 4
    assert end.step < 30
    for checkpoint in (shelf.kept["last"][-1], shelf.kept["best"][-1]):
        assert all(np.isfinite(value).all() for value in checkpoint.tensors.values())
    assert end.loss == pytest.approx(validation_loss(shelf.kept["best"][-1], one))


def test_a_rate_far_too_high_ends_with_finite_weights() -> None:
    shelf = Shelf()
    end = last_of(trained(trainer(settings(200, learning_rate=10.0, clip=1e9, cell="rnn")), shelf))
    assert end.reason in {"budget", "diverged"}
    assert all(np.isfinite(value).all() for value in shelf.kept["last"][-1].tensors.values())


def test_what_is_kept_when_it_gives_up_is_the_last_good_state(monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    events = poisoned_at(trainer(), [30])
    assert last_of(events).step == of_kind(events, Noted)[-1].step


@pytest.mark.parametrize("step", [58, 59])
def test_a_nan_in_the_last_steps_does_not_cut_the_training_short(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    monkeypatch.setattr(loop, "PROGRESS_EVERY", math.inf)
    one, left = trainer(), [step]

    class Poisoner:
        def poll(self) -> list[Request]:
            if left == [one.record.step]:
                left.clear()
                poison(one)
            return []

    events = list(train(one, one.config.budget, Shelf(), Poisoner()))
    assert (last_of(events).step, last_of(events).reason) == (60, "budget")


@pytest.mark.parametrize("request_", [Save("s"), Pause("s"), Sample("s")], ids=["save", "pause", "sample"])
def test_no_request_keeps_or_shows_weights_that_are_no_numbers(
    request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    eager(monkeypatch)
    monkeypatch.setattr(loop, "PAUSED_POLL", 0.0)
    one, shelf = trainer(), Shelf()
    for event in train(one, one.config.budget, shelf, Script(one, {31: [request_], 33: [Stop("x")]})):
        if isinstance(event, Progress) and event.step == 30:
            poison(one)
            monkeypatch.setattr(loop, "PROGRESS_EVERY", math.inf)  # the next report is not due yet
        if isinstance(event, Saved) and event.checkpoint == "last":
            break
    for checkpoint in shelf.kept["last"]:
        assert all(np.isfinite(value).all() for value in checkpoint.tensors.values())


def test_without_validation_text_it_goes_back_to_the_last_save(monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    one = trainer(settings(val_fraction=0.0))
    for event in train(one, one.config.budget, Shelf(), Script(one, {20: [Save("s")]})):
        if isinstance(event, Progress) and event.step == 30:
            poison(one)
        if isinstance(event, Noted):
            break
    assert one.record.step >= 20


def test_a_training_that_gave_up_keeps_its_lowered_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    shelf = Shelf()
    poisoned_at(trainer(), [30], shelf)
    assert record_of(shelf.kept["last"][-1].state).rate_multiplier <= 1 / 8


def bounded(events: Iterable[Event]) -> list[Event]:
    """Return the events of a training that must end soon."""
    told = list(itertools.islice(events, 2000))
    assert isinstance(told[-1], Finished), "it goes on and on"
    return told


def test_weights_that_were_no_numbers_from_the_beginning_end_after_three_times() -> None:
    one = trainer()
    poison(one)
    events = bounded(train(one, one.config.budget, Shelf()))
    assert last_of(events).reason == "diverged"
    assert len(of_kind(events, Noted)) == 4


@pytest.mark.parametrize("unit", ["steps", "epochs", "minutes"])
def test_a_training_whose_every_step_spoils_the_weights_ends(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    one, shelf = trainer(), Shelf()
    monkeypatch.setattr(one, "step", lambda _spent: poison(one))
    events = bounded(train(one, Budget(unit, 1000), shelf))  # type: ignore[arg-type]
    assert last_of(events).reason == "diverged"
    assert all(np.isfinite(value).all() for value in shelf.kept["last"][-1].tensors.values())


@pytest.mark.parametrize("rollbacks", [1, 2, 3])
def test_a_stop_is_heard_between_two_rollbacks(rollbacks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    one, shelf = trainer(), Shelf()
    monkeypatch.setattr(one, "step", lambda _spent: poison(one))

    class Stopper:
        def poll(self) -> list[Request]:
            return [Stop("s")] if one.record.rollbacks == rollbacks else []

    events = bounded(train(one, one.config.budget, shelf, Stopper()))
    assert last_of(events).reason == "stopped"
    assert Acknowledged("s", 0) in events
    assert all(np.isfinite(value).all() for value in shelf.kept["last"][-1].tensors.values())


def test_weights_whose_sum_overflows_are_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    one, shelf, spoiled = trainer(), Shelf(), False
    for event in train(one, one.config.budget, shelf):
        if isinstance(event, Progress) and event.step == 30 and not spoiled:
            one.model.head.bias.detach().fill_(3e38)
            spoiled = True
    assert record_of(shelf.kept["last"][-1].state).rollbacks == 1
    assert np.abs(shelf.kept["last"][-1].tensors["head.bias"]).max() < 1e3
