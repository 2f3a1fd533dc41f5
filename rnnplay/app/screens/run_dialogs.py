"""Questions about runs: where a folder is, and the command that repeats a run."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from rnnplay.app.screens.dialogs import AskText
from rnnplay.app.text import plain
from rnnplay.app.widgets.line import Line
from rnnplay.app.widgets.path_field import PathField


class AskPath(AskText):
    """A question for a path, which Tab completes."""

    def field(self, value: str) -> Line:
        """Return a field that knows paths."""
        field = PathField()
        field.placeholder = "tab completes"
        field.value = value
        return field


class ShowRecipe(ModalScreen[None]):
    """Shows the one command that repeats a run; it is copied at once."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,y", "leave", "leave", show=False, id="recipe.leave", tooltip="Close it"),
        Binding("c", "copy", "copy", show=False, id="recipe.copy", tooltip="Copy the command again"),
    ]
    CSS_PATH = "dialogs.tcss"

    def __init__(self, name: str, line: str, notes: Sequence[str] = ()) -> None:
        """Show it.

        Args:
            name: The run's.
            line: The command.
            notes: What of the run it doesn't repeat.
        """
        super().__init__(classes="dialog")
        self._name, self._line, self._note = name, line, "\n\n".join(notes)

    def compose(self) -> ComposeResult:
        """Put the command below what it is."""
        with Vertical(classes="box wide"):
            but = ", but not in everything" if self._note else ""
            yield Static(plain(f"This command repeats '{self._name}'{but}:"), classes="question")
            with VerticalScroll(classes="page"):
                yield Static(plain(self._line), id="line")
                if self._note:
                    yield Static(plain(f"\n{self._note}"), id="note")
            yield Static("it is in the clipboard, where this terminal allows that   esc: close", classes="hint")

    def on_mount(self) -> None:
        """Copy it."""
        self.action_copy()

    def action_copy(self) -> None:
        """Send the command to the clipboard; a name that is no text goes with a mark in its place."""
        self.app.copy_to_clipboard(self._line.encode("utf-8", "replace").decode())

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)
