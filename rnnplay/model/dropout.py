"""Dropout (Srivastava et al. 2014): random numbers are set to zero in training, so that no unit relies on another.

One share p regulates three kinds, whose proportions were measured (`docs/speed.md`): each layer's outputs are dropped
with p, the embedding's features for a whole window with p / 3 (Gal & Ghahramani 2016), and weights from the last state
to a cell's gates for a whole window with p squared (DropConnect as Merity et al. 2017 have it). The last matters where
a short text is read a hundred times, and is next to nothing elsewhere.
"""

import math

import torch
from torch import Tensor

LEVELS = 256  # a chance is a number of these: one random byte decides over one number
WORDS = {"cpu", "cuda"}  # devices that draw whole words at random


def dropped(x: Tensor, dropout: float) -> Tensor:
    """Set numbers to zero, each by itself, and scale up the others so that the mean stays.

    Args:
        x: Any shape.
        dropout: The chance of each, from 0 up to 1; it is taken in steps of 1/256.
    """
    return x * _mask(tuple(x.shape), dropout, x) if _zeroed(dropout) else x


def with_features_dropped(x: Tensor, dropout: float) -> Tensor:
    """Set features to zero at all steps at once.

    Args:
        x: Shape [time, batch, features].
        dropout: The chance of each feature of each row, from 0 up to 1.
    """
    return x * _mask((1, *x.shape[1:]), dropout, x) if _zeroed(dropout) else x


def _zeroed(dropout: float) -> int:
    """Return how many of the levels of a byte stand for a zero."""
    return min(round(dropout * LEVELS), LEVELS - 1)


def _mask(shape: tuple[int, ...], dropout: float, like: Tensor) -> Tensor:
    """Return zeros, and factors above 1 in their place where a number stays.

    The bytes of random words decide: torch's own dropout draws a number for each, which takes many times as long.
    """
    zeroed, count = _zeroed(dropout), math.prod(shape)
    if like.device.type not in WORDS:
        kept = torch.rand(shape, device=like.device) >= zeroed / LEVELS
        return kept.to(like.dtype).mul_(LEVELS / (LEVELS - zeroed))
    words = torch.empty(-(-count // 8), dtype=torch.int64, device=like.device).random_(-(1 << 63), None)
    kept = (words.view(torch.uint8)[:count] >= zeroed).view(shape)
    return kept.to(like.dtype).mul_(LEVELS / (LEVELS - zeroed))
