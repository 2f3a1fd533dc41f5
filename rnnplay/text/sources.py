"""Texts of the user's own: a file, a folder, a glob, standard input or a string."""

import glob
import hashlib
import os
import stat
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

import msgspec

from rnnplay import places
from rnnplay.errors import UserError, storage_error
from rnnplay.text import encoding
from rnnplay.text.corpus import Corpus, likely_shape
from rnnplay.text.encoding import Encoded
from rnnplay.text.fetched.fetching import is_address
from rnnplay.text.reading import DROPPED, PIECE_BYTES, ReadingReport, decoded, refuse_what_is_no_text
from rnnplay.text.records import Provenance, Shape, from_json, to_json

if TYPE_CHECKING:
    from io import BufferedReader

SHAPE_SAMPLE = 1 << 16  # characters that the shape is told from
LOOKED_AT_MOST = 20_000  # files that a look at a folder counts
LOOKED_LONGEST = 2.0  # seconds that it takes


class NoSuchTextError(UserError):
    """There is nothing at the place that was named."""


class Look(NamedTuple):
    """What a place is and how much it holds.

    Attributes:
        provenance: What it is, by kind, name and location; nothing was read for it.
        files, size: How many files it holds, and their bytes.
        whole: Whether that is all: a look ends after `LOOKED_AT_MOST` files or `LOOKED_LONGEST`.
    """

    provenance: Provenance
    files: int
    size: int
    whole: bool


def is_pattern(place: str) -> bool:
    """Tell whether a place is a glob: it has a wildcard, and no file has that very name."""
    return glob.has_magic(place) and not os.path.lexists(place)


def from_place(place: str, *, extensions: Sequence[str] = (), shape: Shape | None = None) -> Corpus:
    """Read a file, a folder or a glob.

    Args:
        place: A path or pattern; a leading `~` is the user's home.
        extensions: Take only files that end so (".py"), for a folder or a glob.
        shape: How the lines hang together; told from the text where it is None.

    Raises:
        UserError: There is no such text, it can't be read, or it isn't text.
    """
    provenance, found = _located(place, extensions)
    lenient = provenance.kind != "file"
    paths = _chosen(found, place, provenance.extensions) if lenient else list(found)
    encoded = _read(paths, lenient=lenient)
    if not len(encoded.ids):
        raise UserError(f"'{place}' is empty: there is no text to learn from.")
    return corpus_of(encoded, msgspec.structs.replace(provenance, sha256=encoded.sha256), shape)


def looked_at(place: str, extensions: Sequence[str] = ()) -> Look:
    """Tell what a place is, after a look at it that is short even where it holds much.

    Raises:
        UserError: There is no such text, or none of its files can be read or is text.
    """
    provenance, found = _located(place, extensions)
    lenient = provenance.kind != "file"
    refused: UserError | None = UserError(_no_file(place, provenance.extensions))
    files, size, deadline = 0, 0, time.monotonic() + LOOKED_LONGEST
    for path in _files(found, provenance.extensions) if lenient else found:
        if files == LOOKED_AT_MOST or (files and time.monotonic() > deadline):
            return Look(provenance, files, size, whole=False)
        files += 1
        size += (own := _size(path))
        if refused is not None and (own or not lenient):
            refused = _refused(path)
    if refused is None and not size:
        refused = UserError(f"'{place}' is empty: there is no text to learn from.")
    if refused is not None:
        raise refused
    return Look(provenance, files, size, whole=True)


def _refused(path: Path) -> UserError | None:
    """Look at a file's beginning, and return why it can't be used, if so."""
    try:
        _is_text(path, ReadingReport(), lenient=False)
    except UserError as error:
        return error
    except OSError as error:
        return storage_error(path, error)
    return None


