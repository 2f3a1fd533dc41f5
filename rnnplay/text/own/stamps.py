"""Noticing that files were written to, without reading them."""

import glob
import os
from collections.abc import Iterator
from itertools import islice

STAMPED_AT_MOST = 2_000  # files
LOOKED_AT_MOST = 20_000  # names of files, among which those are that end as they should

Stamp = tuple[int, int, int]  # files, their bytes, and when the last was written, in microseconds since 1970


def stamp(place: str, extensions: tuple[str, ...] = ()) -> Stamp:
    """Return what changes when a file, or a folder's or a glob's files, are written to.

    Args:
        place: A path or pattern.
        extensions: Of a folder or glob, look only at files that end so.

    A look at `STAMPED_AT_MOST` files at most.
    """
    count = size = newest = 0
    wanted = (path for path in islice(_held(place), LOOKED_AT_MOST) if not extensions or path.endswith(extensions))
    for path in islice(wanted, STAMPED_AT_MOST):
        try:
            found = os.stat(path)  # noqa: PTH116 - as many as fast as can be
        except OSError:
            continue
        count, size, newest = count + 1, size + found.st_size, max(newest, found.st_mtime_ns // 1000)
    return count, size, newest


def _held(place: str) -> Iterator[str]:
    """Yield a file, or the files of a folder or a glob, one after another."""
    if os.path.isdir(place):  # noqa: PTH112 - pathlib raises where it may not look
        for folder, folders, names in os.walk(place):
            folders[:] = [name for name in folders if not name.startswith(".")]
            yield from (os.path.join(folder, name) for name in names if not name.startswith("."))  # noqa: PTH118 - as above
    elif glob.has_magic(place) and not os.path.lexists(place):
        yield from glob.iglob(place, recursive=True)  # noqa: PTH207 - pathlib takes no absolute pattern
    else:
        yield place
