"""All that one wants to know of a text before training on it."""

import msgspec

from rnnplay.text import baselines
from rnnplay.text.corpus import Corpus
from rnnplay.text.records import Baseline, Shape

PREVIEW = 600  # characters
VAL_FRACTION = 0.1


class About(msgspec.Struct, frozen=True):
    """A text's figures."""

    name: str
    shape: Shape
    sha256: str
    chars: int
    lines: int
    vocabulary: str  # all distinct characters, in code point order
    train_chars: int
    validation_chars: int
    ladder: tuple[Baseline, ...]
    preview: str
    notes: tuple[str, ...]


def about(corpus: Corpus) -> About:
    """Return a text's figures, with the split that a training makes by default."""
    split = corpus.split(VAL_FRACTION)
    ladder = baselines.ladder(split.train, split.validation, len(corpus.alphabet))
    last = corpus.text(max(len(corpus) - baselines.COUNTED_AT_MOST, 0))
    whole = len(last) == len(corpus)
    ladder.append(Baseline("xz", baselines.xz_bits(last.encode(), len(last)), partial=not whole))
    return About(
        corpus.name,
        corpus.shape,
        corpus.provenance.sha256,
        len(corpus),
        corpus.line_count,
        "".join(corpus.alphabet),
        len(split.train),
        len(split.validation),
        tuple(ladder),
        corpus.text(0, PREVIEW),
        corpus.notes,
    )