def _size(path: Path) -> int:
    """Return a file's size in bytes, and 0 where that can't be known."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _located(place: str, extensions: Sequence[str]) -> tuple[Provenance, Iterable[Path]]:
    """Return what a place is, by kind, name and location, and what it holds: files and other things, in any order.

    Raises:
        UserError: It can't be a place.
    """
    if "\0" in place or not _can_be_named(place):
        raise UserError(f"'{place}' is no name of a file.")
    if is_address(place) and not os.path.lexists(place):
        raise UserError(f"'{place}' is an address: 'rnnplay corpora add {place}' fetches it and gives it a name.")
    path = places.expanded(place)
    found: Iterable[Path]
    if is_pattern(str(path)):
        kind = "glob"
        found = map(Path, glob.iglob(str(path), recursive=True))  # noqa: PTH207 - pathlib takes no absolute pattern
    elif os.path.isdir(path):  # noqa: PTH112 - pathlib raises for a name that is too long
        kind, found = "folder", _below(path)
    else:
        kind, found = "file", [path]
    name = path.stem if kind == "file" else path.resolve().name or place
    location = str(Path(glob.escape(str(Path.cwd()))) / path) if kind == "glob" else str(Path.cwd() / path)
    wanted = tuple(ending if ending.startswith(".") else f".{ending}" for ending in extensions)
    return Provenance(kind, to_json(name), to_json(location), extensions=wanted), found


def from_stdin(*, shape: Shape | None = None, stream: BinaryIO | None = None) -> Corpus:
    """Read standard input to its end; an encoded copy stays in the cache, so that a training can be resumed.

    Raises:
        UserError: Nothing came, or it isn't text.
    """
    stream = stream or (sys.stdin.buffer if sys.stdin is not None else None)
    if stream is None or stream.isatty():
        raise UserError("'-' reads standard input, but nothing is piped in: try 'rnnplay train - < FILE'.")
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "stdin")
            with path.open("wb") as raw:
                while chunk := stream.read(PIECE_BYTES):
                    raw.write(chunk)
            key = _cache_key([path.open("rb")])
            report = ReadingReport()
            encoded = encoding.encode(_parts([("standard input", path.open("rb"))], report), report, key)
    except OSError as error:
        raise storage_error(Path(tempfile.gettempdir()), error) from error
    if not len(encoded.ids):
        raise UserError("Standard input is empty: there is no text to learn from.")
    return corpus_of(encoded, Provenance("stdin", "stdin", sha256=encoded.sha256, cache_key=key), shape)


def from_text(text: str, name: str = "text", *, kind: str = "text", shape: Shape | None = None) -> Corpus:
    """Make a corpus of a string, cleaned as a file would be.

    Raises:
        UserError: The text is empty.
    """
    key = None
    if kind == "text":  # nobody else has it: a copy stays in the cache, so that a training can be resumed
        key = hashlib.sha256(b"rnnplay text" + text.encode("utf-8", "surrogatepass")).hexdigest()[:40]
    encoded = encoding.encode([text.replace("\r\n", "\n").replace("\r", "\n")], ReadingReport(), key)
    if not len(encoded.ids):
        raise UserError(f"'{name}' is empty: there is no text to learn from.")
    return corpus_of(encoded, Provenance(kind, name, sha256=encoded.sha256, cache_key=key), shape)


def corpus_of(encoded: Encoded, provenance: Provenance, shape: Shape | None) -> Corpus:
    """Put an encoded text and what is known of it together, telling its shape where it isn't given."""
    alphabet, counts = encoded.alphabet, encoded.counts
    corpus = Corpus(provenance.name, encoded.ids, alphabet, counts, provenance, notes=encoded.notes)
    if (shape or likely_shape(corpus.text(0, SHAPE_SAMPLE))) == "stream":
        return corpus
    notes = encoded.notes
    if shape is None:
        notes += (f"The {corpus.line_count:,} lines were taken as independent and are shuffled; else: --shape stream.",)
    return Corpus(provenance.name, encoded.ids, alphabet, counts, provenance, "lines", notes)


def _below(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(place, name) for name in names if not name.startswith("."))


