"""Leaving: asks where a training goes on."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from rnnplay.app.text import plain
from rnnplay.text.display import one_line

NAME_WIDTH = 40  # characters
Leaving = Literal["stop", "keep", "stay"]


class Quit(ModalScreen[Leaving]):
    """Asks what becomes of a training; Esc stays."""

    AUTO_FOCUS = "#keep"  # Enter means what loses nothing
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "answer('stop')", "Stop and save", show=False, id="quit.stop"),
        Binding("k,q", "answer('keep')", "Keep training", show=False, id="quit.keep"),
        Binding("escape,c,n", "answer('stay')", "Cancel", show=False, id="quit.stay"),
        Binding("left,up", "app.focus_previous", show=False, id="quit.previous"),
        Binding("right,down", "app.focus_next", show=False, id="quit.next"),
    ]
    CSS_PATH = "dialogs.tcss"

    def __init__(self, runs: Sequence[str]) -> None:
        """Ask.

        Args:
            runs: The names of the runs that train.
        """
        super().__init__(classes="dialog")
        self._runs = runs

    def compose(self) -> ComposeResult:
        """Put the question above its answers."""
        with Vertical(classes="box"):
            if not self._runs:
                yield Static("Leave rnnplay?", classes="question")
                with Horizontal(classes="answers"):
                    yield Button("Leave (q)", id="keep", compact=True, variant="primary")
                    yield Button("Cancel (esc)", id="stay", compact=True)
                return
            names = " and ".join(f"'{one_line(name, NAME_WIDTH)}'" for name in self._runs)
            said = f"{names} {'is' if len(self._runs) == 1 else 'are'} being trained."
            yield Static(plain(said), classes="question")
            with Horizontal(classes="answers"):
                yield Button("Stop and save (s)", id="stop", compact=True)
                yield Button("Keep training (k)", id="keep", compact=True, variant="primary")
                yield Button("Cancel (esc)", id="stay", compact=True)
            yield Static("Kept, it goes on without this window; 'rnnplay' follows it again.", classes="hint")

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        answers: dict[str | None, Leaving] = {"stop": "stop", "keep": "keep", "stay": "stay"}
        self.dismiss(answers[event.button.id])

    def action_answer(self, answer: Leaving) -> None:
        """Close with an answer."""
        if answer == "stop" and not self._runs:
            return
        self.dismiss(answer)
