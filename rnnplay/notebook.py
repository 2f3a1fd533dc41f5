"""The library's doors: make a corpus, train on it, sample, check, evaluate, compare, give away."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from rnnplay import comparing, scoring
from rnnplay.errors import UserError
from rnnplay.model.checkpoint import Checkpoint
from rnnplay.runs import folder as run_folder
from rnnplay.runs import learned, models, origin, taking
from rnnplay.runs.compare import Comparison
from rnnplay.runs.model_loading import load_model
from rnnplay.sampling import presets, sampler
from rnnplay.sampling.records import Checked, SampleSettings
from rnnplay.scoring import Evaluation
from rnnplay.text import catalogue, sources
from rnnplay.text.corpus import Corpus
from rnnplay.training.config import Budget, TrainingConfig, automatic, fine_tuning
from rnnplay.training.events import Finished

if TYPE_CHECKING:
    from rnnplay.session import Session


@dataclass(frozen=True)
class Trained:
    """A training that has ended.

    Attributes:
        name: The run's name, for `sample`, `evaluate` and every command.
        folder: Where it is.
        finished: What it came to.
    """

    name: str
    folder: Path
    finished: Finished


def corpus(spec: str = catalogue.DEFAULT, *, text: str | None = None) -> Corpus:
    """Return a corpus: what `rnnplay train` takes as CORPUS, or a text given as it is.

    Args:
        spec: A name of the catalogue or of one's own, a generated text ("lag:distance=40"), a file, a folder, a glob.
        text: The text itself, instead of that.

    Raises:
        UserError: There is no such text, or it can't be used.
    """
    return catalogue.load(spec) if text is None else sources.from_text(text)


def train(
    corpus: Corpus | str = catalogue.DEFAULT,
    config: TrainingConfig | None = None,
    *,
    minutes: float | None = None,
    steps: int | None = None,
    name: str | None = None,
    start: Trained | str | None = None,
    extend_vocabulary: bool = False,
    progress: bool = True,
) -> Trained:
    """Train a network and keep it as a run; an interruption (once) saves and ends it.

    Args:
        corpus: A corpus, or what `corpus` makes one of.
        config: Settings; where left out they are chosen for the budget, the text and this machine, and with `start`
            those for fine-tuning. What `training.config.automatic` returns can be given with some of its knobs set.
        minutes: How long, instead of the settings' budget.
        steps: How many optimizer steps, instead of that.
        name: Of the run; one is made up where left out.
        start: Begin from this training's network, or that of what `rnnplay sample` takes: a run's name, a file.
        extend_vocabulary: With `start`, add the text's new characters to the network's own.
        progress: Show progress on standard error.

    Raises:
        UserError: A setting is out of order, or the run can't be written.
    """
    from rnnplay import session

    if extend_vocabulary and start is None:
        raise UserError("extend_vocabulary goes with start: a new network knows all characters of its text.")
    begins = None if start is None else origin.found(_spec(start))
    config = config or (automatic() if begins is None else fine_tuning(begins.checkpoint.model))
    config = msgspec.structs.replace(config, budget=_budget(minutes, steps) or config.budget)
    if isinstance(corpus, str):
        corpus = catalogue.load(corpus)
    if begins is None:
        begun = session.begin(corpus, config, name)
    else:
        begun = session.begin_from(begins, corpus, config, name, extend_vocabulary=extend_vocabulary)
    finished = _trained(begun, progress=progress)
    if finished is None:
        raise UserError("This process only helped with a training that another one leads.")
    return Trained(begun.run.name, begun.run.folder, finished)


def _budget(minutes: float | None, steps: int | None) -> Budget | None:
    """Return the budget that was given, if one was."""
    if minutes is not None and steps is not None:
        raise UserError("Give one budget, not two: minutes or steps.")
    if steps is not None:
        return Budget("steps", float(steps))
    return None if minutes is None else Budget("minutes", minutes)


def _trained(begun: "Session", *, progress: bool) -> Finished | None:
    """Train to the end; return what it came to, None in a process that another one leads."""
    from rnnplay.console.progress import display, shown
    from rnnplay.runs.interruption import Interruption

    with display(quiet=not progress) as on:
        if threading.current_thread() is not threading.main_thread():  # which alone signals reach
            return shown(begun.events(), on)
        with Interruption() as interruption:
            return shown(begun.events(interruption), on)


def sample(
    run: Trained | Checkpoint | str | None = None, prompt: str = "", settings: SampleSettings | None = None
) -> str:
    """Return a text that a network writes, its prompt first.

    Args:
        run: A training, a checkpoint, or what `rnnplay sample` takes: a run's name, a file; None is the newest run.
        prompt: What the text begins with.
        settings: How it is drawn; left out, with the readable preset (see `docs/sampling.md`) and the seed 0.

    Raises:
        UserError: There is no such network, or a setting is out of its range.
    """
    checkpoint, model = _network(run)
    written = sampler.sample(checkpoint, prompt, settings or _readable(model))
    return prompt + "".join(one.character for one in written)


def sample_many(
    run: Trained | Checkpoint | str | None, count: int, prompt: str = "", settings: SampleSettings | None = None
) -> list[str]:
    """Return many texts that a network writes side by side, each with its prompt first; text i has the seed + i.

    Args:
        run: As for `sample`.
        count: How many.
        prompt: What each begins with.
        settings: How they are drawn; left out, as for `sample`.

    Raises:
        UserError: There is no such network, or a setting is out of its range.
    """
    from rnnplay.sampling.volume import Whole, write_many

    checkpoint, model = _network(run)
    told = write_many(checkpoint, prompt, settings or _readable(model), count)
    return [prompt + one.text for one in told if isinstance(one, Whole)]


def check(run: Trained | str | None, text: str, prompt: str = "") -> Checked:
    """Hold a text beside the one that a network learned from: what is copied, and what its lines are worth.

    Args:
        run: A training, or what `rnnplay sample` takes: a run's name, a file; None is the newest run.
        text: What it wrote, without the prompt.
        prompt: What it wrote that after.

    Raises:
        UserError: There is no such network, or the text that it learned from is gone or isn't known.
    """
    model = models.find(run if run is None else _spec(run))
    checkpoint = load_model(model)
    return learned.checker(model, checkpoint.corpus).report(text, sampler.as_read(prompt))


def evaluate(
    run: Trained | Checkpoint | str | None = None, corpus: Corpus | str | None = None, *, window: int | None = None
) -> Evaluation:
    """Score a network on its run's validation text, or on the whole of another text.

    Args:
        run: As for `sample`.
        corpus: Another text.
        window: Score fresh windows of so many characters instead of carrying the state on.

    Raises:
        UserError: There is nothing to score, or nothing to score it with.
    """
    checkpoint, model = _network(run)
    card = model.run.card() if model is not None and model.run is not None else None
    if corpus is not None:
        other = catalogue.load(corpus) if isinstance(corpus, str) else corpus
        return scoring.evaluate_on(checkpoint, card, other, window)
    if card is None:
        raise UserError("A checkpoint without its run doesn't know its text: name one to score.")
    return scoring.evaluate_own(checkpoint, card, window)


def compare(
    runs: Sequence[Trained | str], corpus: Corpus | str | None = None, *, window: int | None = None
) -> Comparison:
    """Put networks beside each other, scored by one protocol on one text.

    Args:
        runs: Two or more trainings, or what `rnnplay sample` takes: names of runs, files.
        corpus: The text; left out, what all who learned from their text held out of it.
        window: Score fresh windows of so many characters instead of carrying the state on.

    Raises:
        UserError: There are no such networks, or nothing that all can be scored on.
    """
    found = [models.find(_spec(run)) for run in runs]
    return comparing.compare(found, catalogue.load(corpus) if isinstance(corpus, str) else corpus, window)


def fetch(name: str) -> Corpus:
    """Fetch a text of the catalogue, unless it is there already, and return it.

    Raises:
        UserError: It can't be had, or isn't what the catalogue says.
    """
    from rnnplay.console.fetching import shown
    from rnnplay.text.fetched import downloads

    shown(downloads.fetch(name))
    return catalogue.load(name)


def export_run(run: Trained | str, folder: str | Path) -> Path:
    """Make a folder to give away of a run, and return it: its weights, a card, its curve, its figures.

    Raises:
        UserError: There is no such run, something of that name is there already, or there is no writing.
    """
    from rnnplay.console import parcel

    return parcel.export(run_folder.named(_spec(run)), Path(folder))


def import_run(folder: str | Path, name: str | None = None) -> str:
    """Take a folder in that `export_run` made, and return the name of the run that it is here.

    Raises:
        UserError: It is no such folder, something in it is damaged, or the name is taken.
    """
    return taking.imported(Path(folder), name).name


def _network(run: Trained | Checkpoint | str | None) -> tuple[Checkpoint, models.Model | None]:
    if isinstance(run, Checkpoint):
        return run, None
    model = models.find(run if run is None else _spec(run))
    return load_model(model), model


def _readable(model: models.Model | None) -> SampleSettings:
    return presets.with_preset(SampleSettings(), "readable", "text" if model is None else model.text_kind())


def _spec(run: Trained | str) -> str:
    """Return what names a training everywhere."""
    return str(run.folder) if isinstance(run, Trained) else run
