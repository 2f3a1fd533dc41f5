"""The user's own texts by name: files, folders and globs where they are, texts that are kept, and generated ones."""

import hashlib
import re
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import cast
from urllib.parse import unquote, urlsplit

import msgspec

from rnnplay import files, places
from rnnplay.errors import UserError, did_you_mean, storage_error
from rnnplay.text import generated, shipped
from rnnplay.text.fetched import downloads, fetching
from rnnplay.text.fetched.fetching import Arrived
from rnnplay.text.keeping import discarded, part, settle
from rnnplay.text.own import listing
from rnnplay.text.own.listing import Kind, Mine
from rnnplay.text.own.naming import NAME_LENGTH, free_name, refuse_name, safe_name
from rnnplay.text.own.stamps import Stamp, stamp
from rnnplay.text.records import Shape, from_json

__all__ = [
    "NAME_LENGTH",
    "Mine",
    "add",
    "all_mine",
    "change_noted",
    "forget",
    "from_address",
    "is_page",
    "paste",
    "pasted_file",
    "place_of",
    "safe_name",
    "stamp_of",
    "touched",
]

NAME_WORDS = 4  # of a pasted text, that make its name
PIECE = 1 << 16  # characters that are cleaned in one go: other threads come to their turn between two
HASHED_AT_MOST = 1 << 26  # bytes of a text that is read for its hash when it is added
FETCHED_AT_MOST = 200_000_000  # bytes of a text from an address of the user's own
HASH = re.compile(r"[0-9a-f]{64}")


def all_mine() -> dict[str, Mine]:
    """Return the user's own texts by name, in the order in which they were added.

    Raises:
        UserError: The list can't be read. One that is damaged is put aside under another name.
    """
    return listing.read()


def place_of(name: str, location: str | None) -> str:
    """Return the path or pattern to read a text from, by its name and its location."""
    return str(pasted_file(name)) if location is None else from_json(location)


def pasted_file(name: str) -> Path:
    """Return the file that keeps a text that was pasted or fetched."""
    return places.texts_folder() / f"{name}.txt"


def add(place: str, extensions: Sequence[str] = (), shape: Shape | None = None, name: str | None = None) -> str:
    """Give a file, a folder, a glob or a generated text a name, and return the name.

    A file that is given the name of one of the catalogue's downloads is copied as that, if it is that.

    Args:
        place: A path or pattern, or the spec of a generated text.
        extensions: Of a folder or glob, take only files that end so.
        shape: How its lines hang together; told from the text each time where it is None.
        name: The name; made from the place's own where it is None.

    Raises:
        UserError: It isn't text, the name can't be had, or the list can't be written.
    """
    if not place.strip():
        raise UserError("Name a file, a folder or a pattern; '.' is this folder.")
    if name is not None and name.strip() in downloads.known():
        downloads.adopt(name.strip(), place)
        return name.strip()
    if generated.is_spec(place):
        setting = generated.parsed(place)
        return _added(Mine("generated", setting.spec, (), shape, time.time()), name, setting.spec)
    from rnnplay.text import sources  # with numpy, which a list of names needs not

    try:
        look = sources.looked_at(place, extensions)
    except sources.NoSuchTextError as error:
        if place.casefold() not in _taken(listing.read()):
            raise
        raise UserError(f"'{place}' is a text's name already: 'rnnplay train {place}' learns from it.") from error
    found = look.provenance
    seen = stamp(from_json(found.location or ""), found.extensions)
    sha256 = _sha256_of(place, extensions) if look.whole and look.size <= HASHED_AT_MOST else ""
    entry = Mine(cast("Kind", found.kind), found.location, found.extensions, shape, time.time(), sha256, seen)
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
    entry = Mine("pasted", added=time.time(), sha256=hashlib.sha256(clean.encode()).hexdigest())
    return _added(entry, name, "-".join(words).lower(), keep)


def from_address(
    url: str, sha256: str | None = None, shape: Shape | None = None, name: str | None = None
) -> Generator[Arrived, None, str]:
    """Fetch a text, keep it as it came under a name, and return the name, telling how far it is.

    Closing the generator cancels it, and nothing of it is left.

    Args:
        url: Its address.
        sha256: What the SHA-256 of its bytes must be, in hex; any will do where it is None.
        shape: How its lines hang together; told from the text each time where it is None.
        name: The name; made from the address where it is None. The same address again keeps its name, and what was
            kept goes to the trash.

    Raises:
        UserError: It can't be had, is too long, isn't text or isn't what it should be, the name can't be had, or it
            can't be kept.
    """
    wanted = None if sha256 is None else sha256.strip().lower()
    if wanted is not None and not HASH.fullmatch(wanted):
        raise UserError(f"'{sha256}' is no SHA-256: that has 64 digits, 0 to 9 and a to f.")
    if name is not None and name.strip():
        refuse_name(name.strip(), _taken(all_mine()))
    try:
        with part(places.texts_folder()) as file:
            digest = yield from fetching.loaded(url, file, FETCHED_AT_MOST)
            if wanted not in {None, digest}:
                raise UserError(
                    f"What '{url}' sent is something else: its SHA-256 is {digest}, and should be {wanted}. "
                    "It was deleted."
                )
            _refuse_no_text(file, url)
            entry = Mine("url", None, (), shape, time.time(), _sha256_of(str(file)), None, url, digest)
            stem = PurePosixPath(unquote(urlsplit(url).path)).stem or urlsplit(url).hostname or "text"
            return _added(entry, name, stem, lambda name: settle(file, pasted_file(name)))
    except OSError as error:
        raise storage_error(Path(error.filename or places.texts_folder()), error) from error


