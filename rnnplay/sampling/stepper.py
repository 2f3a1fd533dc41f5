"""One character through a network, in numpy: what one stream needs, with no torch in the process.

What the weights allow is done once: the embedding is folded into the first layer's input product, so that reading a
character is a look-up; the rows of gates that go through a sigmoid are halved, so that one tanh serves all gates of a
layer: sigma(x) = (1 + tanh(x / 2)) / 2; and what a layer gives is multiplied by one matrix for all who want it: its own
gates at the next character, and the layer above or the head. What is left is those products of matrices by a vector,
which read each weight once a character: the speed of the cache that holds them is the bound.
"""

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnplay.model.config import ModelConfig

Vector = NDArray[np.float32]
# One entry a layer, which ends with the product of its h by its recurrent weights, gates as `Stepper` has them: (h, c,
# product) for an LSTM, (h, product) for a GRU or RNN. For `ff`: the embeddings of the last context - 1 characters, the
# oldest first.
StepState = list[tuple[Vector, ...]]

# Weights that a product takes at once. The BLAS that comes with numpy (OpenBLAS) shares out what has more than 460,800
# to all cores, whose threads wait for each other at every character. That saves a third of the time of a 1x512 network
# at best; beside a network that trains, a character takes some 30 ms instead of 0.2.
_ALONE = 7 << 16
_HALF = np.array(0.5, np.float32)  # numpy takes an array sooner than a number
# The gates in the order in which they are computed, as places in torch's order: those through a sigmoid first; and how
# many those are.
_GATES = {"lstm": ((0, 1, 3, 2), 3), "gru": ((0, 1, 2), 2), "rnn": ((0,), 0)}


