"""A sheet of cells, each with a character and the name of its ink."""

from collections.abc import Set
from itertools import groupby

from rich.cells import split_graphemes

from rnnplay.console.chart.raster import Canvas

PLAIN = "plain"


class Sheet:
    """Cells to write on. What goes over the border is cut."""

    def __init__(self, width: int, height: int) -> None:
        """Make an empty sheet."""
        self.width, self.height = max(width, 0), max(height, 0)
        self._cells = [[" "] * self.width for _ in range(self.height)]
        self._inks = [[PLAIN] * self.width for _ in range(self.height)]

    def put(self, column: int, row: int, character: str, ink: str) -> None:
        """Put one character, one cell wide."""
        if 0 <= column < self.width and 0 <= row < self.height:
            self._cells[row][column] = character
            self._inks[row][column] = ink

    def write(self, column: int, row: int, text: str, ink: str) -> int:
        """Write a text from a cell on, as far as it fits; return the column after it."""
        for begin, end, cells in split_graphemes(text)[0]:
            if column + cells > self.width or column < 0:
                break
            self.put(column, row, text[begin:end] if cells else "", ink)
            if cells == 2:
                self.put(column + 1, row, "", ink)
            column += cells
        return column

    def lay(self, canvas: Canvas, column: int, row: int, ink: str) -> None:
        """Lay the dots of a canvas over the sheet; cells without dots keep what they have."""
        for down in range(canvas.height):
            cells, inks = self._cells[row + down], self._inks[row + down]
            for across, character in canvas.row(down):
                cells[column + across], inks[column + across] = character, ink

    def ink(self, column: int, row: int) -> str:
        """Return the ink of a cell."""
        return self._inks[row][column]

    def is_free(self, column: int, row: int, length: int, of: Set[str]) -> bool:
        """Tell whether some cells lie on the sheet and none has one of these inks."""
        if not (0 <= row < self.height and column >= 0 and column + length <= self.width):
            return False
        return of.isdisjoint(self._inks[row][column : column + length])

    def runs(self, row: int) -> list[tuple[str, str]]:
        """Return a row as texts of one ink each, with that ink."""
        cells, inks, parts, at = self._cells[row], self._inks[row], [], 0
        for ink, group in groupby(inks):
            length = sum(1 for _ in group)
            parts.append(("".join(cells[at : at + length]), ink))
            at += length
        return parts

    def text(self, row: int) -> str:
        """Return the characters of a row."""
        return "".join(self._cells[row])
