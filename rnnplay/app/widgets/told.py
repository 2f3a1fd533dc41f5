"""A place for words that change."""

from textual.content import Content
from textual.widgets import Static

QUIET = "$foreground 65%"  # the style of what stands beside a figure


class Told(Static):
    """Shows what it was last told, and draws only where that is something else; its size doesn't follow the words."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes, markup=False)
        self._told = Content()

    @property
    def told(self) -> Content:
        """What it shows."""
        return self._told

    def tell(self, content: Content) -> None:
        """Show this."""
        if content != self._told or content.spans != self._told.spans:
            self._told = content
            self.update(content, layout=False)
