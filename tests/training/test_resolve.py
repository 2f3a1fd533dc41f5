"""What is settled before the first step: measured, chosen, recorded, and kept when a run goes on."""

import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch

from rnnplay import session
from rnnplay.errors import UserError
from rnnplay.model.config import ModelConfig
from rnnplay.model.network import CharacterModel
from rnnplay.runs.folder import Run
from rnnplay.training import choosing, resolve, trial
from rnnplay.training.config import Budget, TrainingConfig, automatic
from rnnplay.training.events import Noted, Started
from rnnplay.training.processors import processors
from rnnplay.training.trainer import Trainer
from tests.training.tiny import begun, corpus, finished, needs_bf16, resumed, settings

SYMBOLS, CHARS = 30, 40_000


def free(unit: Any = "minutes", amount: float = 0.01, **changes: Any) -> TrainingConfig:
    return msgspec.structs.replace(automatic(), device="cpu", budget=Budget(unit, amount), **changes)


@pytest.fixture
def two_threads() -> Any:
    """Give torch its threads back after a test."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("cell", ["lstm", "ff"])
def test_a_trial_returns_one_of_what_it_may_try(two_threads: None, cell: Any) -> None:
    model = ModelConfig(cell, hidden_size=32, context=8 if cell == "ff" else None)
    config = TrainingConfig(model, device="cpu")
    found = trial.tried(config, SYMBOLS)
    assert 1 <= found.threads <= max(processors(), trial.usual_threads())
    assert found.precision in trial.precisions(config)
    assert found.chars_per_second > 0
    assert found.rate > 0


def test_bf16_is_kept_where_it_is_computed_and_else_replaced_with_a_note(two_threads: None) -> None:
    config = TrainingConfig(ModelConfig(hidden_size=16), device="cpu", precision="bf16", threads=1)
    resolved, notes = resolve.resolved(config, CHARS, SYMBOLS)
    network = CharacterModel(config.model, SYMBOLS)
    with torch.autocast("cpu", torch.bfloat16, enabled=resolved.precision == "bf16"):
        network(torch.zeros(2, 1, dtype=torch.long), network.initial_state(1))  # raises where torch lacks it
    replaced = "This processor can't run an LSTM in bf16: fp32 instead." in notes
    assert replaced == (resolved.precision == "fp32")


@needs_bf16
def test_what_is_given_is_not_tried_against_others(two_threads: None) -> None:
    config = TrainingConfig(ModelConfig(hidden_size=16), device="cpu", precision="bf16", threads=1)
    found = trial.tried(config, SYMBOLS)
    assert (found.threads, found.precision) == (1, "bf16")


def test_a_machine_that_gets_busy_in_a_trial_chooses_no_slower_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []

    def step(trainer: Trainer, spent: float) -> None:
        steps.append(trainer.config.precision)
        alone = 0.002 if trainer.config.precision == "bf16" else 0.004
        time.sleep(alone if len(steps) < 8 else 10 * alone)

    monkeypatch.setattr(Trainer, "step", step)
    monkeypatch.setattr(trial, "precisions", lambda _: ("fp32", "bf16"))
    config = TrainingConfig(ModelConfig(hidden_size=16), device="cpu", threads=1)
    assert trial.tried(config, SYMBOLS).precision == "bf16"


class Shared:
    """The clocks of a machine whose two processors other programs use; a step waits for the slower of its threads."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, others: float) -> None:
        self.elapsed = self.worked = 0.0
        self.others, self.tried = others, set[int | None]()
        monkeypatch.setattr(trial, "time", self)
        monkeypatch.setattr(trial, "usual_threads", lambda: 2)
        monkeypatch.setattr(trial, "processors", lambda: 2)
        monkeypatch.setattr(Trainer, "step", lambda trainer, _: self.step(trainer.config.threads or 0))

    def perf_counter(self) -> float:
        return self.elapsed

    def process_time(self) -> float:
        return self.worked

    def step(self, threads: int) -> None:
        self.tried.add(threads)
        self.worked += 0.08
        self.elapsed += 0.08 / threads * (1 + self.others * threads)


