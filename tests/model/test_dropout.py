"""Dropout: which numbers are set to zero, and that the mean stays."""

import copy

import pytest
import torch

from rnnplay.model.config import Cell, ModelConfig
from rnnplay.model.dropout import dropped, with_features_dropped
from rnnplay.model.network import CharacterModel


@pytest.mark.parametrize("dropout", [0.1, 0.3, 0.75])
def test_a_share_is_zeroed_and_the_mean_stays(dropout: float) -> None:
    torch.manual_seed(0)
    x = dropped(torch.ones(100, 100, 100), dropout)
    zeroed = float((x == 0).float().mean())
    assert zeroed == pytest.approx(dropout, abs=1 / 512 + 0.002)
    assert float(x.mean()) == pytest.approx(1.0, abs=0.01)
    assert bool(((x == 0) | (x == x.max())).all())


def test_each_number_is_zeroed_by_itself() -> None:
    torch.manual_seed(0)
    zeroed = (dropped(torch.ones(1000, 64), 0.5) == 0).float()
    together = torch.corrcoef(zeroed.T) - torch.eye(64)
    assert float(together.abs().max()) < 0.2


def test_features_are_zeroed_at_all_steps_but_not_in_all_rows() -> None:
    torch.manual_seed(0)
    zeroed = with_features_dropped(torch.ones(7, 40, 50), 0.3) == 0
    assert bool((zeroed == zeroed[:1]).all())
    assert float(zeroed[0].float().mean()) == pytest.approx(0.3, abs=0.05)
    assert not bool((zeroed[:, :1] == zeroed).all())


def test_no_dropout_leaves_everything_and_draws_nothing() -> None:
    before = torch.get_rng_state()
    x = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(0))
    assert dropped(x, 0.0) is x
    assert with_features_dropped(x, 0.0) is x
    assert torch.equal(torch.get_rng_state(), before)


def test_the_largest_share_leaves_numbers() -> None:
    torch.manual_seed(0)
    x = dropped(torch.ones(100_000), 0.999999)
    assert bool(x.isfinite().all())
    assert 0 < int((x != 0).sum()) < 1000


def test_a_share_below_half_a_level_drops_nothing() -> None:
    x = torch.ones(100_000)
    assert dropped(x, 1 / 600) is x
    assert with_features_dropped(x.view(10, 100, 100), 1 / 600).all()


def test_gradients_flow_through_what_stays() -> None:
    torch.manual_seed(0)
    x = torch.ones(1000, requires_grad=True)
    y = dropped(x, 0.4)
    torch.autograd.backward(y.sum())
    assert x.grad is not None
    assert torch.equal(x.grad, y.detach())


def test_the_seed_decides() -> None:
    drawn = []
    for _ in range(2):
        torch.manual_seed(3)
        drawn.append(dropped(torch.ones(500), 0.5))
    assert torch.equal(*drawn)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_a_network_drops_outputs_embedding_and_recurrent_weights(cell: Cell) -> None:
    p = 0.5
    config = ModelConfig(cell, layers=2, hidden_size=6, embedding_size=4, dropout=p)
    network = CharacterModel(config, 5)
    network.initialise(1)
    ids = torch.randint(5, (9, 3), generator=torch.Generator().manual_seed(0))
    torch.manual_seed(7)
    logits, _ = network.train()(ids, network.initial_state(3))

    torch.manual_seed(7)
    x = with_features_dropped(network.embedding(ids), p / 3)
    for layer in network.layers:
        plain = copy.deepcopy(layer)
        recurrent = plain.get_parameter("weight_hh_l0")
        with torch.no_grad():
            recurrent.copy_(dropped(recurrent, p * p))
        x = dropped(plain(x)[0], p)
    torch.testing.assert_close(logits, network.head(x))


def test_recurrent_weights_that_are_dropped_learn_nothing() -> None:
    network = CharacterModel(ModelConfig("lstm", 1, 16, 4, dropout=0.7), 5)
    network.initialise(1)
    logits, _ = network.train()(torch.zeros(5, 2, dtype=torch.long), network.initial_state(2))
    torch.autograd.backward(logits.square().sum())
    gradient = network.layers[0].get_parameter("weight_hh_l0").grad
    assert isinstance(gradient, torch.Tensor)
    assert float((gradient == 0).float().mean()) == pytest.approx(0.49, abs=0.06)
