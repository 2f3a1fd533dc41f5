"""The form that a training begins with: a few lines, each with a default, and what they come to."""

import asyncio
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import ClassVar

from msgspec.structs import replace
from rich.cells import cell_len
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Input, Label

from rnnplay.app.run_questions import wrong_name
from rnnplay.app.state import PRIORITIES, Priority
from rnnplay.app.text import plain
from rnnplay.app.widgets.beginning import Beginning
from rnnplay.app.widgets.choice import Choice
from rnnplay.app.widgets.draft import AUTOMATIC, TYPED, UNITS, Draft, drafted, preset_of, texts
from rnnplay.app.widgets.knobs import EXPLAINED
from rnnplay.app.widgets.line import Line
from rnnplay.app.widgets.told import QUIET, Told
from rnnplay.console.numbers import clock, short
from rnnplay.engine.protocol import Described, Measured, Opened
from rnnplay.model.config import CELLS
from rnnplay.text.display import one_line
from rnnplay.training.arguments import KNOB_OF
from rnnplay.training.choosing import Chosen, chosen
from rnnplay.training.config import PRESETS, TrainingConfig, automatic, fine_tuning, preset, with_cell
from rnnplay.training.forecast import Forecast, forecast

NAME_WIDTH = 11  # of a figure's name
USUAL_SYMBOLS = 65  # of an English text, until the text's own are counted
ROWS = ("preset", "cell", "layers", "hidden", "seq_len", "batch", "dropout", "lr", "amount", "device", "name")
OF_A_NETWORK = {"preset", "cell", "layers", "hidden"}  # rows that a trained network settles
HINT = (
    "Every field has a good default: enter starts. Up and down, or a click, lead to a field; then here stands what it "
    "does, and what more of it costs."
)


class Figures(Told):
    """What settings come to."""

    class Resized(Message):
        """There is more or less room for them."""

    def on_resize(self) -> None:
        """Let them be told anew."""
        self.post_message(self.Resized())