def is_page(name: str) -> bool:
    """Tell whether what was fetched under a name is a web page, with all its markup, where a text was wanted."""
    try:
        with pasted_file(name).open("rb") as file:
            beginning = file.read(1000).lower()
    except OSError:
        return False
    return b"<!doctype html" in beginning or b"<html" in beginning


def forget(name: str) -> None:
    """Take a text off the list. One that is kept goes to the trash; a file, folder or glob stays as it is.

    Raises:
        UserError: There is none of that name, or there is no writing.
    """
    with listing.writing():
        corpora = listing.read()
        if name not in corpora:
            raise UserError(f"There is no text '{name}' of your own.{did_you_mean(name, corpora)}")
        gone = corpora.pop(name)
        listing.write(corpora)
        if gone.location is None:
            discarded(pasted_file(name))


def stamp_of(name: str, own: Mine) -> Stamp | None:
    """Return what changes when a text's files are written to; None where it has none."""
    return None if own.kind == "generated" else stamp(place_of(name, own.location), own.extensions)


def touched(name: str, own: Mine) -> bool:
    """Tell whether a text's files were written to since it was added, or some came or went, by a quick look."""
    return own.stamp is not None and stamp_of(name, own) != own.stamp


def change_noted(name: str, own: Mine, sha256: str) -> tuple[str, ...]:
    """Return a note where a text that was read isn't what was added.

    Args:
        name: Its name.
        own: What is known of it.
        sha256: Of the clean text that was read.
    """
    changed = sha256 != own.sha256 if own.sha256 else touched(name, own)
    day = time.strftime("%Y-%m-%d", time.localtime(own.added))
    return (f"'{name}' has changed since it was added on {day}.",) if changed else ()


def _added(entry: Mine, name: str | None, wanted: str, keep: Callable[[str], None] | None = None) -> str:
    """List a text under its name, or under one made from `wanted`; `keep` is called with the name before."""
    with listing.writing():
        corpora = listing.read()
        taken = _taken(corpora)
        if name is None or not name.strip():
            same = (known for known, other in corpora.items() if _same_text(entry, other))
            name = next(same, None) or free_name(safe_name(wanted) or "text", taken)
        else:
            name = name.strip()
            refuse_name(name, taken)
        if keep is not None:
            keep(name)
            entry = msgspec.structs.replace(entry, stamp=stamp_of(name, entry))
        listing.write({**corpora, name: entry})
        return name


def _taken(corpora: dict[str, Mine]) -> set[str]:
    """Return all names that a text has, casefolded."""
    return {name.casefold() for name in (*corpora, *(entry.name for entry in shipped.table()), *generated.NAMES)}


def _same_text(one: Mine, other: Mine) -> bool:
    """Tell whether an addition names a text that is on the list."""
    if one.url is not None:
        return one.url == other.url
    return one.location is not None and (one.location, one.extensions) == (other.location, other.extensions)


def _sha256_of(place: str, extensions: Sequence[str] = ()) -> str:
    """Return the hash of a clean text; empty where it can't be read whole."""
    from rnnplay.text import sources

    with suppress(UserError):
        return sources.from_place(place, extensions=extensions).provenance.sha256
    return ""


def _refuse_no_text(file: Path, url: str) -> None:
    """Refuse what was fetched where it isn't text."""
    from rnnplay.text.reading import refuse_what_is_no_text

    if not files.size(file):
        raise UserError(f"'{url}' is empty: there is no text to learn from.")
    try:
        with file.open("rb") as content:
            refuse_what_is_no_text(content)
    except UserError as error:
        raise UserError(f"'{url}' can't be used: {error}") from error


def _cleaned(text: str) -> str:
    """Return a text without what no text needs, in NFC, with newlines made LF."""
    from rnnplay.text.reading import Cleaner, ReadingReport

    cleaner, text = Cleaner(ReadingReport()), text.replace("\r\n", "\n").replace("\r", "\n")
    pieces = [cleaner.clean(text[start : start + PIECE]) for start in range(0, len(text), PIECE)]
    pieces.append(cleaner.clean("", final=True))
    return "".join(piece.astype("<u4").tobytes().decode("utf-32-le") for piece in pieces)
