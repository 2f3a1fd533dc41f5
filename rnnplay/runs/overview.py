"""All runs at a glance, quickly enough to look again every second."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from rnnplay import files
from rnnplay.runs import folder, log
from rnnplay.runs.folder import Run, RunCard
from rnnplay.runs.following import pauses
from rnnplay.runs.status import State, status_by
from rnnplay.training.events import Acknowledged, Event, Finished, Progress, Reason, Started, decode_line

SPOTS = 48  # places of a long log that are looked at for the shape of its curve
SPOT = 2048  # bytes that are read at each: a report and what may stand before it
SHORT = SPOTS * SPOT  # bytes of a log that is read whole

Signature = tuple[int, ...]


@dataclass(frozen=True)
class Glance:
    """What one sees of a run among others.

    Attributes:
        state: As in `status`; the trainer of a run in training may stand still, which `paused` tells.
        card: None where the run is damaged.
        created: When it was begun, in seconds since 1970.
        loss: The best validation loss in nats per character.
        excess: By how many bits per character that is above the optimum; of a generated text.
        speed: Characters a second, as last told.
        reason: Why it ended; None where it hasn't.
        losses: Training losses at even distances, enough for a tiny curve.
    """

    run: Run
    state: State
    card: RunCard | None
    created: float
    paused: bool = False
    step: int = 0
    seconds: float = 0.0
    loss: float | None = None
    speed: float | None = None
    reason: Reason | None = None
    losses: tuple[float | None, ...] = ()
    excess: float | None = None


class Overview:
    """Looks at all runs, and again only at those that have changed."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[Signature, Glance]] = {}

    def look(self) -> list[Glance]:
        """Return a glance at every run, the newest first; what hasn't changed is the same object as before."""
        known: dict[Path, tuple[Signature, Glance]] = {}
        for run in folder.all_runs():
            signature = _signature(run)
            before = self._known.get(run.folder)
            glance = before[1] if before is not None and before[0] == signature else glimpse(run)
            known[run.folder] = (signature, glance)
        self._known = known
        return [glance for _, glance in known.values()]


def glimpse(run: Run) -> Glance:
    """Return a glance at one run; a damaged one, or one that vanishes meanwhile, fails nothing."""
    events = log.tail(run.events)
    found = status_by(run, events)
    ended = events[-1] if events and isinstance(events[-1], Finished) else None
    return Glance(
        run,
        found.state,
        found.card,
        found.card.created if found.card is not None else _stamp(run.folder / "run.json") / 1e9,
        paused=found.state == "training" and _paused(run, events),
        step=found.step,
        seconds=found.seconds,
        loss=found.loss,
        speed=_speed(events, live=found.state == "training"),
        reason=ended.reason if ended is not None else None,
        losses=tuple(losses_at_a_glance(run.events)),
        excess=found.excess,
    )


def _speed(events: Sequence[Event], *, live: bool) -> float | None:
    """Return characters a second: now, or of the whole training where that is over."""
    last = next((event for event in reversed(events) if isinstance(event, Progress)), None)
    if last is None or live:
        return None if last is None else last.chars_per_second
    return last.chars / last.seconds if last.seconds > 0 else None


def losses_at_a_glance(path: Path) -> list[float | None]:
    """Return training losses at even distances in a log, without reading all of a long one."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            if size <= SHORT:
                file.seek(0)
                return _thinned(_in_order(_reports(file.read(SHORT).split(b"\n"))))
            found: list[Progress] = []
            for spot in range(SPOTS):
                file.seek(spot * (size - SPOT) // (SPOTS - 1))
                lines = file.read(SPOT).split(b"\n")
                found += islice(_reports(reversed(lines if spot == 0 else lines[1:])), 1)
            return [report.loss for report in _in_order(found)]
    except OSError:
        return []


def _reports(lines: Iterable[bytes]) -> Iterable[Progress]:
    for line in lines:
        if b'"progress"' in line[:40]:
            event = decode_line(line)
            if isinstance(event, Progress):
                yield event


def _in_order(reports: Iterable[Progress]) -> list[Progress]:
    """Return the reports that count: one of an earlier step voids those before it that are beyond."""
    kept: list[Progress] = []
    for report in reports:
        while kept and kept[-1].step >= report.step:
            kept.pop()
        kept.append(report)
    return kept


def _thinned(reports: Sequence[Progress]) -> list[float | None]:
    count = min(len(reports), SPOTS)
    return [reports[place * (len(reports) - 1) // max(count - 1, 1)].loss for place in range(count)]


def _paused(run: Run, events: Sequence[Event]) -> bool:
    """Tell from the last events whether a trainer stands still."""
    kinds: dict[str, bool] | None = None
    paused = False
    for event in events:
        if isinstance(event, Started):
            paused = False
        elif isinstance(event, Acknowledged):
            kinds = pauses(run) if kinds is None else kinds
            paused = kinds.get(event.id, paused)
    return paused


def _signature(run: Run) -> Signature:
    """Return what changes when there is news of a run."""
    stamped = (run.events, run.folder / "run.json", run.checkpoint("best"))
    return (int(run.is_training()), files.size(run.events), *map(_stamp, stamped))


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
