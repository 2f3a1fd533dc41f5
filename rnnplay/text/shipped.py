"""The catalogue: the texts that ship, those that come with every Python, and those that can be fetched."""

import tomllib
from functools import cache

import msgspec

from rnnplay import places
from rnnplay.text.records import Shape


class Download(msgspec.Struct, frozen=True):
    """Where a text can be fetched, and how to tell that it is the right one.

    Attributes:
        url: Where its file is.
        bytes, sha256: Of that file.
        licence: What the text may be used for, in a few words.
        member: The zip archive's member that is the text; None where the file is the text.
        unpacked_bytes, unpacked_sha256: Of the member.
    """

    url: str
    bytes: int
    sha256: str
    licence: str
    member: str | None = None
    unpacked_bytes: int = 0
    unpacked_sha256: str = ""

    @property
    def text_bytes(self) -> int:
        """Bytes of the text."""
        return self.bytes if self.member is None else self.unpacked_bytes

    @property
    def text_sha256(self) -> str:
        """The text's SHA-256."""
        return self.sha256 if self.member is None else self.unpacked_sha256


class Entry(msgspec.Struct, frozen=True):
    """A text that has a name.

    Attributes:
        kind: "shipped": NAME.txt beside the catalogue; "local": comes with Python; "generated": made when it is asked
            for; "download": can be fetched; "yours": added by the user.
        shape: How its lines hang together; None where that is told from the text.
        location: Where a text of the user's own stands; of a generated one, its spec.
        extensions: How its files end, where it is a folder or a glob with a filter.
        download: Where it can be fetched.
        own_kind: What a text of the user's own is: "file", "folder", "glob", "pasted", "url" or "generated".
    """

    name: str
    kind: str
    about: str
    good_for: str
    shape: Shape | None = "stream"
    location: str | None = None
    extensions: tuple[str, ...] = ()
    download: Download | None = None
    own_kind: str | None = None


@cache
def table() -> tuple[Entry, ...]:
    """Return the catalogue."""
    rows = tomllib.loads((places.shipped("corpora") / "catalogue.toml").read_text(encoding="utf-8"))
    return tuple(msgspec.convert({"name": name, **fields}, Entry) for name, fields in rows.items())
