"""Measuring a network on a text: the carried loss, and the loss in fresh windows."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own name for it

from rnnplay.model.device import to_device
from rnnplay.model.network import CharacterModel, State, with_fresh
from rnnplay.model.spin_control import SpinControl
from rnnplay.model.tf32 import tf32_cells
from rnnplay.text.vocabulary import Ids

MAX_ROWS = 32
MIN_ROW = 1024  # characters of a row at least, so that building its state costs at most half as much again
LEAD_IN = 512  # unscored characters before each row but the first, that build its state
LOGITS_AT_ONCE = 1 << 22

Array = NDArray[np.int64]


@dataclass(frozen=True)
class Score:
    """How well a network predicts a text.

    Attributes:
        loss: Mean cross-entropy in nats per character.
        chars: How many characters were scored.
    """

    loss: float
    chars: int


@contextlib.contextmanager
def measuring(model: CharacterModel) -> Iterator[None]:
    """Switch dropout, gradients and TF32 off, and afterwards dropout and TF32 back to what they were."""
    training = model.training
    model.eval()
    try:
        with torch.inference_mode(), tf32_cells(allowed=False):
            yield
    finally:
        model.train(training)


def carried_score(model: CharacterModel, ids: Ids, chars: int | None = None) -> Score:
    """Score every character but the first once, with the state carried on from the text's beginning.

    The text is cut into up to 32 rows that are read at once; each but the first is fed the 512 characters before it,
    unscored, to build its state.

    Args:
        model: The network.
        ids: The text.
        chars: Score only about so many, the beginning of each row: an estimate that has seen all parts of the text.
    """
    scored = len(ids) - 1
    wanted = scored if chars is None else min(chars, scored)
    rows = min(max(wanted // MIN_ROW, 1), MAX_ROWS)
    begins: Array = np.arange(rows + 1) * scored // rows
    lengths = np.minimum(np.diff(begins), -(-wanted // rows))
    with measuring(model), _spin_control(model) as spin:
        state = model.initial_state(rows)
        if rows > 1:
            lead_in = max(LEAD_IN, (model.config.context or 0) - 1)
            places = np.maximum(begins[:-1] - lead_in, 0) + np.arange(lead_in)[:, None]
            for steps in _pieces(model, lead_in, rows):
                with spin.measure():
                    _, state = model(_tensor(model, ids[places[steps]]), state)
            state = with_fresh(state, np.arange(rows) == 0)
        return _scored_rows(model, ids, begins[:-1], lengths, state, spin)


def reading_cost(chars: int) -> int:
    """Return how many characters `carried_score` reads to score so many, those included that build states."""
    return chars + LEAD_IN * min(max(chars // MIN_ROW, 1), MAX_ROWS)


def _scored_rows(
    model: CharacterModel, ids: Ids, begins: Array, lengths: Array, state: State, spin: SpinControl
) -> Score:
    """Read rows side by side; where one is a character shorter than the longest, its last step isn't scored."""
    total = 0.0
    for piece in _pieces(model, int(lengths.max()), len(lengths)):
        steps = np.arange(piece.start, piece.stop)[:, None]
        places = np.minimum(begins + steps, len(ids) - 2)
        targets = ids[places + 1].astype(np.int64)
        targets[steps >= lengths] = -100  # what cross_entropy leaves out
        with spin.measure():
            logits, state = model(_tensor(model, ids[places]), state)
            total += _summed(logits, _tensor(model, targets))
    return Score(total / int(lengths.sum()), int(lengths.sum()))


def window_score(model: CharacterModel, ids: Ids, length: int) -> Score:
    """Score fresh windows of `length` characters, each read from a zero state; its first character is not scored.

    Windows stand one after another without overlap; a last one that is shorter is left out, unless it is the only one.
    """
    length = min(length, len(ids))
    count = len(ids) // length
    windows = ids[: count * length].reshape(count, length).T
    at_once = max(LOGITS_AT_ONCE // (length * model.vocabulary_size), 1)
    total = 0.0
    with measuring(model), _spin_control(model) as spin:
        for start in range(0, count, at_once):
            part = windows[:, start : start + at_once]
            state = model.initial_state(part.shape[1])
            for steps in _pieces(model, length - 1, part.shape[1]):
                with spin.measure():
                    logits, state = model(_tensor(model, part[steps]), state)
                    total += _summed(logits, _tensor(model, part[1:][steps]))
    return Score(total / (count * (length - 1)), count * (length - 1))


def _spin_control(model: CharacterModel) -> SpinControl:
    return SpinControl.for_device(model.head.weight.device.type)


def _pieces(model: CharacterModel, steps: int, rows: int) -> Iterator[slice]:
    """Cut steps into pieces whose logits fit into memory."""
    each = max(LOGITS_AT_ONCE // (rows * model.vocabulary_size), 1)
    for start in range(0, steps, each):
        yield slice(start, min(start + each, steps))


def _summed(logits: Tensor, targets: Tensor) -> float:
    return F.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), reduction="sum").item()


def _tensor(model: CharacterModel, ids: NDArray[np.integer]) -> Tensor:
    return to_device(np.ascontiguousarray(ids, dtype=np.int64), model.head.weight.device)
