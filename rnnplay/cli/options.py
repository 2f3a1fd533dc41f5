"""Options and ways of speaking that several commands share."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from rnnplay.errors import UserError
from rnnplay.text.display import visible

if TYPE_CHECKING:
    from rnnplay.text.records import Shape

Json = Annotated[bool, typer.Option("--json", help="Print JSON to standard output.")]
Extensions = Annotated[
    list[str] | None,
    typer.Option(
        "--ext", help="Of a folder or glob, take only files that end so (repeatable).", rich_help_panel="The text"
    ),
]
TextShape = Annotated[
    str | None,
    typer.Option(help="stream, or lines (independent, shuffled). Default: by its looks.", rich_help_panel="The text"),
]
CORPUS_HELP = "A name of 'rnnplay corpora list', a file, a folder, a glob, or - for standard input."
Corpus = Annotated[str, typer.Argument(help=CORPUS_HELP)]
OptionalCorpus = Annotated[str | None, typer.Argument(help=f"{CORPUS_HELP} Default: play.")]
RunName = Annotated[str, typer.Argument(metavar="RUN", help="The run's name or folder.")]
MODEL_HELP = "A run's name or folder, a .safetensors file, or shipped:NAME. Default: the newest run."
Checkpoint = Annotated[str, typer.Option(help="best or last.")]


def say(sentence: str) -> None:
    """Tell something that is not data, on standard error."""
    print(visible(sentence), file=sys.stderr, flush=True)  # noqa: T201 - standard error is for people


def put(line: str) -> None:
    """Print data on standard output."""
    with writing():
        print(visible(line) if sys.stdout.isatty() else line, flush=True)  # noqa: T201 - standard output is for data


def put_pieces(pieces: Iterable[str]) -> None:
    """Print data that comes in pieces on standard output, with the newlines that stand in it."""
    with writing():
        shown = map(visible, pieces) if sys.stdout.isatty() else pieces
        sys.stdout.writelines(shown)
        sys.stdout.flush()


@contextmanager
def writing() -> Iterator[None]:
    """Tell in a sentence that standard output can't be written, as where the disk is full.

    Raises:
        UserError: It can't.
        BrokenPipeError: Its reader has gone, which is no fault.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UserError(f"standard output can't be written: {error.strerror}.") from error


def shape(name: str | None) -> "Shape | None":
    """Return the shape of a text by its name.

    Raises:
        UserError: There is no such shape.
    """
    if name is None or name == "auto":
        return None
    if name == "stream":
        return "stream"
    if name == "lines":
        return "lines"
    raise UserError(f"There is no shape '{name}': stream or lines.")


def unescaped(text: str) -> str:
    r"""Return a text typed in a shell, where `\n` is a newline, `\t` a tab and `\\` a backslash."""
    marks = {"\\n": "\n", "\\t": "\t", "\\\\": "\\"}
    parts, place = [], 0
    while place < len(text):
        pair = text[place : place + 2]
        parts.append(marks.get(pair, text[place]))
        place += 2 if pair in marks else 1
    return "".join(parts).encode("utf-8", "ignore").decode()  # bytes of the shell that are no UTF-8 are left out


@contextmanager
def working(what: str, *, quiet: bool = False) -> Iterator[None]:
    """Say on a terminal what is being done, for as long as it takes; in the background say it to whoever looks."""
    if quiet or not sys.stderr.isatty():
        if not quiet and os.environ.get("RNNPLAY_DETACHED"):
            say(f"{what} \u2026")
        yield
        return
    from rich.console import Console

    with Console(stderr=True, markup=False).status(what):
        yield
