"""Numbers as people read them."""

import math

from rnnplay.sampling.words import MILESTONES
from rnnplay.text.records import OPTIMUM

LONG, LONG_COUNT = 1e6, 1e15  # from here on three digits and a power of ten are shown
CLOCK_AT_MOST = 1e8  # seconds; three years


def decimals(value: float, places: int = 3) -> str:
    """Return a number with so many decimals; a huge one in three digits, 1.2e+30."""
    return f"{value:.{places}f}" if abs(value) < LONG else f"{value:.3g}"


def counted(number: float) -> str:
    """Return a count with commas; a huge one in three digits."""
    return f"{number:,.0f}" if abs(number) < LONG_COUNT else f"{number:.3g}"


def clock(seconds: float) -> str:
    """Return "1:05" or "2:03:09"; of more than three years, and of what is no number, the seconds in three digits."""
    if not abs(seconds) < CLOCK_AT_MOST:
        return f"{seconds:.3g} s"
    whole = max(round(seconds), 0)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def age(seconds: float) -> str:
    """Return how long ago something was, in at most ten characters: "12 s ago", "3 min ago"."""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= (100 if size == 60 else size):
            return f"{min(seconds / size, 999):.0f} {unit} ago"
    return f"{max(seconds, 0):.0f} s ago"


def nats(loss: float | None) -> str:
    """Return a loss in nats with three decimals, or a dash."""
    return "-" if loss is None else decimals(loss)


def both(loss: float | None) -> str:
    """Return a loss in nats and bits."""
    return "-" if loss is None else f"{decimals(loss)} nats ({decimals(loss / math.log(2))} bits)"


def above_optimum(excess: float) -> str:
    """Return how far a network is from the best possible, given in bits per character: "0.04 bits above the optimum".

    A short text may be a little easier than the mean: what is below the optimum by chance is "at" it.
    """
    shown = decimals(max(excess, 0.0), 2)
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


def milestone(name: str) -> str:
    """Return a milestone in words: "beats the 4-gram table", "half of its words are real"."""
    return name if name in MILESTONES else f"beats {table_name(name)}"


def real_words(share: float) -> str:
    """Return a share of real words as a percentage: "98.6%"; only all of them are "100%"."""
    return "100%" if share == 1 else f"{min(share, 0.999):.1%}"
