"""The command that repeats a run."""

import shlex

import msgspec

from rnnplay.errors import UserError
from rnnplay.runs.compare import differences
from rnnplay.runs.folder import Parent, RunCard
from rnnplay.text.records import Provenance, from_json
from rnnplay.training import arguments
from rnnplay.training.config import Budget

_NAMED = {"shipped", "local", "download"}  # kinds of texts that a name alone finds
_PIPED = {"stdin", "text"}
_IN_MINUTES = (
    "A budget in minutes repeats only roughly: how much is read in that time depends on how fast the machine is. "
    "--steps repeats exactly on the same machine."
)


def line(card: RunCard, budget: Budget | None = None) -> str:
    """Return one `rnnplay train ...` line, quoted for a shell, that repeats the run.

    The settings are the resolved ones: the device and the precision are named, so that they come out the same. What no
    option sets is left as it is in this version, see `notes`. The seed and the budget are always named. A text that was
    piped in has to be piped in again.

    Args:
        card: What the run is.
        budget: What it was last given; None for what it began with.

    Raises:
        UserError: A setting is out of its range, or the text's name is no UTF-8.
    """
    config = arguments.by_options_alone(card.config)
    config = config if budget is None else msgspec.structs.replace(config, budget=budget)
    parts = ["rnnplay", "train", spec(card.corpus), "--shape", card.shape]
    for extension in card.corpus.extensions:
        parts += [f"--ext={extension}"]
    if card.parent is None:
        parts += arguments.arguments(config, explicit=True)
    else:
        parts += [*_start(card.parent), *arguments.fine_tuning_arguments(config, explicit=True)]
    return shlex.join(parts)


def notes(card: RunCard, budget: Budget | None = None) -> list[str]:
    """Return a sentence for each thing of a run that its line doesn't repeat; none where it repeats all.

    Args:
        card: What the run is.
        budget: What it was last given; None for what it began with.
    """
    said = [_IN_MINUTES] if (budget or card.config.budget).unit == "minutes" else []
    return [*said, note] if (note := _settings_lost(card)) else said


def _settings_lost(card: RunCard) -> str:
    """Say what settings the line doesn't make, as an older version or a program chose them; "" where it makes all."""
    closest = msgspec.structs.replace(card, config=arguments.by_options_alone(card.config))
    lost = differences([card, closest])
    if not lost:
        return ""
    had, gets = (", ".join(f"{name} {values[which]}" for name, values in lost) for which in (0, 1))
    return f"The run had {had}, which no option sets: the command takes {gets}, and makes a somewhat different network."


def spec(corpus: Provenance) -> str:
    """Return what `rnnplay train` takes for a text: a name, a generator's spec, a path or pattern, or "-".

    Raises:
        UserError: Its name has bytes that no command line shows.
    """
    if corpus.kind in _PIPED:
        return "-"
    place = from_json(corpus.name if corpus.kind in _NAMED else corpus.location or corpus.name)
    if place != place.encode("utf-8", "ignore").decode():
        raise UserError(f"No command can name '{place}', which is no UTF-8: give the file another name.")
    return place


def _start(parent: Parent) -> list[str]:
    options = [f"--from={parent.location or parent.label}"]
    return [*options, "--extend-vocabulary"] if parent.added else options
