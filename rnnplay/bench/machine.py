"""What machine this is, with nothing private in it."""

import platform
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import torch

import rnnplay
from rnnplay.bench.records import Machine
from rnnplay.model.device import count_gpus
from rnnplay.training import resolve, trial
from rnnplay.training.config import TrainingConfig
from rnnplay.training.processors import processors


def described(device: str) -> Machine:
    """Return what this machine is.

    Args:
        device: That is measured, as torch names it.
    """
    libraries = {"MKL": torch.backends.mkl, "oneDNN": torch.backends.mkldnn}
    gpus = [torch.cuda.get_device_name(number) for number in range(count_gpus()[0])]
    gpus += ["Apple GPU"] * torch.backends.mps.is_available()
    return Machine(
        processor=processor_name(),
        system=f"{platform.system()} {platform.machine()}",
        processors=processors(),
        threads=torch.get_num_threads(),
        capability=torch.backends.cpu.get_cpu_capability(),
        libraries=tuple(name for name, library in libraries.items() if library.is_available()),
        native_bf16=native_bf16(device),
        device=device,
        device_name=resolve.device_name(device),
        gpus=tuple(gpus),
        python=platform.python_version(),
        torch=str(torch.__version__),
        rnnplay=rnnplay.__version__,
    )


def native_bf16(device: str) -> bool:
    """Tell whether a device computes in bf16, rather than emulates it."""
    return "bf16" in trial.precisions(TrainingConfig(device=device))


def processor_name() -> str:
    """Return the processor's name as its maker writes it, where the system tells."""
    with suppress(OSError, subprocess.SubprocessError):
        if sys.platform == "linux":
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
                key, _, value = line.partition(":")
                if key.strip() == "model name":
                    return value.strip()
        if sys.platform == "darwin":
            command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
    return platform.processor() or platform.machine()
