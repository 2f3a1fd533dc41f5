"""Which characters may be drawn at all."""

import numpy as np
from numpy.typing import NDArray


def sample_filters(
    weights: NDArray[np.float64], top_k: int | None, top_p: float | None, min_p: float | None
) -> NDArray[np.float64]:
    """Return the weights of the characters that the filters leave, the others' set to zero.

    Each filter looks at the weights before any filter; what is left has passed all. Equally likely characters are taken
    in id order.

    Args:
        weights: In proportion to the probabilities of the next characters, shape [vocabulary].
        top_k: Keep the k likeliest (Fan, Lewis & Dauphin 2018).
        top_p: Keep the smallest set of the likeliest whose probabilities reach p (nucleus sampling, Holtzman et al.
            2020).
        min_p: Keep characters at least min_p times as likely as the likeliest (Nguyen et al. 2024).

    At least one character always stays.
    """
    if top_k is None and top_p is None and min_p is None:
        return weights
    ranked = weights.copy()
    ranked.sort()
    ranked = ranked[::-1]
    kept = len(ranked) if top_k is None else min(top_k, len(ranked))
    if top_p is not None:
        reached = np.add.accumulate(ranked)
        kept = min(kept, int(reached.searchsorted(top_p * reached[-1])) + 1)
    if min_p is not None:
        kept = min(kept, int(np.count_nonzero(ranked >= min_p * ranked[0])))
    kept = max(kept, 1)
    if kept == len(ranked):
        return weights
    least = ranked[kept - 1]
    stays = weights >= least
    if ranked[kept] == least:  # of those at the edge only the first ones stay
        level = (weights == least).nonzero()[0]
        stays[level[kept - np.count_nonzero(weights > least) :]] = False
    return np.where(stays, weights, 0.0)


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probabilities that the scores stand for, shape [vocabulary]."""
    weights: NDArray[np.float64] = np.exp(logits - logits.max())
    weights /= weights.sum()
    return weights
