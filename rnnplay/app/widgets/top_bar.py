"""The bar above every place: where one is, where one can go, and what is going on."""

from typing import TYPE_CHECKING, ClassVar, cast

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from rnnplay.app.text import plain
from rnnplay.app.widgets.run_columns import fit
from rnnplay.console.numbers import clock
from rnnplay.text.display import one_line

if TYPE_CHECKING:
    from rnnplay.app.app import Playground
    from rnnplay.app.desk import Desk
    from rnnplay.runs.following import Following

PLACES = (("corpus", "F2", "Corpus"), ("train", "F3", "Train"), ("sample", "F4", "Sample"), ("runs", "F5", "Runs"))
NAME_WIDTH = 24  # cells of a run's name
LEAST_NAME = 6


class TopBar(Horizontal):
    """The bar above every place."""

    DEFAULT_CSS: ClassVar[str] = """
    TopBar {
        height: 1;
        background: $panel;
        & > .name { width: auto; padding: 0 2 0 1; text-style: bold; color: $accent; }
        & > .status { width: 1fr; padding: 0 1 0 2; text-align: right; color: $text-muted; }
    }
    """

    def __init__(self, place: str) -> None:
        super().__init__()
        self._place = place
        self._shown = Content()

    def compose(self) -> ComposeResult:
        """Put the program's name, the places and the status side by side."""
        yield Static("rnnplay", classes="name")
        for name, key, title in PLACES:
            yield Door(name, key, title, here=name == self._place)
        yield Static(classes="status")

    def on_mount(self) -> None:
        """Listen to what the status tells of."""
        desk = self._desk
        desk.engine_changed.subscribe(self, lambda _: self._engine_turned())
        desk.following_changed.subscribe(self, lambda _: self.tell())
        desk.offers.changed.subscribe(self, lambda _: self._engine_turned())
        self.tell()

    def _engine_turned(self) -> None:
        """Tell, and look at the keys again: some are only for an engine that has ended, or a training on offer."""
        self.tell()
        self.screen.refresh_bindings()

    def on_resize(self) -> None:
        """Fit the status into what is left."""
        self.tell()

    @property
    def _desk(self) -> "Desk":
        return cast("Playground", self.app).desk

    def tell(self) -> None:
        """Show the status as it is now, where the place is in front."""
        if not self.screen.is_current and self._shown.plain:
            return
        shown = self.query_one(".status", Static)
        said = status(self._desk, shown.content_size.width or NAME_WIDTH)
        if said != self._shown:
            self._shown = said
            shown.update(said)


class Door(Static):
    """A place's name, to be clicked."""

    DEFAULT_CSS: ClassVar[str] = """
    Door {
        width: auto;
        padding: 0 1;
        &:hover { background: $boost; }
        &.here { background: $accent; color: $background; text-style: bold; }
        &.here:ansi { text-style: bold reverse; }
    }
    """

    def __init__(self, place: str, key: str, title: str, *, here: bool) -> None:
        words = f"{key} {title.upper()}" if here else f"{key} {title}"
        super().__init__(Content(words), classes="here" if here else "")
        self._place = place

    def on_click(self, event: events.Click) -> None:
        """Go there."""
        event.stop()
        cast("Playground", self.app).action_place(self._place)


def status(desk: "Desk", width: int) -> Content:
    """Return what is going on, a training or else the engine, in so many cells where that can be."""
    following, starting = desk.following, desk.starting
    if desk.stopping:
        return Content.assemble(("\u25cf saving", "bold $accent"), ", then leaving \u2026")
    if starting is not None:
        return Content.assemble(("\u25cf ", "$accent"), plain(one_line(starting.name, NAME_WIDTH)), " is starting")
    running = desk.offers.running
    if running:
        shown = following if following is not None and following.run == running[0] else None
        return _training(running[0].name, shown, len(running) - 1, width)
    state = desk.engine.state
    return Content(
        {"off": "", "starting": "starting the engine \u2026", "ready": "ready"}.get(state, "\u2717 engine ended")
    )


def _training(name: str, following: "Following | None", others: int, width: int) -> Content:
    """Return that a run is being trained: its name, and as much of the time as leaves room for that.

    Args:
        name: The run's.
        following: It, where Train shows it.
        others: How many more are being trained.
        width: Cells that there are.
    """
    sign, word = ("\u2016", "paused") if following is not None and following.paused else ("\u25cf", "training")
    state, more = f"{sign} {word}", f" +{others}" if others else ""
    needed = min(cell_len(name), NAME_WIDTH)
    for time in (*_times(following), ""):
        room = width - cell_len(f"{state} {time}{more}")
        if room >= needed:
            break
    return Content.assemble(
        (state, "bold $accent"), f" {fit(name, min(max(room, LEAST_NAME), NAME_WIDTH))}{time}{more}"
    )


def _times(following: "Following | None") -> tuple[str, ...]:
    """Return how far a training is, with its budget and without."""
    if following is None or following.history.progress is None:
        return ()
    time, started = f" {clock(following.history.progress.seconds)}", following.history.started
    if started is None or started.config.budget.unit != "minutes":
        return (time,)
    return f"{time} / {clock(60 * started.config.budget.amount)}", time
