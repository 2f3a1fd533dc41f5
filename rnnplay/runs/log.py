"""The event log: append-only, one JSON object a line, read while it is written."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from rnnplay.errors import storage_error
from rnnplay.training.config import Budget
from rnnplay.training.events import Event, Started, decode_line, encode_line

TAIL = 1 << 14  # bytes at a log's end that are looked at first
PIECE = 1 << 20  # bytes that a follower reads at once …
LINE_AT_MOST = 1 << 26  # … and the longest line that it waits for


class EventWriter:
    """Appends events to a log, after cutting a last line that was torn."""

    def __init__(self, path: Path) -> None:
        """Open the log.

        Raises:
            UserError: It can't be written.
        """
        self._path = path
        try:
            cut_torn_line(path)
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            raise storage_error(path, error) from error

    def append(self, event: Event) -> None:
        """Write an event in one call.

        Raises:
            UserError: It can't be written.
        """
        try:
            self._file.write(encode_line(event))
        except OSError as error:
            raise storage_error(self._path, error) from error

    def close(self) -> None:
        """Close the log."""
        self._file.close()


def cut_torn_line(path: Path) -> None:
    """Cut what stands after the last newline: a writer was killed in the middle of a line."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        content = file.read()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            file.truncate(whole)


def read(path: Path) -> list[Event]:
    """Return the events that count: after a resumption, those beyond the step that it began at are void."""
    return _counting(_decoded(_content(path)))


def _counting(events: Iterable[Event]) -> list[Event]:
    kept: list[Event] = []
    for event in events:
        if isinstance(event, Started):
            kept = [old for old in kept if isinstance(old, Started) or old.step <= event.from_step]
        kept.append(event)
    return kept


def tail(path: Path) -> list[Event]:
    """Return the last few events, without reading the whole log."""
    length = TAIL
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            while True:
                file.seek(max(size - length, 0))
                content = file.read(length)
                if size > length:
                    content = content[content.find(b"\n") + 1 :]
                events = _counting(_decoded(content))
                if events or length >= size:
                    return events
                length *= 8
    except OSError:
        return []


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _decoded(content: bytes) -> Iterator[Event]:
    for line in content.split(b"\n")[:-1]:
        event = decode_line(line)
        if event is not None:
            yield event


class Follower:
    """Reads a log as it grows; each call returns what came since the last, a bounded piece at a time.

    Attributes:
        more: Whether the last call left something that could be read at once.
        restarted: Whether the last call began from the front again: the log was another, for it had become shorter.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._piece = PIECE
        self.more = False
        self.restarted = False

    @classmethod
    def from_now(cls, path: Path) -> "Follower":
        """Return one that passes over what stands there already."""
        follower = cls(path)
        try:
            with path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(size - TAIL, 0))
                content = file.read()
                follower._offset = file.tell() - (len(content) - (content.rfind(b"\n") + 1))
        except OSError:  # it isn't there yet
            pass
        return follower

    def move(self, path: Path) -> None:
        """Go on with the same log under another name."""
        self._path = path

    def poll(self) -> list[Event]:
        """Return the new whole lines' events, or the first of them if there are very many."""
        self.more = self.restarted = False
        try:
            with self._path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                if size < self._offset:
                    self._offset = 0
                    self.restarted = True
                file.seek(self._offset)
                content = file.read(self._piece)
        except OSError:
            return []
        whole = content.rfind(b"\n") + 1
        if not whole and len(content) == self._piece:  # a line longer than a piece
            self.more = True
            if self._piece < LINE_AT_MOST:
                self._piece *= 2
            else:  # no line of ours: pass over it
                self._offset += len(content)
            return []
        if whole:
            self._piece = PIECE
        self._offset += whole
        self.more = bool(whole) and self._offset + len(content) - whole < size
        return list(_decoded(content[:whole]))


def last_budget(path: Path) -> Budget | None:
    """Return the budget that the run of a log was last given; None where the log doesn't tell."""
    found = None
    try:
        with path.open("rb") as file:
            for line in file:
                if b'"started"' in line[:40]:
                    event = decode_line(line)
                    found = event.config.budget if isinstance(event, Started) else found
    except OSError:
        return None
    return found
