"""Bars drawn to an eighth of a cell."""

import math

EIGHTHS = " ▏▎▍▌▋▊▉█"
GHOST, EDGE = "░", "│"


def drawn_bar(share: float, width: int) -> str:
    """Return a bar in so many cells, full where the share is 1; a share above zero is seen, one that is none is not."""
    if not math.isfinite(share) or width <= 0:
        return " " * max(width, 0)
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    full, rest = divmod(max(eighths, 1) if share > 0 else eighths, 8)
    return ("█" * full + (EIGHTHS[rest] if rest else "")).ljust(width)


def split_bar(share: float, ghost: float, width: int) -> tuple[tuple[str, bool], ...]:
    """Return a bar with another one behind it, as pieces of text: whether each belongs to the one behind.

    Where the one behind is longer, its end is shaded; where it is shorter, a line in the bar shows how far it reaches.
    """
    bar = drawn_bar(share, width)
    end = len(bar.rstrip())
    reach = round(min(max(ghost, 0.0), 1.0) * width) if math.isfinite(ghost) else 0
    if reach > end:
        return (bar[:end], False), (GHOST * (reach - end), True), (bar[reach:], False)
    if bar[reach : reach + 1] == "█":
        return (bar[:reach], False), (EDGE, True), (bar[reach + 1 :], False)
    return ((bar, False),)
