"""Sample: a network writes, and one plays with how."""

import dataclasses
import random
from functools import partial
from typing import ClassVar, Literal

from msgspec.structs import replace
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Input, Static

from rnnplay.app import many, saving
from rnnplay.app.desk import Origin
from rnnplay.app.pages import Page, named, titled
from rnnplay.app.screens.looking import Looking
from rnnplay.app.screens.sample_help import HELP, KEYS, also_keys
from rnnplay.app.screens.studio import TURNING
from rnnplay.app.text import plain
from rnnplay.app.widgets.heat import Legend
from rnnplay.app.widgets.sampling_fields import PACES, folded, spread
from rnnplay.app.widgets.sampling_knobs import SamplingKnobs
from rnnplay.app.widgets.sheet import Sheet
from rnnplay.engine.protocol import Opened
from rnnplay.sampling.presets import Preset, preset_of, with_preset
from rnnplay.sampling.records import SampleSettings

NEW_SEEDS = 100_000  # a number that one can read out to another

Side = Literal["one", "temperatures", "networks"]


class SamplePlace(Looking):
    """A network writes, and one plays with how."""

    NAME = "sample"
    TITLE_ = "Sample"
    HELP = HELP
    CSS_PATH = "sample.tcss"
    AUTO_FOCUS = ""
    VERTICAL_BREAKPOINTS = [*Looking.VERTICAL_BREAKPOINTS, (40, "-high")]  # noqa: RUF012 - Textual declares it so
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def __init__(self) -> None:
        super().__init__()
        self._side: Side = "one"
        self._against: Opened | None = None
        self._turning: Timer | None = None
        self._folded = Static(id="folded")

    def compose_body(self) -> ComposeResult:
        """Put the text beside its knobs and bars, and the prompt below."""
        with Horizontal(id="table"):
            yield self.sheets
            with Vertical(id="side"):
                state = self.desk.state
                knobs = SamplingKnobs(state.sampling, state.text_kind or "text", state.pace)
                knobs.border_title = "knobs"
                yield knobs
                yield self.expectation
                yield self.novelty
                yield (also := Static(also_keys(), id="also"))
                also.border_title = "also"
        yield Legend()
        yield self.legend
        yield self._folded
        yield self.notice
        with Horizontal(id="prompt-row"):
            yield Static("prompt (i) › ")  # noqa: RUF001
            yield self.prompt_input

    def on_mount(self) -> None:
        """Put the temperature under the hand."""
        self._fold()
        self.call_after_refresh(self._focus_first)

    def _focus_first(self) -> None:
        if self.focused is None:
            (self.sheets.active.writing if self.has_class("-narrow") else self.knobs.slider).focus()

    def pages_to_write(self) -> list[Page]:
        """Return the pages to begin: one, or one for each temperature or network."""
        assert self.opened is not None
        settings = self.settings
        if self._side == "temperatures":
            warmths = [replace(settings, temperature=one) for one in spread(settings.temperature)]
            return [self.page(self.opened, one, f"temperature {one.temperature:.2f}") for one in warmths]
        if self._side == "networks" and self._against is not None:
            return [self.page(one, settings, named(one)) for one in (self.opened, self._against)]
        return [self.page(self.opened, settings)]

    def drawn_on(self, sheet: Sheet) -> SampleSettings:
        """Return the settings with which a sheet goes on; side by side each keeps its temperature."""
        settings = super().drawn_on(sheet)
        if self._side == "temperatures":
            return replace(settings, temperature=sheet.settings.temperature)
        return settings

    def shown_settings(self, sheet: Sheet) -> SampleSettings:
        """Return the settings that the bars follow: at once, before the text is written with them."""
        settings = super().shown_settings(sheet)
        if self._side == "temperatures" and sheet in self.sheets.used:
            warmth = spread(settings.temperature)[self.sheets.used.index(sheet)]
            return replace(settings, temperature=warmth)
        return settings

    # Writing

    def action_new(self) -> None:
        """Write a new text."""
        self.knobs.show(replace(self.knobs.settings, seed=random.randrange(NEW_SEEDS)))  # noqa: S311 - no secret
        self._remember()
        self.begin()

    def action_again(self) -> None:
        """Write with the same seed: of several texts, the one in focus."""
        if len(self.sheets.used) > 1:
            self.begin_column()
        else:
            self.begin()

    def action_pause(self) -> None:
        """Stop, or go on."""
        if self.sheets.running:
            self.sheets.stop()
            self._ended()
        else:
            self.go_on()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        """Write: from the prompt with a new seed, from a knob with the seed that stands there."""
        if event.input is self.prompt_input:
            self.action_new()
            self.sheets.active.writing.focus()
        else:
            self.begin()

    @on(Input.Changed, "#prompt")
    def _prompt_typed(self) -> None:
        if self.prompt_input.has_focus:
            self.update_expectation()
        else:  # it is that of an earlier text, which the bars go on with
            self._note = ""
            self.prompt_input.mark(frozenset())

    def on_descendant_focus(self) -> None:
        """Show what belongs to where one is now."""
        self.update_expectation()
        self.tell()

    def on_descendant_blur(self) -> None:
        """Show again what belongs to the text, where one has left the prompt."""
        self.call_after_refresh(self.update_expectation)

    # The knobs

    @on(SamplingKnobs.Changed)
    def _turned(self) -> None:
        self._remember()
        if self._turning is not None:
            self._turning.stop()
        self._turning = self.set_timer(TURNING, self._apply)

    def _adapt_preset(self, opened: Opened) -> None:
        super()._adapt_preset(opened)
        self._remember()

    def _remember(self) -> None:
        self.desk.remember(sampling=self.knobs.settings, text_kind=self.knobs.text_kind)
        self.expectation.settings = self.shown_settings(self.sheets.active)
        self._fold()

    def _fold(self) -> None:
        words = plain(f"k knobs · - + {folded(self.knobs.settings, self.desk.state.pace)}")
        self._folded.update(words, layout=False)

    def _apply(self) -> None:
        """Let what is being written go on with the knobs as they are now."""
        warmths = [sheet.settings.temperature for sheet in self.sheets.used]
        if self._side == "temperatures" and warmths != list(spread(self.settings.temperature)):
            self.begin()
            return
        for sheet in self.sheets.used:
            settings = self.drawn_on(sheet)
            if sheet.running and settings != sheet.settings:
                if settings.length != sheet.settings.length:
                    sheet.target = max(settings.length, len(sheet.writing.written))
                sheet.go_on(self.desk.engine, settings)
        self._pulse()

    def action_warm(self, by: int) -> None:
        """Change the temperature by a step."""
        self.knobs.slider.action_step(by)

    def action_pace(self) -> None:
        """Take the next pace."""
        paces = list(PACES)
        now = paces.index(self.desk.state.pace) if self.desk.state.pace in paces else 0
        self.desk.remember(pace=paces[(now + 1) % len(paces)])
        self.knobs.show_pace(self.desk.state.pace)
        self._fold()

    def action_preset(self) -> None:
        """Take the readable preset, or the raw one where that is taken."""
        knobs = self.knobs
        preset: Preset = "raw" if preset_of(knobs.settings, knobs.text_kind) == "readable" else "readable"
        knobs.show(with_preset(knobs.settings, preset, knobs.text_kind))
        self._turned()

    def action_knobs(self) -> None:
        """Go to the knobs; where they are folded, open or close them."""
        if self.has_class("-narrow") and self.has_class("knobs-open"):
            self._close_panels()
            return
        self.remove_class("bars-open")
        self.add_class("knobs-open")
        self.call_after_refresh(self.knobs.slider.focus)

    def action_bars(self) -> None:
        """Show or hide the bars."""
        self.remove_class("knobs-open")
        self.toggle_class("bars-open" if self.has_class("-narrow") else "bars-shut")
        self.sheets.active.writing.focus()

    def _close_panels(self) -> None:
        self.remove_class("knobs-open", "bars-open")
        self.sheets.active.writing.focus()

    def action_prompt(self) -> None:
        """Go to the prompt."""
        self.prompt_input.focus()

    # Side by side

    def action_temperatures(self) -> None:
        """Write at three temperatures side by side, or one text again."""
        self._beside("one" if self._side == "temperatures" else "temperatures")

    def action_versus(self) -> None:
        """Write with another network beside this one, or one text again."""
        if self._side == "networks":
            self._beside("one")
        else:
            self.work(self._choose_against, "dialog")

    async def _choose_against(self) -> None:
        from rnnplay.app.screens.networks import PickNetwork

        choice = await self.app.push_screen_wait(PickNetwork("beside this network"))
        if choice is not None:
            await self._compare_with(choice.spec, choice.which)

    async def _compare_with(self, spec: str | None, which: str) -> None:
        """Write beside the first network with another one."""
        against = await self.asked_to_open(spec, which)
        if against is None:
            return
        self._against = against
        if self._side == "networks":
            self.begin()
        else:
            self._beside("networks")

    def _beside(self, side: Side) -> None:
        """Begin a comparison, or end one; the network and the temperature of the column in focus stay."""
        if self.opened is None:  # nothing can be compared yet
            self.begin()
            return
        focused, stays = self.sheets.active.has_focus_within, self.sheets.active
        page, target, running = stays.kept(), stays.target, stays.running
        if self._side != "one" and page is not None:
            self._adopt(page, replace(self.knobs.settings, temperature=page.settings.temperature))
        self._side = side
        if side == "one":
            self._alone(page, target, running=running)
            return
        self.begin()
        if side == "temperatures":
            middle = self.sheets.used[1]  # whose temperature is that of the knobs
            self.sheets.activate(middle)
            if focused:
                middle.writing.focus()

    def _alone(self, page: Page | None, target: int, *, running: bool) -> None:
        """Show the page of one column alone, and let it go on where it was being written."""
        self.keep()
        (sheet,) = self.sheets.use(1)
        if page is None:
            return
        self._put(sheet, page)
        sheet.target = target
        if running:
            self.go_on(more=False)

    def _adopt(self, page: Page, settings: SampleSettings) -> None:
        """Let new texts be written by a page's network and with these settings."""
        if page.network is not None and page.network != self.opened:
            self.opened = page.network
            self.knobs.text_kind = page.network.text_kind
            self.desk.remember(model=page.spec, which=page.which)
        self.knobs.show(settings)
        self._remember()

    def _put(self, sheet: Sheet, page: Page) -> None:
        """Show a page on a sheet, from which it can go on."""
        title = page.title if page.network is None else titled(page.network)
        sheet.show(dataclasses.replace(page, title=title))
        self._pulse()
        self.text_replaced()
        self.tell()

    # The rest

    def action_network(self) -> None:
        """Choose the network; of networks side by side, the one in focus."""
        self.work(self._choose_network, "dialog")

    async def _choose_network(self) -> None:
        from rnnplay.app.screens.networks import PickNetwork

        choice = await self.app.push_screen_wait(PickNetwork("networks"))
        if choice is None:
            return
        if self._side == "networks" and self.sheets.active is not self.sheets.used[0]:
            await self._compare_with(choice.spec, choice.which)
            return
        if self._side == "temperatures":
            self._side = "one"
        self.desk.choose_model(choice.spec, choice.which)

    def _other_network(self) -> None:
        """Show a network that was chosen in another place alone."""
        if not self.is_current:
            self._side = "one"
        super()._other_network()

    def action_learn_on(self) -> None:
        """Go to Train, to begin from this network."""
        network = self.network
        if network is not None:
            self.desk.begin_from(Origin(network.spec, network.which))
            self.desk.open("train")

    def action_earlier(self) -> None:
        """Go back to an earlier text."""
        self.work(self._choose_earlier, "dialog")

    async def _choose_earlier(self) -> None:
        from rnnplay.app.screens.earlier import Earlier

        self.keep()
        if not len(self.pages):
            self.desk.say("Nothing has been written yet.")
            return
        page = await self.app.push_screen_wait(Earlier(self.pages))
        if page is None:
            return
        self._side = "one"
        self.prompt_input.value = page.prompt
        self._adopt(page, replace(page.settings, alternatives=0))
        (sheet,) = self.sheets.use(1)
        self._put(sheet, page)

    def action_copy(self) -> None:
        """Copy the text."""
        text = self.sheets.active.writing.text
        self.app.copy_to_clipboard(text)
        self.desk.say(f"{len(text):,} characters were handed to the terminal's clipboard.")

    def action_many(self) -> None:
        """Copy the command that writes many texts such as this."""
        page = self.sheets.active.page
        if page is None:
            self.desk.say("Nothing has been written yet.")
            return
        command = many.command(page)
        self.app.copy_to_clipboard(command)
        self.desk.say(f"Handed to the terminal's clipboard, to be run in a shell: {command}")

    def action_save(self) -> None:
        """Save the text."""
        sheet, network = self.sheets.active, self.network
        parts = [] if network is None else [network.label, *(["last"] if network.which == "last" else [])]
        if self._side == "temperatures":
            parts.append(f"{sheet.settings.temperature:.2f}")
        name = saving.suggested("-".join(parts), sheet.settings.seed)
        self.work(partial(saving.save, self, sheet.writing.text, name), "dialog")

    def action_leave(self) -> None:
        """Leave the field, the open panel or the comparison."""
        if isinstance(self.focused, Input) or self.has_class("knobs-open") or self.has_class("bars-open"):
            self._close_panels()
        elif self._side != "one":
            self._beside("one")
        else:
            self.sheets.active.writing.focus()
