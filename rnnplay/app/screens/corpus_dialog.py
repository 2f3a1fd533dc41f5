"""What the dialogs that give a text have in common: a sentence that follows what is done, and work that Esc ends."""

from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import ModalScreen
from textual.widgets import Button, Static
from textual.worker import Worker

from rnnplay.app.text import plain, trouble
from rnnplay.app.widgets.line import Line
from rnnplay.engine.client import Engine
from rnnplay.engine.protocol import Keep, Kept, Question, Reply, Working
from rnnplay.errors import UserError
from rnnplay.text.display import one_line
from rnnplay.text.own import mine

Result = TypeVar("Result")


class TextDialog(ModalScreen[Result | None]):
    """Asks for a text; None where it was left."""

    CSS_PATH = ["dialogs.tcss", "corpus_dialogs.tcss"]  # noqa: RUF012 - Textual declares its type

    def __init__(self, engine: Engine) -> None:
        super().__init__(classes="dialog")
        self._engine = engine
        self._work: Worker[None] | None = None

    def name_row(self, placeholder: str, *buttons: Button) -> ComposeResult:
        """Put the field for a name before what ends the dialog."""
        with Horizontal(classes="row"):
            yield Static("name", classes="label")
            yield Line(placeholder=placeholder, compact=True, id="name", max_length=mine.NAME_LENGTH)
            yield from buttons

    @property
    def name_typed(self) -> str | None:
        """The name in the field for it; None where there is none."""
        return self.query_one("#name", Line).value.strip() or None

    def say(self, sentence: str, *, wrong: bool = False) -> None:
        """Show a sentence."""
        for told in self.query("#told").results(Static):  # none once the dialog is left
            told.update(plain(sentence))
            told.set_class(wrong, "wrong")

    def begin(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Begin what takes time, unless something goes on that does."""
        if not self.at_work:
            self._work = self.run_worker(work, group="work", exclusive=True)

    @property
    def at_work(self) -> bool:
        """Whether what was begun goes on."""
        return self._work is not None and self._work.is_running

    def leave(self) -> None:
        """End what is being done; where nothing is, close with nothing."""
        if self.at_work and self._work is not None:
            self._work.cancel()
            self.say("Left off.")
        else:
            self.dismiss(None)

    async def replies(self, question: Question) -> AsyncGenerator[Reply, None]:
        """Yield what the engine replies; what goes wrong is said.

        Raises:
            UserError: It went wrong.
        """
        try:
            async with aclosing(self._engine.ask(question)) as replies:
                async for reply in replies:
                    yield reply
        except UserError as error:
            self._work = None  # it can be begun again at once
            self.say(trouble(error), wrong=True)
            raise

    async def kept(self, question: Keep) -> Kept:
        """Have a text kept, and say how far that is.

        Raises:
            UserError: It can't be; that was said.
        """
        self.say("waiting for the engine …" if self._engine.state != "ready" else "looking …")
        kept = Kept("")
        async with aclosing(self.replies(question)) as replies:
            async for reply in replies:
                match reply:
                    case Working(what, share):
                        self.say(f"{one_line(what, 200)}{'' if share is None else f' {share:.0%}'} · esc leaves it off")
                    case Kept():
                        kept = reply
        return kept
