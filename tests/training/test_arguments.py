"""From settings to options, and back through the command line's own parser."""

from typing import Any

import msgspec
import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnplay.cli import train_options
from rnnplay.cli.commands import app
from rnnplay.errors import UserError
from rnnplay.model.config import CELLS, ModelConfig
from rnnplay.training.arguments import arguments
from rnnplay.training.config import KNOBS, PRESETS, Budget, Knob, TrainingConfig, automatic, with_cell

_command = typer.main.get_command(app)


def parsed(options: list[str]) -> TrainingConfig:
    """Read options as `rnnplay train` does."""
    group: Any = _command
    train = group.commands["train"]
    return train_options.settings(train.make_context("train", list(options)).params)


def test_what_is_chosen_by_itself_needs_no_options() -> None:
    assert arguments(automatic()) == []
    assert parsed([]) == automatic()


def test_a_knob_that_is_given_is_told_and_the_others_are_left_to_be_chosen() -> None:
    assert arguments(parsed(["--hidden", "384"])) == ["--hidden", "384"]
    assert set(parsed(["--hidden", "384", "--lr", "0.01"]).free) == {*KNOBS} - {"hidden_size", "learning_rate"}


def test_with_a_preset_nothing_is_left_to_be_chosen() -> None:
    assert parsed(["--preset", "standard"]) == TrainingConfig()
    assert arguments(TrainingConfig()) == ["--preset", "standard"]


def test_settings_that_are_no_preset_name_every_knob() -> None:
    config = TrainingConfig(ModelConfig(hidden_size=320), budget=Budget("minutes", 2), learning_rate=8e-3)
    knobs = "--layers 1 --hidden 320 --dropout 0.0 --batch 32 --seq-len 64 --lr 0.008"
    assert parsed(arguments(config)) == config
    assert set(arguments(config)) == {*knobs.split(), "--minutes", "2"}


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_comes_back(name: str) -> None:
    assert parsed(arguments(PRESETS[name])) == PRESETS[name]


def test_another_cell_brings_its_own_rate_and_context() -> None:
    feedforward = with_cell(TrainingConfig(), "ff")
    assert feedforward.model.context == 8
    assert feedforward.learning_rate == pytest.approx(0.7 * 1.5e-2)
    assert arguments(feedforward) == ["--preset", "standard", "--cell", "ff"]


@pytest.mark.parametrize(
    "prompt", ["-x", "--help", "a\nb", "a\\nb", "\\", "\t-", "=", "[b]", "\x1b[2J", "日本", "--", " "]
)
def test_any_prompt_survives(prompt: str) -> None:
    config = TrainingConfig(prompt=prompt)
    assert parsed(arguments(config)) == config


def test_a_prompt_that_begins_with_a_dash_is_no_option() -> None:
    assert arguments(msgspec.structs.replace(automatic(), prompt="-x")) == ["--prompt=-x"]


@pytest.mark.parametrize(
    "changes",
    [
        {"warmup": 0.2},
        {"flat": 0.9},
        {"betas": (0.8, 0.9)},
        {"clip": 2.0},
        {"weight_decay": 0.0},
        {"head_rate_factor": 1.0},
        {"averaged_from": 1.0},
        {"resets": 0.0},
    ],
)
def test_what_no_option_makes_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="No option of 'rnnplay train' sets"):
        arguments(TrainingConfig(**changes))


def test_the_threads_are_the_machine_s_own_affair() -> None:
    assert arguments(msgspec.structs.replace(automatic(), threads=3)) == []


@pytest.mark.parametrize("prompt", ["a\0b", "x" * 20_000, "\ud800"])
def test_what_no_command_line_can_hold_is_refused(prompt: str) -> None:
    with pytest.raises(UserError, match="--prompt takes no"):
        arguments(TrainingConfig(prompt=prompt))


def test_half_a_step_is_refused() -> None:
    with pytest.raises(UserError, match="whole number"):
        arguments(TrainingConfig(budget=Budget("steps", 1.5)))


def test_settings_out_of_their_range_are_refused() -> None:
    with pytest.raises(UserError, match="--batch"):
        arguments(TrainingConfig(batch_size=0))


amounts = st.floats(0, 1e300, exclude_min=True)
budgets = st.builds(Budget, st.sampled_from(["minutes", "epochs"]), amounts) | st.builds(
    Budget, st.just("steps"), st.integers(1, 10**12).map(float)
)
sizes = st.integers(1, 1 << 16)
models = st.sampled_from(CELLS).flatmap(
    lambda cell: st.builds(
        ModelConfig,
        st.just(cell),
        st.integers(1, 64),
        sizes,
        sizes,
        sizes if cell == "ff" else st.none(),
        st.floats(0, 1, exclude_max=True),
    )
)
configs = st.builds(
    TrainingConfig,
    model=models,
    batch_size=sizes,
    seq_len=sizes,
    learning_rate=st.floats(0, 10, exclude_min=True),
    budget=budgets,
    device=st.sampled_from(["auto", "cpu", "cuda:1", "-odd"]),
    precision=st.sampled_from(["auto", "fp32", "bf16"]),
    seed=st.integers(0, (1 << 63) - 1),
    val_fraction=st.floats(0, 1, exclude_max=True),
    min_count=sizes,
    patience=st.none() | sizes,
    prompt=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
)


@settings(max_examples=100, deadline=None)
@given(config=configs)
def test_any_settings_come_back_from_their_options(config: TrainingConfig) -> None:
    again = parsed(arguments(config))
    assert msgspec.json.encode(again) == msgspec.json.encode(config)


@settings(max_examples=100, deadline=None)
@given(config=configs, free=st.sets(st.sampled_from(KNOBS)))
def test_what_is_free_stays_free(config: TrainingConfig, free: set[Knob]) -> None:
    some = msgspec.structs.replace(config, free=tuple(knob for knob in KNOBS if knob in free))
    options, again = arguments(some), parsed(arguments(some))
    assert again.free == some.free
    assert arguments(again) == options
