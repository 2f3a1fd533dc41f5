"""One step of a training against formulas, and a state that is put away and taken up again."""

import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as property_settings
from hypothesis import strategies as st
from torch import Tensor

from rnnplay.model import checkpoint as checkpoints
from rnnplay.model.config import CELLS
from rnnplay.text.streams import Streams
from rnnplay.training import trial
from rnnplay.training.config import TrainingConfig
from rnnplay.training.trainer import Trainer
from tests.training.tiny import assert_same_training, poison, settings, trainer

SPENT = 0.1  # of the budget: where the rate is at its full height

Weights = dict[str, Tensor]


def put_away(one: Trainer, folder: Path) -> Path:
    path = folder / "one.safetensors"
    checkpoints.save(path, one.checkpoint(with_state=True))
    return path


def taken_up(path: Path, config: TrainingConfig) -> Trainer:
    read = checkpoints.load(path, with_state=True)
    torch.manual_seed(99)
    one = trainer(config)
    one.load(read.tensors, read.state)
    return one


def stepped(one: Trainer, count: int, of: int = 60) -> Trainer:
    for _ in range(count):
        one.step(one.record.step / of)
    return one


def plain_loss(weights: Weights, inputs: Tensor, targets: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean cross-entropy of a plain RNN over a window, and its last hidden state."""
    scores = []
    for step in inputs:
        mixed = weights["embedding.weight"][step] @ weights["layers.0.weight_ih_l0"].T + weights["layers.0.bias_ih_l0"]
        hidden = torch.tanh(mixed + hidden @ weights["layers.0.weight_hh_l0"].T + weights["layers.0.bias_hh_l0"])
        scores.append(hidden @ weights["head.weight"].T + weights["head.bias"])
    logits = torch.stack(scores)
    chosen = logits.gather(2, targets[..., None]).squeeze(2)
    return (torch.logsumexp(logits, 2) - chosen).mean(), hidden


def adamw_by_hand(one: Trainer, steps: int) -> Weights:
    """Train a plain RNN in float64: carried state, clipped gradient, AdamW as its paper has it."""
    config = one.config
    weights = {name: p.detach().double().clone().requires_grad_() for name, p in one.model.named_parameters()}
    streams = Streams(one.streams.ids, config.batch_size, config.seq_len)
    hidden = torch.zeros(config.batch_size, config.model.hidden_size, dtype=torch.float64)
    first = {name: torch.zeros_like(value) for name, value in weights.items()}
    second = {name: torch.zeros_like(value) for name, value in weights.items()}
    decay1, decay2 = config.betas
    for step in range(1, steps + 1):
        window = streams.next_window()
        inputs, targets = torch.from_numpy(window.inputs), torch.from_numpy(window.targets)
        loss, hidden = plain_loss(weights, inputs, targets, hidden.detach())
        gradients = dict(zip(weights, torch.autograd.grad(loss, list(weights.values())), strict=True))
        norm = math.sqrt(sum(float((gradient**2).sum()) for gradient in gradients.values()))
        for name, value in weights.items():
            gradient = gradients[name] * min(1.0, config.clip / norm)
            first[name] = decay1 * first[name] + (1 - decay1) * gradient
            second[name] = decay2 * second[name] + (1 - decay2) * gradient**2
            moved = (first[name] / (1 - decay1**step)) / ((second[name] / (1 - decay2**step)).sqrt() + 1e-8)
            decays = value.dim() == 2 and name != "embedding.weight"
            rate = config.learning_rate * (config.head_rate_factor if name == "head.weight" else 1.0)
            with torch.no_grad():
                value -= rate * (moved + (config.weight_decay if decays else 0.0) * value)
    return weights


@pytest.mark.parametrize("clip", [0.02, 100.0], ids=["clipped", "unclipped"])
def test_steps_are_adamw_on_the_carried_text_with_decay_on_matrices_alone(clip: float) -> None:
    one = trainer(settings(cell="rnn", clip=clip, weight_decay=0.5, warmup=0.0))
    expected = adamw_by_hand(one, steps=3)
    for _ in range(3):
        one.step(SPENT)
    for name, parameter in one.model.named_parameters():
        np.testing.assert_allclose(parameter.detach().numpy(), expected[name].detach().numpy(), atol=2e-5, err_msg=name)


@pytest.mark.parametrize("resets", [0.0, 0.3])
def test_a_share_of_the_rows_begins_anew_ahead_of_a_window(resets: float) -> None:
    one = trainer(settings(cell="gru", resets=resets))
    begun: list[bool] = []

    def look(_: object, given: tuple[Tensor, list[tuple[Tensor, ...]]]) -> None:
        begun.extend((given[1][0][0][0] == 0).all(dim=1).tolist())

    one.model.register_forward_pre_hook(look)
    windows = 50  # of the 56 that an epoch has
    stepped(one, windows)
    rows = one.config.batch_size
    assert all(begun[:rows])
    assert np.mean(begun[rows:]) == pytest.approx(resets, abs=0.1)


def test_what_is_measured_is_the_mean_loss_since_the_last_look() -> None:
    one, other = trainer(), trainer()
    losses = []
    for _ in range(4):
        one.step(SPENT)
        measured = one.measured()
        assert measured is not None
        losses.append(measured.loss)
    for _ in range(4):
        other.step(SPENT)
    whole = other.measured()
    assert whole is not None
    assert whole.loss == pytest.approx(np.mean(losses), rel=1e-6)
    assert other.measured() is None


def test_the_first_loss_is_that_of_guessing_and_falls_below_that_of_single_letters() -> None:
    one = trainer()
    one.step(0.0)
    first = one.measured()
    stepped(one, 120)
    last = one.estimate()
    counts = np.bincount(one.streams.ids).astype(float)
    shares = counts / counts.sum()
    unigram = float(-(shares * np.log(shares)).sum())
    assert first is not None
    assert first.loss == pytest.approx(math.log(len(one.vocabulary)), rel=0.1)
    assert last.loss < unigram


@pytest.mark.parametrize("cell", CELLS)
def test_a_network_learns_a_round_of_letters_by_heart(cell: str) -> None:
    one = trainer(settings(200, cell=cell, context=3 if cell == "ff" else None, learning_rate=0.02), "abcd" * 200)
    stepped(one, 200, of=200)
    assert one.estimate().loss < 0.05


def test_a_weight_that_is_no_number_is_noticed() -> None:
    one = trainer()
    one.step(SPENT)
    poison(one)
    one.step(SPENT)
    measured = one.measured()
    assert measured is not None
    assert not measured.finite


def test_the_rate_rises_stands_and_falls_to_nothing_and_follows_its_multiplier() -> None:
    one = trainer(settings(learning_rate=0.01, warmup=0.1, flat=0.5))
    one.record.rate_multiplier = 0.5
    one.record.step = 60
    rates = [one.learning_rate(spent) for spent in (0.0, 0.05, 0.1, 0.3, 0.5, 0.75, 1.0, 1.5)]
    assert rates == pytest.approx([0.0, 0.0025, 0.005, 0.005, 0.005, 0.0025, 0.0, 0.0])


@pytest.mark.parametrize(("layers", "steps"), [(1, 10), (2, 60), (3, 60)])
def test_the_first_steps_rise_to_the_rate_one_by_one_although_the_clock_is_ahead(layers: int, steps: int) -> None:
    one = trainer(settings(layers=layers, learning_rate=0.01, warmup=0.01, flat=0.5))
    rates = []
    for step in range(steps + 2):
        one.record.step = step
        rates.append(one.learning_rate(0.015))
    assert rates == pytest.approx([0.01 * max((step + 1) / steps, 0.075) for step in range(steps)] + [0.01, 0.01])
    one.record.step = 0
    assert one.learning_rate(0.2) == pytest.approx(0.01)
    one = trainer(settings(layers=layers, learning_rate=0.01, warmup=0.0, flat=0.5))
    assert one.learning_rate(0.0) == 0.01


def test_the_carried_state_is_that_of_reading_both_windows_in_one() -> None:
    one = trainer(settings(layers=2))
    streams = Streams(one.streams.ids, 4, 8)
    windows = [streams.next_window().inputs for _ in range(2)]
    for _ in windows:
        one.step(0.0)  # at a rate of nothing: the weights stay
    _, expected = one.model(torch.from_numpy(np.concatenate(windows)), one.model.initial_state(4))
    for mine, whole in zip(one.carried, expected, strict=True):
        for part, other in zip(mine, whole, strict=True):
            torch.testing.assert_close(part, other, atol=1e-6, rtol=0)


def test_characters_are_counted_as_they_are_read() -> None:
    one = trainer()
    per_epoch = 4 * ((len(one.streams.ids) - 1) // 4)
    stepped(one, one.streams.windows_per_epoch)
    assert one.record.chars == per_epoch
    assert (one.record.epoch, one.record.window) == (1, 0)


def test_one_seed_gives_one_network_and_another_another() -> None:
    same, again, other = trainer(settings(seed=3)), trainer(settings(seed=3)), trainer(settings(seed=4))
    assert torch.equal(same.model.head.weight, again.model.head.weight)
    assert not torch.equal(same.model.head.weight, other.model.head.weight)


def test_looking_at_a_network_changes_nothing_in_its_training() -> None:
    looked = trainer(settings(dropout=0.5))
    for _ in range(6):
        looked.step(SPENT)
        looked.estimate()
        looked.evaluate(50)
        looked.checkpoint(with_state=True)
    end = looked.checkpoint(with_state=True)
    unlooked = trainer(settings(dropout=0.5))
    for _ in range(6):
        unlooked.step(SPENT)
    assert_same_training(end, unlooked.checkpoint(with_state=True))


def test_a_score_is_taken_without_dropout() -> None:
    one = trainer(settings(dropout=0.9))
    assert one.evaluate() == one.evaluate()


def test_a_checkpoint_stays_as_it_was_while_training_goes_on() -> None:
    one = stepped(trainer(), 3)
    before = one.checkpoint(with_state=True)
    copies = {name: np.array(value) for name, value in {**before.tensors, **before.state}.items()}
    stepped(one, 3)
    for name, value in {**before.tensors, **before.state}.items():
        np.testing.assert_array_equal(value, copies[name], err_msg=name)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("cell", CELLS)
def test_a_trainer_goes_on_from_a_file_as_if_it_had_never_left_off(cell: str, precision: str, tmp_path: Path) -> None:
    config = settings(
        cell=cell, context=5 if cell == "ff" else None, layers=2, dropout=0.3, precision=precision, seed=5
    )
    if precision == "bf16" and not trial.computes_bf16(config):
        pytest.skip("this processor can't run an LSTM in bf16")
    one = stepped(trainer(config), 7)
    path = put_away(one, tmp_path)
    end = stepped(one, 9).checkpoint(with_state=True)
    other = stepped(taken_up(path, config), 9)
    assert_same_training(end, other.checkpoint(with_state=True))


def test_a_network_that_sees_one_character_goes_on_from_a_file(tmp_path: Path) -> None:
    config = settings(cell="ff", context=1)
    one = stepped(trainer(config), 3)
    path = put_away(one, tmp_path)
    end = stepped(one, 3).checkpoint(with_state=True)
    assert_same_training(end, stepped(taken_up(path, config), 3).checkpoint(with_state=True))


@cache
def whole_way(steps: int, leave_off: tuple[int, ...] = ()) -> checkpoints.Checkpoint:
    """Train with dropout, going on in a new trainer after each of some steps."""
    config = settings(dropout=0.3, hidden_size=8)
    one = trainer(config)
    for _ in range(steps):
        if one.record.step in leave_off:
            left = one.checkpoint(with_state=True)
            torch.manual_seed(7)
            one = trainer(config)
            one.load(left.tensors, left.state)
        one.step(one.record.step / steps)
    return one.checkpoint(with_state=True)


@property_settings(max_examples=10, deadline=None)
@given(st.sets(st.integers(0, 59), min_size=1, max_size=3))
def test_wherever_a_training_leaves_off_it_goes_on_the_same(steps: set[int]) -> None:
    assert_same_training(whole_way(60), whole_way(60, tuple(steps)))
