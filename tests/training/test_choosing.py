"""What is chosen for a budget, a text and a machine."""

import re
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnplay.model import cost
from rnnplay.model.config import CELLS, ModelConfig
from rnnplay.training.choosing import READ_PER_PARAMETER, Chosen, chosen, to_try
from rnnplay.training.config import KNOBS, Budget, TrainingConfig, Unit, automatic, with_cell
from rnnplay.training.forecast import forecast

SYMBOLS = 65
CHARS = 1_003_854
RATE = 3e10

units = st.sampled_from(["minutes", "steps", "epochs"])
amounts = st.floats(1e-3, 1e9)
texts = st.integers(1, 1 << 40)
rates = st.floats(1e6, 1e16)
devices = st.sampled_from(["cpu", "cuda:0", "mps"])
cells = st.sampled_from(CELLS)
given_knobs = st.fixed_dictionaries(
    {},
    optional={
        "layers": st.integers(1, 4),
        "hidden_size": st.integers(1, 4096),
        "batch_size": st.integers(1, 512),
        "seq_len": st.integers(1, 512),
        "dropout": st.floats(0, 0.9),
        "learning_rate": st.floats(1e-5, 1),
    },
)


def knobs(config: TrainingConfig) -> dict[str, Any]:
    return {knob: getattr(config.model if hasattr(config.model, knob) else config, knob) for knob in KNOBS}


def wanted(unit: Unit = "minutes", amount: float = 1, cell: str = "lstm", **fixed: Any) -> TrainingConfig:
    """Return automatic settings, some knobs of which are given."""
    config = with_cell(automatic(), cell)
    of_model = {name: value for name, value in fixed.items() if hasattr(config.model, name)}
    return msgspec.structs.replace(
        config,
        budget=Budget(unit, amount),
        model=msgspec.structs.replace(config.model, **of_model),
        free=tuple(knob for knob in KNOBS if knob not in fixed),
        **{"device": "cpu", **{name: value for name, value in fixed.items() if name not in of_model}},
    )


def settled(
    unit: Unit = "minutes", amount: float = 1, chars: int = CHARS, rate: float | None = RATE, **fixed: Any
) -> Chosen:
    return chosen(wanted(unit, amount, **fixed), SYMBOLS, chars, rate)


def width(choice: Chosen) -> int:
    return choice.config.model.hidden_size


@settings(max_examples=200, deadline=None)
@given(unit=units, amount=amounts, chars=texts, rate=st.none() | rates, device=devices, cell=cells, fixed=given_knobs)
def test_what_is_given_is_respected_and_the_whole_can_be_trained_with(
    unit: Unit, amount: float, chars: int, rate: float | None, device: str, cell: str, fixed: dict[str, Any]
) -> None:
    before = wanted(unit, amount, cell, device=device, **fixed)
    choice = chosen(before, SYMBOLS, chars, rate)
    assert {name: knobs(choice.config)[name] for name in fixed} == fixed
    assert choice.config.checked().free == ()
    kept = [name for name in TrainingConfig.__struct_fields__ if name not in {*KNOBS, "model", "free"}]
    assert [getattr(choice.config, name) for name in kept] == [getattr(before, name) for name in kept]
    assert choice.reason.startswith("Chosen for") or set(fixed) == set(KNOBS)
    assert chosen(choice.config, SYMBOLS, chars, rate) == Chosen(choice.config, "")


@settings(max_examples=100, deadline=None)
@given(unit=units, amount=amounts, more=st.floats(1, 1e4), chars=texts, rate=rates, cell=cells)
def test_the_network_never_shrinks_as_the_budget_grows(
    unit: Unit, amount: float, more: float, chars: int, rate: float, cell: str
) -> None:
    one, other = (settled(unit, some, chars, rate, cell=cell) for some in (amount, amount * more))
    assert width(one) <= width(other)
    assert one.config.model.layers <= other.config.model.layers


@settings(max_examples=100, deadline=None)
@given(amount=amounts, chars=texts, rate=rates, faster=st.floats(1, 1e4), device=devices)
def test_the_network_never_shrinks_as_the_machine_gets_faster(
    amount: float, chars: int, rate: float, faster: float, device: str
) -> None:
    one, other = (settled("minutes", amount, chars, some, device=device) for some in (rate, rate * faster))
    assert width(one) <= width(other)


@settings(max_examples=100, deadline=None)
@given(epochs=amounts, more=st.floats(1, 1e4), chars=texts)
def test_dropout_never_falls_as_the_text_is_read_more_often(epochs: float, more: float, chars: int) -> None:
    one, other = (settled("epochs", some, chars).config.model.dropout for some in (epochs, epochs * more))
    assert one <= other < 1


