"""Text in rows of a width: wrapped at any character, after a space where there is one, and cheap to append to."""

from bisect import bisect_right

from rnnplay.app.widgets.glyphs import BASE, Glyph, glyph

NARROWEST = 2  # cells; a wide character must find room
MOST_MARKS = 6  # on one letter; those after stand by themselves


class Rows:
    """A text in rows.

    A row holds `width` cells, and beyond them one more space or newline. A row is broken after its last space, or
    where it has none, before the character that doesn't fit.
    """

    def __init__(self, width: int = 80) -> None:
        self.width = max(width, NARROWEST)
        self.characters: list[str] = []
        self._glyphs: list[Glyph] = []
        self._starts = [0]  # where each row begins
        self._marks = -1  # on the last letter; -1 where marks can't stand

    def __len__(self) -> int:
        """Return how many rows there are; an empty text has one."""
        return len(self._starts)

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.characters)

    def append(self, text: str) -> int:
        """Append, and return the first row that has changed. Costs what is appended and the last row."""
        first = len(self._starts) - 1
        for character in text:
            self.characters.append(character)
            self._glyphs.append(self._glyph(character))
        self._break_from(self._starts[-1])
        return first

    def clear(self) -> None:
        """Take all text away."""
        self.characters.clear()
        self._glyphs.clear()
        self._starts = [0]
        self._marks = -1

    def resize(self, width: int) -> bool:
        """Wrap to another width, and return whether anything has changed. Costs the whole text."""
        width = max(width, NARROWEST)
        if width == self.width:
            return False
        self.width = width
        self._starts = [0]
        self._break_from(0)
        return True

    def span(self, row: int) -> tuple[int, int]:
        """Return where a row begins in the text, and where it ends."""
        last = len(self._starts) - 1
        return self._starts[row], len(self.characters) if row == last else self._starts[row + 1]

    def drawn(self, index: int) -> Glyph:
        """Return how a character is drawn, cut to a row."""
        found = self._glyphs[index]
        if found.width <= self.width:
            return found
        return found._replace(text=found.text[: self.width], width=self.width)

    def row_of(self, index: int) -> int:
        """Return the row of a character."""
        return max(bisect_right(self._starts, index) - 1, 0)

    def column_of(self, index: int) -> int:
        """Return the cell in which a character begins; a mark's is its letter's."""
        start, _ = self.span(self.row_of(index))
        column = sum(self.drawn(place).width for place in range(start, index))
        if index > start and self._glyphs[index].width == 0:
            base = index
            while base > start and self._glyphs[base].width == 0:
                base -= 1
            column -= self.drawn(base).width
        return column

    def index_at(self, row: int, column: int) -> int | None:
        """Return the character in a cell, the row's last beyond its end, or None where the row is empty."""
        start, end = self.span(row)
        found: int | None = None
        reached = 0
        for index in range(start, end):
            width = self.drawn(index).width
            if width == 0 and found is not None:
                continue
            found = index
            reached += width
            if column < reached:
                break
        return found

    def index_drawn(self, row: int, place: int) -> int:
        """Return the character at a place of a row as it is drawn, marks around it included; its end beyond it."""
        start, end = self.span(row)
        drawn = [self.drawn(index) for index in range(start, end)]
        passed = 1 if any(one.right_to_left for one in drawn) else 0
        for index, one in enumerate(drawn, start):
            passed += len(one.text)
            if place < passed:
                return index
        return end

    def _glyph(self, character: str) -> Glyph:
        found = glyph(character)
        if found.kind != "mark":
            self._marks = 0 if found.kind == "letter" else -1
            return found
        if 0 <= self._marks < MOST_MARKS:
            self._marks += 1
            return found
        self._marks = -1
        return Glyph(BASE + character, 1, "symbol")

    def _break_from(self, start: int) -> None:
        """Break the text from a row's beginning on."""
        glyphs, width, starts = self._glyphs, self.width, self._starts
        column, after_space, index = 0, -1, start
        while index < len(glyphs):
            _, wide, kind, _ = glyphs[index]
            wide = min(wide, width)
            if kind == "newline":
                start = index + 1
            elif column + wide <= width or (kind == "space" and column == width):
                column += wide
                index += 1
                if kind == "space":
                    after_space = index
                continue
            else:
                start = after_space if after_space > start else index
            starts.append(start)
            column, after_space, index = 0, -1, start
