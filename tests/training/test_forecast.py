"""What a training will come to, before it begins."""

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnplay.model import cost
from rnnplay.model.config import ModelConfig
from rnnplay.training.config import Budget, TrainingConfig
from rnnplay.training.events import Progress
from rnnplay.training.forecast import STEPS_SHARE, forecast, seconds_left

CONFIG = TrainingConfig(ModelConfig(hidden_size=100), batch_size=10, seq_len=50)
SPEED = 20_000.0
# 500 characters in 25 ms, of which one layer's 50 steps from character to character take 5 ms, and products the rest
RATE = 500 * cost.multiply_adds(CONFIG.model, 60) / (500 / SPEED - 50 * 1e-4)


def of(unit: Any, amount: float, rate: float | None = RATE, **changes: Any) -> Any:
    config = msgspec.structs.replace(CONFIG, budget=Budget(unit, amount), **changes)
    return forecast(config, 60, 100_000, rate)


def test_size_and_memory_are_those_of_the_formulas() -> None:
    found = of("minutes", 1, None)
    assert found.parameters == cost.parameters(CONFIG.model, 60)
    assert found.bytes == cost.training_bytes(CONFIG.model, 60, 10, 50)


def test_a_budget_in_minutes_gives_characters_steps_and_epochs() -> None:
    found = of("minutes", 2)
    assert found.chars_per_second == pytest.approx(SPEED)
    assert found.seconds == 120
    assert found.chars == pytest.approx(120 * STEPS_SHARE * SPEED)
    assert found.steps == pytest.approx(found.chars / 500)
    assert found.epochs == pytest.approx(found.chars / 100_000)


@pytest.mark.parametrize("unit", ["steps", "epochs"])
def test_budgets_that_come_to_the_same_are_told_the_same(unit: str) -> None:
    whole = of("minutes", 3)
    same = of(unit, getattr(whole, unit))
    for name in ("chars", "seconds", "steps", "epochs"):
        assert getattr(same, name) == pytest.approx(getattr(whole, name))


def test_without_a_measured_speed_only_what_needs_none_is_told() -> None:
    minutes, steps = of("minutes", 1, None), of("steps", 200, None)
    assert (minutes.chars_per_second, minutes.chars, minutes.steps, minutes.epochs) == (None, None, None, None)
    assert minutes.seconds == 60
    assert (steps.chars, steps.epochs, steps.seconds) == (100_000, 1.0, None)


def test_without_a_known_text_nothing_is_said_about_it() -> None:
    config = msgspec.structs.replace(CONFIG, budget=Budget("epochs", 3))
    found = forecast(config, 60, 0, RATE)
    assert (found.chars, found.epochs, found.seconds) == (None, None, None)


def test_a_network_with_more_products_takes_longer_for_these_alone() -> None:
    wide = msgspec.structs.replace(CONFIG.model, hidden_size=200)
    costs = cost.multiply_adds(wide, 60) / cost.multiply_adds(CONFIG.model, 60)
    assert of("minutes", 1, model=wide).chars_per_second == pytest.approx(500 / (0.020 * costs + 0.005))


def test_a_tiny_network_is_held_up_by_its_steps_from_character_to_character() -> None:
    tiny = msgspec.structs.replace(CONFIG.model, hidden_size=1, embedding_size=1)
    assert of("minutes", 1, model=tiny).chars_per_second < 500 / 0.005
    ahead = ModelConfig("ff", hidden_size=1, embedding_size=1, context=2)
    assert of("minutes", 1, model=ahead).chars_per_second > 10 * 500 / 0.005


def test_a_text_shorter_than_a_step_is_read_once_a_step() -> None:
    config = msgspec.structs.replace(CONFIG, budget=Budget("steps", 7))
    assert forecast(config, 60, 100, RATE).epochs == 7


@settings(max_examples=200, deadline=None)
@given(
    unit=st.sampled_from(["minutes", "steps", "epochs"]),
    amount=st.floats(0, 1e308, exclude_min=True),
    rate=st.none() | st.floats(0, 1e308),
    vocabulary=st.integers(1, 1 << 17),
    train_chars=st.integers(0, 1 << 40),
    hidden=st.integers(1, 1 << 16),
)
def test_whatever_is_asked_no_figure_is_without_end(
    unit: Any, amount: float, rate: float | None, vocabulary: int, train_chars: int, hidden: int
) -> None:
    config = TrainingConfig(ModelConfig(hidden_size=hidden), budget=Budget(unit, amount))
    found = forecast(config, vocabulary, train_chars, rate)
    figures = [found.chars, found.seconds, found.steps, found.epochs, found.chars_per_second]
    assert all(figure is None or (math.isfinite(figure) and figure >= 0) for figure in figures)


def told(spent: float, seconds: float) -> Progress:
    return Progress(1, 0.1, 1000, seconds, spent, 2.0, 1e-3, 0.5, 100.0)


def test_the_time_left_of_minutes_is_what_is_left_of_them() -> None:
    assert seconds_left(told(0.001, 12.5), Budget("minutes", 1)) == 47.5
    assert seconds_left(told(1, 61), Budget("minutes", 1)) == 0


def test_the_time_left_of_work_follows_from_what_is_done_once_that_is_enough_to_tell() -> None:
    assert seconds_left(told(0.01, 5), Budget("steps", 300)) is None
    assert seconds_left(told(0.25, 5), Budget("epochs", 3)) == 15
