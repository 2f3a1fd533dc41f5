"""How long a classroom's worth of runs takes to be listed.

    python -m benchmarks.many_runs [--runs 1000] [--rounds 7]

Trains one small network, copies its folder under other names with a log as long as that of a training of a minute,
three in ten of them ended without a word, and prints the median wall time of `rnnplay runs list` as a whole process,
and of a first and a second look of the app's overview.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPORTS = 590  # of progress: about ten a second


def made(home: Path, count: int) -> None:
    """Make so many run folders."""
    train = [sys.executable, "-m", "rnnplay", "train", "--steps", "200", "--hidden", "128", "--quiet", "--name", "one"]
    subprocess.run(train, check=True, stdout=subprocess.DEVNULL)
    source = home / "runs" / "one"
    lines = (source / "events.jsonl").read_bytes().splitlines(keepends=True)
    reports = [line for line in lines if b'"progress"' in line[:40]]
    log = [lines[0], *(reports[place * len(reports) // REPORTS] for place in range(REPORTS)), *lines[-6:]]
    card = json.loads((source / "run.json").read_bytes())
    for number in range(1, count):
        folder = home / "runs" / f"pupil-{number:04}"
        folder.mkdir()
        for name in ("best.safetensors", "lock", "owner.json"):
            shutil.copy(source / name, folder / name)
        (folder / "run.json").write_text(json.dumps({**card, "created": card["created"] + number}), encoding="utf-8")
        (folder / "events.jsonl").write_bytes(b"".join(log[: -1 if number % 10 < 3 else None]))


def seconds(command: list[str]) -> float:
    """Return the seconds that a command takes."""
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def looks() -> tuple[float, float]:
    """Return the seconds of a first and a second look at all runs."""
    from rnnplay.runs.overview import Overview

    overview, taken = Overview(), []
    for _ in range(2):
        begun = time.perf_counter()
        overview.look()
        taken.append(time.perf_counter() - begun)
    return taken[0], taken[1]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["RNNPLAY_HOME"] = home
        made(Path(home), given.runs)
        listing = [seconds([sys.executable, "-m", "rnnplay", "runs", "list"]) for _ in range(given.rounds)]
        first, again = zip(*(looks() for _ in range(given.rounds)), strict=True)
    print(f"runs list, {given.runs} runs: {statistics.median(listing):.3f} s, most {max(listing):.3f} s")
    print(f"the app's first look: {statistics.median(first):.3f} s; the next: {statistics.median(again):.3f} s")


if __name__ == "__main__":
    main()
