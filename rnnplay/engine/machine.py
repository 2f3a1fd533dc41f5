"""What this machine trains on, and how fast."""

import platform
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import msgspec

from rnnplay import files
from rnnplay.engine import spawning
from rnnplay.engine.protocol import Measured, Reply, Working
from rnnplay.runs import speed

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
    known = speed.of_runs(kind)
    if known:
        yield Measured(speed.all_cells(known), "the last trainings on this machine", tuple(devices), kind)
    elif kind == "cpu":
        yield Working("trying how fast this machine multiplies")
        yield Measured(speed.tried(), "a short trial of this machine's processors", tuple(devices), kind)
    else:
        yield Measured({}, "nothing was trained on this machine's GPU yet", tuple(devices), kind)


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
        except files.NO_JSON:
            pass
        finally:
            child.kill()
            child.communicate()
    return found
