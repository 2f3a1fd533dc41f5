"""Choosing other runs to lay over the chart."""

from collections.abc import Collection, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import SelectionList, Static
from textual.widgets.selection_list import Selection

from rnnplay.app.text import plain
from rnnplay.console.chart.curves import Curve
from rnnplay.runs import log
from rnnplay.runs.folder import Run
from rnnplay.runs.history import History
from rnnplay.text.display import one_line

NAME_WIDTH = 52


def curve_of(run: Run, mark: str) -> Curve:
    """Read a run's curve, with a mark at its validation losses; blocks while it does."""
    history = History()
    history.take(log.stream(run.events))
    corpus = None if history.started is None else history.started.corpus
    return Curve(run.name, tuple(history.losses), tuple(history.looks), mark=mark, corpus=corpus)


class Overlay(ModalScreen[tuple[str, ...]]):
    """A list of runs, of which any may be marked; leaving it gives the marked ones' names."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,o", "leave", "Show them", id="overlay.leave"),
    ]
    CSS_PATH = "dialogs.tcss"

    def __init__(self, runs: Sequence[tuple[str, str]], marked: Collection[str]) -> None:
        """Ask.

        Args:
            runs: Names, and what to call each.
            marked: Which names are marked already.
        """
        super().__init__(classes="dialog")
        self._runs, self._marked = runs, frozenset(marked)

    def compose(self) -> ComposeResult:
        """Put the list below the question."""
        with Vertical(classes="box"):
            yield Static("Which runs shall the chart show beside this one?", classes="question")
            if self._runs:
                yield SelectionList(
                    *(
                        Selection(plain(one_line(label, NAME_WIDTH)), name, name in self._marked)
                        for name, label in self._runs
                    ),
                    compact=True,
                )
            else:
                yield Static("There are no others.")
            yield Static("space: mark   esc: show them", classes="hint")

    def action_leave(self) -> None:
        """Close with what is marked."""
        chosen = self.query(SelectionList)
        self.dismiss(tuple(chosen.first().selected) if chosen else ())
