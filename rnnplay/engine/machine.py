"""How fast this machine trains, and on what."""

import os
import platform
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import msgspec
import numpy as np

from rnnplay.engine import spawning
from rnnplay.engine.protocol import Measured, Reply, Working
from rnnplay.runs import folder, log
from rnnplay.runs.folder import Run
from rnnplay.training.events import Progress, Started, decode_line

# Multiply-adds of a forward pass that training does in a second, as a share of those that numpy does in the products of
# one layer, all processors taken together. Measured for each cell with `rnnplay train --steps 150 --json --precision
# fp32 --cell CELL` (1 x 384, 16 rows of 64) on two cores of an EPYC: the fastest report of the training, against the
# fastest of the products below. Where bf16 is native and faster, training does more than this.
EFFICIENCY = {"lstm": 0.32, "gru": 0.15, "rnn": 0.13, "ff": 0.14}

RUNS_LOOKED_AT = 50  # the newest
REPORTS = 5  # of a run's progress, the last ones, of which the middle one counts
WIDTH_AT_LEAST = 128  # units; in a smaller network most of the time goes to other things than products
FIRST_LINE = 1 << 20  # bytes
ROWS, UNITS, TRIAL_SECONDS = 16, 384, 0.1  # of the trial product: a training by default
THREADS_AT_MOST = 8  # that a training takes by itself
TORCH_PATIENCE = 60.0  # seconds
LOOK_EVERY = 0.1  # seconds

# Ends with its standard input, so that nobody has to wait for it who has lost interest.
_ASK_TORCH = """
import json, os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(1)), daemon=True).start()
import torch
count = torch.cuda.device_count() if torch.cuda.is_available() else 0
names = ["cuda"] * (count > 0) + [f"cuda:{number}" for number in range(count)] * (count > 1)
print(json.dumps(names + ["mps"] * torch.backends.mps.is_available()), flush=True)
os._exit(0)
"""


def measured() -> Generator[Reply | None, None, None]:
    """Yield what is being done, and at last `Measured`."""
    devices = ["cpu"]
    if may_have_gpu():
        yield Working("asking torch what it can train on")
        devices += yield from _torch_devices()
    yield Working("looking how fast earlier trainings were")
    kind = "cuda" if "cuda" in devices else "cpu"  # what "auto" is
    known = rates_of_runs(kind)
    if known:
        speed = statistics.median(rate / EFFICIENCY[cell] for cell, rate in known.items())
        source = "the last trainings on this machine"
    elif kind == "cpu":
        yield Working("trying how fast this machine multiplies")
        speed, source = trial_product(), "a short trial of this machine's processors"
    else:
        yield Measured({}, "nothing was trained on this machine's GPU yet", tuple(devices))
        return
    rates = {cell: known.get(cell, speed * share) for cell, share in EFFICIENCY.items()}
    yield Measured(rates, source, tuple(devices))


def rates_of_runs(kind: str) -> dict[str, float]:
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


def _rate(run: Run, kind: str) -> tuple[str, float] | None:
    """Return a run's cell and its multiply-adds a second, where it can be compared with others."""
    try:
        with run.events.open("rb") as file:
            started = decode_line(file.readline(FIRST_LINE))
    except OSError:
        return None
    if not isinstance(started, Started) or not started.config.device.startswith(kind):
        return None
    model = started.config.model
    speeds = [event.chars_per_second for event in log.tail(run.events) if isinstance(event, Progress)]
    if model.hidden_size < WIDTH_AT_LEAST or len(speeds) < REPORTS:
        return None
    return model.cell, statistics.median(speeds[-REPORTS:]) * started.sizes.multiply_adds


def trial_product() -> float:
    """Return how many multiply-adds a second all processors do in the products of one layer, in fp32."""
    given, weights = (np.ones(shape, np.float32) for shape in ((ROWS, UNITS), (UNITS, 4 * UNITS)))
    fastest = float("inf")
    until = time.perf_counter() + TRIAL_SECONDS
    while (begun := time.perf_counter()) < until:
        given @ weights
        fastest = min(fastest, time.perf_counter() - begun)
    return min(_processors(), THREADS_AT_MOST) * ROWS * UNITS * 4 * UNITS / fastest


def _processors() -> int:
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def may_have_gpu() -> bool:
    """Tell whether it is worth the seconds to ask torch for a GPU."""
    if sys.platform == "linux":
        return any(Path(place).exists() for place in ("/dev/nvidia0", "/dev/nvidiactl", "/dev/kfd", "/dev/dxg"))
    return sys.platform == "win32" or platform.machine() == "arm64"


def _torch_devices() -> Generator[None, None, list[str]]:
    """Ask torch in a process of its own for the GPUs that it can use, and return their names."""
    found: list[str] = []
    with suppress(OSError):
        child = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-P", "-c", _ASK_TORCH],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=spawning.environment(),
        )
        try:
            deadline = time.monotonic() + TORCH_PATIENCE
            while child.poll() is None and time.monotonic() < deadline:
                time.sleep(LOOK_EVERY)
                yield None
            if child.returncode == 0 and child.stdout is not None:
                found = msgspec.json.decode(child.stdout.read(), type=list[str])
        except msgspec.MsgspecError:
            pass
        finally:
            child.kill()
            child.communicate()
    return found
