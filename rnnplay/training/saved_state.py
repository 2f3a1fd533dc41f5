"""Checking a trainer's saved state against the network, the settings and the text, before anything of it is copied.

A tensor of another shape or type than the network's would be read beyond its end, and a position outside the text or an
id outside the vocabulary likewise: neither torch nor numpy catches all of that.
"""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray

from rnnplay import files
from rnnplay.errors import UserError
from rnnplay.model.checkpoint import MAX_COUNT, MAX_LOSS, MAX_SECONDS, MAX_WEIGHT, Checkpoint, Tensors, largest
from rnnplay.model.state_layout import (
    BYTES,
    RANDOM_CPU,
    RANDOM_CUDA,
    RECORD,
    TensorSpec,
    carried_layout,
    optimizer_layout,
    weights_layout,
)
from rnnplay.training.learning_curve import POINTS_AT_MOST, CurvePoint
from rnnplay.training.trainer import MAX_RATE, Record, Trainer

MAX_MILESTONES = 100
LAST_FLOAT = 1 << 24  # fp32 counts no further one by one: the optimizer's count of steps ends there
_LATER_FIELDS = {"averaged", "curve"}  # of the record, that runs of older versions lack


def refuse_unfit(path: Path, saved: Checkpoint, trainer: Trainer) -> None:
    """Refuse a state from which a trainer can't continue exactly.

    Args:
        path: The checkpoint's file, for the sentence.
        saved: The checkpoint with its state.
        trainer: Of the same network, at the beginning of the same text.

    Raises:
        UserError: It is one.
    """
    try:
        record = _record(saved.state[RECORD])
        _check_record(record, saved, trainer)
        _check_layout(saved, trainer, record)
        for name, value in saved.state.items():
            _check_values(name, value, trainer, record)
        _check_random(saved.state, trainer)
    except _UnfitError as error:
        raise UserError(f"'{path}' can't be resumed from: {error}.") from error


class _UnfitError(Exception):
    """What is wrong with a state."""


def _record(content: NDArray[np.uint8]) -> Record:
    try:
        text = content.tobytes()
        record = msgspec.json.decode(text, type=Record)
        given = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except files.NO_JSON as error:
        raise _UnfitError("its record makes no sense") from error
    missing = sorted(set(Record.__struct_fields__) - set(given) - _LATER_FIELDS)
    if missing:
        raise _UnfitError(f"its record lacks '{missing[0]}'")
    return record


def _check_record(record: Record, saved: Checkpoint, trainer: Trainer) -> None:
    """Refuse numbers out of their range, and a place in the text that isn't where so many steps lead."""
    streams, steps = trainer.streams, record.step
    ranges: dict[str, tuple[float | None, float]] = {
        "step": (record.step, MAX_COUNT),
        "chars": (record.chars, MAX_COUNT),
        "seconds": (record.seconds, MAX_SECONDS),
        "epoch": (record.epoch, MAX_COUNT),
        "window": (record.window, streams.windows_per_epoch - 1),
        "averaged": (record.averaged, steps),
        "rate_multiplier": (record.rate_multiplier, 1.01 * MAX_RATE / trainer.config.learning_rate),
        "rollbacks": (record.rollbacks, MAX_COUNT),
        "best_loss": (record.best_loss, MAX_LOSS),
        "best_step": (record.best_step, steps),
        "since_best": (record.since_best, MAX_COUNT),
        "evaluations": (record.evaluations, MAX_COUNT),
        "train_loss": (record.train_loss, MAX_LOSS),
    }
    for name, (value, most) in ranges.items():
        if value is not None and not 0 <= value <= most:
            raise _UnfitError(f"its record's '{name}' should be from 0 to {most:.6g}")
    if len(record.milestones) > MAX_MILESTONES:
        raise _UnfitError("its record has too many milestones")
    if len(record.curve) > POINTS_AT_MOST or not all(map(_is_possible, record.curve)):
        raise _UnfitError("its record's 'curve' is none of losses")
    if steps != record.epoch * streams.windows_per_epoch + record.window:
        raise _UnfitError(f"its record's place in the text isn't where {steps:,} steps lead")
    row = record.epoch * streams.row_length + record.window * streams.row_length // streams.windows_per_epoch
    if record.chars != row * streams.batch_size:
        raise _UnfitError(f"its record's 'chars' aren't what {steps:,} steps read")
    if (steps, record.chars) != (saved.training.step, saved.training.chars):
        raise _UnfitError("its record is of another step than its weights")


def _is_possible(point: CurvePoint) -> bool:
    losses = [loss for loss in (point.train, point.validation) if loss is not None]
    times = 0 <= point.step <= MAX_COUNT and 0 <= point.seconds <= MAX_SECONDS
    return times and all(0 <= loss <= MAX_LOSS for loss in losses)


def _check_layout(saved: Checkpoint, trainer: Trainer, record: Record) -> None:
    """Refuse a state in which a tensor is missing, or of another type or shape, or of no use."""
    model, size = saved.model, len(saved.vocabulary)
    layout = carried_layout(model, trainer.config.batch_size)
    if record.step:
        layout |= optimizer_layout(model, size)
    if record.averaged:
        layout |= weights_layout(model, size)
    for name in (*layout, RANDOM_CPU):
        if name not in saved.state:
            raise _UnfitError(f"its state lacks '{name}'")
    for name, value in saved.state.items():
        wanted = TensorSpec("uint8", (value.size,)) if name in BYTES else layout.get(name)
        if wanted is None:
            raise _UnfitError(f"'{name[:80]}' doesn't belong in its state")
        if (value.dtype.name, value.shape) != wanted:
            raise _UnfitError(f"'{name}' in its state is not {wanted.dtype} of shape {list(wanted.shape)}")


def _check_values(name: str, value: NDArray[Any], trainer: Trainer, record: Record) -> None:
    """Refuse numbers that can't be computed with; the tensor has its right type and shape."""
    if name in BYTES:
        return
    if value.dtype == np.int64:
        unfit = value.size > 0 and not -1 <= int(value.min()) <= int(value.max()) < len(trainer.vocabulary)
    elif name.endswith(".step"):
        unfit = float(value) != min(record.step, LAST_FLOAT)
    else:
        unfit = not largest(value) <= MAX_WEIGHT or (name.endswith(".exp_avg_sq") and float(value.min()) < 0)
    if unfit:
        raise _UnfitError(f"'{name}' in its state holds numbers that no training makes")


def _check_random(state: Tensors, trainer: Trainer) -> None:
    """Refuse what is no state of torch's random generators."""
    for name, device in ((RANDOM_CPU, "cpu"), (RANDOM_CUDA, "cuda")):
        if name in state and device in {"cpu", trainer.device.type}:
            try:
                torch.Generator(device).set_state(torch.from_numpy(np.array(state[name])))
            except (RuntimeError, TypeError, ValueError) as error:
                raise _UnfitError(f"'{name}' in its state is no state of a random generator") from error
