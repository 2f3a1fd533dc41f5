"""How fast the trainer reads, by width, and which precision and how many threads are best for it."""

import time
from collections.abc import Sequence

import msgspec
import numpy as np
import torch

from rnnplay.bench.peaks import GROUP_SECONDS, Mode, Peaks, using
from rnnplay.bench.records import TrainingSpeed, Tried, training_bound
from rnnplay.model import cost
from rnnplay.model.checkpoint import CorpusCard
from rnnplay.model.tf32 import cells_use_tf32
from rnnplay.text.vocabulary import Vocabulary
from rnnplay.training.config import TrainingConfig
from rnnplay.training.trainer import Trainer

VOCABULARY = Vocabulary(tuple(map(chr, range(0x20, 0x20 + 65))))
CHARS = 1 << 17
HARDLY_ANY = 16  # units of a network that has next to no arithmetic
BURST_SECONDS = 0.35
ROUNDS = 3
PATIENCE = 6.0  # seconds after which no further round is begun
FINALISTS = 6  # ways that are tried more than once


class Race:
    """A network's ways to train, in turns with the square products that they are compared with.

    Attributes:
        config: The network's settings.
        peaks: What the products reach.
        seconds: Of the fastest step so far, by way.
    """

    def __init__(self, hidden_size: int, ways: Sequence[Mode], peaks: Peaks) -> None:
        self.config = settings(hidden_size, peaks.device)
        self.seconds: dict[Mode, float] = {}
        self.peaks, self._ways = peaks, list(ways)
        self._trainers = {precision: _trainer(self.config, precision) for precision in {way.precision for way in ways}}

    def run(self) -> None:
        """Try each way for a moment, and some times again those that were fastest."""
        until = time.perf_counter() + PATIENCE
        for number in range(ROUNDS):
            if number and time.perf_counter() > until:
                break
            for way in self._ways:
                self.burst(way)
            self._ways = sorted(self._ways, key=self.seconds.__getitem__)[:FINALISTS]

    def burst(self, way: Mode) -> tuple[float, float]:
        """Multiply and train for a moment.

        Returns:
            The products' GFLOP/s, and the seconds of a step.
        """
        gflops = self.peaks.look(peak_of(way, self.peaks.device))
        with using(way.threads):
            seconds = _fastest_step(self._trainers[way.precision])
        self.seconds[way] = min(seconds, self.seconds.get(way, seconds))
        return gflops, seconds

    def gflops(self, seconds: float) -> float:
        """Return the GFLOP/s of a step that takes so long."""
        step = self.config.batch_size * self.config.seq_len
        return 6 * step * cost.multiply_adds(self.config.model, len(VOCABULARY)) / seconds / 1e9


def settings(hidden_size: int, device: str) -> TrainingConfig:
    """Return the default settings with another width, on a device."""
    default = TrainingConfig()
    model = msgspec.structs.replace(default.model, cell="lstm", layers=1, hidden_size=hidden_size, context=None)
    return msgspec.structs.replace(default, model=model, device=device)


def training_speed(race: Race, narrow: Race) -> TrainingSpeed:
    """Return what a race came to.

    Args:
        race: That was run.
        narrow: Another, of a network of `HARDLY_ANY` units: what the same ways take for a step whatever the width.
    """
    config, ranked = race.config, sorted(race.seconds, key=race.seconds.__getitem__)
    step, best = config.batch_size * config.seq_len, ranked[0]
    seconds = race.seconds[best]
    gflops, peak = race.gflops(seconds), race.peaks.of(peak_of(best, race.peaks.device))
    steps = min(narrow.seconds.get(best, 0.0) / seconds, 1.0)
    return TrainingSpeed(
        network=str(config.model),
        hidden_size=config.model.hidden_size,
        batch_size=config.batch_size,
        seq_len=config.seq_len,
        precision=best.precision,
        threads=best.threads,
        characters_per_second=step / seconds,
        gflops=gflops,
        peak_gflops=peak,
        share_of_peak=gflops / peak,
        share_of_steps=steps,
        bound=training_bound(gflops / peak, steps),
        tried=tuple(Tried(*way, step / race.seconds[way]) for way in ranked),
    )


def peak_of(way: Mode, device: str) -> Mode:
    """Return the products that a way to train is compared with: cuDNN's cells compute fp32 in TF32 by themselves."""
    if device.startswith("cuda") and way.precision == "fp32" and cells_use_tf32():
        return Mode("tf32", None)
    return way


def _trainer(config: TrainingConfig, precision: str) -> Trainer:
    ids = np.random.default_rng(0).integers(0, len(VOCABULARY), CHARS).astype(np.uint8)
    threads = torch.get_num_threads()
    config = msgspec.structs.replace(config, precision=precision, threads=threads)
    return Trainer(config, VOCABULARY, ids, ids[:0], CorpusCard())


def _fastest_step(trainer: Trainer) -> float:
    """Return the seconds of a step in the best of several groups of them; of long steps there is only one."""
    until = time.perf_counter() + BURST_SECONDS
    best = _seconds(trainer, 1)
    group = max(round(GROUP_SECONDS / best), 1)
    while time.perf_counter() < until:
        best = min(best, _seconds(trainer, group))
    return best


def _seconds(trainer: Trainer, steps: int) -> float:
    begun = time.perf_counter()
    for _ in range(steps):
        trainer.step(0.0)  # the schedule's beginning, at a rate of zero: the weights stay sound however long it goes on
    trainer.measured()  # waits for the device
    return (time.perf_counter() - begun) / steps
