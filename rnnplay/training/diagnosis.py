"""One honest sentence: while a training runs, what it is doing; at its end, how it went and what to try.

Both come from the course of the training and validation losses by the rules of `rnnplay.training.verdict`. At the end:

* A text whose optimum is known is judged by the excess first: within `AT_OPTIMUM` nothing is left, within
  `NEAR_OPTIMUM` little.
* Of a training of less than `FEW_STEPS` steps that read its text less than `FEW_EPOCHS` times, or of one with too few
  looks, only divergence and fine-tuning without a gain can be told.
* "Converged" is said only where the learning rate fell, or where patience ended: not of a training that was stopped
  before `STOPPED_EARLY` of its budget.

While it runs, trouble is said when the last two looks agree on it, as one look above the best often comes back; and
level losses are said from `LEVEL_LOOKS` looks on.
"""

from dataclasses import dataclass

from rnnplay.training.learning_curve import CurvePoint
from rnnplay.training.verdict import GAP, LEVEL, TROUBLE, Guessing, Losses, Verdict, judge, summarize

AT_OPTIMUM = 0.01  # bits above the optimum that count as nothing …
NEAR_OPTIMUM = 0.05  # … and as little
FEW_STEPS = 100
FEW_EPOCHS = 2.0
STOPPED_EARLY = 0.9  # of the budget
FAST = 0.1  # nats from one look to the next
LEVEL_LOOKS = 4
LARGE = 1e4
NOT_KNOWN = Guessing()

_MORE_TEXT = "More text, more --dropout or a smaller --hidden would help"


@dataclass(frozen=True)
class Course:
    """What a training came to.

    Attributes:
        reason: Why it ended: "budget", "stopped", "patience" or "diverged".
        points: Its losses at every look, from its beginning through all resumptions, at its end too; at step 0 those
            of trained weights that were the beginning.
        epochs: How often the text was read.
        spent: The share of the budget that was spent.
        guessing: What is reached without a network.
        excess: Bits per character of the best weights above the optimum, for a generated text.
        rollbacks: How often it went back to earlier weights because the loss was no number.
        held_out: Whether there is a validation text.
    """

    reason: str
    points: tuple[CurvePoint, ...]
    epochs: float
    spent: float = 1.0
    guessing: Guessing = NOT_KNOWN
    excess: float | None = None
    rollbacks: int = 0
    held_out: bool = True


def diagnosis(course: Course) -> str:
    """Say how the training went and what to try next."""
    if course.reason == "diverged":
        return "Diverged: the loss stopped being a number even at an eighth of the rate; try a lower --lr."
    if course.excess is not None and course.excess < AT_OPTIMUM:
        return f"As good as perfect: within {AT_OPTIMUM:g} bits of the optimum, so nothing is left to learn here."
    if course.excess is not None and course.excess < NEAR_OPTIMUM:
        return "Nearly perfect: what is left to learn here is little, and a larger budget may get at it."
    said = _verdict_in_words(course, judge(course.points, course.guessing), summarize(course.points))
    if not course.rollbacks:
        return said
    times = "once" if course.rollbacks == 1 else f"{course.rollbacks} times"
    return f"{said} The loss stopped being a number {times}, and the rate was halved: a lower --lr is safer."


def _verdict_in_words(course: Course, verdict: Verdict, losses: Losses) -> str:
    if verdict is Verdict.NOT_A_NUMBER:
        return "The last validation loss was no number; the best weights are kept; try a lower --lr."
    if verdict is Verdict.DIVERGED:
        return _divergence(losses, course.guessing)
    if (losses.best is None or losses.last is None) and course.held_out and course.points:
        return "No validation loss was a number; try a lower --lr."
    if losses.best is None or losses.last is None:
        return "Nothing was held out to measure on, so how well it does on new text isn't known (--val-fraction)."
    if verdict is Verdict.NO_GAIN:
        return (
            f"No gain: the validation loss was best before the first step ({_nats(losses.before)} nats) and came to "
            f"{_nats(losses.last)}; {_kept(losses)}. A lower --lr, more text or a larger budget may help."
        )
    if _is_too_short(course):
        return f"Too short to judge: {_read(course)}. A larger budget will lower the loss."
    troubled = _trouble_in_words(verdict, losses, losses.best, losses.last)
    if troubled:
        return troubled
    if verdict is Verdict.UNKNOWN:
        return f"Too few validation losses to judge by: {_read(course)}."
    if course.reason == "patience":
        return _out_of_patience(losses, losses.best)
    if verdict is Verdict.MEMORIZING:
        return _memorizing(losses, losses.best)
    if course.reason == "stopped" and course.spent < STOPPED_EARLY:
        return (
            f"Stopped early, at {course.spent:.0%} of the budget: the loss still had its best part before it, when the "
            "learning rate falls."
        )
    return _gain_in_words(course, verdict, losses, losses.best)


