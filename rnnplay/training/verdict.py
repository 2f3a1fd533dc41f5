"""What the course of both losses of a training shows, by rules that hold while it runs and at its end.

All losses are in nats per character. `best` is the lowest validation loss, `last` the latest. The *start* is the loss
of knowing nothing: that of guessing uniformly, or, where trained weights were the beginning, their own if that is
higher. The rules, of which the first that holds is the verdict:

1. `NOT_A_NUMBER`: the last validation loss was not finite.
2. `DIVERGED`: the training loss is above the start by more than `WORSE_BY`; or both losses rose, each by more than
   `RELAPSE` of what it had gained since the start. A spike that recovered before the last look is none.
3. `NO_GAIN`: trained weights were the beginning, and no later look was better than them by `LEVEL`.
4. A validation loss that is above its best by more than `RISE` is `OVERFITTING` where the training loss is below the
   best validation loss, or fell since the best look and is not `WANDERS` above its lowest; else it is `UNSTABLE`.
5. `STUCK`: the last third gained less than `LEVEL`, and the loss is no better than that of the characters' frequencies.
6. Where at least `FLAT_SHARE` of all steps came after a look that was within `LEVEL` of the best, nothing more is
   gained: `MEMORIZING` if the training loss fell meanwhile by more than `FELL`, else `CONVERGED`.
7. Else it still gains: `SLOWING` where the last third gained less than `SLOW`, or `NEARLY_MEMORIZING` where also the
   training loss is more than `GAP` below; and `IMPROVING` otherwise.
8. `UNKNOWN`: there are fewer than `LEAST_LOOKS` validation losses, and none of the rules 1 to 4 holds.

Without validation losses the training loss alone can show that a training diverged; all else is `UNKNOWN`.
"""

import enum
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from rnnplay.text.records import Baseline
from rnnplay.training.learning_curve import CurvePoint

WORSE_BY = 0.2
RELAPSE = 0.1  # of what was gained
RISE = 0.02
WANDERS = 0.1  # by which the training loss may change from one part of a text to another
LEVEL = 0.01
FLAT_SHARE = 1 / 3
FELL = 0.05
SLOW = 0.03
GAP = 0.35
LEAST_LOOKS = 3
LAST_PART = 2 / 3  # of the steps, after which the last third begins


class Verdict(enum.Enum):
    """What the losses show; see the module for the rules."""

    NOT_A_NUMBER = enum.auto()
    DIVERGED = enum.auto()
    NO_GAIN = enum.auto()
    OVERFITTING = enum.auto()
    UNSTABLE = enum.auto()
    STUCK = enum.auto()
    MEMORIZING = enum.auto()
    CONVERGED = enum.auto()
    NEARLY_MEMORIZING = enum.auto()
    SLOWING = enum.auto()
    IMPROVING = enum.auto()
    UNKNOWN = enum.auto()


TROUBLE = frozenset({Verdict.DIVERGED, Verdict.OVERFITTING, Verdict.UNSTABLE, Verdict.NO_GAIN})


@dataclass(frozen=True)
class Guessing:
    """What is reached without a network, in nats per character.

    Attributes:
        uniform: Where every character of the vocabulary is as likely; None where that isn't known.
        unigram: Where each is as likely as it is frequent.
    """

    uniform: float | None = None
    unigram: float | None = None

    @classmethod
    def of(cls, vocabulary_size: int, ladder: Iterable[Baseline]) -> "Guessing":
        """Return it for a vocabulary, and the baselines on the text."""
        unigram = next((rung.bits_per_char for rung in ladder if rung.name == "unigram"), None)
        return cls(math.log(max(vocabulary_size, 1)), None if unigram is None else unigram * math.log(2))


@dataclass(frozen=True)
class Losses:
    """Where the losses came from and got to; None is what isn't known.

    Attributes:
        before: The validation loss of the trained weights that were the beginning.
        best, last: The lowest validation loss of all, and the latest that was finite.
        best_step: Where the best was.
        flat_since: The step of the first look that was within `LEVEL` of the best.
        flat_share: The share of all steps that came after it.
        gained: By how much the last third of the steps lowered the best validation loss.
        train: The latest training loss.
        lowest_train: The lowest before it.
        train_at_best, train_at_flat: The training loss up to the best look, and up to the one at `flat_since`.
    """

    before: float | None = None
    best: float | None = None
    last: float | None = None
    best_step: int = 0
    flat_since: int = 0
    flat_share: float = 0.0
    gained: float | None = None
    train: float | None = None
    lowest_train: float | None = None
    train_at_best: float | None = None
    train_at_flat: float | None = None

    @property
    def fell_since_flat(self) -> bool:
        """Whether the training loss fell since the validation loss is level."""
        return _difference(self.train_at_flat, self.train) > FELL


