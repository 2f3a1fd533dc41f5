"""How much of a text is new, by the length of what one looks for."""

from typing import ClassVar

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from rnnplay.app.widgets.eighths import drawn_bar

NAME, NUMBER = 3, 6  # cells
ROWS = 7  # six lengths, and what they are of

Shares = tuple[tuple[int, float], ...]


class Novelty(Widget):
    """A row for each of a few lengths: the share of the text's runs of that length that the training text lacks.

    Attributes:
        shares: Lengths in characters, and shares from 0 to 1.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"novelty--name", "novelty--bar", "novelty--quiet"}
    DEFAULT_CSS = """
    Novelty {
        height: auto;
        .novelty--name { color: $foreground; text-style: bold; }
        .novelty--bar { color: $success; }
        .novelty--quiet { color: $text-muted; }
    }
    """

    shares: reactive[Shares] = reactive[Shares](())

    def on_mount(self) -> None:
        """Say what it is."""
        self.border_title = "new, by length"

    def get_content_height(self, *_sizes: object) -> int:
        """Return the fixed number of rows."""
        return ROWS

    def render(self) -> Content:
        """Draw the rows."""
        width = max(self.content_size.width - NAME - NUMBER - 2, 0)
        lines = [self._line(length, share, width) for length, share in self.shares]
        says = "runs of so many characters"
        return Content("\n").join([*lines, Content.styled(says, self.get_visual_style("novelty--quiet"))])

    def _line(self, length: int, share: float, width: int) -> Content:
        parts = (
            (f"{length:>{NAME}} ", "name"),
            (drawn_bar(share, width), "bar"),
            (f" {share:>{NUMBER}.1%}", "quiet"),
        )
        return Content.assemble(*((text, self.get_visual_style(f"novelty--{part}")) for text, part in parts))
