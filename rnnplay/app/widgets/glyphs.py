"""How a character stands in a cell of the screen: whatever it is, it is seen, never obeyed, and its width is known."""

import unicodedata
from functools import lru_cache
from typing import Literal, NamedTuple

from rich.cells import cell_len

from rnnplay.text.display import visible

Kind = Literal["letter", "space", "newline", "mark", "symbol"]

BASE = "\N{DOTTED CIRCLE}"  # what a combining mark stands on where there is no letter
# Put around a row with right-to-left letters: a terminal that reorders text then reorders within the row alone, and
# what stands beside it (borders, other columns) keeps its place.
ROW_MARK = "\N{LEFT-TO-RIGHT MARK}"
# What joins with its neighbours to pictures whose width terminals don't agree on: variation selectors, the letters
# of flags, tones of skin.
_JOINING = {
    *range(0xFE00, 0xFE10),
    *range(0xE0100, 0xE01F0),
    *range(0x1F1E6, 0x1F200),
    *range(0x1F3FB, 0x1F400),
}
_NAMES = {"\n": "\N{DOWNWARDS ARROW WITH CORNER LEFTWARDS}", "\t": "\N{RIGHTWARDS ARROW}", " ": "\N{OPEN BOX}"}


class Glyph(NamedTuple):
    """A character as it is drawn.

    Attributes:
        text: What is drawn; nothing in it is a control character or reorders others.
        width: Its cells; 0 for a mark that stands on the letter before it.
        kind: "symbol" is drawn in place of what can't be drawn itself.
        right_to_left: Whether a terminal may reorder it with its neighbours.
    """

    text: str
    width: int
    kind: Kind
    right_to_left: bool = False


@lru_cache(maxsize=4096)
def glyph(character: str) -> Glyph:
    """Return how a character is drawn within text."""
    if character == "\n":
        return Glyph(_NAMES["\n"], 1, "newline")
    if character == "\t":
        return Glyph(f"{_NAMES[character]}   ", 4, "symbol")
    if character == " ":
        return Glyph(" ", 1, "space")
    shown = visible(character)
    if shown != character:
        return Glyph(shown, cell_len(shown), "symbol")
    width = cell_len(character)
    if width == 0 and unicodedata.category(character) in {"Mn", "Me"} and ord(character) not in _JOINING:
        return Glyph(character, 0, "mark")
    if width == 0 or ord(character) in _JOINING:
        escaped = f"\\u{{{ord(character):x}}}"
        return Glyph(escaped, len(escaped), "symbol")
    right_to_left = unicodedata.bidirectional(character) in {"R", "AL", "AN"}
    return Glyph(character, width, "letter", right_to_left)


def named(character: str) -> str:
    """Return how a character is drawn by itself: a space and a newline as signs, a mark on a circle."""
    if character in _NAMES:
        return _NAMES[character]
    drawn = glyph(character)
    return BASE + drawn.text if drawn.kind == "mark" else drawn.text


def fenced(row: str) -> str:
    """Return a row with marks around it where it holds right-to-left letters; they have no width."""
    if row.isascii() or not any(unicodedata.bidirectional(character) in {"R", "AL", "AN"} for character in row):
        return row
    return f"{ROW_MARK}{row}{ROW_MARK}"
