import math
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from rnnplay.model.config import Cell, ModelConfig
from rnnplay.model.network import CharacterModel, detached, run_cell, run_cell_in_bf16, with_fresh

VOCABULARY_SIZE = 7
CONFIGS = [
    ModelConfig("lstm", 1, 8, 4),
    ModelConfig("lstm", 3, 8, 4),
    ModelConfig("gru", 2, 8, 4),
    ModelConfig("rnn", 2, 8, 4),
    ModelConfig("ff", 2, 8, 4, context=1),
    ModelConfig("ff", 1, 8, 4, context=5),
]
every_cell = pytest.mark.parametrize("config", CONFIGS, ids=lambda config: f"{config.cell}{config.layers}")


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Several threads on matrices this small wait for each other, on a busy machine for seconds."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def random_network(config: ModelConfig, seed: int = 0) -> CharacterModel:
    random = np.random.default_rng(seed)
    shapes = config.tensor_shapes(VOCABULARY_SIZE)
    tensors = {name: random.normal(0, 0.4, shape).astype(np.float32) for name, shape in shapes.items()}
    return CharacterModel.of(config, tensors).eval()


def random_ids(steps: int, batch: int, seed: int = 0) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).integers(0, VOCABULARY_SIZE, (steps, batch)))


def logits_of(model: CharacterModel, ids: Tensor) -> Tensor:
    with torch.no_grad():
        logits: Tensor = model(ids, model.initial_state(ids.shape[1]))[0]
    return logits


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(CONFIGS), st.lists(st.integers(1, 6), min_size=2, max_size=4), st.integers(1, 4))
def test_a_text_read_in_parts_is_predicted_as_if_read_at_once(
    config: ModelConfig, parts: list[int], batch: int
) -> None:
    model, ids = random_network(config), random_ids(sum(parts), batch)
    state, read = model.initial_state(batch), []
    with torch.no_grad():
        for part in torch.split(ids, parts):
            logits, state = model(part, state)
            read.append(logits)
    torch.testing.assert_close(torch.cat(read), logits_of(model, ids), rtol=0, atol=1e-6)


@every_cell
@pytest.mark.parametrize(
    "fresh", [[False, False, False], [True, False, False], [False, True, True], [True, True, True]], ids=str
)
def test_exactly_the_slots_named_fresh_forget(config: ModelConfig, fresh: list[bool]) -> None:
    model, ids = random_network(config), random_ids(20, 3)
    before, after = ids[:12], ids[12:]
    with torch.no_grad():
        _, state = model(before, model.initial_state(3))
        logits, _ = model(after, with_fresh(state, fresh))
    forgetful, mindful = logits_of(model, after), logits_of(model, ids)[12:]
    expected = torch.where(torch.tensor(fresh)[:, None], forgetful, mindful)
    torch.testing.assert_close(logits, expected, rtol=0, atol=1e-6)


@every_cell
def test_a_state_is_left_as_it_was_when_a_slot_is_set_fresh(config: ModelConfig) -> None:
    model = random_network(config)
    with torch.no_grad():
        _, state = model(random_ids(9, 2), model.initial_state(2))
    kept = [[part.clone() for part in layer] for layer in state]
    with_fresh(state, [True, False])
    assert all(torch.equal(a, b) for x, y in zip(kept, state, strict=True) for a, b in zip(x, y, strict=True))


@every_cell
def test_a_row_s_logits_don_t_depend_on_its_neighbours(config: ModelConfig) -> None:
    model, ids = random_network(config), random_ids(15, 4)
    alone = torch.cat([logits_of(model, ids[:, row : row + 1]) for row in range(4)], dim=1)
    torch.testing.assert_close(logits_of(model, ids), alone, rtol=0, atol=1e-6)


@every_cell
def test_no_logit_depends_on_a_later_character(config: ModelConfig) -> None:
    model, ids = random_network(config), random_ids(12, 2)
    changed = ids.clone()
    changed[7:] = (changed[7:] + 1) % VOCABULARY_SIZE
    torch.testing.assert_close(logits_of(model, changed)[:7], logits_of(model, ids)[:7], rtol=0, atol=1e-6)


@pytest.mark.parametrize("context", [1, 2, 6])
def test_a_feed_forward_network_sees_just_its_context(context: int) -> None:
    model, ids = random_network(ModelConfig("ff", 1, 8, 4, context=context)), random_ids(12, 1)
    changed = ids.clone()
    changed[2] = (changed[2] + 1) % VOCABULARY_SIZE
    moved = (logits_of(model, changed) - logits_of(model, ids)).abs().amax(dim=(1, 2)) > 1e-4
    assert moved.tolist() == [2 <= place < 2 + context for place in range(12)]


