"""The event log: append-only, one JSON object a line, read while it is written."""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import accumulate, chain
from operator import itemgetter
from pathlib import Path

from rnnplay import files
from rnnplay.errors import storage_error
from rnnplay.training.config import Budget
from rnnplay.training.events import Evaluated, Event, Finished, Progress, Sampled, Started, decode_lines, encode_line

TAIL = 1 << 14  # bytes at a log's end that are looked at first …
LOOKED_BACK = 1 << 30  # … and at most, where they hold no event
OUTLINE_AT_MOST = 2000  # events of a kind that a person reads
PIECE = 1 << 20  # bytes that are read at once …
LINE_AT_MOST = 1 << 22  # … and the longest line that there can be


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
        whole = size = file.seek(0, os.SEEK_END)
        while whole > 0:
            start = max(whole - PIECE, 0)
            file.seek(start)
            newline = file.read(whole - start).rfind(b"\n")
            if newline >= 0:
                whole = start + newline + 1
                break
            whole = start
        if whole < size:
            file.truncate(whole)


def read(path: Path) -> list[Event]:
    """Return the events that count, see `stream`."""
    return list(stream(path))


def stream(path: Path, *kinds: type[Event], size: int | None = None) -> Iterator[Event]:
    """Yield the events that count, in bounded memory; what is appended meanwhile isn't among them.

    After a resumption, those beyond the step that it began at are void.

    Args:
        path: The log.
        kinds: Of which kinds; none named is all.
        size: How many bytes of the log are read; None is what it has now.
    """
    size = files.size(path) if size is None else size
    starts = [event.from_step for event in _pieces_decoded(path, size, Started) if isinstance(event, Started)]
    bounds = list(accumulate(reversed(starts), min))  # the lowest step that any later training began at, the last first
    for event in _pieces_decoded(path, size, *({*kinds, Started} if kinds else ())):
        if isinstance(event, Started):
            del bounds[-1:]
        elif bounds and event.step > bounds[-1]:
            continue
        if not kinds or isinstance(event, kinds):
            yield event


def read_outline(path: Path) -> list[Event]:
    """Return what a person reads of a log: how it began last, evaluations, samples, how it ended or how far it is."""
    outline: dict[type[Event], deque[tuple[int, Event]]] = {
        Started: deque(maxlen=1),
        Evaluated: deque(maxlen=OUTLINE_AT_MOST),
        Sampled: deque(maxlen=OUTLINE_AT_MOST),
        Finished: deque(maxlen=OUTLINE_AT_MOST),
    }
    for place, event in enumerate(stream(path, *outline)):
        outline[type(event)].append((place, event))
    events = [event for _, event in sorted(chain(*outline.values()), key=itemgetter(0))]
    if not (events and isinstance(events[-1], Finished)):  # its reports aren't read for the last one
        events += [event for event in tail(path) if isinstance(event, Progress)][-1:]
    return events


def _pieces_decoded(path: Path, size: int, *kinds: type[Event]) -> Iterator[Event]:
    """Yield all events that stand in the first bytes of a log."""
    lines = LineFollower(path)
    while True:
        yield from decode_lines(lines.read(size), *kinds)
        if lines.restarted or not lines.more:
            return


def tail(path: Path) -> list[Event]:
    """Return the last few events, without reading the whole log unless there are none at its end."""
    for lines in _pieces_from_end(path):
        events = list(decode_lines(lines))
        if events:
            return _without_void(events)
    return []


def _without_void(events: Iterable[Event]) -> list[Event]:
    counting: list[Event] = []
    for event in events:
        if isinstance(event, Started):
            counting = [old for old in counting if isinstance(old, Started) or old.step <= event.from_step]
        counting.append(event)
    return counting


def _pieces_from_end(path: Path) -> Iterator[bytes]:
    """Yield a log's whole lines in pieces, the last ones first; a line longer than `LINE_AT_MOST` is left out."""
    length, rest, ends_whole = TAIL, b"", False
    try:
        with files.open_plain(path) as file:
            start = size = file.seek(0, os.SEEK_END)
            while start > max(size - LOOKED_BACK, 0):
                end, start = start, max(start - length, 0)
                file.seek(start)
                content = file.read(end - start) + rest
                if not ends_whole:
                    content = content[: content.rfind(b"\n") + 1]
                first = content.find(b"\n") + 1 if start else 0  # that line may begin further ahead
                yield content[first:]
                rest = content[:first] if first <= LINE_AT_MOST else b""
                ends_whole = bool(rest)
                length = min(8 * length, PIECE)
    except OSError:
        return


def last_budget(path: Path) -> Budget | None:
    """Return the budget that the run of a log was last given; None where the log doesn't tell."""
    budget = None
    for event in _pieces_decoded(path, files.size(path), Started):
        if isinstance(event, Started):
            budget = event.config.budget
    return budget


class LineFollower:
    """Reads a file of lines as it grows; each call returns what came since the last, a bounded piece at a time.

    Attributes:
        offset: How many bytes were read or passed over.
        more: Whether the last call left something that could be read at once.
        restarted: Whether the last call began from the front again: the file was another, for it had become shorter.
    """

    def __init__(self, path: Path, offset: int = 0) -> None:
        self._path = path
        self.offset = offset
        self._piece = PIECE
        self.more = False
        self.restarted = False

    def move(self, path: Path) -> None:
        """Go on with the same file under another name."""
        self._path = path

    def read(self, until: int | None = None) -> bytes:
        """Return the new whole lines, or the first of them if there are very many.

        Args:
            until: What stands beyond so many bytes isn't read.
        """
        self.more = self.restarted = False
        try:
            with files.open_plain(self._path) as file:
                size = file.seek(0, os.SEEK_END)
                if size < self.offset:
                    self.offset = 0
                    self.restarted = True
                size = size if until is None else min(size, until)
                file.seek(self.offset)
                content = file.read(max(min(self._piece, size - self.offset), 0))
        except OSError:
            return b""
        whole = content.rfind(b"\n") + 1
        if not whole and len(content) == self._piece:  # a line longer than a piece
            self.more = True
            if self._piece < LINE_AT_MOST:
                self._piece *= 2
            else:  # no line of ours: pass over it
                self.offset += len(content)
            return b""
        if whole:
            self._piece = PIECE
        self.offset += whole
        self.more = bool(whole) and self.offset + len(content) - whole < size
        return content[:whole]


class Follower(LineFollower):
    """Reads a log as it grows, as `LineFollower` does."""

    @classmethod
    def from_now(cls, path: Path) -> "Follower":
        """Return one that passes over what stands there already."""
        follower = cls(path)
        with suppress(OSError), files.open_plain(path) as file:  # it may not be there yet
            file.seek(max(file.seek(0, os.SEEK_END) - TAIL, 0))
            content = file.read(TAIL)
            follower.offset = file.tell() - (len(content) - (content.rfind(b"\n") + 1))
        return follower

    def poll(self) -> list[Event]:
        """Return the new whole lines' events, or the first of them if there are very many."""
        return list(decode_lines(self.read()))
