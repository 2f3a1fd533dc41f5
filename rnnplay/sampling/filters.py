"""Which characters may be drawn at all."""

import numpy as np
from numpy.typing import NDArray


def sample_filters(
    logits: NDArray[np.float64], top_k: int | None, top_p: float | None, min_p: float | None
) -> NDArray[np.float64]:
    """Return the probabilities of the characters that the filters leave, the others' set to zero; they sum to 1.

    Each filter looks at the probabilities before any filter; what is left has passed all. Equally likely characters
    are taken in id order.

    Args:
        logits: Scores for the next character, shape [vocabulary], already divided by the temperature. Minus infinity
            rules a character out.
        top_k: Keep the k likeliest (Fan, Lewis & Dauphin 2018).
        top_p: Keep the smallest set of the likeliest whose probabilities reach p (nucleus sampling, Holtzman et al.
            2020).
        min_p: Keep characters at least min_p times as likely as the likeliest (Nguyen et al. 2024).

    At least one character always stays.
    """
    probabilities = softmax(logits)
    if top_k is None and top_p is None and min_p is None:
        return probabilities
    order = np.argsort(-probabilities, kind="stable")
    ranked = probabilities[order]
    kept = len(ranked)
    if top_k is not None:
        kept = min(kept, top_k)
    if top_p is not None:
        kept = min(kept, int(np.searchsorted(np.cumsum(ranked), top_p)) + 1)
    if min_p is not None:
        kept = min(kept, int((ranked >= min_p * ranked[0]).sum()))
    filtered = np.zeros_like(probabilities)
    chosen = order[: max(kept, 1)]
    filtered[chosen] = probabilities[chosen]
    filtered /= filtered.sum()
    return filtered


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probabilities that the scores stand for, shape [vocabulary]."""
    weights: NDArray[np.float64] = np.exp(logits - logits.max())
    weights /= weights.sum()
    return weights
