"""Numbers as people read them."""

import math

from rnnplay.text.records import OPTIMUM


def clock(seconds: float) -> str:
    """Return "1:05" or "2:03:09"."""
    whole = max(round(seconds), 0)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def nats(loss: float | None) -> str:
    """Return a loss in nats with three decimals, or a dash."""
    return "-" if loss is None else f"{loss:.3f}"


def both(loss: float | None) -> str:
    """Return a loss in nats and bits."""
    return "-" if loss is None else f"{loss:.3f} nats ({loss / math.log(2):.3f} bits)"


def above_optimum(excess: float) -> str:
    """Return how far a network is from the best possible, given in bits per character: "0.04 bits above the optimum".

    A short text may be a little easier than the mean: what is below the optimum by chance is "at" it.
    """
    shown = f"{max(excess, 0.0):.2f}"
    return "at the optimum" if float(shown) == 0 else f"{shown} bits above the optimum"


def short(count: float) -> str:
    """Return a count in three digits: 690 k, 1.32 M."""
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return f"{count:.0f}"


def table_name(baseline: str) -> str:
    """Return what a network beats, in words: "the 4-gram table"."""
    words = {"uniform": "guessing", "unigram": "single letters", "bigram": "pairs of letters", OPTIMUM: OPTIMUM}
    return words.get(baseline, f"the {baseline} table")
