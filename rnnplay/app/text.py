"""Text from elsewhere, as the app may show it: never markup, never raw."""

from textual.content import Content

from rnnplay.engine.client import EngineDiedError
from rnnplay.errors import UserError
from rnnplay.text.display import visible


def plain(text: str) -> Content:
    """Return a text with everything in it shown and nothing obeyed."""
    return Content(visible(text))


def trouble(error: UserError) -> str:
    """Return what an error says, and where the engine has ended, the key that starts it again."""
    return f"{error} ctrl+r starts the engine again." if isinstance(error, EngineDiedError) else str(error)
