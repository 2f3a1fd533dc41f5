"""`rnnplay corpora`: which texts there are, what is in one, and how to come by more."""

from collections.abc import Generator
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from rnnplay.cli import options
from rnnplay.errors import UserError

if TYPE_CHECKING:
    from rnnplay.text.fetched.fetching import Arrived
    from rnnplay.text.measured.about import About
    from rnnplay.text.shelf import Item

app = typer.Typer(help="Which texts there are, and what is in one.", no_args_is_help=True)

T = TypeVar("T")

ABOUT = 200  # characters of what a text is


@app.command("list")
def show_all(json: options.Json = False) -> None:
    """List the texts that have a name, by kind; none is read, made or fetched for it."""
    import msgspec

    from rnnplay.text import shelf

    groups = shelf.groups()
    if json:
        rows = [
            msgspec.to_builtins(item.entry)
            | {"size": item.size, "missing": item.missing or None, "changed": item.changed}
            for group in groups
            for item in group.items
        ]
        options.put(msgspec.json.encode(rows).decode())
        return
    width = max(len(item.spec) for group in groups for item in group.items)
    for group in groups:
        if group.items:
            options.put(f"{group.title}:")
            for item in group.items:
                options.put(_row(item, width))
            options.put("")
    options.put("Any file, folder, glob or - will do as well: rnnplay train my-novel.txt")


def _row(item: "Item", width: int) -> str:
    from rnnplay.text.display import one_line
    from rnnplay.text.fetched.downloads import megabytes

    size = "" if item.size is None else megabytes(item.size)
    state = f"({item.missing}) " if item.missing else "(changed since it was added) " if item.changed else ""
    return f"{item.spec:<{width}} {size:>9}  {state}{one_line(item.entry.about, ABOUT)}"


@app.command()
def add(
    place: Annotated[
        str,
        typer.Argument(
            help="A file, a folder, a glob, an address (https://…), a generated text (lag:distance=40), "
            "or - to keep what comes on standard input."
        ),
    ],
    name: Annotated[
        str | None, typer.Option(help="Default: made from the file's own, or from the first words.")
    ] = None,
    shape: options.TextShape = None,
    ext: options.Extensions = None,
    sha256: Annotated[
        str | None, typer.Option(help="Of an address: what its bytes must have, or it isn't kept.")
    ] = None,
) -> None:
    """Give a text of your own a name. A local copy of a download is taken in with --name and the download's name."""
    from rnnplay.text.fetched import fetching
    from rnnplay.text.own import mine

    if fetching.is_address(place):
        if ext:
            raise UserError("--ext is for folders and globs: an address is one file.")
        added = _fetched(mine.from_address(place, sha256, options.shape(shape), name))
        if mine.is_page(added):
            options.say(
                "note: it is a web page with all its markup; many sites have a link to the plain text, or 'Raw'."
            )
    elif sha256 is not None:
        raise UserError("--sha256 is for addresses, which begin with https:// or http://.")
    elif place == "-":
        from rnnplay.text import sources

        added = mine.paste(sources.from_stdin().text(), name)
    else:
        added = mine.add(place, ext or (), options.shape(shape), name)
    options.say(f"added: rnnplay train {added}")


@app.command()
def fetch(name: Annotated[str, typer.Argument(help="A download's name in 'rnnplay corpora list'.")]) -> None:
    """Fetch a text of the catalogue. It is checked, kept, and from then on read like any other."""
    from rnnplay.text.fetched import downloads

    loaded = _fetched(downloads.fetch(name))
    licence = downloads.known()[name].licence
    options.say(f"{'fetched' if loaded else 'already there'}: rnnplay train {name}\nlicence: {licence}")


def _fetched(steps: "Generator[Arrived, None, T]") -> "T":
    """Show a download and return what its generator returns."""
    from rnnplay.console.fetching import shown

    try:
        return shown(steps)
    except KeyboardInterrupt:
        options.say("interrupted: nothing of it was kept.")
        raise


@app.command()
def generate(
    spec: Annotated[
        str, typer.Argument(metavar="NAME", help="A generator's name, with or without dials: lag:distance=40")
    ],
    dials: Annotated[
        list[str] | None, typer.Option("--set", metavar="DIAL=N", help="Set a dial (repeatable): --set distance=40")
    ] = None,
    size: Annotated[int | None, typer.Option(help="Characters.")] = None,
    seed: Annotated[int | None, typer.Option(help="Another text by the same rules.")] = None,
    name: Annotated[str | None, typer.Option(help="Keep it under this name; nothing is printed.")] = None,
) -> None:
    """Print a generated text, or keep what it is made by under a name."""
    from rnnplay.text import generated
    from rnnplay.text.own import mine

    turned = [*(dials or ()), *(f"{dial}={n}" for dial, n in (("size", size), ("seed", seed)) if n is not None)]
    joint = "," if ":" in spec else ":"
    setting = generated.parsed(f"{spec}{joint}{','.join(turned)}" if turned else spec)
    if name is not None:
        options.say(f"added: rnnplay train {mine.add(setting.spec, name=name)}")
        return
    import sys

    with options.writing():
        for piece in generated.pieces(setting):
            sys.stdout.write(piece)


@app.command()
def remove(name: Annotated[str, typer.Argument(help="The name of a text of your own, or of a download.")]) -> None:
    """Take a text of your own off the list, its file stays where it is; or move a download to the trash."""
    from rnnplay.text.fetched import downloads
    from rnnplay.text.own import mine

    if name in downloads.known() and name not in mine.all_mine():
        downloads.remove(name)
        options.say(f"'{name}' is in the trash now; 'rnnplay corpora fetch {name}' fetches it again.")
        return
    mine.forget(name)
    options.say(f"'{name}' is off the list.")


@app.command()
def show(
    corpus: options.Corpus,
    shape: options.TextShape = None,
    ext: options.Extensions = None,
    json: options.Json = False,
) -> None:
    """Show a text's size, vocabulary and split, what simple models reach on it, and how it begins."""
    import msgspec

    from rnnplay.text import catalogue
    from rnnplay.text.measured import about

    with options.working("reading and counting", quiet=json):
        found = about.about(catalogue.load(corpus, extensions=ext or (), shape=options.shape(shape)))
    if json:
        options.put(msgspec.json.encode(found).decode())
    else:
        _print(found)


def _print(found: "About") -> None:
    from rnnplay.console.tables import ladder_lines
    from rnnplay.text.display import one_line, visible

    options.put(f"{one_line(found.name, 70)} ({found.shape})")
    for note in found.notes:
        options.put(f"note: {visible(note)}")
    options.put(f"{found.chars:,} characters, {found.lines:,} lines")
    options.put(f"{len(found.vocabulary)} symbols: {one_line(found.vocabulary, 160)}")
    options.put(f"{found.train_chars:,} to learn from, {found.validation_chars:,} held out")
    options.put("simple models, counted on the first part, scored on what is held out (xz: on the whole):")
    for line in ladder_lines(found.ladder):
        options.put(line)
    options.put("it begins:\n")
    options.put(visible(found.preview))
