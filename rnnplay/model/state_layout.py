"""Which tensors a trainer's state consists of, so that a file can be checked before it is read.

`docs/formats.md` says what they hold.
"""

import math
from typing import NamedTuple

from rnnplay.model.config import ModelConfig

MAX_ROWS = 1 << 20  # of a batch
MAX_BYTES = 1 << 16  # of the record, and of a random generator's state

# One-dimensional tensors of bytes whose length the network doesn't decide.
RECORD, RANDOM_CPU, RANDOM_CUDA = "record", "random.cpu", "random.cuda"
BYTES = (RECORD, RANDOM_CPU, RANDOM_CUDA)

_STATE_PARTS = {"lstm": 2, "gru": 1, "rnn": 1}  # h, and for an LSTM c


class TensorSpec(NamedTuple):
    """What a tensor must be.

    Attributes:
        dtype: As numpy names it.
    """

    dtype: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return math.prod(self.shape) * (8 if self.dtype == "int64" else 4)


def optimizer_layout(model: ModelConfig, vocabulary_size: int) -> dict[str, TensorSpec]:
    """Return AdamW's tensors by name; there are none before the first step."""
    layout = {}
    for name, shape in model.tensor_shapes(vocabulary_size).items():
        layout[f"optimizer.{name}.step"] = TensorSpec("float32", ())
        layout[f"optimizer.{name}.exp_avg"] = TensorSpec("float32", shape)
        layout[f"optimizer.{name}.exp_avg_sq"] = TensorSpec("float32", shape)
    return layout


def weights_layout(model: ModelConfig, vocabulary_size: int) -> dict[str, TensorSpec]:
    """Return the last step's weights by name; there are none where the network's own are not a mean."""
    shapes = model.tensor_shapes(vocabulary_size)
    return {f"weights.{name}": TensorSpec("float32", shape) for name, shape in shapes.items()}


def carried_layout(model: ModelConfig, rows: int) -> dict[str, TensorSpec]:
    """Return the carried state's tensors by name, for so many rows of a batch."""
    if model.context is not None:
        return {"carried.0.0": TensorSpec("int64", (model.context - 1, rows))}
    one = TensorSpec("float32", (1, rows, model.hidden_size))
    return {f"carried.{k}.{part}": one for k in range(model.layers) for part in range(_STATE_PARTS[model.cell])}


def largest_state(model: ModelConfig, vocabulary_size: int, rows: int = MAX_ROWS) -> int:
    """Return how many bytes the state of a network has at most, with so many rows of a batch."""
    layout = (
        optimizer_layout(model, vocabulary_size) | weights_layout(model, vocabulary_size) | carried_layout(model, rows)
    )
    return sum(spec.size for spec in layout.values()) + len(BYTES) * MAX_BYTES
