"""A repair of Textual 8.2: every screen is laid out for the size that the terminal has now.

A screen that handles a `Resize` lays itself out for that event's size, and a layout of another size than before posts
a `Resize` of its size to the screen itself. So two events of different sizes in the queue of one screen replace each
other forever, at the full load of a core, although the terminal's size no longer changes. Two get into the queue
where the terminal is resized while the screen in front changes.
"""

from typing import Any

from textual.events import Resize
from textual.screen import Screen

_lay_out = Screen._on_resize


async def _on_resize(screen: Screen[Any], event: Resize) -> None:
    """Lay out a screen for the terminal's size, whatever the event's size was."""
    size = screen.app.size
    await _lay_out(screen, event if event.size == size else Resize(size, size))


def install() -> None:
    """Use the repair for all screens of this process."""
    Screen._on_resize = _on_resize  # type: ignore[method-assign,assignment]  # a repair
