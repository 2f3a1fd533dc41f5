"""Trainings that take a tenth of a second."""

import random
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from rnnplay import session
from rnnplay.model import checkpoint as checkpoints
from rnnplay.model.checkpoint import Checkpoint, CorpusCard, Tensors
from rnnplay.model.config import ModelConfig
from rnnplay.runs.folder import Run
from rnnplay.runs.requests import new_id, send
from rnnplay.session import Session
from rnnplay.text import sources
from rnnplay.text.corpus import Corpus
from rnnplay.text.vocabulary import Vocabulary
from rnnplay.training import loop, trial
from rnnplay.training.config import Budget, TrainingConfig
from rnnplay.training.control import Save, Stop
from rnnplay.training.events import Event, Finished, Progress, Started
from rnnplay.training.trainer import Record, Trainer

needs_bf16 = pytest.mark.skipif(
    not trial.computes_bf16(TrainingConfig(device="cpu")), reason="this processor can't run an LSTM in bf16"
)

WORDS = ("ash", "barn", "crow", "dune", "elm", "fig", "gate", "hill", "inn", "jar", "kite", "lamp", "moss", "nut")


def made_text(lines: int = 60, seed: int = 1) -> str:
    """Return sentences of random words."""
    chosen = random.Random(seed)
    return "".join(" ".join(chosen.choice(WORDS) for _ in range(7)) + ".\n" for _ in range(lines))


TEXT = made_text()


def corpus(text: str = TEXT) -> Corpus:
    """Return a text as a corpus."""
    return sources.from_text(text, shape="stream")


def settings(steps: float = 60, *, unit: str = "steps", **changes: Any) -> TrainingConfig:
    """Return settings of a tiny training; those of the model go by their own names."""
    model = {name: changes.pop(name) for name in ModelConfig.__struct_fields__ if name in changes}
    whole: dict[str, Any] = {
        "model": ModelConfig(**{"hidden_size": 16, "embedding_size": 8, **model}),
        "batch_size": 4,
        "seq_len": 8,
        "learning_rate": 7e-3,
        "resets": 0.0,
        "budget": Budget(unit, steps),  # type: ignore[arg-type]
        "precision": "fp32",
        "device": "cpu",
        "threads": 1,
        **changes,
    }
    return TrainingConfig(**whole)


def trainer(config: TrainingConfig | None = None, text: str = TEXT) -> Trainer:
    """Return a fresh trainer of its own, with no folder."""
    config = config or settings()
    read = corpus(text)
    parts = read.split(config.val_fraction)
    return Trainer(config, Vocabulary(read.alphabet), parts.train, parts.validation, CorpusCard("tiny", "0"))


def begun(name: str, config: TrainingConfig | None = None, text: str = TEXT) -> Session:
    """Return a session with a fresh run."""
    return session.begin(corpus(text), config or settings(), name)


def resumed(run: Run, budget: Budget | None = None, text: str = TEXT) -> Session:
    """Return a session that goes on with a run."""
    return session.resume(run, budget, corpus(text))


def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the loop report and read its requests at every step, so that a test can act at a given one."""
    monkeypatch.setattr(loop, "PROGRESS_EVERY", 0.0)
    monkeypatch.setattr(loop, "POLL_EVERY", 0.0)


def finished(current: Session) -> Run:
    """Train to the end and return the run."""
    *_, last = current.events()
    assert isinstance(last, Finished)
    return current.run


def stopped(current: Session, step: int) -> Run:
    """Train until a request to stop is followed at this step, no sitting's first; wants `eager`."""
    for event in current.events():
        before_any = isinstance(event, Started) and event.from_step == step
        if before_any or (isinstance(event, Progress) and event.step == step - 1):
            send(current.run, Stop(new_id()))
    assert kept_record(current.run).step == step
    return current.run


def abandoned(current: Session, saved: int, step: int) -> Run:
    """Train until a save at one step, and leave off at a later one as if killed; wants `eager`."""
    events = current.events()
    for event in events:
        if isinstance(event, Progress) and event.step == saved - 1:
            send(current.run, Save(new_id()))
        if isinstance(event, Progress) and event.step >= step:
            break
    events.close()  # type: ignore[attr-defined]
    assert kept_record(current.run).step == saved
    return current.run


def until(events: Iterator[Event], step: int) -> None:
    """Follow a training up to its report of a step; wants `eager`."""
    next(event for event in events if isinstance(event, Progress) and event.step == step)


def kept(run: Run) -> Checkpoint:
    """Return a run's last checkpoint, state and all."""
    return checkpoints.load(run.checkpoint("last"), with_state=True)


def record_of(state: Tensors) -> Record:
    """Return the record in a state."""
    return msgspec.json.decode(np.asarray(state["record"]).tobytes(), type=Record)


def kept_record(run: Run) -> Record:
    """Return where a run was last saved."""
    return record_of(kept(run).state)


def assert_same_training(one: Checkpoint, other: Checkpoint) -> None:
    """Compare weights, optimizer, carried state, random generators and place, to the last bit."""
    assert_same_tensors(one.tensors, other.tensors)
    assert_same_tensors(
        {name: value for name, value in one.state.items() if name != "record"},
        {name: value for name, value in other.state.items() if name != "record"},
    )
    records = [record_of(checkpoint.state) for checkpoint in (one, other)]
    places = [(record.step, record.chars, record.epoch, record.window, record.rate_multiplier) for record in records]
    assert places[0] == places[1]


def assert_same_tensors(one: Tensors, other: Tensors) -> None:
    """Compare tensors to the last bit."""
    assert set(one) == set(other)
    assert [name for name in one if one[name].tobytes() != other[name].tobytes()] == []


def poison(current: Trainer) -> None:
    """Make every weight a NaN."""
    with torch.no_grad():
        for parameter in current.model.parameters():
            parameter.fill_(float("nan"))
