"""The command that repeats a run."""

import shlex

from rnnplay.runs.folder import Parent, RunCard
from rnnplay.text.records import Provenance, from_json
from rnnplay.training import recipe

_NAMED = {"shipped", "local", "download"}  # kinds of texts that a name alone finds
_PIPED = {"stdin", "text"}


def line(card: RunCard) -> str:
    """Return one `rnnplay train ...` line, quoted for a shell, that repeats the run.

    The settings are the resolved ones: the device and the precision are named, so that they come out the same. A text
    that was piped in has to be piped in again.

    Raises:
        UserError: A setting is one that no option makes, as a program may have chosen it.
    """
    parts = ["rnnplay", "train", spec(card.corpus), "--shape", card.shape]
    for extension in card.corpus.extensions:
        parts += [f"--ext={extension}"]
    if card.parent is None:
        parts += recipe.arguments(card.config)
    else:
        parts += [*_start(card.parent), *recipe.fine_tuning_arguments(card.config)]
    return shlex.join(parts)


def spec(corpus: Provenance) -> str:
    """Return what `rnnplay train` takes for a text: a name, a generator's spec, a path or pattern, or "-"."""
    if corpus.kind in _PIPED:
        return "-"
    return from_json(corpus.name if corpus.kind in _NAMED else corpus.location or corpus.name)


def _start(parent: Parent) -> list[str]:
    options = [f"--from={parent.location or parent.label}"]
    return [*options, "--extend-vocabulary"] if parent.added else options
