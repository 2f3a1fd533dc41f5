"""Files that are kept: whole from the moment that they have their name, and never lost when another takes it."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rnnplay import files, places

FORGOTTEN = 7200.0  # seconds after which nobody works on a part any more


@contextmanager
def part(folder: Path) -> Iterator[Path]:
    """Give a new file in a folder for what isn't whole yet; at the end nothing of it is left there.

    What a process that was killed left behind goes, once it is older than any download may be.

    Raises:
        OSError: There can't be one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(".fetching-*.part"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > FORGOTTEN:
                left.unlink()
    handle, name = tempfile.mkstemp(dir=folder, prefix=".fetching-", suffix=".part")
    os.close(handle)
    try:
        yield Path(name)
    finally:
        with suppress(OSError):
            Path(name).unlink()


def settle(file: Path, target: Path) -> None:
    """Give a whole file its name, flushed; one that has the name goes to the trash.

    Raises:
        OSError: It can't be had.
    """
    with file.open("rb+") as whole:
        os.fsync(whole.fileno())
    file.chmod(0o644)
    if target.exists():
        discarded(target)
    files.replace(file, target)


def discarded(path: Path) -> None:
    """Move a file to the trash, beside what lies there; nothing happens where there is no such file.

    Raises:
        OSError: It can't be moved.
    """
    target = unused(places.trash_folder() / f"{path.stem}-{time.strftime('%Y%m%d-%H%M%S')}{path.suffix}")
    target.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        shutil.move(path, target)


def unused(path: Path) -> Path:
    """Return a path beside this one that nothing has."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free
