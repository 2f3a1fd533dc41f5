"""F1: what the place is for, and every key that works in it."""

import textwrap
from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Markdown, Static

from rnnplay.app.keys import Key, active_keys
from rnnplay.app.place import Place

KEY_WIDTH, SAYS_WIDTH = 14, 40


class Help(ModalScreen[None]):
    """What a place is for, and its keys as they are now."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,q,enter,question_mark", "leave", "Close", id="help.close"),
    ]
    CSS_PATH = ["dialogs.tcss", "help.tcss"]  # noqa: RUF012 - Textual declares its type

    def __init__(self, place: Place) -> None:
        super().__init__(classes="dialog")
        self._title = place.TITLE_
        self._words = place.HELP
        self._keys = active_keys(place)

    def compose(self) -> ComposeResult:
        """Put the words above the keys."""
        with VerticalScroll(classes="box") as box:
            box.border_title = f"Help: {self._title}"
            box.border_subtitle = "esc closes"
            yield Markdown(self._words, open_links=False)
            yield Static(Content("\n").join(_lines(self._keys)))

    def action_leave(self) -> None:
        """Close it."""
        self.dismiss(None)


def _lines(keys: list[Key]) -> Iterator[Content]:
    group = ""
    for key in keys:
        if key.group != group:
            group = key.group
            yield Content.assemble("\n", (group, "bold $accent"))
        first, *rest = textwrap.wrap(key.says, SAYS_WIDTH)
        yield Content.assemble((f"  {key.shown:<{KEY_WIDTH}}", "bold"), first)
        for line in rest:
            yield Content(f"{'':{KEY_WIDTH + 2}}{line}")
