"""What the app's tests are given: run folders as a trainer leaves them, and an app on a fake engine."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from filelock import FileLock

from rnnplay.app.app import Playground
from rnnplay.engine.fake import FakeEngine
from rnnplay.model.config import ModelConfig
from rnnplay.runs import folder
from rnnplay.runs.folder import RUN_FORMAT, Owner, Run, RunCard
from rnnplay.runs.log import EventWriter
from rnnplay.text.records import Baseline, Provenance
from rnnplay.training.config import Budget, TrainingConfig
from rnnplay.training.events import Evaluated, Event, Finished, Progress, Sampled, Sizes, Started

LADDER = (Baseline("uniform", 6.0), Baseline("unigram", 4.8), Baseline("bigram", 3.6), Baseline("4-gram", 2.5))
CONFIG = TrainingConfig(
    ModelConfig(hidden_size=384, dropout=0.1),
    batch_size=16,
    seq_len=64,
    learning_rate=7e-3,
    budget=Budget("steps", 400),
    device="cpu",
    precision="fp32",
    threads=1,
)


def playground(engine: FakeEngine | None = None) -> Playground:
    """Return an app on a fake engine."""
    return Playground(engine or FakeEngine())


def started(config: TrainingConfig = CONFIG, *, corpus: str = "play", from_step: int = 0) -> Started:
    """Return how a log begins."""
    return Started(
        1.7e9,
        from_step,
        config,
        Provenance("shipped", corpus),
        Sizes(290_000, 32_000, 65, 600_000, 580_000),
        "CPU, 1 thread",
        {"torch": "2"},
        LADDER,
    )


def progress(step: int, loss: float | None, *, of: int = 400) -> Progress:
    """Return a report."""
    return Progress(step, step / 280, step * 1024, step * 0.05, step / of, loss, 7e-3, 0.4, 20_000.0)


def evaluated(step: int, loss: float | None, *milestones: str, best: bool = True) -> Evaluated:
    """Return a look at the validation text."""
    bits = None if loss is None else loss / 0.6931
    return Evaluated(step, step * 0.05, loss, bits, "carried", True, 16_384, best, milestones)


def finished(step: int, loss: float | None = 1.6) -> Finished:
    """Return how a log ends."""
    bits = None if loss is None else loss / 0.6931
    return Finished(
        step, "budget", CONFIG.budget, step * 0.05, 0.4, step * 1024, loss, bits, False, step, 1.5, "Still improving."
    )


def course(last: int = 400, *, end: bool = True, text: str = "the lamp went out\n") -> Iterator[Event]:
    """Yield the events of a training as it usually goes."""
    yield started()
    for step in range(10, last + 1, 10):
        loss = 1.4 + 2.8 * 0.985**step
        yield progress(step, loss)
        if step % 50 == 0:
            milestones = {50: ("uniform", "unigram"), 100: ("bigram",), 300: ("4-gram",)}.get(step, ())
            yield evaluated(step, loss + 0.1, *milestones)
            yield Sampled(step, "", f"at {step} it wrote: {text}")
    if end:
        yield finished(last)


def made_run(name: str, events: Iterable[Event] | None = None, *, corpus: str = "play", config: Any = CONFIG) -> Run:
    """Make a run's folder with these events (none given: those of a usual training) and no checkpoint."""
    card = RunCard(RUN_FORMAT, config, Provenance("shipped", corpus, sha256="0"), "stream", {"torch": "2"}, 1.7e9)
    run = folder.created(name, {"run.json": msgspec.json.encode(card)})
    told(run, course() if events is None else events)
    return run


def told(run: Run, events: Iterable[Event]) -> None:
    """Let a trainer of a run say something."""
    writer = EventWriter(run.events)
    for event in events:
        writer.append(event)
    writer.close()


@contextmanager
def training(run: Run, niceness: int | None = None) -> Iterator[None]:
    """Hold a run's lock as a trainer does."""
    owner = Owner(12345, "here", time.time(), niceness)
    (run.folder / "owner.json").write_bytes(msgspec.json.encode(owner))
    with FileLock(run.folder / "lock"):
        yield
