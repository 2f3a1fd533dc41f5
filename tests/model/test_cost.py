import math

from hypothesis import given, settings
from hypothesis import strategies as st

from rnnplay.model import cost
from rnnplay.model.config import ModelConfig
from rnnplay.model.network import CharacterModel


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


@settings(max_examples=50, deadline=None)
@given(configs(), st.integers(2, 20), st.integers(1, 64), st.integers(1, 64))
def test_training_holds_weights_gradients_two_moments_and_every_step_s_outputs(
    config: ModelConfig, vocabulary_size: int, batch_size: int, seq_len: int
) -> None:
    weights = 4 * cost.parameters(config, vocabulary_size)
    outputs = 4 * batch_size * seq_len * (config.layers * config.hidden_size + vocabulary_size)
    assert cost.training_bytes(config, vocabulary_size, batch_size, seq_len) >= 4 * weights + outputs
