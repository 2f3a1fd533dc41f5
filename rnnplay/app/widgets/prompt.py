"""The field for the prompt: it holds newlines, shows every character, and marks those that the network doesn't know."""

from typing import ClassVar

from rich.highlighter import Highlighter
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import Paste
from textual.widgets import Input

from rnnplay.app.widgets.glyphs import glyph

LONGEST = 2_000  # characters
HIDDEN = "\N{REPLACEMENT CHARACTER}"


class PromptInput(Input):
    """What the text begins with.

    Attributes:
        unknown: The places of the characters that the network doesn't know.
        cut: Whether more was pasted than there is room for.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+n", "newline", "New line", show=False, id="prompt.newline", tooltip="A new line in the prompt"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"prompt--unknown"}
    DEFAULT_CSS = """
    PromptInput {
        .prompt--unknown { color: $text-error; text-style: underline bold; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(
            placeholder="what the text begins with (nothing: a new line)",
            compact=True,
            max_length=LONGEST,
            highlighter=_Shown(self),
            id=id,
        )
        self.unknown: frozenset[int] = frozenset()
        self.cut = False

    def mark(self, unknown: frozenset[int]) -> None:
        """Mark the characters at these places."""
        if unknown != self.unknown:
            self.unknown = unknown
            self.refresh()

    def action_newline(self) -> None:
        """Begin a new line."""
        self.insert_text_at_cursor("\n")

    def on_paste(self, event: Paste) -> None:
        """Take all lines, as far as there is room."""
        event.prevent_default()
        event.stop()
        text = event.text[: 4 * LONGEST].replace("\r\n", "\n").replace("\r", "\n")
        start, end = sorted(self.selection)
        room = LONGEST - (len(self.value) - (end - start))
        self.cut = len(event.text) > 4 * LONGEST or len(text) > room
        self.replace(text[:room], start, end)


class _Shown(Highlighter):
    """Draws each character of the prompt in place of itself, whatever it is."""

    def __init__(self, field: PromptInput) -> None:
        self._field = field

    def highlight(self, text: Text) -> None:
        """Draw the field's value."""
        text.plain = "".join(_shown(character) for character in self._field.value)
        style = self._field.get_component_rich_style("prompt--unknown", partial=True)
        for place in self._field.unknown:
            text.stylize(style, place, place + 1)


def _shown(character: str) -> str:
    """Return one character that stands for another in a field, where each must keep its place."""
    drawn = glyph(character)
    if drawn.kind == "symbol":
        return drawn.text[0] if character == "\t" or len(drawn.text) == 1 else HIDDEN
    return drawn.text
