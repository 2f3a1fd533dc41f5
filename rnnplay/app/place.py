"""What all places have in common: the bar above, the keys below, and a sentence where the terminal is too small."""

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.css.query import NoMatches
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from rnnplay import faults
from rnnplay.app.widgets.key_bar import KeyBar
from rnnplay.app.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from rnnplay.app.app import Playground
    from rnnplay.app.desk import Desk

SMALLEST = (70, 20)  # columns and rows


class Place(Screen[None]):
    """One of the places.

    Attributes:
        NAME: What it is called in code and in keys.
        TITLE_: What it is called on the screen.
        HELP: What F1 says of it, in Markdown.
    """

    NAME: ClassVar[str]
    TITLE_: ClassVar[str]
    HELP: ClassVar[str] = ""
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it an instance variable
        (0, "-tiny"),
        (SMALLEST[0], "-narrow"),
        (100, "-normal"),
        (130, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012 - as above
        (0, "-flat"),
        (SMALLEST[1], "-short"),
        (30, "-tall"),
    ]

    @property
    def desk(self) -> "Desk":
        """What the places share."""
        return cast("Playground", self.app).desk

    def compose(self) -> ComposeResult:
        """Put the bar, the place's own widgets and the keys in their order."""
        yield TopBar(self.NAME)
        with Vertical(id="body"):
            yield from self.compose_body()
        yield TooSmall()
        yield KeyBar()

    def on_screen_resume(self) -> None:
        """Show in the bar what has changed while another place was in front."""
        self.query_one(TopBar).tell()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say what went wrong in work beside the app that may fail: it would be silent."""
        error = event.worker.error
        if event.state is WorkerState.ERROR and error is not None and not isinstance(error, NoMatches):
            self.desk.say(faults.sentence(error), "error")

    def compose_body(self) -> ComposeResult:
        """Yield the place's own widgets."""
        raise NotImplementedError


class TooSmall(Static):
    """Stands in for everything where it would not fit."""

    def on_resize(self) -> None:
        """Say how large the terminal is and how large it should be."""
        width, height = self.app.size
        columns, rows = SMALLEST
        self.update(
            f"This terminal is {width} columns by {height} rows; rnnplay needs {columns} by {rows}. "
            "Make it larger, or choose a smaller letter."
        )
