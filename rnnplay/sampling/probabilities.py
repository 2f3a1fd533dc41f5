"""What temperature and filters make of a network's probabilities, in plain Python: for displays that have no numpy."""

import math
from collections.abc import Sequence
from itertools import accumulate

from rnnplay.sampling.records import SampleSettings


def sampling_probabilities(raw: Sequence[float], settings: SampleSettings) -> list[float]:
    """Return the probabilities with which characters are drawn; 0 for those that a filter cuts.

    It is the rule of `Writer` and `sample_filters`. Temperature keeps the order, so that every filter cuts a tail.

    Args:
        raw: The network's own probabilities of all characters that may be drawn, the likeliest first, equal ones in id
            order.
        settings: Temperature and filters.

    At least one character stays.
    """
    if not raw:
        return []
    if settings.temperature == 0 or raw[0] <= 0:
        return [1.0] + [0.0] * (len(raw) - 1)
    weights = [math.exp(math.log(share / raw[0]) / settings.temperature) if share > 0 else 0.0 for share in raw]
    weights = weights[: _count_kept(weights, settings)]
    total = sum(weights)
    return [weight / total for weight in weights] + [0.0] * (len(raw) - len(weights))


def _count_kept(weights: Sequence[float], settings: SampleSettings) -> int:
    """Return how many of the likeliest pass every filter."""
    kept = len(weights) if settings.top_k is None else min(settings.top_k, len(weights))
    if settings.top_p is not None:
        reached = list(accumulate(weights))
        enough = (place for place, share in enumerate(reached, 1) if share >= settings.top_p * reached[-1])
        kept = min(kept, next(enough))
    if settings.min_p is not None:
        kept = min(kept, sum(weight >= settings.min_p * weights[0] for weight in weights))
    return max(kept, 1)
