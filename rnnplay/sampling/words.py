"""The share of a sample's words that occur in the text that the network was trained on.

A word is a maximal run of letters and combining marks, with apostrophes inside; case is folded. No numpy here.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache
from typing import NamedTuple

MIN_CHARS = 2_000  # of a sample: the share in a shorter one is mostly noise
MAX_CHARS = 1 << 23  # of a training text whose words are collected: half a second
MAX_WORDS = 500_000  # different words that are collected
JUDGED_CHARS = 1 << 17  # characters of the beginning that show whether a text has words at all
MIN_LETTERS = 0.5  # of the characters that aren't white space
MIN_MEAN_LENGTH, MAX_MEAN_LENGTH = 2.0, 20.0  # letters a word: moves of chess are shorter, DNA is longer
MIN_WORDS_A_LINE = 1.5  # of a list: in a list of names a known word is a copied line
MILESTONES = {"half of its words are real": 0.5, "nine in ten words are real": 0.9}  # with the share that reaches each
MAX_UNSPACED = 0.2  # of the letters, in scripts that write no spaces between words

# First and last code points of scripts without spaces between words.
_UNSPACED = (
    (0x0E00, 0x109F),  # Thai, Lao, Tibetan, Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x19DF),  # Tai Le, New Tai Lue
    (0x1A20, 0x1AAF),  # Tai Tham
    (0x1B00, 0x1B7F),  # Balinese
    (0x3005, 0x30FF),  # kana
    (0x31A0, 0x31FF),  # bopomofo, kana
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xA980, 0xA9DF),  # Javanese
    (0xAA60, 0xAADF),  # Myanmar, Tai Viet
    (0xF900, 0xFAFF),  # Han
    (0xFF66, 0xFF9D),  # kana
    (0x20000, 0x3FFFF),  # Han
)


class WordCounts(NamedTuple):
    """The complete words of a sample, and how many of them occur in the training text."""

    real: int
    all: int


class RealWords:
    """The words of a training text, collected when they are first needed."""

    def __init__(self, pieces: Callable[[], Iterable[str]], *, lines: bool = False) -> None:
        """Take a training text.

        Args:
            pieces: Returns the text in order, cut anywhere; all pieces but the last have at least `JUDGED_CHARS`
                characters. It is read at the first count, up to `MAX_CHARS` characters or `MAX_WORDS` different words:
                of a larger text rare words may be missing.
            lines: Whether it is a list of independent lines.
        """
        self._pieces, self._lines = pieces, lines

    @cached_property
    def known(self) -> frozenset[str] | None:
        """The words, case-folded; None where the text has no words (see `has_words`)."""
        known: set[str] = set()
        chars, judged = 0, False
        for piece in _cut_at_spaces(self._pieces()):
            if not judged and not has_words(piece, lines=self._lines):
                return None
            judged = True
            known.update(words(" ".join(set(piece.split()))))  # each chunk once: that is several times as fast
            chars += len(piece)
            if chars >= MAX_CHARS or len(known) >= MAX_WORDS:
                break
        return frozenset(known) if judged else None

    def count(self, sample: str) -> WordCounts | None:
        """Count the complete words of a sample: all but the first and the last, which its ends may cut.

        Returns:
            None where the training text has no words.
        """
        known = self.known
        if known is None:
            return None
        complete = words(sample)[1:-1]
        return WordCounts(sum(word in known for word in complete), len(complete))

    def share(self, sample: str) -> float | None:
        """Return the share of a sample's complete words that occur in the training text.

        Returns:
            From 0 to 1; None where the sample has fewer than `MIN_CHARS` characters or no complete word, or the
            training text has no words.
        """
        counts = self.count(sample) if len(sample) >= MIN_CHARS else None
        return counts.real / counts.all if counts is not None and counts.all else None


def words(text: str) -> list[str]:
    """Return the words of a text in order, case-folded."""
    folded = text.casefold()
    letters = "".join(sorted(symbol for symbol in set(folded) if unicodedata.category(symbol)[0] in "LM"))
    return _pattern(letters).findall(folded) if letters else []


@lru_cache(maxsize=64)
def _pattern(letters: str) -> "re.Pattern[str]":
    one = f"[{re.escape(letters)}]+"
    return re.compile(f"{one}(?:['\u2019]{one})*")


def has_words(text: str, *, lines: bool = False) -> bool:
    """Tell whether the words of a text mean anything, by its beginning.

    They don't where it is mostly digits and signs, in a script without spaces, of single letters or endless runs, or a
    list with mostly one word a line, whose known words are copied lines.
    """
    text = text[:JUDGED_CHARS]
    found = words(text)
    letters = "".join(found)
    if not found or len(letters) < MIN_LETTERS * sum(map(len, text.split())):
        return False
    if not MIN_MEAN_LENGTH <= len(letters) / len(found) <= MAX_MEAN_LENGTH:
        return False
    if lines and len(found) < MIN_WORDS_A_LINE * len(text.splitlines()):
        return False
    unspaced = sum(letters.count(symbol) for symbol in set(letters) if _is_unspaced(symbol))
    return unspaced <= MAX_UNSPACED * len(letters)


def _is_unspaced(symbol: str) -> bool:
    point = ord(symbol)
    return any(first <= point <= last for first, last in _UNSPACED)


def _cut_at_spaces(pieces: Iterable[str]) -> Iterator[str]:
    """Yield the same text, cut between words; only a run of `JUDGED_CHARS` without white space may be cut itself."""
    rest = ""
    for piece in pieces:
        text = rest + piece
        last = 1 + max(text.rfind(space) for space in (" ", "\n"))
        end = last if len(text) - last < JUDGED_CHARS else len(text)
        rest = text[end:]
        if end:
            yield text[:end]
    if rest:
        yield rest
