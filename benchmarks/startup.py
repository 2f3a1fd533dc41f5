"""How long a person waits: for the help, the app, the first character of a sample, and the first point of a training.

    python -m benchmarks.startup [--rounds 15]

Each thing and its reference are run in turn, and the median of the pairs' ratios is printed: `rnnplay --help` beside a
Typer program with two empty commands; the app's first picture, in a pseudo-terminal with an empty data folder, beside
importing the library that draws it. Then the times to the first words that the app writes, to the first character of
`rnnplay sample`, and from the key that starts a training in the app to its first point on the chart, with the parts
that this is made of, measured in a process that does what a trainer does, one after another.
"""

import argparse
import gc
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rnnplay.runs import folder, log
from rnnplay.runs.folder import Run
from rnnplay.training.events import Progress
from tests.journeys.terminal import Terminal, app

EMPTY = """
import typer
app = typer.Typer()
@app.command()
def one(): ...
@app.command()
def two(): ...
app()
"""
PARTS = "--parts-since"
LEGEND_ROWS = 3  # above the chart's own
DOT = re.compile("[\u2801-\u28ff]")


def wall(command: Sequence[str]) -> float:
    """Return the seconds that a command takes."""
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def first_character(command: Sequence[str]) -> float:
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


def moment(*, so: bool) -> float | None:
    """Return when something was seen to be so, if it is."""
    return time.perf_counter() if so else None


def training_shows(home: str) -> tuple[float, float, float]:
    """Return the seconds from the key to the run's folder, to its first report, and to a point on the chart."""
    os.environ["RNNPLAY_HOME"] = home
    with app(environment={"RNNPLAY_HOME": home}) as terminal:
        terminal.sees("F4 SAMPLE")
        terminal.press("f3")
        terminal.sees("characters/s")  # the machine has been measured, in the time in which a person looks at the form
        begun = time.perf_counter()
        terminal.press("f9")
        try:
            stood = terminal.until(lambda: moment(so=bool(folder.all_runs())), "the run")
            run = folder.all_runs()[0]
            reported = terminal.until(lambda: moment(so=has_reported(run)), "a report")
            seen = terminal.until(lambda: moment(so=has_point(terminal)), "a point")
        finally:
            for run in folder.all_runs():
                end(run)
    return stood - begun, reported - begun, seen - begun


def has_reported(run: Run) -> bool:
    """Tell whether a training has told where it is."""
    return any(isinstance(event, Progress) for event in log.tail(run.events))


def has_point(terminal: Terminal) -> bool:
    """Tell whether the chart on Train shows a point."""
    return any(DOT.search(line) for line in terminal.lines()[LEGEND_ROWS:])


def end(run: Run) -> None:
    """End whoever trains a run, at once."""
    owner = run.owner()
    with suppress(ProcessLookupError):
        if owner is not None and run.is_training():
            os.kill(owner.pid, 9)
    while run.is_training():
        time.sleep(0.05)


def parts(since: float) -> None:
    """Do what a trainer does until its first report, and print what each part of it took, in seconds."""
    gc.disable()  # as `rnnplay train` does
    marks = [("process", time.monotonic() - since)]

    def mark(name: str) -> None:
        marks.append((name, time.monotonic() - since - sum(seconds for _, seconds in marks)))

    import rnnplay.cli.commands
    import rnnplay.cli.train  # noqa: F401 - as the program does

    mark("commands")
    from rnnplay.text import catalogue

    corpus = catalogue.load(catalogue.DEFAULT)
    mark("text")
    import torch  # noqa: F401

    mark("torch")
    from rnnplay import session
    from rnnplay.cli.train_options import settings
    from rnnplay.text.measured import baselines

    mark("modules")
    split = corpus.split(0.1)
    baselines.ladder(split.train, split.validation, len(corpus.alphabet))
    mark("baselines")
    counted = marks[-1][1]
    events = session.begin(corpus, settings({})).events()
    mark("set-up")
    marks[-1] = ("set-up", max(marks[-1][1] - counted, 0.0))  # which counts them once more
    since += counted
    while not isinstance(next(events), Progress):
        pass
    mark("first report")
    print(" ".join(f"{name.replace(' ', '_')}={seconds}" for name, seconds in marks))


def told_parts() -> dict[str, float]:
    """Return what each part of a trainer's beginning takes, measured in a process of its own."""
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "benchmarks.startup", PARTS, str(time.monotonic())]
        environment = {**os.environ, "RNNPLAY_HOME": home}
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return {name: float(seconds) for name, seconds in (part.split("=") for part in done.stdout.split())}


def told(what: str, taken: Sequence[float], reference: str = "", pairs: Sequence[float] = ()) -> None:
    """Print a time, and what it is beside its reference."""
    beside = f"; {reference}: {statistics.median(pairs):.3f} s" if pairs else ""
    ratio = statistics.median(a / b for a, b in zip(taken, pairs, strict=True)) if pairs else 0.0
    beside += f"; ratio {ratio:.2f}" if pairs else ""
    print(f"{what}: {statistics.median(taken):.3f} s, most {max(taken):.3f} s{beside}", flush=True)


def commands(rounds: int) -> None:
    """Measure what needs no terminal."""
    rnnplay = [sys.executable, "-m", "rnnplay"]
    with tempfile.TemporaryDirectory() as home:
        os.environ["RNNPLAY_HOME"] = home
        empty = Path(home, "empty.py")
        empty.write_text(EMPTY, encoding="utf-8")
        pairs = [(wall([*rnnplay, "--help"]), wall([sys.executable, str(empty), "--help"])) for _ in range(rounds + 1)]
        ours, theirs = zip(*pairs[1:], strict=True)
        told("--help", ours, "an empty program's", theirs)
        subprocess.run([*rnnplay, "train", "--steps", "20", "--quiet"], check=True, stdout=subprocess.DEVNULL)
        told("sample, until its first character", [first_character([*rnnplay, "sample"]) for _ in range(rounds)])


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument(PARTS, type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.parts_since is not None:
        parts(options.parts_since)
        return
    with tempfile.TemporaryDirectory() as compiled:  # both sides' modules, as an installation keeps them
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = compiled
        measure(options.rounds)


def measure(rounds: int) -> None:
    """Measure and print; the first of each pair only warms up."""
    commands(rounds)
    opened = [(app_opens(), wall([sys.executable, "-c", "import textual.app"])) for _ in range(rounds + 1)][1:]
    told(
        "the app, until its first picture", [a for (a, _), _ in opened], "importing textual.app", [b for _, b in opened]
    )
    told("the app, until its first words", [a for (_, a), _ in opened])
    trained = []
    for _ in range(max(rounds // 3, 1)):
        with tempfile.TemporaryDirectory() as home:
            trained.append(training_shows(home))
    for what, taken in zip(
        ("its run stands", "its first report", "its first point"), zip(*trained, strict=True), strict=True
    ):
        told(f"Train pressed, until {what}", taken)
    several = [told_parts() for _ in range(max(rounds // 3, 1))]
    told_each = (
        f"{name.replace('_', ' ')} {statistics.median(one[name] for one in several):.2f}" for name in several[0]
    )
    print(f"of which, in a trainer alone: {', '.join(told_each)} s")


if __name__ == "__main__":
    main()
