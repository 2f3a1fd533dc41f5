"""What a network expects: after the text, or in place of the character under the cursor."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.reactive import reactive

from rnnplay.app.text import plain
from rnnplay.app.widgets.bars import Bar, Bars
from rnnplay.app.widgets.glyphs import named
from rnnplay.engine.protocol import Expected
from rnnplay.sampling.probabilities import sampling_probabilities
from rnnplay.sampling.records import SampledChar, SampleSettings

OTHERS = 5  # characters beside the one that came


class Expectation(Vertical):
    """Characters and their probabilities, with the settings and without.

    Attributes:
        settings: Temperature and filters, which the bars follow.
    """

    DEFAULT_CSS = "Expectation { height: auto; }"

    settings: reactive[SampleSettings] = reactive(SampleSettings())

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self.bars = Bars(OTHERS + 1)
        self._expected: Expected | None = None
        self._at: SampledChar | None = None

    def compose(self) -> ComposeResult:
        """Show the bars."""
        yield self.bars

    def on_mount(self) -> None:
        """Begin with nothing."""
        self.clear()

    def clear(self, caption: str = "") -> None:
        """Show no character; optionally say why."""
        self._show(None, None)
        self.bars.caption = (caption, False)

    def show_next(self, expected: Expected) -> None:
        """Show what comes next."""
        self._show(None, expected)

    def show_at(self, came: SampledChar, expected: Expected | None = None) -> None:
        """Show what could be in a character's place.

        Args:
            came: The character.
            expected: What the network expected there; without it only the probabilities without settings are shown.
        """
        if came is not self._at:
            self._show(came, expected)
        elif expected is not None:
            self._expected = expected
            self._draw()

    def offer(self, came: SampledChar) -> None:
        """Let someone choose another character in its place."""
        self.show_at(came)
        self.border_title = "up, down, enter: take"
        self.bars.offer()

    def withdraw(self) -> None:
        """Let nobody choose any more."""
        self.bars.withdraw()
        self.border_title = "next character" if self._at is None else plain(f"{named(self._at.character)} and others")

    def _show(self, came: SampledChar | None, expected: Expected | None) -> None:
        self._at, self._expected = came, expected
        self.bars.taken = None if came is None else came.character
        self.withdraw()
        self._draw()

    def watch_settings(self) -> None:
        """Let the bars follow."""
        self._draw()

    def _draw(self) -> None:
        raw, drawn = self._probabilities()
        rows = list(raw.items())[: OTHERS + 1] if self._at is None else candidates(self._at)
        self.bars.bars = tuple(
            Bar(character, raw.get(character, share), drawn.get(character, 0.0) if raw else None)
            for character, share in rows
        )
        left = f"{sum(share > 0 for share in drawn.values()):,} of {len(raw):,} left" if raw else ""
        words = left if self._at is None else f"{self._at.surprisal:.2f} bits"
        if rows:
            self.bars.caption = (words, True)

    def _probabilities(self) -> tuple[dict[str, float], dict[str, float]]:
        """Return the probability of each character, without the settings and with them; the likeliest first."""
        if self._expected is None:
            return {}, {}
        raw = dict(self._expected.likeliest)
        drawn = {character: share for character, share in raw.items() if character != self._expected.never_drawn}
        return raw, dict(zip(drawn, sampling_probabilities([*drawn.values()], self.settings), strict=True))


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
