import pytest

from rnnplay.bench.sampling import bytes_read
from rnnplay.bench.training import VOCABULARY
from rnnplay.model.config import Cell, ModelConfig


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("layers", [1, 3])
def test_a_stream_reads_every_matrix_but_the_first_input_product_s(cell: Cell, layers: int) -> None:
    model = ModelConfig(cell, layers=layers, hidden_size=24, embedding_size=8)
    shapes = model.tensor_shapes(len(VOCABULARY))
    read = [name for name, shape in shapes.items() if len(shape) == 2]
    read = [name for name in read if name not in {"embedding.weight", "layers.0.weight_ih_l0"}]
    numbers = sum(shapes[name][0] * shapes[name][1] for name in read)
    row = shapes["layers.0.weight_ih_l0"][0]  # of the table that stands for the first input product
    assert bytes_read(model) == 4 * (numbers + row)
