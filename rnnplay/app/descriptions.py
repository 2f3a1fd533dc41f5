"""What the engine has told of texts in this sitting."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace

from rnnplay.engine.client import Engine
from rnnplay.engine.protocol import Counted, Describe, Described, Working
from rnnplay.text.records import Baseline

KEPT = 64  # texts


@dataclass(frozen=True)
class Known:
    """What is known of a text so far.

    Attributes:
        figures: Its figures; None until it is read.
        ladder: Its baselines so far.
        doing: What the engine is doing for it, in words; "" once all was told.
        share: How far that is, from 0 to 1; None where nobody knows.
    """

    figures: Described | None = None
    ladder: tuple[Baseline, ...] = ()
    doing: str = ""
    share: float | None = None


class Descriptions:
    """Asks the engine about texts, and remembers whole answers as long as their files stay the same."""

    def __init__(self) -> None:
        self._whole: dict[object, Known] = {}

    def known(self, key: object) -> Known | None:
        """Return all that was told of a text, if it was."""
        return self._whole.get(key)

    async def ask(self, engine: Engine, question: Describe, key: object) -> AsyncGenerator[Known, None]:
        """Yield what is known as it grows; closing the generator cancels the question.

        Args:
            engine: Who answers.
            question: Which text.
            key: What the whole answer is remembered by.

        Raises:
            UserError: The text can't be read, or the engine has died.
        """
        told = self._whole.get(key)
        if told is not None:
            yield told
            return
        told = Known(doing="waiting for the engine …" if engine.state != "ready" else "reading …")
        yield told
        async with aclosing(engine.ask(question)) as replies:
            async for reply in replies:
                match reply:
                    case Working(what, share):
                        told = replace(told, doing=what, share=share)
                    case Described():
                        told = replace(told, figures=reply)
                    case Counted(ladder):
                        told = replace(told, ladder=ladder)
                    case _:
                        continue
                yield told
        told = replace(told, doing="", share=None)
        if told.figures is not None:
            self._whole[key] = told
            while len(self._whole) > KEPT:
                del self._whole[next(iter(self._whole))]
        yield told
