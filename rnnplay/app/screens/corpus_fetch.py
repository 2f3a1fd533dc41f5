"""Fetching a text of the catalogue: asks plainly, tells how far it is, and can be left off at any moment."""

from collections.abc import Iterator
from contextlib import aclosing
from typing import ClassVar
from urllib.parse import urlsplit

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from rnnplay.app.screens.corpus_dialog import TextDialog
from rnnplay.app.text import plain
from rnnplay.app.widgets.eighths import drawn_bar
from rnnplay.engine.client import Engine
from rnnplay.engine.protocol import Fetch, Working
from rnnplay.errors import UserError
from rnnplay.text.display import one_line
from rnnplay.text.fetched import downloads
from rnnplay.text.fetched.downloads import megabytes
from rnnplay.text.shelf import Item
from rnnplay.text.shipped import Download

GAUGE = 30  # cells


def host(download: Download) -> str:
    """Return who is asked for a text."""
    return urlsplit(download.url).hostname or download.url


class FetchText(TextDialog[bool]):
    """Asks whether a text shall be fetched, and fetches it; True once it is there."""

    AUTO_FOCUS = "#fetch"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave", tooltip="Leave the download off, or fetch nothing", id="fetch.leave"),
        Binding("left,up", "app.focus_previous", show=False, id="fetch.previous"),
        Binding("right,down", "app.focus_next", show=False, id="fetch.next"),
    ]

    def __init__(self, engine: Engine, item: Item, download: Download) -> None:
        super().__init__(engine)
        self._item, self._download = item, download

    def compose(self) -> ComposeResult:
        """Put what will be fetched above the question."""
        with Vertical(classes="box fetch") as box:
            box.border_title = plain(f"fetch '{one_line(self._item.entry.name, 40)}'")
            yield Static(plain(one_line(self._item.entry.about, 200)), classes="question")
            for label, value in _facts(self._item, self._download):
                with Horizontal(classes="fact"):
                    yield Static(label, classes="label")
                    yield Static(plain(value), classes="value")
            yield Static(id="told", classes="told")
            with Horizontal(classes="answers"):
                yield Button("Fetch it", id="fetch", variant="primary", compact=True)
                yield Button("Leave (esc)", id="leave", compact=True)

    @on(Button.Pressed, "#fetch")
    def _fetch(self) -> None:
        self.query_one("#leave", Button).label = "Leave off (esc)"
        self.begin(self._fetching)

    @on(Button.Pressed, "#leave")
    def action_leave(self) -> None:
        """Leave the download off; where none is going on, close with nothing."""
        self._offer_again()
        self.leave()

    def _offer_again(self) -> None:
        for button in self.query("#leave").results(Button):
            button.label = "Leave (esc)"

    async def _fetching(self) -> None:
        self.say("waiting for the engine …" if self._engine.state != "ready" else "asking …")
        try:
            async with aclosing(self.replies(Fetch(self._item.entry.name))) as replies:
                async for reply in replies:
                    if isinstance(reply, Working):
                        self.say(self._progress(reply))
        except UserError:
            self._offer_again()
        else:
            self.dismiss(True)

    def _progress(self, told: Working) -> str:
        words = one_line(told.what, 60)
        if told.share is None:
            return words
        done = megabytes(round(told.share * self._download.bytes))
        gauge = f"▕{drawn_bar(told.share, GAUGE)}▏{told.share:>4.0%}"
        return f"{gauge} {done}" if words.startswith("fetching") else f"{gauge} {words}"


def _facts(item: Item, download: Download) -> Iterator[tuple[str, str]]:
    """Yield what one should know before it is fetched."""
    unpacked = f", unpacked {megabytes(download.unpacked_bytes)}" if download.member is not None else ""
    yield "size", f"{megabytes(download.bytes)}{unpacked}"
    yield "licence", download.licence
    yield "from", download.url
    yield "kept in", str(downloads.file_of(item.entry.name))
    if not item.missing.startswith("not fetched"):
        yield "note", f"What is there has {item.missing}; it goes to the trash."
