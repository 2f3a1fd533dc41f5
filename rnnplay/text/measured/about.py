"""All that one wants to know of a text before training on it."""

from collections.abc import Iterator

import msgspec
import numpy as np

from rnnplay.text.corpus import Corpus
from rnnplay.text.measured import baselines, optimum
from rnnplay.text.records import Baseline, Shape

PREVIEW = 20_000  # characters to leaf through
BEGINNING = 600  # characters to know a text by
COMMONEST = 40  # characters
VAL_FRACTION = 0.1


class Figures(msgspec.Struct, frozen=True):
    """What is known of a text as soon as it is read.

    Attributes:
        vocabulary: All distinct characters, in code point order.
        commonest: The commonest characters with their counts, the commonest first.
        preview: Its beginning.
    """

    name: str
    shape: Shape
    sha256: str
    chars: int
    lines: int
    vocabulary: str
    train_chars: int
    validation_chars: int
    commonest: tuple[tuple[str, int], ...]
    preview: str
    notes: tuple[str, ...]


class About(Figures, frozen=True):
    """A text's figures with what simple models reach on it."""

    ladder: tuple[Baseline, ...]


def figures(corpus: Corpus, preview: int = PREVIEW) -> Figures:
    """Return what takes no counting of n-grams, with the split that a training makes by default.

    Args:
        corpus: The text.
        preview: How many characters of its beginning.

    Raises:
        UserError: The text is too short to be split.
    """
    split = corpus.split(VAL_FRACTION)
    return Figures(
        name=corpus.name,
        shape=corpus.shape,
        sha256=corpus.provenance.sha256,
        chars=len(corpus),
        lines=corpus.line_count,
        vocabulary="".join(corpus.alphabet),
        train_chars=len(split.train),
        validation_chars=len(split.validation),
        commonest=commonest(corpus),
        preview=corpus.text(0, preview),
        notes=corpus.notes,
    )


def commonest(corpus: Corpus, at_most: int = COMMONEST) -> tuple[tuple[str, int], ...]:
    """Return the commonest characters with how often each stands; of equally common ones the lower code point first."""
    order = np.argsort(-corpus.counts, kind="stable")[:at_most]
    return tuple((corpus.alphabet[place], int(corpus.counts[place])) for place in order.tolist())


def rungs(corpus: Corpus) -> Iterator[Baseline]:
    """Yield what simple models reach on a text, each as soon as it is counted, then xz, and at last the optimum.

    Raises:
        UserError: The text is too short to be split.
    """
    split = corpus.split(VAL_FRACTION)
    yield from baselines.rungs(split.train, split.validation, len(corpus.alphabet))
    last = corpus.text(max(len(corpus) - baselines.COUNTED_AT_MOST, 0))
    whole = len(last) == len(corpus)
    yield Baseline("xz", baselines.xz_bits(last.encode(), len(last)), partial=not whole)
    yield from optimum.rung(corpus, split.validation)


def about(corpus: Corpus) -> About:
    """Return a text's figures and all of its baselines.

    Raises:
        UserError: The text is too short to be split.
    """
    quick = figures(corpus, BEGINNING)
    ladder = tuple(rungs(corpus))
    return About(**{name: getattr(quick, name) for name in quick.__struct_fields__}, ladder=ladder)
