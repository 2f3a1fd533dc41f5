"""Events as a training tells them, made by hand."""

import math

from rnnplay.text.records import Baseline, Provenance
from rnnplay.training.config import Budget, TrainingConfig
from rnnplay.training.events import Evaluated, Finished, Progress, Sampled, Sizes, Started

SIZES = Sizes(train_chars=9000, validation_chars=1000, vocabulary=60, parameters=690_000, multiply_adds=680_000)
LADDER = (Baseline("uniform", 6.0), Baseline("bigram", 3.6))


def started(from_step: int = 0, config: TrainingConfig | None = None, sizes: Sizes = SIZES) -> Started:
    """A training begins, or goes on from a step."""
    provenance = Provenance("text", "tiny")
    return Started(1.7e9, from_step, config or TrainingConfig(), provenance, sizes, "CPU", {}, LADDER)


def progress(step: int, loss: float | None = 2.0, spent: float = 0.2) -> Progress:
    """It has come to a step."""
    return Progress(step, step / 100, step * 1024, step / 10, spent, loss, 7e-3, 0.4, 30_000.0)


def evaluated(
    step: int, loss: float | None = 2.1, *, best: bool = True, estimate: bool = True, milestones: tuple[str, ...] = ()
) -> Evaluated:
    """The validation loss was measured."""
    bits = None if loss is None else loss / math.log(2)
    return Evaluated(step, step / 10, loss, bits, "carried", estimate, 16_000, best, milestones)


def sampled(step: int) -> Sampled:
    """It wrote something."""
    return Sampled(step, "", f"written at {step}")


def finished(step: int, loss: float | None = 2.0, *, best_step: int | None = None, reason: str = "budget") -> Finished:
    """It has ended."""
    return Finished(
        step,
        reason,  # type: ignore[arg-type]
        Budget(),
        step / 10,
        1.0,
        step * 1024,
        loss,
        None if loss is None else loss / math.log(2),
        False,
        step if best_step is None else best_step,
        2.0,
        "It went well.",
    )
