"""Figures in rows."""

from collections.abc import Iterator, Sequence

from rnnplay.text.records import Baseline

BAR = 24  # characters of the longest bar


def ladder_lines(ladder: Sequence[Baseline], network: float | None = None) -> Iterator[str]:
    """Return a line with a bar for each baseline, the network among them by its bits per character."""
    rungs = [(rung.name, rung.bits_per_char, rung.partial) for rung in ladder]
    if network is not None:
        rungs.append(("this network", network, False))
    rungs.sort(key=lambda rung: -rung[1])
    longest = max((value for _, value, _ in rungs), default=1.0) or 1.0
    for name, value, partial in rungs:
        bar = "\u2588" * max(round(BAR * value / longest), 1)
        yield f"  {name:<13}{value:>7.3f} bits  {bar:<{BAR}}{'  on a part' if partial else ''}".rstrip()
