"""`rnnplay runs`: the runs there are, and steering one that trains."""

import shlex
import time
from typing import TYPE_CHECKING, Annotated

import typer

from rnnplay.cli import options
from rnnplay.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rnnplay.runs.status import Status
    from rnnplay.training.control import Request
    from rnnplay.training.events import Event

app = typer.Typer(help="The runs there are, and steering one that trains.", no_args_is_help=True)

WATCH_EVERY = 0.25  # seconds


@app.command("list")
def show_all(json: options.Json = False) -> None:
    """List all runs, the newest first. The excess of a generated text's runs is in bits above the optimum."""
    import msgspec

    from rnnplay.runs import folder
    from rnnplay.runs.status import status

    found = [status(run) for run in folder.all_runs()]
    if json:
        options.put(msgspec.json.encode(found).decode())
        return
    if not found:
        options.say("There are no runs yet: 'rnnplay train' makes one.")
        return
    width = max(len(one.name) for one in found)
    generated = any(one.optimum is not None for one in found)
    head = f"{'run':<{width}}  {'state':<11}  {'text':<16}  {'network':<11}  {'step':>7}  {'time':>7}  {'nats':>6}"
    options.put(f"{head}  {'excess':>6}" if generated else head)
    for one in found:
        options.put(_row(one, width, generated=generated))


def _row(one: "Status", width: int, *, generated: bool) -> str:
    from rnnplay.console.numbers import clock, nats
    from rnnplay.text.display import one_line

    name = f"{one_line(one.name, width):<{width}}"
    if one.card is None:
        return f"{name}  damaged"
    row = (
        f"{name}  {one.state:<11}  {one_line(one.card.corpus.name, 16):<16}  {one.card.config.model!s:<11}  "
        f"{one.step:>7,}  {clock(one.seconds):>7}  {nats(one.loss):>6}"
    )
    return f"{row}  {nats(one.excess):>6}" if generated else row


@app.command()
def show(
    run: options.RunName,
    recipe: Annotated[bool, typer.Option("--recipe", help="Print the one command that repeats the run.")] = False,
    json: options.Json = False,
) -> None:
    """Show a run's settings, its evaluations and what it wrote last."""
    if recipe:
        _show_recipe(run)
        return
    from rnnplay.console.runs import run_lines
    from rnnplay.runs import folder, log
    from rnnplay.runs.status import status

    found = folder.named(run)
    if json:
        options.put_pieces(_as_json(status(found), log.stream(found.events)))
        return
    found.card()
    for line in run_lines(found, status(found), log.read_outline(found.events)):
        options.put(line)


def _as_json(found: "Status", events: "Iterable[Event]") -> "Iterator[str]":
    """Yield a status and events as one JSON object, an event at a time: a log may be longer than the memory."""
    import msgspec

    yield f'{{"status":{msgspec.json.encode(found).decode()},"events":['
    for number, event in enumerate(events):
        yield "," * (number > 0) + msgspec.json.encode(event).decode()
    yield "]}\n"


def _show_recipe(name: str) -> None:
    from rnnplay.runs import folder, log, recipe

    run = folder.named(name)
    card = run.card()
    budget = log.last_budget(run.events)
    options.put(recipe.line(card, budget))
    for note in recipe.notes(card, budget):
        options.say(f"note: {note}")


@app.command()
def export(
    run: options.RunName,
    target: Annotated[
        str | None, typer.Argument(metavar="[FOLDER]", help="A new folder. Default: the run's name, here.")
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Only print the figures of its events, as CSV.")] = False,
) -> None:
    """Make a folder to give away: the network, a card to read, the curve as a picture, the figures as CSV."""
    from pathlib import Path

    from rnnplay import places
    from rnnplay.runs import folder, giving, log

    found = folder.named(run)
    if csv:
        if target is not None:
            raise UserError("--csv prints to standard output: leave the folder out, or --csv.")
        options.put_pieces(giving.csv_rows(log.stream(found.events, *giving.FIGURES)))
        return
    from rnnplay.console import parcel

    with options.working("writing a sample and the card"):
        made = parcel.export(found, Path(found.name) if target is None else places.expanded(target))
    if found.is_training():
        options.say(f"'{found.name}' is still being trained: the folder has what it has come to by now.")
    command = shlex.join(["rnnplay", "runs", "import", str(made)])
    options.say(f"'{found.name}' is in '{made}' now; elsewhere this takes it in: {command}")


@app.command("import")
def import_folder(
    source: Annotated[str, typer.Argument(metavar="FOLDER", help="What 'rnnplay runs export' made.")],
    name: Annotated[str | None, typer.Option(help="The run's name. Default: the folder's.")] = None,
) -> None:
    """Take in a run that was exported, perhaps elsewhere."""
    from rnnplay import places
    from rnnplay.runs import taking

    run = taking.imported(places.expanded(source), name)
    options.say(f"'{run.name}' is one of the runs now. It has no state to resume from; --from {run.name} trains on.")


@app.command()
def compare(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help=f"Two or more: {options.MODEL_HELP}")],
    on: Annotated[
        str | None, typer.Option(metavar="CORPUS", help="Score on this text. Default: what all of them held out.")
    ] = None,
    window: Annotated[
        int | None, typer.Option(help="Score fresh windows of so many characters; else the state is carried on.")
    ] = None,
    by: Annotated[str, typer.Option(help="Across the chart: steps, seconds or chars.")] = "steps",
    checkpoint: options.Checkpoint = "best",
    shape: options.TextShape = None,
    ext: options.Extensions = None,
    json: options.Json = False,
) -> None:
    """Put runs beside each other: curves, what differs, and losses by one protocol on one text."""
    import msgspec

    from rnnplay import comparing
    from rnnplay.cli.comparison import show, unit
    from rnnplay.runs import models
    from rnnplay.text import catalogue

    across = unit(by)
    found = [models.find(name, checkpoint) for name in runs]
    with options.working("scoring", quiet=json):
        corpus = catalogue.load(on, extensions=ext or (), shape=options.shape(shape)) if on is not None else None
        comparison = comparing.compare(found, corpus, window)
    if json:
        options.put(msgspec.json.encode(comparison).decode())
    else:
        show(comparison, across)


