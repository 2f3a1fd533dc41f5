"""The catalogue: the texts that ship, and those that come with every Python."""

import tomllib
from functools import cache

import msgspec

from rnnplay import places
from rnnplay.text.records import Shape


class Entry(msgspec.Struct, frozen=True):
    """A text that has a name.

    Attributes:
        kind: "shipped": NAME.txt beside the catalogue; "local": comes with Python; "yours": added by the user.
        shape: How its lines hang together; None where that is told from the text.
        location: Where a text of the user's own stands.
        extensions: How its files end, where it is a folder or a glob with a filter.
    """

    name: str
    kind: str
    about: str
    good_for: str
    shape: Shape | None = "stream"
    location: str | None = None
    extensions: tuple[str, ...] = ()


@cache
def table() -> tuple[Entry, ...]:
    """Return the catalogue."""
    rows = tomllib.loads((places.shipped("corpora") / "catalogue.toml").read_text(encoding="utf-8"))
    return tuple(msgspec.convert({"name": name, **fields}, Entry) for name, fields in rows.items())
