"""What each row checks."""

import functools
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from msgspec.structs import replace

from benchmarks.cuda import trainings
from benchmarks.cuda.trainings import SIZES, Course, NoStore, Text
from rnnplay.bench.peaks import Mode, Peaks
from rnnplay.bench.records import Precision
from rnnplay.model import checkpoint as checkpoints
from rnnplay.model import cost, dropout
from rnnplay.model.checkpoint import Checkpoint, CorpusCard
from rnnplay.model.config import Cell, ModelConfig
from rnnplay.model.device import find_device
from rnnplay.sampling.records import SampleSettings
from rnnplay.sampling.sampler import sample
from rnnplay.sampling.volume import BLOCK, Whole, write_many
from rnnplay.training import resolve, trial
from rnnplay.training.config import Budget, TrainingConfig, automatic
from rnnplay.training.events import Finished
from rnnplay.training.loop import train
from rnnplay.training.trainer import Trainer

# By precision: the most by which the first step's loss may differ from the CPU's in fp32 (nats), its gradient's norm
# (as a share), and the loss at the end (nats; rounding grows from step to step).
TOLERANCES = {"fp32": (1e-4, 1e-3, 0.02), "tf32": (5e-3, 1e-2, 0.05), "bf16": (3e-2, 5e-2, 0.1)}
RESUMED = 5e-3  # nats, the most by which a step's loss may differ after resuming
SAME_TEXTS = 0.95  # share of texts that are the same on both devices: rounding decides over a draw now and then
SPEED_SECONDS = 1.5
ROWS_TRIED = (32, 64, 128, 256, 512)
TARGETS = {"cuda": 1.47, "cpu": 2.8}  # nats
BUDGETS = {"cuda": (2, 4, 8, 16, 32), "cpu": (2, 4)}  # seconds of training, tried in turn


class Mismatch(Exception):  # noqa: N818 - it is no error of the program
    """What was expected did not come."""


class Skip(Exception):  # noqa: N818 - likewise
    """There is nothing to check here."""


def expect(what: str, holds: bool, expected: object, got: object) -> None:
    """Raise `Mismatch` where something doesn't hold."""
    if not holds:
        raise Mismatch(f"{what}: expected {expected}, got {got}")


def expect_near(what: str, got: float, expected: float, most: float) -> None:
    """Raise `Mismatch` where two numbers differ by more than `most`, or one is none."""
    expect(what, abs(got - expected) <= most, f"{expected:.5f} within {most:g}", f"{got:.5f}")


