"""The engine as a child process, asked over its pipes."""

import asyncio
import signal
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

import rnnplay
from rnnplay.engine import protocol, spawning
from rnnplay.engine.client import EngineDiedError, EngineState
from rnnplay.engine.protocol import Asked, Cancel, Done, Failed, Hello, Ping, Question, Reply
from rnnplay.errors import UserError
from rnnplay.text.display import one_line

LINE_AT_MOST = 1 << 26  # bytes of one reply
WORDS = 1 << 13  # bytes of what it said last
WORDS_SHOWN = 200  # characters


@dataclass(frozen=True)
class Patience:
    """How long the engine is waited for, in seconds.

    Attributes:
        hello: After its start: it imports numpy, perhaps from a cold disk beside a training.
        quiet: While something is asked and nothing comes, until it is asked whether it still answers.
        answer: For the answer to that.
        end: For its end, once it is asked to end, and once it is told to.
    """

    hello: float = 60.0
    quiet: float = 5.0
    answer: float = 10.0
    end: float = 1.0


class ProcessEngine:
    """The engine in a process of its own; see `Engine`."""

    def __init__(self, command: Sequence[str] = (), patience: Patience | None = None) -> None:
        """Begin with no process.

        Args:
            command: Another program that speaks the protocol, if not `python -m rnnplay.engine`.
            patience: How long it is waited for.
        """
        self._command = command or spawning.command("rnnplay.engine")
        self._patience = patience or Patience()
        self._child: _Child | None = None
        self._failure = EngineDiedError("The engine was ended.")  # what is told where there is no process
        self._state: EngineState = "off"
        self._closed = False
        self._starting = asyncio.Lock()
        self._turned = asyncio.Event()  # set, and replaced, whenever the state changes

    @property
    def state(self) -> EngineState:
        """Where it is."""
        if self._state == "ready" and self._child is not None and self._child.death is not None:
            return "dead"
        return self._state

    @property
    def pid(self) -> int | None:
        """The number of its process, if there is one."""
        return None if self._child is None else self._child.process.pid

    async def start(self) -> None:
        """Start it, or start it again where it has died; return when it has said hello.

        Raises:
            EngineDiedError: It can't be started.
        """
        async with self._starting:
            if self.state == "ready":
                return
            await self._end()
            self._turn("starting")
            try:
                self._child = await _Child.begun(self._command, self._patience)
                await self._child.hello()
            except BaseException as error:
                if isinstance(error, EngineDiedError):
                    await self._end()
                    self._failure = error
                self._turn("dead")
                raise
            self._turn("ready")

    def _turn(self, state: EngineState) -> None:
        self._state = state
        self._closed = False
        self._turned.set()
        self._turned = asyncio.Event()

    async def ask(self, question: Question) -> AsyncGenerator[Reply, None]:
        """Ask, and yield the replies up to the end; closing the generator cancels the question.

        Raises:
            UserError: There is no answer, for a reason that a person can understand.
            EngineDiedError: The engine has died, or dies meanwhile.
        """
        while self.state in {"off", "starting"} and not self._closed:
            await self._turned.wait()
        child = self._child
        if child is None:
            raise EngineDiedError(str(self._failure))
        number, replies = child.ask(question)
        ended = False
        try:
            while True:
                reply = await replies.get()
                ended = isinstance(reply, Done | Failed | EngineDiedError)
                if isinstance(reply, Done):
                    return
                if isinstance(reply, Failed):
                    raise UserError(reply.sentence)
                if isinstance(reply, EngineDiedError):
                    raise EngineDiedError(str(reply))
                yield reply
        finally:
            child.leave(number, cancel=not ended)

    async def close(self) -> None:
        """End it, whatever it does."""
        self._turn("off")
        self._closed = True
        await self._end()

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            await child.end()


