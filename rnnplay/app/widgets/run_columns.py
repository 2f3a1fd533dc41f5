"""The columns of the table of runs: what stands in them, how wide they are, and how one sorts by them."""

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len, set_cell_size

from rnnplay.app.widgets.glyphs import fenced, glyph
from rnnplay.app.widgets.sparkline import sparkline
from rnnplay.console.numbers import clock, decimals, nats, short

if TYPE_CHECKING:
    from rnnplay.runs.overview import Glance

GAP = 2  # cells between columns
HEAD = 4  # cells at the left: where the cursor is, and a run's mark with its letter

# A shape for each state, so that none is told by its colour alone.
STATES = {
    "training": "\u25cf training",
    "paused": "\u2016 paused",
    "finished": "\u2713 finished",
    "stopped": "\u25a0 stopped",
    "interrupted": "\u25cc interrupted",
    "damaged": "\u2717 damaged",
}
_ORDER = tuple(STATES)


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        title: What stands above it.
        width: Cells that it needs.
        text: What stands in it for a run, given its width.
        rank: What it sorts by; None comes last either way.
        grows: How many cells more it takes where there is room.
        right: Whether it holds figures, which stand at the right.
    """

    name: str
    title: str
    width: int
    text: "Callable[[Glance, int], str]"
    rank: "Callable[[Glance], Any]"
    grows: int = 0
    right: bool = False


def state_of(glance: "Glance") -> str:
    """Return the state of a run, a pause included."""
    return "paused" if glance.paused else glance.state


def network(glance: "Glance") -> str:
    """Return a run's network: "lstm 1x384"."""
    return "" if glance.card is None else str(glance.card.config.model)


def _network_rank(glance: "Glance") -> Any:  # noqa: ANN401 - anything that can be compared
    if glance.card is None:
        return None
    model = glance.card.config.model
    return model.cell, model.layers, model.hidden_size


def _begun(glance: "Glance") -> str:
    return time.strftime("%d %b %H:%M", time.localtime(min(max(glance.created, 0.0), 2e10)))


COLUMNS = {
    column.name: column
    for column in (
        Column("state", "state", 13, lambda one, _: STATES[state_of(one)], lambda one: _ORDER.index(state_of(one))),
        Column(
            "name", "name", 13, lambda one, width: fit(one.run.name, width), lambda one: one.run.name.casefold(), 16
        ),
        Column(
            "text",
            "text",
            10,
            lambda one, width: fit(one.card.corpus.name if one.card else "", width),
            lambda one: one.card.corpus.name.casefold() if one.card else None,
            14,
        ),
        Column("network", "network", 11, lambda one, width: fit(network(one), width), _network_rank),
        Column("step", "step", 7, lambda one, _: _count(one.step), lambda one: one.step, right=True),
        Column("time", "time", 7, lambda one, _: clock(one.seconds), lambda one: one.seconds, right=True),
        Column("nats", "nats", 5, lambda one, _: nats(one.loss), lambda one: one.loss, right=True),
        Column(
            "excess",
            "excess",
            6,
            lambda one, _: "" if one.excess is None else decimals(one.excess),
            lambda one: one.excess,
            right=True,
        ),
        Column(
            "speed",
            "chars/s",
            8,
            lambda one, _: "-" if one.speed is None else _count(one.speed),
            lambda one: one.speed,
            right=True,
        ),
        Column("curve", "curve", 6, lambda one, width: sparkline(one.losses, width), lambda one: one.loss, 14),
        Column("begun", "begun", 12, lambda one, _: _begun(one), lambda one: one.created, right=True),
    )
}
EXCESS = "excess"  # bits above the optimum: a column where any run has one
# The columns there always are; then, in this order, those that come where there is room.
ALWAYS = ("state", "name", "network", "step", "time", "nats")
_WHERE_ROOM = (EXCESS, "curve", "speed", "text", "begun")
SORTS = tuple(COLUMNS)


def _count(number: float) -> str:
    return f"{number:,.0f}" if number < 1_000_000 else short(number)


def laid_out(width: int, without: Collection[str] = ()) -> list[tuple[Column, int]]:
    """Return the columns that fit into so many cells, in their order, each with its width.

    Args:
        width: The cells.
        without: Columns in which nothing stands.
    """
    room = width - HEAD
    chosen = list(ALWAYS)
    taken = sum(COLUMNS[name].width + GAP for name in ALWAYS) - GAP
    for name in _WHERE_ROOM:
        if name in without:
            continue
        if taken + GAP + COLUMNS[name].width > room:
            break
        chosen.append(name)
        taken += GAP + COLUMNS[name].width
    columns = [column for column in COLUMNS.values() if column.name in chosen]
    left = max(room - taken, 0)
    growth = sum(column.grows for column in columns)
    given = min(left, growth)
    return [(column, column.width + given * column.grows // max(growth, 1)) for column in columns]


def empty_columns(glances: "Iterable[Glance]") -> frozenset[str]:
    """Return the columns in which nothing would stand."""
    return frozenset() if any(one.excess is not None for one in glances) else frozenset({EXCESS})


def in_order(glances: "list[Glance]", by: str, *, down: bool) -> "list[Glance]":
    """Return runs sorted by a column; what has no figure there comes last, and the newer first among equals."""
    rank = COLUMNS[by].rank
    newest = sorted(glances, key=lambda one: one.created, reverse=True)
    ranked = [one for one in newest if rank(one) is not None]
    return sorted(ranked, key=rank, reverse=down) + [one for one in newest if rank(one) is None]


def matches(glance: "Glance", words: str) -> bool:
    """Tell whether a run has every one of some words in its name, text, network or state."""
    card = glance.card
    about = f"{glance.run.name}\n{card.corpus.name if card else ''}\n{network(glance)}\n{STATES[state_of(glance)]}"
    return all(word in about.casefold() for word in words.casefold().split())


def fit(text: str, width: int) -> str:
    """Return a foreign text on one line of at most so many cells, with nothing in it that a terminal would obey."""
    shown = "".join(glyph(character).text for character in text[: 4 * width + 8])
    return fenced(shown if cell_len(shown) <= width else set_cell_size(shown, width - 1).rstrip() + "\u2026")
