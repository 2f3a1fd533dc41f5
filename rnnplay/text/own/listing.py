"""The list of the user's own texts, `<home>/corpora.json`: read whole, written whole, by one process at a time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec
from filelock import FileLock, Timeout

from rnnplay import files, places
from rnnplay.errors import UserError, storage_error
from rnnplay.text.keeping import unused
from rnnplay.text.own.stamps import Stamp
from rnnplay.text.records import Shape

Kind = Literal["file", "folder", "glob", "pasted", "url", "generated"]

FORMAT = 2
READ = range(1, FORMAT + 1)  # formats; the first has no "url" and no "generated"
LOCK_PATIENCE = 5.0  # seconds
LIST_AT_MOST = 1 << 26  # bytes


class Mine(msgspec.Struct, frozen=True):
    """A text of the user's own.

    Attributes:
        kind: "pasted" and "url" are kept in `<home>/texts/NAME.txt`, the second as it came.
        location: An absolute path or pattern, as in `Provenance`; of a generated text its spec; else None.
        extensions: Of a folder or glob, only files that end so.
        shape: How its lines hang together; None where that is told from the text each time.
        added: Seconds since 1970.
        sha256: Of the clean text's UTF-8 when it was added; empty where it was too large to be read for that.
        stamp: What its files were then; None where there are none, or nobody looked.
        url: Where it was fetched.
        fetched_sha256: Of the bytes that came from there.
    """

    kind: Kind
    location: str | None = None
    extensions: tuple[str, ...] = ()
    shape: Shape | None = None
    added: float = 0.0
    sha256: str = ""
    stamp: Stamp | None = None
    url: str | None = None
    fetched_sha256: str = ""


class _Format(msgspec.Struct, frozen=True):
    """What is read first of `corpora.json`."""

    format: int = FORMAT


class _List(_Format, frozen=True):
    """What `corpora.json` holds."""

    corpora: dict[str, Mine] = {}


def path() -> Path:
    """Return the file that holds the list."""
    return places.home() / "corpora.json"


def read() -> dict[str, Mine]:
    """Return the list.

    Raises:
        UserError: It can't be read. One that is damaged is put aside under another name.
    """
    try:
        content = files.read_small(path(), LIST_AT_MOST)
        written = msgspec.json.decode(content, type=_Format).format
        if written not in READ:
            raise UserError(f"'{path()}' has format {written}; this rnnplay reads format {FORMAT}.")
        return msgspec.json.decode(content, type=_List).corpora
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise storage_error(path(), error) from error
    except files.NO_JSON as error:
        raise UserError(f"'{path()}' is damaged ({error}): {_put_aside(path())}.") from error


def write(corpora: dict[str, Mine]) -> None:
    """Write the list; only within `writing`.

    Raises:
        OSError: It can't be written.
    """
    content = msgspec.json.encode(_List(corpora=corpora))
    files.write_whole(path(), msgspec.json.format(content, indent=2) + b"\n")


@contextmanager
def writing() -> Iterator[None]:
    """Hold the right to change the list, and tell in a sentence what can't be written.

    Raises:
        UserError: Another process has it, or there is no writing.
    """
    home = places.home()
    try:
        home.mkdir(parents=True, exist_ok=True)
        with FileLock(home / "corpora.lock", timeout=LOCK_PATIENCE):
            yield
    except Timeout:
        raise UserError("Another rnnplay is changing your list of texts; try again in a moment.") from None
    except OSError as error:
        raise storage_error(Path(error.filename or home), error) from error


def _put_aside(damaged: Path) -> str:
    """Keep a damaged list under another name, so that a new one can be begun, and tell what became of it."""
    aside = unused(damaged.with_name(f"{damaged.stem}-damaged-{time.strftime('%Y%m%d-%H%M%S')}{damaged.suffix}"))
    try:
        files.replace(damaged, aside)
    except OSError:
        return "mend it or move it away"
    return f"it is kept as '{aside.name}', and a new list is begun"
