"""Saving a text to a file that a person names."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from rnnplay import files, places
from rnnplay.errors import UserError, storage_error

if TYPE_CHECKING:
    from rnnplay.app.place import Place

KEPT_IN_NAMES = "-_."


def suggested(title: str, seed: int) -> str:
    """Return a file's name for a text."""
    name = "".join(one if one.isascii() and (one.isalnum() or one in KEPT_IN_NAMES) else "-" for one in title)
    return f"{name.strip('-.')[:40] or 'text'}-{seed}.txt"


async def save(place: "Place", text: str, name: str) -> None:
    """Ask where to, write the text there, and say where it is; a file that is there already is asked about."""
    from rnnplay.app.screens.dialogs import AskText, Confirm

    typed = await place.app.push_screen_wait(AskText("Save the text as", name, _wrong))
    if typed is None:
        return
    path = places.expanded(typed.strip())
    if await asyncio.to_thread(path.exists):
        question = f"'{path}' is there already. Write over it?"
        if not await place.app.push_screen_wait(Confirm(question, "Write over it", "Leave it")):
            return
    try:
        await asyncio.to_thread(_write, path, text)
    except UserError as error:
        place.desk.say(str(error), "error")
    else:
        place.desk.say(f"{len(text):,} characters were saved in '{path.absolute()}'.")


def _wrong(typed: str) -> str:
    """Return what is wrong with a path, "" where nothing is."""
    if not typed.strip():
        return "A file needs a name."
    if "\0" in typed:
        return "No file's name holds a NUL."
    try:
        path = places.expanded(typed.strip())
        if path.is_dir():
            return f"'{path}' is a folder."
        return "" if path.parent.is_dir() else f"There is no folder '{path.parent}'."
    except (OSError, ValueError) as error:
        return f"That is no place for a file: {error}."


def _write(path: Path, text: str) -> None:
    """Write a text as UTF-8; a lone surrogate, which has none, is written as an escape.

    Raises:
        UserError: There is no writing.
    """
    try:
        files.write_whole(path, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise storage_error(path, error) from error
