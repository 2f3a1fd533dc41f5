"""What the machine could give: square matrix products, and reading memory."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch

from rnnplay.bench import machine
from rnnplay.bench.records import Precision, Product
from rnnplay.model.tf32 import tf32_products
from rnnplay.training import trial
from rnnplay.training.processors import processors

GROUP_SECONDS = 0.02  # that are timed as one: short, so that some of them fall between what else the machine does
READ_SECONDS = 0.05
SHARE_SECONDS = 0.5
FAR_BYTES = 1 << 28  # more than caches hold
CPU_SIZES, GPU_SIZES = (512, 1024, 2048), (4096, 8192)  # rows and columns; which is best depends on the machine


class Mode(NamedTuple):
    """A way to compute.

    Attributes:
        threads: Of the processors; None on a device that has no such choice.
    """

    precision: Precision
    threads: int | None


def modes(device: str) -> list[Mode]:
    """Return the ways in which a device multiplies that are worth a trial."""
    precisions: list[Precision] = ["fp32"]
    if device.startswith("cuda"):
        precisions.append("tf32")
    if machine.native_bf16(device):
        precisions.append("bf16")
    threads: Sequence[int | None] = thread_counts() if device == "cpu" else [None]
    return [Mode(precision, count) for precision in precisions for count in threads]


def thread_counts() -> list[int]:
    """Return the numbers of threads to try: powers of two up to the processors, these, and what torch takes.

    Whoever has set how many threads OpenMP takes has the last word.
    """
    most = torch.get_num_threads() if "OMP_NUM_THREADS" in os.environ else processors()
    return sorted({1 << power for power in range(most.bit_length())} | {most, torch.get_num_threads()})


@contextmanager
def using(threads: int | None) -> Iterator[None]:
    """Let torch take so many threads, and afterwards as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Peaks:
    """The most that square products have reached so far, in each way to compute."""

    def __init__(self, device: str) -> None:
        self.device = device
        self._sizes = CPU_SIZES if device == "cpu" else GPU_SIZES
        self._best: dict[Mode, tuple[float, int]] = {}

    def look(self, mode: Mode) -> float:
        """Multiply for a moment and return the rate in GFLOP/s; the first time in every size, then in the best."""
        sizes = [self._best[mode][1]] if mode in self._best else self._sizes
        with using(mode.threads), tf32_products(allowed=mode.precision == "tf32"):
            reached = max((self._rate(size, mode.precision), size) for size in sizes)
        self._best[mode] = max(self._best.get(mode, reached), reached)
        return reached[0]

    def of(self, mode: Mode) -> float:
        """Return the most that a way has reached, in GFLOP/s."""
        if mode not in self._best:
            self.look(mode)
        return self._best[mode][0]

    def told(self) -> tuple[Product, ...]:
        """Return the most of every way that was looked at."""
        return tuple(Product(*mode, size, gflops) for mode, (gflops, size) in self._best.items())

    def _rate(self, size: int, precision: Precision) -> float:
        dtype = torch.bfloat16 if precision == "bf16" else torch.float32
        a, b = (torch.randn(size, size, device=self.device).to(dtype) for _ in range(2))
        into = torch.empty_like(a)

        def multiply() -> None:
            torch.mm(a, b, out=into)
            trial.wait_for(self.device)

        if self.device != "cpu":
            multiply()  # the first product on a GPU also draws the matrices and loads the kernel
        return 2 * size**3 / fastest(multiply, GROUP_SECONDS) / 1e9


def fastest(work: Callable[[], object], seconds: float) -> float:
    """Return how many seconds some work takes at best, of as many times as fit."""
    best = float("inf")
    until = time.perf_counter() + seconds
    while (begun := time.perf_counter()) < until:
        work()
        best = min(best, time.perf_counter() - begun)
    return best


def share_got() -> float:
    """Multiply with torch's own number of threads, and return the share of their time in which they computed."""
    a = torch.ones(CPU_SIZES[-1], CPU_SIZES[-1])
    torch.mm(a, a)
    begun, computed = time.perf_counter(), time.process_time()
    while time.perf_counter() - begun < SHARE_SECONDS:
        torch.mm(a, a)
    taken = time.perf_counter() - begun
    return min((time.process_time() - computed) / (taken * torch.get_num_threads()), 1.0)


def readable(size: int) -> float:
    """Return how many gigabytes a second are read at best of so many bytes, by numpy, which one stream runs in."""
    halves = np.ones((2, max(size // 8, 1)), np.float32)
    return halves.nbytes / fastest(lambda: halves[0] @ halves[1], READ_SECONDS) / 1e9
