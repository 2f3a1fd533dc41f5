"""Giving a file, a folder, a glob or what stands at an address a name."""

import asyncio
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, DirectoryTree, Input, Static
from textual.worker import Worker

from rnnplay import places
from rnnplay.app.aside import aside
from rnnplay.app.screens.corpus_dialog import TextDialog
from rnnplay.app.widgets.choice import Choice
from rnnplay.app.widgets.line import Line
from rnnplay.app.widgets.path_field import Folders, PathField, completions
from rnnplay.console.numbers import short
from rnnplay.engine.client import Engine
from rnnplay.engine.protocol import Keep, Kept
from rnnplay.errors import UserError
from rnnplay.text.display import one_line
from rnnplay.text.fetched import fetching
from rnnplay.text.records import Shape, to_json

LINGER = 0.2  # seconds without a key before a place is looked at
SHOWN_MATCHES = 12
HINT = "a file, a folder, a pattern such as ~/notes/*.md, or an address: https://…"
ADDRESS = "an address: enter fetches what is there, 200 MB at most, and keeps it"
SHAPES: dict[str, Shape | None] = {"as it looks": None, "running text": "stream", "lines apart": "lines"}


class AddText(TextDialog[Kept]):
    """Asks for a place, and gives the name under which its text was added."""

    AUTO_FOCUS = "PathField"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave", tooltip="Add nothing", id="add.leave"),
    ]

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._from_tree = ""  # what was picked in the tree, which then stays where it is
        self._looking: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        """Put the fields above the tree."""
        with Vertical(classes="box wide") as box:
            box.border_title = "add a text of your own"
            box.border_subtitle = "enter adds it · tab completes · esc leaves"
            with Horizontal(classes="row"):
                yield Static("place", classes="label")
                yield PathField(id="path")
            yield Static(HINT, id="told", classes="told")
            yield Folders(Path.cwd(), id="tree")
            with Horizontal(classes="row"):
                yield Static("only files that end in", classes="label long")
                yield Line(placeholder="all; or .txt .md", compact=True, id="endings")
            with Horizontal(classes="row"):
                yield Static("taken as", classes="label")
                yield Choice(tuple(SHAPES), next(iter(SHAPES)), id="shape")
            yield from self.name_row("made from the place", Button("Add", id="add", variant="primary", compact=True))

    def _value(self, field: str) -> str:
        return self.query_one(f"#{field}", Input).value.strip()

    @property
    def _endings(self) -> tuple[str, ...]:
        return tuple(self._value("endings").replace(",", " ").replace("*", "").split())

    # Looking while one types

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        if event.input.id in {"path", "endings"} and not self.at_work:
            self._looking = self._look()

    def _look_no_more(self) -> None:
        if self._looking is not None:
            self._looking.cancel()

    @work(group="look", exclusive=True)
    async def _look(self) -> None:
        """Tell what there is at the place so far, or how it may go on."""
        await asyncio.sleep(LINGER)
        place, endings = self._value("path"), self._endings
        if not place or fetching.is_address(place):
            self.say(ADDRESS if place else HINT)
            return
        self.say("looking …")
        if place != self._from_tree:
            await self._follow(place)
        try:
            self.say(await aside(lambda: _told(place, endings)))
        except UserError as error:
            matches = await aside(lambda: completions(place, SHOWN_MATCHES))
            self.say("  ".join(_last(match) for match in matches) if matches else str(error))

    async def _follow(self, place: str) -> None:
        """Let the tree begin where the path that is being typed has come to."""
        folder = await aside(lambda: _folder(place))
        for tree in self.query(Folders):
            if folder is not None and folder != tree.path:
                tree.path = folder

    @on(DirectoryTree.FileSelected)
    @on(DirectoryTree.DirectorySelected)
    def _picked(self, event: DirectoryTree.FileSelected | DirectoryTree.DirectorySelected) -> None:
        field = self.query_one(PathField)
        self._from_tree = field.value = str(event.path)
        field.cursor_position = len(field.value)

    # Adding

    @on(Input.Submitted)
    @on(Button.Pressed)
    def _submitted(self) -> None:
        self._add()

    def _add(self) -> None:
        self._look_no_more()
        question = Keep(
            to_json(self._value("path")), self._endings, SHAPES[self.query_one(Choice).value], self.name_typed
        )
        self.begin(partial(self._keep, question))

    async def _keep(self, question: Keep) -> None:
        with suppress(UserError):
            self.dismiss(await self.kept(question))

    def action_leave(self) -> None:
        """End what is being added, or close with nothing."""
        self.leave()


def _last(path: str) -> str:
    """Return a path's last part, with the slash of a folder."""
    return one_line(path.rstrip("/").rsplit("/", 1)[-1] + ("/" if path.endswith("/") else ""), 30)


def _folder(typed: str) -> Path | None:
    """Return the folder that a path that is being typed has come to, or None where there is none."""
    path = places.expanded(typed)
    found = path if typed.endswith(("/", "\\")) or typed == "~" else path.parent
    try:
        return found.resolve() if found.is_dir() else None
    except (OSError, ValueError):
        return None


def _told(place: str, endings: tuple[str, ...]) -> str:
    """Return what there is at a place, in words.

    Raises:
        UserError: There is no text.
    """
    from rnnplay.text import sources  # with numpy, whose import is not this thread's that draws

    found = sources.looked_at(place, endings)
    kind = {"file": "a file", "folder": "a folder", "glob": "a pattern"}[found.provenance.kind]
    many = (
        ""
        if found.provenance.kind == "file"
        else f", {'' if found.whole else 'more than '}{found.files:,} file{'s' * (found.files != 1)}"
    )
    return f"{kind}{many}, {short(found.size)}B"
