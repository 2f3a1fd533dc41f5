"""Being in Corpus: going there, and seeing what stands on the screen."""

from typing import Any

from textual.pilot import Pilot
from textual.widgets import Static

from rnnplay.app.app import Playground
from rnnplay.app.screens.corpus import CorpusPlace
from rnnplay.app.widgets.ladder import Ladder
from rnnplay.app.widgets.text_list import TextList
from tests.app.waiting import eventually


async def opened(pilot: Pilot[Any]) -> CorpusPlace:
    """Go to the place and wait until its list stands and a text is told of."""
    await pilot.press("f2")
    await eventually(pilot, lambda: isinstance(pilot.app.screen, CorpusPlace))
    place = pilot.app.screen
    assert isinstance(place, CorpusPlace)
    await eventually(pilot, lambda: place.query_one(TextList).item)
    return place


async def told(pilot: Pilot[Any], place: CorpusPlace, name: str) -> None:
    """Wait until everything is told of a text."""
    await eventually(pilot, lambda: highlighted(place) == name and len(place.query_one(Ladder).rungs) >= 8)
    await eventually(pilot, lambda: not place.query_one("#side").border_subtitle)


def highlighted(place: CorpusPlace) -> str | None:
    item = place.query_one(TextList).item
    return None if item is None else item.spec


def listed(place: CorpusPlace) -> list[str]:
    """Return the names in the list, without its headings."""
    return [option.id or "" for option in place.query_one(TextList).options if not option.disabled]


def words(app: Playground) -> str:
    """Return everything on the screen as text."""
    return "\n".join("".join(segment.text for segment in line) for line in app.screen._compositor.render_strips())


def is_seen(app: Playground, text: str) -> bool:
    return text in words(app)


def toasts(app: Playground) -> str:
    return "\n".join(notification.message for notification in app._notifications)


def said(app: Playground, selector: str) -> str:
    return str(app.screen.query_one(selector, Static).render())
