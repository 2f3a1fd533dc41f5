"""When to look at the validation loss: evenly over the budget, within the share of time that looks may take.

A *look* estimates the validation loss, keeps the weights and writes a sample. Everything here is a share of the whole
budget, from 0 to 1. The gap to the next look is counted from the last look that there was, so that looks which were put
off, by a slow machine or a long step, never come in a bunch afterwards.
"""

FIRST = 0.01  # where the first look is, if looks are cheap; the gap doubles from there …
EVEN = 0.04  # … until it is this
SHARE = 0.025  # of the budget, that looks may take: where they are dear the gap is wider …
LEAST_LOOKS = 4  # … but not so wide that there are fewer …
SHARE_AT_MOST = 0.1  # … unless these would take more than this
ROUNDING = 1e-9


def gap(last: float | None, cost: float, *, limited: bool) -> float:
    """Return how far the next look is from the last one.

    Args:
        last: Where the last look was; None where there was none.
        cost: What one look takes.
        limited: Whether looks may never take more than `SHARE_AT_MOST`: with a budget in time they take from it.
    """
    least = max(1 / LEAST_LOOKS, cost / SHARE_AT_MOST) if limited else 1 / LEAST_LOOKS
    dear = min(cost / SHARE, least)
    return max(dear, min(max(last or 0.0, FIRST), EVEN))


def is_due(spent: float, last: float | None, cost: float, *, limited: bool) -> bool:
    """Tell whether to look now; see `gap` for the arguments.

    Where looks are dear the first one comes sooner than a gap after the beginning. None comes close to the end, where
    the last weights are measured anyway.
    """
    distance = gap(last, cost, limited=limited)
    if distance >= 1:
        return False
    wait = distance if last else max(distance / LEAST_LOOKS, FIRST)
    return spent - (last or 0.0) >= wait - ROUNDING and 1 - spent >= min(distance, EVEN) / 2
