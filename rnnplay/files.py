"""Writing files so that no reader ever sees half of one, and reading files that others may have damaged."""

import errno
import os
import stat
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from io import BufferedReader
from pathlib import Path

import msgspec

NO_JSON = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)  # what reading JSON from elsewhere may raise

# Windows refuses to replace a file while another process has it open; readers close theirs within milliseconds.
REPLACE_ATTEMPTS = 20
REPLACE_PAUSE = 0.05

SMALL = 1 << 20  # bytes of a file that describes something, at most


def open_plain(path: Path) -> BufferedReader:
    """Open a plain file for reading; a pipe, which would block its reader, or a device, which has no end, is refused.

    Raises:
        OSError: It can't be opened, or is no plain file.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        handle = os.open(path, flags)
    except ValueError as error:
        raise OSError(errno.EINVAL, "its name has a NUL") from error
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    raise OSError(errno.EINVAL, "it is no plain file")


def read_small(path: Path, at_most: int = SMALL) -> bytes:
    """Return a whole file that has no more than so many bytes.

    Raises:
        OSError: It can't be read, is no plain file, or has more.
    """
    with open_plain(path) as file:
        content = file.read(at_most + 1)
    if len(content) > at_most:
        raise OSError(errno.EINVAL, f"it has more than {at_most:,} bytes")
    return content


def write_whole(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Write a file under a temporary name in its own folder, flush it to the disk, and rename it into place.

    Args:
        path: The file.
        content: All of it, or its pieces in order.

    Raises:
        OSError: The content couldn't be written; a file that stood there before is untouched.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines((content,) if isinstance(content, bytes) else content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def size(path: Path) -> int:
    """Return how many bytes a file has, 0 where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def end(path: Path, length: int) -> bytes:
    """Return the last bytes of a file, none where it can't be read."""
    try:
        with open_plain(path) as file:
            file.seek(max(file.seek(0, os.SEEK_END) - length, 0))
            return file.read(length)
    except OSError:
        return b""


def replace(source: Path, target: Path) -> None:
    """Rename a file over another, trying again for a second where the platform refuses while it is being read."""
    for attempt in range(REPLACE_ATTEMPTS):
        try:
            source.replace(target)
        except PermissionError:
            if attempt == REPLACE_ATTEMPTS - 1:
                raise
            time.sleep(REPLACE_PAUSE)
        else:
            return
