"""Texts of this sitting, to go back to."""

from collections import deque
from dataclasses import dataclass

from rnnplay.console.numbers import decimals
from rnnplay.engine.protocol import Opened
from rnnplay.sampling.records import SampledChar, SampleSettings
from rnnplay.text.display import one_line

MOST_PAGES = 50
MOST_CHARS = 100_000  # in all; each is kept with its alternatives, about a kilobyte


@dataclass(frozen=True)
class Page:
    """A text and how it came about.

    Attributes:
        title: What the network is called.
        spec: What names the network to the engine.
        which: "best" or "last".
        network: The network itself; None where it isn't known.
    """

    title: str
    spec: str
    which: str
    prompt: str
    settings: SampleSettings
    written: tuple[SampledChar, ...]
    network: Opened | None = None

    @property
    def text(self) -> str:
        """All of it, as it was written."""
        return self.prompt + "".join(told.character for told in self.written)

    def line(self, width: int) -> str:
        """Return it in one line."""
        told = f"{self.settings.temperature:.2f} · {len(self.written):,} characters · {self.title} · "
        return one_line(told + self.text.strip(), width)


class Pages:
    """The last texts, the newest first; few enough to be kept."""

    def __init__(self) -> None:
        self._pages: deque[Page] = deque()

    def __len__(self) -> int:
        return len(self._pages)

    def __getitem__(self, number: int) -> Page:
        return self._pages[number]

    def keep(self, page: Page) -> None:
        """Keep a text in which something is written; one that goes on from an earlier one takes its place."""
        if not page.written:
            return
        for earlier in list(self._pages):
            if earlier.prompt == page.prompt and page.written[: len(earlier.written)] == earlier.written:
                self._pages.remove(earlier)
        self._pages.appendleft(page)
        while len(self._pages) > 1 and (
            len(self._pages) > MOST_PAGES or sum(len(one.written) for one in self._pages) > MOST_CHARS
        ):
            self._pages.pop()


def named(opened: Opened) -> str:
    """Return what a network is called, where another stands beside it."""
    return opened.label.removeprefix("shipped:") if opened.run is None else f"{opened.run} · {opened.which}"


def titled(opened: Opened) -> str:
    """Return what a network is, in a line."""
    parts = [opened.run or opened.label.removeprefix("shipped:")]
    if opened.corpus and opened.corpus not in parts:
        parts.append(opened.corpus)
    parts.append(str(opened.model))
    if opened.loss is not None:
        parts.append(f"{decimals(opened.loss, 2)} nats")
    if opened.run is not None:
        parts.append(opened.which)
    return " · ".join(parts)
