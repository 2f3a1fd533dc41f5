"""What a run has told so far, kept in bounded memory however long it trains."""

import math
from collections.abc import Container, Iterable, Sequence
from typing import NamedTuple, TypeVar

from rnnplay.runs.curve import Point
from rnnplay.training.diagnosis import Standing
from rnnplay.training.events import (
    Acknowledged,
    Evaluated,
    Event,
    Finished,
    Noted,
    Progress,
    Sampled,
    Started,
)
from rnnplay.training.learning_curve import CurvePoint
from rnnplay.training.schedule import is_rising
from rnnplay.training.verdict import Guessing

LOSSES_AT_MOST = 4096
SAMPLES_AT_MOST = 500
LOOKS_AT_MOST = 2048
NOTES_AT_MOST = 200
ANSWERS_AT_MOST = 1000
_NO_NUMBER = "The loss stopped being a number"  # how the note of a training that goes back begins

T = TypeVar("T", "Look", Sampled)


class Look(NamedTuple):
    """A validation loss, at the place in the training where the weights were that it was measured on.

    Attributes:
        loss: Nats per character; None where it was not finite.
        estimate: Whether a part of the validation text was scored.
        best: Whether these weights were the best so far.
        train: The mean training loss since the look before; None where none was finite.
        final: Whether this is the last pass, over the best weights, with which a training ends.
    """

    step: int
    chars: int
    seconds: float
    loss: float | None
    estimate: bool
    best: bool
    train: float | None = None
    final: bool = False


class History:
    """What the events of a run come to; a resumption voids what stands beyond the step that it began at.

    One thread may take events while another reads: a list that was read may grow, but what stands in it stays.

    Attributes:
        started: How the training began, or began again.
        progress: Where it is.
        finished: How it ended; None while it trains.
        losses: Training losses in the order of their steps, neighbours merged so that there are never more than
            `LOSSES_AT_MOST`. Where a training went back to earlier weights, what stood beyond them is dropped.
        looks: Validation losses, in the order in which they were measured.
        samples: What the network wrote; of more than `SAMPLES_AT_MOST` some between others are left out.
        notes: What a person should know, the last `NOTES_AT_MOST`.
    """

    def __init__(self) -> None:
        self.started: Started | None = None
        self.progress: Progress | None = None
        self.finished: Finished | None = None
        self.looks: list[Look] = []
        self.samples: list[Sampled] = []
        self.notes: list[Noted] = []
        self._losses = _Losses()
        self._milestones: list[tuple[int, float, str]] = []
        self._answers: dict[str, int] = {}
        self._since_look = _Mean()

    @property
    def losses(self) -> Sequence[Point]:
        """Training losses, the mean of what each point stands for."""
        return self._losses.points

    @property
    def milestones(self) -> list[tuple[float, str]]:
        """When which baseline was beaten, or which share of real words reached: seconds and its name."""
        return [(seconds, name) for _, seconds, name in self._milestones]

    @property
    def acknowledged(self) -> Container[str]:
        """The ids of the requests that were carried out."""
        return self._answers

    @property
    def best(self) -> Look | None:
        """The look at the best weights: once the training has ended, its last pass."""
        return next((look for look in reversed(self.looks) if look.best), None)

    def take(self, events: Iterable[Event]) -> None:
        """Take events in, in the order in which they were told."""
        for event in events:
            if isinstance(event, Progress):
                self._report(event)
            elif isinstance(event, Started):
                self._begin(event)
            elif isinstance(event, Evaluated):
                self._look(event)
            elif isinstance(event, Sampled):
                self._sample(event)
            elif isinstance(event, Noted):
                self.notes.append(event)
                del self.notes[:-NOTES_AT_MOST]
            elif isinstance(event, Acknowledged):
                self._answer(event)
            elif isinstance(event, Finished):
                self._finish(event)

    def standing(self, *, paused: bool = False) -> Standing:
        """Return where the training is, as the diagnosis reads it."""
        started, progress = self.started, self.progress
        looks = [look for look in self.looks if not look.final]
        last_look = looks[-1].step if looks else -1
        rolled_back = any(note.step >= last_look and note.text.startswith(_NO_NUMBER) for note in self.notes)
        step, spent = (progress.step, progress.spent) if progress else (0, 0.0)
        return Standing(
            spent=spent,
            rising=started is not None and is_rising(started.config, step, spent),
            flat=started.config.flat if started else 0.0,
            number=progress is None or progress.loss is not None,
            held_out=started is None or started.sizes.validation_chars > 0,
            points=tuple(CurvePoint(look.step, look.seconds, look.train, look.loss) for look in looks),
            guessing=Guessing.of(started.sizes.vocabulary, started.ladder) if started else Guessing(),
            rolled_back=rolled_back,
            paused=paused,
        )

    def _begin(self, event: Started) -> None:
        """Void what stands beyond the step that a training goes on from."""
        step = event.from_step
        self.started, self.finished = event, None
        self.progress = self._losses.cut(step)
        self.looks = [look for look in self.looks if look.step <= step]
        self.samples = [sample for sample in self.samples if sample.step <= step]
        self.notes = [note for note in self.notes if note.step <= step]
        self._milestones = [milestone for milestone in self._milestones if milestone[0] <= step]
        self._answers = {name: at for name, at in self._answers.items() if at <= step}
        self._since_look = self._counted(step)

    def _report(self, event: Progress) -> None:
        if self._is_behind(event.step - 1):
            self._since_look = self._counted(event.step - 1)
        self.progress = event
        self._losses.add(event)
        self._since_look.add(event.loss)

    def _is_behind(self, step: int) -> bool:
        """Tell whether a step lies behind where the training has come to."""
        return self.progress is not None and step < self.progress.step

    def _counted(self, step: int) -> "_Mean":
        """Return the mean of the losses up to a step, from the last look up to there on."""
        last_look = next((look.step for look in reversed(self.looks) if look.step <= step), -1)
        mean = _Mean()
        for point in self.losses:
            if last_look < point.step <= step:
                mean.add(point.loss)
        return mean

    def _look(self, event: Evaluated) -> None:
        before = next((look for look in reversed(self.looks) if look.step == event.step), None)
        chars, seconds = (before.chars, before.seconds) if before else (self._chars(event.step), event.seconds)
        # The last pass is over the best weights, which may be of an earlier step.
        train = (self._counted(event.step) if self._is_behind(event.step) else self._since_look).value()
        if train is None and before:
            train = before.train
        look = Look(event.step, chars, seconds, event.loss, event.estimate, event.best, train)
        self._since_look = _Mean()
        self.looks.append(look)
        _thin(self.looks, LOOKS_AT_MOST)
        self._reach(event.step, event.seconds, event.milestones)

    def _sample(self, event: Sampled) -> None:
        self.samples.append(event)
        _thin(self.samples, SAMPLES_AT_MOST)
        seconds = self.progress.seconds if self.progress is not None else 0.0
        self._reach(event.step, seconds, event.milestones)

    def _reach(self, step: int, seconds: float, milestones: Sequence[str]) -> None:
        self._milestones += ((step, seconds, name) for name in milestones)
        del self._milestones[:-LOOKS_AT_MOST]

    def _chars(self, step: int) -> int:
        """Return how many characters had been read at a step."""
        return next((point.chars for point in reversed(self.losses) if point.step <= step), 0)

    def _finish(self, event: Finished) -> None:
        self.finished = event
        last = self.looks[-1] if self.looks else None
        if last is not None and last.best and (last.step, last.loss) == (event.best_step, event.loss):
            self.looks[-1] = last._replace(final=True)

    def _answer(self, event: Acknowledged) -> None:
        self._answers[event.id] = event.step
        if len(self._answers) > ANSWERS_AT_MOST:
            del self._answers[next(iter(self._answers))]


