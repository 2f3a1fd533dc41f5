"""Everything in turn, in about a minute."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import torch
from msgspec.structs import replace

import rnnplay
from rnnplay.bench import machine, peaks
from rnnplay.bench.peaks import Mode, Peaks
from rnnplay.bench.records import Report, Stage, StartUp
from rnnplay.bench.sampling import sampling_speed
from rnnplay.bench.training import CHARS, HARDLY_ANY, VOCABULARY, Race, settings, training_speed
from rnnplay.errors import UserError
from rnnplay.training import resolve
from rnnplay.training.config import TrainingConfig

WIDTHS = (128, 256, 384, 512, 1024)
WIDEST = 4096  # units; a wider network takes minutes by itself, or more memory than there is
ROUNDS = 3
STARTS = 2

_IMPORT_TORCH = "import time; begun = time.perf_counter(); import torch; print(time.perf_counter() - begun)"


def measured(device: str = "auto", widths: Sequence[int] = WIDTHS) -> Iterator[Stage]:
    """Measure this machine, and tell before each part what it will be and what was found so far.

    Args:
        device: As `rnnplay train --device` takes it.
        widths: Units of the networks.

    Raises:
        UserError: The device isn't there, or a width makes no network, or one that is too wide.
    """
    begun = time.perf_counter()
    for width in widths:
        settings(width, device).checked()
        if width > WIDEST:
            raise UserError(
                f"--hidden must be at most {WIDEST} here, not {width}: a wider network takes minutes alone."
            )
    bench = _Bench(device_named(device))
    for doing, part in bench.parts(widths):
        yield Stage(doing, bench.report)
        part()
        bench.report = replace(bench.report, products=bench.peaks.told(), seconds=time.perf_counter() - begun)
    yield Stage("done", replace(bench.report, complete=True))


def device_named(name: str) -> str:
    """Return the device that a training with `--device NAME` has.

    Raises:
        UserError: It isn't there.
    """
    given = TrainingConfig(device=name, precision="fp32", threads=torch.get_num_threads())
    return resolve.resolved(given, CHARS, len(VOCABULARY))[0].device


class _Bench:
    """What is measured, and how.

    Attributes:
        report: What was found so far.
    """

    def __init__(self, device: str) -> None:
        self.report = Report(machine.described(device))
        self.peaks = Peaks(device)
        self._modes = peaks.modes(device)
        self._narrow = self._race(HARDLY_ANY)

    def parts(self, widths: Sequence[int]) -> Iterator[tuple[str, Callable[[], None]]]:
        """Yield each part: what it does, and the doing."""
        yield "starting rnnplay", self._start
        yield "reading memory", self._read
        yield "multiplying matrices", self._multiply
        yield f"training 1x{HARDLY_ANY}", self._narrow.run
        for width in widths:
            yield f"training 1x{width}", partial(self._train, width)
        for width in widths:
            yield f"writing with 1x{width}", partial(self._write, width)

    def _start(self) -> None:
        """Start Python anew, for torch alone and for the help of `rnnplay`."""
        here = Path(rnnplay.__file__).resolve().parents[1]  # where a new process finds this very package
        loading, helping = [], []
        for _ in range(STARTS):
            loading.append(float(_output(here, "-c", _IMPORT_TORCH)))
            begun = time.perf_counter()
            _output(here, "-m", "rnnplay", "--help")
            helping.append(time.perf_counter() - begun)
        self.report = replace(self.report, start_up=StartUp(min(loading), min(helping)))

    def _read(self) -> None:
        found = max(peaks.readable(peaks.FAR_BYTES) for _ in range(ROUNDS))
        self.report = replace(self.report, memory_gigabytes_per_second=found)

    def _multiply(self) -> None:
        self.report = replace(self.report, share_got=peaks.share_got())
        for _ in range(ROUNDS):
            for mode in self._modes:
                self.peaks.look(mode)

    def _train(self, width: int) -> None:
        race = self._race(width)
        race.run()
        found = training_speed(race, self._narrow)
        self.report = replace(self.report, training=(*self.report.training, found))

    def _write(self, width: int) -> None:
        mode = Mode("fp32", self.report.machine.threads if self.peaks.device == "cpu" else None)
        found = sampling_speed(width, mode, self.peaks)
        self.report = replace(self.report, sampling=(*self.report.sampling, found))

    def _race(self, width: int) -> Race:
        return Race(width, [mode for mode in self._modes if mode.precision != "tf32"], self.peaks)


def _output(folder: Path, *arguments: str) -> str:
    """Run Python in a folder and return what it prints."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout  # noqa: S603