class Stepper:
    """A network that reads one character at a time.

    Attributes:
        bound: What no logit exceeds, up or down: outputs of a layer lie between -1 and 1.
    """

    def __init__(self, model: ModelConfig, tensors: Mapping[str, NDArray[Any]]) -> None:
        self.model = model
        self._embedding = np.asarray(tensors["embedding.weight"], np.float32)
        head = np.asarray(tensors["head.weight"], np.float32)
        self._head_bias = np.asarray(tensors["head.bias"], np.float32)
        self.bound = float((np.abs(head).sum(axis=1, dtype=np.float64) + np.abs(self._head_bias)).max())
        layers = range(model.layers)
        if model.cell == "ff":
            self._weights = [Product(tensors[f"layers.{k}.weight"]) for k in layers] + [Product(head)]
            self._biases = [tensors[f"layers.{k}.bias"] for k in layers]
            return
        inputs = [self._gates(tensors[f"layers.{k}.weight_ih_l0"]) for k in layers]
        recurrent = [self._gates(tensors[f"layers.{k}.weight_hh_l0"]) for k in layers]
        self._weights = [Product(np.concatenate(pair)) for pair in zip(recurrent, [*inputs[1:], head], strict=True)]
        self._biases = [self._gates(tensors[f"layers.{k}.bias_ih_l0"]) for k in layers]
        self._recurrent_biases = [self._gates(tensors[f"layers.{k}.bias_hh_l0"]) for k in layers]
        if model.cell != "gru":  # a GRU's gate stands between its two biases
            self._biases = [a + b for a, b in zip(self._biases, self._recurrent_biases, strict=True)]
        # Row by row: numpy's BLAS would use all cores for a product of all, whose threads then spin for a while.
        self._table = [inputs[0] @ row + self._biases[0] for row in self._embedding]
        self._cell = {"lstm": self._lstm, "gru": self._gru, "rnn": self._rnn}[model.cell]
        # Slices of gates, made once.
        n, (order, sigmoids) = model.hidden_size, _GATES[model.cell]
        self._all_gates, self._sigmoids = slice(n * len(order)), slice(n * sigmoids)
        self._above = slice(n * len(order), None)
        self._gate = [slice(k * n, (k + 1) * n) for k in range(len(order))]

    def _gates(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        """Return a layer's weights or biases, gates in the order of `_GATES`, those through a sigmoid halved."""
        order, sigmoids = _GATES[self.model.cell]
        gates = np.asarray(rows, np.float32).reshape(len(order), self.model.hidden_size, -1)[list(order)]
        gates[:sigmoids] *= _HALF
        return gates.reshape(rows.shape)

    def start(self) -> StepState:
        """Return the state before any text."""
        if self.model.context is not None:
            return [(np.zeros((self.model.context - 1, self.model.embedding_size), np.float32),)]
        zero = np.zeros(self.model.hidden_size, np.float32)
        product = np.zeros(self._all_gates.stop, np.float32)
        return [(zero, zero, product) if self.model.cell == "lstm" else (zero, product)] * self.model.layers

    def unprompted(self) -> Vector:
        """Return logits for the first character of all, from a network that has read nothing: the head's bias."""
        return self._head_bias

    def step(self, character: int, state: StepState) -> tuple[Vector, StepState]:
        """Read a character.

        Args:
            character: Its id.
            state: From `start` or an earlier call; left as it is.

        Returns:
            Logits for the next character, shape [vocabulary], and the new state.
        """
        if self.model.context is not None:
            seen = np.concatenate([state[0][0], self._embedding[character : character + 1]])
            x = seen.reshape(-1)
            for weight, bias in zip(self._weights, self._biases, strict=False):
                x = np.tanh(weight(x) + bias)
            return self._weights[-1](x) + self._head_bias, [(seen[1:],)]
        given = self._table[character]
        after: StepState = []
        for layer, before in enumerate(state):
            if layer:
                given = given + self._biases[layer]
            now = self._cell(layer, given, before)
            product = self._weights[layer](now[0])
            after.append((*now, product[self._all_gates]))
            given = product[self._above]
        return given + self._head_bias, after

    # The cells: the layer's next h, and c; `given` is its input product with the bias. Neither it nor the state before
    # is written to.

    def _lstm(self, _layer: int, given: Vector, before: tuple[Vector, ...]) -> tuple[Vector, ...]:
        gates = before[2] + given
        np.tanh(gates, gates)
        _sigmoid_of_half(gates[self._sigmoids])
        at_i, at_f, at_o, at_g = self._gate
        c = gates[at_f]
        c *= before[1]
        i = gates[at_i]
        i *= gates[at_g]
        c += i
        o = gates[at_o]
        o *= np.tanh(c)
        return o, c

    def _gru(self, layer: int, given: Vector, before: tuple[Vector, ...]) -> tuple[Vector, ...]:
        h, product = before
        carried = product + self._recurrent_biases[layer]
        gates = given + carried
        r_z = np.tanh(gates[self._sigmoids])
        _sigmoid_of_half(r_z)
        at_r, at_z, at_n = self._gate
        candidate = np.tanh(given[at_n] + r_z[at_r] * carried[at_n])
        return (candidate + r_z[at_z] * (h - candidate),)

    def _rnn(self, _layer: int, given: Vector, before: tuple[Vector, ...]) -> tuple[Vector, ...]:
        gates = before[1] + given
        return (np.tanh(gates, gates),)


class Product:
    """The product of a weight, shape [out, in], by a vector."""

    def __init__(self, weight: NDArray[Any]) -> None:
        # In memory a block is [in, out]: so its product takes a fifth less time than by rows.
        columns = np.asarray(weight, np.float32).T
        blocks = np.array_split(columns, -(-weight.size // _ALONE), axis=1)
        ends = [0, *itertools.accumulate(block.shape[1] for block in blocks)]
        self._out = ends[-1]
        self._blocks = [
            (np.ascontiguousarray(block), slice(*place))
            for block, place in zip(blocks, itertools.pairwise(ends), strict=True)
        ]

    def __call__(self, x: Vector) -> Vector:
        """Return the product, shape [out]: an array of its own."""
        whole = np.empty(self._out, np.float32)
        for block, place in self._blocks:
            x.dot(block, whole[place])
        return whole


def _sigmoid_of_half(tanh: Vector) -> None:
    """Make a sigma of x of each tanh of x / 2, in place."""
    tanh *= _HALF
    tanh += _HALF