def summarize(points: Sequence[CurvePoint]) -> Losses:
    """Return what the losses came to, from the looks in the order of their steps."""
    trained = [(point.step, point.train) for point in points if _is_finite(point.train) and point.step]
    train = trained[-1][1] if trained else None
    lowest_train = min((loss for _, loss in trained[:-1]), default=None)
    looks = [(point.step, point.validation) for point in points if _is_finite(point.validation)]
    if not looks:
        return Losses(train=train, lowest_train=lowest_train)
    best, best_step = min((loss, step) for step, loss in looks)
    flat_since = next(step for step, loss in looks if loss <= best + LEVEL)
    end = max(points[-1].step, 1)
    earlier = [loss for step, loss in looks if step <= LAST_PART * end]
    return Losses(
        before=looks[0][1] if looks[0][0] == 0 else None,
        best=best,
        last=looks[-1][1],
        best_step=best_step,
        flat_since=flat_since,
        flat_share=1 - flat_since / end,
        gained=min(earlier) - best if earlier else None,
        train=train,
        lowest_train=lowest_train,
        train_at_best=_train_at(trained, best_step),
        train_at_flat=_train_at(trained, flat_since),
    )


def judge(points: Sequence[CurvePoint], guessing: Guessing) -> Verdict:
    """Return what the looks show, in the order of their steps; see the module for the rules."""
    losses = summarize(points)
    if points and not _is_finite(points[-1].validation) and losses.last is not None:
        return Verdict.NOT_A_NUMBER
    if _has_diverged(losses, guessing.uniform):
        return Verdict.DIVERGED
    if losses.best is None or losses.last is None:
        return Verdict.UNKNOWN
    later = [point.validation for point in points if point.step and _is_finite(point.validation)]
    if losses.before is not None and later and min(later) > losses.before - LEVEL:
        return Verdict.NO_GAIN
    if losses.last - losses.best > RISE:
        return Verdict.OVERFITTING if _knows_its_own_text(losses, losses.best) else Verdict.UNSTABLE
    if len(later) + (losses.before is not None) < LEAST_LOOKS:
        return Verdict.UNKNOWN
    return _judge_gain(losses, losses.best, guessing.unigram)


def _judge_gain(losses: Losses, best: float, unigram: float | None) -> Verdict:
    """Return the verdict on a validation loss that is at its best, or close to it."""
    gained = losses.gained if losses.gained is not None else SLOW
    if losses.before is None and unigram is not None and best > unigram - RISE and gained < LEVEL:
        return Verdict.STUCK
    if losses.flat_share >= FLAT_SHARE:
        return Verdict.MEMORIZING if losses.fell_since_flat else Verdict.CONVERGED
    if gained >= SLOW:
        return Verdict.IMPROVING
    return Verdict.NEARLY_MEMORIZING if _difference(best, losses.train) > GAP else Verdict.SLOWING


def _has_diverged(losses: Losses, uniform: float | None) -> bool:
    known = [loss for loss in (uniform, losses.before) if loss is not None]
    start = max(known, default=None)
    latest = losses.train if losses.train is not None else losses.last
    if start is None or latest is None:
        return False
    if latest - start > WORSE_BY:
        return True
    if losses.train is None or losses.lowest_train is None:
        return False
    if losses.train - losses.lowest_train <= max(RELAPSE * (start - losses.lowest_train), WANDERS):
        return False
    if losses.best is None or losses.last is None:
        return True
    return losses.last - losses.best > max(RELAPSE * (start - losses.best), RISE)


def _knows_its_own_text(losses: Losses, best: float) -> bool:
    """Tell whether the training loss is such that a validation loss that rises is for overfitting."""
    if losses.train is None or losses.train < best:
        return losses.train is not None
    rose = _difference(losses.train, losses.lowest_train) > WANDERS
    return not rose and _difference(losses.train_at_best, losses.train) > RISE


def _is_finite(loss: float | None) -> TypeGuard[float]:
    return loss is not None and math.isfinite(loss)


def _train_at(trained: Sequence[tuple[int, float]], step: int) -> float | None:
    """Return the training loss up to a step, or the first one after it where there is none."""
    before = [loss for at, loss in trained if at <= step]
    return before[-1] if before else (trained[0][1] if trained else None)


def _difference(one: float | None, other: float | None) -> float:
    """Return by how much one loss is above the other; 0 where either isn't known."""
    return 0.0 if one is None or other is None else one - other
