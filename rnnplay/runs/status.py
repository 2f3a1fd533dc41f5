"""What a run has come to, told from its folder without reading all of it."""

from typing import Literal

import msgspec

from rnnplay.errors import UserError
from rnnplay.model import checkpoint as checkpoints
from rnnplay.runs import log
from rnnplay.runs.folder import Run, RunCard
from rnnplay.training.events import Finished, Started

State = Literal["training", "finished", "stopped", "interrupted", "damaged"]


class Status(msgspec.Struct, frozen=True):
    """A run at a glance.

    Attributes:
        state: "interrupted" is a run whose trainer ended without a word: it can be resumed.
        loss: The best validation loss in nats per character.
    """

    name: str
    state: State
    card: RunCard | None
    step: int = 0
    seconds: float = 0.0
    loss: float | None = None


def status(run: Run) -> Status:
    """Return what the run has come to; a damaged one says so instead of failing."""
    try:
        card = run.card()
    except UserError:
        return Status(run.name, "damaged", None)
    events = log.tail(run.events)
    last = events[-1] if events else None
    step = max((event.step for event in events if not isinstance(event, Started)), default=0)
    seconds = max((getattr(event, "seconds", 0.0) for event in events), default=0.0)
    if isinstance(last, Finished):
        state: State = "stopped" if last.reason == "stopped" else "finished"
        return Status(run.name, state, card, last.step, last.seconds, last.loss)
    state = "training" if run.is_training() else "interrupted"
    return Status(run.name, state, card, step, seconds, _best_loss(run))


def _best_loss(run: Run) -> float | None:
    try:
        return checkpoints.training_of(run.checkpoint("best")).loss
    except UserError:
        return None
