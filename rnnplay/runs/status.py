"""What a run has come to, told from its folder without reading all of it."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from rnnplay.errors import UserError
from rnnplay.model import checkpoint as checkpoints
from rnnplay.runs import log
from rnnplay.runs.compare import excess
from rnnplay.runs.folder import Run, RunCard
from rnnplay.training.events import Event, Finished, Started

State = Literal["training", "finished", "stopped", "interrupted", "damaged"]


class Status(msgspec.Struct, frozen=True):
    """A run at a glance.

    Attributes:
        state: "interrupted" is a run whose trainer ended without a word: it can be resumed.
        loss: The best validation loss in nats per character.
        optimum: What a perfect predictor reaches on the same characters, in bits per character; of a generated text.
        excess: By how many bits per character the loss is above that.
    """

    name: str
    state: State
    card: RunCard | None
    step: int = 0
    seconds: float = 0.0
    loss: float | None = None
    optimum: float | None = None
    excess: float | None = None


def status(run: Run) -> Status:
    """Return what the run has come to; a damaged one says so instead of failing."""
    return status_by(run, log.tail(run.events))


def status_by(run: Run, events: Sequence[Event]) -> Status:
    """Return what the run has come to by its last events, see `log.tail`."""
    try:
        card = run.card()
    except UserError:
        return Status(run.name, "damaged", None)
    last = events[-1] if events else None
    step = max((event.step for event in events if not isinstance(event, Started)), default=0)
    seconds = max((getattr(event, "seconds", 0.0) for event in events), default=0.0)
    if isinstance(last, Finished):
        state: State = "stopped" if last.reason == "stopped" else "finished"
        return _told(run, state, card, last.step, last.seconds, last.loss)
    state = "training" if run.is_training() else "interrupted"
    return _told(run, state, card, step, seconds, _best_loss(run))


def _told(run: Run, state: State, card: RunCard, step: int, seconds: float, loss: float | None) -> Status:
    return Status(run.name, state, card, step, seconds, loss, card.optimum, excess(loss, card.optimum))


def _best_loss(run: Run) -> float | None:
    try:
        return checkpoints.training_of(run.checkpoint("best")).loss
    except UserError:
        return None
