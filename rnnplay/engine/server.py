"""The engine's process: reads questions from standard input, answers each on a thread of its own.

Only the main thread reads; it starts the answers, carries out `Cancel` and answers `Ping`, and ends the process when
standard input does. So whatever an answer does, the engine can be asked whether it lives, and dies with who started it.
"""

import faulthandler
import os
import signal
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING, NoReturn

import rnnplay
from rnnplay import faults
from rnnplay.engine import protocol
from rnnplay.engine.protocol import (
    Cancel,
    Describe,
    Done,
    Failed,
    Hello,
    Measure,
    Ping,
    Question,
    Reply,
    Told,
    Working,
)
from rnnplay.errors import UserError

if TYPE_CHECKING:
    from rnnplay.engine.answers import Answers

TURN_PATIENCE = 0.05  # seconds between two looks whether someone who waits for his turn still wants it
NOTED = 200  # characters of a line that is no question


class Server:
    """Answers questions until there are no more."""

    def __init__(self, answers: "Answers", output: int) -> None:
        """Begin.

        Args:
            answers: What knows the answers.
            output: Where replies go: a file descriptor.
        """
        self._answers = answers
        self._output = output
        self._writing = threading.Lock()
        self._counting = threading.Lock()  # of the answers that take all of a processor for long, one goes at a time
        self._cancelled: dict[int, threading.Event] = {}

    def take(self, line: bytes) -> None:
        """Take a line; what is no question is passed over."""
        asked = protocol.asked(line)
        if asked is None:
            print(f"no question: {line[:NOTED]!r}", file=sys.stderr, flush=True)  # noqa: T201 - for whoever looks for a fault
            return
        number, question = asked.number, asked.question
        if isinstance(question, Cancel):
            if question.number in self._cancelled:
                self._cancelled[question.number].set()
            self.tell(number, Done())
        elif isinstance(question, Ping):
            self.tell(number, Done())
        else:
            self._begin(number, question)

    def tell(self, number: int, reply: Reply) -> None:
        """Write a reply as one line; where nobody reads any more the process ends."""
        line = protocol.line(Told(number, reply))
        with self._writing:
            try:
                while line:
                    line = line[os.write(self._output, line) :]
            except OSError:
                os._exit(0)

    def _begin(self, number: int, question: Question) -> None:
        cancelled = self._cancelled[number] = threading.Event()
        try:
            threading.Thread(target=self._answer, args=(number, question, cancelled), daemon=True).start()
        except RuntimeError:
            self._cancelled.pop(number, None)
            self.tell(number, Failed("The engine has no thread left for that; try again in a moment."))

    def _answer(self, number: int, question: Question, cancelled: threading.Event) -> None:
        last: Reply = Done()
        try:
            if isinstance(question, Describe | Measure):
                if not self._has_turn(number, cancelled):
                    return
                try:
                    self._replies(number, question, cancelled)
                finally:
                    self._counting.release()
            else:
                self._replies(number, question, cancelled)
        except UserError as error:
            last = Failed(_one_line(str(error)))
        except MemoryError:
            last = Failed("There isn't enough memory for that.")
        except BaseException as error:  # whatever it is, whoever asked must not wait for ever
            last = Failed(_one_line(faults.sentence(error)))
        finally:
            self._cancelled.pop(number, None)
            self.tell(number, last)

    def _has_turn(self, number: int, cancelled: threading.Event) -> bool:
        """Wait for the turn to count, and return whether it came before the question was cancelled."""
        waited = False
        while not self._counting.acquire(timeout=TURN_PATIENCE):
            if cancelled.is_set():
                return False
            if not waited:
                self.tell(number, Working("waiting until another text is read"))
            waited = True
        return True

    def _replies(self, number: int, question: Question, cancelled: threading.Event) -> None:
        with closing(self._answers.to(question)) as replies:
            for reply in replies:
                if cancelled.is_set():
                    return
                if reply is not None:
                    self.tell(number, reply)


def _one_line(sentence: str) -> str:
    return " ".join(sentence.split("\n"))


def serve() -> NoReturn:
    """Answer what standard input asks, and end the process with it."""
    output = os.dup(1)
    os.dup2(2, 1)  # a stray print must not stand between the replies
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's ctrl+c is the app's affair
    hello = protocol.line(Told(0, Hello(protocol.PROTOCOL, rnnplay.__version__, os.getpid())))
    os.write(output, hello)
    from rnnplay.engine.answers import Answers  # numpy takes a while, and someone waits for the hello

    server = Server(Answers(), output)
    for line in sys.stdin.buffer:
        server.take(line)
    from rnnplay.engine import comparing

    comparing.end_all()
    os._exit(0)  # no thread, and no lock that one holds, is waited for
