"""Every text that has a name, and the one way from what a user typed to a corpus."""

import tomllib
from collections.abc import Sequence
from functools import cache

import msgspec

from rnnplay import places
from rnnplay.errors import UserError, did_you_mean
from rnnplay.text import encoding, local, sources
from rnnplay.text.corpus import Corpus
from rnnplay.text.records import Provenance, Shape

DEFAULT = "play"


class Entry(msgspec.Struct, frozen=True):
    """A text of the catalogue."""

    name: str
    kind: str  # "shipped": NAME.txt beside the catalogue; "local": on this machine
    about: str
    good_for: str
    shape: Shape = "stream"


@cache
def entries() -> tuple[Entry, ...]:
    """Return the catalogue."""
    table = tomllib.loads((places.shipped("corpora") / "catalogue.toml").read_text(encoding="utf-8"))
    return tuple(msgspec.convert({"name": name, **fields}, Entry) for name, fields in table.items())


def load(spec: str = DEFAULT, *, extensions: Sequence[str] = (), shape: Shape | None = None) -> Corpus:
    """Read the text that a catalogue name, a file, a folder, a glob or "-" stands for.

    A name of the catalogue wins over a file of that name in the working folder; `./play` is the file.

    Raises:
        UserError: There is no such text, or it can't be used.
    """
    if not spec:
        raise UserError("The text's name is empty; '.' is this folder.")
    if spec == "-":
        return sources.from_stdin(shape=shape)
    known = {entry.name: entry for entry in entries()}
    if spec in known:
        return _from_entry(known[spec], shape)
    try:
        return sources.from_place(spec, extensions=extensions, shape=shape)
    except sources.NoSuchTextError as error:
        message = f"{error}{did_you_mean(spec, known)} 'rnnplay corpora list' shows all that have a name."
        raise UserError(message) from error


def reload(provenance: Provenance, shape: Shape) -> Corpus:
    """Read again the text that a run learned from.

    Raises:
        UserError: It is gone, or it isn't the same any more.
    """
    if provenance.kind in {"stdin", "text"}:
        encoded = encoding.cached(provenance.cache_key) if provenance.cache_key else None
        if encoded is None:
            raise UserError(f"The text '{provenance.name}' wasn't kept; give it again, as a file.")
        corpus = sources.corpus_of(encoded, provenance, shape)
    elif provenance.kind in {"shipped", "local"}:
        corpus = load(provenance.name, shape=shape)
    else:
        corpus = sources.from_place(sources.recorded_place(provenance), extensions=provenance.extensions, shape=shape)
    if corpus.provenance.sha256 != provenance.sha256:
        raise UserError(f"The text '{provenance.location or provenance.name}' has changed since the run began.")
    return corpus


def _from_entry(entry: Entry, shape: Shape | None) -> Corpus:
    if entry.kind == "local":
        text = local.read(entry.name)
    else:
        text = (places.shipped("corpora") / f"{entry.name}.txt").read_text(encoding="utf-8")
    return sources.from_text(text, entry.name, kind=entry.kind, shape=shape or entry.shape)
