"""The learning rate as a function of the share of the budget that is spent, and of the steps at its beginning."""

from rnnplay.training.config import TrainingConfig

# Steps in which the rate rises at least, for one layer and for more (measured, `docs/speed.md`): a machine that is busy
# may spend a warm-up's share of a minute in one step, and after two or three the loss of a wide network shoots up.
LEAST_STEPS, LEAST_STEPS_OF_SEVERAL = 10, 60
LEAST_SHARE = 0.2  # of a budget that is spent, after which the steps don't count


def rate_factor(spent: float, warmup: float, flat: float) -> float:
    """Return the share of the full learning rate to train with.

    A trapezoid: up linearly over the first `warmup` of the budget, flat until `flat`, down linearly to zero at its end.
    Most of the gain comes while it falls.

    Args:
        spent: The share of the budget that is spent, from 0 to 1.
        warmup: Where the rise ends.
        flat: Where the fall begins.
    """
    spent = min(max(spent, 0.0), 1.0)
    rise = 1.0 if spent >= warmup else spent / warmup
    fall = 1.0 if spent <= flat else (1.0 - spent) / (1.0 - flat)
    return min(rise, fall)


def rise_by_steps(step: int, spent: float, layers: int) -> float:
    """Return the share of the full learning rate that a step at the beginning may have.

    Args:
        step: How many have been made before.
        spent: The share of the budget that is spent, from 0 to 1.
        layers: Of the network.
    """
    steps = LEAST_STEPS if layers == 1 else LEAST_STEPS_OF_SEVERAL
    return min(max((step + 1) / steps, spent / LEAST_SHARE), 1.0)


def is_rising(config: TrainingConfig, step: int, spent: float) -> bool:
    """Tell whether the rate isn't at its height yet."""
    return spent < config.warmup or (config.warmup > 0 and rise_by_steps(step, spent, config.model.layers) < 1)


def factor_at(config: TrainingConfig, step: int, spent: float) -> float:
    """Return the share of the full learning rate to make a step with, after so many.

    The share of the budget decides; in the first steps their number, too, unless there is no warm-up at all.
    """
    factor = rate_factor(spent, config.warmup, config.flat)
    return min(factor, rise_by_steps(step, spent, config.model.layers)) if config.warmup else factor
