"""From what stands in the form's fields to the settings of a training, and back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from msgspec.structs import replace

from rnnplay.errors import UserError
from rnnplay.training import arguments
from rnnplay.training.config import PRESETS, Budget, TrainingConfig, Unit, with_cell

AUTOMATIC = "automatic"  # beside the presets: what stands in no field is chosen
WHOLE = ("layers", "hidden", "seq_len", "batch")
TYPED = (*WHOLE, "dropout", "lr", "amount")
UNITS: tuple[Unit, ...] = ("minutes", "steps", "epochs")


@dataclass(frozen=True)
class Draft:
    """What the fields come to.

    Attributes:
        config: The settings, None where a field is wrong.
        wrong: From a field to a sentence that says what is wrong in it.
    """

    config: TrainingConfig | None
    wrong: Mapping[str, str]


def texts(config: TrainingConfig) -> dict[str, str]:
    """Return what stands in the typed fields for these settings: nothing for a knob that is free."""
    model = config.model
    whole = {
        "layers": str(model.layers),
        "hidden": str(model.hidden_size),
        "seq_len": str(config.seq_len),
        "batch": str(config.batch_size),
        "dropout": f"{model.dropout:g}",
        "lr": f"{config.learning_rate:.3g}",
        "amount": f"{config.budget.amount:.15g}",
    }
    return {name: "" if arguments.KNOB_OF.get(name) in config.free else text for name, text in whole.items()}


def drafted(base: TrainingConfig, unit: str, typed: Mapping[str, str], *, whole: bool = False) -> Draft:
    """Return what typed fields make of settings, or what is wrong in them.

    Args:
        base: The settings whose fields they are.
        unit: The budget's.
        typed: What stands in each field, by its option. A knob whose field is empty is free.
        whole: No field may be empty.
    """
    empty = () if whole else tuple(name for name in arguments.KNOB_OF if not typed[name].strip())
    wrong: dict[str, str] = {}
    sound = replace(TrainingConfig(), model=replace(TrainingConfig().model, cell=base.model.cell))
    sound = replace(sound, model=replace(sound.model, context=base.model.context))
    free = tuple(arguments.KNOB_OF[name] for name in empty)
    config = replace(base, budget=replace(base.budget, unit=cast("Unit", unit)), free=free)
    for name in TYPED:
        if name in empty:
            continue
        try:
            value = _number(name, typed[name])
            _with(replace(sound, budget=config.budget), name, value).checked()
            config = _with(config, name, value)
            if name == "amount":
                arguments.arguments(replace(sound, budget=config.budget))
        except UserError as error:
            wrong[name] = _beside_its_field(str(error))
    return Draft(None if wrong else config, wrong)


def _number(name: str, text: str) -> float:
    plain = text.strip().replace(",", "").replace("_", "")
    try:
        return int(plain) if name in WHOLE else float(plain)
    except (ValueError, OverflowError):
        kind = "A whole number, like" if name in WHOLE else "A number, like"
        raise UserError(f"{kind} {texts(TrainingConfig())[name]}.") from None


def _with(config: TrainingConfig, name: str, value: Any) -> TrainingConfig:  # noqa: ANN401 - an int or a float
    """Return the settings with one field changed."""
    if name == "amount":
        return replace(config, budget=Budget(config.budget.unit, float(value)))
    if name in arguments.MODEL_FIELDS:
        return replace(config, model=replace(config.model, **{arguments.MODEL_FIELDS[name]: value}))
    return replace(config, **{arguments.FIELDS[name]: value})


def _beside_its_field(sentence: str) -> str:
    """Return a sentence about an option as it reads beside the option's field."""
    short = re.sub(r"^--[\w-]+ must be ", "", sentence).removeprefix("--")
    return short[:1].upper() + short[1:]


def preset_of(config: TrainingConfig) -> str:
    """Return the preset that these settings are, whatever their cell and budget; "" if none.

    Where a knob is free they are `AUTOMATIC`.
    """
    if config.free:
        return AUTOMATIC
    wanted = {**texts(config), "amount": ""}
    for name, one in PRESETS.items():
        known = with_cell(one, config.model.cell)
        if {**texts(known), "amount": ""} == wanted and known.model.embedding_size == config.model.embedding_size:
            return name
    return ""
