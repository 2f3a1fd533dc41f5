"""Taking a text of the user's own as it is now."""

from contextlib import aclosing

from rnnplay.app.aside import aside
from rnnplay.engine.client import Engine
from rnnplay.engine.protocol import Keep
from rnnplay.text.own import mine
from rnnplay.text.shelf import Item


async def renew(engine: Engine, item: Item) -> None:
    """Have a text's hash taken again: of its files as they are, or of what its address sends now.

    Raises:
        UserError: It can't be read or fetched.
    """
    place = item.entry.location
    if item.entry.own_kind == "url":
        place = (await aside(mine.all_mine))[item.entry.name].url
    question = Keep(place or "", item.entry.extensions, item.entry.shape)  # without a name: it has one already
    async with aclosing(engine.ask(question)) as replies:
        async for _ in replies:
            pass
