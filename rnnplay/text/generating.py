"""A generated text as a corpus."""

import hashlib
from dataclasses import replace

from rnnplay.text import encoding, generated
from rnnplay.text.corpus import Corpus
from rnnplay.text.encoding import Encoded
from rnnplay.text.generated import Setting
from rnnplay.text.reading import ReadingReport
from rnnplay.text.records import Provenance, Shape
from rnnplay.text.sources import corpus_of

FORMAT = 1  # goes into the cache's key: a change in any generator makes old copies void
DIFFERENT_ENOUGH = 1_000  # different lines from which on some can be held out that are like the others
LOOKED_AT = 1_000_000  # characters of the text in which they must stand
PIECE_CHARS = 1 << 14


def from_setting(setting: Setting, *, shape: Shape | None = None, name: str | None = None) -> Corpus:
    """Write a text, or take it from the cache where it is large and was written before.

    Args:
        setting: What to write.
        shape: How its lines hang together. They are independent; where it is None and few of them differ, the text is
            taken as a stream all the same.
        name: What to call it; its spec where it has no name of its own.
    """
    encoded = _encoded(setting)
    provenance = Provenance("generated", name or setting.spec, setting.spec, sha256=encoded.sha256)
    corpus = corpus_of(encoded, provenance, shape or "lines")
    if shape is not None or (different := _different_lines(corpus)) >= DIFFERENT_ENOUGH:
        return corpus
    note = f"'{setting.spec}' has only {different} different lines, too few to hold some out: it is taken as a stream."
    return replace(corpus, shape="stream", notes=(*corpus.notes, note))


def _encoded(setting: Setting) -> Encoded:
    if setting.dials["size"] < encoding.MAPPED_FROM:
        return encoding.encode(generated.pieces(setting), ReadingReport())
    made_by = f"rnnplay generated {FORMAT} {encoding.CACHE_FORMAT} {setting.spec}"
    key = hashlib.sha256(made_by.encode()).hexdigest()[:40]
    return encoding.cached(key) or encoding.encode(generated.pieces(setting), ReadingReport(), key)


def _different_lines(corpus: Corpus) -> int:
    """Count the different lines, up to as many as are enough."""
    lines: set[str] = set()
    torn = ""
    for start in range(0, min(len(corpus), LOOKED_AT), PIECE_CHARS):
        *whole, torn = (torn + corpus.text(start, start + PIECE_CHARS)).split("\n")
        lines.update(whole)
        if len(lines) >= DIFFERENT_ENOUGH:
            break
    return len(lines)
