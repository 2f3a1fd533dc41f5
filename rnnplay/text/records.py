"""What is told of a text: records that cross walls, with no numpy."""

from typing import Literal

import msgspec

Shape = Literal["stream", "lines"]


class Provenance(msgspec.Struct, frozen=True, forbid_unknown_fields=False):
    """Where a text came from, in enough detail to read it again and to see whether it changed."""

    kind: str  # "shipped", "local", "file", "folder", "glob", "stdin" or "text"
    name: str
    location: str | None = None  # an absolute path or pattern; None where there is none
    extensions: tuple[str, ...] = ()
    sha256: str = ""  # of the clean text's UTF-8
    cache_key: str | None = None  # the encoded copy's name in the cache


class Baseline(msgspec.Struct, frozen=True):
    """A simple model's figure on a text."""

    name: str  # "uniform", "unigram", "bigram", "3-gram" … "6-gram", "xz"
    bits_per_char: float
    partial: bool = False  # counted or scored on a part of the text
