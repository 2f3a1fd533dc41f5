"""From bytes to clean characters: decoding, newlines, normalisation, and a count of everything that was changed.

Text is read in pieces, so that a file of any size passes through little memory. Every piece ends where no later
character can combine with it, so that normalising the pieces is normalising the whole.
"""

import codecs
import hashlib
import io
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from charset_normalizer import from_bytes
from numpy.typing import NDArray

from rnnplay.errors import UserError
from rnnplay.text.vocabulary import code_points, smallest_dtype

PIECE_BYTES = 1 << 21
SAMPLE_BYTES = 1 << 22  # what is looked at to tell UTF-8 from something else
GUESS_BYTES = 1 << 16  # what another encoding is guessed from, around the first byte that is not ASCII
CODE_POINTS = 0x110000

_BOMS = {  # the longer first: a UTF-32 mark begins with a UTF-16 one
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
# Characters that combine with the one before although their combining class is zero: spacing marks (category Mc) and
# the vowels and finals of Hangul.
_HANGUL_JOINING = range(0x1160, 0x1200)

# Left out of every text: controls but newline and tab, lone surrogates, the byte order mark, and the replacement
# character, which stands for bytes that were lost.
_DROPPED = np.zeros(CODE_POINTS, dtype=bool)
_DROPPED[:0x20] = True
_DROPPED[0x7F:0xA0] = True
_DROPPED[0xD800:0xE000] = True
_DROPPED[[0xFEFF, 0xFFFD]] = True
_DROPPED[[0x09, 0x0A]] = False

TOO_MANY_CONTROLS = 0.1  # a share of control characters that no text has, but every program and picture


@dataclass
class ReadingReport:
    """What was done to a text on its way in: guessed encodings, characters and files that were left out."""

    encodings: Counter[str] = field(default_factory=Counter)  # files by encoding
    guesses: Counter[str] = field(default_factory=Counter)  # those among them where it is a guess
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
            told.append(f"{len(self.skipped):,} files that don't look like text were left out.")
        undecodable = self.dropped[REPLACEMENT]
        if undecodable:
            told.append(f"{undecodable:,} characters that can't be decoded were left out.")
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
        if not final:
            cut = _safe_cut(text)
            if cut == 0:
                self._held += text
                return np.empty(0, np.uint8)
            text, self._held = self._held + text[:cut], text[cut:]
        else:
            text, self._held = self._held + text, ""
        points, counts = _points_and_counts(text)
        unwanted = _DROPPED[: len(counts)] & (counts > 0)
        if unwanted.any():
            self.report.dropped.update({chr(code): int(counts[code]) for code in np.flatnonzero(unwanted)})
            text = points[~_DROPPED[points]].astype("<u4").tobytes().decode("utf-32-le")
        normal = unicodedata.is_normalized("NFC", text)
        if not normal:
            text = unicodedata.normalize("NFC", text)
        if unwanted.any() or not normal:
            points, counts = _points_and_counts(text)
        self.counts[: len(counts)] += counts
        self.sha256.update(text.encode())
        return points


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
        if (
            not unicodedata.category(character).startswith("M")
            and ord(character) not in _HANGUL_JOINING
            and not _DROPPED[ord(character)]
        ):
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
    bom = next((bom for bom in _BOMS if head.startswith(bom)), b"")
    encoding, guessed = (_BOMS[bom], False) if bom else _encoding_of(head)
    report.encodings[encoding] += 1
    report.guesses[encoding] += guessed
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    yield newlines.decode(decoder.decode(head[len(bom) :]))
    del head
    for chunk in chunks:
        yield newlines.decode(decoder.decode(chunk))
    yield newlines.decode(decoder.decode(b"", final=True), final=True)


def _encoding_of(head: bytes) -> tuple[str, bool]:
    """Return an encoding for bytes without a byte order mark, and whether it is a guess."""
    sample = np.frombuffer(head, dtype=np.uint8)
    if not len(sample):
        return "utf-8", False
    # Western text in two bytes a character has its zeros at every other place.
    even, odd = (sample[0::2] == 0).mean(), (sample[1::2] == 0).mean() if len(sample) > 1 else 0.0
    if max(even, odd) > 0.6 and min(even, odd) < 0.1:
        return ("utf-16-le" if odd > even else "utf-16-be"), True
    if _DROPPED[sample[sample < 0x80]].sum() > TOO_MANY_CONTROLS * len(sample):
        raise UserError("it doesn't look like text: too many of its bytes are control characters.")
    if head.isascii():
        return "utf-8", False
    # A sample may end inside a character: an incremental decoder holds that back.
    text = codecs.getincrementaldecoder("utf-8")(errors="replace").decode(head)
    broken = text.count("\ufffd")
    sound = len(text) - len(text.encode("ascii", "ignore")) - broken
    if broken <= sound / 8:
        return "utf-8", False
    first = int(np.argmax(sample >= 0x80))
    guess = from_bytes(head[max(first - GUESS_BYTES // 2, 0) : first + GUESS_BYTES // 2]).best()
    if guess is None:
        raise UserError("it doesn't look like text: no encoding fits its bytes.")
    return guess.encoding, True
