"""Bars drawn to an eighth of a cell."""

import math

EIGHTHS = " ▏▎▍▌▋▊▉█"


def drawn_bar(share: float, width: int) -> str:
    """Return a bar in so many cells, full where the share is 1; a share above zero is seen, one that is none is not."""
    if not math.isfinite(share) or width <= 0:
        return " " * max(width, 0)
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    full, rest = divmod(max(eighths, 1) if share > 0 else eighths, 8)
    return ("█" * full + (EIGHTHS[rest] if rest else "")).ljust(width)
