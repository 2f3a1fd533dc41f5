"""A run as a folder to give away, and such a folder as a run again.

What is given away has no state of a trainer and no paths of this machine. What is taken in was made by others: links
aren't followed, sizes are bounded, and every file is read, checked and written anew.
"""

import csv
import io
import math
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from rnnplay import files, places
from rnnplay.errors import UserError, storage_error
from rnnplay.model import checkpoint as checkpoints
from rnnplay.model.checkpoint import Checkpoint
from rnnplay.runs import folder, log
from rnnplay.runs.folder import Run, RunCard
from rnnplay.text import generated
from rnnplay.text.display import one_line
from rnnplay.text.records import Provenance, from_json
from rnnplay.text.shipped import table
from rnnplay.training.events import Evaluated, Event, Finished, Noted, Progress, Started, encode_line

CARD, EVENTS, WEIGHTS = "run.json", "events.jsonl", "best.safetensors"  # what makes a run
# Bytes of each at most: weeks of training, and the largest network that anyone has patience for.
AT_MOST = {CARD: 1 << 20, EVENTS: 1 << 30, WEIGHTS: 1 << 31}
WORD = 60  # characters of a word in a table

_REREAD_BY_NAME = {"shipped", "local", "download", "generated"}
_COLUMNS = (
    "type step epoch chars seconds spent loss bits_per_char learning_rate gradient_norm chars_per_second train_loss "
    "protocol estimate best best_step reason"
).split()
_FIGURES = (Progress, Evaluated, Finished)
# A path from the root, or from a drive of Windows, inside a sentence: all up to its last part.
_QUOTED_FOLDERS = re.compile(r"(?<=')(?:[A-Za-z]:)?[\\/~][^'\n]*[\\/](?=[^'\\/\n]+')")
_FOLDERS = re.compile(r"(?<![\w.\\/])(?:[A-Za-z]:|~)?[\\/](?:[^\s'\"\\/]+[\\/])+")


# Giving away


def weights(run: Run) -> Checkpoint:
    """Return a run's best network, or where there is none yet its last, without the trainer's state.

    Raises:
        UserError: There is none, or it is damaged.
    """
    best = run.checkpoint("best")
    return checkpoints.load(best if best.is_file() else run.checkpoint("last"))


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


def csv_of(events: Iterable[Event]) -> str:
    """Return the figures of a run's events as CSV: a row for each report, each look and the end."""
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for event in events:
        if isinstance(event, _FIGURES):
            kind = type(event).__name__.lower()
            writer.writerow([kind, *(_cell(getattr(event, column, None)) for column in _COLUMNS[1:])])
    return page.getvalue()


