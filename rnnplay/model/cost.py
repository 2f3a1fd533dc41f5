"""What a network costs, by formula: parameters, arithmetic and memory."""

import math

from rnnplay.model.config import GATES, ModelConfig


def parameters(config: ModelConfig, vocabulary_size: int) -> int:
    """Return how many numbers training adjusts."""
    return sum(math.prod(shape) for shape in config.tensor_shapes(vocabulary_size).values())


def multiply_adds(config: ModelConfig, vocabulary_size: int) -> int:
    """Return the multiply-adds of the matrix products that read one character and predict the next.

    A layer of n units on m inputs takes g n (m + n), with g the cell's gates: 4 for an LSTM, 3 for a GRU, 1 for an RNN;
    a feed-forward layer n m. The head takes V n. The embedding is a look-up and takes none.
    """
    n = config.hidden_size
    total = vocabulary_size * n
    for layer in range(config.layers):
        m = config.input_size(layer)
        total += n * m if config.cell == "ff" else GATES[config.cell] * n * (m + n)
    return total


def training_bytes(config: ModelConfig, vocabulary_size: int, batch_size: int, seq_len: int) -> int:
    """Return about how much memory training takes in fp32: weights, gradients, two moments, and activations."""
    kept = 1 + 2 * GATES.get(config.cell, 0)  # for each unit and step: its output, its gates and their gradients
    activations = batch_size * seq_len * (config.layers * config.hidden_size * (kept + 1) + 2 * vocabulary_size)
    return 4 * (4 * parameters(config, vocabulary_size) + activations)
