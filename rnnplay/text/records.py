"""What is told of a text: records that cross walls, with no numpy."""

from collections.abc import Iterable
from typing import Literal

import msgspec

Shape = Literal["stream", "lines"]


class Provenance(msgspec.Struct, frozen=True, forbid_unknown_fields=False):
    """Where a text came from, in enough detail to read it again and to see whether it changed."""

    kind: str  # "shipped", "local", "generated", "download", "file", "folder", "glob", "stdin" or "text"
    name: str
    location: str | None = None  # an absolute path or pattern; None where there is none
    extensions: tuple[str, ...] = ()
    sha256: str = ""  # of the clean text's UTF-8
    cache_key: str | None = None  # the encoded copy's name in the cache


class Baseline(msgspec.Struct, frozen=True):
    """A simple model's figure on a text."""

    name: str  # "uniform", "unigram", "bigram", "3-gram" … "6-gram", "xz", "optimum"
    bits_per_char: float
    partial: bool = False  # counted or scored on a part of the text


OPTIMUM = "optimum"  # the baseline of a perfect predictor, which only a generated text has


def optimum_in(ladder: Iterable[Baseline]) -> float | None:
    """Return the bits per character of a perfect predictor, where a ladder ends with them."""
    return next((rung.bits_per_char for rung in ladder if rung.name == OPTIMUM), None)


# Bytes of a file's name that are no UTF-8 stand in a string as U+DC80 to U+DCFF, which JSON can't hold; in a record
# they stand as private characters.
_TO_JSON = {0xDC00 + byte: 0xF700 + byte for byte in range(0x80, 0x100)}
_FROM_JSON = {private: surrogate for surrogate, private in _TO_JSON.items()}


def to_json(name: str) -> str:
    """Return a file's name as a record holds it."""
    return name.translate(_TO_JSON)


def from_json(name: str) -> str:
    """Return the file's name that a record holds."""
    return name.translate(_FROM_JSON)
