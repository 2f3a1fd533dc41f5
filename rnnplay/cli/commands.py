"""All commands on one page: their names and what they do."""

import sys
from typing import Annotated

import typer

import rnnplay
from rnnplay.cli import corpora, doctor, evaluate, runs, sample, train
from rnnplay.errors import UserError

app = typer.Typer(
    name="rnnplay",
    help="Train a small recurrent network on any text in a minute, and let it write.",
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


def _version(wanted: bool) -> None:
    if wanted:
        print(f"rnnplay {rnnplay.__version__}")  # noqa: T201
        raise typer.Exit


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 - its callback does it all
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Train a small recurrent network on any text in a minute, and let it write."""
    if context.invoked_subcommand is not None:
        return
    if not sys.stdout.isatty():
        raise UserError("'rnnplay' needs a terminal to show its commands; 'rnnplay train' trains without one.")
    print(context.get_help())  # noqa: T201