class TrainingForm(Widget):
    """Settings of a training, checked as they are typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "app.focus_previous", "up", id="form.up", show=False, tooltip="Go to the line above"),
        Binding("down", "app.focus_next", "down", id="form.down", show=False, tooltip="Go to the line below"),
        Binding("enter", "start", "Start", id="form.start", show=False, tooltip="Start training with these settings"),
    ]

    class Started(Message):
        """A training is wanted."""

        def __init__(self, config: TrainingConfig, name: str | None, *, extend: bool | None) -> None:
            """Want it.

            Args:
                config: The settings.
                name: The run's; None makes one.
                extend: Whether the text's new characters are added to the network's; None for a new network.
            """
            super().__init__()
            self.config, self.name, self.extend = config, name, extend

    def __init__(
        self,
        config: TrainingConfig | None = None,
        priority: Priority = "low",
        *,
        id: str | None = None,  # noqa: A002 - Textual's
    ) -> None:
        super().__init__(id=id)
        self._priority: Priority = priority
        self._base = config or automatic()
        self._anew: TrainingConfig | None = None  # the settings of a new network, while one begins from another
        self._origin: Opened | None = None
        self._draft = Draft(self._base, {})
        self._text: Described | None = None
        self._machine: Measured | None = None
        self._waiting = {"text": "looking at the text …", "machine": "measuring this machine …"}
        self._wrong_name = ""
        self._run = ""  # that Esc leads back to
        self._explained = ""  # the knob that has the focus
        self._likely = ""  # a sentence on what will be chosen

    def compose(self) -> ComposeResult:
        """Put a line for each knob beside what they come to, above the sentence on the one that has the focus."""
        with Container(id="settings"):
            with Vertical(id="knobs"):
                yield Beginning(id="beginning")
                for name in ROWS:
                    with Horizontal(classes="row of-a-network" if name in OF_A_NETWORK else "row"):
                        yield Label(EXPLAINED[name].label, classes="label")
                        yield from self._fields(name)
            with Vertical(id="outcome"):
                yield Figures(id="derived")
                yield Button("Start training", id="start", compact=True, variant="primary")
        yield Told(id="about")

    def _fields(self, name: str) -> Iterator[Widget]:
        if name == "preset":
            yield Choice((AUTOMATIC, *PRESETS), preset_of(self._base), id="preset")
        elif name == "cell":
            yield Choice(CELLS, self._base.model.cell, id="cell")
        elif name == "device":
            yield Choice(self._devices(), self._base.device, id="device")
            yield Label(EXPLAINED["priority"].label, classes="label second")
            yield Choice(PRIORITIES, self._priority, id="priority")
        else:
            yield Line(texts(self._base).get(name, ""), id=name, compact=True, classes="long" if name == "name" else "")
            if name == "amount":
                yield Choice(UNITS, self._base.budget.unit, id="unit")
            yield Told(id=f"{name}-note", classes="note")

    def on_mount(self) -> None:
        """Tell what the settings come to."""
        self._tell_beginning()
        self.query_one("#outcome").border_title = "what it comes to"
        self._explain("")
        self._note("name", "")
        self._work_out()

    # What the place tells it

    def tell_text(self, described: Described | None, instead: str = "") -> None:
        """Take the figures of the chosen text, or a sentence that stands for them."""
        self._text, self._waiting["text"] = described, instead or self._waiting["text"]
        self.query_one(Beginning).tell_text(described)
        self._work_out()

    def tell_machine(self, measured: Measured | None, instead: str = "") -> None:
        """Take what this machine does, or a sentence that stands for that."""
        self._machine, self._waiting["machine"] = measured, instead or self._waiting["machine"]
        self.query_one("#device", Choice).words = self._devices()
        self._work_out()

    def tell_way_back(self, run: str) -> None:
        """Say where Esc leads to: back to a run, "" for none; or from a trained network to a new one."""
        self._run = run
        self._tell_beginning()

    def _tell_beginning(self) -> None:
        """Say on the border what begins here, and where Esc leads to."""
        knobs = self.query_one("#knobs")
        back = f"esc: back to {one_line(self._run, 40)}" if self._run else ""
        back = "esc: a new network instead" if self._anew is not None else back
        knobs.border_title = "a new training" if self._anew is None else "a trained network learns on"
        knobs.border_subtitle = Content(back) if back else None

    def begin_from(self, name: str) -> None:
        """Let the training begin from a trained network, of which no more is known yet than its name."""
        self._anew, self._origin = self._anew or self._base, None
        self.add_class("-from")
        self._tell_beginning()
        self.query_one(Beginning).wait_for(name)
        self._work_out()

    def tell_origin(self, opened: Opened) -> None:
        """Take the trained network: its shape stays, and its rate is lower."""
        self._origin = opened
        self.query_one(Beginning).tell(opened)
        self.fill(self._with(fine_tuning(opened.model)))

    def tell_no_origin(self, sentence: str) -> None:
        """Say why the training can't begin from that network."""
        self._origin = None
        self.query_one(Beginning).refuse(sentence)
        self._work_out()

    def begin_anew(self) -> None:
        """Let the training begin from a new network, with the settings that stood there before."""
        if self._anew is not None:
            before, self._anew = self._anew, None
            self.remove_class("-from")
            self._tell_beginning()
            self.fill(replace(before, device=self._base.device, budget=self._base.budget))

    def fill(self, config: TrainingConfig) -> None:
        """Put these settings into the fields."""
        self._base = config
        for name, text in texts(config).items():
            self.query_one(f"#{name}", Input).value = text
        self.query_one("#cell", Choice).value = config.model.cell
        self.query_one("#unit", Choice).value = config.budget.unit
        self.query_one("#device", Choice).words = self._devices()
        self.query_one("#device", Choice).value = config.device
        self._work_out()

    def action_start(self) -> None:
        """Ask for the training, where every field is in order; else go to the first that isn't."""
        self._work_out()
        if self._anew is not None and self._origin is None:
            self.query_one("#start").focus()  # what is waited for, or wrong, stands above
        elif self._draft.config is None:
            self.query_one(f"#{next(iter(self._draft.wrong))}").focus()
        elif self._wrong_name:
            self.query_one("#name").focus()
        else:
            name = self.query_one("#name", Input)
            extend = None if self._anew is None else self.query_one(Beginning).extends
            self.post_message(self.Started(self._draft.config, name.value.strip() or None, extend=extend))
            name.value = ""

    def _devices(self) -> tuple[str, ...]:
        found = self._machine.devices if self._machine else ("cpu",)
        return tuple(dict.fromkeys(("auto", *found, self._base.device)))

    # What is done to it

    @on(Input.Submitted)
    @on(Button.Pressed)
    def _start(self, event: Message) -> None:
        event.stop()
        self.action_start()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if event.input.id == "name":
            self.run_worker(self._check_name(event.value.strip()), exclusive=True, group="name")
        else:
            self._work_out()

    async def _check_name(self, name: str) -> None:
        self._wrong_name = await asyncio.to_thread(wrong_name, name) if name else ""
        self._note("name", self._wrong_name)

    @on(Choice.Changed)
    def _chosen(self, event: Choice.Changed) -> None:
        if event.choice.id == "priority":  # no setting of the training: the screen's to remember
            return
        event.stop()
        if event.choice.id == "preset":
            self.fill(self._with(automatic() if event.value == AUTOMATIC else preset(event.value)))
        elif event.choice.id == "cell":
            known = preset_of(self._base)  # whose own rate leads to the new one, or digits would be lost on the way
            self.fill(with_cell(self._with(preset(known)) if known in PRESETS else self._base, event.value))
        else:
            if event.choice.id == "device":
                self._base = replace(self._base, device=event.value)
            self._work_out()

    def _with(self, config: TrainingConfig) -> TrainingConfig:
        """Return settings with what no preset sets."""
        base = self._base
        return replace(config, device=base.device, prompt=base.prompt, budget=base.budget)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Explain the knob that has the focus."""
        self._explain(event.widget.id or "")

    def _explain(self, name: str) -> None:
        """Tell what a knob does; where none has the focus, what will be chosen, or else how the form is used."""
        self._explained = name
        about = EXPLAINED[name].about if name in EXPLAINED else self._likely or HINT
        self.query_one("#about", Told).tell(Content(about))

    def _work_out(self) -> None:
        """Check the fields and tell what they come to."""
        if not self.is_mounted:
            return
        typed = {name: self.query_one(f"#{name}", Input).value for name in TYPED}
        whole = self._anew is not None and self._origin is not None
        self._draft = drafted(self._base, self.query_one("#unit", Choice).value, typed, whole=whole)
        config = self._draft.config
        if config is not None:
            self._base = config
            self.query_one("#preset", Choice).value = preset_of(config)
            self._look_ahead(config)
        else:
            self._likely = ""
            self.query_one("#derived", Told).tell(Content("A field is out of order; what is wrong stands beside it."))
        for name in TYPED:
            self._note(name, self._draft.wrong.get(name, ""))
        self._explain(self._explained)

    def _look_ahead(self, config: TrainingConfig) -> None:
        """Tell what will likely be chosen, and what it all comes to."""
        text = self._text
        symbols = self.query_one(Beginning).symbols if self._anew is not None else None
        symbols = symbols or (len(text.vocabulary) if text else USUAL_SYMBOLS)
        choice = self._choice(config, symbols)
        self._likely = f"Enter starts. Likely: {choice.what}." if choice and choice.what else ""
        found = {} if choice is None else texts(choice.config)
        for name, knob in KNOB_OF.items():
            chosen_here = f"auto {found.get(name, '')}".strip() if knob in config.free else ""
            self.query_one(f"#{name}", Input).placeholder = chosen_here
        self.query_one("#derived", Told).tell(self._derived(choice.config if choice else None, symbols))

    def _choice(self, config: TrainingConfig, symbols: int) -> Chosen | None:
        """Return what will likely be chosen; None before enough is known."""
        text, machine = self._text, self._machine
        if not config.free:
            return Chosen(config)
        if text is None or (machine is None and config.budget.unit == "minutes"):
            return None
        device = machine.kind if machine and config.device == "auto" else config.device
        rate = machine.rate(config.model.cell, device) if machine else None
        choice = chosen(replace(config, device=device), symbols, max(text.train_chars, 1), rate)
        return Chosen(replace(choice.config, device=config.device), choice.what)

    def _note(self, name: str, wrong: str) -> None:
        note = self.query_one(f"#{name}-note", Told)
        note.set_class(bool(wrong), "-wrong")
        note.tell(plain(f"✗ {wrong}") if wrong else Content(EXPLAINED[name].gloss))

    def _derived(self, config: TrainingConfig | None, symbols: int) -> Content:
        """Tell what settings come to, or before they are known only the text."""
        text = self._text
        lines = {
            "text": self._waiting["text"] if text is None else one_line(text.name, 24),
            "": "" if text is None else f"{short(text.chars)} chars, {symbols} symbols",
            **(self._figures(config, symbols) if config else {"speed": self._waiting["machine"]}),
        }
        return _in_columns(lines, self.query_one("#derived").size.width)

    def _figures(self, config: TrainingConfig, symbols: int) -> dict[str, str]:
        text = self._text
        rate = self._machine.rate(config.model.cell, config.device) if self._machine else None
        told = forecast(config, symbols, text.train_chars if text else 0, rate)
        figures = {
            "parameters": short(told.parameters),
            "memory": f"about {_size(told.bytes)}",
            "speed": self._speed(told),
            "time": "…" if told.seconds is None else f"about {clock(told.seconds)}",
            "steps": "…" if told.steps is None else f"about {short(told.steps)}",
            "epochs": "…" if told.epochs is None else f"about {told.epochs:.3g}",
        }
        if config.budget.unit in figures:
            figures[config.budget.unit] = f"{config.budget.amount:,.10g}"
        if config.budget.unit == "minutes":
            figures["time"] = clock(60 * config.budget.amount)
        return figures

    def _speed(self, told: Forecast) -> str:
        if self._machine is None:
            return self._waiting["machine"]
        return "…" if told.chars_per_second is None else f"about {short(told.chars_per_second)} characters/s"

    @on(Figures.Resized)
    def _resized(self, event: Figures.Resized) -> None:
        """Tell the figures in as many columns as there is room for."""
        event.stop()
        self._work_out()


def _size(count: float) -> str:
    return f"{short(count)}B" if count >= 1000 else f"{count:.0f} B"


def _in_columns(lines: Mapping[str, str], width: int) -> Content:
    """Return names and what belongs to them, in two columns where there is room."""
    told = {name: value for name, value in lines.items() if name or value}
    if width < 70:
        return Content("\n").join(_cell(name, value) for name, value in told.items())
    room = width // 2 - NAME_WIDTH - 2
    cells = [_cell(name, one_line(value, room)) for name, value in told.items()]
    rows, half = [], (len(cells) + 1) // 2
    for left, right in zip_longest(cells[:half], cells[half:], fillvalue=Content()):
        gap = max(width // 2 - cell_len(left.plain), 1)
        rows.append(Content.assemble(left, " " * gap, right))
    return Content("\n").join(rows)


def _cell(name: str, value: str) -> Content:
    return Content.assemble((f"{name:<{NAME_WIDTH}}", QUIET), plain(value))
