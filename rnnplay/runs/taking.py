"""A folder that was exported as a run again.

It was made by others: links aren't followed, sizes are bounded, and every file is read, checked and written anew.
"""

import io
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec

from rnnplay import places
from rnnplay.errors import UserError, storage_error
from rnnplay.model import checkpoint as checkpoints
from rnnplay.runs import folder, log
from rnnplay.runs.folder import Run, RunCard
from rnnplay.runs.giving import CARD, EVENTS, WEIGHTS, card_to_give, events_to_give
from rnnplay.runs.model_loading import refuse_foreign
from rnnplay.text import generated
from rnnplay.text.records import Provenance
from rnnplay.text.shipped import table
from rnnplay.training.events import encode_line

# Bytes of each at most: weeks of training, and the largest network that anyone has patience for.
AT_MOST = {CARD: 1 << 20, EVENTS: 1 << 30, WEIGHTS: 1 << 31}


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
            card = _card_to_take(run.card(), source / CARD)
            network = checkpoints.load(copies / WEIGHTS)
            refuse_foreign(card, network, WEIGHTS)
        except UserError as error:
            raise UserError(str(error).replace(str(copies), str(source))) from error
        parts: dict[str, bytes | Iterable[bytes]] = {
            CARD: msgspec.json.encode(card),
            EVENTS: map(encode_line, events_to_give(card, log.stream(run.events))),
            WEIGHTS: checkpoints.to_bytes(network),
        }
        return folder.created(wanted, parts)


def _free_name(name: str, *, given: bool) -> str:
    """Return a name that the new run may have.

    Raises:
        UserError: It is taken or no name.
    """
    if given:
        return folder.checked_name(name)
    if os.path.lexists(places.runs_folder() / name):
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


def _card_to_take(card: RunCard, file: Path) -> RunCard:
    """Return a card of someone else's, from a file, with nothing in it that leads to a place on this machine.

    Raises:
        UserError: It was begun at no time there is.
    """
    if not 0 <= card.created <= folder.LATEST:
        raise UserError(f"'{file}' is damaged: it says that the run was begun at no time there is.")
    given = card_to_give(card)
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
