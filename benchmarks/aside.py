"""What looking after a training takes of its time: validation, milestones, samples and saving.

    python -m benchmarks.aside [--minutes 1 5] [--megabytes 0.2]

For each budget, a training of a text of random words by `rnnplay`'s own session, in an empty data folder. Printed: the
share of its time that went to other things than steps, by its own clock, what of it went to the last pass, and its
speed over the whole of its time beside that of its bare steps, taken before and after it with the settings that were
chosen once.
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
from rnnplay.session import Session
from rnnplay.text import sources
from rnnplay.training.config import TrainingConfig
from rnnplay.training.events import Finished, Progress

ALONE = 5.0  # seconds of bare steps


def begun(path: Path, config: TrainingConfig) -> Session:
    """Return a training that is about to begin."""
    return session.begin(sources.from_place(str(path), shape="stream"), config)


def bare_speed(path: Path, config: TrainingConfig) -> float:
    """Return the characters a second of steps with nothing between them."""
    trainer = begun(path, config).trainer
    trainer.step(0.5)
    before, since = trainer.record.chars, time.perf_counter()
    while time.perf_counter() - since < ALONE:
        trainer.step(0.5)
    return (trainer.record.chars - before) / (time.perf_counter() - since)


def trained(path: Path, config: TrainingConfig) -> tuple[Finished, float]:
    """Train, and return how it ended and the seconds after its last step."""
    training, stepped = begun(path, config), time.monotonic()
    for event in training.events():
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
            config = begun(path, settings({"minutes": minutes})).trainer.config
            before = bare_speed(path, config)
            finished, last = trained(path, config)
            bare = (before + bare_speed(path, config)) / 2
            share, speed = finished.aside_seconds / finished.seconds, finished.chars / finished.seconds
            print(
                f"{minutes:g} min: {share:.1%} of {finished.seconds:.1f} s aside, {last:.1f} s of them last; "
                f"{speed:,.0f} characters/s, bare {bare:,.0f}: {1 - speed / bare:.1%} slower",
                flush=True,
            )


if __name__ == "__main__":
    main()
