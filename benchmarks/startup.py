"""How long a person waits: for the help, and for the first character of a sample.

    python -m benchmarks.startup [--rounds 15]

Prints the median wall time of `rnnplay --help` beside that of a Typer program with two empty commands, run in turn, the
median of the pairs' ratios, and the time from starting `rnnplay sample` to its first character.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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


if __name__ == "__main__":
    main()
