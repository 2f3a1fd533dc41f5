"""`rnnplay corpora`: which texts there are, and what is in one."""

from typing import TYPE_CHECKING, Annotated

import typer

from rnnplay.cli import options

if TYPE_CHECKING:
    from rnnplay.text.about import About

app = typer.Typer(help="Which texts there are, and what is in one.", no_args_is_help=True)


@app.command("list")
def show_all(json: options.Json = False) -> None:
    """List the texts that have a name."""
    import msgspec

    from rnnplay.errors import UserError
    from rnnplay.text import catalogue
    from rnnplay.text.display import one_line

    entries = catalogue.entries()
    if json:
        options.put(msgspec.json.encode(entries).decode())
        return
    for entry in entries:
        try:
            corpus = catalogue.load(entry.name)
            size = f"{len(corpus):>9,} characters {len(corpus.alphabet):>4} symbols"
        except UserError:
            size = "can't be read" if entry.kind == "yours" else "not on this machine"
        options.put(f"{entry.name:<14} {entry.kind:<8} {size:<34}  {one_line(entry.about, 200)}")
    options.put("\nAny file, folder, glob or - will do as well: rnnplay train my-novel.txt")


@app.command()
def add(
    place: Annotated[str, typer.Argument(help="A file, a folder, a glob, or - to keep what comes on standard input.")],
    name: Annotated[
        str | None, typer.Option(help="Default: made from the file's own, or from the first words.")
    ] = None,
    shape: options.TextShape = None,
    ext: options.Extensions = None,
) -> None:
    """Give a text of your own a name."""
    from rnnplay.text import mine, sources

    if place == "-":
        corpus = sources.from_stdin()
        added = mine.paste(corpus.text(), name)
    else:
        added = mine.add(place, ext or (), options.shape(shape), name)
    options.say(f"added: rnnplay train {added}")


@app.command()
def remove(name: Annotated[str, typer.Argument(help="The name of a text of your own.")]) -> None:
    """Take a text of your own off the list; its file stays where it is."""
    from rnnplay.text import mine

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

    from rnnplay.text import about, catalogue

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