def _files(found: Iterable[Path], extensions: tuple[str, ...]) -> Iterator[Path]:
    """Yield the regular files that end as they should."""
    wanted = (path for path in found if not extensions or path.name.endswith(extensions))
    return (path for path in wanted if os.path.isfile(path))  # noqa: PTH113 - pathlib raises where it may not look


def _chosen(found: Iterable[Path], place: str, extensions: tuple[str, ...]) -> list[Path]:
    """Return the regular files among those found, in a fixed order.

    Raises:
        UserError: There are none.
    """
    paths = sorted(set(_files(found, extensions)))
    if not paths:
        raise UserError(_no_file(place, extensions))
    return paths


def _no_file(place: str, extensions: tuple[str, ...]) -> str:
    ending = f" that ends in {' or '.join(extensions)}" if extensions else ""
    return f"'{place}' holds no file{ending}."


def _can_be_named(place: str) -> bool:
    try:
        os.fsencode(place)
    except UnicodeEncodeError:
        return False
    return True


def _opened(path: Path) -> BinaryIO:
    """Open a regular file.

    Raises:
        UserError: It is something else, or can't be opened.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISFIFO(mode):
            raise UserError(f"'{path}' is a pipe: send it to standard input, 'rnnplay train - < {path}'.")
        if not stat.S_ISREG(mode):
            raise UserError(f"'{path}' is a device, not a file with text.")
        return path.open("rb")
    except FileNotFoundError:
        raise NoSuchTextError(f"'{path}' is not a file, a folder or a known corpus.") from None
    except OSError as error:
        raise storage_error(path, error) from error


def _read(paths: Sequence[Path], *, lenient: bool) -> Encoded:
    """Read files one after another; a large text through the cache, whose key is the hash of the files' bytes.

    Raises:
        UserError: A file can't be read, or, unless `lenient`, isn't text.
    """
    report = ReadingReport()
    try:
        texts = [path for path in paths if _is_text(path, report, lenient=lenient)]
        key = None
        if sum(path.stat().st_size for path in texts) >= encoding.MAPPED_FROM:
            key = _cache_key(_opened(path) for path in texts)
            known = encoding.cached(key)
            if known is not None:
                return known
        return encoding.encode(_parts(((str(path), _opened(path)) for path in texts), report), report, key)
    except OSError as error:
        raise storage_error(Path(error.filename or paths[0]), error) from error


def _is_text(path: Path, report: ReadingReport, *, lenient: bool) -> bool:
    """Look at a file's beginning; with `lenient`, note one that isn't text instead of refusing it."""
    try:
        with _opened(path) as file:
            try:
                refuse_what_is_no_text(file)
            except UserError as error:
                raise UserError(f"'{path}' can't be used: {error}") from error
    except UserError:
        if not lenient:
            raise
        report.skipped.append(str(path))
        return False
    return True


def _cache_key(opened: Iterable[BinaryIO]) -> str:
    """Return a name for the bytes of files, which it closes."""
    digest = hashlib.sha256(f"rnnplay {encoding.CACHE_FORMAT}".encode())
    for file in opened:
        with file:
            digest.update(hashlib.file_digest(cast("BufferedReader", file), "sha256").digest())
    return digest.hexdigest()[:40]


def _parts(opened: Iterable[tuple[str, BinaryIO]], report: ReadingReport) -> Iterator[str]:
    """Decode files in turn, a newline between two.

    Raises:
        UserError: A file isn't text.
    """
    last = "\n"
    for name, file in opened:
        separator = "" if last == "\n" else "\n"
        with file:
            try:
                for part in filter(None, decoded(_chunks(file), report)):
                    yield separator + part
                    separator, last = "", (part.rstrip(DROPPED) or last)[-1]
            except UserError as error:
                raise UserError(f"'{name}' can't be used: {error}") from error


def recorded_place(provenance: Provenance) -> str:
    """Return the path or pattern that a text was read from."""
    return from_json(provenance.location or "")


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(PIECE_BYTES):
        yield chunk
