"""The texts of this sitting."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList

from rnnplay.app.pages import Page, Pages
from rnnplay.app.text import plain

LINE_WIDTH = 160  # characters


class Earlier(ModalScreen[Page | None]):
    """A list of the texts of this sitting, the newest first; Esc chooses none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,o", "leave", "Cancel", show=False, id="earlier.leave"),
    ]
    CSS_PATH = ["dialogs.tcss", "lists.tcss"]  # noqa: RUF012 - Textual declares its type

    def __init__(self, pages: Pages) -> None:
        super().__init__(classes="dialog")
        self._pages = [pages[number] for number in range(len(pages))]

    def compose(self) -> ComposeResult:
        """Show the list."""
        with Vertical(classes="box") as box:
            box.border_title = "texts of this sitting"
            box.border_subtitle = "enter takes it back · esc leaves"
            yield OptionList(*(plain(page.line(LINE_WIDTH)) for page in self._pages), markup=False, compact=True)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._pages[event.option_index])

    def action_leave(self) -> None:
        """Choose none."""
        self.dismiss(None)
