"""Where a network writes: texts on their way from the engine to the screen, and what goes wrong on it."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from functools import partial
from typing import Any

from msgspec.structs import replace
from textual.timer import Timer
from textual.widgets import Static
from textual.worker import Worker

from rnnplay.app.pages import Page, Pages, titled
from rnnplay.app.place import Place
from rnnplay.app.text import plain
from rnnplay.app.widgets.expectation import OTHERS, Expectation, in_words
from rnnplay.app.widgets.prompt import LONGEST as LONGEST_PROMPT
from rnnplay.app.widgets.prompt import PromptInput
from rnnplay.app.widgets.sampling_fields import PACES
from rnnplay.app.widgets.sampling_knobs import SamplingKnobs
from rnnplay.app.widgets.sheet import Sheet, Sheets
from rnnplay.engine.client import EngineDiedError
from rnnplay.engine.protocol import Expect, Expected, Open, Opened, Ping, sendable
from rnnplay.errors import UserError
from rnnplay.sampling.presets import preset_of, with_preset
from rnnplay.sampling.records import SampledChar, SampleSettings
from rnnplay.text.display import one_line

REVEAL_EVERY = 0.07  # seconds
REVEAL_BESIDE = 0.13  # while a network trains: still smooth enough to read along, and little taken from it
BARS_EVERY = 0.3  # seconds between two looks at what comes next
AT_ONCE = 2_000  # characters at most from one picture to the next
TYPING = 0.12  # seconds after the last key until the engine is asked
TYPING_BESIDE = 0.4  # while a network trains, which every question and its bars take something from
TURNING = 0.2  # seconds after the last turn of a knob until the text goes on with it
# An expectation looks back on the last 2,000 to 2,999 characters of a text. The beginning moves by a thousand at a
# time, so that the engine, which remembers what it has read, reads only what is new.
CONTEXT, CONTEXT_STEP = 2_000, 1_000
NAME_WIDTH = 40  # characters


class Studio(Place):
    """The part of Sample that works with the engine.

    Attributes:
        opened: The network that new texts are written by; None until it is there. Of networks side by side, the first.
        pages: The texts of this sitting.
    """

    def __init__(self) -> None:
        super().__init__()
        self.opened: Opened | None = None
        self.pages = Pages()
        self.sheets = Sheets(id="sheets")
        self.expectation = Expectation(id="expectation")
        self.prompt_input = PromptInput(id="prompt")
        self.notice = Static(id="notice")
        self._reveal: Timer | None = None
        self._front = False
        self._stale = True  # another network is chosen than the one that is open
        self._busy = ""
        self._trouble = ""
        self._died = False
        self._note = ""
        self._revealed_at = 0.0
        self._owed = 0.0
        self._bars_at = 0.0

    @property
    def knobs(self) -> SamplingKnobs:
        """The knobs."""
        return self.query_one(SamplingKnobs)

    @property
    def network(self) -> Opened | None:
        """The network of the column in focus; before anything is written there, the one that will write."""
        page = self.sheets.active.page
        return self.opened if page is None or page.network is None else page.network

    @property
    def settings(self) -> SampleSettings:
        """How text is to be drawn, as the engine is asked."""
        return replace(self.knobs.settings, alternatives=OTHERS + 1)

    def on_mount(self) -> None:
        """Listen to what the desk tells."""
        self._reveal = self.set_interval(REVEAL_EVERY, self._tick, pause=True)
        self.desk.model_changed.subscribe(self, lambda _: self._other_network())
        self.desk.engine_changed.subscribe(self, self.engine_turned)
        self.desk.corpus_changed.subscribe(self, lambda _: self.tell())

    def on_screen_resume(self) -> None:
        """Come to the front: open the network where it isn't, and let the text go on."""
        self._front = True
        if self._stale:
            self.open_network()
        self._pulse()
        self.tell()

    def on_screen_suspend(self) -> None:
        """Leave the front: nothing appears while nobody looks."""
        self._front = False
        self._pulse()

    def work(self, job: Callable[[], Coroutine[Any, Any, None]], group: str) -> None:
        """Do something that takes its time; another of the same group takes its place."""
        _: Worker[None] = self.run_worker(job, group=group, exclusive=True)

    # The network

    def _other_network(self) -> None:
        self._stale = True
        if self._front:
            self.open_network()

    def open_network(self) -> None:
        """Open the chosen network and let it write; clear what the one before it expected and didn't know."""
        self._stale = False
        self._note = ""
        self.prompt_input.mark(frozenset())
        self.clear_expectation()
        self.work(self._open, "open")

    async def _open(self) -> None:
        self._busy = "opening the network …"
        self._trouble, self._died = "", False
        self.tell()
        opened = await self.asked_to_open(*self.desk.model)
        self._busy = ""
        if opened is not None:
            self.opened = opened
            self._adapt_preset(opened)
            self.begin()
        self.tell()

    def _adapt_preset(self, opened: Opened) -> None:
        """Keep to the readable preset where another network's text is of another kind."""
        knobs = self.knobs
        preset = preset_of(knobs.settings, knobs.text_kind)
        knobs.text_kind = opened.text_kind
        knobs.show(
            with_preset(knobs.settings, "readable", opened.text_kind) if preset == "readable" else knobs.settings
        )

    async def asked_to_open(self, spec: str | None, which: str) -> Opened | None:
        """Open a network; where that can't be, say why and return None."""
        try:
            async with aclosing(self.desk.engine.ask(Open(spec, which))) as replies:
                async for reply in replies:
                    if isinstance(reply, Opened):
                        return reply
        except EngineDiedError as error:
            self.fail(str(error), died=True)
        except UserError as error:
            self.fail(f"{error} Press m to choose another network.")
        return None

    def engine_turned(self, state: str) -> None:
        """Take up the work where the engine was started again; find out what happened where it has ended."""
        if state == "ready" and self._died:
            self._trouble, self._died = "", False
            if self.opened is None:
                self.open_network()
            else:
                self.go_on(more=False)
        elif state == "dead" and not self._died:
            self.work(partial(self._expect, Ping()), "expect")  # whose failure says why
        self.tell()

    def fail(self, sentence: str, *, died: bool = False) -> None:
        """Show a sentence that says what went wrong, until something goes right."""
        self._trouble, self._died = sentence, died
        self.tell()

    # Texts

    def pages_to_write(self) -> list[Page]:
        """Return the pages to begin: one for each sheet."""
        raise NotImplementedError

    def page(self, opened: Opened, settings: SampleSettings, title: str = "") -> Page:
        """Return an empty page."""
        prompt = sendable(self.prompt_input.value)
        return Page(title or titled(opened), opened.spec, opened.which, prompt, settings, (), opened)

    def begin(self) -> None:
        """Let new texts be written, and keep what stood there."""
        if self.opened is None:
            if not self._busy:
                self.open_network()
            return
        self.keep()
        self._trouble = ""
        pages = self.pages_to_write()
        for sheet, page in zip(self.sheets.use(len(pages)), pages, strict=True):
            sheet.begin(self.desk.engine, page)
        self._pulse()
        self.text_replaced()
        self.tell()

    def begin_column(self) -> None:
        """Let the column in focus be written anew, and keep what stood there."""
        self.keep()
        self._trouble = ""
        column = self.sheets.used.index(self.sheets.active)
        self.sheets.active.begin(self.desk.engine, self.pages_to_write()[column])
        self._pulse()
        self.text_replaced()
        self.tell()

    def keep(self) -> None:
        """Keep what stands on the sheets for the history."""
        for sheet in self.sheets.used:
            page = sheet.kept()
            if page is not None:
                self.pages.keep(page)

    def go_on(self, *, more: bool = True) -> None:
        """Let every text go on to its length; one that has it, where `more` is wanted, by as much again."""
        self._trouble = ""
        for sheet in self.sheets.used:
            if sheet.page is None:
                continue
            done = len(sheet.writing.written) >= sheet.target
            length = self.settings.length
            if more or not done:
                sheet.go_on(self.desk.engine, self.drawn_on(sheet), length if done else 0)
        self._pulse()
        self.tell()

    def drawn_on(self, sheet: Sheet) -> SampleSettings:
        """Return the settings with which a sheet goes on: those of the knobs, and its own seed."""
        return replace(self.settings, seed=sheet.settings.seed)

    def check(self) -> None:
        """Ask what of the texts is copied, now that they stand."""
        raise NotImplementedError

    def _pulse(self) -> None:
        """Let the timer run while something appears and someone looks; what stands is checked."""
        assert self._reveal is not None
        if self.sheets.running:
            self.workers.cancel_group(self, "check")  # what is being written is another text already
        else:
            self.check()
        if self._front and self.sheets.running:
            self._revealed_at = time.monotonic()
            self._reveal.resume()
        else:
            self._reveal.pause()

    def _tick(self) -> None:
        """Let as much of the text appear as the pace allows."""
        now = time.monotonic()
        if self.desk.trainings and now - self._revealed_at < REVEAL_BESIDE:
            return
        pace = PACES[self.desk.state.pace] if self.desk.state.pace in PACES else PACES["reading"]
        since, self._revealed_at = now - self._revealed_at, now
        self._owed = min(self._owed + pace * since, max(pace / 4, 1.0), AT_ONCE)
        count = int(self._owed)
        self._owed -= count
        for sheet in self.sheets.used:
            if sheet.running:
                sheet.reveal(count)
                if sheet.trouble:
                    self.fail(sheet.trouble, died=sheet.died)
        if not self.sheets.running:
            self._ended()
        elif now - self._bars_at > BARS_EVERY and not self.prompt_input.has_focus:
            self._bars_at = now
            self.update_expectation()

    def _ended(self) -> None:
        self._pulse()
        self.keep()
        self.update_expectation()
        self.tell()

    # What it expects

    def text_replaced(self) -> None:
        """Clear what the bars say of the text that was there before, and ask anew."""
        self.clear_expectation()
        self.update_expectation()

    def clear_expectation(self, caption: str = "") -> None:
        """Show nothing in the bars until something is asked and answered."""
        self.workers.cancel_group(self, "expect")
        self.expectation.clear(caption)

    def update_expectation(self) -> None:
        """Ask what the bars are to show where one is now: in the prompt, on a character, or after the text.

        An answer to an earlier question is dropped. While someone chooses among the bars they stay.
        """
        sheet = self.sheets.active
        self.expectation.settings = self.shown_settings(sheet)
        if self.prompt_input.has_focus:
            network = self.network
            model = self.desk.model if network is None else (network.spec, network.which)
            question = Expect(*model, sendable(self.prompt_input.value))
            self.work(partial(self._expect, question, wait=TYPING), "expect")
        elif sheet.page is not None and self.expectation.bars.chosen is None:
            self._expect_in(sheet, sheet.page)

    def _expect_in(self, sheet: Sheet, page: Page) -> None:
        """Ask what a page's network expects at the cursor, or after the text where there is none."""
        writing, came = sheet.writing, self.under_cursor()
        if came is not None:
            self.expectation.show_at(came)
        elif writing.cursor is not None:
            self.clear_expectation("a part of the prompt")
            return
        if not self._trouble:
            end = len(writing.text) if writing.cursor is None else writing.cursor
            start = max((end - CONTEXT) // CONTEXT_STEP, 0) * CONTEXT_STEP
            question = Expect(page.spec, page.which, sendable(writing.text[start:end]))
            self.work(partial(self._expect, question, came), "expect")

    def shown_settings(self, sheet: Sheet) -> SampleSettings:  # noqa: ARG002 - where each has its own
        """Return the settings that the bars follow for the text of a sheet."""
        return self.settings

    async def _expect(self, question: Expect | Ping, came: SampledChar | None = None, wait: float = 0) -> None:
        """Ask what a network expects, after a while; where it is in place of a character, that is `came`."""
        if wait:
            await asyncio.sleep(TYPING_BESIDE if self.desk.trainings else wait)
        try:
            async with aclosing(self.desk.engine.ask(question)) as replies:
                async for reply in replies:
                    if isinstance(reply, Expected) and isinstance(question, Expect):
                        self._expected(reply, question.text, came)
        except EngineDiedError as error:
            self.fail(str(error), died=True)
        except UserError as error:
            if came is None:  # of one that came enough is known without the answer
                self.expectation.clear()
                self.fail(str(error))

    def _expected(self, expected: Expected, text: str, came: SampledChar | None) -> None:
        if self.prompt_input.has_focus:
            if text != sendable(self.prompt_input.value):
                return
            self.prompt_input.mark(frozenset(expected.unknown))
            self._note = " ".join(expected.notes)
            if self.prompt_input.cut:
                self._note = f"A prompt holds {LONGEST_PROMPT:,} characters: the rest was left out. {self._note}"
            self.tell()
            self.expectation.show_next(expected)
        elif came is self.under_cursor():
            if came is None:
                self.expectation.show_next(expected)
            else:
                self.expectation.show_at(came, expected)

    # What is told

    def under_cursor(self) -> SampledChar | None:
        """Return what was told of the character under the cursor."""
        writing = self.sheets.active.writing
        return None if writing.cursor is None else writing.character(writing.cursor)

    def words_at(self, index: int) -> str:
        """Return what is known of a character."""
        told = self.sheets.active.writing.character(index)
        return "a part of the prompt" if told is None else f"{in_words(told)} · b another"

    def tell(self) -> None:
        """Show the sentence that matters most now."""
        state = self.desk.engine.state
        trouble, busy = "", ""
        if state in {"off", "starting"}:
            busy = "starting the engine …"
        elif self._trouble:
            trouble = f"{self._trouble} ctrl+r starts it again." if self._died else self._trouble
        elif self._busy:
            busy = self._busy
        self.notice.set_class(bool(trouble), "trouble")
        self.notice.set_class(bool(busy), "busy")
        self.notice.update(plain(trouble or busy or self._hint()), layout=bool(trouble))

    def _hint(self) -> str:
        """Return what one may want to know where nothing is wrong."""
        if self.prompt_input.has_focus:
            return self._note or "enter writes · ctrl+n begins a new line · esc leaves the field"
        writing = self.sheets.active.writing
        if writing.cursor is not None:
            return self.words_at(writing.cursor)
        if self._note:
            return self._note
        if not self.sheets.running and any(sheet.unfinished for sheet in self.sheets.used):
            return "stopped · space writes on"
        text = one_line(self.desk.corpus, NAME_WIDTH)
        return f"F3 trains a network of your own on '{text}' · up and down walk over the text"
