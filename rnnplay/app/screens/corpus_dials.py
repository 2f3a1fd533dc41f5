"""Turning the dials of a generated text: what it would be like follows as one turns."""

import asyncio
from contextlib import aclosing, suppress
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.css.query import NoMatches
from textual.widgets import Button, Input, Static

from rnnplay.app import dials
from rnnplay.app.aside import aside
from rnnplay.app.screens.corpus_dialog import TextDialog
from rnnplay.app.text import plain, trouble
from rnnplay.app.widgets.dial_field import DialField
from rnnplay.app.widgets.preview import Preview
from rnnplay.engine.client import Engine
from rnnplay.engine.protocol import Counted, Describe, Described, Keep, Kept
from rnnplay.errors import UserError
from rnnplay.text import generated
from rnnplay.text.display import one_line
from rnnplay.text.generated import SHARED, Dial, Setting
from rnnplay.text.records import optimum_in

LINGER = 0.25  # seconds without a turn before the engine is asked
COUNTED_AT_MOST = {dial.name: dial.default for dial in SHARED}["size"]  # characters that the optimum is told by
KNOWN_AT_MOST = 64


@dataclass(frozen=True)
class Turned:
    """A text with its dials turned; with a name where it was kept."""

    spec: str
    kept: Kept | None = None


