"""The bar above every place: where one is, where one can go, and what is going on."""

from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from rnnplay.app.text import plain
from rnnplay.console.numbers import clock
from rnnplay.text.display import one_line

if TYPE_CHECKING:
    from rnnplay.app.app import Playground
    from rnnplay.app.desk import Desk

PLACES = (("corpus", "F2", "Corpus"), ("train", "F3", "Train"), ("sample", "F4", "Sample"), ("runs", "F5", "Runs"))
NAME_WIDTH = 24


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
        self.tell()

    def _engine_turned(self) -> None:
        """Tell, and let the keys be looked at anew: there is one only for an engine that has ended."""
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
        said = status(self._desk, short=self.app.size.width < 100)
        if said != self._shown:
            self._shown = said
            self.query_one(".status", Static).update(said)


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


def status(desk: "Desk", *, short: bool) -> Content:
    """Return what is going on: a training, or else the engine."""
    following, starting = desk.following, desk.starting
    if desk.stopping:
        return Content.assemble(("\u25cf saving", "bold $accent"), ", then leaving \u2026")
    if starting is not None:
        return Content.assemble(("\u25cf ", "$accent"), plain(one_line(starting.name, NAME_WIDTH)), " is starting")
    if following is not None and following.training:
        progress, started = following.history.progress, following.history.started
        sign, word = ("\u2016", "paused") if following.paused else ("\u25cf", "training")
        time = ""
        if progress is not None:
            time = f" {clock(progress.seconds)}"
        if started is not None and started.config.budget.unit == "minutes":
            time += f" / {clock(60 * started.config.budget.amount)}"
        name = "" if short else f" {one_line(following.run.name, NAME_WIDTH)}"
        return Content.assemble((f"{sign} {word}", "bold $accent"), plain(name), time)
    state = desk.engine.state
    return Content(
        {"off": "", "starting": "starting the engine \u2026", "ready": "ready"}.get(state, "\u2717 engine ended")
    )
