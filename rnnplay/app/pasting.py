"""Pastes as the terminal sends them: text, whatever stands in it, and never keys."""

import sys
from collections.abc import Iterable

from textual._xterm_parser import XTermParser
from textual.driver import Driver
from textual.events import Paste
from textual.message import Message

BEGIN, END = "\x1b[200~", "\x1b[201~"
KEPT = "\t\n\r"  # of the control characters
_DROPPED = {number: None for number in (*range(32), *range(127, 160)) if chr(number) not in KEPT}


class PasteParser(XTermParser):
    """Reads what the terminal sends; a paste is taken whole.

    Textual's own parser takes an escape within a paste for the beginning of a key, and so the characters behind it for
    keys: tmux pastes escapes as they are, where other terminals leave them out. Here all control characters but
    newlines and tabs are left out.
    """

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._pieces: list[str] = []
        self._pasting = False
        self._end = ""  # of what was read last: a mark may come in two pieces

    def feed(self, data: str) -> Iterable[Message]:
        """Yield what the terminal told."""
        if not data:
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
                yield from super().feed(piece)
            if found < 0:
                continue
            if self._pasting:
                yield from (told for told in super().feed(END) if not isinstance(told, Paste))
                pasted = "".join(self._pieces)[: -len(END)]
                self._pieces.clear()
                yield Paste(pasted.translate(_DROPPED))
            self._pasting = not self._pasting


def install(driver: type[Driver]) -> None:
    """Let a driver read by `PasteParser`; one that reads in another way is left as it is."""
    for name in (driver.__module__, "textual.drivers.win32"):
        module = sys.modules.get(name)
        if module is not None and "XTermParser" in vars(module):
            vars(module)["XTermParser"] = PasteParser
