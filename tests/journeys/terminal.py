"""A program in a pseudo-terminal, and what a person would see of it."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import pyte

PATIENCE = 90.0  # seconds after which a thing that was to be seen counts as never coming
KEYS = {
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "f1": "\x1bOP",
    "f2": "\x1bOQ",
    "f3": "\x1bOR",
    "f4": "\x1bOS",
    "f5": "\x1b[15~",
    "f9": "\x1b[20~",
    "ctrl+c": "\x03",
    "ctrl+n": "\x0e",
    "ctrl+p": "\x10",
    "ctrl+q": "\x11",
    "ctrl+r": "\x12",
    "ctrl+u": "\x15",
}
# What the emulator would print: questions and modes of newer terminals, `ESC [ > 1 u`, `ESC [ ? 2048 $ p` and the like.
_BEYOND = re.compile(rb"\x1b\[[<=>][\d;]*[a-zA-Z]|\x1b\[\?[\d;]*(?:\$p|u)|\x1bP[^\x1b]*\x1b\\\\")
_TORN = re.compile(rb"\x1b(?:\[[\d;<=>?$ ]*|P[^\x1b]*\x1b?)?$")  # a sequence whose end is in the next piece

Found = TypeVar("Found")


class Terminal:
    """A terminal with a program in it, in a session of its own as a terminal's program is.

    Attributes:
        process: The program.
        heard: All that it wrote, in pieces with the time at which each came, if `recorded`.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 100,
        rows: int = 30,
        environment: Mapping[str, str] | None = None,
        recorded: bool = False,
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.heard: list[tuple[float, bytes]] = []
        self._recorded = recorded
        self._torn = b""
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        variables = {"TERM": "xterm-256color", "COLORTERM": "truecolor", **(environment or {})}
        another = ("TMUX", "TEXTUAL", "COLUMNS", "LINES")  # what another terminal's programs are told
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(another)}
        heard = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # tests under nohup are deaf to it, and so would this be
        try:
            self.process = subprocess.Popen(
                command,
                stdin=slave,
                stdout=slave,
                stderr=slave,
                env=inherited | variables,
                start_new_session=True,
            )
        finally:
            signal.signal(signal.SIGHUP, heard)
            os.close(slave)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        """End the program if it hasn't ended, and close the terminal."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._master)

    def take(self, patience: float = 0.0) -> bool:
        """Take what the program wrote, waiting so many seconds for it, and return whether there was any."""
        ready, _, _ = select.select([self._master], [], [], patience)
        if not ready:
            return False
        try:
            piece = os.read(self._master, 1 << 16)
        except OSError:  # the program has ended
            return False
        if self._recorded:
            self.heard.append((time.perf_counter(), piece))
        else:
            self.show(piece)
        return bool(piece)

    def show(self, piece: bytes) -> None:
        """Let the screen show what was written."""
        piece = self._torn + piece
        torn = _TORN.search(piece)
        self._torn = b"" if torn is None else piece[torn.start() :]
        self._stream.feed(_BEYOND.sub(b"", piece[: len(piece) - len(self._torn)]))

    def press(self, *keys: str) -> None:
        """Press keys, by their names or what they type."""
        for key in keys:
            os.write(self._master, KEYS.get(key, key).encode())

    def line(self, row: int) -> str:
        """Return what stands on one line of the screen."""
        cells = self.screen.buffer[row]
        return "".join(cells[column].data for column in range(self.screen.columns)).rstrip()

    def lines(self) -> list[str]:
        """Return what stands on the screen."""
        return [line.rstrip() for line in self.screen.display]

    @property
    def text(self) -> str:
        """What stands on the screen, as one text."""
        return "\n".join(self.lines())

    def until(self, look: Callable[[], Found | None], what: str = "it") -> Found:
        """Take what the program writes until something is so."""
        deadline = time.monotonic() + PATIENCE
        while not (found := look()):
            assert time.monotonic() < deadline, f"{what} never came; the screen:\n{self.text}"
            if not self.take(0.05) and self.process.poll() is not None and not look():
                raise AssertionError(f"{what} never came: the program ended ({self.process.returncode}):\n{self.text}")
        return found

    def sees(self, pattern: str) -> re.Match[str]:
        """Wait until something stands on the screen, and return it."""
        return self.until(lambda: re.search(pattern, self.text, re.MULTILINE), f"/{pattern}/")

    def sees_no(self, pattern: str) -> None:
        """Wait until something stands on the screen no more."""
        self.until(lambda: not re.search(pattern, self.text, re.MULTILINE), f"a screen without /{pattern}/")

    def ends(self) -> int:
        """Wait for the program's end and return its exit code."""
        self.until(lambda: self.process.poll() is not None, "the end")
        return self.process.returncode

    @property
    def is_sane(self) -> bool:
        """Whether it shows what is typed and waits for whole lines, as a shell finds it."""
        flags: int = termios.tcgetattr(self._master)[3]
        return bool(flags & termios.ECHO and flags & termios.ICANON)

    def hang_up(self) -> None:
        """Close the window: what a terminal tells the program then."""
        self.process.send_signal(signal.SIGHUP)


def app(**settings: object) -> Terminal:
    """Open `rnnplay` in a terminal."""
    return Terminal([sys.executable, "-m", "rnnplay"], **settings)  # type: ignore[arg-type]
