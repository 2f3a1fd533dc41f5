"""The user's own texts by name: files, folders and globs that stay where they are, and pasted texts, kept as files."""

import re
import shutil
import time
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal, cast

import msgspec
from filelock import FileLock, Timeout

from rnnplay import files, places
from rnnplay.errors import UserError, did_you_mean, storage_error
from rnnplay.text import shipped
from rnnplay.text.records import Shape, from_json

Kind = Literal["file", "folder", "glob", "pasted"]

FORMAT = 1
NAME_LENGTH = 40  # characters
NAME_WORDS = 4  # of a pasted text, that make its name
PIECE = 1 << 16  # characters that are cleaned in one go: other threads come to their turn between two
LOCK_PATIENCE = 5.0  # seconds


class Mine(msgspec.Struct, frozen=True):
    """A text of the user's own.

    Attributes:
        kind: "pasted" is kept in `<home>/texts/NAME.txt`.
        location: An absolute path or pattern, as in `Provenance`; None where it was pasted.
        extensions: Of a folder or glob, only files that end so.
        shape: How its lines hang together; None where that is told from the text each time.
        added: Seconds since 1970.
    """

    kind: Kind
    location: str | None = None
    extensions: tuple[str, ...] = ()
    shape: Shape | None = None
    added: float = 0.0


class _Format(msgspec.Struct, frozen=True):
    """What is read first of `corpora.json`."""

    format: int = FORMAT


class _Shelf(_Format, frozen=True):
    """What `corpora.json` holds."""

    corpora: dict[str, Mine] = {}


def shelf() -> Path:
    """Return the file that lists the user's own texts."""
    return places.home() / "corpora.json"


def all_mine() -> dict[str, Mine]:
    """Return the user's own texts by name, in the order in which they were added.

    Raises:
        UserError: The list can't be read. One that is damaged is put aside under another name.
    """
    return _read().corpora


def place_of(name: str, location: str | None) -> str:
    """Return the path or pattern to read a text from, by its name and its location."""
    return str(pasted_file(name)) if location is None else from_json(location)


def pasted_file(name: str) -> Path:
    """Return the file that keeps a pasted text."""
    return places.texts_folder() / f"{name}.txt"


def add(place: str, extensions: Sequence[str] = (), shape: Shape | None = None, name: str | None = None) -> str:
    """Give a file, a folder or a glob a name, and return the name.

    Args:
        place: A path or pattern.
        extensions: Of a folder or glob, take only files that end so.
        shape: How its lines hang together; told from the text each time where it is None.
        name: The name; made from the place's own where it is None.

    Raises:
        UserError: It isn't text, the name can't be had, or the list can't be written.
    """
    from rnnplay.text import sources  # with numpy, which a list of names needs not

    if not place.strip():
        raise UserError("Name a file, a folder or a pattern; '.' is this folder.")
    found = sources.looked_at(place, extensions).provenance
    entry = Mine(cast("Kind", found.kind), found.location, found.extensions, shape, time.time())
    named = re.split(r"[/\\][^/\\]*[*?\[]", found.location or "")[0] if found.kind == "glob" else found.name
    return _added(entry, name, Path(named).name if found.kind == "glob" else named)


def paste(text: str, name: str | None = None) -> str:
    """Keep a text under a name, cleaned as a file would be, and return the name.

    Args:
        text: The text.
        name: The name; made from the text's first words where it is None.

    Raises:
        UserError: There is no text, the name can't be had, or the text can't be kept.
    """
    clean = _cleaned(text)
    if not clean.strip():
        raise UserError("There is no text to keep: nothing was pasted but spaces.")

    def keep(name: str) -> None:
        pasted_file(name).parent.mkdir(parents=True, exist_ok=True)
        files.write_whole(pasted_file(name), clean.encode())

    words = re.findall(r"\w+", clean[: 20 * NAME_LENGTH])[:NAME_WORDS]
    return _added(Mine("pasted", added=time.time()), name, "-".join(words).lower(), keep)


def forget(name: str) -> None:
    """Take a text off the list. A pasted one goes to the trash; a file, folder or glob stays as it is.

    Raises:
        UserError: There is none of that name, or there is no writing.
    """
    with _writing():
        corpora = _read().corpora
        if name not in corpora:
            raise UserError(f"There is no text '{name}' of your own.{did_you_mean(name, corpora)}")
        gone = corpora.pop(name)
        _write(corpora)
        if gone.kind == "pasted":
            _to_trash(pasted_file(name))


