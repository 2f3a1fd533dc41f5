"""The one way from what a user typed to a corpus."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from rnnplay import places
from rnnplay.errors import UserError, did_you_mean
from rnnplay.text import encoding, generated, generating, local, sources
from rnnplay.text.corpus import Corpus
from rnnplay.text.fetched import downloads
from rnnplay.text.own import mine
from rnnplay.text.own.mine import Mine
from rnnplay.text.records import Provenance, Shape
from rnnplay.text.shelf import DEFAULT, Group, Item, groups
from rnnplay.text.shipped import Entry, table

__all__ = ["DEFAULT", "Entry", "Group", "Item", "groups", "load", "reload"]


def load(spec: str = DEFAULT, *, extensions: Sequence[str] = (), shape: Shape | None = None) -> Corpus:
    """Read the text that a name, a file, a folder, a glob or "-" stands for.

    A generator's name, alone or with its dials (`lag:distance=40`), and a name of the catalogue win over one of the
    user's own, and any of them over a file of that name in the working folder; `./play` is the file.

    Raises:
        UserError: There is no such text, or it can't be used.
    """
    if not spec:
        raise UserError("The text's name is empty; '.' is this folder.")
    if spec == "-":
        return sources.from_stdin(shape=shape)
    if generated.is_spec(spec):
        return generating.from_setting(generated.parsed(spec), shape=shape)
    known = {entry.name: entry for entry in table()}
    if spec in known:
        return _from_entry(known[spec], shape)
    own = mine.all_mine()
    if spec in own:
        return _from_own(spec, own[spec], extensions, shape)
    try:
        return sources.from_place(spec, extensions=extensions, shape=shape)
    except sources.NoSuchTextError as error:
        near = did_you_mean(spec.partition(":")[0], [*known, *own, *generated.NAMES])
        message = f"{error}{near} 'rnnplay corpora list' shows all that have a name."
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
    elif provenance.kind in {"shipped", "local", "download"}:
        corpus = load(provenance.name, shape=shape)
    elif provenance.kind == "generated":
        setting = generated.parsed(provenance.location or provenance.name)
        corpus = generating.from_setting(setting, shape=shape, name=provenance.name)
    else:
        corpus = sources.from_place(sources.recorded_place(provenance), extensions=provenance.extensions, shape=shape)
    if corpus.provenance.sha256 != provenance.sha256:
        raise UserError(f"The text '{provenance.location or provenance.name}' has changed since the run began.")
    return corpus


def _from_entry(entry: Entry, shape: Shape | None) -> Corpus:
    if entry.kind == "download":
        corpus = sources.from_place(str(downloads.checked(entry.name)), shape=shape or entry.shape)
        provenance = Provenance("download", entry.name, sha256=corpus.provenance.sha256)
        return replace(corpus, name=entry.name, provenance=provenance)
    if entry.kind == "local":
        text = local.read(entry.name)
    else:
        text = (places.shipped("corpora") / f"{entry.name}.txt").read_text(encoding="utf-8")
    return sources.from_text(text, entry.name, kind=entry.kind, shape=shape or entry.shape)


def _from_own(name: str, own: Mine, extensions: Sequence[str], shape: Shape | None) -> Corpus:
    """Read a text of the user's own: under its name, but recorded by its place, so that forgetting it harms no run."""
    if own.kind == "generated":
        return generating.from_setting(generated.parsed(own.location or ""), shape=shape or own.shape, name=name)
    try:
        place = mine.place_of(name, own.location)
        corpus = sources.from_place(place, extensions=extensions or own.extensions, shape=shape or own.shape)
    except sources.NoSuchTextError as error:
        raise UserError(f"Your text '{name}' is gone: {error}") from error
    provenance = msgspec.structs.replace(corpus.provenance, name=name)
    changed = () if extensions else mine.change_noted(name, own, provenance.sha256)
    return replace(corpus, name=name, provenance=provenance, notes=(*corpus.notes, *changed))
