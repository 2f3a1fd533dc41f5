"""A text that the engine writes as fast as it can, kept until it is shown."""

from collections import deque
from contextlib import aclosing

from rnnplay.engine.client import Engine, EngineDiedError
from rnnplay.engine.protocol import Working, Write, Wrote
from rnnplay.errors import UserError
from rnnplay.sampling.records import SampledChar


class Stream:
    """One text on its way.

    Attributes:
        question: What was asked.
        waiting: What was written and isn't shown yet.
        doing: What the engine does before it writes, in words.
        trouble: Why nothing more comes, where that has a reason.
        died: Whether the reason is that the engine has ended.
        ended: Whether nothing more comes.
    """

    def __init__(self, question: Write) -> None:
        self.question = question
        self.waiting: deque[SampledChar] = deque()
        self.doing = ""
        self.trouble = ""
        self.died = False
        self.ended = False

    async def run(self, engine: Engine) -> None:
        """Ask, and keep what comes; cancelled, it leaves off."""
        try:
            async with aclosing(engine.ask(self.question)) as replies:
                async for reply in replies:
                    if isinstance(reply, Wrote):
                        self.doing = ""
                        self.waiting.extend(reply.characters)
                    elif isinstance(reply, Working):
                        self.doing = reply.what
        except UserError as error:
            self.trouble, self.died = str(error), isinstance(error, EngineDiedError)
        finally:
            self.ended = True

    @property
    def over(self) -> bool:
        """Whether all that came is taken and nothing more comes."""
        return self.ended and not self.waiting

    def take(self, count: int) -> list[SampledChar]:
        """Take the next few characters, at most so many."""
        return [self.waiting.popleft() for _ in range(min(count, len(self.waiting)))]
