from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnplay.errors import UserError
from rnnplay.model.config import MAX_LAYERS, MAX_SIZE, ModelConfig
from rnnplay.model.network import CharacterModel


def configs() -> st.SearchStrategy[ModelConfig]:
    sizes = {"layers": st.integers(1, 4), "hidden_size": st.integers(1, 9), "embedding_size": st.integers(1, 9)}
    recurrent = st.builds(ModelConfig, cell=st.sampled_from(["lstm", "gru", "rnn"]), **sizes)
    return recurrent | st.builds(ModelConfig, cell=st.just("ff"), context=st.integers(1, 5), **sizes)


@settings(max_examples=60, deadline=None)
@given(configs(), st.integers(1, 20))
def test_names_and_shapes_are_those_of_the_network_s_own_tensors(config: ModelConfig, vocabulary_size: int) -> None:
    model = CharacterModel(config, vocabulary_size)
    assert config.tensor_shapes(vocabulary_size) == {name: tuple(t.shape) for name, t in model.state_dict().items()}


@settings(max_examples=60, deadline=None)
@given(configs())
def test_a_layer_takes_what_the_one_below_gives(config: ModelConfig) -> None:
    first = config.embedding_size * (config.context if config.context is not None else 1)
    assert [config.input_size(layer) for layer in range(config.layers)] == [
        first,
        *[config.hidden_size] * (config.layers - 1),
    ]


@pytest.mark.parametrize(
    ("option", "wrong"),
    [
        ("--layers", {"layers": 0}),
        ("--layers", {"layers": MAX_LAYERS + 1}),
        ("--hidden", {"hidden_size": 0}),
        ("--hidden", {"hidden_size": -1}),
        ("--hidden", {"hidden_size": MAX_SIZE + 1}),
        ("--embed", {"embedding_size": 0}),
        ("--embed", {"embedding_size": MAX_SIZE + 1}),
        ("--context", {"cell": "ff"}),
        ("--context", {"cell": "ff", "context": 0}),
        ("--context", {"cell": "ff", "context": MAX_SIZE + 1}),
        ("--context", {"cell": "gru", "context": 3}),
        ("--dropout", {"dropout": -0.1}),
        ("--dropout", {"dropout": 1.0}),
        ("--dropout", {"dropout": float("nan")}),
        pytest.param(
            "--cell",
            {"cell": "transformer"},
        ),
    ],
)
def test_a_shape_that_makes_no_network_names_its_option(option: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=option):
        ModelConfig(**wrong).checked()


@pytest.mark.parametrize(
    "right",
    [
        {},
        {"layers": MAX_LAYERS, "hidden_size": MAX_SIZE, "embedding_size": MAX_SIZE},
        {"layers": 1, "hidden_size": 1, "embedding_size": 1},
        {"cell": "ff", "context": 1},
        {"cell": "ff", "context": MAX_SIZE},
        {"dropout": 0.99},
    ],
)
def test_the_ends_of_each_range_make_a_network(right: dict[str, Any]) -> None:
    config = ModelConfig(**right)
    assert config.checked() == config
