"""A choice among a few words, all in sight on one line."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from rnnplay.app.text import plain


class Choice(Widget, can_focus=True):
    """Words on one line, at most one of them chosen: by the arrows, a first letter, or a click."""

    DEFAULT_CSS: ClassVar[str] = """
    Choice {
        height: 1;
        width: 1fr;
        color: $text-muted;
        &:focus { background: $boost; color: $foreground; }
        &:focus:ansi { text-style: underline; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move(-1)", "before", id="choice.left", show=False, tooltip="Choose the one before"),
        Binding("right,space", "move(1)", "next", id="choice.right", show=False, tooltip="Choose the next one"),
    ]

    class Changed(Message):
        """Another word was chosen by hand."""

        def __init__(self, choice: "Choice", value: str) -> None:
            super().__init__()
            self.choice, self.value = choice, value

        @property
        def control(self) -> "Choice":
            """The choice."""
            return self.choice

    words: reactive[tuple[str, ...]] = reactive((), layout=True)
    value: reactive[str] = reactive("")

    def __init__(self, words: Sequence[str], value: str = "", *, id: str | None = None) -> None:  # noqa: A002 - as above
        super().__init__(id=id)
        self.set_reactive(Choice.words, tuple(words))
        self.set_reactive(Choice.value, value)

    def render(self) -> Content:
        """Put a mark before the chosen word."""
        return Content("").join(
            Content.assemble((f"●{word} ", "bold $accent")) if word == self.value else plain(f" {word} ")
            for word in self.words
        )

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002 - Textual's signature
        """Return the length of all the words."""
        return sum(cell_len(word) + 2 for word in self.words)

    def choose(self, word: str) -> None:
        """Choose a word as if by hand."""
        if word != self.value and word in self.words:
            self.value = word
            self.post_message(self.Changed(self, word))

    def action_move(self, by: int) -> None:
        """Choose a neighbour; where none is chosen, the first."""
        at = self.words.index(self.value) + by if self.value in self.words else 0
        self.choose(self.words[min(max(at, 0), len(self.words) - 1)] if self.words else "")

    def on_key(self, event: events.Key) -> None:
        """Choose the next word with this first letter."""
        character = event.character or ""
        if len(character) != 1 or not character.isalpha():
            return
        start = self.words.index(self.value) + 1 if self.value in self.words else 0
        for word in (*self.words[start:], *self.words[:start]):
            if word.startswith(character.lower()):
                event.stop()
                event.prevent_default()
                self.choose(word)
                return

    def on_click(self, event: events.Click) -> None:
        """Choose the word under the mouse."""
        end = 0
        for word in self.words:
            end += cell_len(word) + 2
            if event.x < end:
                self.choose(word)
                return
