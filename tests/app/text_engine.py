"""An engine that keeps, fetches and, where it is wanted, reads texts in earnest; what else is asked is made up."""

import asyncio
from collections.abc import AsyncGenerator
from typing import cast

from rnnplay.engine import texts
from rnnplay.engine.fake import FakeEngine
from rnnplay.engine.protocol import Describe, Fetch, Keep, Question, Reply, Steps


class TextEngine(FakeEngine):
    """Answers about texts as the engine's process does.

    Attributes:
        reads: Whether texts are read, too, and not only kept and fetched.
    """

    def __init__(self, *, reads: bool = False) -> None:
        super().__init__()
        self.reads = reads
        self._texts = texts.Texts()

    def _steps(self, question: Question) -> Steps | None:
        match question:
            case Keep():
                return texts.kept(question)
            case Fetch(name):
                return texts.fetched(name)
            case Describe() if self.reads:
                return self._texts.described(question)
        return None

    async def ask(self, question: Question) -> AsyncGenerator[Reply, None]:
        """Answer."""
        steps = self._steps(question)
        if steps is None:
            async for reply in super().ask(question):
                yield reply
            return
        self.asked.append(question)
        over = object()
        step: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        step.set_result(None)
        try:
            while True:
                step = asyncio.ensure_future(asyncio.to_thread(next, steps, over))
                said = await asyncio.shield(step)
                if said is over:
                    return
                if said is not None:
                    yield cast("Reply", said)
        finally:
            if step.done():
                steps.close()
            else:  # it can't be closed before this step of it is done
                step.add_done_callback(lambda _: steps.close())
