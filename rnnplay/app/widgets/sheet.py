"""A sheet: one text that is being written, with its title above and its figures below."""

import dataclasses
from collections.abc import Sequence
from functools import partial

from msgspec.structs import replace
from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static
from textual.worker import Worker

from rnnplay.app.pages import Page
from rnnplay.app.stream import Stream
from rnnplay.app.text import plain
from rnnplay.app.widgets import copied
from rnnplay.app.widgets.copied import Marks
from rnnplay.app.widgets.writing import Writing
from rnnplay.engine.client import Engine
from rnnplay.engine.protocol import Check, Write
from rnnplay.sampling.records import Checked, MeanSurprisal, SampledChar, SampleSettings
from rnnplay.text.display import one_line

ROOMY = 34  # columns
CORNERS = 4  # columns of the lower edge that hold no words
BRANCH = 200  # characters that a branch has at least
TITLE_WIDTH = 120  # characters


class Sheet(Vertical):
    """One text, from the engine to the screen.

    Attributes:
        page: Where it comes from; its `written` is what stood there when it was begun.
        target: How many characters it shall have.
        stream: What is on its way; None where nothing is.
        trouble: Why it stopped, where that has a reason.
        died: Whether the reason is that the engine has ended.
        checked: What of the text as it stands is copied, and what its lines are worth; None where that isn't known.
        unknown: Why it isn't, where that has a reason.
    """

    DEFAULT_CSS = """
    Sheet {
        width: 1fr;
        border: round $foreground 25%;
        border-title-color: $foreground;
        border-subtitle-color: $text-muted;
        background: $surface;
        padding: 0 0 0 1;
        &:focus-within { border: round $primary; }
        &.-active { border: heavy $foreground 50%; }
        &.-active:focus-within { border: heavy $primary; }
        Writing { height: 1fr; }
        .figures { height: 1; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
        &:ansi .figures { text-style: dim; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self.writing = Writing()
        self.page: Page | None = None
        self.target = 0
        self.stream: Stream | None = None
        self.trouble = ""
        self.died = False
        self.checked: Checked | None = None
        self.unknown = ""
        self._work: Worker[None] | None = None
        self._mean = MeanSurprisal()
        self._figures = Static(classes="figures")

    def compose(self) -> ComposeResult:
        """Put the text above its figures."""
        yield self.writing
        yield self._figures

    @property
    def running(self) -> bool:
        """Whether more is coming."""
        return self.stream is not None

    @property
    def unfinished(self) -> bool:
        """Whether less is written than was asked for."""
        return self.page is not None and len(self.writing.written) < self.target

    @property
    def settings(self) -> SampleSettings:
        """How it is drawn."""
        return SampleSettings() if self.page is None else self.page.settings

    def begin(self, engine: Engine, page: Page) -> None:
        """Show a page, and let the engine write on from there to the length in its settings."""
        self.show(page)
        self.target = page.settings.length
        self._ask(engine)

    def show(self, page: Page) -> None:
        """Show a page and leave it as it is."""
        self.stop()
        self._forget()
        self.page = page
        self.target = len(page.written)
        self.border_title = plain(one_line(page.title, TITLE_WIDTH) or " ")
        self.writing.show(page.prompt, page.written)
        self._mean = MeanSurprisal()
        self._mean.take(page.written)
        self.tell()

    def go_on(self, engine: Engine, settings: SampleSettings, more: int = 0) -> None:
        """Write on from what is shown, with these settings, and so many characters more than was asked for."""
        if self.page is None:
            return
        self.stop()
        self.page = dataclasses.replace(self.page, settings=settings)
        self.target += more
        self._ask(engine)

    def branch(self, engine: Engine, index: int, character: str) -> None:
        """Take another character at a place, and write on from there."""
        told = self.writing.character(index)
        if self.page is None or told is None:
            return
        place = index - len(self.writing.prompt)
        written = (*self.writing.written[:place], told.instead(character))
        target = self.target
        self.show(dataclasses.replace(self.page, written=written))
        self.target = max(target, len(written) + BRANCH)
        self._ask(engine)

    def kept(self) -> Page | None:
        """Return what stands there now."""
        if self.page is None:
            return None
        return dataclasses.replace(self.page, written=tuple(self.writing.written))

    def stop(self) -> None:
        """Let nothing more come; what was written and not shown is forgotten."""
        if self._work is not None:
            self._work.cancel()
        self._work = self.stream = None
        self.writing.live = False

    def reveal(self, count: int) -> Sequence[SampledChar]:
        """Show at most so many of the characters that have come, and return them."""
        stream = self.stream
        if stream is None:
            return ()
        shown = stream.take(count)
        if shown:
            self._forget()
            self.writing.append(shown)
            self._mean.take(shown)
        if stream.over:
            self.trouble, self.died = stream.trouble, stream.died
            self.stop()
        self.tell()
        return shown

    def question(self) -> Check | None:
        """Return what to ask about what was written; None while it grows, and where the answer is there."""
        if self.page is None or self.running or not self.writing.written or self.checked is not None or self.unknown:
            return None
        return Check(self.page.spec, self.page.which, self.page.prompt, self._written, self.settings)

    def judge(self, checked: Checked) -> None:
        """Show what the answer is."""
        if self.page is not None:
            self.checked = checked
            self.writing.marks = Marks.of(checked, self.page.prompt, self._written)
            self.tell()

    @property
    def _written(self) -> str:
        return self.writing.text[len(self.writing.prompt) :]

    def _forget(self) -> None:
        """Take notice that the text is another than the one that was checked; what is marked in it stays marked."""
        self.checked, self.unknown = None, ""

    def _ask(self, engine: Engine) -> None:
        assert self.page is not None
        self.trouble, self.died = "", False
        left = self.target - len(self.writing.written)
        if left <= 0:
            self.tell()
            return
        settings = replace(self.page.settings, length=left)
        question = Write(self.page.spec, self.page.which, self.page.prompt, settings, self._written)
        self.stream = Stream(question)
        self._work = self.run_worker(partial(self.stream.run, engine), group="stream", exclusive=True)
        self.writing.live = True
        self.tell()

    def tell(self) -> None:
        """Show the figures."""
        if self.page is None:
            return
        mean = self._mean.bits_per_char
        parts = [f"{len(self.writing.written):,} / {self.target:,}"]
        if mean is not None:
            parts.append(f"{mean:.2f} {'bits/char' if self.size.width >= ROOMY else 'bits'}")
        if self.stream is not None and self.stream.doing:
            parts.append(self.stream.doing)
        told, below = " · ".join(parts), None
        if self.checked is not None:
            words = copied.figures(self.checked)
            if cell_len(f"{told} · {words}") <= self._figures.size.width:
                told = f"{told} · {words}"
            else:
                fits = cell_len(words) <= self.size.width - CORNERS
                below = words if fits else copied.figures(self.checked, brief=True)
        self._figures.update(plain(told), layout=False)
        self.border_subtitle = below

    def on_resize(self) -> None:
        """Fit the figures into the new width."""
        self.tell()


class Sheets(Horizontal):
    """Up to three sheets side by side.

    Attributes:
        used: Those that are shown.
    """

    MOST = 3
    DEFAULT_CSS = "Sheets { height: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._all = [Sheet(id=f"sheet{number}") for number in range(self.MOST)]
        self._active = self._all[0]
        self.used = self._all[:1]

    def compose(self) -> ComposeResult:
        """Put all side by side; those that aren't used take no room."""
        for sheet in self._all:
            sheet.display = sheet in self.used
            yield sheet

    @property
    def active(self) -> Sheet:
        """The sheet that keys act on: the one that has the focus, or had it last. Among several, it is marked."""
        return self._active

    def activate(self, sheet: Sheet) -> None:
        """Let keys act on a sheet."""
        self._active = sheet
        for one in self._all:
            one.set_class(len(self.used) > 1 and one is sheet, "-active")

    @property
    def running(self) -> bool:
        """Whether more is coming anywhere."""
        return any(sheet.running for sheet in self.used)

    def use(self, count: int) -> list[Sheet]:
        """Show so many sheets, and return them."""
        self.stop()
        self.used = self._all[:count]
        for sheet in self._all:
            sheet.display = sheet in self.used
        self.activate(self._active if self._active in self.used else self.used[0])
        return self.used

    def stop(self) -> None:
        """Let nothing more come."""
        for sheet in self._all:
            sheet.stop()

    def on_descendant_focus(self) -> None:
        """Let keys act on the sheet that has the focus."""
        for sheet in self.used:
            if sheet.has_focus_within:
                self.activate(sheet)
