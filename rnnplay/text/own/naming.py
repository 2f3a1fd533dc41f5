"""Names of the user's own texts: one word in a shell, and a file's name on every platform."""

import re
import unicodedata
from collections.abc import Collection

from rnnplay.errors import UserError

NAME_LENGTH = 40  # characters


def safe_name(name: str) -> str:
    """Return a name that can be typed as one word and be a file's, with what stands in the way made hyphens."""
    plain = unicodedata.normalize("NFC", name)
    words = "".join(character if character.isalnum() or character in "._-" else " " for character in plain).split()
    return "-".join(words)[:NAME_LENGTH].strip("-.")


def refuse_name(name: str, taken: Collection[str]) -> None:
    """Refuse a name that can't be had; `taken` are the names that are, casefolded.

    Raises:
        UserError: It is taken, or no name.
    """
    if name.casefold() in taken:
        raise UserError(f"There is a text '{name}' already; take another name.")
    if name != safe_name(name) or _is_device(name):
        better = free_name(safe_name(name) or "text", taken)
        raise UserError(f"'{name}' is no name for a text, but '{better}' would be.")


def free_name(stem: str, taken: Collection[str]) -> str:
    """Return this name, or one that begins so, that nothing has."""
    name, number = stem, 1
    while name.casefold() in taken or _is_device(name):
        number += 1
        name = f"{stem[: NAME_LENGTH - len(str(number)) - 1]}-{number}"
    return name


def _is_device(name: str) -> bool:
    """Tell a name that Windows keeps for a device, with whatever ending."""
    return re.fullmatch(r"(con|prn|aux|nul|(com|lpt)\d)(\..*)?", name.casefold()) is not None
