"""How fast this machine trains: as its last trainings tell, or else a short trial."""

import socket
import statistics
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from rnnplay.runs import folder, log
from rnnplay.runs.folder import Run
from rnnplay.training.events import Progress, Started, decode_line
from rnnplay.training.forecast import measured_rate
from rnnplay.training.processors import USUAL_THREADS, processors

# Multiply-adds of a forward pass that training in fp32 does in a second, as a share of those that numpy does in the
# product below, and how many times as many it does in bf16 where that is native. Measured with two threads of an EPYC:
# the fastest step of a `Trainer` (1 x 384, 32 rows of 64), without what `forecast.sequential_seconds` says, against the
# fastest product. In bf16 the cells do 1.4 to 1.7 times as many.
EFFICIENCY = {"lstm": 0.33, "gru": 0.17, "rnn": 0.18, "ff": 0.20}
IN_BF16 = 1.6

RUNS_LOOKED_AT = 50  # the newest
REPORTS = 5  # of a run's progress, the last ones, of which the middle one counts
WIDTH_AT_LEAST = 128  # units; in a smaller network most of the time goes to other things than products
STEP_AT_LEAST = 512  # characters; in a smaller step, as a short text leads to, too
FIRST_LINE = 1 << 20  # bytes
# Of the trial product: its rows, and the sides of what they are multiplied with. Of 2^18 multiply-adds at most numpy's
# OpenBLAS leaves a product to one thread, which other programs hold up less than several that wait for each other.
ROWS, GIVEN, MADE = 32, 64, 128
TRIAL_SECONDS = 0.1


def of_runs(kind: str) -> dict[str, float]:
    """Return multiply-adds a second by cell, from the newest run of each on this machine and this kind of device."""
    rates: dict[str, float] = {}
    for run in folder.all_runs()[:RUNS_LOOKED_AT]:
        owner = run.owner()
        if owner is None or owner.host != socket.gethostname():
            continue
        found = _rate(run, kind)
        if found is not None:
            rates.setdefault(*found)
        if len(rates) == len(EFFICIENCY):
            break
    return rates


def all_cells(known: Mapping[str, float]) -> dict[str, float]:
    """Return multiply-adds a second for every cell: those that are known, and the others as these lead to expect."""
    product = statistics.median(rate / EFFICIENCY[cell] for cell, rate in known.items())
    return {cell: known.get(cell, product * share) for cell, share in EFFICIENCY.items()}


def tried() -> dict[str, float]:
    """Return multiply-adds a second by cell, as a short trial of the processors leads to expect."""
    product = trial_product() * (IN_BF16 if _bf16_is_native() else 1.0)
    return {cell: product * share for cell, share in EFFICIENCY.items()}


def _bf16_is_native() -> bool:
    """Tell whether Linux says that the processor computes in bf16, where a training tries that; torch needn't load."""
    try:
        return "avx512_bf16" in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def _rate(run: Run, kind: str) -> tuple[str, float] | None:
    """Return a run's cell and its multiply-adds a second, where it can be compared with others."""
    try:
        with run.events.open("rb") as file:
            started = decode_line(file.readline(FIRST_LINE))
    except OSError:
        return None
    if not isinstance(started, Started) or not started.config.device.startswith(kind):
        return None
    model, step = started.config.model, started.config.batch_size * started.config.seq_len
    speeds = [event.chars_per_second for event in log.tail(run.events) if isinstance(event, Progress)]
    if model.hidden_size < WIDTH_AT_LEAST or step < STEP_AT_LEAST or len(speeds) < REPORTS:
        return None
    speed = statistics.median(speeds[-REPORTS:])
    if speed <= 0:
        return None
    return model.cell, measured_rate(started.config, started.sizes.multiply_adds, speed)


def trial_product() -> float:
    """Return how many multiply-adds a second all processors do in small products of fp32, each its own."""
    given, weights = np.ones((ROWS, GIVEN), np.float32), np.ones((GIVEN, MADE), np.float32)
    made = np.empty((ROWS, MADE), np.float32)
    fastest = float("inf")
    until = time.perf_counter() + TRIAL_SECONDS
    while (begun := time.perf_counter()) < until:
        np.matmul(given, weights, out=made)
        fastest = min(fastest, time.perf_counter() - begun)
    return min(processors(), USUAL_THREADS) * ROWS * GIVEN * MADE / fastest
