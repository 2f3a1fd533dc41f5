"""The chart's keys for a place in which they work wherever the focus is."""

from textual.binding import Binding

_KEYS = (
    ("plus,equals_sign", "zoom_in", "zoom_in", "Look closer at the chart"),
    ("minus", "zoom_out", "zoom_out", "See more of the chart; at last, all"),
    ("r,home", "reset", "reset", "Show all of the chart again"),
    ("a", "next_x", "axis", "Across: steps, characters or time"),
    ("u", "next_y", "unit", "Losses in nats or bits per character"),
    ("l", "toggle_log", "log", "Logarithmic or even heights"),
)


def passed_on(owner: str) -> tuple[Binding, ...]:
    """Return bindings to an action `chart(...)` of the place with this name, which hands it to its chart."""
    return tuple(
        Binding(keys, f"chart('{action}')", id=f"{owner}.{name}", show=False, tooltip=says)
        for keys, action, name, says in _KEYS
    )
