"""From bytes to clean characters: decoding, newlines, normalisation, and a count of everything that was changed.

Text is read in pieces, so that a file of any size passes through little memory. Every piece ends where no later
character can combine with it, so that normalising the pieces is normalising the whole.
"""

import codecs
import hashlib
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
from charset_normalizer import from_bytes
from numpy.typing import NDArray

from rnnplay.errors import UserError
from rnnplay.text.vocabulary import code_points, smallest_dtype

PIECE_BYTES = 1 << 21
SAMPLE_BYTES = 1 << 22  # what is looked at to tell UTF-8 from something else
COMMONEST = "cp1252"
GUESS_BYTES = 1 << 16  # what another encoding is guessed from, around the first byte that is not ASCII
CODE_POINTS = 0x110000

_BOMS = {  # the longer first: a UTF-32 mark begins with a UTF-16 one
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
# Letters that combine with the one before, as marks do: the vowels and finals of Hangul, the vowels of Kirat Rai.
_JOINING = {*range(0x1160, 0x1200), *range(0x16D63, 0x16D6B)}

# Left out of every text: controls but newline and tab, lone surrogates, the byte order mark, and the replacement
# character, which stands for bytes that were lost.
_CONTROLS = [*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0)]
_CONTROL_BYTES = bytes(code for code in _CONTROLS if code < 0x80)
DROPPED = "".join(map(chr, [*_CONTROLS, *range(0xD800, 0xE000), 0xFEFF, 0xFFFD]))
_DROPPED_PATTERN = re.compile(f"[{re.escape(DROPPED)}]")

# What makes bytes look like something else than text; a carriage return is a newline to some.
_CONTROL_PATTERN = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")

TOO_MANY_CONTROLS = 0.1  # a share of control characters that no text has, but every program and picture


@dataclass
class ReadingReport:
    """What was done to a text on its way in: guessed encodings, characters and files that were left out."""

    guesses: Counter[str] = field(default_factory=Counter)  # files whose encoding is a guess, by encoding
    dropped: Counter[str] = field(default_factory=Counter)  # characters, by how often they stood
    skipped: list[str] = field(default_factory=list)  # files that are not text

    def sentences(self) -> list[str]:
        """Tell what a person should know; nothing where the text was plain UTF-8."""
        told = [
            f"{'The text is' if count == 1 else f'{count} files are'} not UTF-8: read as {encoding}, a guess."
            for encoding, count in self.guesses.items()
            if count
        ]
        if self.skipped:
            several = (
                "s that don't look like text were" if len(self.skipped) > 1 else " that doesn't look like text was"
            )
            told.append(f"{len(self.skipped):,} file{several} left out.")
        undecodable = self.dropped[REPLACEMENT]
        if undecodable:
            several = "s that can't be decoded were" if undecodable > 1 else " that can't be decoded was"
            told.append(f"{undecodable:,} character{several} left out.")
        controls = [(character, count) for character, count in self.dropped.most_common() if character != REPLACEMENT]
        if controls:
            names = ", ".join(f"{_NAMES.get(c, f'U+{ord(c):04X}')} ({count:,}x)" for c, count in controls[:5])
            told.append(f"Control characters were left out: {names}.")
        return told


REPLACEMENT = "\ufffd"
_NAMES = {"\0": "NUL", "\x0c": "form feed", "\x1b": "escape", "\ufeff": "byte order mark"}

Points = NDArray[np.unsignedinteger]  # code points of a clean text, in the narrowest of one, two or four bytes


class Cleaner:
    """Turns decoded text into clean pieces, counting characters and hashing the clean text's UTF-8 as it goes."""

    def __init__(self, report: ReadingReport) -> None:
        self.report = report
        self.counts = np.zeros(CODE_POINTS, dtype=np.int64)
        self.sha256 = hashlib.sha256()
        self._held = ""

    def clean(self, text: str, *, final: bool = False) -> Points:
        """Take the next part of the text, with newlines already made LF; return what can be settled."""
        text = self._held + self._wanted(text)
        cut = len(text) if final else _safe_cut(text)
        text, self._held = text[:cut], text[cut:]
        if not unicodedata.is_normalized("NFC", text):
            text = unicodedata.normalize("NFC", text)
        points, counts = _points_and_counts(text)
        self.counts[: len(counts)] += counts
        self.sha256.update(text.encode())
        return points

    def _wanted(self, text: str) -> str:
        """Leave out what no text needs, and count it."""
        if text.isascii() and len(text.encode("ascii").translate(None, _CONTROL_BYTES)) == len(text):
            return text
        found = Counter(_DROPPED_PATTERN.findall(text))
        self.report.dropped.update(found)
        return _DROPPED_PATTERN.sub("", text) if found else text


