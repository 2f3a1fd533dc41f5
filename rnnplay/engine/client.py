"""The engine as the app sees it: questions in, replies out."""

from collections.abc import AsyncGenerator
from typing import Literal, Protocol

from rnnplay.engine.protocol import Question, Reply
from rnnplay.errors import UserError

EngineState = Literal["off", "starting", "ready", "dead"]


class EngineDiedError(UserError):
    """The engine's process has ended or hangs; the sentence holds its last words."""


class Engine(Protocol):
    """Something that answers questions: a child process, or a fake of it in tests."""

    @property
    def state(self) -> EngineState:
        """Where it is."""
        ...

    async def start(self) -> None:
        """Start it, or start it again where it has died; return when it has said hello.

        Raises:
            EngineDiedError: It can't be started.
        """
        ...

    def ask(self, question: Question) -> AsyncGenerator[Reply, None]:
        """Ask, and yield the replies up to the end; `Done` and `Failed` are not yielded.

        Closing the generator cancels the question. Where the engine is starting, the question waits for it.

        Raises:
            UserError: There is no answer, for a reason that a person can understand.
            EngineDiedError: The engine has died, or dies meanwhile.
        """
        ...

    async def close(self) -> None:
        """End it."""
        ...
