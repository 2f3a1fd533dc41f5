"""How soon a key shows while a network trains beside the app, and what the app takes from the training.

    python -m benchmarks.responsiveness [--seconds 30] [--rounds 2] [--hidden 512]

One training of a wide network goes on at full speed all the time, in a process of its own. In turn there is no app,
the app on Train with the live chart, no app, and the app on Sample with a text streaming, at 160 x 50 in a pseudo-
terminal. Each time one looks on for a while, and then keys are pressed, five a second at odd moments: on Train the
chart's axes are switched, on Sample a prompt is typed. Printed for each place: the time from the key to the arrival
of the output that shows it (median, 95th and 99th percentile, most), the training's speed with the app, looked at and
with keys, over the mean of the speeds before and after, without it, by the run's own log, and what share of one
processor the app and its engine took. What other programs took is printed too: with more than a few per cent of a
processor the figures tell little. Needs a system with pseudo-terminals and /proc.
"""

import argparse
import itertools
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from rnnplay.app.state import State, state_path
from rnnplay.runs import folder, log
from rnnplay.runs.folder import Run
from rnnplay.runs.requests import new_id, send
from rnnplay.sampling.records import SampleSettings
from rnnplay.training.control import Stop
from rnnplay.training.events import Progress
from tests.journeys.terminal import Terminal, app

COLUMNS, ROWS = 160, 50
LENGTH = 10_000  # characters: at the pace of reading they last through a sitting
SETTLED_AFTER = 4.0  # seconds in which the app starts and comes to the place
BETWEEN_KEYS = (0.08, 0.3)  # seconds
AXES = ("steps", "characters", "time")
PROMPT_AT_MOST = 100  # characters, which a line of the screen holds

Shown = Callable[[Terminal], bool]


@dataclass(frozen=True)
class Stroke:
    """A key that was pressed.

    Attributes:
        at: When, in seconds.
        shown: Whether a screen shows it; None for a key that isn't measured.
    """

    at: float
    shown: Shown | None


@dataclass(frozen=True)
class Sitting:
    """What one sitting before the app came to.

    Attributes:
        delays: From each key to the output that shows it, in seconds.
        missed: Keys that were overtaken by the next of their kind before they showed.
        watched: What the machine did while nobody pressed a key.
        during: What it did while keys were pressed.
    """

    delays: list[float]
    missed: int
    watched: "During"
    during: "During"


@dataclass(frozen=True)
class During:
    """What the machine did for some seconds.

    Attributes:
        speed: Of the training, in characters a second.
        app: Processors that the app and its engine took.
        others: Processors that programs took which have no part in this.
    """

    speed: float
    app: float
    others: float


def reached(run: Run) -> Progress:
    """Return where the training is."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for event in reversed(log.tail(run.events)):
            if isinstance(event, Progress):
                return event
        time.sleep(0.1)
    raise SystemExit("The training doesn't begin.")


class Watch:
    """Looks at the machine twice."""

    def __init__(self, run: Run, app_process: int | None = None) -> None:
        self._run = run
        self._app = app_process
        self._before = self._look()

    def _look(self) -> tuple[Progress, float, float, float, float]:
        """Return where the training is, the time, and the processor time of the app, of all here, and of all."""
        owner = self._run.owner()
        mine = sum(os.times()[:2])
        app_seconds = 0.0 if self._app is None else processor_seconds(self._app)
        training = 0.0 if owner is None else processor_seconds(owner.pid)
        return reached(self._run), time.perf_counter(), app_seconds, mine + app_seconds + training, machine_seconds()

    def during(self) -> During:
        """Return what the machine did since this was made."""
        before, after = self._before, self._look()
        seconds, app_seconds, ours, whole = (b - a for a, b in zip(before[1:], after[1:], strict=True))
        chars, trained = after[0].chars - before[0].chars, after[0].seconds - before[0].seconds
        return During(chars / trained, app_seconds / seconds, max(whole - ours, 0.0) / seconds)


def without(run: Run, seconds: float) -> During:
    """Look at the training with no app beside it."""
    time.sleep(1.0)
    watch = Watch(run)
    time.sleep(seconds)
    return watch.during()


def axis_shown(name: str) -> Shown:
    """Return what tells whether the chart's lower axis has this name."""
    return lambda terminal: any(re.search(rf" {name}\u2502", terminal.line(row)) for row in range(ROWS - 8, ROWS))


