"""The keys below every place: the few that matter now, on one line that is never too long.

Textual's own footer builds its widgets anew whenever the focus moves, which takes longer than a key may take to show.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import App
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget

from rnnplay.app.keys import bindings_of

GAP = 2  # cells between two keys


@dataclass(frozen=True)
class Shown:
    """A key in the bar, from the cell at which it begins."""

    start: int
    key: str
    says: str
    action: str
    node: DOMNode
    enabled: bool

    @property
    def end(self) -> int:
        """The cell after its last."""
        return self.start + cell_len(self.key) + 1 + cell_len(self.says)


class KeyBar(Widget):
    """The keys that matter now; a click does what the key does."""

    DEFAULT_CSS: ClassVar[str] = """
    KeyBar {
        dock: bottom;
        height: 1;
        background: $panel;
        color: $foreground;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[Shown, ...] = ()

    def on_mount(self) -> None:
        """Listen to what keys there are."""
        self.screen.bindings_updated_signal.subscribe(self, self._look)
        self.call_after_refresh(self._look, self.screen)

    def on_resize(self) -> None:
        """Fit them into the width."""
        self._look(self.screen)

    def _look(self, screen: Screen[object]) -> None:
        if not self.is_attached or not screen.is_current:
            return
        shown = tuple(_fitted(list(_keys(screen)), self.size.width))
        if shown != self._shown:
            self._shown = shown
            self.refresh()

    def render(self) -> Content:
        """Return the line."""
        parts: list[Content | tuple[str, str]] = []
        at = 0
        for one in self._shown:
            parts.append(Content(" " * (one.start - at)))
            parts.append((one.key, "bold $accent" if one.enabled else "dim"))
            parts.append((f" {one.says}", "" if one.enabled else "dim"))
            at = one.end
        return Content.assemble(*parts)

    async def on_click(self, event: events.Click) -> None:
        """Do what the key under the mouse does."""
        for one in self._shown:
            if one.start <= event.x < one.end and one.enabled:
                await self.app.run_action(one.action, one.node)


def _keys(screen: Screen[object]) -> Iterator[Shown]:
    """Yield the keys to be shown, one for each action, in the order of their place; the app's own come last."""
    seen: set[str] = set()
    known = bindings_of(*type(screen).__mro__, *type(screen.app).__mro__)
    order = {binding.description: at for at, binding in enumerate(known)}  # a field has keys of its place by other ids
    active = sorted(
        screen.active_bindings.values(),
        key=lambda one: (one.node is screen.app, order.get(one.binding.description, -1)),
    )
    for one in active:
        if one.binding.show and one.binding.action not in seen:
            seen.add(one.binding.action)
            key = screen.app.get_key_display(one.binding)
            yield Shown(0, key, one.binding.description, one.binding.action, one.node, one.enabled)


def _fitted(keys: list[Shown], width: int) -> Iterator[Shown]:
    """Yield the keys at their places; of those that don't fit, the last before the app's own are left out."""
    own = sum(isinstance(one.node, App) for one in keys)
    while keys and sum(one.end for one in keys) + GAP * len(keys) - 1 > width:
        del keys[max(len(keys) - 1 - own, 0)]
    at = 1
    for one in keys:
        yield Shown(at, one.key, one.says, one.action, one.node, one.enabled)
        at += one.end + GAP
