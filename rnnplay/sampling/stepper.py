"""One character through a network, in numpy: what one stream needs, with no torch in the process.

The embedding is folded into the first layer's input product, so that reading a character is a look-up.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnplay.model.config import ModelConfig

Vector = NDArray[np.float32]
# One entry a layer: (h, c) for an LSTM, (h,) for a GRU or RNN. For `ff`: the embeddings of the last context - 1
# characters, the oldest first.
StepState = list[tuple[Vector, ...]]


class Stepper:
    """A network that reads one character at a time."""

    def __init__(self, model: ModelConfig, tensors: Mapping[str, NDArray[Any]]) -> None:
        self.model = model
        self._embedding = np.asarray(tensors["embedding.weight"], np.float32)
        self._head = np.ascontiguousarray(tensors["head.weight"], np.float32)
        self._head_bias = np.asarray(tensors["head.bias"], np.float32)
        if model.cell == "ff":
            self._weights = [tensors[f"layers.{k}.weight"] for k in range(model.layers)]
            self._biases = [tensors[f"layers.{k}.bias"] for k in range(model.layers)]
            return
        self._inputs = [tensors[f"layers.{k}.weight_ih_l0"] for k in range(model.layers)]
        self._recurrent = [np.ascontiguousarray(tensors[f"layers.{k}.weight_hh_l0"]) for k in range(model.layers)]
        self._biases = [tensors[f"layers.{k}.bias_ih_l0"] for k in range(model.layers)]
        self._recurrent_biases = [tensors[f"layers.{k}.bias_hh_l0"] for k in range(model.layers)]
        if model.cell != "gru":  # a GRU's gate stands between its two biases
            self._biases = [a + b for a, b in zip(self._biases, self._recurrent_biases, strict=True)]
        self._table = self._embedding @ self._inputs[0].T + self._biases[0]

    def start(self) -> StepState:
        """Return the state before any text."""
        if self.model.context is not None:
            return [(np.zeros((self.model.context - 1, self.model.embedding_size), np.float32),)]
        zero = np.zeros(self.model.hidden_size, np.float32)
        return [(zero, zero) if self.model.cell == "lstm" else (zero,) for _ in range(self.model.layers)]

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
            for weight, bias in zip(self._weights, self._biases, strict=True):
                x = np.tanh(weight @ x + bias)
            return self._head @ x + self._head_bias, [(seen[1:],)]
        given = self._table[character]
        after: StepState = []
        for layer, before in enumerate(state):
            if layer:
                given = self._inputs[layer] @ after[-1][0] + self._biases[layer]
            after.append(self._cell(layer, given, before))
        return self._head @ after[-1][0] + self._head_bias, after

    def _cell(self, layer: int, given: Vector, before: tuple[Vector, ...]) -> tuple[Vector, ...]:
        """Return the layer's next state; `given` is its input product with the bias, gates in torch's order."""
        n = self.model.hidden_size
        carried = self._recurrent[layer] @ before[0]
        if self.model.cell == "rnn":
            return (np.tanh(given + carried),)
        if self.model.cell == "gru":
            carried += self._recurrent_biases[layer]
            gates = _sigmoid(given[: 2 * n] + carried[: 2 * n])
            r, z = gates[:n], gates[n:]
            candidate = np.tanh(given[2 * n :] + r * carried[2 * n :])
            return (candidate + z * (before[0] - candidate),)
        carried += given
        i_f = _sigmoid(carried[: 2 * n])
        c = i_f[n:] * before[1] + i_f[:n] * np.tanh(carried[2 * n : 3 * n])
        return _sigmoid(carried[3 * n :]) * np.tanh(c), c


def _sigmoid(x: Vector) -> Vector:
    """Return 1 / (1 + exp(-x)), by tanh, which can't overflow."""
    y: Vector = np.tanh(x * np.float32(0.5))
    y *= np.float32(0.5)
    y += np.float32(0.5)
    return y