class _Child:
    """One process, from its start to its end.

    Attributes:
        death: What to say of its end, once it has ended.
    """

    def __init__(self, process: Process, words: BinaryIO, patience: Patience) -> None:
        self.process = process
        self.death: EngineDiedError | None = None
        self._words = words
        self._patience = patience
        self._hello: asyncio.Future[Hello] = asyncio.get_running_loop().create_future()
        self._asked = 0
        self._open: dict[int, asyncio.Queue[Reply | EngineDiedError]] = {}
        self._heard = self._now()
        self._hung = self._ending = False
        self._tasks = [asyncio.ensure_future(work) for work in (self._read(), self._watch())]

    @classmethod
    async def begun(cls, command: Sequence[str], patience: Patience) -> "_Child":
        """Start one.

        Raises:
            EngineDiedError: There is no starting it.
        """
        words: BinaryIO | None = None
        try:
            words = tempfile.TemporaryFile()  # noqa: SIM115 - for as long as the process lives
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=PIPE,
                stdout=PIPE,
                stderr=words,
                limit=LINE_AT_MOST,
                env=spawning.environment(),
                **spawning.own_session(),
            )
        except OSError as error:
            if words is not None:
                words.close()
            raise EngineDiedError(f"The engine can't be started: {error.strerror or error}.") from error
        return cls(process, words, patience)

    async def hello(self) -> None:
        """Wait until it has said hello.

        Raises:
            EngineDiedError: It ends first, says nothing, or is of another version.
        """
        try:
            hello = await asyncio.wait_for(asyncio.shield(self._hello), self._patience.hello)
        except TimeoutError:
            self._hung = True
            await self.end()
            raise self.death or self._sentence() from None
        except asyncio.CancelledError:
            self._kill()
            raise
        if (hello.protocol, hello.version) != (protocol.PROTOCOL, rnnplay.__version__):
            await self.end()
            raise EngineDiedError(
                f"The engine is rnnplay {hello.version}, and this is {rnnplay.__version__}: it was installed anew "
                "meanwhile. Leave, and start again."
            )

    def ask(self, question: Question) -> tuple[int, "asyncio.Queue[Reply | EngineDiedError]"]:
        """Send a question and return its number and where its replies come; its death is one of them."""
        replies: asyncio.Queue[Reply | EngineDiedError] = asyncio.Queue()
        if not self._open:
            self._heard = self._now()
        number = self._send(question)
        if self.death is not None:
            replies.put_nowait(self.death)
        else:
            self._open[number] = replies
        return number, replies

    def leave(self, number: int, *, cancel: bool) -> None:
        """Take no more replies to a question, and let it be cancelled."""
        self._open.pop(number, None)
        if cancel and self.death is None:
            self._send(Cancel(number))

    def _send(self, question: Question) -> int:
        """Write a question; where the pipe is broken its reader finds out."""
        self._asked += 1
        if self.death is None and self.process.stdin is not None and not self.process.stdin.is_closing():
            self.process.stdin.write(protocol.line(Asked(self._asked, question)))
        return self._asked

    async def _read(self) -> None:
        """Hand the replies to those who asked, to the end of the process."""
        assert self.process.stdout is not None
        with suppress(ValueError, OSError):  # a line beyond all measure, or a pipe that breaks: the end
            while line := await self.process.stdout.readline():
                self._heard = self._now()
                told = protocol.told(line)
                if told is None:
                    continue
                if isinstance(told.reply, Hello):
                    if not self._hello.done():
                        self._hello.set_result(told.reply)
                elif told.number in self._open:
                    self._open[told.number].put_nowait(told.reply)
        await self._wait_or_kill()
        self.death = self._sentence()
        self._words.close()
        for replies in self._open.values():
            replies.put_nowait(self.death)
        self._open.clear()
        if not self._hello.done():
            self._hello.set_exception(self.death)
            self._hello.exception()  # whether anyone waits for it or not

    async def _wait_or_kill(self) -> None:
        """Wait for the end of a process that says nothing any more."""
        try:
            await asyncio.wait_for(self.process.wait(), self._patience.end)
        except TimeoutError:
            self._kill()
            await self.process.wait()

    async def _watch(self) -> None:
        """Kill a process that doesn't answer, asked whether it does."""
        patience = self._patience
        while True:
            await asyncio.sleep(patience.quiet / 5)
            if not self._open or self._now() - self._heard < patience.quiet:
                continue
            asked = self._now()
            self._send(Ping())
            for _ in range(10):  # in parts: the time in which this process itself was stopped counts as one
                await asyncio.sleep(patience.answer / 10)
                if self._heard > asked:
                    break
            else:
                self._hung = True
                self._kill()
                return

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            self.process.kill()

    async def end(self) -> None:
        """End the process: close its input, then tell it to end, then kill it."""
        self._ending = True
        reading, watching = self._tasks
        watching.cancel()
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            for act in (self.process.terminate, self.process.kill):
                done, _ = await asyncio.wait([reading], timeout=self._patience.end)
                if done:
                    break
                with suppress(ProcessLookupError):
                    act()
            await asyncio.gather(reading, watching, return_exceptions=True)
        except asyncio.CancelledError:
            self._kill()
            raise

    def _sentence(self) -> EngineDiedError:
        code = self.process.returncode
        if self._hung:
            told = "The engine didn't answer any more and was ended"
        elif self._ending:
            told = "The engine was ended"
        elif code is not None and code < 0:
            told = f"The engine was killed ({_signal_name(-code)})"
        else:
            told = f"The engine ended with exit code {code}"
        words = self._last_words()
        return EngineDiedError(f"{told}; its last words: {words}" if words else f"{told}.")

    def _last_words(self) -> str:
        """Return the line that tells most of what it wrote on its standard error."""
        try:
            self._words.seek(max(self._words.seek(0, 2) - WORDS, 0))
            lines = self._words.read().decode(errors="replace").strip().split("\n")
        except (OSError, ValueError):
            return ""
        fatal = [text for text in lines if text.startswith("Fatal Python error")]
        return one_line((fatal or lines)[-1].strip(), WORDS_SHOWN)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
