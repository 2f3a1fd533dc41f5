"""Small trainings that are the same on every device: what the rows compare."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from rnnplay.model import cost
from rnnplay.model.checkpoint import Checkpoint, CorpusCard
from rnnplay.model.config import Cell
from rnnplay.model.tf32 import tf32_cells, tf32_products
from rnnplay.text.vocabulary import Ids, Vocabulary
from rnnplay.training.config import TrainingConfig, with_cell
from rnnplay.training.loop import Store
from rnnplay.training.trainer import Trainer

WARM_STEPS, GROUP = 3, 10


@dataclass(frozen=True)
class Text:
    """A text in ids, its last tenth apart."""

    vocabulary: Vocabulary
    train: Ids
    validation: Ids

    @classmethod
    def from_string(cls, text: str) -> "Text":
        """Return a text with its own characters as vocabulary."""
        vocabulary = Vocabulary(tuple(sorted(set(text))))
        ids = vocabulary.encode(text)
        held_out = max(len(ids) // 10, 2)
        return cls(vocabulary, ids[:-held_out], ids[-held_out:])


@dataclass(frozen=True)
class Size:
    """How large the compared trainings are."""

    hidden_size: int
    rows: int
    seq_len: int
    steps: int


SIZES = {"cuda": Size(256, 32, 64, 60), "cpu": Size(32, 8, 16, 40)}


@dataclass(frozen=True)
class Course:
    """What a training came to.

    Attributes:
        losses: Of each step, nats per character.
        gradient_norm: Of the first step.
        validation: The estimate at the end.
    """

    losses: tuple[float, ...]
    gradient_norm: float
    validation: float


def settings(cell: Cell, size: Size, device: str, precision: str, dropout: float = 0.0) -> TrainingConfig:
    """Return the settings of a compared training.

    Args:
        cell: Of the network.
        size: Of network and steps.
        device: As torch names it.
        precision: "fp32", "tf32" or "bf16".
        dropout: Of the network.
    """
    config = with_cell(TrainingConfig(), cell)
    model = replace(config.model, hidden_size=size.hidden_size, dropout=dropout)
    return replace(
        config,
        model=model,
        batch_size=size.rows,
        seq_len=size.seq_len,
        averaged_from=1.0,
        device=device,
        precision="bf16" if precision == "bf16" else "fp32",
        threads=None,
    )


def trainer(config: TrainingConfig, text: Text) -> Trainer:
    """Return a fresh trainer."""
    return Trainer(config, text.vocabulary, text.train, text.validation, CorpusCard())


@contextlib.contextmanager
def rounding(precision: str) -> Iterator[None]:
    """Let fp32 be TF32 where that is the precision, and fp32 elsewhere."""
    allowed = precision == "tf32"
    with tf32_cells(allowed), tf32_products(allowed):
        yield


def train_steps(one: Trainer, first: int, last: int, of: int) -> tuple[list[float], list[float]]:
    """Train, and return the loss and the gradient norm of each step.

    Args:
        one: The trainer.
        first: Step to begin with.
        last: Step to end before.
        of: Steps of the whole schedule.
    """
    losses, norms = [], []
    for step in range(first, last):
        one.step(step / of)
        measured = one.measured()
        assert measured is not None
        losses.append(measured.loss)
        norms.append(measured.gradient_norm)
    return losses, norms


def run_course(config: TrainingConfig, precision: str, text: Text, steps: int) -> Course:
    """Train for some steps and measure."""
    with rounding(precision):
        one = trainer(config, text)
        losses, norms = train_steps(one, 0, steps, steps)
        return Course(tuple(losses), norms[0], one.estimate().loss)


def chars_per_second(one: Trainer, seconds: float) -> float:
    """Return the characters a second of bare steps at a rate of zero."""
    for _ in range(WARM_STEPS):
        one.step(0.0)
    one.measured()  # waits for the device
    begun, before = time.perf_counter(), one.record.chars
    while time.perf_counter() - begun < seconds:
        for _ in range(GROUP):
            one.step(0.0)
        one.measured()
    return (one.record.chars - before) / (time.perf_counter() - begun)


def gflops(one: Trainer, speed: float) -> float:
    """Return the GFLOP/s of the plain algorithm's arithmetic at so many characters a second."""
    return 6 * cost.multiply_adds(one.config.model, len(one.vocabulary)) * speed / 1e9


class NoStore(Store):
    """A store that keeps nothing."""

    def save(self, checkpoint: Checkpoint, name: str) -> None:
        """Keep nothing."""
