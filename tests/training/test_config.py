from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnplay.errors import UserError
from rnnplay.model.config import CELLS, ModelConfig
from rnnplay.training.config import PRESETS, Budget, TrainingConfig, preset, with_cell

NAN, INFINITY = float("nan"), float("inf")
every_preset = pytest.mark.parametrize("config", PRESETS.values(), ids=PRESETS.keys())
every_cell = pytest.mark.parametrize("cell", CELLS)


@every_preset
def test_every_preset_can_be_trained_with(config: TrainingConfig) -> None:
    assert config.checked() == config


@every_preset
@every_cell
def test_every_preset_takes_every_cell(config: TrainingConfig, cell: str) -> None:
    changed = with_cell(config, cell).checked()
    assert changed.model.cell == cell
    assert (changed.model.context is not None) == (cell == "ff")
    assert changed.learning_rate > 0


@every_cell
def test_another_cell_changes_nothing_but_the_cell_and_its_rate(cell: str) -> None:
    config = TrainingConfig(seed=7, batch_size=3, model=ModelConfig(layers=2, hidden_size=9, dropout=0.4))
    changed = with_cell(config, cell)
    model = msgspec.structs.replace(changed.model, cell="lstm", context=None)
    assert msgspec.structs.replace(changed, model=model, learning_rate=config.learning_rate) == config


def test_the_cell_that_it_has_already_changes_nothing() -> None:
    assert with_cell(TrainingConfig(), "lstm") == TrainingConfig()


@pytest.mark.parametrize("cell", ["gru", "rnn", "ff"])
def test_another_cell_and_back_changes_nothing(cell: str) -> None:
    again = with_cell(with_cell(TrainingConfig(), cell), "lstm")
    assert again.learning_rate == pytest.approx(TrainingConfig().learning_rate)


def test_a_preset_that_doesn_t_exist_suggests_the_nearest() -> None:
    with pytest.raises(UserError, match=r"no preset 'standart'.*Did you mean 'standard'"):
        preset("standart")


def test_a_cell_that_doesn_t_exist_suggests_the_nearest() -> None:
    with pytest.raises(UserError, match=r"no cell 'lsmt'.*Did you mean 'lstm'"):
        with_cell(TrainingConfig(), "lsmt")


@pytest.mark.parametrize(
    ("option", "wrong"),
    [
        ("--batch", {"batch_size": 0}),
        ("--batch", {"batch_size": (1 << 20) + 1}),
        ("--seq-len", {"seq_len": 0}),
        ("--seq-len", {"seq_len": -5}),
        ("--min-count", {"min_count": 0}),
        ("--patience", {"patience": 0}),
        ("--lr", {"learning_rate": 0.0}),
        ("--lr", {"learning_rate": -1.0}),
        ("--lr", {"learning_rate": 11.0}),
        ("--lr", {"learning_rate": NAN}),
        ("--lr", {"learning_rate": INFINITY}),
        ("--val-fraction", {"val_fraction": -0.1}),
        ("--val-fraction", {"val_fraction": 1.0}),
        ("--val-fraction", {"val_fraction": NAN}),
        ("--seed", {"seed": -1}),
        ("--seed", {"seed": 1 << 63}),
        ("--hidden", {"model": ModelConfig(hidden_size=0)}),
        ("--minutes", {"budget": Budget("minutes", 0)}),
        ("--steps", {"budget": Budget("steps", -3)}),
        ("--epochs", {"budget": Budget("epochs", NAN)}),
        ("--minutes", {"budget": Budget("minutes", INFINITY)}),
        pytest.param("clip", {"clip": -1.0}),
        pytest.param("clip", {"clip": NAN}),
        pytest.param("threads", {"threads": -1}),
        pytest.param("warmup", {"warmup": NAN}),
        pytest.param("flat", {"flat": -0.5}),
        pytest.param("betas", {"betas": (1.5, 0.9)}),
        pytest.param("head", {"head_rate_factor": 0.0}),
        pytest.param("Averaging", {"averaged_from": 1.5}),
        pytest.param("resets", {"resets": 1.0}),
        pytest.param("weight.decay", {"weight_decay": -1.0}),
        pytest.param("precision", {"precision": "fp64"}),
    ],
)
def test_a_setting_out_of_its_range_is_named(option: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=option):
        TrainingConfig(**wrong).checked()


@pytest.mark.parametrize(
    "right",
    [
        {"batch_size": 1, "seq_len": 1},
        {"batch_size": 1 << 20},
        {"learning_rate": 10.0},
        {"val_fraction": 0.0},
        {"val_fraction": 0.999},
        {"seed": (1 << 63) - 1},
        {"patience": 1},
        {"budget": Budget("minutes", 0.001)},
    ],
)
def test_the_ends_of_each_range_can_be_trained_with(right: dict[str, Any]) -> None:
    assert TrainingConfig(**right).checked() == TrainingConfig(**right)


@settings(max_examples=100, deadline=None)
@given(
    st.builds(
        TrainingConfig,
        learning_rate=st.floats(1e-6, 10),
        batch_size=st.integers(1, 1 << 20),
        budget=st.builds(Budget, unit=st.sampled_from(["minutes", "steps", "epochs"]), amount=st.floats(1e-3, 1e9)),
        patience=st.none() | st.integers(1, 9),
        prompt=st.text(max_size=5),
        seed=st.integers(0, (1 << 63) - 1),
    )
)
def test_settings_that_a_run_keeps_read_back_as_they_were(config: TrainingConfig) -> None:
    assert msgspec.json.decode(msgspec.json.encode(config), type=TrainingConfig) == config


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        (Budget("minutes", 1), "1 minute"),
        (Budget("minutes", 2.5), "2.5 minutes"),
        (Budget("steps", 2000), "2,000 steps"),
        (Budget("epochs", 0.5), "0.5 epochs"),
    ],
)
def test_a_budget_is_told_in_words(budget: Budget, said: str) -> None:
    assert str(budget) == said
