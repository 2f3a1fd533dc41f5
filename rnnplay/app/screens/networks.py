"""Choosing a network: any run's best or last weights, or one that ships."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static

from rnnplay import places
from rnnplay.app.aside import aside
from rnnplay.app.text import plain
from rnnplay.app.widgets.line import Line
from rnnplay.console.numbers import decimals
from rnnplay.errors import UserError
from rnnplay.runs import folder, log
from rnnplay.runs.folder import Run
from rnnplay.text.display import one_line
from rnnplay.training.events import Evaluated, Finished

NAME_WIDTH, LINE_WIDTH = 28, 160  # characters
SHOWN_AT_MOST = 200


@dataclass(frozen=True)
class Offer:
    """A network that can be chosen.

    Attributes:
        spec: What names it; None is the newest run, or else the one that ships.
        which: "best" or "last".
        says: What it is, in one line.
    """

    spec: str | None
    which: str
    says: str


def offers() -> list[Offer]:
    """Return every network, the newest first. Reads files."""
    found = [Offer(None, "best", "always the newest run")]
    for run in folder.all_runs():
        found += _of_run(run)
    for path in sorted(places.shipped("checkpoints").glob("*.safetensors")):
        found.append(Offer(f"shipped:{path.stem}", "best", f"{path.stem:<{NAME_WIDTH}} ships with rnnplay"))
    return found


def _of_run(run: Run) -> Iterator[Offer]:
    kept = [which for which in ("best", "last") if run.checkpoint(which).is_file()]
    if not kept:
        return
    try:
        card = run.card()
    except UserError:
        about = "its run.json is damaged"
    else:
        about = f"{card.corpus.name} · {card.config.model}"
    loss = _loss(run)
    for which in kept:
        figure = f" · {decimals(loss, 2)} nats" if which == "best" and loss is not None else ""
        yield Offer(run.name, which, f"{run.name:<{NAME_WIDTH}} {which}   {about}{figure}")


def _loss(run: Run) -> float | None:
    """Return the best validation loss among a run's last words; once it has finished, that of its last pass."""
    best: float | None = None
    for event in log.tail(run.events):
        if isinstance(event, Finished) or (isinstance(event, Evaluated) and event.loss is not None and event.best):
            best = event.loss
    return best


class PickNetwork(ModalScreen[Offer | None]):
    """A list of all networks, searched as one types; Esc chooses none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel", show=False, id="networks.leave"),
        Binding("down", "step(1)", "Next", show=False, id="networks.next"),
        Binding("up", "step(-1)", "Previous", show=False, id="networks.previous"),
    ]
    CSS_PATH = ["dialogs.tcss", "lists.tcss"]  # noqa: RUF012 - Textual declares its type

    def __init__(self, title: str) -> None:
        super().__init__(classes="dialog")
        self._title = title
        self._all: list[Offer] = []
        self._shown: list[Offer] = []

    def compose(self) -> ComposeResult:
        """Put the search field above the list."""
        with Vertical(classes="box") as box:
            box.border_title = plain(self._title)
            box.border_subtitle = "enter takes it · esc leaves"
            yield Line(placeholder="search", compact=True)
            yield OptionList(markup=False, compact=True)
            yield Static("looking for networks …", markup=False, classes="hint")

    async def on_mount(self) -> None:
        """Read the list."""
        self.run_worker(self._read())

    async def _read(self) -> None:
        self._all = await aside(offers)
        self._fill(self.query_one(Input).value)  # someone may have typed meanwhile

    def _fill(self, wanted: str) -> None:
        """Show the networks in whose line every word stands."""
        words = wanted.lower().split()
        found = [one for one in self._all if all(word in one.says.lower() for word in words)]
        self._shown = found[:SHOWN_AT_MOST]
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([plain(one_line(one.says, LINE_WIDTH)) for one in self._shown])
        options.highlighted = 0 if self._shown else None
        more = len(found) - len(self._shown)
        hint = f"and {more:,} more: a word of its name, text or network narrows them" if more else ""
        self.query_one(".hint", Static).update(hint if found else "none has all these words in its line")

    @on(Input.Changed)
    def _searched(self, event: Input.Changed) -> None:
        self._fill(event.value)

    @on(Input.Submitted)
    def _submitted(self) -> None:
        highlighted = self.query_one(OptionList).highlighted
        if highlighted is not None:
            self.dismiss(self._shown[highlighted])

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._shown[event.option_index])

    def action_step(self, by: int) -> None:
        """Go up or down in the list while the search field has the focus."""
        options = self.query_one(OptionList)
        if self._shown:
            options.highlighted = ((options.highlighted or 0) + by) % len(self._shown)

    def action_leave(self) -> None:
        """Choose none."""
        self.dismiss(None)
