"""What a network costs, by formula: parameters, arithmetic and memory."""

import math

from rnnplay.model.config import GATES, ModelConfig


def parameters(config: ModelConfig, vocabulary_size: int) -> int:
    """Return how many numbers training adjusts."""
    return sum(math.prod(shape) for shape in config.tensor_shapes(vocabulary_size).values())


def layer_parameters(config: ModelConfig, vocabulary_size: int) -> int:
    """Return how many of the parameters are the layers': without the embedding and the head."""
    shapes = config.tensor_shapes(vocabulary_size)
    return sum(math.prod(shape) for name, shape in shapes.items() if name.startswith("layers."))


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


def training_bytes(
    config: ModelConfig, vocabulary_size: int, batch_size: int, seq_len: int, *, bf16: bool = False
) -> int:
    """Return about how much memory training takes on top of torch itself.

    For each parameter there are 16 numbers: itself, its gradient, two moments, its mean; two more while products are
    computed; as it was at the best loss; it, its moments and its mean as they were last good, and once more as they are
    written.

    For each unit and character a layer keeps its gates, its state and its output, and with dropout the mask and what
    that leaves: with g gates g + 2 or g + 4 numbers. The layer that gradients flow through takes 2 g + 2 more. Logits
    stand there four times, always in fp32.

    Measured on a CPU for 1 to 4 layers of 256 to 2048 units and 32 to 128 rows of 64: within a quarter of what a
    process takes on top, where that is above 200 MB.
    """
    gates = GATES.get(config.cell, 0)
    kept = gates + 4 if config.dropout else gates + 2
    numbers = config.hidden_size * (config.layers * kept + 2 * gates + 2)
    width = 2 if bf16 and config.cell != "gru" else 4  # a CPU computes a GRU in fp32 all the same
    activations = batch_size * seq_len * (width * numbers + 4 * 4 * vocabulary_size)
    return 4 * 16 * parameters(config, vocabulary_size) + activations
