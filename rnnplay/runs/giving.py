"""A run as a folder to give away: without the state of a trainer, and without the paths of this machine."""

import csv
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from rnnplay import files
from rnnplay.errors import UserError, storage_error
from rnnplay.model.checkpoint import Checkpoint
from rnnplay.runs import models
from rnnplay.runs.folder import Run, RunCard
from rnnplay.runs.model_loading import load_model
from rnnplay.text.display import one_line
from rnnplay.text.records import Provenance, from_json
from rnnplay.training.events import Evaluated, Event, Finished, Noted, Progress, Started

CARD, EVENTS, WEIGHTS = "run.json", "events.jsonl", "best.safetensors"  # what makes a run
WORD = 60  # characters of a word in a table

_REREAD_BY_NAME = {"shipped", "local", "download", "generated"}
_COLUMNS = (
    "type step epoch chars seconds spent loss bits_per_char learning_rate gradient_norm chars_per_second train_loss "
    "protocol estimate best best_step reason"
).split()
FIGURES = (Progress, Evaluated, Finished)
# A path from the root, or from a drive of Windows, inside a sentence: all up to its last part.
_QUOTED_FOLDERS = re.compile(r"(?<=')(?:[A-Za-z]:)?[\\/~][^'\n]*[\\/](?=[^'\\/\n]+')")
_FOLDERS = re.compile(r"(?<![\w.\\/])(?:[A-Za-z]:|~)?[\\/](?:[^\s'\"\\/]+[\\/])+")


def weights(run: Run) -> Checkpoint:
    """Return a run's best network, or where there is none yet its last, without the trainer's state.

    Raises:
        UserError: There is none, it is damaged, or it is of another run.
    """
    return load_model(models.of_run(run))


def card_to_give(card: RunCard) -> RunCard:
    """Return what a run is without what only this machine knows: where its text stood, and where its parent."""
    parent = card.parent
    if parent is not None:
        parent = msgspec.structs.replace(parent, label=_last_part(parent.label), location=None)
    return msgspec.structs.replace(card, corpus=_text_to_give(card.corpus), parent=parent)


def _text_to_give(corpus: Provenance) -> Provenance:
    if corpus.kind in _REREAD_BY_NAME:
        return msgspec.structs.replace(corpus, cache_key=None)
    location = None if corpus.location is None else _last_part(corpus.location)
    return msgspec.structs.replace(corpus, name=_last_part(corpus.name), location=location, cache_key=None)


def _last_part(path: str) -> str:
    """Return the last part of a path of whatever platform; of "/" all."""
    return re.split(r"[\\/]", path.rstrip("\\/"))[-1] or path


def events_to_give(card: RunCard, events: Iterable[Event]) -> Iterator[Event]:
    """Yield a run's events without the paths of this machine.

    Args:
        card: The run's own card.
        events: Those that count.
    """
    private = [from_json(card.corpus.location)] if card.corpus.location else []
    for event in events:
        if isinstance(event, Started):
            yield msgspec.structs.replace(event, corpus=_text_to_give(event.corpus))
        elif isinstance(event, Noted):
            yield msgspec.structs.replace(event, text=_without_folders(event.text, private))
        elif isinstance(event, Finished):
            yield msgspec.structs.replace(event, summary=_without_folders(event.summary, private))
        else:
            yield event


def _without_folders(sentence: str, private: Sequence[str]) -> str:
    """Return a sentence in which every path from the root is its last part."""
    for path in private:
        sentence = sentence.replace(path, _last_part(path))
    return _FOLDERS.sub("", _QUOTED_FOLDERS.sub("", sentence))


def csv_rows(events: Iterable[Event]) -> Iterator[str]:
    """Yield the figures of a run's events as lines of CSV: a row for each report, each look and the end."""
    row = csv.writer(_Line(), lineterminator="\n").writerow  # it returns what writing the line returns
    yield row(_COLUMNS)
    for event in events:
        if isinstance(event, FIGURES):
            kind = type(event).__name__.lower()
            yield row([kind, *(_cell(getattr(event, column, None)) for column in _COLUMNS[1:])])


class _Line:
    """What hands a line back that is written to it."""

    def write(self, line: str) -> str:
        """Return the line."""
        return line


def _cell(value: object) -> object:
    """Return a value as a table takes it: nothing for None, and no word that a spreadsheet takes for a formula."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        word = one_line(value, WORD)
        return f"'{word}" if word.startswith(("=", "+", "-", "@")) else word
    return value


def written(target: Path, parts: Mapping[str, bytes | Iterable[bytes]]) -> Path:
    """Make a folder with these files, as a whole or not at all.

    Raises:
        UserError: There is something of that name already, or there is no writing.
    """
    taken = UserError(f"'{target}' exists already, and nothing is overwritten: name another folder.")
    if os.path.lexists(target):
        raise taken
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=target.parent, prefix=".rnnplay-"))
        try:
            making.chmod(0o755)
            for name, content in parts.items():
                files.write_whole(making / name, content)
            files.replace(making, target)
        except BaseException:
            shutil.rmtree(making, ignore_errors=True)
            raise
    except OSError as error:
        if os.path.lexists(target):  # another process was quicker
            raise taken from error
        raise storage_error(target, error) from error
    return target
