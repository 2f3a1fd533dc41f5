"""Writing files so that no reader ever sees half of one."""

import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import msgspec

NO_JSON = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)  # what reading JSON from elsewhere may raise

# Windows refuses to replace a file while another process has it open; readers close theirs within milliseconds.
REPLACE_ATTEMPTS = 20
REPLACE_PAUSE = 0.05


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under a temporary name in its own folder, flush it to the disk, and rename it into place.

    Raises:
        OSError: The content couldn't be written; a file that stood there before is untouched.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
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
        with path.open("rb") as file:
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