@app.command()
def watch(run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="Default: the newest.")] = None) -> None:
    """Follow a training from here; Ctrl-C ends the watching, not the training."""
    from rnnplay.console.progress import display
    from rnnplay.console.summary import summary
    from rnnplay.runs import folder
    from rnnplay.runs.log import Follower
    from rnnplay.training.events import Finished, Started

    found = folder.named(run) if run is not None else folder.newest()
    if found is None:
        raise UserError("There are no runs yet: 'rnnplay train' makes one.")
    follower = Follower(found.events)
    started, finished = None, None
    with display() as on:
        while True:
            training = found.is_training()
            for event in follower.poll():
                if isinstance(event, Started):
                    started, finished = event, None
                if isinstance(event, Finished):
                    finished = event
                on.show(event)
            if follower.more:
                continue
            if not training:
                break
            time.sleep(WATCH_EVERY)
    if finished is None:
        options.say(f"'{found.name}' isn't being trained; 'rnnplay train --resume {found.name}' goes on with it.")
    else:
        for line in summary(found.name, finished, started.ladder if started else ()):
            options.say(line)


@app.command()
def pause(run: options.RunName) -> None:
    """Let a training stand still; its budget stands still too."""
    from rnnplay.training import control

    _ask(run, control.Pause(_id()), "paused", "will pause")


@app.command()
def unpause(run: options.RunName) -> None:
    """Let a paused training go on."""
    from rnnplay.training import control

    _ask(run, control.Unpause(_id()), "goes on", "will go on")


@app.command()
def stop(run: options.RunName) -> None:
    """End a training: it saves, evaluates and finishes."""
    from rnnplay.training import control

    _ask(run, control.Stop(_id()), "is finishing: it saves and evaluates", "will stop")


@app.command("set-lr")
def set_learning_rate(
    run: options.RunName, rate: Annotated[float, typer.Argument(help="The schedule's height from now on.")]
) -> None:
    """Change the learning rate of a training."""
    from rnnplay.training import control

    if not 0 <= rate <= 10:
        raise UserError(f"A learning rate is from 0 to 10, not {rate:g}.")
    _ask(run, control.SetLearningRate(_id(), rate), f"trains with {rate:g} at most", "will change its rate")


@app.command()
def rename(run: options.RunName, name: Annotated[str, typer.Argument(help="The new name.")]) -> None:
    """Give a run another name."""
    from rnnplay.runs import folder

    options.say(f"'{run}' is '{folder.renamed(folder.named(run), name).name}' now.")


@app.command()
def remove(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Names or folders of runs.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
) -> None:
    """Move runs to the trash, after asking."""
    import sys

    from rnnplay.runs import folder

    found = list(dict.fromkeys(folder.named(name) for name in runs))
    for one in found:
        folder.refuse_training(one, f"stop it first, with 'rnnplay runs stop {one.name}'")
    names = ", ".join(f"'{one.name}'" for one in found)
    if not yes:
        if not sys.stdin.isatty():
            raise UserError(f"Say --yes to remove {names} without being asked.")
        typer.confirm(f"Move {names} to the trash?", abort=True, err=True)
    for one in found:
        options.say(f"'{one.name}' is in the trash now: {folder.removed(one)}")


def _id() -> str:
    from rnnplay.runs.requests import new_id

    return new_id()


def _ask(name: str, request: "Request", done: str, later: str) -> None:
    """Send a request and say what came of it."""
    from rnnplay.runs import folder, requests

    run = folder.named(name)
    answered = requests.ask(run, request)
    options.say(f"'{run.name}' {done}." if answered else f"'{run.name}' hasn't answered yet; it {later}.")