def safe_name(name: str) -> str:
    """Return a name that can be typed as one word and be a file's, with what stands in the way made hyphens."""
    plain = unicodedata.normalize("NFC", name)
    words = "".join(character if character.isalnum() or character in "._-" else " " for character in plain).split()
    return "-".join(words)[:NAME_LENGTH].strip("-.")


def _added(entry: Mine, name: str | None, wanted: str, keep: Callable[[str], None] | None = None) -> str:
    """List a text under its name, or under one made from `wanted`; `keep` is called with the name before."""
    with _writing():
        corpora = _read().corpora
        taken = {known.casefold() for known in (*corpora, *(known.name for known in shipped.table()))}
        if name is None or not name.strip():
            same = (known for known, other in corpora.items() if _same_text(entry, other))
            name = next(same, None) or _free_name(safe_name(wanted) or "text", taken)
        else:
            name = name.strip()
            _refuse_name(name, taken)
        if keep is not None:
            keep(name)
        _write({**corpora, name: entry})
        return name


def _same_text(one: Mine, other: Mine) -> bool:
    """Tell whether an addition names a text that is on the list."""
    return one.location is not None and (one.location, one.extensions) == (other.location, other.extensions)


def _refuse_name(name: str, taken: Collection[str]) -> None:
    if name.casefold() in taken:
        raise UserError(f"There is a text '{name}' already; take another name.")
    if name != safe_name(name) or _is_device(name):
        better = _free_name(safe_name(name) or "text", taken)
        raise UserError(f"'{name}' is no name for a text, but '{better}' would be.")


def _free_name(stem: str, taken: Collection[str]) -> str:
    name, number = stem, 1
    while name.casefold() in taken or _is_device(name):
        number += 1
        name = f"{stem[: NAME_LENGTH - len(str(number)) - 1]}-{number}"
    return name


def _is_device(name: str) -> bool:
    """Tell a name that Windows keeps for a device, with whatever ending."""
    return re.fullmatch(r"(con|prn|aux|nul|(com|lpt)\d)(\..*)?", name.casefold()) is not None


def _cleaned(text: str) -> str:
    """Return a text without what no text needs, in NFC, with newlines made LF."""
    from rnnplay.text.reading import Cleaner, ReadingReport

    cleaner, text = Cleaner(ReadingReport()), text.replace("\r\n", "\n").replace("\r", "\n")
    pieces = [cleaner.clean(text[start : start + PIECE]) for start in range(0, len(text), PIECE)]
    pieces.append(cleaner.clean("", final=True))
    return "".join(piece.astype("<u4").tobytes().decode("utf-32-le") for piece in pieces)


@contextmanager
def _writing() -> Iterator[None]:
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


def _read() -> _Shelf:
    path = shelf()
    try:
        content = path.read_bytes()
        written = msgspec.json.decode(content, type=_Format).format
        if written != FORMAT:
            raise UserError(f"'{path}' has format {written}; this rnnplay reads format {FORMAT}.")
        return msgspec.json.decode(content, type=_Shelf)
    except FileNotFoundError:
        return _Shelf()
    except OSError as error:
        raise storage_error(path, error) from error
    except files.NO_JSON as error:
        raise UserError(f"'{path}' is damaged ({error}): {_put_aside(path)}.") from error


def _put_aside(path: Path) -> str:
    """Keep a damaged list under another name, so that a new one can be begun, and tell what became of it."""
    aside = _unused(path.with_name(f"{path.stem}-damaged-{time.strftime('%Y%m%d-%H%M%S')}{path.suffix}"))
    try:
        files.replace(path, aside)
    except OSError:
        return "mend it or move it away"
    return f"it is kept as '{aside.name}', and a new list is begun"


def _write(corpora: dict[str, Mine]) -> None:
    content = msgspec.json.encode(_Shelf(corpora=corpora))
    files.write_whole(shelf(), msgspec.json.format(content, indent=2) + b"\n")


def _to_trash(path: Path) -> None:
    target = _unused(places.trash_folder() / f"{path.stem}-{time.strftime('%Y%m%d-%H%M%S')}{path.suffix}")
    target.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        shutil.move(path, target)


def _unused(path: Path) -> Path:
    """Return a path beside this one that nothing has."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free