def unit_shown(name: str) -> Shown:
    """Return what tells whether the chart's losses are in this unit."""
    return lambda terminal: terminal.line(2).startswith(f"\u2502{name}")


def typed_shown(text: str) -> Shown:
    """Return what tells whether the prompt's field holds this text."""
    return lambda terminal: any(
        terminal.line(row).startswith(" prompt") and terminal.line(row).endswith(text) for row in range(ROWS - 4, ROWS)
    )


def on_train() -> Iterator[tuple[str, Shown | None]]:
    """Yield keys that switch the chart's axes, and what shows them."""
    units, axes = itertools.cycle(("bits", "nats")), itertools.cycle((*AXES[1:], AXES[0]))
    while True:
        yield "u", unit_shown(next(units))
        yield "a", axis_shown(next(axes))


def on_sample() -> Iterator[tuple[str, Shown | None]]:
    """Yield what is typed into the prompt, and what shows it."""
    while True:
        text = ""
        while len(text) < PROMPT_AT_MOST:
            key = random.choice("abcdefghijklmnopqrstuvwxyz")
            text += key
            yield key, typed_shown(text)
        yield "ctrl+u", None


def processor_seconds(root: int) -> float:
    """Return the processor time of a process and its children."""
    total = 0.0
    for place in Path("/proc").iterdir():
        if not place.name.isdigit():
            continue
        with suppress(OSError, IndexError):
            fields = (place / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            if int(place.name) == root or int(fields[1]) == root:
                total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def machine_seconds() -> float:
    """Return the processor time of all programs since the machine was started."""
    fields = Path("/proc/stat").read_text(encoding="utf-8").split("\n")[0].split()[1:]
    return sum(int(fields[place]) for place in (0, 1, 2, 5, 6, 7)) / os.sysconf("SC_CLK_TCK")


def sitting(run: Run, place: str, seconds: float) -> Sitting:
    """Open the app, go to a place, look on for so many seconds, press keys for as many, and leave."""
    with app(columns=COLUMNS, rows=ROWS, recorded=True) as terminal:
        passed(terminal, SETTLED_AFTER / 2)
        terminal.press("f3" if place == "train" else "i")
        passed(terminal, SETTLED_AFTER / 2)
        watch = Watch(run, terminal.process.pid)
        passed(terminal, seconds)
        watched = watch.during()
        watch, begun = Watch(run, terminal.process.pid), time.perf_counter()
        strokes = []
        for key, shown in on_train() if place == "train" else on_sample():
            strokes.append(Stroke(time.perf_counter(), shown))
            terminal.press(key)
            passed(terminal, random.uniform(*BETWEEN_KEYS))
            if time.perf_counter() - begun > seconds:
                break
        during = watch.during()
        passed(terminal, 1.0)
        heard = terminal.heard
        for key in ("escape", "ctrl+q", "k"):  # each by itself: together they would be another key
            terminal.press(key)
            passed(terminal, 1.0)
    found = delays(heard, strokes)
    missed = sum(stroke.shown is not None for stroke in strokes) - len(found)
    return Sitting(found, missed, watched, during)


def passed(terminal: Terminal, seconds: float) -> None:
    """Take what the app writes for so long."""
    until = time.perf_counter() + seconds
    while (left := until - time.perf_counter()) > 0:
        terminal.take(left)


def delays(heard: list[tuple[float, bytes]], strokes: list[Stroke]) -> list[float]:
    """Play what was heard to a terminal, and return when each key showed."""
    found = []
    waiting: list[Stroke] = []
    to_come = iter([*strokes, Stroke(float("inf"), None)])
    coming = next(to_come)
    with Terminal(["true"], columns=COLUMNS, rows=ROWS) as terminal:
        for moment, piece in heard:
            while coming.at < moment:
                waiting = [*waiting, coming] if coming.shown is not None else []
                coming = next(to_come)
            terminal.show(piece)
            for stroke in list(waiting):
                assert stroke.shown is not None
                if stroke.shown(terminal):
                    found.append(moment - stroke.at)
                    waiting.remove(stroke)
    return found


def report(place: str, sittings: list[Sitting], alone: list[float]) -> None:
    """Print what the sittings at one place came to."""
    several = sorted(delay for one in sittings for delay in one.delays)
    if not several:
        print(f"{place}: no key showed")
        return
    at = [several[min(int(len(several) * share), len(several) - 1)] * 1000 for share in (0.5, 0.95, 0.99)]
    watched = [one.watched.speed / without_it for one, without_it in zip(sittings, alone, strict=True)]
    typing = [one.during.speed / without_it for one, without_it in zip(sittings, alone, strict=True)]
    print(
        f"{place:<7} {len(several):>5} keys: {at[0]:6.1f} {at[1]:6.1f} {at[2]:6.1f} {several[-1] * 1000:6.1f} ms"
        f"  ({sum(one.missed for one in sittings)} overtaken)   training at {statistics.median(watched):6.1%} watched, "
        f"{statistics.median(typing):6.1%} with keys"
        f"   app and engine {statistics.mean(one.watched.app for one in sittings):.0%} and "
        f"{statistics.mean(one.during.app for one in sittings):.0%} of a processor"
    )


def begun_training(hidden: int) -> Run:
    """Start a training that would go on for hours."""
    command = [sys.executable, "-m", "rnnplay", "train", "--hidden", str(hidden), "--minutes", "600"]
    subprocess.run([*command, "--name", "wide", "--detach", "--quiet"], check=True, stdout=subprocess.DEVNULL)
    return folder.named("wide")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--hidden", type=int, default=512)
    parser.add_argument("--pace", default="reading", help="of the text on Sample")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["RNNPLAY_HOME"] = home
        run = begun_training(options.hidden)
        remembered = State(sampling=SampleSettings(length=LENGTH), pace=options.pace, model="shipped:play")
        try:
            time.sleep(5.0)
            measure(run, remembered, options.seconds, options.rounds)
        finally:
            send(run, Stop(new_id()))
            while run.is_training():
                time.sleep(0.1)


def measure(run: Run, remembered: State, seconds: float, rounds: int) -> None:
    """Take turns with and without the app, and print what they come to."""
    sittings: dict[str, list[Sitting]] = {"train": [], "sample": []}
    alone: dict[str, list[float]] = {"train": [], "sample": []}
    before = without(run, seconds)
    for place in ("train", "sample") * rounds:
        state_path().write_bytes(msgspec.json.encode(remembered))  # each begins with the same axes
        sittings[place].append(sitting(run, place, seconds))
        after = without(run, seconds)
        during = sittings[place][-1].during
        alone[place].append((before.speed + after.speed) / 2)
        print(
            f"{place}: {sittings[place][-1].watched.speed:,.0f} characters/s watched, {during.speed:,.0f} with keys, "
            f"others took {during.others:.0%} of a processor; without it "
            f"{before.speed:,.0f} and {after.speed:,.0f}, others {before.others:.0%} and {after.others:.0%}",
            flush=True,
        )
        before = after
    print(f"\n{'':<18} {'median':>6} {'95 %':>6} {'99 %':>6} {'most':>6}")
    for place, several in sittings.items():
        report(place, several, alone[place])


if __name__ == "__main__":
    main()
