"""The beginning of a text from anywhere, to be leafed through."""

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from rnnplay.app.keys import quiet
from rnnplay.app.widgets.glyphs import ROW_MARK
from rnnplay.app.widgets.wrapping import Rows

KEPT_LINES = 512


def _scroll(key: str, action: str, says: str) -> Binding:
    return quiet("preview", key, action, action, says)


class Preview(ScrollView, can_focus=True):
    """A text in rows; whatever it holds is seen and never obeyed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        _scroll("up", "scroll_up", "A row up"),
        _scroll("down", "scroll_down", "A row down"),
        _scroll("pageup", "page_up", "A page up"),
        _scroll("pagedown", "page_down", "A page down"),
        _scroll("home", "scroll_home", "The beginning"),
        _scroll("end", "scroll_end", "The end of what is shown"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"preview--symbol"}
    DEFAULT_CSS = """
    Preview {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        background: transparent;
        .preview--symbol { color: $text-muted; text-style: italic; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._rows = Rows()
        self._lines: LRUCache[int, Strip] = LRUCache(KEPT_LINES)

    @property
    def text(self) -> str:
        """What is shown."""
        return self._rows.text

    def show(self, text: str) -> None:
        """Show another text from its beginning."""
        self._rows.clear()
        self._rows.append(text)
        self.scroll_to(y=0, animate=False, immediate=True)
        self._settle()

    def on_resize(self) -> None:
        """Wrap to the new width."""
        if self._rows.resize(self.scrollable_content_region.width):
            self._settle()

    def notify_style_update(self) -> None:
        """Draw everything again in another theme's colours."""
        super().notify_style_update()
        self._lines.clear()

    def _settle(self) -> None:
        self._lines.clear()
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._rows) if self._rows.characters else 0)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw a row of the screen."""
        row = y + self.scroll_offset.y
        if row >= len(self._rows):
            return Strip.blank(self.size.width, self.rich_style)
        strip = self._lines.get(row)
        if strip is None:
            self._lines[row] = strip = self._drawn(row)
        return strip.apply_style(self.rich_style)

    def _drawn(self, row: int) -> Strip:
        symbol = self.get_component_rich_style("preview--symbol", partial=True)
        start, end = self._rows.span(row)
        segments: list[Segment] = []
        width, reordered = 0, False
        for index in range(start, end):
            glyph = self._rows.drawn(index)
            if glyph.kind == "newline" or width + glyph.width > self._rows.width:
                continue
            reordered = reordered or glyph.right_to_left
            segments.append(Segment(glyph.text, symbol if glyph.kind == "symbol" else Style.null()))
            width += glyph.width
        if reordered:
            mark = Segment(ROW_MARK, Style.null())
            segments = [mark, *segments, mark]
        return Strip(Segment.simplify(segments), width).adjust_cell_length(self.size.width)
