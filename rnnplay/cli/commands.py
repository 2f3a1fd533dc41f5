"""All commands on one page: their names and what they do."""

from typing import Annotated

import typer

import rnnplay
from rnnplay.cli import bench, corpora, doctor, evaluate, runs, sample, train

app = typer.Typer(
    name="rnnplay",
    help="Train a small recurrent network on any text in a minute, and let it write. Without a command: the app.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("train")(train.train)
app.command("sample")(sample.sample)
app.command("eval")(evaluate.evaluate)
app.add_typer(runs.app, name="runs")
app.add_typer(corpora.app, name="corpora")
app.command("doctor")(doctor.doctor)
app.command("bench")(bench.bench)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"rnnplay {rnnplay.__version__}")  # noqa: T201
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Train a small recurrent network on any text in a minute, and let it write. Without a command: the app."""
