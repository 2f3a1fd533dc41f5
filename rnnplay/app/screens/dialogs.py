"""Small questions: yes or no, and a line of text."""

import asyncio
from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from rnnplay.app.text import plain
from rnnplay.app.widgets.line import Line


class Confirm(ModalScreen[bool]):
    """A question with two answers; Esc is no."""

    AUTO_FOCUS = "#no"  # Enter means the harmless answer
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n", "answer(False)", "No", show=False, id="confirm.no"),
        Binding("y", "answer(True)", "Yes", show=False, id="confirm.yes"),
        Binding("left,up", "app.focus_previous", show=False, id="confirm.previous"),
        Binding("right,down", "app.focus_next", show=False, id="confirm.next"),
    ]
    CSS_PATH = "dialogs.tcss"

    def __init__(self, question: str, yes: str = "Yes", no: str = "No") -> None:
        super().__init__(classes="dialog")
        self._question, self._yes, self._no = question, yes, no

    def compose(self) -> ComposeResult:
        """Put the question above its answers."""
        with Vertical(classes="box"):
            yield Static(plain(self._question), classes="question")
            with Horizontal(classes="answers"):
                yield Button(plain(f"{self._yes} (y)"), id="yes", variant="primary", compact=True)
                yield Button(plain(f"{self._no} (n)"), id="no", compact=True)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_answer(self, answer: bool) -> None:
        """Close with an answer."""
        self.dismiss(answer)


class AskText(ModalScreen[str | None]):
    """A question for a line of text; Esc gives None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Cancel", id="ask.leave")]
    CSS_PATH = "dialogs.tcss"

    def __init__(self, question: str, value: str = "", check: Callable[[str], str] | None = None) -> None:
        """Ask.

        Args:
            question: What is asked.
            value: What stands in the field at first.
            check: From the text to a sentence that says what is wrong with it, "" where nothing is.
        """
        super().__init__(classes="dialog")
        self._question, self._value, self._check = question, value, check
        self._wrong = Static(classes="wrong")

    def compose(self) -> ComposeResult:
        """Put the question above the field."""
        with Vertical(classes="box"):
            yield Static(plain(self._question), classes="question")
            yield self.field(self._value)
            yield self._wrong
            yield Static("enter: do it   esc: leave it", classes="hint")

    def field(self, value: str) -> Line:
        """Return the field, with what stands in it at first."""
        return Line(value, compact=True)

    @on(Input.Changed)
    def _changed(self) -> None:
        self._wrong.update("")

    @on(Input.Submitted)
    async def _submitted(self, event: Input.Submitted) -> None:
        wrong = await asyncio.to_thread(self._check, event.value) if self._check is not None else ""
        if wrong:
            self._wrong.update(plain(wrong))
        else:
            self.dismiss(event.value)

    def action_leave(self) -> None:
        """Close with nothing."""
        self.dismiss(None)
