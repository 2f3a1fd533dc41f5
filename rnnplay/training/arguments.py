"""From settings to the options of `rnnplay train` that make them, and the table that both directions share."""

from typing import Any

from msgspec.structs import replace

from rnnplay.errors import UserError
from rnnplay.model.config import ModelConfig
from rnnplay.training.config import KNOBS, PRESETS, Budget, Knob, TrainingConfig, automatic, fine_tuning, with_cell

# From an option, as the command's function names it, to the field that it sets.
MODEL_FIELDS = {
    "cell": "cell",
    "layers": "layers",
    "hidden": "hidden_size",
    "embed": "embedding_size",
    "context_size": "context",
    "dropout": "dropout",
}
FIELDS = {
    "patience": "patience",
    "batch": "batch_size",
    "seq_len": "seq_len",
    "lr": "learning_rate",
    "device": "device",
    "precision": "precision",
    "val_fraction": "val_fraction",
    "min_count": "min_count",
    "seed": "seed",
    "prompt": "prompt",
}
# From an option to the knob that is free where it isn't given.
KNOB_OF: dict[str, Knob] = {
    option: knob for knob in KNOBS for option, field in {**MODEL_FIELDS, **FIELDS}.items() if field == knob
}
_WITHOUT_OPTION = ("warmup", "flat", "resets", "averaged_from", "betas", "head_rate_factor", "weight_decay", "clip")
ARGUMENT_AT_MOST = 16_000  # bytes; some systems take little more than that

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\t": "\\t"}  # the backslash first


def flag(option: str) -> str:
    """Return how an option is typed."""
    return "--" + {"context_size": "context", "start": "from"}.get(option, option).replace("_", "-")


def escaped(text: str) -> str:
    r"""Return a text as the options take it, a newline as `\n`, a tab as `\t` and a backslash as `\\`."""
    for character, typed in _ESCAPES.items():
        text = text.replace(character, typed)
    return text


def arguments(config: TrainingConfig, *, explicit: bool = False) -> list[str]:
    """Return the options of `rnnplay train` that make these settings.

    A free knob is left out, for that leaves it to be chosen; all the others are named, or the preset that they are. Of
    the rest only what differs from the default is told. The number of threads is left out: the machine decides it when
    the training starts.

    Args:
        config: The settings.
        explicit: Name the budget and the seed even where they are the defaults.

    Raises:
        UserError: A setting is out of its range, or no option makes it.
    """
    _refuse_without_option(config)
    cell, preset = config.model.cell, _preset_of(config)
    made = _option("preset", preset) if preset else []
    made += [] if cell == ModelConfig().cell else _option("cell", cell)
    return made + _changes(config, with_cell(PRESETS[preset] if preset else automatic(), cell), explicit=explicit)


def by_options_alone(config: TrainingConfig) -> TrainingConfig:
    """Return the closest settings that options make: what none sets, and an older version had otherwise, as it is."""
    default = TrainingConfig()
    return replace(config, **{field: getattr(default, field) for field in _WITHOUT_OPTION})


def fine_tuning_arguments(config: TrainingConfig, *, explicit: bool = False) -> list[str]:
    """Return the options that make these settings beside `--from`: the network is the checkpoint's, but its dropout.

    Raises:
        UserError: As for `arguments`.
    """
    _refuse_without_option(config)
    base = fine_tuning(config.model)
    return _option("dropout", config.model.dropout) + _changes(config, base, explicit=explicit)


def _refuse_without_option(config: TrainingConfig) -> None:
    config.checked()
    default = by_options_alone(config)
    for field in _WITHOUT_OPTION:
        if getattr(config, field) != getattr(default, field):
            raise UserError(f"No option of 'rnnplay train' sets {field.replace('_', ' ')}.")


def _preset_of(config: TrainingConfig) -> str:
    """Return the preset that has the network and all knobs of these settings, for their cell; "" if none."""
    own = {**MODEL_FIELDS, **KNOB_OF}
    wanted = _settings(config)
    for name, one in PRESETS.items():
        known = _settings(with_cell(one, config.model.cell))
        if all(option in wanted and wanted[option] == known[option] for option in own):
            return name
    return ""


def _settings(config: TrainingConfig) -> dict[str, Any]:
    """Return by option all that is set, the budget aside: what is free isn't."""
    model = {option: getattr(config.model, field) for option, field in MODEL_FIELDS.items() if field not in config.free}
    others = {option: getattr(config, field) for option, field in FIELDS.items() if field not in config.free}
    return {**model, **others, "prompt": escaped(config.prompt)}


def _changes(config: TrainingConfig, base: TrainingConfig, *, explicit: bool) -> list[str]:
    """Return the options for all that differs, for what is free in the base alone, and for what is to be explicit."""
    made = budget_options(config.budget) if explicit or config.budget != base.budget else []
    known = _settings(base)
    for option, value in _settings(config).items():
        if value != known.get(option) or (explicit and option == "seed"):
            made += _option(option, value)
    return made


def _option(option: str, value: Any) -> list[str]:  # noqa: ANN401 - a setting of any kind
    text = str(value)
    if "\0" in text or len(text.encode("utf-8", "replace")) > ARGUMENT_AT_MOST:
        raise UserError(f"{flag(option)} takes no NUL, and at most {ARGUMENT_AT_MOST:,} bytes.")
    if text != text.encode("utf-8", "ignore").decode():
        raise UserError(f"{flag(option)} takes no half characters (lone surrogates).")
    return [f"{flag(option)}={text}"] if text.startswith("-") else [flag(option), text]


def budget_options(budget: Budget) -> list[str]:
    """Return the options of `rnnplay train` that give a budget.

    Raises:
        UserError: It is in half steps.
    """
    unit, amount = budget.unit, budget.amount
    if unit == "steps" and amount != int(amount):
        raise UserError(f"--steps must be a whole number, not {amount:g}.")
    return _option(unit, int(amount) if amount == int(amount) else amount)