def _points_and_counts(text: str) -> tuple[Points, NDArray[np.int64]]:
    """Return code points in their narrowest type, and how often each stands."""
    points: Points
    if text.isascii():
        points = np.frombuffer(text.encode("ascii"), dtype=np.uint8)
    else:
        points = code_points(text)
        points = points.astype(smallest_dtype(int(points.max()) + 1))
    return points, np.bincount(points, minlength=1)


def _safe_cut(text: str) -> int:
    """Return the last place before which a text may be cut and normalised by itself; 0 where there is none."""
    newline = text.rfind("\n")
    if newline > 0:
        return newline
    for place in range(len(text) - 1, 0, -1):
        character = text[place]
        if not unicodedata.category(character).startswith("M") and ord(character) not in _JOINING:
            return place
    return 0


def decoded(chunks: Iterable[bytes], report: ReadingReport) -> Iterator[str]:
    """Decode a text's bytes piece by piece: UTF-8 first, else what its first part looks like. CRLF and CR become LF.

    Bytes that don't decode become U+FFFD, which `Cleaner` counts and leaves out.

    Raises:
        UserError: The bytes don't look like text.
    """
    chunks = iter(chunks)
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= SAMPLE_BYTES:
            break
    encoding, guessed = encoding_of(head)
    bom = next((bom for bom in _BOMS if head.startswith(bom)), b"")
    report.guesses[encoding] += guessed
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    yield newlines.decode(decoder.decode(head[len(bom) :]))
    del head
    for chunk in chunks:
        yield newlines.decode(decoder.decode(chunk))
    yield newlines.decode(decoder.decode(b"", final=True), final=True)


def encoding_of(head: bytes) -> tuple[str, bool]:
    """Return the encoding of a text that begins so, and whether it is a guess.

    Raises:
        UserError: They don't look like text.
    """
    for bom, marked in _BOMS.items():
        if head.startswith(bom):
            return marked, False
    wide = _wide_encoding(head)
    encoding, guessed = (wide, True) if wide else ("utf-8", False) if head.isascii() else _narrow_encoding(head)
    # A sample may end inside a character: an incremental decoder holds that back.
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(head)
    if len(_CONTROL_PATTERN.findall(text)) > TOO_MANY_CONTROLS * len(text):
        raise UserError("it doesn't look like text: too many of its characters are control characters.")
    return encoding, guessed


def refuse_what_is_no_text(file: BinaryIO) -> None:
    """Look at a file's beginning.

    Raises:
        UserError: It doesn't look like text.
    """
    encoding_of(file.read(SAMPLE_BYTES))


def _wide_encoding(head: bytes) -> str | None:
    """Tell UTF-16 by its zeros: Western text has them at every other place."""
    even, odd = head[0::2], head[1::2]
    if not odd:
        return None
    zeros = even.count(0) / len(even), odd.count(0) / len(odd)
    if max(zeros) <= 0.6 or min(zeros) >= 0.1:
        return None
    return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"


def _narrow_encoding(head: bytes) -> tuple[str, bool]:
    """Return UTF-8 where most of what isn't ASCII is sound, else a guess."""
    text = codecs.getincrementaldecoder("utf-8")(errors="replace").decode(head)
    broken = text.count(REPLACEMENT)
    sound = len(text) - len(text.encode("ascii", "ignore")) - broken
    if broken <= sound / 8:
        return "utf-8", False
    first = next(place for place, byte in enumerate(head) if byte >= 0x80)
    matches = from_bytes(head[max(first - GUESS_BYTES // 2, 0) : first + GUESS_BYTES // 2])
    best = matches.best()
    if best is None:
        raise UserError("it doesn't look like text: no encoding fits its bytes.")
    for match in matches:  # between tables that differ in a few letters, the commonest by far
        if (
            match.encoding == COMMONEST
            and match.chaos <= best.chaos + 0.05
            and match.coherence >= best.coherence - 0.05
        ):
            return COMMONEST, True
    return best.encoding, True
