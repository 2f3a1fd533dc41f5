"""What a training will come to in size and time, before it begins: estimates, from formulas and a measured speed."""

import math
from dataclasses import dataclass

from rnnplay.model import cost
from rnnplay.training.config import Budget, TrainingConfig
from rnnplay.training.events import Progress

# Seconds that a layer's step from one character to the next takes whatever its width, forward and back: a network of 64
# units, 16 rows of 64, read at most 129,000 characters a second on two cores of an EPYC.
SEQUENTIAL_STEP = 1e-4
PRODUCTS_AT_LEAST = 0.2  # of a step's time, whatever `sequential_seconds` takes the rest to be
STEPS_SHARE = 0.95  # of the time that goes to steps; the rest to validation, samples and saving
TELLING_SHARE = 0.02  # of a budget in work; before, the first validation and sample weigh too much


@dataclass(frozen=True)
class Forecast:
    """What settings lead to. All but the parameters are estimates; None is what can't be told without a measured speed.

    Attributes:
        parameters: Numbers that training adjusts.
        bytes: Of memory that it takes on top of torch itself; in fp32, unless bf16 is given.
        chars_per_second: Read in training.
        chars: Read in all.
        seconds: Of the budget.
        steps: Optimizer steps.
        epochs: How often the training text is read.
    """

    parameters: int
    bytes: int
    chars_per_second: float | None
    chars: float | None
    seconds: float | None
    steps: float | None
    epochs: float | None


def forecast(config: TrainingConfig, vocabulary_size: int, train_chars: int, rate: float | None) -> Forecast:
    """Estimate what a training takes; from a budget in one unit come the others.

    Args:
        config: Settings that are in their ranges.
        vocabulary_size: How many different characters the text has.
        train_chars: Characters of the training part; 0 where that isn't known.
        rate: Multiply-adds of a forward pass that a second of training with this cell does: about a third of what the
            machine does in all, for a step's backward pass costs about two forward passes. None where not measured.
    """
    model = config.model
    step = config.batch_size * config.seq_len
    if train_chars > 0:  # a text that is too short for so many characters at once gets smaller steps
        step = min(step, train_chars)
    taken = step * cost.multiply_adds(model, vocabulary_size) / rate + sequential_seconds(config) if rate else None
    speed = _ratio(step, taken)
    chars = _chars(config, step, train_chars, speed)
    in_minutes = config.budget.unit == "minutes"
    return Forecast(
        parameters=cost.parameters(model, vocabulary_size),
        bytes=cost.training_bytes(
            model, vocabulary_size, config.batch_size, config.seq_len, bf16=config.precision == "bf16"
        ),
        chars_per_second=speed,
        chars=chars,
        seconds=_finite(60 * config.budget.amount if in_minutes else _ratio(chars, speed, STEPS_SHARE)),
        steps=_ratio(chars, step),
        epochs=_ratio(chars, train_chars),
    )


def measured_rate(config: TrainingConfig, multiply_adds: int, chars_per_second: float) -> float:
    """Return the rate that `forecast` takes, from the speed of a training.

    Args:
        config: The training's settings.
        multiply_adds: Of a forward pass for one character.
        chars_per_second: Read in training, above 0.
    """
    step = config.batch_size * config.seq_len
    seconds = step / chars_per_second
    return step * multiply_adds / max(seconds - sequential_seconds(config), seconds * PRODUCTS_AT_LEAST)


def sequential_seconds(config: TrainingConfig) -> float:
    """Return the part of a step's time that no machine product takes: characters that wait for one another."""
    return 0.0 if config.model.cell == "ff" else config.seq_len * config.model.layers * SEQUENTIAL_STEP


def _chars(config: TrainingConfig, step: int, train_chars: int, speed: float | None) -> float | None:
    """Return how many characters the budget lasts for."""
    amount = config.budget.amount
    if config.budget.unit == "steps":
        return _finite(amount * step)
    if config.budget.unit == "epochs":
        return _finite(amount * train_chars) if train_chars > 0 else None
    return _finite(60 * amount * STEPS_SHARE * speed) if speed else None


def seconds_left(progress: Progress, budget: Budget) -> float | None:
    """Return how many seconds a training still takes; None where too little is done to tell."""
    if budget.unit == "minutes":
        return max(60 * budget.amount - progress.seconds, 0.0)
    if not TELLING_SHARE <= progress.spent <= 1:
        return None
    return progress.seconds * (1 / progress.spent - 1)


def _ratio(above: float | None, below: float | None, share: float = 1.0) -> float | None:
    return _finite(above / (below * share)) if above is not None and below else None


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None
