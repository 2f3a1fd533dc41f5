"""Giving a file, a folder or a glob a name."""

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, DirectoryTree, Input, Static

from rnnplay import places
from rnnplay.app.aside import aside
from rnnplay.app.text import plain
from rnnplay.app.widgets.choice import Choice
from rnnplay.app.widgets.line import Line
from rnnplay.app.widgets.path_field import Folders, PathField, completions
from rnnplay.console.numbers import short
from rnnplay.errors import UserError
from rnnplay.text import mine
from rnnplay.text.display import one_line
from rnnplay.text.records import Shape

LINGER = 0.2  # seconds without a key before a place is looked at
SHOWN_MATCHES = 12
SHAPES: dict[str, Shape | None] = {"as it looks": None, "running text": "stream", "lines apart": "lines"}


class AddText(ModalScreen[str | None]):
    """Asks for a place, and gives the name under which its text was added; None where it was left."""

    AUTO_FOCUS = "PathField"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave", tooltip="Add nothing", id="add.leave"),
    ]
    CSS_PATH = ["dialogs.tcss", "corpus_dialogs.tcss"]  # noqa: RUF012 - Textual declares its type

    def __init__(self) -> None:
        super().__init__(classes="dialog")
        self._from_tree = ""  # what was picked in the tree, which then stays where it is

    def compose(self) -> ComposeResult:
        """Put the fields above the tree."""
        with Vertical(classes="box wide") as box:
            box.border_title = "add a text of your own"
            box.border_subtitle = "enter adds it · tab completes · esc leaves"
            with Horizontal(classes="row"):
                yield Static("path", classes="label")
                yield PathField(id="path")
            yield Static("a file, a folder, or a pattern such as ~/notes/*.md", id="told", classes="told")
            yield Folders(Path.cwd(), id="tree")
            with Horizontal(classes="row"):
                yield Static("only files that end in", classes="label long")
                yield Line(placeholder="all; or .txt .md", compact=True, id="endings")
            with Horizontal(classes="row"):
                yield Static("taken as", classes="label")
                yield Choice(tuple(SHAPES), next(iter(SHAPES)), id="shape")
            with Horizontal(classes="row"):
                yield Static("name", classes="label")
                yield Line(placeholder="made from the path", compact=True, id="name", max_length=mine.NAME_LENGTH)
                yield Button("Add", id="add", variant="primary", compact=True)

    def _value(self, field: str) -> str:
        return self.query_one(f"#{field}", Input).value.strip()

    @property
    def _endings(self) -> tuple[str, ...]:
        return tuple(self._value("endings").replace(",", " ").replace("*", "").split())

    def _say(self, sentence: str, *, wrong: bool = False) -> None:
        for told in self.query("#told").results(Static):  # none once the dialog is left
            told.update(plain(sentence))
            told.set_class(wrong, "wrong")

    # Looking while one types

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        if event.input.id in {"path", "endings"}:
            self._look()

    @work(group="look", exclusive=True)
    async def _look(self) -> None:
        """Tell what there is at the place so far, or how it may go on."""
        await asyncio.sleep(LINGER)
        place, endings = self._value("path"), self._endings
        if not place:
            self._say("a file, a folder, or a pattern such as ~/notes/*.md")
            return
        self._say("looking …")
        if place != self._from_tree:
            await self._follow(place)
        try:
            self._say(await aside(lambda: _told(place, endings)))
        except UserError as error:
            matches = await aside(lambda: completions(place, SHOWN_MATCHES))
            self._say("  ".join(_last(match) for match in matches) if matches else str(error))

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

    @work(group="look", exclusive=True)
    async def _add(self) -> None:
        place, endings, name = self._value("path"), self._endings, self._value("name") or None
        shape = SHAPES[self.query_one(Choice).value]
        self._say("looking …")
        try:
            added = await aside(lambda: mine.add(place, endings, shape, name))
        except UserError as error:
            self._say(str(error), wrong=True)
        else:
            self.dismiss(added)

    def action_leave(self) -> None:
        """Close with nothing."""
        self.dismiss(None)


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
