"""A field for a path, which completes what is typed, and a tree of folders beside it."""

import heapq
import os
from collections.abc import Iterable
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import ClassVar

from rich.text import Text, TextType
from textual.binding import Binding, BindingType
from textual.suggester import Suggester
from textual.widgets import DirectoryTree

from rnnplay import places
from rnnplay.app.aside import aside
from rnnplay.app.widgets.line import Line
from rnnplay.text.display import one_line

LOOKED_AT_MOST = 20_000  # names of a folder
SHOWN_AT_MOST = 1_000  # names of a folder in the tree
LABEL = 200  # characters


def completions(typed: str, at_most: int = 50) -> list[str]:
    """Return what a path that is being typed may become, folders with a slash at their end; hidden names only if asked.

    Args:
        typed: The path so far.
        at_most: How many to return.
    """
    head, prefix = os.path.split(typed)
    folder = typed[: len(typed) - len(prefix)]
    found: list[str] = []
    with suppress(OSError, ValueError), os.scandir(places.expanded(head) if head else ".") as names:
        wanted = (name for name in islice(names, LOOKED_AT_MOST) if name.name.startswith(prefix))
        found += (
            folder + name.name + ("/" if _is_folder(name) else "")
            for name in wanted
            if prefix.startswith(".") or not name.name.startswith(".")
        )
    return heapq.nsmallest(at_most, found, key=str.casefold)


def _is_folder(name: "os.DirEntry[str]") -> bool:
    try:
        return name.is_dir()
    except OSError:
        return False


class PathSuggester(Suggester):
    """Suggests the first name that goes on as the path that is being typed."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """Return the path as it may go on."""
        found = await aside(lambda: completions(value, 1))
        return found[0] if found else None


class PathField(Line):
    """A field for a path: Tab completes it as far as the names agree, and then goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", show=False, tooltip="Complete the path, or go on", id="add.complete"),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(placeholder="~/texts/novel.txt", suggester=PathSuggester(), compact=True, id=id)

    async def action_complete(self) -> None:
        """Complete the path, or go to the next field where there is nothing to complete."""
        value = self.value
        found = await aside(lambda: completions(value)) if value else []
        if self.value != value:
            return
        common = os.path.commonprefix(found)  # noqa: RUF071 - characters are what is typed
        if len(common) > len(value):
            self.value = common
            self.cursor_position = len(common)
        else:
            self.screen.focus_next()


class Folders(DirectoryTree):
    """A tree of folders and files without the hidden ones; their names are seen, never obeyed."""

    DEFAULT_CSS = """
    Folders { background: transparent; scrollbar-size-vertical: 1; overflow-x: hidden; }
    """
    ICON_NODE = "▸ "
    ICON_NODE_EXPANDED = "▾ "
    ICON_FILE = "  "

    def filter_paths(self, paths: Iterable[Path]) -> Iterable[Path]:
        """Leave out hidden names, and of a huge folder all but the first."""
        seen = (path for path in islice(paths, LOOKED_AT_MOST) if not path.name.startswith("."))
        return heapq.nsmallest(SHOWN_AT_MOST, seen, key=lambda path: path.name.casefold())

    def process_label(self, label: TextType) -> Text:
        """Return a name as it may be drawn."""
        return Text(one_line(str(label), LABEL), no_wrap=True, end="")
