"""Pastes as the terminal sends them: text, whatever stands in it, and never keys."""

import sys
from collections.abc import Iterable
from time import monotonic

from textual._xterm_parser import XTermParser
from textual.driver import Driver
from textual.events import Paste
from textual.message import Message

BEGIN, END = "\x1b[200~", "\x1b[201~"
KEPT = "\t\n\r"  # of the control characters
BURST = 128  # characters that come at once, more than anyone types: pasted in a terminal that doesn't mark pastes
PAUSE = 0.05  # seconds without a character that end such a paste
_DROPPED = {number: None for number in (*range(32), *range(127, 160)) if chr(number) not in KEPT}


class PasteParser(XTermParser):
    """Reads what the terminal sends; a paste is taken whole.

    Textual's own parser takes an escape within a paste for the beginning of a key, and so the characters behind it for
    keys: tmux pastes escapes as they are, where other terminals leave them out. Here all control characters but
    newlines and tabs are left out.

    A terminal that marks no pastes sends their characters as keys. Each would become an event of 1.5 kB in a queue,
    and a newline or a digit among them would be a command; so many at once are one paste, too.
    """

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._pieces: list[str] = []
        self._pasting = False
        self._end = ""  # of what was read last: a mark may come in two pieces
        self._burst: list[str] = []
        self._burst_at = 0.0  # when the last piece of it came

    def feed(self, data: str) -> Iterable[Message]:
        """Yield what the terminal told."""
        if not data:
            yield from self._end_burst()
            yield from super().feed(data)
        while data:
            mark = END if self._pasting else BEGIN
            joined = self._end + data
            found = joined.find(mark)
            cut = len(data) if found < 0 else found + len(mark) - len(self._end)
            piece, data = data[:cut], data[cut:]
            self._end = "" if found >= 0 else joined[1 - len(mark) :]
            if self._pasting:
                self._pieces.append(piece)
            else:
                yield from self._typed(piece)
            if found < 0:
                continue
            if self._pasting:
                yield from (told for told in super().feed(END) if not isinstance(told, Paste))
                pasted = "".join(self._pieces)[: -len(END)]
                self._pieces.clear()
                yield Paste(pasted.translate(_DROPPED))
            self._pasting = not self._pasting

    def tick(self) -> Iterable[Message]:
        """Yield what has ended because nothing more came."""
        if monotonic() - self._burst_at >= PAUSE:
            yield from self._end_burst()
        yield from super().tick()

    def _typed(self, piece: str) -> Iterable[Message]:
        """Yield keys, or nothing yet where it belongs to a paste without marks."""
        now = monotonic()
        if self._burst and now - self._burst_at >= PAUSE:
            yield from self._end_burst()
        if "\x1b" not in piece and (self._burst or len(piece) >= BURST):
            self._burst.append(piece)
            self._burst_at = now
            return
        yield from self._end_burst()
        yield from super().feed(piece)

    def _end_burst(self) -> Iterable[Message]:
        if self._burst:
            text = "".join(self._burst).translate(_DROPPED)
            self._burst.clear()
            yield Paste(text)


def install(driver: type[Driver]) -> None:
    """Let a driver read by `PasteParser`; one that reads in another way is left as it is."""
    for name in (driver.__module__, "textual.drivers.win32"):
        module = sys.modules.get(name)
        if module is not None and "XTermParser" in vars(module):
            vars(module)["XTermParser"] = PasteParser