def _divergence(losses: Losses, guessing: Guessing) -> str:
    now = losses.train if losses.train is not None else losses.last
    if now is None:
        return "Diverged: try a lower --lr."
    kept = f"; {_kept(losses)}" if losses.best is not None else ""
    if guessing.uniform is not None and now > guessing.uniform:
        said = f"the loss is {_nats(now, 2)} nats, and guessing every character comes to {_nats(guessing.uniform, 2)}"
    elif losses.lowest_train is not None and now > losses.lowest_train:
        said = f"the training loss rose from {_nats(losses.lowest_train, 2)} to {_nats(now, 2)} nats"
        said += ", and the validation loss with it" if losses.best is not None else ""
    else:
        said = f"the loss rose to {_nats(now, 2)} nats"
    return f"Diverged: {said}{kept}. Try a lower --lr."


def _trouble_in_words(verdict: Verdict, losses: Losses, best: float, last: float) -> str:
    if verdict is Verdict.OVERFITTING:
        return (
            f"Overfitting: the validation loss was best at step {losses.best_step:,} ({_nats(best)} nats) and rose to "
            f"{_nats(last)}, while the training loss is {_nats(losses.train, 2)}; the best weights are kept. "
            f"{_MORE_TEXT}."
        )
    if verdict is Verdict.UNSTABLE:
        return (
            f"Unstable: the validation loss was best at step {losses.best_step:,} ({_nats(best)} nats) and rose to "
            f"{_nats(last)}, though the training loss didn't fall; the best weights are kept. A lower --lr would help."
        )
    if verdict is Verdict.STUCK:
        return (
            f"Stuck at {_nats(best)} nats, no better than the characters' frequencies: another --lr or a larger budget "
            "may help, if there is more to learn in this text."
        )
    return ""


def _memorizing(losses: Losses, best: float) -> str:
    return (
        f"No longer generalizing: {_level(losses, best)}, while the training loss fell from "
        f"{_nats(losses.train_at_flat, 2)} to {_nats(losses.train, 2)}. {_MORE_TEXT}; more time alone would not."
    )


def _level(losses: Losses, best: float) -> str:
    return (
        f"nothing clearly better than {_nats(best)} nats came after step {losses.flat_since:,}, in "
        f"{losses.flat_share:.0%} of the training"
    )


def _out_of_patience(losses: Losses, best: float) -> str:
    if losses.fell_since_flat:
        return _memorizing(losses, best)
    return f"Converged: nothing better than {_nats(best)} nats came after step {losses.best_step:,}; that is kept."


def _gain_in_words(course: Course, verdict: Verdict, losses: Losses, best: float) -> str:
    if verdict is Verdict.CONVERGED:
        return f"Converged: {_level(losses, best)}. A larger --hidden with a larger budget may go lower."
    if verdict is Verdict.NEARLY_MEMORIZING:
        return (
            f"Nearly memorizing: {_nats(losses.train, 2)} nats on its own text, {_nats(best, 2)} on new text. "
            f"{_MORE_TEXT}; more time alone would not."
        )
    if verdict is Verdict.SLOWING:
        return (
            f"Close to converged: the last third gained only {_nats(losses.gained)} nats. A larger --hidden "
            "with a larger budget may go lower."
        )
    gained = f", and the last third gained {_nats(losses.gained, 2)} nats" if losses.gained is not None else ""
    said = f"Still improving: {_read(course)}{gained}"
    if losses.train is not None and best - losses.train > GAP:
        return f"{said}; but it comes to {_nats(losses.train, 2)} on its own text. {_MORE_TEXT} more than time."
    return f"{said}; a larger budget will lower the loss."


def _nats(loss: float | None, digits: int = 3) -> str:
    """Return a loss in words; a huge one, as a damaged log may hold, in a few digits."""
    if loss is None:
        return "an unknown number of"
    return f"{loss:.{digits}f}" if abs(loss) < LARGE else f"{loss:.3g}"


def _is_too_short(course: Course) -> bool:
    steps = course.points[-1].step if course.points else 0
    return steps < FEW_STEPS and course.epochs < FEW_EPOCHS


def _read(course: Course) -> str:
    """Return how much a training read."""
    steps = course.points[-1].step if course.points else 0
    epochs = course.epochs
    read = f"the text {epochs:.1f} times" if epochs > 0.95 else f"{epochs:.2g} of the text" if epochs < 0.01 else ""
    read = read or f"{epochs:.0%} of the text"
    return f"it has read {read} in {steps:,} step{'' if steps == 1 else 's'}"


