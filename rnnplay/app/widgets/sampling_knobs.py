"""The knobs of Sample: the temperature on a slider, the rest in fields."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from msgspec.structs import replace
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Click, DescendantFocus
from textual.message import Message
from textual.widgets import Input, Static

from rnnplay.app.widgets.sampling_fields import FIELDS, NO_LIMIT, TEMPERATURE_SAYS, Field, WrongValueError
from rnnplay.app.widgets.slider import Slider
from rnnplay.sampling.presets import TextKind, preset_of
from rnnplay.sampling.records import SampleSettings

HOTTEST = 2.0
OWN_VALUES = "own values"  # where the settings are those of no preset


class Tap(Static):
    """Words that do something when they are clicked."""

    DEFAULT_CSS = """
    Tap {
        width: auto;
        color: $accent;
        &:hover { background: $boost; }
    }
    """

    def __init__(self, words: str, action: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        """Make words that call an action of the screen."""
        super().__init__(words, markup=False, id=id)
        self._calls = action

    async def on_click(self, event: Click) -> None:
        """Do it."""
        event.stop()
        await self.app.run_action(self._calls, self.screen)


class KnobInput(Input):
    """The field of a knob."""

    def __init__(self, field: Field, settings: SampleSettings) -> None:
        super().__init__(
            field.shown(settings), restrict=field.typed, compact=True, placeholder=NO_LIMIT, id=f"knob-{field.name}"
        )
        self.field = field


class SamplingKnobs(Vertical):
    """All that says how text is drawn.

    Attributes:
        settings: As they stand; a field that holds no value doesn't count.
        text_kind: The kind of text that the network learned from: what the readable preset is for it.
        slider: The temperature.
    """

    DEFAULT_CSS: ClassVar[str] = """
    SamplingKnobs {
        height: auto;
        Horizontal { height: 1; }
        .label { width: 13; color: $text-muted; }
        &:ansi .label { text-style: dim; }
        KnobInput {
            width: 1fr;
            background: transparent;
            &:focus { background: $boost; }
            &.wrong { color: $text-error; text-style: underline; }
        }
        .says { height: 2; color: $text-muted; }
        .says.wrong { color: $text-error; }
    }
    """

    @dataclass
    class Changed(Message):
        """The settings are others."""

        settings: SampleSettings

    def __init__(
        self,
        settings: SampleSettings,
        text_kind: TextKind,
        pace: str,
        *,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self.settings = settings
        self.text_kind: TextKind = text_kind
        self.slider = Slider(
            "temperature",
            maximum=HOTTEST,
            step=0.05,
            value=settings.temperature,
            marks=("← cold", "wild →"),
            id="temperature",
        )
        self._says = Static(TEMPERATURE_SAYS, markup=False, classes="says")
        self._pace = Tap(pace, "pace", id="pace")
        self._preset = Tap(self._preset_name, "preset", id="preset")

    def compose(self) -> ComposeResult:
        """Put the slider above the fields, and what they do below."""
        yield self.slider
        with Horizontal():
            yield Static("preset", classes="label")
            yield self._preset
        for field in FIELDS:
            with Horizontal():
                yield Static(field.label, classes="label")
                yield KnobInput(field, self.settings)
                if field.name == "seed":
                    yield Tap(" ↻", "new", id="new-seed")
        with Horizontal():
            yield Static("pace", classes="label")
            yield self._pace
        yield self._says

    @property
    def _preset_name(self) -> str:
        return preset_of(self.settings, self.text_kind) or OWN_VALUES

    @property
    def inputs(self) -> Iterable[KnobInput]:
        """The fields."""
        return self.query(KnobInput)

    def show(self, settings: SampleSettings) -> None:
        """Set the knobs."""
        self.settings = settings
        self._preset.update(self._preset_name)
        self.slider.value = settings.temperature
        for one in self.inputs:
            one.value = one.field.shown(settings)
            one.remove_class("wrong")

    def show_pace(self, pace: str) -> None:
        """Show how fast text appears."""
        self._pace.update(pace)

    @on(Slider.Changed)
    def _turned(self, event: Slider.Changed) -> None:
        event.stop()
        self._set(replace(self.settings, temperature=event.slider.value))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        assert isinstance(event.input, KnobInput)
        field = event.input.field
        try:
            value = field.value(event.input.value)
        except WrongValueError as wrong:
            event.input.add_class("wrong")
            self._say(str(wrong), wrong=True)
            return
        event.input.remove_class("wrong")
        if event.input.has_focus:
            self._say(field.says)
        self._set(replace(self.settings, **{field.name: value}))

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Say what the knob does that has the focus now."""
        if isinstance(event.widget, KnobInput):
            wrong = event.widget.has_class("wrong")
            self._say(event.widget.field.wrong if wrong else event.widget.field.says, wrong=wrong)
        elif event.widget is self.slider:
            self._say(TEMPERATURE_SAYS)

    def on_descendant_blur(self) -> None:
        """Put the last good value back where none stands."""
        for one in self.inputs:
            if one.has_class("wrong") and not one.has_focus:
                one.value = one.field.shown(self.settings)
                self._say(TEMPERATURE_SAYS)

    def _set(self, settings: SampleSettings) -> None:
        if settings != self.settings:
            self.settings = settings
            self._preset.update(self._preset_name)
            self.post_message(self.Changed(settings))

    def _say(self, sentence: str, *, wrong: bool = False) -> None:
        self._says.set_class(wrong, "wrong")
        self._says.update(sentence, layout=False)
