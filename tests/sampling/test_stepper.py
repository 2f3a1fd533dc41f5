from collections.abc import Iterator
from typing import cast

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rnnplay.model.checkpoint import Tensors
from rnnplay.model.config import ModelConfig
from rnnplay.model.network import CharacterModel
from rnnplay.sampling.stepper import Stepper

VOCABULARY_SIZE = 11
CONFIGS = [
    *(ModelConfig(cell, layers, 16, 6) for cell in ("lstm", "gru", "rnn") for layers in (1, 2, 3)),
    *(ModelConfig("ff", layers, 16, 6, context=context) for layers in (1, 2, 3) for context in (1, 2, 7)),
]
every_network = pytest.mark.parametrize("config", CONFIGS, ids=lambda c: f"{c.cell}-{c.layers}-{c.context or ''}")


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Several threads on matrices this small wait for each other, on a busy machine for seconds."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def random_tensors(config: ModelConfig, seed: int) -> Tensors:
    random = np.random.default_rng(seed)
    shapes = config.tensor_shapes(VOCABULARY_SIZE)
    return {name: random.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()}


def torch_logits(config: ModelConfig, tensors: Tensors, ids: NDArray[np.int64]) -> NDArray[np.float32]:
    model = CharacterModel.of(config, tensors).eval()
    with torch.no_grad():
        logits, _ = model(torch.from_numpy(ids)[:, None], model.initial_state(1))
    return cast("NDArray[np.float32]", logits[:, 0].numpy())


@every_network
@pytest.mark.parametrize("seed", [0, 1])
def test_one_character_at_a_time_gives_torch_s_logits(config: ModelConfig, seed: int) -> None:
    tensors = random_tensors(config, seed)
    ids = np.random.default_rng(seed).integers(0, VOCABULARY_SIZE, 400)
    stepper = Stepper(config, tensors)
    state, read = stepper.start(), []
    for character in ids.tolist():
        logits, state = stepper.step(character, state)
        read.append(logits)
    np.testing.assert_allclose(np.stack(read), torch_logits(config, tensors, ids), rtol=0, atol=1e-5)


@every_network
@pytest.mark.parametrize("scale", [0.01, 1.0, 1e4])
def test_no_logit_exceeds_the_bound(config: ModelConfig, scale: float) -> None:
    tensors = {name: tensor * np.float32(scale) for name, tensor in random_tensors(config, 2).items()}
    stepper = Stepper(config, tensors)
    state, highest = stepper.start(), 0.0
    for character in np.random.default_rng(2).integers(0, VOCABULARY_SIZE, 100).tolist():
        logits, state = stepper.step(character, state)
        highest = max(highest, float(np.abs(logits).max()))
    assert 0 < highest <= stepper.bound * (1 + 1e-6)


@every_network
def test_a_step_leaves_the_state_that_it_was_given(config: ModelConfig) -> None:
    stepper = Stepper(config, random_tensors(config, 0))
    _, state = stepper.step(3, stepper.start())
    first, _ = stepper.step(4, state)
    stepper.step(5, state)
    again, _ = stepper.step(4, state)
    np.testing.assert_array_equal(first, again)


@every_network
def test_a_new_start_has_forgotten_everything(config: ModelConfig) -> None:
    stepper = Stepper(config, random_tensors(config, 0))
    first, state = stepper.step(3, stepper.start())
    for character in (1, 2, 3):
        _, state = stepper.step(character, state)
    again, _ = stepper.step(3, stepper.start())
    np.testing.assert_array_equal(first, again)


@every_network
def test_stepping_leaves_the_weights_alone(config: ModelConfig) -> None:
    tensors = random_tensors(config, 0)
    before = {name: tensor.copy() for name, tensor in tensors.items()}
    stepper = Stepper(config, tensors)
    state = stepper.start()
    for character in (1, 2, 3):
        _, state = stepper.step(character, state)
    assert all(np.array_equal(before[name], tensors[name]) for name in tensors)


@pytest.mark.filterwarnings("error")
@every_network
def test_weights_of_any_size_overflow_nowhere(config: ModelConfig) -> None:
    tensors = {name: tensor * 1e6 for name, tensor in random_tensors(config, 0).items()}
    stepper = Stepper(config, tensors)
    state = stepper.start()
    for character in (1, 2, 3):
        logits, state = stepper.step(character, state)
        assert np.isfinite(logits).all()


@every_network
def test_a_network_that_has_read_nothing_offers_the_head_s_bias(config: ModelConfig) -> None:
    tensors = random_tensors(config, 0)
    np.testing.assert_array_equal(Stepper(config, tensors).unprompted(), tensors["head.bias"])
