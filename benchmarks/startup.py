"""How long a person waits: for the help, and for the first character of a sample.

    python -m benchmarks.startup [--rounds 15]

Prints the median wall time of `rnnplay --help` beside that of a Typer program with two empty commands, run in turn, the
median of the pairs' ratios, the time from starting `rnnplay sample` to its first character, and, in a pseudo-terminal
with an empty data folder, the times from starting the app to its first picture and to the first words that it writes.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.journeys.terminal import app

EMPTY = """
import typer
app = typer.Typer()
@app.command()
def one(): ...
@app.command()
def two(): ...
app()
"""


def wall(command: list[str]) -> float:
    """Return the seconds that a command takes."""
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def first_character(command: list[str]) -> float:
    """Return the seconds until a command writes its first byte."""
    begun = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        assert child.stdout is not None
        child.stdout.read(1)
        taken = time.perf_counter() - begun
        child.kill()
    return taken


def app_opens() -> tuple[float, float]:
    """Return the seconds until the app's first picture, and until its network has written something."""
    with tempfile.TemporaryDirectory() as home:
        begun = time.perf_counter()
        with app(environment={"RNNPLAY_HOME": home}) as terminal:
            terminal.sees("F4 SAMPLE")
            painted = time.perf_counter() - begun
            terminal.sees(r"[1-9]\d* / 600")
            return painted, time.perf_counter() - begun


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    rnnplay = [sys.executable, "-m", "rnnplay"]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RNNPLAY_HOME"] = folder
        empty = Path(folder, "empty.py")
        empty.write_text(EMPTY, encoding="utf-8")
        pairs = [(wall([*rnnplay, "--help"]), wall([sys.executable, str(empty), "--help"])) for _ in range(rounds + 1)]
        ours, theirs = zip(*pairs[1:], strict=True)
        ratio = statistics.median(a / b for a, b in pairs[1:])
        print(f"--help: {statistics.median(ours):.3f} s; empty: {statistics.median(theirs):.3f} s; ratio {ratio:.2f}")
        subprocess.run([*rnnplay, "train", "--steps", "20", "--quiet"], check=True, stdout=subprocess.DEVNULL)
        taken = [first_character([*rnnplay, "sample"]) for _ in range(rounds)]
        print(f"sample, until its first character: {statistics.median(taken):.3f} s")
    painted, written = zip(*(app_opens() for _ in range(rounds)), strict=True)
    print(f"the app, until its first picture: {statistics.median(painted):.3f} s, most {max(painted):.3f} s")
    print(f"the app, until its first words: {statistics.median(written):.3f} s, most {max(written):.3f} s")


if __name__ == "__main__":
    main()
