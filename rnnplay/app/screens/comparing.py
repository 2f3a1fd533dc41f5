"""Runs beside each other: scored by one protocol on one text, with what differs and what to mind."""

from collections.abc import Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from rnnplay.app.text import plain, trouble
from rnnplay.app.widgets.comparison_table import table
from rnnplay.engine.protocol import Compare, Scored, Working
from rnnplay.errors import UserError
from rnnplay.text.display import one_line

if TYPE_CHECKING:
    from rnnplay.engine.client import Engine

TEXT = 40  # characters of a text's name


class Comparing(ModalScreen[None]):
    """Asks the engine to score some networks, and shows what comes; leaving it leaves that off."""

    AUTO_FOCUS = "#page"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,v,q", "leave", "leave", show=False, id="comparing.leave", tooltip="Close it; ends the scoring"),
        Binding("t", "text", "text", show=False, id="comparing.text", tooltip="Score on the chosen text, or back"),
    ]
    CSS_PATH = "dialogs.tcss"

    def __init__(self, engine: "Engine", models: Sequence[str], corpus: str) -> None:
        """Compare.

        Args:
            engine: Who scores them.
            models: Two networks or more, as the engine takes them.
            corpus: The chosen text, on which they may be scored instead of what they held out.
        """
        super().__init__(classes="dialog")
        self._engine, self._models, self._corpus = engine, tuple(models), corpus
        self._on: str | None = None
        self._told, self._hint = Static(id="told"), Static(classes="hint")

    def compose(self) -> ComposeResult:
        """Put the table above what the keys do."""
        with Vertical(classes="box wide") as box:
            box.border_title = "the same text, the same protocol"
            with VerticalScroll(id="page", classes="page"):
                yield self._told
            yield self._hint

    def on_mount(self) -> None:
        """Ask."""
        self._ask()

    def _ask(self) -> None:
        other = "what they held out" if self._on is not None else f"'{one_line(self._corpus, TEXT)}'"
        self._hint.update(plain(f"t: on {other} instead   esc: close"))
        self._tell("looking for the networks …")
        question = Compare(self._models, self._on)
        self.run_worker(self._compare(question), exclusive=True, group="compare")

    async def _compare(self, question: Compare) -> None:
        try:
            async with aclosing(self._engine.ask(question)) as replies:
                async for reply in replies:
                    if isinstance(reply, Working):
                        self._tell(f"{reply.what} …")
                    elif isinstance(reply, Scored):
                        self._told.update(table(reply.comparison))
        except UserError as error:
            self._tell(trouble(error), wrong=True)

    def _tell(self, words: str, *, wrong: bool = False) -> None:
        self._told.set_class(wrong, "wrong")
        self._told.update(plain(f"✗ {words}" if wrong else words))

    def action_text(self) -> None:
        """Score on the chosen text, or on what they held out again."""
        self._on = self._corpus if self._on is None else None
        self._ask()

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)
