"""The best that any model can do on a generated text: what its generator itself would predict."""

from collections import Counter
from math import fsum

import numpy as np

from rnnplay.text import generated
from rnnplay.text.corpus import Corpus
from rnnplay.text.records import OPTIMUM, Baseline
from rnnplay.text.vocabulary import Ids, Vocabulary


def of(corpus: Corpus, ids: Ids) -> float | None:
    """Return the surprise of a part of a text for one who knows its generator, in bits per character.

    Args:
        corpus: The text.
        ids: The part, over the text's alphabet. A stream's last part may begin within a line, whose beginning is then
            known; any part may end within one.

    Returns:
        The mean over every character but the part's first; None where the text isn't a generated one, or the part isn't
        of its lines, or has fewer than two characters.
    """
    setting = generated.setting_of(corpus.provenance)
    if setting is None or len(ids) < 2:
        return None
    text = Vocabulary(corpus.alphabet).decode(ids)
    before = _line_before(corpus, ids)
    first, *others = (before + text).splitlines(keepends=True)
    bits = generated.bits_so_far(setting, first)
    if bits is None:
        return None
    sums = [fsum(bits[len(before) + 1 :])]
    for line, times in Counter(others).items():
        bits = generated.bits_so_far(setting, line)
        if bits is None:
            return None
        sums.append(times * fsum(bits))
    return fsum(sums) / (len(ids) - 1)


def _line_before(corpus: Corpus, ids: Ids) -> str:
    """Return the beginning of the line in which the last part of a text begins."""
    start = len(corpus) - len(ids)
    if corpus.shape == "lines" or not np.array_equal(corpus.ids[start:], ids):
        return ""
    line = ""
    while start > 0 and not line.startswith("\n"):
        line = corpus.text(max(start - 1, 0), start) + line
        start -= 1
    return line.removeprefix("\n")


def rung(corpus: Corpus, ids: Ids) -> tuple[Baseline, ...]:
    """Return the last rung of the ladder of a part of a text, or nothing where the best can't be known."""
    bits = of(corpus, ids)
    return () if bits is None else (Baseline(OPTIMUM, bits),)