def test_what_lies_before_the_text_is_a_zero_vector_to_a_feed_forward_network() -> None:
    model = random_network(ModelConfig("ff", 1, 8, 4, context=3))
    layer = model.layers[0]
    given_to_it = torch.cat([torch.zeros(8), model.embedding.weight[5]])
    assert isinstance(layer, torch.nn.Linear)
    by_hand = model.head(torch.tanh(layer(given_to_it)))
    torch.testing.assert_close(logits_of(model, torch.tensor([[5]]))[0, 0], by_hand, rtol=0, atol=1e-6)


@every_cell
def test_the_same_seed_draws_the_same_weights_and_another_seed_others(config: ModelConfig) -> None:
    first, same, other = (CharacterModel(config, VOCABULARY_SIZE) for _ in range(3))
    first.initialise(5)
    same.initialise(5)
    other.initialise(6)
    matrices = [name for name, tensor in first.tensors().items() if tensor.ndim == 2]
    assert all(np.array_equal(first.tensors()[name], same.tensors()[name]) for name in first.tensors())
    assert not any(np.array_equal(first.tensors()[name], other.tensors()[name]) for name in matrices)


@every_cell
def test_first_weights_are_bounded_by_the_width_and_biases_zero(config: ModelConfig) -> None:
    model = CharacterModel(config, VOCABULARY_SIZE)
    model.initialise(0)
    for name, tensor in model.tensors().items():
        if tensor.ndim == 1:
            assert not tensor.any(), name
        elif name != "embedding.weight":
            width = tensor.shape[1] if config.cell == "ff" else config.hidden_size
            assert 0.5 / math.sqrt(width) < np.abs(tensor).max() <= 1 / math.sqrt(width), name


@every_cell
def test_weights_taken_out_and_put_into_another_network_predict_the_same(config: ModelConfig) -> None:
    model, ids = random_network(config), random_ids(10, 2)
    again = CharacterModel.of(config, model.tensors()).eval()
    assert torch.equal(logits_of(again, ids), logits_of(model, ids))


def test_weights_taken_out_are_no_window_onto_the_network() -> None:
    model = random_network(CONFIGS[0])
    taken = model.tensors()
    before = {name: tensor.copy() for name, tensor in taken.items()}
    for tensor in taken.values():
        tensor += 1
    assert all(np.array_equal(before[name], tensor) for name, tensor in model.tensors().items())


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_dropout_acts_in_training_only(cell: Cell) -> None:
    model, ids = random_network(ModelConfig(cell, 2, 8, 4, dropout=0.5)), random_ids(10, 2)
    quiet = logits_of(model, ids)
    assert torch.equal(quiet, logits_of(model, ids))
    model.train()
    assert not torch.allclose(quiet, logits_of(model, ids))


@pytest.mark.parametrize("config", CONFIGS[:4], ids=lambda config: f"{config.cell}{config.layers}")
def test_no_gradient_flows_past_a_detached_state(config: ModelConfig) -> None:
    model = random_network(config)
    _, state = model(random_ids(6, 2), model.initial_state(2))
    assert all(part.requires_grad for layer in state for part in layer)
    assert not any(part.requires_grad for layer in detached(state) for part in layer)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_a_cell_in_bf16_is_bf16_within_autocast_and_its_weights_get_gradients_in_fp32(cell: Cell) -> None:
    config = ModelConfig(cell, 1, 8, 4)
    weights = list(random_network(config).layers[0].parameters())
    x = torch.randn(12, 3, 4, generator=torch.Generator().manual_seed(1))
    state = [torch.full((1, 3, 8), 0.3)] * (2 if cell == "lstm" else 1)
    with torch.autocast("cpu", torch.float16):  # the wrong type, as on a GPU
        outputs, after = run_cell_in_bf16(cell, x, state, weights, training=True)
    exact, exact_after = run_cell(cell, x, state, weights, training=True)
    assert {outputs.dtype, *(part.dtype for part in after)} == {torch.bfloat16}
    assert len(after) == len(exact_after) == len(state)
    torch.testing.assert_close(outputs.float(), exact, atol=0.02, rtol=0)
    torch.testing.assert_close(after[-1].float(), exact_after[-1], atol=0.03, rtol=0)
    gradients = [torch.autograd.grad(one.float().square().sum(), weights) for one in (outputs, exact)]
    for low, full in zip(*gradients, strict=True):
        assert low.dtype == torch.float32
        assert (low - full).norm() <= 0.03 * full.norm()
