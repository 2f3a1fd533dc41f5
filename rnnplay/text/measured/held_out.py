"""What several trainings on one text can be measured on together, and what a network has seen of it before."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from rnnplay.text.corpus import Corpus
from rnnplay.text.lines import Lines
from rnnplay.text.records import Shape
from rnnplay.text.vocabulary import Ids

PIECES = 100  # of a text that are looked for in another
PIECE = 50  # characters of each
SEARCHED_AT_ONCE = 1 << 22  # characters


class Cut(NamedTuple):
    """How a training split its text."""

    shape: Shape
    val_fraction: float
    seed: int


def held_out(corpus: Corpus, cuts: Sequence[Cut]) -> Ids:
    """Return the characters that every one of some trainings on a text held out; they may be none.

    Of streams that is the shortest end. Where one of them took the text as lines, it is the lines that are held out
    there and in the others, in the order of the first that did; of a stream only whole lines that stand nowhere in its
    training part count as held out.

    Raises:
        UserError: The text is too short to be split.
    """
    parts = [corpus.shaped(cut.shape).split(cut.val_fraction, cut.seed) for cut in cuts]
    newline = corpus.alphabet.index("\n") if "\n" in corpus.alphabet else None
    by_lines = [part.validation for part, cut in zip(parts, cuts, strict=True) if cut.shape == "lines"]
    if newline is None or not by_lines:
        return min((part.validation for part in parts), key=len)
    first = Lines.of(by_lines[0], newline)
    common = first.hashes
    for part, cut in zip(parts, cuts, strict=True):
        lines = Lines.of(part.validation, newline)
        if cut.shape == "stream":
            lines = lines.chosen(slice(1, None))  # the first may have begun in the training part
            common = np.setdiff1d(common, Lines.of(part.train, newline).hashes)
        common = np.intersect1d(common, lines.hashes)
    return first.chosen(np.isin(first.hashes, common)).joined()


def share_seen(scored: Corpus, part: Ids, learned: Corpus, training: Ids) -> float:
    """Return about how much of a part of one text stands, word for word, in what was learned from another.

    Args:
        scored: The text of `part`. Of lines whole lines are looked for, else pieces of 50 characters.
        part: What is looked for, at even distances.
        learned: The text of `training`.
        training: What it is looked for in.
    """
    text = _text(scored, part)
    if scored.shape == "lines":
        wanted = [f"\n{line}\n" for line in _evenly(text.splitlines())]
    else:
        wanted = _evenly([text[start : start + PIECE] for start in range(0, max(len(text) - PIECE, 0) + 1, PIECE)])
    if not wanted:
        return 0.0
    missing = set(wanted)
    for piece in _read(learned, training):
        missing = {one for one in missing if one not in piece}
    return sum(one not in missing for one in wanted) / len(wanted)


def _evenly(texts: Sequence[str]) -> list[str]:
    count = min(len(texts), PIECES)
    return [texts[place * len(texts) // count] for place in range(count)]


def _read(corpus: Corpus, ids: Ids) -> Iterator[str]:
    """Yield a text in pieces that overlap by more than what is looked for, with a newline at each end."""
    overlap = 20 * PIECE
    for start in range(0, len(ids), SEARCHED_AT_ONCE):
        inside = _text(corpus, ids[max(start - overlap, 0) : start + SEARCHED_AT_ONCE])
        yield f"\n{inside}\n" if start == 0 else f"{inside}\n"


def _text(corpus: Corpus, ids: Ids) -> str:
    """Return what ids over a text's alphabet stand for, quickly for millions of them."""
    points = np.array([ord(symbol) for symbol in corpus.alphabet], "<u4")
    return points[ids].tobytes().decode("utf-32-le", "surrogatepass")
