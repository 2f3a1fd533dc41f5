"""The learning rate as a function of the share of the budget that is spent."""


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
