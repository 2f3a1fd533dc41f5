"""Every key by what it does: for the help, the command palette and the user's key map."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

# What Textual binds itself and a person should know; its fields' editing keys are those of every field.
TOOLKIT = ("app.focus_next", "app.focus_previous", "screen.copy_text")
HERE, PLACE, EVERYWHERE = "In what has the focus", "In this place", "Everywhere"


@dataclass(frozen=True)
class Key:
    """A key that works now.

    Attributes:
        shown: The key as it stands on a keyboard.
        says: What it does.
        group: Where it belongs: to what has the focus, to the place, or everywhere.
        action: What it calls, on `node`.
    """

    shown: str
    says: str
    group: str
    action: str
    node: DOMNode


def quiet(owner: str, keys: str, action: str, name: str, says: str) -> Binding:
    """Return a binding that help and palette tell of, and the bar below doesn't.

    Args:
        owner: What its id begins with: the widget.
        keys: The keys.
        action: What they call.
        name: What its id ends with.
        says: What that does.
    """
    return Binding(keys, action, says, show=False, id=f"{owner}.{name}", tooltip=says)


def active_keys(screen: Screen[Any]) -> list[Key]:
    """Return the keys that work on a screen now and say what they do, those of the place first."""
    found: dict[tuple[str, str], list[str]] = {}
    nodes: dict[tuple[str, str], tuple[Binding, DOMNode]] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        says = binding.tooltip or binding.description
        if not says or not active.enabled or not (binding.id or binding.action in TOOLKIT):
            continue
        where = (binding.action, says)
        found.setdefault(where, []).append(screen.app.get_key_display(binding))
        nodes.setdefault(where, (binding, active.node))
    keys = [
        Key(" ".join(dict.fromkeys(shown)), where[1], _group(*nodes[where], screen), where[0], nodes[where][1])
        for where, shown in found.items()
    ]
    order = (HERE, PLACE, EVERYWHERE)
    return sorted(keys, key=lambda key: order.index(key.group))


def _group(binding: Binding, node: DOMNode, screen: Screen[Any]) -> str:
    if node is screen.app or binding.action in TOOLKIT:
        return EVERYWHERE
    return PLACE if node is screen else HERE


def bindings_of(*classes: type[DOMNode]) -> Iterator[Binding]:
    """Return the bindings with ids that classes define themselves."""
    for one in classes:
        for binding in one.__dict__.get("BINDINGS", ()):
            if isinstance(binding, Binding) and binding.id:
                yield binding
