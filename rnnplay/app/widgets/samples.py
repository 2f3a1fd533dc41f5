"""What a network wrote on its way, from its first babble to now."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from rnnplay.app.text import plain
from rnnplay.app.widgets.told import QUIET
from rnnplay.console.numbers import real_words
from rnnplay.training.events import Sampled


class Samples(VerticalScroll):
    """The samples of a run, one at a time: the newest, or an earlier one that was scrubbed back to."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "scrub(-1)", "earlier", id="samples.earlier", show=False, tooltip="What it wrote earlier"),
        Binding("right", "scrub(1)", "later", id="samples.later", show=False, tooltip="What it wrote later"),
        Binding("home", "scrub(-1000)", "first", id="samples.first", show=False, tooltip="What it wrote first"),
        Binding("end", "scrub(1000)", "newest", id="samples.newest", show=False, tooltip="What it writes now"),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._samples: Sequence[Sampled] = ()
        self._at: int | None = None  # None follows the newest
        self._drawn: tuple[Sampled | None, int, int, int] | None = None

    def compose(self) -> ComposeResult:
        """Hold the text."""
        yield Static(markup=False)

    def on_mount(self) -> None:
        """Say that there is nothing yet."""
        self._tell()

    @property
    def sample(self) -> Sampled | None:
        """The one in sight."""
        if not self._samples:
            return None
        return self._samples[-1 if self._at is None else min(self._at, len(self._samples) - 1)]

    def show(self, samples: Sequence[Sampled]) -> None:
        """Show these; the one in sight stays there, if it isn't the newest."""
        seen = self.sample if self._at is not None else None
        self._samples = tuple(samples)
        if seen is not None:
            place = next((at for at, one in enumerate(self._samples) if one.step >= seen.step), None)
            self._at = None if place is None or place >= len(self._samples) - 1 else place
        self._tell()

    def action_scrub(self, by: int) -> None:
        """Go to an earlier or later sample; from the last on the newest is followed."""
        last = len(self._samples) - 1
        at = min(max((last if self._at is None else self._at) + by, 0), max(last, 0))
        self._at = None if at >= last else at
        self._tell()

    def on_resize(self) -> None:
        """Fit the lower border into the new width."""
        self._tell()

    def follow_newest(self) -> None:
        """Show the newest sample again: those of another run come."""
        self._at = None

    def on_click(self, event: events.Click) -> None:
        """On the lower border: earlier on the left, later on the right."""
        if event.screen_y == self.region.bottom - 1:
            event.stop()
            self.action_scrub(-1 if event.screen_x < self.region.x + self.region.width // 2 else 1)

    def _tell(self) -> None:
        sample, count = self.sample, len(self._samples)
        place = count if self._at is None else self._at + 1
        if self._drawn == (sample, place, count, self.size.width):
            return
        self._drawn = (sample, place, count, self.size.width)
        text = self.query_one(Static)
        if sample is None:
            self.border_title, self.border_subtitle = "it writes", None
            text.update(Content("The first sample comes with the first look at the validation text."))
            return
        self.border_title = f"it {'writes' if self._at is None else 'wrote'}, step {sample.step:,}"
        where = f"◀ , {place} of {count} . ▶"
        words = "" if sample.real_words is None else f"real words {real_words(sample.real_words)} · "
        self.border_subtitle = f"{words}{where}" if len(words + where) <= self.size.width else where
        written = sample.text if sample.prompt else sample.text.lstrip("\n")
        text.update(Content.assemble(plain(sample.prompt).stylize(QUIET), plain(written)))
        self.scroll_home(animate=False)