def test_a_text_read_once_is_not_learned_by_heart_and_one_read_a_hundred_times_is_kept_from_it() -> None:
    assert settled("epochs", 1).config.model.dropout == 0
    assert settled("epochs", 100).config.model.dropout >= 0.3


@settings(max_examples=50, deadline=None)
@given(unit=st.sampled_from(["steps", "epochs"]), amount=amounts, chars=texts, rate=rates)
def test_a_budget_in_work_is_answered_whatever_the_machine_s_speed(
    unit: Unit, amount: float, chars: int, rate: float
) -> None:
    assert settled(unit, amount, chars, rate) == settled(unit, amount, chars, None)


def test_a_machine_and_a_budget_get_a_network_of_their_size() -> None:
    slow, usual, long = (width(settled(amount=amount, rate=rate)) for amount, rate in ((1, 2e9), (1, RATE), (10, RATE)))
    assert slow < usual < long
    fast = settled(amount=60, rate=3e13, chars=1 << 30, device="cuda:0").config
    assert fast.model.layers == 2
    assert fast.batch_size > settled().config.batch_size


@pytest.mark.parametrize("units", [128, 500])
def test_a_width_that_is_given_gets_a_second_layer_once_the_budget_can_teach_it(units: int) -> None:
    two_layers = cost.layer_parameters(ModelConfig(layers=2, hidden_size=units), SYMBOLS)
    epochs = READ_PER_PARAMETER * two_layers / (1 << 30)
    given = [settled("epochs", share * epochs, 1 << 30, hidden_size=units).config.model for share in (0.99, 1.01)]
    assert [(model.layers, model.hidden_size) for model in given] == [(1, units), (2, units)]
    assert settled("epochs", 100 * epochs, 1 << 30, hidden_size=units, layers=1).config.model.layers == 1


def test_a_small_text_gets_a_smaller_network() -> None:
    assert width(settled(amount=10, chars=20_000)) < width(settled(amount=10))


def test_thousands_of_symbols_don_t_call_for_a_smaller_network_where_as_much_is_read() -> None:
    few, many = (chosen(wanted("epochs", 6), symbols, 300_000, None).config.model for symbols in (65, 5000))
    assert few.hidden_size == many.hidden_size
    scarce = chosen(wanted("epochs", 60), 5000, 30_000, None).config.model  # most of its parameters are symbols'
    assert scarce.hidden_size < settled("epochs", 60, 30_000).config.model.hidden_size


def test_wider_networks_and_rawer_cells_learn_at_lower_rates() -> None:
    rates = [settled(hidden_size=units).config.learning_rate for units in (256, 512, 1024)]
    assert rates == sorted(rates, reverse=True)
    assert len(set(rates)) == 3
    assert settled(hidden_size=384, cell="rnn").config.learning_rate < settled(hidden_size=384).config.learning_rate


def test_the_reason_says_what_will_happen() -> None:
    choice = settled()
    readings = forecast(choice.config, SYMBOLS, CHARS, RATE).epochs
    assert choice.reason.startswith("Chosen for 1 minute on this machine and 1,003,854 characters: one layer of ")
    assert f"{width(choice)} units" in choice.reason
    assert f"read about {readings:.0f} times" in choice.reason


def test_the_reason_names_the_speed_that_it_assumes_where_one_was_measured() -> None:
    choice = settled()
    speed = forecast(choice.config, SYMBOLS, CHARS, RATE).chars_per_second
    assert speed is not None
    said = re.search(r"That is at ([\d,]+) characters a second, as measured now", choice.reason)
    assert said is not None
    assert float(said[1].replace(",", "")) == pytest.approx(speed, rel=0.06)
    held_up = chosen(wanted(), SYMBOLS, CHARS, RATE, held_up=True)
    assert held_up.config == choice.config
    assert "as one thread would read by itself: other programs use the processors now" in held_up.reason
    assert "as measured" not in settled(rate=None).reason
    assert "as measured" not in settled("steps", 500).reason


@pytest.mark.parametrize(
    ("fixed", "words"),
    [
        ({"hidden_size": 100}, "units"),
        ({"layers": 3}, "layer"),
        ({"batch_size": 5}, "rows"),
        ({"dropout": 0.3}, "dropout"),
        ({"learning_rate": 0.02}, "rate"),
    ],
)
def test_the_reason_leaves_out_what_was_given(fixed: dict[str, Any], words: str) -> None:
    assert words in settled().reason
    assert words not in settled(**fixed).reason


@settings(max_examples=50, deadline=None)
@given(chars=st.integers(2, 5000), device=devices)
def test_a_step_never_reads_more_than_the_text(chars: int, device: str) -> None:
    config = settled("steps", 10, chars, device=device).config
    assert config.batch_size * config.seq_len < chars
    tried = to_try(wanted(device=device), chars)
    assert (tried.batch_size, tried.seq_len, tried.free) == (config.batch_size, config.seq_len, ())