def test_a_trial_that_other_programs_hold_up_is_told_by_the_time_that_it_worked(
    two_threads: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = TrainingConfig(ModelConfig(hidden_size=64), device="cpu", precision="fp32")
    Shared(monkeypatch, 0.0)
    alone = trial.tried(msgspec.structs.replace(config, threads=1), SYMBOLS)
    assert not alone.held_up
    for others in (4.0, 20.0):
        shared = Shared(monkeypatch, others)
        found = trial.tried(config, SYMBOLS)
        assert found.held_up
        assert found.rate == pytest.approx(alone.rate)
        assert shared.tried == {1, 2}
    Shared(monkeypatch, 0.0)
    assert trial.tried(config, SYMBOLS).rate > 1.5 * alone.rate
    Shared(monkeypatch, 0.1)
    assert not trial.tried(config, SYMBOLS).held_up


def test_a_network_of_billions_of_parameters_is_tried_by_a_likeness_that_fits_in_memory(two_threads: None) -> None:
    huge = TrainingConfig(ModelConfig(hidden_size=1 << 15, layers=4), device="cpu", threads=1, precision="fp32")
    assert trial.tried(huge, SYMBOLS).rate > 0


@pytest.mark.parametrize(("number", "told"), [(1, "CPU, 1 thread"), (2, "CPU, 2 threads")])
def test_the_processor_is_told_with_its_threads(two_threads: None, number: int, told: str) -> None:
    torch.set_num_threads(number)
    assert resolve.device_name("cpu") == told


def test_everything_is_settled_and_explained(two_threads: None) -> None:
    config, notes = resolve.resolved(free(), CHARS, SYMBOLS)
    assert config.free == ()
    assert config.precision != "auto"
    assert config.threads == torch.get_num_threads()
    assert notes[0].startswith("Chosen for 0.01 minutes on this machine and 40,000 characters")


def test_with_a_budget_in_steps_nothing_but_the_precision_is_measured(
    two_threads: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "tried", lambda *_: pytest.fail("nothing is to be tried"))
    config, _ = resolve.resolved(free("steps", 200, precision="fp32"), CHARS, SYMBOLS)
    expected = choosing.chosen(free("steps", 200, precision="fp32"), SYMBOLS, CHARS, None).config
    assert msgspec.structs.replace(config, threads=None) == expected
    assert config.threads == trial.usual_threads()


def test_the_threads_that_a_person_has_set_for_all_programs_are_kept(
    two_threads: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    torch.set_num_threads(1)
    assert resolve.resolved(free(), CHARS, SYMBOLS)[0].threads == 1


def test_a_text_that_is_none_is_refused_before_anything_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "tried", lambda *_: pytest.fail("nothing is to be tried"))
    with pytest.raises(UserError, match="fewer than two characters"):
        resolve.resolved(free(), 1, SYMBOLS)


def test_a_run_records_what_was_chosen_and_tells_it_first(home: Path, two_threads: None) -> None:
    current = session.begin(corpus(), free("steps", 3, precision="fp32"), "chosen")
    started, noted, *_ = current.events()
    assert isinstance(started, Started)
    assert started.config.free == ()
    assert isinstance(noted, Noted)
    assert noted.text.startswith("Chosen for 3 steps and ")
    kept = current.run.card().config
    assert (kept.free, kept.threads) == ((), trial.usual_threads())
    assert kept.model == current.trainer.model.config


def test_a_run_that_goes_on_chooses_nothing_anew(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run: Run = finished(begun("first", settings(5)))
    monkeypatch.setattr(trial, "tried", lambda *_: pytest.fail("nothing is to be tried"))
    again = resumed(run, Budget("minutes", 5))
    assert again.trainer.config == run.card().config
    assert not [note for note in again.notes if note.startswith("Chosen")]
