"""The app's own two looks, dark and light; Textual's come beside them."""

from textual.theme import Theme

from rnnplay.app.state import DARK, LIGHT

THEMES = (
    Theme(
        name=DARK,
        primary="#7aa2c9",
        secondary="#8fa3b5",
        accent="#f2b155",
        warning="#e3a857",
        error="#e0708a",
        success="#84b98f",
        foreground="#dcdfe4",
        background="#15181d",
        surface="#1b1f26",
        panel="#242a33",
        dark=True,
    ),
    Theme(
        name=LIGHT,
        primary="#2f6690",
        secondary="#5c6f80",
        accent="#a85a00",
        warning="#a85a00",
        error="#b3304f",
        success="#2f7d46",
        foreground="#1f2328",
        background="#faf8f4",
        surface="#f3f0ea",
        panel="#e8e4db",
        dark=False,
    ),
)
