"""One honest sentence: while a training runs, what it is doing; at its end, how it went and what to try."""

from dataclasses import dataclass

OVERFIT_BY = 0.01  # nats by which the last loss stands above the best
MEMORISING_BY = 0.35  # nats by which the validation loss stands above the training loss
FEW_EPOCHS = 4.0
AT_OPTIMUM = 0.01  # bits above the optimum that count as nothing …
NEAR_OPTIMUM = 0.05  # … and as little
RISEN_BY = 0.02  # nats above the best at two looks in a row, and not only by chance
FAST = 0.1  # nats from one look to the next
FLAT_BY = 0.005  # nats that the last looks differ by at most …
FLAT_LOOKS = 4  # … so many of them


@dataclass(frozen=True)
class Course:
    """What a training came to.

    Attributes:
        epochs: How often the text was walked.
        train_loss: The last, in nats per character, dropout included.
        last_loss, best_loss: On the validation text.
        best_step: Where the best was.
        excess: Bits per character of the best weights above the optimum, for a generated text.
    """

    reason: str
    epochs: float
    train_loss: float | None
    last_loss: float | None
    best_loss: float | None
    best_step: int
    excess: float | None = None


def diagnosis(course: Course) -> str:
    """Say how the training went and what to try next."""
    if course.reason == "diverged":
        return "Diverged: the loss stopped being a number even at an eighth of the rate; try a lower --lr."
    if course.excess is not None and course.excess < AT_OPTIMUM:
        return f"As good as perfect: within {AT_OPTIMUM:g} bits of the optimum, so nothing is left to learn here."
    if course.excess is not None and course.excess < NEAR_OPTIMUM:
        return "Nearly perfect: what is left to learn here is little, and a larger budget may get at it."
    if course.best_loss is not None and course.last_loss is None:
        return "The last validation loss was no number; the best weights are kept; try a lower --lr."
    if course.best_loss is None or course.last_loss is None:
        return "Nothing was held out to measure on, so how well it does on new text isn't known (--val-fraction)."
    last, best = course.last_loss, course.best_loss
    if last - best > OVERFIT_BY and course.best_step == 0:
        return (
            f"No gain: the validation loss was best before the first step ({best:.3f} nats) and came to {last:.3f}; "
            "the weights that it began with are kept. A lower --lr, more text or a larger budget may help."
        )
    if last - best > OVERFIT_BY:
        return (
            f"Overfitting: the validation loss was best at step {course.best_step:,} ({best:.3f} nats) and rose to "
            f"{last:.3f}; the best weights are kept. More text, more --dropout or a smaller --hidden would help."
        )
    if course.reason == "patience":
        return f"Converged: nothing better than {best:.3f} nats came after step {course.best_step:,}; that is kept."
    if course.reason == "stopped":
        return "Stopped early: the loss still had its best part before it, when the learning rate falls."
    if course.train_loss is not None and best - course.train_loss > MEMORISING_BY:
        return (
            f"Nearly memorising: {course.train_loss:.2f} nats on its own text, {best:.2f} on new text. "
            "More text or more --dropout would help; more time alone would not."
        )
    if course.epochs < FEW_EPOCHS:
        read = f"the text {course.epochs:.1f} times" if course.epochs > 0.95 else f"{course.epochs:.0%} of the text"
        return f"Still improving: it has read {read}; a larger budget will lower the loss."
    return f"Close to converged after {course.epochs:.1f} epochs: a larger --hidden with a larger budget may go lower."


@dataclass(frozen=True)
class Standing:
    """Where a training is.

    Attributes:
        spent: The share of the budget, from 0 to 1.
        rising: Whether the learning rate isn't at its height yet.
        flat: The share of the budget at which it begins to fall.
        number: Whether the last training loss was a finite number.
        held_out: Whether there is a validation text.
        train_loss: The mean since the look before the last, in nats per character, dropout included.
        looks: The validation losses so far, each with its step, the last pass aside.
        rolled_back: Whether it went back to earlier weights since the last look.
    """

    spent: float
    rising: bool
    flat: float
    number: bool
    held_out: bool
    train_loss: float | None
    looks: tuple[tuple[int, float | None], ...]
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
    if standing.looks:
        if standing.looks[-1][1] is None:
            return "The last validation loss was no number; a lower learning rate may help."
        said = _trouble(standing)
        if said:
            return said
    if standing.rising:
        return "Warming up: the learning rate rises to its height, so that the first steps do no harm."
    if not standing.held_out:
        return "Nothing is held out to measure on: how well it does on new text isn't known."
    return _phase(standing)


def _trouble(standing: Standing) -> str:
    """Say what speaks against going on like this, or nothing."""
    losses = [(loss, step) for step, loss in standing.looks if loss is not None]
    best, best_step = min(losses)
    last, train = losses[-1][0], standing.train_loss
    if all(loss - best > RISEN_BY for loss, _ in losses[-2:]):
        if train is not None and train < best:
            return (
                f"Overfitting: the validation loss rises since step {best_step:,} ({best:.3f} nats), while the "
                "training loss is lower; the best weights are kept."
            )
        return (
            f"The validation loss is above its best of step {best_step:,} ({best:.3f} nats): the rate may be too high "
            "now; it often comes back when the rate falls."
        )
    if train is not None and last - train > MEMORISING_BY:
        return (
            f"Nearly memorising: {train:.2f} nats on its own text, {last:.2f} on new text. More text or more dropout "
            "would help."
        )
    return ""


def _phase(standing: Standing) -> str:
    losses = [loss for _, loss in standing.looks if loss is not None]
    gain = losses[-2] - losses[-1] if len(losses) > 1 else 0.0
    falling = standing.spent >= standing.flat
    last = losses[-FLAT_LOOKS:]
    if len(last) == FLAT_LOOKS and max(last) - min(last) < FLAT_BY:
        if falling:
            return f"Level: the last {FLAT_LOOKS} looks differ by less than {FLAT_BY:g} nats; little more will come."
        return f"Level at this rate for {FLAT_LOOKS} looks: what is left to gain comes when the learning rate falls."
    if gain > FAST:
        return f"Falling fast: the last look is more than {FAST:g} nats below the one before."
    if falling:
        return "The learning rate is falling now: most of the gain comes in this part."
    if gain > 0:
        return "Still improving, at the full learning rate; the rate falls later, and most of the gain comes then."
    return "Learning at the full learning rate; the rate falls later, and most of the gain comes then."