class _Mean:
    """The mean of the finite ones of some losses."""

    def __init__(self) -> None:
        self._total = 0.0
        self._count = 0

    def add(self, loss: float | None) -> None:
        """Take a loss in."""
        if loss is not None and math.isfinite(loss):
            self._total += loss
            self._count += 1

    def value(self) -> float | None:
        """Return the mean, or None where there was none."""
        return self._total / self._count if self._count else None


class _Losses:
    """Training losses as points, each standing for equally many reports; where they become too many, for twice as many.

    Beside each point stands the last report in it, and how many of its losses were finite.
    """

    def __init__(self) -> None:
        self.points: list[Point] = []
        self._reports: list[Progress] = []
        self._finite: list[int] = []
        self._stride = 1  # reports a point stands for
        self._in_last = 0  # reports that the last point stands for so far

    def add(self, report: Progress) -> None:
        """Take a report in."""
        if self.points and report.step <= self.points[-1].step:
            self.cut(report.step - 1)
        finite = report.loss is not None and math.isfinite(report.loss)
        point = Point(report.step, report.chars, report.seconds, report.loss if finite else None)
        if 0 < self._in_last < self._stride:
            self.points[-1], self._finite[-1] = _merged(self.points[-1], self._finite[-1], point, int(finite))
            self._reports[-1] = report
            self._in_last += 1
            return
        self.points.append(point)
        self._reports.append(report)
        self._finite.append(int(finite))
        self._in_last = 1
        if len(self.points) > LOSSES_AT_MOST:
            self._halve()

    def _halve(self) -> None:
        """Merge the points two by two, the newest aside, which has just begun."""
        points, finite = [], []
        for index in range(0, len(self.points) - 1, 2):
            point, count = _merged(
                self.points[index], self._finite[index], self.points[index + 1], self._finite[index + 1]
            )
            points.append(point)
            finite.append(count)
        self._reports = [*self._reports[1:-1:2], self._reports[-1]]
        self.points, self._finite = [*points, self.points[-1]], [*finite, self._finite[-1]]
        self._stride *= 2

    def cut(self, step: int) -> Progress | None:
        """Drop what stands beyond a step and return the last report before it."""
        kept = [index for index, point in enumerate(self.points) if point.step <= step]
        if len(kept) < len(self.points):
            self._reports = [self._reports[index] for index in kept]
            self._finite = [self._finite[index] for index in kept]
            self.points = [self.points[index] for index in kept]
            self._in_last = 0
        return self._reports[-1] if self._reports else None


def _merged(one: Point, one_count: int, other: Point, other_count: int) -> tuple[Point, int]:
    """Return two neighbours as one point, at the place of the later, and how many finite losses are in it."""
    count = one_count + other_count
    if one.loss is None or other.loss is None:
        loss = other.loss if one.loss is None else one.loss
    else:
        share = other_count / count
        loss = one.loss * (1 - share) + other.loss * share
    return Point(other.step, other.chars, other.seconds, loss), count


def _thin(kept: list[T], at_most: int) -> None:
    """Where there are too many, drop the one whose neighbours are closest, never the first or one of the last two."""
    if len(kept) > at_most:
        del kept[min(range(1, len(kept) - 2), key=lambda index: kept[index + 1].step - kept[index - 1].step)]
