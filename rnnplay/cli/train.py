"""`rnnplay train`: from a text to a network that writes."""

# ruff: noqa: ARG001 - typer reads the options off the signature; their values come together in the context
import gc
import os
import shlex
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from rnnplay.cli import options
from rnnplay.cli import train_options as of
from rnnplay.errors import UserError

if TYPE_CHECKING:
    from rnnplay.runs.folder import Run
    from rnnplay.runs.origin import Origin
    from rnnplay.session import Session
    from rnnplay.training.events import Finished

END_SAMPLE = 500  # characters written at the end


def train(
    context: typer.Context,
    corpus: options.OptionalCorpus = None,
    minutes: of.Minutes = None,
    steps: of.Steps = None,
    epochs: of.Epochs = None,
    patience: of.Patience = None,
    name: of.Name = None,
    resume: of.Resume = None,
    start: of.Start = None,
    extend_vocabulary: of.Extend = False,
    detach: of.Detach = False,
    priority: of.Priority = None,
    quiet: of.Quiet = False,
    json: of.Json = False,
    preset: of.Preset = None,
    cell: of.CellName = None,
    layers: of.Layers = None,
    hidden: of.Hidden = None,
    embed: of.Embed = None,
    context_size: of.Context = None,
    dropout: of.Dropout = None,
    batch: of.Batch = None,
    seq_len: of.SeqLen = None,
    lr: of.Rate = None,
    device: of.Device = None,
    precision: of.Precision = None,
    seed: of.Seed = None,
    prompt: of.Prompt = None,
    val_fraction: of.ValFraction = None,
    min_count: of.MinCount = None,
    shape: options.TextShape = None,
    ext: options.Extensions = None,
) -> None:
    """Train a network on a text, and print what it writes.

    Ctrl-C saves, evaluates and ends; a second one ends at once with what was last saved.
    """
    given = context.params
    if detach:
        from rnnplay.cli import detached

        detached.start(given, sys.argv[1:])
        return
    session = _session(given)
    finished, interrupted = _trained(session, given)
    if finished is None:
        return
    if not given["json"]:
        _report(session, finished, quiet=given["quiet"])
    if interrupted:
        raise typer.Exit(130)


def _session(given: Mapping[str, Any]) -> "Session":
    """Return the training to be done, all of it loaded and nothing begun."""
    from rnnplay.engine.trainers import DETACHED

    detached = bool(os.environ.get(DETACHED))
    gives_way = of.gives_way(given, detached=detached)
    gc.disable()  # looking for garbage among what is being loaded takes a tenth of the time to the first step
    try:
        session = _resumed(given) if given["resume"] is not None or _restarted(given) else _begun(given)
    finally:
        gc.freeze()  # what stands now stays
        gc.enable()
    if detached:
        from rnnplay.cli.detached import redirect

        redirect(session.run)
    if gives_way:
        from rnnplay.cli.detached import give_way

        give_way()  # not sooner: whoever started it waits for its beginning
    return session


def _restarted(given: Mapping[str, Any]) -> bool:
    """Tell whether torchrun starts the processes of a named run again."""
    from rnnplay import places

    name = given["name"]
    again = int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")) > 0
    return bool(again and name and (places.runs_folder() / name / "run.json").exists())


def _begun(given: Mapping[str, Any]) -> "Session":
    from rnnplay.cli.options import working
    from rnnplay.runs import folder
    from rnnplay.text import catalogue

    origin = _origin(given)
    config = of.settings(given) if origin is None else of.fine_tuning_settings(given, origin.checkpoint.model)
    if given["name"] is not None:
        folder.checked_name(given["name"])
    quiet = given["quiet"] or given["json"]
    with working("reading the text", quiet=quiet):
        shape = options.shape(given["shape"])
        spec = catalogue.DEFAULT if given["corpus"] is None else given["corpus"]
        corpus = catalogue.load(spec, extensions=given["ext"] or (), shape=shape)
    with working("counting baselines and setting up the network", quiet=quiet):
        from rnnplay import session

        if origin is None:
            return session.begin(corpus, config, given["name"])
        extend = given["extend_vocabulary"]
        return session.begin_from(origin, corpus, config, given["name"], extend_vocabulary=extend)


def _origin(given: Mapping[str, Any]) -> "Origin | None":
    """Return the checkpoint to begin from, if one was given."""
    if given["start"] is None:
        return None
    from rnnplay.runs import origin

    return origin.found(given["start"])


def _resumed(given: Mapping[str, Any]) -> "Session":
    from rnnplay.cli.options import working
    from rnnplay.runs import folder
    from rnnplay.text import catalogue

    budget = of.budget(given)
    if given["resume"] is not None:
        of.refuse_for_resume(given)
    run = folder.named(given["name"] if given["resume"] is None else given["resume"])
    with working("taking up the run", quiet=given["quiet"] or given["json"]):
        from rnnplay import session

        card = run.card()
        extensions = card.corpus.extensions
        corpus = catalogue.load(given["corpus"], extensions=extensions, shape=card.shape) if given["corpus"] else None
        return session.resume(run, budget, corpus, given["device"])


def _trained(session: "Session", given: Mapping[str, Any]) -> "tuple[Finished | None, bool]":
    """Train to the end and return what it came to, and whether someone interrupted it."""
    from rnnplay.console.progress import display, shown
    from rnnplay.runs.interruption import Interruption

    quiet = given["quiet"] or given["json"] or not session.trainer.ranks.leads
    try:
        with Interruption() as interruption, display(quiet=quiet) as on:
            finished = shown(session.events(interruption), _Printing() if given["json"] else on)
    except KeyboardInterrupt:
        options.say("interrupted; what was saved before is there.")
        raise
    return finished, finished is not None and finished.reason == "stopped" and interruption.happened


class _Printing:
    """Prints events as they are recorded, for as long as someone reads them; the training goes on without."""

    def __init__(self) -> None:
        self._read = True

    def show(self, event: Any) -> None:  # noqa: ANN401 - the event types load slowly
        """Print one event."""
        if not self._read:
            return
        from rnnplay.training.events import encode_line

        try:
            options.put(encode_line(event).decode().rstrip("\n"))
        except (BrokenPipeError, UserError) as error:
            self._read = False
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if isinstance(error, UserError):
                options.say(f"note: {error} The training goes on, and its events are kept in the run.")


def _report(session: "Session", finished: "Finished", *, quiet: bool) -> None:
    """Tell what it came to, show what the network writes, and say how to get more."""
    from rnnplay.cli.sample import write
    from rnnplay.console.numbers import real_words
    from rnnplay.console.summary import summary
    from rnnplay.runs import models
    from rnnplay.runs.model_loading import load_model
    from rnnplay.sampling import presets
    from rnnplay.sampling.records import SampleSettings

    run: Run = session.run
    if not quiet:
        for line in summary(run.name, finished, session.ladder):
            options.say(line)
        options.say("")
    model = models.of_run(run)
    checkpoint, prompt = load_model(model), session.card.config.prompt
    settings = presets.with_preset(SampleSettings(length=END_SAMPLE), "readable", model.text_kind())
    write(checkpoint, prompt, settings)
    if quiet:
        return
    options.say(f"\n({presets.describe(settings)})")
    share = session.samples.real_words(checkpoint, prompt)
    if share is not None:
        options.say(f"real words: {real_words(share)} of the words in a longer sample occur in the training text")
    options.say(
        f"More of it: {shlex.join(['rnnplay', 'sample', run.name, '--length=2000', *presets.arguments(settings)])}"
    )
