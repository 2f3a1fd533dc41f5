"""What looking after a training takes of its time: validation, milestones, samples and saving.

    python -m benchmarks.aside [--minutes 1 5] [--megabytes 0.2]

For each budget, a training of a text of random words by `rnnplay`'s own session, in an empty data folder. Printed: the
share of its time that went to other things than steps, by its own clock, what of it went to the last pass, and its
speed over the whole of its time beside that of its bare steps, taken before and after it with the same settings.
"""

import argparse
import os
import string
import tempfile
import time
from pathlib import Path

from benchmarks.reading import made_up
from rnnplay import session
from rnnplay.cli.train_options import settings
from rnnplay.text import sources
from rnnplay.training.events import Finished, Progress

ALONE = 5.0  # seconds of bare steps


def bare_speed(path: Path, minutes: float) -> float:
    """Return the characters a second of steps with nothing between them."""
    begun = session.begin(sources.from_place(str(path), shape="stream"), settings({"minutes": minutes}))
    trainer = begun.trainer
    trainer.step(0.5)
    before, since = trainer.record.chars, time.perf_counter()
    while time.perf_counter() - since < ALONE:
        trainer.step(0.5)
    return (trainer.record.chars - before) / (time.perf_counter() - since)


def trained(path: Path, minutes: float) -> tuple[Finished, float]:
    """Train, and return how it ended and the seconds after its last step."""
    begun = session.begin(sources.from_place(str(path), shape="stream"), settings({"minutes": minutes}))
    stepped = time.monotonic()
    for event in begun.events():
        if isinstance(event, Progress):
            stepped = time.monotonic()
        if isinstance(event, Finished):
            return event, time.monotonic() - stepped
    raise SystemExit("It never ended.")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, nargs="+", default=[1.0, 5.0])
    parser.add_argument("--megabytes", type=float, default=0.2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RNNPLAY_HOME"] = str(Path(folder, "home"))
        path = Path(folder, "text.txt")
        made_up(string.ascii_lowercase, int(options.megabytes * 1e6), path)
        for minutes in options.minutes:
            before = bare_speed(path, minutes)
            finished, last = trained(path, minutes)
            bare = (before + bare_speed(path, minutes)) / 2
            share, speed = finished.aside_seconds / finished.seconds, finished.chars / finished.seconds
            print(
                f"{minutes:g} min: {share:.1%} of {finished.seconds:.1f} s aside, {last:.1f} s of them last; "
                f"{speed:,.0f} characters/s, bare {bare:,.0f}: {1 - speed / bare:.1%} slower",
                flush=True,
            )


if __name__ == "__main__":
    main()
