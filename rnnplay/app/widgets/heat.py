"""How surprising a character was, in five steps: shades for the eye, digits for whoever sees no shades."""

from bisect import bisect_right
from typing import ClassVar

from textual.content import Content
from textual.widget import Widget

BOUNDS = (1.0, 2.0, 4.0, 6.0)  # bits: probabilities of a half, a quarter, a sixteenth, a sixty-fourth
LEVELS = len(BOUNDS) + 1
CLASSES = frozenset(f"heat--{level}" for level in range(LEVELS))
_WORDS = ("likely", "1/2", "1/4", "1/16", "1/64")


def level(surprisal: float) -> int:
    """Return the step of a surprisal in bits, from 0 (calm) to 4 (hot); what is no number is hot."""
    return bisect_right(BOUNDS, surprisal) if surprisal >= 0 else LEVELS - 1


def styles(widget: str) -> str:
    """Return the style sheet of the shades for a widget: one hue, ever stronger, so that no eye needs to tell hues."""
    shades = [
        f".heat--{step} {{ background: $warning {percent}%; color: $text; }}"
        for step, percent in enumerate((0, 22, 42, 68, 100))
    ]
    shades[0] = ".heat--0 { color: $foreground; }"
    ansi = [
        "&:ansi .heat--0 { background: ansi_default; color: ansi_default; }",
        "&:ansi .heat--1 { background: ansi_default; color: ansi_yellow; }",
        "&:ansi .heat--2 { background: ansi_default; color: ansi_yellow; text-style: bold; }",
        "&:ansi .heat--3 { background: ansi_default; color: ansi_yellow; text-style: bold underline; }",
        "&:ansi .heat--4 { background: ansi_yellow; color: ansi_black; text-style: bold; }",
    ]
    return "\n".join([f"{widget} {{", *shades, *ansi, "}"])


class Legend(Widget):
    """What the shades and digits mean, in one line."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(CLASSES)
    DEFAULT_CSS = "Legend { height: 1; width: 1fr; color: $text-muted; }\n" + styles("Legend")

    def render(self) -> Content:
        """Draw the steps, the calmest first."""
        parts: list[Content | str] = ["probability  "]
        for step, words in enumerate(_WORDS):
            parts.append(Content.styled(f" {step} ", self.get_visual_style(f"heat--{step}")))
            parts.append(f" {words}  " if step == 0 else f" < {words}  ")
        return Content.assemble(*parts)
