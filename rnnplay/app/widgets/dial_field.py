"""A dial of a generated text: a number that is typed, or turned by keys and wheel."""

from functools import partial
from typing import ClassVar

from textual.binding import BindingType
from textual.events import Key, MouseScrollDown, MouseScrollUp

from rnnplay.app import dials
from rnnplay.app.keys import quiet
from rnnplay.app.widgets.line import Line
from rnnplay.errors import UserError
from rnnplay.text.generated import Dial

TURNS = ("+", "-")

_quiet = partial(quiet, "dial")


class DialField(Line):
    """A field for a dial's number."""

    BINDINGS: ClassVar[list[BindingType]] = [
        _quiet("plus", "turn(1)", "more", "Turn the dial up"),
        _quiet("minus", "turn(-1)", "less", "Turn the dial down"),
        _quiet("pageup", f"turn({dials.LEAP})", "much_more", "Turn the dial far up"),
        _quiet("pagedown", f"turn(-{dials.LEAP})", "much_less", "Turn the dial far down"),
        _quiet("up", "app.focus_previous", "before", "Go to the dial above"),
        _quiet("down", "app.focus_next", "after", "Go to the dial below"),
    ]

    def __init__(self, dial: Dial, value: int) -> None:
        super().__init__(dials.shown(value), compact=True, id=f"dial-{dial.name}", max_length=18)
        self.dial = dial

    def action_turn(self, by: int) -> None:
        """Turn so many steps; where no number stands, from where the dial stands by default."""
        try:
            value = dials.read(self.dial, self.value)
        except UserError:
            value = self.dial.default
        self.value = dials.shown(dials.turned(self.dial, value, by))
        self.cursor_position = len(self.value)

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Leave to the bindings what no number holds."""
        return character not in TURNS and super().check_consume_key(key, character)

    async def _on_key(self, event: Key) -> None:
        """Take no sign for a digit."""
        if event.character in TURNS:
            event.prevent_default()

    def _on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Turn up."""
        event.stop()
        self.action_turn(1)

    def _on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Turn down."""
        event.stop()
        self.action_turn(-1)