def _cell(value: object) -> object:
    """Return a value as a table takes it: nothing for None, and no word that a spreadsheet takes for a formula."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        word = one_line(value, WORD)
        return f"'{word}" if word.startswith(("=", "+", "-", "@")) else word
    return value


def written(target: Path, parts: Mapping[str, bytes]) -> Path:
    """Make a folder with these files, as a whole or not at all.

    Raises:
        UserError: There is something of that name already, or there is no writing.
    """
    if os.path.lexists(target):
        raise UserError(f"'{target}' exists already, and nothing is overwritten: name another folder.")
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
        raise storage_error(target, error) from error
    return target


# Taking in


def imported(source: Path, name: str | None = None) -> Run:
    """Make a run of a folder that was exported, perhaps elsewhere.

    Only what makes a run is taken: what it is, its events and its weights, each read, checked and written anew. It has
    no state, so it can't be resumed.

    Args:
        source: The folder.
        name: The run's; None is the folder's.

    Raises:
        UserError: It is no such folder, something in it is damaged, too large or a link, or the name is taken.
    """
    if not source.is_dir():
        raise UserError(f"'{source}' is not a folder that 'rnnplay runs export' made.")
    wanted = _free_name(name or source.resolve().name, given=name is not None)
    with tempfile.TemporaryDirectory(prefix="rnnplay-") as making:
        copies = Path(making)
        for file in (CARD, EVENTS, WEIGHTS):
            _copy(source / file, copies / file, AT_MOST[file])
        run = Run(copies)
        try:
            card = _believable(run.card(), source / CARD)
            network = checkpoints.load(copies / WEIGHTS)
            _refuse_misfits(card, network)
        except UserError as error:
            raise UserError(str(error).replace(str(copies), str(source))) from error
        parts = {
            CARD: msgspec.json.encode(card),
            EVENTS: b"".join(map(encode_line, events_to_give(card, log.read(run.events)))),
            WEIGHTS: checkpoints.to_bytes(network),
        }
        return folder.created(wanted, parts)


def refuse_without_state(run: Run) -> None:
    """Refuse to resume a run that has weights alone.

    Raises:
        UserError: It has no `last.safetensors`, as an imported run.
    """
    if run.checkpoint("best").is_file() and not run.checkpoint("last").is_file():
        raise UserError(
            f"'{run.name}' can't be resumed: it has its best weights alone, as an imported run, and no state of the "
            f"optimizer. 'rnnplay train TEXT --from {run.name}' trains them further, as a new run."
        )


def _free_name(name: str, *, given: bool) -> str:
    """Return a name that the new run may have.

    Raises:
        UserError: It is taken or no name.
    """
    if given:
        return folder.checked_name(name)
    if (places.runs_folder() / name).exists():
        raise UserError(f"There is a run '{name}' already: choose another name, with --name.")
    try:
        return folder.checked_name(name)
    except UserError as error:
        raise UserError(f"{error} --name gives it one.") from error


def _copy(source: Path, target: Path, at_most: int) -> None:
    """Copy a file of someone else's, if it is a plain one and not too large.

    Raises:
        UserError: It isn't there, is no plain file, or is larger.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        if not stat.S_ISREG(source.lstat().st_mode):
            raise UserError(f"'{source}' is a link or no plain file: it isn't imported.")
        with os.fdopen(os.open(source, flags), "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise UserError(f"'{source}' is no plain file: it isn't imported.")
            if found.st_size > at_most:
                raise UserError(f"'{source}' has {found.st_size:,} bytes; at most {at_most:,} are imported.")
            with target.open("wb") as copy:
                shutil.copyfileobj(_Bounded(file, at_most), copy, 1 << 20)
    except FileNotFoundError as error:
        raise UserError(f"'{source.parent}' is no exported run: '{source.name}' is missing.") from error
    except OSError as error:
        raise storage_error(source, error) from error


class _Bounded(io.RawIOBase):
    """A file that ends after so many bytes, though it grows while it is read."""

    def __init__(self, file: io.BufferedReader, at_most: int) -> None:
        self._file, self._left = file, at_most

    def read(self, size: int = -1) -> bytes:
        content = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(content)
        return content


def _believable(card: RunCard, file: Path) -> RunCard:
    """Return a card of someone else's, from a file, with nothing in it that leads to a place on this machine.

    Raises:
        UserError: It makes no sense.
    """
    try:
        config = card.config.checked()
    except UserError as error:
        raise UserError(f"'{file}' is damaged: {error}") from error
    if not (math.isfinite(card.created) and 0 <= card.created <= folder.LATEST):
        raise UserError(f"'{file}' is damaged: it says that the run was begun at no time there is.")
    if card.optimum is not None and not (math.isfinite(card.optimum) and 0 <= card.optimum < 64):
        raise UserError(f"'{file}' is damaged: its optimum is no number of bits.")
    given = card_to_give(msgspec.structs.replace(card, config=config))
    return msgspec.structs.replace(given, corpus=_text_to_take(given.corpus))


def _text_to_take(corpus: Provenance) -> Provenance:
    """Return where a text of someone else's is from, as one that wasn't kept where that could mean anything here.

    A name of the catalogue, a generator's and a file of the same name in the working folder stay: such a text is used
    only where its hash is the run's.
    """
    unkept = msgspec.structs.replace(corpus, kind="text", location=None)
    if corpus.kind in {"shipped", "local", "download"}:
        return corpus if corpus.name in {entry.name for entry in table()} else unkept
    if corpus.kind == "generated":
        return corpus if generated.is_spec(corpus.location or corpus.name) else unkept
    if corpus.kind in {"file", "folder", "glob"}:
        location = corpus.location or "."
        leads_away = location in {".", "..", "~", "-"} or any(mark in location for mark in ("/", "\\", ":", "**"))
        return unkept if leads_away else corpus
    return corpus if corpus.kind in {"stdin", "text"} else unkept


def _refuse_misfits(card: RunCard, network: Checkpoint) -> None:
    """Refuse weights that aren't of the run.

    Raises:
        UserError: The network or the text is another.
    """
    own = msgspec.structs.replace(card.config.model, dropout=network.model.dropout)
    if own != network.model:
        raise UserError(f"'{WEIGHTS}' doesn't fit '{CARD}': it holds {network.model}, not {card.config.model}.")
    if network.corpus.sha256 != card.corpus.sha256:
        raise UserError(f"'{WEIGHTS}' doesn't fit '{CARD}': it learned from another text.")
