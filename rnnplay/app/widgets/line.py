"""A field for a line of text: what is typed or pasted is seen, never obeyed, and never too long."""

from rich.text import Text
from textual import events
from textual.widgets import Input

LONGEST = 4096  # characters


def first_line(text: str) -> str:
    """Return the first line of a pasted text that isn't blank, without control characters, no longer than a field."""
    for line in text[: 4 * LONGEST].splitlines():
        plain = "".join(character for character in line if character.isprintable()).strip()
        if plain:
            return plain[:LONGEST]
    return ""


class Line(Input):
    """A field for a line of text."""

    def _on_paste(self, event: events.Paste) -> None:
        """Take a line of what is pasted."""
        event.stop()
        event.prevent_default()
        self.replace(first_line(event.text), *self.selection)

    @property
    def _value(self) -> Text:
        """The value as it is drawn: one sign for each character that can't be."""
        drawn = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in self.value)
        return Text(drawn, no_wrap=True, overflow="ignore", end="")
