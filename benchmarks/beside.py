"""How fast a training is alone and beside other programs, against torch's own way of waiting.

    python -m benchmarks.beside [TEXT] [--seconds 15] [--rounds 2] [--hidden 256]

Each training is an `rnnplay train` of its own, of one size and in fp32, in an empty data folder; its speed is
that of the given seconds, three after all of them have begun. "minutes" may change its number of threads, "steps"
may not. "torch's own" is the steps with `GOMP_SPINCOUNT=300000`, which is how torch's threads wait where nothing is
set. They take turns. Beside them runs nothing, one program that computes without end, a second training of the same
kind (both speeds are printed), or `rnnplay sample`, which is what the app does while it writes. The fair share is what
of its speed alone remains for a training where each program gets the same processor time.
"""

import argparse
import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from rnnplay.training.events import Progress, decode_line
from rnnplay.training.processors import processors

LONG_SPINNING = {"GOMP_SPINCOUNT": "300000"}
WAYS: dict[str, tuple[list[str], dict[str, str]]] = {
    "torch's own": (["--steps", "1000000"], LONG_SPINNING),
    "steps": (["--steps", "1000000"], {}),
    "minutes": (["--minutes", "60"], {}),
}
SETTLE = 3.0  # seconds of training before its speed is measured
BUSY = [sys.executable, "-c", "while True: pass"]
SAMPLE = [sys.executable, "-m", "rnnplay", "sample", "shipped:play", "--length", "100000000"]


class Bench:
    """Trainings of one size on one text."""

    def __init__(self, text: str, hidden: int, seconds: float) -> None:
        self._options = (
            f"--hidden {hidden} --layers 1 --batch 32 --seq-len 64 --precision fp32 --lr 0.01 --json".split()
        )
        self._text, self._seconds = text, seconds

    def speeds(self, way: str, count: int = 1) -> list[float]:
        """Return the characters a second of trainings that run at once, from when all of them have begun."""
        options, variables = WAYS[way]
        command = [sys.executable, "-m", "rnnplay", "train", self._text, *self._options, *options]
        with contextlib.ExitStack() as stack:
            outputs = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(count)]
            children = [
                subprocess.Popen(command, env=os.environ | variables, stdout=output, stderr=subprocess.DEVNULL)
                for output in outputs
            ]
            while not all(map(_reports, outputs)):
                time.sleep(0.1)
            time.sleep(SETTLE)
            starts = [_reports(output)[-1] for output in outputs]
            time.sleep(self._seconds)
            ends = [_reports(output)[-1] for output in outputs]
            for child in children:
                child.send_signal(signal.SIGINT)
            for child in children:
                child.wait()
        return [
            (end.chars - start.chars) / (end.seconds - start.seconds) for start, end in zip(starts, ends, strict=True)
        ]


def _reports(output: IO[bytes]) -> list[Progress]:
    output.seek(0)
    events = map(decode_line, output.read().splitlines(keepends=True))
    return [event for event in events if isinstance(event, Progress)]


@contextlib.contextmanager
def running(command: list[str] | None) -> Iterator[None]:
    """Run a program meanwhile."""
    if command is None:
        yield
        return
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        child.kill()
        child.wait()


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", nargs="?", default="play")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--hidden", type=int, default=256)
    options = parser.parse_args()
    count = processors()
    situations = [
        ("alone", None, 1, 1.0),
        ("beside a busy program", BUSY, 1, (count - 1) / count),
        ("two trainings", None, 2, 0.5),
        ("beside sampling", SAMPLE, 1, (count - 1) / count),
    ]
    alone = 0.0
    with tempfile.TemporaryDirectory() as home:
        os.environ["RNNPLAY_HOME"] = str(Path(home))
        bench = Bench(options.text, options.hidden, options.seconds)
        for situation, command, trainings, share in situations:
            found: dict[str, list[list[float]]] = {way: [] for way in WAYS}
            with running(command):
                for _ in range(options.rounds):
                    for way in WAYS:
                        found[way].append(bench.speeds(way, trainings))
            medians = {
                way: [statistics.median(one) for one in zip(*rounds, strict=True)] for way, rounds in found.items()
            }
            if situation == "alone":
                alone = medians["torch's own"][0]
                print(
                    f"1x{options.hidden}, {count} processors; fair shares are of {alone:,.0f} characters/s", flush=True
                )
            for way, speeds in medians.items():
                print(
                    f"{situation:22} {way:12} {' + '.join(f'{speed:,.0f}' for speed in speeds):>18} characters/s, "
                    f"{min(speeds) / (share * alone):.2f} of the fair share",
                    flush=True,
                )


if __name__ == "__main__":
    main()
