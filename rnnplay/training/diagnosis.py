"""One honest sentence at the end: still improving, converged or overfitting, and what to try."""

from dataclasses import dataclass

OVERFIT_BY = 0.01  # nats by which the last loss stands above the best
MEMORISING_BY = 0.35  # nats by which the validation loss stands above the training loss
FEW_EPOCHS = 4.0


@dataclass(frozen=True)
class Course:
    """What a training came to.

    Attributes:
        epochs: How often the text was walked.
        train_loss: The last, in nats per character, dropout included.
        last_loss, best_loss: On the validation text.
        best_step: Where the best was.
    """

    reason: str
    epochs: float
    train_loss: float | None
    last_loss: float | None
    best_loss: float | None
    best_step: int


def diagnosis(course: Course) -> str:
    """Say how the training went and what to try next."""
    if course.reason == "diverged":
        return "Diverged: the loss stopped being a number even at an eighth of the rate; try a lower --lr."
    if course.best_loss is not None and course.last_loss is None:
        return "The last validation loss was no number; the best weights are kept; try a lower --lr."
    if course.best_loss is None or course.last_loss is None:
        return "Nothing was held out to measure on, so how well it does on new text isn't known (--val-fraction)."
    last, best = course.last_loss, course.best_loss
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
        return f"Still improving: it has read the text {course.epochs:.1f} times; a larger budget will lower the loss."
    return f"Close to converged after {course.epochs:.1f} epochs: a larger --hidden with a larger budget may go lower."
