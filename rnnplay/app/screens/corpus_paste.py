"""Keeping a text that is pasted or typed."""

from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Button, Input, Static, TextArea

from rnnplay.app.aside import aside
from rnnplay.app.screens.corpus_dialog import TextDialog
from rnnplay.app.widgets.preview import Preview
from rnnplay.engine.client import Engine
from rnnplay.engine.protocol import Kept
from rnnplay.errors import UserError
from rnnplay.text.display import visible
from rnnplay.text.own import mine

EDITED_AT_MOST = 20_000  # characters: what is longer is shown by its beginning alone
SHOWN = 4_000  # characters of that


class Typing(TextArea):
    """Where a text is typed; what is pasted is told as `Pasted` where it is long or holds what can't be shown raw."""

    class Pasted(Message):
        """A text was pasted that can't stand here."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    async def _on_paste(self, event: events.Paste) -> None:
        """Leave to the dialog what would take long or be obeyed."""
        event.stop()
        if not editable(event.text) or len(event.text) + len(self.text) > EDITED_AT_MOST:
            event.prevent_default()
            self.post_message(self.Pasted(event.text))


def editable(text: str) -> bool:
    """Tell whether a text can stand in a text area: not too long, and with nothing that a terminal would obey."""
    if len(text) > EDITED_AT_MOST:
        return False
    return visible(unix(text)) == unix(text)


def unix(text: str) -> str:
    """Return a text with newlines made LF: terminals paste CR."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


class PasteText(TextDialog[Kept]):
    """Asks for a text, and gives the name under which it is kept."""

    AUTO_FOCUS = "Typing"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+o", "keep", "keep", tooltip="Keep the text", id="paste.keep", priority=True),
        Binding("ctrl+x", "clear", "begin again", tooltip="Let the text fall", id="paste.clear", priority=True),
        Binding("escape", "leave", "leave", tooltip="Keep nothing", id="paste.leave"),
    ]

    def __init__(self, engine: Engine, text: str = "") -> None:
        super().__init__(engine)
        self._held = ""  # a text that is shown by its beginning alone
        self._begun = text

    def compose(self) -> ComposeResult:
        """Put the text above its name."""
        with Vertical(classes="box wide") as box:
            box.border_title = "keep a text"
            box.border_subtitle = "ctrl+o keeps it · tab goes on · esc leaves"
            yield Typing(compact=True, id="typing", soft_wrap=True)
            yield Preview(id="held")
            yield Static("Paste or type.", id="told", classes="told")
            keep = Button("Keep", id="keep", variant="primary", compact=True)
            yield from self.name_row("made from its first words", keep)

    def on_mount(self) -> None:
        """Take what was pasted; a dialog that was left at once has no fields."""
        if not self.query("#keep"):
            return
        if editable(self._begun):
            self.query_one(Typing).text = unix(self._begun)
            self.query_one(Typing).move_cursor(self.query_one(Typing).document.end)
        else:
            self._hold(self._begun)
        self._begun = ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Leave the key that cuts to the fields while the text stands in one."""
        return action != "clear" or bool(self._held)

    @property
    def _text(self) -> str:
        return self._held or self.query_one(Typing).text

    def _hold(self, text: str) -> None:
        """Take a text that is too much to be edited."""
        area = self.query_one(Typing)
        self._held = f"{self._held or area.text}{unix(text)}"
        self.set_class(True, "-held")
        self.query_one("#held", Preview).show(self._held[:SHOWN])
        self.query_one("#name").focus()
        self._tell_size()

    def _tell_size(self) -> None:
        text = self._text
        if not text:
            self.say("Paste or type.")
            return
        lines = text.count("\n") + (not text.endswith("\n"))
        beginning = " This is its beginning; ctrl+x drops it." if self._held else ""
        self.say(f"{len(text):,} characters, {lines:,} line{'s' * (lines != 1)}.{beginning}")

    @on(TextArea.Changed)
    def _changed(self) -> None:
        self._tell_size()

    @on(Typing.Pasted)
    def _pasted(self, event: Typing.Pasted) -> None:
        self._hold(event.text)

    def on_paste(self, event: events.Paste) -> None:
        """Add what is pasted while a text is held, or beside the fields."""
        event.stop()
        self._hold(event.text)

    @on(Input.Submitted)
    @on(Button.Pressed)
    def _submitted(self) -> None:
        self.action_keep()

    def action_keep(self) -> None:
        """Keep the text."""
        self._keep()

    @work(group="keep", exclusive=True)
    async def _keep(self) -> None:
        text, name = self._text, self.name_typed
        self.say("saving …")
        try:
            kept = await aside(lambda: mine.paste(text, name))
        except UserError as error:
            self.say(str(error), wrong=True)
        else:
            self.dismiss(Kept(kept))

    def action_clear(self) -> None:
        """Begin with an empty text."""
        self._held = ""
        self.set_class(False, "-held")
        area = self.query_one(Typing)
        area.text = ""
        area.focus()
        self._tell_size()

    def action_leave(self) -> None:
        """Close with nothing."""
        self.dismiss(None)