class Checks:
    """The checks of a device, on a text."""

    def __init__(self, kind: str, text: str) -> None:
        """Begin.

        Args:
            kind: "cuda" or "cpu".
            text: To train on.
        """
        self.kind, self.text, self.size = kind, Text.from_string(text), SIZES[kind]

    @functools.cached_property
    def device(self) -> str:
        """The device, as torch names it."""
        return find_device(self.kind)

    @functools.cached_property
    def peaks(self) -> Peaks:
        """The peaks of square products."""
        return Peaks(self.device)

    def check(self, name: str) -> str:
        """Check a row and return its figures.

        Raises:
            Mismatch: Something doesn't hold.
            Skip: There is nothing to check.
        """
        kind, *rest = name.split()
        checks: dict[str, Callable[..., str]] = {
            "device": self._device, "train": self._train, "dropout": self._dropout, "resume": self._resume,
            "sample": self._sample, "torchrun": self._torchrun, "memory": self._memory, "speed": self._speed,
            "batch": self._batch, "seconds": self._seconds,
        }  # fmt: skip
        return checks[kind](*rest)

    def _device(self) -> str:
        native = "bf16" in trial.precisions(TrainingConfig(device=self.device))
        facts = [f"{resolve.device_name(self.device)}, torch {torch.__version__}", f"bf16 native: {native}"]
        if self.kind == "cuda":
            memory = torch.cuda.get_device_properties(self.device).total_memory / 2**30
            capability = ".".join(map(str, torch.cuda.get_device_capability(self.device)))
            cudnn = torch.backends.cudnn.version()  # type: ignore[no-untyped-call]  # torch gives it no types
            facts.append(f"CUDA {torch.version.cuda}, cuDNN {cudnn}, capability {capability}")
            facts.append(f"{torch.cuda.device_count()} of {memory:.0f} GiB")
        return "; ".join(facts)

    @functools.cache  # noqa: B019 - a worker has one of it
    def _reference(self, cell: Cell) -> Course:
        """Return the course of a training on the CPU in fp32."""
        config = trainings.settings(cell, self.size, "cpu", "fp32")
        return trainings.run_course(config, "fp32", self.text, self.size.steps)

    def _train(self, cell: Cell, precision: str) -> str:
        config = trainings.settings(cell, self.size, self.device, precision)
        if precision == "bf16" and not trial.computes_bf16(config):
            raise Skip("this processor can't run an LSTM in bf16")
        got, expected = trainings.run_course(config, precision, self.text, self.size.steps), self._reference(cell)
        first, norm, end = TOLERANCES[precision]
        expect_near("first loss", got.losses[0], expected.losses[0], first)
        ratio = got.gradient_norm / expected.gradient_norm
        expect_near("first gradient norm over the CPU's", ratio, 1.0, norm)
        last, last_expected = (statistics.fmean(course.losses[-10:]) for course in (got, expected))
        expect_near("mean loss of the last 10 steps", last, last_expected, end)
        expect_near("validation loss", got.validation, expected.validation, end)
        return (
            f"first loss {got.losses[0]:.4f} (CPU {expected.losses[0]:.4f}), gradient x{ratio:.4f}, "
            f"last {last:.4f} ({last_expected:.4f}), validation {got.validation:.4f} ({expected.validation:.4f})"
        )

    def _dropout(self) -> str:
        ones = torch.ones(1000, 1001, device=self.device)
        torch.manual_seed(1)
        dropped = dropout.dropped(ones, 0.5)
        zeros, mean = (dropped == 0).float().mean().item(), dropped.mean().item()
        expect_near("share of zeros", zeros, 0.5, 0.005)
        expect_near("mean", mean, 1.0, 0.01)
        expect("device of the mask", dropped.device == ones.device, ones.device, dropped.device)
        config = trainings.settings("lstm", self.size, self.device, "fp32", dropout=0.4)
        course = trainings.run_course(config, "fp32", self.text, 10)
        expect(
            "loss after 10 steps", course.losses[-1] < course.losses[0], f"< {course.losses[0]:.3f}", course.losses[-1]
        )
        return f"{zeros:.4f} zeros, mean {mean:.4f}; loss {course.losses[0]:.3f} to {course.losses[-1]:.3f} in 10 steps"

    def _resume(self, before: str, _: str, after: str) -> str:
        """Train half on one device and half on another, and compare with a training that was never stopped."""
        half, whole, names = 10, 20, {"cpu": "cpu", self.kind: self.device}
        share = 0.3 if before == after else 0.0  # masks are the same only on the same device
        first, second = (trainings.settings("lstm", self.size, names[kind], "fp32", share) for kind in (before, after))
        with trainings.rounding("fp32"), tempfile.TemporaryDirectory() as folder:
            straight, _norms = trainings.train_steps(trainings.trainer(first, self.text), 0, whole, whole)
            stopped, path = trainings.trainer(first, self.text), Path(folder, "last.safetensors")
            trainings.train_steps(stopped, 0, half, whole)
            checkpoints.save(path, stopped.checkpoint(with_state=True))
            kept, resumed = checkpoints.load(path, with_state=True), trainings.trainer(second, self.text)
            resumed.load(kept.tensors, kept.state)
            losses, _norms = trainings.train_steps(resumed, half, whole, whole)
        difference = max(abs(one - other) for one, other in zip(losses, straight[half:], strict=True))
        expect("greatest difference of a loss", difference <= RESUMED, f"<= {RESUMED:g}", f"{difference:.2g}")
        return f"10 steps after the resumption differ by {difference:.1g} nats at most (dropout {share:g})"

    @functools.cached_property
    def _trained(self) -> Checkpoint:
        """A network that has learned a little on the device."""
        config = trainings.settings("lstm", self.size, self.device, "fp32")
        one = trainings.trainer(config, self.text)
        trainings.train_steps(one, 0, self.size.steps, self.size.steps)
        return one.checkpoint(with_state=False)

    def _sample(self, how: str) -> str:
        if how == "one":
            text = "".join(one.character for one in sample(self._trained, "", SampleSettings(length=300, seed=1)))
            expect("characters", len(text) == 300, 300, len(text))
            return f"300 characters with {len(set(text))} different ones: {text[:40]!r}"
        length = 100 if self.kind == "cuda" else 20
        settings = SampleSettings(length=length, seed=1, top_p=0.95)
        texts = {
            device: [
                one.text for one in write_many(self._trained, "", settings, BLOCK, device) if isinstance(one, Whole)
            ]
            for device in {"cpu", self.device}
        }
        same = statistics.fmean(one == other for one, other in zip(texts["cpu"], texts[self.device], strict=True))
        expect("share of texts as on the CPU", same >= SAME_TEXTS, f">= {SAME_TEXTS}", same)
        return f"{BLOCK} texts of {length}, {same:.1%} of them as on the CPU"

    def _torchrun(self) -> str:
        command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "1"]
        program = ["-m", "benchmarks.cuda.one_process", self.kind]
        ended = subprocess.run([*command, *program], capture_output=True, text=True, timeout=80)
        said = (ended.stdout.strip().splitlines() or [""])[-1]
        last = (ended.stderr.strip().splitlines() or [""])[-1]
        expect("torchrun", ended.returncode == 0, "exit code 0", f"{ended.returncode}: {said} {last}")
        return said

    def _memory(self) -> str:
        if self.kind != "cuda":
            raise Skip("only on a GPU")
        config = self._network(2, 1024, 64, "bf16")
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(self.device)
        before = torch.cuda.memory_allocated(self.device)
        one = trainings.trainer(config, self.text)
        trainings.train_steps(one, 0, 10, 10)
        early = torch.cuda.memory_allocated(self.device)
        trainings.train_steps(one, 10, 60, 60)
        growth = (torch.cuda.memory_allocated(self.device) - early) / 2**20
        expect("MiB more after 50 further steps", growth <= 1, "<= 1", f"{growth:.1f}")
        peak = (torch.cuda.max_memory_allocated(self.device) - before) / 2**20
        model, symbols = config.model, len(self.text.vocabulary)
        estimate = cost.training_bytes(model, symbols, config.batch_size, config.seq_len, bf16=True) / 2**20
        return f"2x1024, 64 rows, bf16: at most {peak:,.0f} MiB; for a CPU {estimate:,.0f} MiB are estimated"

    def _network(self, layers: int, width: int, rows: int, precision: Precision) -> TrainingConfig:
        config = trainings.settings("lstm", self.size, self.device, precision)
        model = ModelConfig(layers=layers, hidden_size=width)
        return replace(config, model=model, batch_size=rows, seq_len=64)

    def _speed(self, network: str) -> str:
        """Time a training at full size; on the CPU a tiny one in its place."""
        layers, width = map(int, network.split("x"))
        ways: tuple[Precision, ...] = ("tf32", "bf16")
        many: tuple[int, ...] = (64, 256)
        if self.kind == "cpu":
            width, ways, many = 32, ("fp32",), (8,)
        figures = []
        for precision in ways:
            peak = self._peak(precision)
            for rows in many:
                with trainings.rounding(precision):
                    one = trainings.trainer(self._network(layers, width, rows, precision), self.text)
                    speed = trainings.chars_per_second(one, SPEED_SECONDS)
                share = trainings.gflops(one, speed) / peak
                expect(f"share of the peak, {precision}, {rows} rows", 0 < share <= 1.05, "0 to 1.05", f"{share:.2f}")
                rate, most = f"{speed / 1e3:,.0f} k chars/s", f"{peak / 1e3:.3g} TFLOP/s"
                figures.append(f"{precision} {rows} rows {rate}, {share:.1%} of {most}")
        return f"{layers}x{width}: " + "; ".join(figures)

    def _peak(self, precision: Precision) -> float:
        mode = Mode(precision, torch.get_num_threads() if self.kind == "cpu" else None)
        for _ in range(3):
            self.peaks.look(mode)
        return self.peaks.of(mode)

    def _automatic(self, seconds: float) -> TrainingConfig:
        wanted = replace(automatic(), device=self.device, budget=Budget("minutes", seconds / 60))
        return resolve.resolved(wanted, len(self.text.train), len(self.text.vocabulary))[0]

    def _batch(self, _: str) -> str:
        chosen = self._automatic(60 if self.kind == "cuda" else 2)
        expect(
            "precision",
            chosen.precision in trial.precisions(replace(chosen, precision="auto")),
            "a native one",
            chosen.precision,
        )
        figures = []
        for rows in ROWS_TRIED if self.kind == "cuda" else (8,):
            one = trainings.trainer(replace(chosen, batch_size=rows), self.text)
            figures.append(f"{rows}: {trainings.chars_per_second(one, SPEED_SECONDS) / 1e3:,.0f} k")
        return f"{chosen.model}, {chosen.batch_size} rows, {chosen.precision}; chars/s by rows {', '.join(figures)}"

    def _seconds(self, *_: str) -> str:
        """Train with ever more seconds, each time from the start, until the loss is reached."""
        target, tried = TARGETS[self.kind], []
        for seconds in BUDGETS[self.kind]:
            config = self._automatic(seconds)
            one = Trainer(config, self.text.vocabulary, self.text.train, self.text.validation, CorpusCard())
            *_events, finished = train(one, config.budget, NoStore())
            assert isinstance(finished, Finished)
            tried.append(f"{seconds} s: {finished.loss or float('nan'):.3f} ({config.model})")
            if finished.loss is not None and finished.loss <= target:
                return f"{seconds} s to {target} nats; {', '.join(tried)}"
        raise Mismatch(f"validation loss: expected <= {target} nats within {seconds} s, got {', '.join(tried)}")
