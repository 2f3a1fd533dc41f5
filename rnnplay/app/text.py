"""Text from elsewhere, as the app may show it: never markup, never raw."""

from textual.content import Content

from rnnplay.text.display import visible


def plain(text: str) -> Content:
    """Return a text with everything in it shown and nothing obeyed."""
    return Content(visible(text))
