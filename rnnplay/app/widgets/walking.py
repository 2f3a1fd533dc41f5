"""The keys that walk over a text."""

from functools import partial

from textual.binding import BindingType

from rnnplay.app.keys import quiet

_quiet = partial(quiet, "writing")

WALKING: list[BindingType] = [
    _quiet("left", "move(-1)", "left", "The character before"),
    _quiet("right", "move(1)", "right", "The next character"),
    _quiet("up", "climb(-1)", "up", "The row above"),
    _quiet("down", "climb(1)", "down", "The row below"),
    _quiet("home", "edge(False)", "home", "The row's first character"),
    _quiet("end", "edge(True)", "end", "The row's last character"),
    _quiet("ctrl+home", "far(False)", "start", "The text's first character"),
    _quiet("ctrl+end", "far(True)", "finish", "The text's last character"),
    _quiet("pageup", "leaf(-1)", "page_up", "A page up"),
    _quiet("pagedown", "leaf(1)", "page_down", "A page down"),
    _quiet("enter", "branch", "branch", "Write on from here otherwise"),
    _quiet("escape", "leave", "leave", "Stop walking over the text"),
]
