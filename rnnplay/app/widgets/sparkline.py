"""A curve so small that it fits into a line of text."""

import math
from collections.abc import Sequence

_BRAILLE = 0x2800
# The dots of a cell's left and right column, from the bottom up.
_LEFT = (0x40, 0x04, 0x02, 0x01)
_RIGHT = (0x80, 0x20, 0x10, 0x08)
HEIGHT = 4  # dots


def sparkline(values: Sequence[float | None], width: int) -> str:
    """Return values as a filled curve of braille dots, two across a cell and four up; what is no number is a gap.

    The lower half is stretched, for a loss spends most of its time near its end.
    """
    finite = [value for value in values if value is not None and math.isfinite(value)]
    if not finite or width <= 0:
        return " " * max(width, 0)
    low, high = min(finite), max(finite)
    columns = 2 * width
    heights = []
    for column in range(columns):
        value = values[column * (len(values) - 1) // max(columns - 1, 1)]
        heights.append(_height(value, low, high))
    return "".join(
        chr(_BRAILLE + _dots(_LEFT, heights[place]) + _dots(_RIGHT, heights[place + 1]))
        for place in range(0, columns, 2)
    )


def _height(value: float | None, low: float, high: float) -> int:
    if value is None or not math.isfinite(value):
        return 0
    if high <= low:
        return 1
    return 1 + min(round((HEIGHT - 1) * math.sqrt((value - low) / (high - low))), HEIGHT - 1)


def _dots(column: tuple[int, ...], height: int) -> int:
    return sum(column[:height])
