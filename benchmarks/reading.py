"""How fast text becomes ids, and how much memory a large one takes.

    python -m benchmarks.reading [--megabytes 100]

Prints megabytes a second from bytes on disk to ids (an ASCII and a mostly two-byte text; first time, and again from the
cache), and the peak memory of a short training on a text of 1 MB and on one of N MB, each in a process of its own.
"""

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rnnplay.text import sources

CHILD = "--peak-of"


def made_up(letters: str, size: int, path: Path) -> None:
    """Write about `size` bytes of words over an alphabet, in lines."""
    draw = random.Random(0)
    words = ["".join(draw.choices(letters, k=draw.randint(2, 9))) for _ in range(5000)]
    block = "\n".join(" ".join(draw.choices(words, k=10)) for _ in range(20_000)) + "\n"
    data = block.encode()
    with path.open("wb") as file:
        for _ in range(size // len(data) + 1):
            file.write(data)
        file.truncate(size // 2 * 2)


def speed(path: Path) -> float:
    """Return the megabytes a second from the file to its ids."""
    begun = time.perf_counter()
    sources.from_place(str(path), shape="stream")
    return path.stat().st_size / 1e6 / (time.perf_counter() - begun)


def peak_of(path: str) -> None:
    """Train a few steps on a text and print this process's peak memory in megabytes."""
    from rnnplay import session
    from rnnplay.training.config import Budget, TrainingConfig

    begun = session.begin(sources.from_place(path, shape="stream"), TrainingConfig(budget=Budget("steps", 20)))
    for _ in begun.events():
        pass
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument(CHILD, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak_of:
        peak_of(options.peak_of)
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RNNPLAY_HOME"] = str(Path(folder, "home"))
        texts = {"ascii": "abcdefghijklmnopqrstuvwxyz", "cyrillic": "".join(map(chr, range(0x430, 0x450)))}
        for name, letters in texts.items():
            path = Path(folder, f"{name}.txt")
            made_up(letters, options.megabytes * 1_000_000, path)
            print(f"{name:<9} {speed(path):8.0f} MB/s, again from the cache {speed(path):8.0f} MB/s", flush=True)
        small = Path(folder, "small.txt")
        made_up(texts["ascii"], 1_000_000, small)
        peaks = []
        for path in (small, Path(folder, "ascii.txt")):
            command = [sys.executable, "-m", "benchmarks.reading", CHILD, str(path)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            peaks.append(float(done.stdout))
            print(f"peak memory of a training on {path.stat().st_size / 1e6:.0f} MB: {peaks[-1]:.0f} MB", flush=True)
        print(f"difference: {peaks[1] - peaks[0]:.0f} MB")


if __name__ == "__main__":
    main()
