"""The shape of a character model, and the names and sizes of its tensors."""

from typing import Literal

import msgspec

from rnnplay.errors import UserError, brief

Cell = Literal["lstm", "gru", "rnn", "ff"]
CELLS: tuple[Cell, ...] = ("lstm", "gru", "rnn", "ff")

# Blocks of rows in a recurrent cell's weights: torch's order is i, f, g, o for an LSTM and r, z, n for a GRU.
GATES = {"lstm": 4, "gru": 3, "rnn": 1}

MAX_LAYERS = 64
MAX_SIZE = 1 << 16


class ModelConfig(msgspec.Struct, frozen=True):
    """The shape of a network: embedding, layers of one kind of cell, linear head.

    Attributes:
        context: How many characters a feed-forward network (`ff`) sees; None for the recurrent cells.
        dropout: The share of each layer's outputs that training sets to zero, before the next layer and the head; it
            goes with smaller shares of the embedding and of the recurrent weights, see `rnnplay.model.dropout`.
    """

    cell: Cell = "lstm"
    layers: int = 1
    hidden_size: int = 512
    embedding_size: int = 32
    context: int | None = None
    dropout: float = 0.0

    def checked(self) -> "ModelConfig":
        """Return the configuration.

        Raises:
            UserError: It makes no network.
        """
        if self.cell not in CELLS:
            raise UserError(f"--cell must be {', '.join(CELLS)}, not '{brief(self.cell)}'.")
        for name, value in (("layers", self.layers), ("hidden", self.hidden_size), ("embed", self.embedding_size)):
            top = MAX_LAYERS if name == "layers" else MAX_SIZE
            if not 1 <= value <= top:
                raise UserError(f"--{name} must be from 1 to {top}, not {brief(value)}.")
        if (self.context is not None) != (self.cell == "ff"):
            raise UserError("--context belongs to the cell 'ff', and only there.")
        if self.context is not None and not 1 <= self.context <= MAX_SIZE:
            raise UserError(f"--context must be from 1 to {MAX_SIZE}, not {brief(self.context)}.")
        if not 0 <= self.dropout < 1:
            raise UserError(f"--dropout must be at least 0 and below 1, not {brief(self.dropout)}.")
        return self

    def __str__(self) -> str:
        return f"{self.cell} {self.layers}x{self.hidden_size}"

    def input_size(self, layer: int) -> int:
        """Return how many numbers a layer is given for each character."""
        return self.hidden_size if layer else self.embedding_size * (self.context or 1)

    def tensor_shapes(self, vocabulary_size: int) -> dict[str, tuple[int, ...]]:
        """Return the name and shape of every tensor of the network."""
        shapes: dict[str, tuple[int, ...]] = {"embedding.weight": (vocabulary_size, self.embedding_size)}
        for layer in range(self.layers):
            if self.cell == "ff":
                shapes[f"layers.{layer}.weight"] = (self.hidden_size, self.input_size(layer))
                shapes[f"layers.{layer}.bias"] = (self.hidden_size,)
                continue
            rows = GATES[self.cell] * self.hidden_size
            shapes[f"layers.{layer}.weight_ih_l0"] = (rows, self.input_size(layer))
            shapes[f"layers.{layer}.weight_hh_l0"] = (rows, self.hidden_size)
            shapes[f"layers.{layer}.bias_ih_l0"] = (rows,)
            shapes[f"layers.{layer}.bias_hh_l0"] = (rows,)
        shapes["head.weight"] = (vocabulary_size, self.hidden_size)
        shapes["head.bias"] = (vocabulary_size,)
        return shapes