class TurnDials(TextDialog[Turned]):
    """Asks where the dials of a generated text shall stand."""

    AUTO_FOCUS = "DialField"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+o", "keep", "keep", tooltip="Keep the text under a name", id="dials.keep", priority=True),
        Binding("escape", "leave", "leave", tooltip="Leave the dials as they were", id="dials.leave"),
        Binding("up", "app.focus_previous", "up", show=False, tooltip="Go to the field above", id="dials.up"),
    ]

    def __init__(self, engine: Engine, setting: Setting) -> None:
        super().__init__(engine)
        self._begun = setting
        self._generator = setting.generator
        self._setting: Setting | None = setting  # None where the dials can't stand so
        self._known: dict[str, str] = {}  # from a spec to what the engine told of it

    def compose(self) -> ComposeResult:
        """Put the dials above the text's beginning."""
        with Vertical(classes="box wide dials") as box:
            box.border_title = f"dials of {self._generator.name}"
            box.border_subtitle = "+ and - turn · enter trains on it · ctrl+o keeps it · esc leaves"
            yield Static(self._generator.about, id="about")
            for dial in self._generator.dials:
                with Horizontal(classes="dial"):
                    yield Static(dial.name, classes="label")
                    yield DialField(dial, self._begun.dials[dial.name])
                    yield Static(classes="note", id=f"note-{dial.name}")
            lines = Preview(id="lines")
            lines.can_focus = False  # the arrows lead from the last dial to the name
            yield lines
            yield Static(id="outcome")
            yield Static(id="told", classes="told")
            keep = Button("Keep", id="keep", compact=True)
            take = Button("Train on it", id="take", variant="primary", compact=True)
            yield from self.name_row("to keep it under", keep, take)

    def on_mount(self) -> None:
        """Show the text as it begins now; a dialog that was left at once has no fields."""
        if self.query("#take"):
            self._turned()

    # Turning

    @on(Input.Changed, "DialField")
    def _dial_changed(self) -> None:
        self._turned()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Explain the dial that has the focus."""
        if isinstance(event.widget, DialField) and self._setting is not None and not self.at_work:
            self.say(_explained(event.widget.dial))

    def _turned(self) -> None:
        """Check the dials, and show what they come to."""
        focused = self.focused
        self.say(_explained(focused.dial) if isinstance(focused, DialField) else "")
        self._setting = self._read()
        self.query_one("#outcome", Static).set_class(self._setting is None, "-open")
        if self._setting is None:
            self.workers.cancel_group(self, "look")
            self.query_one("#outcome", Static).update("A dial is out of order.")
        else:
            self._look(self._setting)

    def _read(self) -> Setting | None:
        """Return what the dials come to, and say beside each what is wrong; None where something is."""
        settings: dict[str, int] = {}
        wrong = False
        for field in self.query(DialField):
            try:
                settings[field.dial.name] = dials.read(field.dial, field.value)
                sentence = ""
            except UserError as error:
                sentence, wrong = str(error), True
            note = self.query_one(f"#note-{field.dial.name}", Static)
            note.update(f"✗ {sentence}" if sentence else _noted(field.dial))
            note.set_class(bool(sentence), "-wrong")
        try:
            return None if wrong else generated.set_to(self._generator, settings)
        except UserError as error:
            self.say(str(error), wrong=True)
            return None

    @work(group="look", exclusive=True)
    async def _look(self, setting: Setting) -> None:
        """Show how a text begins, then what the engine knows of it."""
        with suppress(NoMatches):  # the dialog is left meanwhile
            await self._look_at(setting)

    async def _look_at(self, setting: Setting) -> None:
        outcome = self.query_one("#outcome", Static)
        known = self._known.get(_countable(setting))
        outcome.update(plain(f"{setting.spec}\n{known or 'optimum …'}"))
        lines = await aside(lambda: dials.beginning(setting))
        preview = self.query_one("#lines", Preview)
        if preview.text != lines:
            preview.show(lines)
        if known is None:
            await asyncio.sleep(LINGER)
            outcome.update(plain(f"{setting.spec}\n{await self._asked(_countable(setting))}"))

    async def _asked(self, spec: str) -> str:
        """Return what the engine knows of a text, in words."""
        figures, optimum = None, None
        try:
            async with aclosing(self._engine.ask(Describe(spec))) as replies:
                async for reply in replies:
                    if isinstance(reply, Described):
                        figures = reply
                    elif isinstance(reply, Counted):
                        optimum = optimum_in(reply.ladder)
                        break  # the rest is counted once the text is chosen
        except UserError as error:
            return trouble(error)
        told = _in_words(figures, optimum)
        self._known[spec] = told
        while len(self._known) > KNOWN_AT_MOST:
            del self._known[next(iter(self._known))]
        return told

    # What one can do

    @on(Input.Submitted, "DialField")
    @on(Button.Pressed, "#take")
    def _take(self) -> None:
        if self._setting is not None and not self.at_work:
            self.dismiss(Turned(self._setting.spec))

    @on(Input.Submitted, "#name")
    @on(Button.Pressed, "#keep")
    def action_keep(self) -> None:
        """Keep the text under a name."""
        if self._setting is not None:
            self.begin(partial(self._keep, self._setting))

    async def _keep(self, setting: Setting) -> None:
        with suppress(UserError):
            kept = await self.kept(Keep(setting.spec, name=self.name_typed))
            self.dismiss(Turned(setting.spec, kept))

    def action_leave(self) -> None:
        """End what is being kept, or close with nothing."""
        self.leave()


def _noted(dial: Dial) -> str:
    return f"{dial.about} ({dials.shown(dial.least)} to {dials.shown(dial.most)})"


def _explained(dial: Dial) -> str:
    least, most, default = (dials.shown(value) for value in (dial.least, dial.most, dial.default))
    return f"{dial.about} · {dial.name}: from {least} to {most}, {default} by default"


def _countable(setting: Setting) -> str:
    """Return the spec of a text whose optimum is told soon: no longer than most are."""
    size = min(setting.dials["size"], COUNTED_AT_MOST)
    return generated.set_to(setting.generator, {**setting.dials, "size": size}).spec


def _in_words(figures: Described | None, optimum: float | None) -> str:
    parts = ["no optimum" if optimum is None else f"optimum {optimum:.3f} bits per character"]
    if figures is None:
        return parts[0]
    parts.append(f"{len(figures.vocabulary)} symbols")
    notes = "".join(f"\n{one_line(note, 300)}" for note in figures.notes)
    return f"{' · '.join(parts)}{notes}"
