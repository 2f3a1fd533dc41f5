"""What a network expects: after the text, or in place of the character under the cursor."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from rnnplay.app.text import plain
from rnnplay.app.widgets.bars import Bars
from rnnplay.app.widgets.glyphs import named
from rnnplay.sampling.records import SampledChar

OTHERS = 5  # characters beside the one that came
Shares = Sequence[tuple[str, float]]


class Expectation(Vertical):
    """Characters and their probabilities, and what they are probabilities of."""

    DEFAULT_CSS = """
    Expectation {
        height: auto;
        .about { height: 1; color: $text-muted; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self.bars = Bars(OTHERS + 1)
        self._about = Static(classes="about")

    def compose(self) -> ComposeResult:
        """Put what is told of them under the bars."""
        yield self.bars
        yield self._about

    def on_mount(self) -> None:
        """Begin with nothing."""
        self.after_text(())

    def after_text(self, shares: Shares, about: str = "") -> None:
        """Show what comes next."""
        self.border_title = "next character"
        self._show(shares, None, about)

    def at(self, told: SampledChar) -> None:
        """Show what could have stood in a character's place."""
        self.border_title = plain(f"{named(told.character)} and others")
        self._show(candidates(told), told.character, figures(told))

    def offer(self, told: SampledChar) -> None:
        """Let someone choose another character in its place."""
        self.at(told)
        self.border_title = "up, down, enter: take"
        self.bars.offer(candidates(told), told.character)

    def _show(self, shares: Shares, taken: str | None, about: str) -> None:
        self.bars.withdraw()
        self.bars.shares = tuple(shares)
        self.bars.taken = taken
        self._about.update(plain(about), layout=False)


def candidates(told: SampledChar) -> list[tuple[str, float]]:
    """Return a character and the likeliest others, the likeliest first."""
    others = [one for one in told.alternatives if one[0] != told.character][:OTHERS]
    return sorted([(told.character, told.probability), *others], key=lambda one: -one[1])


def figures(told: SampledChar) -> str:
    """Return how likely a character was."""
    return f"{told.probability:.3f} · {told.surprisal:.2f} bits"


def in_words(told: SampledChar) -> str:
    """Return a character and the likeliest others in one line."""
    others = [one for one in told.alternatives if one[0] != told.character][:OTHERS]
    listed = "  ".join(f"{named(character)} {share:.2f}" for character, share in others)
    return f"{named(told.character)} {figures(told)} · or {listed}"
