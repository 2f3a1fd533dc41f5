"""Dots and lines on braille cells: two dots across and four down in each cell."""

import math
from collections.abc import Iterable

ACROSS, DOWN = 2, 4  # dots of a cell
BLANK = 0x2800  # the braille pattern without dots

# The bit of each dot of a cell, by its row and column: Unicode numbers the first six down the columns.
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))

# The bits of a piece of a column: by the column, its first row and its last.
_STROKES = tuple(
    tuple(
        tuple(sum(_BITS[row][side] for row in range(first, last + 1)) for last in range(DOWN)) for first in range(DOWN)
    )
    for side in range(ACROSS)
)

Dashes = tuple[bool, ...]  # which columns of dots are drawn, over and over
SOLID: Dashes = (True,)
DASHED: Dashes = (True,) * 4 + (False,) * 3
DOTTED: Dashes = (True, False, False)
DASH_DOT: Dashes = (True,) * 5 + (False,) * 2 + (True,) + (False,) * 2

Place = tuple[float, float]  # dots from the left and from the top


class Canvas:
    """Cells of dots. What lies outside, or is no number, is left out."""

    def __init__(self, width: int, height: int) -> None:
        """Make an empty canvas of so many cells."""
        self.width, self.height = max(width, 0), max(height, 0)
        self._cells = bytearray(self.width * self.height)
        # a dot at the very border still belongs to the last cell
        self._right, self._bottom = ACROSS * self.width - 1e-6, DOWN * self.height - 1e-6

    def dot(self, x: float, y: float) -> None:
        """Set one dot."""
        if math.isfinite(x) and math.isfinite(y):
            column, row = math.floor(x), math.floor(y)
            if 0 <= column < ACROSS * self.width and 0 <= row < DOWN * self.height:
                self._cells[(row // DOWN) * self.width + column // ACROSS] |= _BITS[row % DOWN][column % ACROSS]

    def line(self, start: Place, end: Place, dashes: Dashes = SOLID) -> None:
        """Set the dots between two places, and theirs."""
        (x0, y0), (x1, y1) = start, end
        right, bottom = self._right, self._bottom
        if not (0 <= x0 <= right and 0 <= x1 <= right and 0 <= y0 <= bottom and 0 <= y1 <= bottom):
            clipped = self._clipped(start, end)
            if clipped is None:
                return
            (x0, y0), (x1, y1) = clipped
        if abs(y1 - y0) > abs(x1 - x0):
            if x0 > x1:
                x0, y0, x1, y1 = x1, y1, x0, y0
            self._steep((x0, y0), (x1, y1), dashes)
            return
        steps = int(abs(x1 - x0)) + 1
        across, down = (x1 - x0) / steps, (y1 - y0) / steps
        cells, width, period = self._cells, self.width, len(dashes)
        for step in range(steps + 1):
            column, row = int(x0 + step * across), int(y0 + step * down)
            if dashes[column % period]:
                cells[(row >> 2) * width + (column >> 1)] |= _BITS[row & 3][column & 1]

    def _steep(self, start: Place, end: Place, dashes: Dashes) -> None:
        """Set the dots of a line that goes further down than to the right, as one stroke a column."""
        (x0, y0), (x1, y1) = start, end
        slope = (y1 - y0) / (x1 - x0) if x1 > x0 else 0.0
        y = y0
        for column in range(int(x0), int(x1) + 1):
            after = y1 if column == int(x1) else y0 + slope * (column + 1 - x0)
            if dashes[column % len(dashes)]:
                self._stroke(column, int(min(y, after)), int(min(max(y, after), self._bottom)))
            y = after

    def _stroke(self, column: int, top: int, bottom: int) -> None:
        """Set the dots of a column from one row to another, a cell at a time."""
        bits, cells, width = _STROKES[column & 1], self._cells, self.width
        for row in range(top >> 2, (bottom >> 2) + 1):
            above, below = max(top - 4 * row, 0), min(bottom - 4 * row, 3)
            cells[row * width + (column >> 1)] |= bits[above][below]

    def curve(self, places: Iterable[Place | None], dashes: Dashes = SOLID) -> None:
        """Join places by lines; None is a gap."""
        last: Place | None = None
        for place in places:
            if place is not None:
                self.line(last or place, place, dashes)
            last = place

    def row(self, row: int) -> list[tuple[int, str]]:
        """Return the cells of a row that have dots: their columns and braille characters."""
        cells = self._cells[row * self.width : (row + 1) * self.width]
        return [(column, chr(BLANK + bits)) for column, bits in enumerate(cells) if bits]

    def _clipped(self, start: Place, end: Place) -> tuple[Place, Place] | None:
        """Return the part of a line that lies on the canvas (Liang and Barsky 1984)."""
        if not (self._cells and all(map(math.isfinite, (*start, *end)))):
            return None
        (x0, y0), (x1, y1) = start, end
        begin, finish = 0.0, 1.0
        for at, by, most in (
            (x0, x1 - x0, self._right),
            (y0, y1 - y0, self._bottom),
        ):
            if by == 0:
                if not 0 <= at <= most:
                    return None
                continue
            nearer, further = sorted((-at / by, (most - at) / by))
            begin, finish = max(begin, nearer), min(finish, further)
        if not begin <= finish:
            return None
        return self._inside(x0, y0, x1 - x0, y1 - y0, begin), self._inside(x0, y0, x1 - x0, y1 - y0, finish)

    def _inside(self, x: float, y: float, across: float, down: float, share: float) -> Place:
        """Return a place on a line; rounding doesn't carry it over the border."""
        return min(max(x + share * across, 0.0), self._right), min(max(y + share * down, 0.0), self._bottom)
