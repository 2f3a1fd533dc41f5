"""Which runs are being trained now, found by polling the folder of all runs at the price of one stat for each."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rnnplay import places
from rnnplay.runs.folder import Run

# Of a run's owner.json: its device, inode and time of change. A training writes the file once, after it has locked the
# run; a renamed folder keeps it.
Identity = tuple[int, int, int]


@dataclass(frozen=True)
class Training:
    """A run that a process is training.

    Attributes:
        identity: The same for as long as this training lasts, whatever the run is called; another for the next one.
    """

    run: Run
    identity: Identity


class TrainingScanner:
    """Finds the trainings that are running.

    A lock is looked at only where a training may hold it: where one did at the last scan, or where `owner.json` has
    been written since.
    """

    def __init__(self) -> None:
        self._idle: frozenset[Identity] = frozenset()

    def scan(self) -> tuple[Training, ...]:
        """Return the running trainings, the newest first; what can't be read isn't trained."""
        idle: set[Identity] = set()
        running = []
        for folder, identity in _owners():
            if identity not in self._idle and (run := Run(Path(folder))).is_training():
                running.append(Training(run, identity))
            else:
                idle.add(identity)
        self._idle = frozenset(idle)
        return tuple(sorted(running, key=lambda one: (one.identity[2], one.run.name), reverse=True))


def _owners() -> Iterator[tuple[str, Identity]]:
    """Yield the folder of each run that was ever trained in this home, with the identity of its last training."""
    try:
        with os.scandir(places.runs_folder()) as entries:
            for entry in entries:
                if entry.name.startswith("."):  # being made
                    continue
                try:
                    owner = os.stat(f"{entry.path}{os.sep}owner.json")  # noqa: PTH116 - as quick as can be
                except OSError:
                    continue
                yield entry.path, (owner.st_dev, owner.st_ino, owner.st_mtime_ns)
    except OSError:
        return
