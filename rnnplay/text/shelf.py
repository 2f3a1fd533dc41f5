"""Every text that has a name, told without reading one: the catalogue's and the user's own. No numpy."""

import glob
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import msgspec

from rnnplay import places
from rnnplay.text import local, mine
from rnnplay.text.mine import Mine
from rnnplay.text.shipped import Entry, table

DEFAULT = "play"  # what is learned from where nothing is chosen
STAMPED_AT_MOST = 2_000  # files
TITLES = {"shipped": "shipped", "local": "on this machine", "yours": "yours"}


class Item(msgspec.Struct, frozen=True):
    """A text in a group.

    Attributes:
        size: Bytes of its file, where it is one file.
        missing: Why it can't be read, in a few words; empty where nothing speaks against it.
        spec: What `catalogue.load` takes.
    """

    entry: Entry
    size: int | None = None
    missing: str = ""

    @property
    def spec(self) -> str:
        """What `catalogue.load` takes."""
        return self.entry.name


class Group(msgspec.Struct, frozen=True):
    """Texts of one kind, with the kind's title."""

    kind: str
    title: str
    items: tuple[Item, ...]


def entries() -> tuple[Entry, ...]:
    """Return all texts that have a name: the catalogue's, then the user's own.

    Raises:
        UserError: The list of the user's own can't be read.
    """
    return *table(), *(own_entry(name, own) for name, own in mine.all_mine().items())


def groups() -> tuple[Group, ...]:
    """Return all texts that have a name, by kind, with what this machine lacks of them.

    Raises:
        UserError: The list of the user's own can't be read.
    """
    return _grouped(entries())


def of_the_catalogue() -> tuple[Group, ...]:
    """Return the same without the user's own."""
    return _grouped(table())


def _grouped(found: Iterable[Entry]) -> tuple[Group, ...]:
    items = [_item(entry) for entry in found]
    return tuple(
        Group(kind, title, tuple(item for item in items if item.entry.kind == kind)) for kind, title in TITLES.items()
    )


def own_entry(name: str, own: Mine) -> Entry:
    """Return what is told of a text of the user's own."""
    filtered = f", only {' '.join(own.extensions)}" if own.extensions else ""
    about = "Pasted" if own.kind == "pasted" else f"The {own.kind} {own.location}{filtered}"
    return Entry(
        name, "yours", about, "Hearing your own words come back changed.", own.shape, own.location, own.extensions
    )


def _item(entry: Entry) -> Item:
    if entry.kind == "local":
        return Item(entry, missing="this Python came without it" if local.lacks(entry.name) else "")
    if entry.kind == "shipped":
        return Item(entry, _size(places.shipped("corpora") / f"{entry.name}.txt"))
    path = mine.place_of(entry.name, entry.location)
    gone = not os.path.lexists(path) and not (entry.location and glob.has_magic(path))
    return Item(entry, _size(Path(path)), "it is gone" if gone else "")


def _size(path: Path) -> int | None:
    """Return a file's size in bytes, or None where there is no such file."""
    try:
        return path.stat().st_size if os.path.isfile(path) else None  # noqa: PTH113 - pathlib raises where it may not look
    except OSError:
        return None


def stamp(entry: Entry) -> tuple[int, int, int]:
    """Return what changes when a text of the user's own does: its files, their bytes, and when the last was written.

    A look at `STAMPED_AT_MOST` files at most.
    """
    if entry.kind in {"shipped", "local"}:
        return 0, 0, 0
    place = mine.place_of(entry.name, entry.location)
    count = size = newest = 0
    for path in islice(_held(place), STAMPED_AT_MOST):
        try:
            found = os.stat(path)  # noqa: PTH116 - as many as fast as can be
        except OSError:
            continue
        count, size, newest = count + 1, size + found.st_size, max(newest, found.st_mtime_ns)
    return count, size, newest


def _held(place: str) -> Iterator[str]:
    """Yield a file, or the files of a folder or a glob, one after another."""
    if os.path.isdir(place):  # noqa: PTH112 - pathlib raises where it may not look
        for folder, _, names in os.walk(place):
            yield from (os.path.join(folder, name) for name in names)  # noqa: PTH118 - as above
    elif glob.has_magic(place) and not os.path.lexists(place):
        yield from glob.iglob(place, recursive=True)  # noqa: PTH207 - pathlib takes no absolute pattern
    else:
        yield place
