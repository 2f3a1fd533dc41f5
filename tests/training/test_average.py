"""The mean of the weights that a training keeps, against a sum in float64."""

import numpy as np
import pytest

from rnnplay.model.checkpoint import Tensors
from rnnplay.training.trainer import AVERAGED_EVERY, Trainer
from tests.training.tiny import settings, trainer

STEPS = 40


def stepped(one: Trainer, averaged_from: float) -> list[Tensors]:
    """Train, and return the weights at the steps that are to be averaged."""
    taken: list[Tensors] = []
    for step in range(STEPS):
        one.step(step / STEPS)
        if step / STEPS >= averaged_from and one.record.step % AVERAGED_EVERY == 0:
            taken.append(one.model.tensors())
    return taken


def kept(one: Trainer) -> Tensors:
    return one.checkpoint(with_state=False).tensors


@pytest.mark.parametrize("averaged_from", [0.0, 0.5, 0.8])
def test_what_is_kept_is_the_mean_with_later_weights_counted_more(averaged_from: float) -> None:
    one = trainer(settings(STEPS, averaged_from=averaged_from))
    taken = stepped(one, averaged_from)
    assert len(taken) >= 2
    for name, mean in kept(one).items():
        summed = sum(k * weights[name].astype(np.float64) for k, weights in enumerate(taken, 1))
        np.testing.assert_allclose(mean, summed / sum(range(1, len(taken) + 1)), rtol=0, atol=1e-6, err_msg=name)


def test_what_is_gone_on_from_are_the_weights_of_the_last_step() -> None:
    one = trainer(settings(STEPS))
    stepped(one, 0.5)
    now, whole = one.model.tensors(), one.checkpoint(with_state=True)
    assert all(np.array_equal(whole.tensors[name], mean) for name, mean in kept(one).items())
    assert any(not np.array_equal(whole.tensors[name], now[name]) for name in now)
    other = trainer(settings(STEPS))
    other.load(whole.tensors, whole.state)
    assert all(np.array_equal(other.model.tensors()[name], now[name]) for name in now)
    assert all(np.array_equal(kept(other)[name], mean) for name, mean in kept(one).items())


def test_the_loss_is_that_of_the_weights_that_are_kept_and_the_training_s_own_stay() -> None:
    one, other = trainer(settings(STEPS)), trainer(settings(STEPS))
    stepped(one, 0.5)
    now = one.model.tensors()
    loss = one.estimate().loss
    other.model.load_tensors(kept(one))
    assert loss == other.estimate().loss
    other.model.load_tensors(now)
    assert loss != other.estimate().loss
    assert all(np.array_equal(one.model.tensors()[name], now[name]) for name in now)


@pytest.mark.parametrize("averaged_from", [0.9, 1.0])
def test_before_that_part_of_the_budget_there_is_no_mean(averaged_from: float) -> None:
    one = trainer(settings(STEPS, averaged_from=averaged_from))
    for step in range(STEPS):
        one.step(min(step / STEPS, 0.89) if averaged_from < 1 else step / STEPS)
    now = one.model.tensors()
    assert all(np.array_equal(kept(one)[name], now[name]) for name in now)


def test_a_longer_budget_begins_it_anew() -> None:
    one = trainer(settings(STEPS))
    stepped(one, 0.5)
    one.step(0.3)
    now = one.model.tensors()
    assert all(np.array_equal(kept(one)[name], now[name]) for name in now)
