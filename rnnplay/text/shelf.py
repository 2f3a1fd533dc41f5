"""Every text that has a name, told without reading one: the catalogue's and the user's own. No numpy."""

import glob
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from rnnplay import places
from rnnplay.errors import UserError
from rnnplay.text import generated, local
from rnnplay.text.fetched import downloads
from rnnplay.text.own import mine
from rnnplay.text.own.mine import Mine
from rnnplay.text.own.stamps import Stamp
from rnnplay.text.own.stamps import stamp as stamp_of_files
from rnnplay.text.records import from_json
from rnnplay.text.shipped import Entry, table

DEFAULT = "play"  # what is learned from where nothing is chosen
TITLES = {
    "shipped": "shipped",
    "local": "on this machine",
    "generated": "generated",
    "download": "to download",
    "yours": "yours",
}


class Item(msgspec.Struct, frozen=True):
    """A text in a group.

    Attributes:
        size: Bytes of its file, where it is one file; of a download those that it has or will have; of a generated
            text, its characters.
        missing: Why it can't be read, in a few words; empty where nothing speaks against it.
        changed: Whether it is the user's own and its files were written to since it was added.
        spec: What `catalogue.load` takes.
    """

    entry: Entry
    size: int | None = None
    missing: str = ""
    changed: bool = False

    @property
    def spec(self) -> str:
        """What `catalogue.load` takes."""
        return self.entry.name


class Group(msgspec.Struct, frozen=True):
    """Texts of one kind, with the kind's title."""

    kind: str
    title: str
    items: tuple[Item, ...]


def groups() -> tuple[Group, ...]:
    """Return all texts that have a name, by kind, with what this machine lacks of them.

    Raises:
        UserError: The list of the user's own can't be read.
    """
    return _grouped((*_catalogued(), *(_own_item(name, own) for name, own in mine.all_mine().items())))


def of_the_catalogue() -> tuple[Group, ...]:
    """Return the same without the user's own."""
    return _grouped(_catalogued())


def _grouped(items: Iterable[Item]) -> tuple[Group, ...]:
    found = tuple(items)
    return tuple(
        Group(kind, title, tuple(item for item in found if item.entry.kind == kind)) for kind, title in TITLES.items()
    )


def _catalogued() -> Iterable[Item]:
    yield from map(_item, table())
    for generator in generated.GENERATORS:
        entry = Entry(generator.name, "generated", generator.about, generator.good_for, None, generator.name)
        yield Item(entry, generated.parsed(generator.name).dials["size"])


def _item(entry: Entry) -> Item:
    if entry.download is not None:
        return Item(entry, entry.download.text_bytes, downloads.lacks(entry.name))
    if entry.kind == "local":
        return Item(entry, missing="this Python came without it" if local.lacks(entry.name) else "")
    return Item(entry, _size(places.shipped("corpora") / f"{entry.name}.txt"))


def _own_item(name: str, own: Mine) -> Item:
    entry = own_entry(name, own)
    if own.kind == "generated":
        try:
            return Item(entry, generated.parsed(own.location or "").dials["size"])
        except UserError:
            return Item(entry, missing="this rnnplay can't generate it")
    path = mine.place_of(name, own.location)
    gone = not os.path.lexists(path) and not (own.location and glob.has_magic(path))
    return Item(entry, _size(Path(path)), "it is gone" if gone else "", not gone and mine.touched(name, own))


def own_entry(name: str, own: Mine) -> Entry:
    """Return what is told of a text of the user's own."""
    filtered = f", only {' '.join(own.extensions)}" if own.extensions else ""
    about = {
        "pasted": "Pasted",
        "url": f"Fetched from {own.url}",
        "generated": f"Generated: {own.location}",
    }.get(own.kind, f"The {own.kind} {own.location}{filtered}")
    good_for = "Hearing your own words come back changed."
    if own.kind == "generated":
        good_for = "A text whose best possible prediction is known."
    return Entry(name, "yours", about, good_for, own.shape, own.location, own.extensions, own_kind=own.kind)


def _size(path: Path) -> int | None:
    """Return a file's size in bytes, or None where there is no such file."""
    try:
        return path.stat().st_size if os.path.isfile(path) else None  # noqa: PTH113 - pathlib raises where it may not look
    except OSError:
        return None


def stamp(entry: Entry) -> Stamp:
    """Return what changes when a text that isn't this program's own does: see `stamps.stamp`."""
    if entry.kind == "download":
        return stamp_of_files(str(downloads.file_of(entry.name)))
    if entry.kind in {"shipped", "local", "generated"} or entry.own_kind == "generated":
        return 0, 0, 0
    place = str(mine.pasted_file(entry.name)) if entry.location is None else from_json(entry.location)
    return stamp_of_files(place, entry.extensions)
