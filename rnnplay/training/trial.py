"""A short trial of a machine: which precision and how many threads it trains fastest with, and how fast that is."""

import functools
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from msgspec.structs import replace

from rnnplay.model import cost
from rnnplay.model.checkpoint import CorpusCard
from rnnplay.text.vocabulary import Vocabulary
from rnnplay.training.config import Precision, TrainingConfig
from rnnplay.training.forecast import measured_rate
from rnnplay.training.processors import USUAL_THREADS, processors
from rnnplay.training.trainer import Trainer

STEPS_AT_MOST = 8  # with one combination, after one that sets up; at least one
ONE_SECONDS = 0.12  # for each combination that takes turns, after which they are left
ALL_SECONDS = 0.6  # after which no other is begun
CLEARLY = 1.05  # times as fast as the usual number of threads, to be taken in its place
NARROWEST = 64  # units that a large network is tried with
HELD_UP = 1.2  # times as fast by its processor time as by the time that passed: other programs hold a trial up
STEP_AT_MOST = 8192  # characters that a step reads; more take as long each
PRODUCTS_AT_MOST = 1 << 20  # multiply-adds for a character on a processor; a larger network is tried in less width

_TORCHS_OWN = torch.get_num_threads()  # before a training sets another


@dataclass(frozen=True)
class Trial:
    """The fastest of the combinations that were tried.

    Attributes:
        chars_per_second: Read by the network that was tried, which of a large one is a narrower likeness.
        rate: Multiply-adds of a forward pass that a second of training does, as `forecast` takes it. Where other
            programs held the trial up, by the processor time that it took, as one thread alone would do.
        held_up: Whether they did.
    """

    threads: int
    precision: Precision
    chars_per_second: float
    rate: float
    held_up: bool = False


@dataclass(frozen=True)
class Speed:
    """How fast one combination is, in characters a second.

    Attributes:
        elapsed: By the time that passed, in the fastest step.
        worked: By the processor time of all threads, in the step that took least: what one thread would read if nothing
            else ran. It is the same however busy the machine is, or less where threads spin while they wait.
    """

    elapsed: float
    worked: float


NONE = Speed(0.0, 0.0)


def tried(config: TrainingConfig, vocabulary_size: int) -> Trial:
    """Train for some steps with each likely precision and number of threads, for about half a second in all.

    A precision or a number of threads that is given is the only one tried. Threads are looked for from the usual number
    on: half as many, and half of these, as long as that is faster, and else twice as many. Half as many are tried
    however long that takes: beside other programs a step of many threads may take many times as long.

    Args:
        config: Settings whose device is named and is there.
        vocabulary_size: How many different characters the text has.
    """
    until = time.perf_counter() + ALL_SECONDS
    config = _narrowed(config, vocabulary_size)
    threads = config.threads or usual_threads()
    likely = precisions(config)
    speeds = dict(zip(likely, _speeds(config, threads, likely, vocabulary_size), strict=True))
    precision = max(speeds, key=lambda one: speeds[one].elapsed)
    by_threads = {threads: speeds[precision]}

    def speed(threads: int) -> float:
        if threads not in by_threads:
            late = len(by_threads) > 1 and time.perf_counter() > until
            by_threads[threads] = NONE if late else _speeds(config, threads, [precision], vocabulary_size)[0]
        return by_threads[threads].elapsed

    if config.threads is None:
        for factor in (0.5, 2.0):
            while (other := int(threads * factor)) in range(1, processors() + 1) and (
                speed(other) > CLEARLY * speed(threads)
            ):
                threads = other
    fastest = speed(threads)
    alone = max(one.worked for one in by_threads.values()) if config.device == "cpu" else 0.0
    assumed = max(fastest, alone)
    rate = measured_rate(config, cost.multiply_adds(config.model, vocabulary_size), assumed)
    return Trial(threads, precision, fastest, rate, held_up=assumed > HELD_UP * fastest)


def precisions(config: TrainingConfig) -> tuple[Precision, ...]:
    """Return the given precision, or else all those that the device computes natively."""
    if config.precision != "auto":
        return (config.precision,)
    if config.device.startswith("cuda"):
        with torch.cuda.device(config.device):
            native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        native = config.device == "cpu" and torch.cpu._is_avx512_bf16_supported()
    return ("fp32", "bf16") if native else ("fp32",)


def computes_bf16(config: TrainingConfig) -> bool:
    """Return whether the device computes a network's cells in bf16 at all, be it slowly.

    oneDNN, which runs a CPU's LSTM, has no bf16 for a processor without AVX-512.
    """
    return config.device != "cpu" or config.model.cell != "lstm" or _cpu_runs_lstm_in_bf16()


@functools.cache
def _cpu_runs_lstm_in_bf16() -> bool:
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        try:
            torch.nn.LSTM(4, 4)(torch.zeros(2, 1, 4))
        except RuntimeError:
            return False
    return True


def usual_threads() -> int:
    """Return how many threads a training takes where none are tried: torch's own number, but not too many."""
    return min(_TORCHS_OWN, USUAL_THREADS)


def wait_for(device: str) -> None:
    """Wait until a device has done what it was given."""
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
    elif device == "mps":
        torch.mps.synchronize()


def _narrowed(config: TrainingConfig, vocabulary_size: int) -> TrainingConfig:
    """Narrow large settings until a processor does a step in a moment: beyond, little changes."""
    if config.device != "cpu":
        return config
    model = config.model
    while model.hidden_size > NARROWEST and cost.multiply_adds(model, vocabulary_size) > PRODUCTS_AT_MOST:
        model = replace(model, hidden_size=model.hidden_size // 2)
    seq_len = min(config.seq_len, STEP_AT_MOST)
    return replace(config, model=model, seq_len=seq_len, batch_size=min(config.batch_size, STEP_AT_MOST // seq_len))


def _speeds(config: TrainingConfig, threads: int, ways: Sequence[Precision], vocabulary_size: int) -> tuple[Speed, ...]:
    """Return how fast some steps are, with each precision.

    They take turns, so that what else the machine does for a while strikes all of them.
    """
    vocabulary = Vocabulary(tuple(map(chr, range(vocabulary_size))))
    chars = config.batch_size * config.seq_len
    ids = np.random.default_rng(0).integers(vocabulary_size, size=chars + 1).astype(np.uint32)
    trainers = [
        Trainer(replace(config, threads=threads, precision=way), vocabulary, ids, ids[:0], CorpusCard("", ""))
        for way in ways
    ]
    rounds: list[list[tuple[float, float]]] = []
    until = time.perf_counter() + ONE_SECONDS * len(ways)
    while len(rounds) < 2 or (len(rounds) <= STEPS_AT_MOST and time.perf_counter() < until):
        rounds.append([_step_seconds(trainer) for trainer in trainers])
    return tuple(_speed(chars, taken) for taken in zip(*rounds[1:], strict=True))


def _speed(chars: int, taken: Sequence[tuple[float, float]]) -> Speed:
    worked = min(worked for _, worked in taken)
    return Speed(chars / min(elapsed for elapsed, _ in taken), chars / worked if worked > 0 else 0.0)


def _step_seconds(trainer: Trainer) -> tuple[float, float]:
    """Return how long a step takes, and the processor time of all threads in it."""
    begun, worked = time.perf_counter(), time.process_time()
    trainer.step(0.0)
    wait_for(trainer.config.device)
    return time.perf_counter() - begun, time.process_time() - worked
