"""What a user can put right, and how it is told."""

import difflib
import errno
from collections.abc import Iterable
from pathlib import Path


class UserError(Exception):
    """Something that the user can put right, told in one sentence that names the thing and the way out."""


def brief(value: object, at_most: int = 40) -> str:
    """Return a value from elsewhere as a sentence holds it, however long it is."""
    text = str(value)
    return text if len(text) <= at_most else f"{text[: at_most - 1]}\u2026"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'NEAREST'?", or nothing where no known name is near."""
    near = difflib.get_close_matches(name.lower(), list(known), n=1, cutoff=0.5)
    return f" Did you mean '{near[0]}'?" if near else ""


def storage_error(path: Path, error: OSError) -> UserError:
    """Tell in one sentence why a file or folder couldn't be read or written."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        reason = "the disk is full"
    elif error.errno in {errno.EACCES, errno.EPERM}:
        reason = "there is no permission"
    elif error.errno == errno.EROFS:
        reason = "it stands on a read-only disk"
    elif error.errno in {errno.ENOENT, errno.ESTALE}:
        reason = "it is gone"
    elif error.errno in {errno.ENOTDIR, errno.EEXIST}:
        reason = "something on the way to it is a file and no folder"
    else:
        reason = (error.strerror or str(error) or type(error).__name__).lower()
    return UserError(f"'{path}' can't be used: {reason}.")
