"""The options of `rnnplay train`, and the settings that they make."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnnplay.errors import UserError

if TYPE_CHECKING:
    from rnnplay.model.config import ModelConfig
    from rnnplay.training.config import Budget, TrainingConfig, Unit

_BUDGET, _RUN, _NETWORK, _TRAINING, _TEXT = "How long", "The run", "The network", "The training", "The text"


def _option(help_text: str, panel: str, *names: str, metavar: str | None = None) -> Any:  # noqa: ANN401 - typer's own
    return typer.Option(*names, help=help_text, rich_help_panel=panel, metavar=metavar)


Minutes = Annotated[float | None, _option("Minutes, from the first step on. Default: 1.", _BUDGET)]
Steps = Annotated[int | None, _option("Optimizer steps instead.", _BUDGET)]
Epochs = Annotated[float | None, _option("Passes over the text instead.", _BUDGET)]
Patience = Annotated[int | None, _option("Stop after so many evaluations without a better one.", _BUDGET)]

Name = Annotated[str | None, _option("Its name. Default: two words that nobody else has.", _RUN)]
Resume = Annotated[str | None, _option("Go on with a run, exactly where it was saved.", _RUN, metavar="RUN")]
Start = Annotated[
    str | None, _option("Begin from a run's, a file's or shipped:NAME's network.", _RUN, "--from", metavar="CHECKPOINT")
]
Extend = Annotated[bool, _option("With --from: add the text's new characters.", _RUN, "--extend-vocabulary")]
Detach = Annotated[bool, _option("Train in the background; 'rnnplay runs watch' follows.", _RUN, "--detach")]
Priority = Annotated[
    str | None,
    _option("low gives way to other programs, normal competes with them. Default: low with --detach.", _RUN),
]
Quiet = Annotated[bool, _option("Show no progress.", _RUN, "--quiet", "-q")]
Json = Annotated[bool, _option("Print every event as a line of JSON.", _RUN, "--json")]

_PRESETS = (
    "standard, small, wide, deep or lesson. Default: chosen for the budget, the text and this machine, around the "
    "options that are given."
)
Preset = Annotated[str | None, _option(_PRESETS, _NETWORK)]
CellName = Annotated[str | None, _option("lstm, gru, rnn, or ff (feed-forward).", _NETWORK)]
Layers = Annotated[int | None, _option("How many layers of cells.", _NETWORK)]
Hidden = Annotated[int | None, _option("Units of a layer.", _NETWORK)]
Embed = Annotated[int | None, _option("Numbers that stand for a character.", _NETWORK)]
Context = Annotated[int | None, _option("Characters that an ff network sees.", _NETWORK, "--context")]
Dropout = Annotated[float | None, _option("Share of each layer's outputs that training drops.", _NETWORK)]

Batch = Annotated[int | None, _option("Rows of the text read at once.", _TRAINING)]
SeqLen = Annotated[int | None, _option("Characters that gradients flow back through.", _TRAINING)]
Rate = Annotated[float | None, _option("The learning rate at its highest.", _TRAINING, "--lr")]
Device = Annotated[str | None, _option("auto, cpu, cuda, cuda:N or mps.", _TRAINING)]
Precision = Annotated[str | None, _option("auto (the faster), fp32 or bf16.", _TRAINING)]
Seed = Annotated[int | None, _option("Of weights, dropout and shuffled lines. Default: 0.", _TRAINING)]
Prompt = Annotated[str | None, _option(r"What samples begin with; \n is a newline.", _TRAINING)]

ValFraction = Annotated[float | None, _option("Share held out, from the text's end. Default: 0.1.", _TEXT)]
MinCount = Annotated[int | None, _option("Fold rarer characters into one unknown symbol.", _TEXT)]


def gives_way(given: Mapping[str, Any], *, detached: bool) -> bool:
    """Tell whether the training is to run at low priority.

    Raises:
        UserError: There is no such priority.
    """
    priority = given["priority"] or ("low" if detached else "normal")
    if priority not in {"low", "normal"}:
        raise UserError(f"--priority must be low or normal, not '{priority}'.")
    return bool(priority == "low")


def budget(given: Mapping[str, Any]) -> "Budget | None":
    """Return the budget that was given, if one was.

    Raises:
        UserError: There were several.
    """
    from rnnplay.training.config import Budget

    units: tuple[Unit, ...] = ("minutes", "steps", "epochs")
    amounts = {unit: given[unit] for unit in units if given.get(unit) is not None}
    if len(amounts) > 1:
        raise UserError(f"Give one budget, not {len(amounts)}: {' or '.join(f'--{unit}' for unit in amounts)}.")
    try:
        return next((Budget(unit, float(amount)).checked() for unit, amount in amounts.items()), None)
    except OverflowError:
        raise UserError("There is no such large budget.") from None


def settings(given: Mapping[str, Any]) -> "TrainingConfig":
    """Return the settings of a new run: the preset's or those to be chosen, the cell's, and over them what was given.

    Raises:
        UserError: There is no such preset, cell or precision, or a value is out of its range.
    """
    from rnnplay.training.config import automatic, preset, with_cell

    if given.get("extend_vocabulary"):
        raise UserError("--extend-vocabulary goes with --from: a new network knows all characters of its text.")
    config = automatic() if given.get("preset") is None else preset(given["preset"])
    if given.get("cell") is not None:
        config = with_cell(config, given["cell"])
    return _changed(config, given)


def fine_tuning_settings(given: Mapping[str, Any], model: "ModelConfig") -> "TrainingConfig":
    """Return the settings of a run that trains a checkpoint's network further, and over them what was given.

    Raises:
        UserError: Another network is asked for, or a value is out of its range.
    """
    from rnnplay.training.arguments import MODEL_FIELDS, flag
    from rnnplay.training.config import fine_tuning

    of_a_network = {"preset", *MODEL_FIELDS} - {"dropout"}
    wrong = sorted(option for option in of_a_network if given.get(option) is not None)
    if wrong:
        names = ", ".join(map(flag, wrong))
        raise UserError(f"{names} can't be chosen with --from: its network is {model}. Only --dropout may change.")
    return _changed(fine_tuning(model), given)


def _changed(config: "TrainingConfig", given: Mapping[str, Any]) -> "TrainingConfig":
    """Return settings with what was given in their place: that isn't free."""
    import msgspec

    from rnnplay.cli.options import unescaped
    from rnnplay.training.arguments import FIELDS, MODEL_FIELDS

    model = {field: given[option] for option, field in MODEL_FIELDS.items() if given.get(option) is not None}
    fields = {field: given[option] for option, field in FIELDS.items() if given.get(option) is not None}
    if "prompt" in fields:
        fields["prompt"] = unescaped(fields["prompt"])
    return msgspec.structs.replace(
        config,
        model=msgspec.structs.replace(config.model, **model),
        budget=budget(given) or config.budget,
        free=tuple(knob for knob in config.free if knob not in {**model, **fields}),
        **fields,
    ).checked()


def refuse_for_resume(given: Mapping[str, Any]) -> None:
    """Refuse what a run already has.

    Raises:
        UserError: Such an option was given.
    """
    from rnnplay.training.arguments import FIELDS, MODEL_FIELDS, flag

    own = {"preset", "name", "ext", "shape", "start", "extend_vocabulary", *MODEL_FIELDS, *FIELDS} - {"device"}
    wrong = sorted(option for option in own if given.get(option) not in (None, [], (), False))
    if wrong:
        names = ", ".join(map(flag, wrong))
        raise UserError(f"{names} can't be changed when a run goes on; leave out --resume to begin a new one.")
