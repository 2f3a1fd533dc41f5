"""The catalogue's downloads: fetched when asked for, kept only where they are what the catalogue says."""

import hashlib
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import BinaryIO

from filelock import FileLock, Timeout

from rnnplay import files, places
from rnnplay.errors import UserError, did_you_mean, storage_error
from rnnplay.text import shipped
from rnnplay.text.fetched import fetching
from rnnplay.text.fetched.fetching import Arrived
from rnnplay.text.keeping import discarded, part, settle
from rnnplay.text.shipped import Download

COPIED = 1 << 20  # bytes at a time


def known() -> dict[str, Download]:
    """Return the catalogue's downloads by name."""
    return {entry.name: entry.download for entry in shipped.table() if entry.download is not None}


def file_of(name: str) -> Path:
    """Return the file that a download is kept in."""
    return places.downloads_folder() / f"{name}.txt"


def fetch(name: str) -> Generator[Arrived, None, bool]:
    """Fetch a text of the catalogue, telling how far it is; where it is there already, nothing is loaded.

    Closing the generator cancels it, and nothing of it is left. A file of that name that isn't the text goes to the
    trash when the text is there.

    Returns:
        Whether anything was loaded.

    Raises:
        UserError: There is no such download, it can't be had, isn't what the catalogue says, or can't be kept.
    """
    wanted = _wanted(name)
    with _sentences():
        lock = _lock(name)
        try:
            yield from _alone(lock)
            if _is_there(name, wanted):
                yield Arrived(wanted.text_bytes, wanted.text_bytes, "already there")
                return False
            with part(places.downloads_folder()) as file:
                digest = yield from fetching.loaded(wanted.url, file, wanted.bytes, wanted.bytes)
                if digest != wanted.sha256:
                    raise UserError(
                        f"What '{wanted.url}' sent is not '{name}': its SHA-256 is {digest}, "
                        f"and should be {wanted.sha256}. It was deleted."
                    )
                yield from _kept(file, name, wanted)
                return True
        finally:
            lock.release()


def adopt(name: str, place: str) -> None:
    """Take a local copy of a download, of the text itself or of its archive; the copy stays where it is.

    Raises:
        UserError: There is no such file, it isn't what the catalogue says, or can't be kept.
    """
    wanted = _wanted(name)
    source = places.expanded(place)
    if not source.is_file():
        raise UserError(f"'{place}' is not a file.")
    with _sentences(), part(places.downloads_folder()) as file:
        with source.open("rb") as content, file.open("wb") as copy:
            digest = _copied(content, copy, max(wanted.bytes, wanted.text_bytes))
        if digest == wanted.text_sha256:
            settle(file, file_of(name))
        elif digest == wanted.sha256:
            for _ in _kept(file, name, wanted):
                pass
        else:
            raise UserError(
                f"'{place}' is not '{name}': its SHA-256 is {digest}, and should be "
                f"{' or '.join(dict.fromkeys((wanted.text_sha256, wanted.sha256)))}."
            )


def checked(name: str) -> Path:
    """Return the file of a text that was fetched, when it is still what it was.

    Raises:
        UserError: It isn't there, or has changed.
    """
    wanted = _wanted(name)
    again = f"'rnnplay corpora fetch {name}' fetches it"
    with _sentences():
        if not file_of(name).is_file():
            raise UserError(f"The text '{name}' isn't on this machine yet: {again} ({megabytes(wanted.bytes)}).")
        if not _is_there(name, wanted):
            raise UserError(f"The text '{name}' has changed since it was fetched: {again} anew.")
    return file_of(name)


def lacks(name: str) -> str:
    """Return why a download can't be read, in a few words, by a look at its file's size; empty where it can."""
    wanted = _wanted(name)
    if not os.path.isfile(file_of(name)):  # noqa: PTH113 - pathlib raises where it may not look
        return f"not fetched yet: {megabytes(wanted.bytes)}"
    return "" if files.size(file_of(name)) == wanted.text_bytes else "changed since it was fetched"


def remove(name: str) -> None:
    """Move a text that was fetched to the trash.

    Raises:
        UserError: It isn't there, or can't be moved.
    """
    _wanted(name)
    with _sentences():
        if not file_of(name).exists():
            raise UserError(f"The text '{name}' isn't on this machine: there is nothing to remove.")
        discarded(file_of(name))


def megabytes(count: int) -> str:
    """Return a number of bytes for a person."""
    return f"{count / 1e6:,.1f} MB" if count >= 100_000 else f"{count / 1e3:,.1f} kB"


def _wanted(name: str) -> Download:
    downloads = known()
    if name in downloads:
        return downloads[name]
    if any(entry.name == name for entry in shipped.table()):
        raise UserError(f"The text '{name}' needs no fetching: 'rnnplay train {name}' learns from it.")
    raise UserError(
        f"The catalogue has no download '{name}'.{did_you_mean(name, downloads)} "
        f"It has {', '.join(downloads)}; an address of your own: 'rnnplay corpora add https://…'."
    )


def _is_there(name: str, wanted: Download) -> bool:
    """Tell whether the kept file is the catalogue's text, by its hash."""
    path = file_of(name)
    if files.size(path) != wanted.text_bytes or not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == wanted.text_sha256


def _lock(name: str) -> FileLock:
    """Return the lock of whoever fetches a text."""
    places.downloads_folder().mkdir(parents=True, exist_ok=True)
    return FileLock(places.downloads_folder() / f".{name}.lock", timeout=0, thread_local=False)


def _alone(lock: FileLock) -> Iterator[Arrived]:
    """Wait until no other rnnplay fetches the same, and take the lock."""
    while True:
        try:
            lock.acquire()
        except Timeout:
            yield Arrived(0, None, "waiting for another rnnplay that fetches it")
            sleep(fetching.GLANCES)
        else:
            return


def _kept(file: Path, name: str, wanted: Download) -> Generator[Arrived, None, None]:
    """Put what came, which is what the catalogue says, in its place, unpacked."""
    if wanted.member is None:
        settle(file, file_of(name))
        return
    from rnnplay.text.fetched.unpacking import unpacked  # late: a list of names needs no zip

    with part(file.parent) as text:
        digest = yield from unpacked(file, wanted.member, wanted.unpacked_bytes, text)
        if digest != wanted.unpacked_sha256:
            raise UserError(
                f"What the archive of '{name}' holds is something else: its SHA-256 is {digest}, "
                f"and should be {wanted.unpacked_sha256}. It was deleted."
            )
        settle(text, file_of(name))


def _copied(source: BinaryIO, target: BinaryIO, at_most: int) -> str:
    """Copy a file, and return its SHA-256; what is longer than it may be isn't copied to its end."""
    digest, done = hashlib.sha256(), 0
    while piece := source.read(COPIED):
        digest.update(piece)
        done += len(piece)
        if done <= at_most:
            target.write(piece)
    return digest.hexdigest()


@contextmanager
def _sentences() -> Iterator[None]:
    """Tell in a sentence what can't be read or written."""
    try:
        yield
    except OSError as error:
        raise storage_error(Path(error.filename or places.downloads_folder()), error) from error