def _kept(losses: Losses) -> str:
    own = losses.before is not None and losses.best == losses.before
    return "the weights that it began with are kept" if own else "the best weights are kept"


@dataclass(frozen=True)
class Standing:
    """Where a training is.

    Attributes:
        spent: The share of the budget, from 0 to 1.
        rising: Whether the learning rate isn't at its height yet.
        flat: The share of the budget at which it begins to fall.
        number: Whether the last training loss was a finite number.
        held_out: Whether there is a validation text.
        points: The losses at the looks so far, the last pass aside.
        guessing: What is reached without a network.
        rolled_back: Whether it went back to earlier weights since the last look.
    """

    spent: float
    rising: bool
    flat: float
    number: bool
    held_out: bool
    points: tuple[CurvePoint, ...]
    guessing: Guessing = NOT_KNOWN
    rolled_back: bool = False
    paused: bool = False


def so_far(standing: Standing) -> str:
    """Say what a training is doing now; another sentence comes with a look at the validation text, or a new phase."""
    if standing.paused:
        return "Paused: nothing is learned, and the budget stands still too."
    if not standing.number:
        return "The loss is no number now: the training goes back to its last good weights and halves the rate."
    if standing.rolled_back:
        return "The loss had stopped being a number: it went back to the last good weights, with half the rate."
    if standing.spent >= 1:
        return "The budget is spent: now the best weights are measured on the validation text."
    verdict = judge(standing.points, standing.guessing)
    if verdict is Verdict.NOT_A_NUMBER or (standing.points and standing.points[-1].validation is None):
        return "The last validation loss was no number; a lower learning rate may help."
    losses = summarize(standing.points)
    if verdict in TROUBLE and verdict is judge(standing.points[:-1], standing.guessing):
        return _trouble_now(verdict, losses)
    if standing.rising:
        return "Warming up: the learning rate rises to its height, so that the first steps do no harm."
    if not standing.held_out:
        return "Nothing is held out to measure on: how well it does on new text isn't known."
    return _phase(standing, verdict, losses)


def _trouble_now(verdict: Verdict, losses: Losses) -> str:
    """Say what speaks against going on like this."""
    if verdict is Verdict.DIVERGED:
        return (
            f"Diverging: the training loss is at {_nats(losses.train, 2)} nats now; a lower learning rate would help."
        )
    if verdict is Verdict.NO_GAIN:
        return (
            f"No gain yet: before the first step the validation loss was {_nats(losses.before)} nats; it often comes "
            "back when the rate falls."
        )
    if verdict is Verdict.OVERFITTING:
        return (
            f"Overfitting: the validation loss rises since step {losses.best_step:,} ({_nats(losses.best)} nats), "
            "but not the training loss; the best weights are kept."
        )
    return (
        f"The validation loss is above its best of step {losses.best_step:,} ({_nats(losses.best)} nats): the rate may "
        "be too high now; it often comes back when the rate falls."
    )


def _phase(standing: Standing, verdict: Verdict, losses: Losses) -> str:
    looks = [point.validation for point in standing.points if point.validation is not None]
    gain = looks[-2] - looks[-1] if len(looks) > 1 else 0.0
    falling = standing.spent >= standing.flat
    level = sum(point.step >= losses.flat_since and point.validation is not None for point in standing.points)
    if verdict is Verdict.MEMORIZING and level >= LEVEL_LOOKS:
        return (
            f"No longer generalizing: {_nats(losses.train, 2)} nats on its own text, and no better than "
            f"{_nats(losses.best, 2)} on new text since step {losses.flat_since:,}."
        )
    if verdict in {Verdict.CONVERGED, Verdict.STUCK} and level >= LEVEL_LOOKS:
        since = f"no look since step {losses.flat_since:,} gained more than {LEVEL:g} nats"
        if falling:
            return f"Level: {since}; little more will come."
        return f"Level at this rate: {since}; what is left to gain comes when the learning rate falls."
    if gain > FAST:
        return f"Falling fast: the last look is more than {FAST:g} nats below the one before."
    if verdict is Verdict.NEARLY_MEMORIZING:
        return f"Nearly memorizing: {_nats(losses.train, 2)} nats on its own text, {_nats(losses.best, 2)} on new text."
    if falling:
        return "The learning rate is falling now: most of the gain comes in this part."
    if gain > 0:
        return "Still improving, at the full learning rate; the rate falls later, and most of the gain comes then."
    return "Learning at the full learning rate; the rate falls later, and most of the gain comes then."
