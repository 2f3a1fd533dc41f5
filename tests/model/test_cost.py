import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.functional import cross_entropy

from rnnplay.model import checkpoint, cost
from rnnplay.model.checkpoint import CorpusCard
from rnnplay.model.config import ModelConfig
from rnnplay.model.network import CharacterModel
from rnnplay.text.vocabulary import Vocabulary
from rnnplay.training.config import TrainingConfig
from rnnplay.training.trainer import AVERAGED_EVERY, Trainer


def configs() -> st.SearchStrategy[ModelConfig]:
    sizes = {"layers": st.integers(1, 4), "hidden_size": st.integers(1, 9), "embedding_size": st.integers(1, 9)}
    recurrent = st.builds(ModelConfig, cell=st.sampled_from(["lstm", "gru", "rnn"]), **sizes)
    return recurrent | st.builds(ModelConfig, cell=st.just("ff"), context=st.integers(1, 5), **sizes)


@settings(max_examples=100, deadline=None)
@given(configs(), st.integers(1, 20))
def test_parameters_are_as_many_as_the_network_s_tensors_hold(config: ModelConfig, vocabulary_size: int) -> None:
    real = sum(parameter.numel() for parameter in CharacterModel(config, vocabulary_size).parameters())
    assert cost.parameters(config, vocabulary_size) == real


@settings(max_examples=100, deadline=None)
@given(configs(), st.integers(1, 20))
def test_multiply_adds_are_the_sizes_of_the_matrices_that_a_character_goes_through(
    config: ModelConfig, vocabulary_size: int
) -> None:
    named = CharacterModel(config, vocabulary_size).named_parameters()
    matrices = [tuple(tensor.shape) for name, tensor in named if tensor.dim() == 2 and name != "embedding.weight"]
    assert cost.multiply_adds(config, vocabulary_size) == sum(math.prod(shape) for shape in matrices)


def test_the_cost_of_one_network_agrees_with_a_count_by_hand() -> None:
    config = ModelConfig("gru", layers=2, hidden_size=10, embedding_size=4)
    # Embedding 7 x 4; 30 rows on 4 + 10 and on 10 + 10 numbers, each with two biases; head 7 x 10 with 7 biases.
    assert cost.parameters(config, 7) == 28 + 30 * 14 + 60 + 30 * 20 + 60 + 70 + 7
    assert cost.multiply_adds(config, 7) == 30 * 14 + 30 * 20 + 70


def test_the_memory_for_parameters_is_what_a_training_holds_of_them_and_saves() -> None:
    model, symbols = ModelConfig(hidden_size=256, layers=2), 30
    vocabulary = Vocabulary(tuple(map(chr, range(97, 97 + symbols))))
    ids = np.arange(500, dtype=np.uint8) % symbols
    trainer = Trainer(TrainingConfig(model, 4, 8, device="cpu", precision="fp32"), vocabulary, ids, ids, CorpusCard())
    for _ in range(AVERAGED_EVERY):
        trainer.step(0.9)
    parameters = list(trainer.model.parameters())
    moments = [tensor for one in parameters for tensor in trainer.optimizer.state[one].values()]
    held = sum(tensor.nbytes for tensor in [*parameters, *(one.grad for one in parameters if one.grad is not None)])
    held += sum(tensor.nbytes for tensor in [*moments, *trainer.average.tensors.values()])
    best, good = trainer.checkpoint(with_state=False), trainer.checkpoint(with_state=True)
    held += sum(array.nbytes for one in (best, good) for array in (*one.tensors.values(), *one.state.values()))
    held += len(checkpoint.to_bytes(good))
    assert held < cost.training_bytes(model, symbols, 4, 8) < 1.5 * held


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn", "ff"])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_the_memory_for_activations_is_about_what_torch_keeps_for_the_gradients(cell: Any, dropout: float) -> None:
    symbols, rows, steps = 20, 8, 32
    config = ModelConfig(cell, 2, 64, context=4 if cell == "ff" else None, dropout=dropout)
    network = CharacterModel(config, symbols)
    kept: dict[int, int] = {}

    def noted(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with saved_tensors_hooks(noted, lambda tensor: tensor):
        logits, _ = network(torch.zeros(steps, rows, dtype=torch.long), network.initial_state(rows))
        cross_entropy(logits.flatten(0, 1), torch.zeros(steps * rows, dtype=torch.long))
    for parameter in network.parameters():
        kept.pop(parameter.untyped_storage().data_ptr(), None)
    whole, without = (cost.training_bytes(config, symbols, batch_size, steps) for batch_size in (rows, 0))
    assert sum(kept.values()) / 2 < whole - without < 4 * sum(kept.values())


def test_memory_grows_with_rows_and_is_half_as_much_in_half_the_width() -> None:
    config = ModelConfig(hidden_size=100, embedding_size=10, layers=2)
    fixed = cost.training_bytes(config, 1, 0, 0)
    assert fixed == 64 * cost.parameters(config, 1)
    whole, half = (cost.training_bytes(config, 1, 8, 10, bf16=bf16) - fixed for bf16 in (False, True))
    logits = 4 * 4 * 80
    assert (whole - logits) == 2 * (half - logits)
    assert whole * 3 == cost.training_bytes(config, 1, 8, 30) - fixed


@settings(max_examples=50, deadline=None)
@given(configs(), st.integers(2, 20), st.integers(1, 64), st.integers(1, 64))
def test_training_holds_weights_gradients_two_moments_and_every_step_s_outputs(
    config: ModelConfig, vocabulary_size: int, batch_size: int, seq_len: int
) -> None:
    weights = 4 * cost.parameters(config, vocabulary_size)
    outputs = 4 * batch_size * seq_len * (config.layers * config.hidden_size + vocabulary_size)
    assert cost.training_bytes(config, vocabulary_size, batch_size, seq_len) >= 4 * weights + outputs
