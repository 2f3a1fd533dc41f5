"""Which checkpoint is meant: a run's, a file, or one that ships."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from rnnplay import places
from rnnplay.errors import UserError, did_you_mean
from rnnplay.model import checkpoint as checkpoints
from rnnplay.model.checkpoint import Checkpoint
from rnnplay.runs import folder
from rnnplay.runs.folder import Run, RunCard
from rnnplay.sampling.presets import TextKind, text_kind

SHIPPED = "shipped:"


@dataclass(frozen=True)
class Model:
    """A checkpoint file, the run that it belongs to if there is one, and what to call it."""

    path: Path
    run: Run | None
    label: str

    def text_kind(self) -> TextKind:
        """Return the kind of its training text; a checkpoint without its run counts as running text.

        Raises:
            UserError: The run's `run.json` is damaged.
        """
        if self.run is None:
            return "text"
        card = self.run.card()
        return text_kind(card.corpus, card.shape)


def find(spec: str | None = None, which: str = "best") -> Model:
    """Return the checkpoint that a run's name or folder, a file or `shipped:NAME` stands for.

    Args:
        spec: None is the newest run, or else a model that ships.
        which: "best" or "last" of a run; where there is no best yet, the last.

    Raises:
        UserError: There is none.
    """
    if spec is None:
        run = folder.newest()
        return of_run(run, which) if run is not None else _shipped(None)
    if spec.startswith(SHIPPED):
        return _shipped(spec.removeprefix(SHIPPED))
    path = places.expanded(spec)
    if path.suffix == ".safetensors":
        if not os.path.isfile(path):  # noqa: PTH113 - no name is too long for it
            raise UserError(f"There is no file '{spec}'.")
        return Model(path, None, path.name)
    return of_run(folder.named(spec), which)


def load(model: Model) -> Checkpoint:
    """Read a checkpoint, without the trainer's state.

    Raises:
        UserError: It can't be read, is damaged, or in a run's folder belongs to another run.
    """
    checkpoint = checkpoints.load(model.path)
    card = None
    if model.run is not None:
        with suppress(UserError):  # a damaged card doesn't keep a network from being sampled
            card = model.run.card()
    if card is not None:
        refuse_foreign(card, checkpoint, str(model.path))
    return checkpoint


def refuse_foreign(card: RunCard, checkpoint: Checkpoint, path: str) -> None:
    """Refuse a checkpoint that isn't of the run in whose folder it is.

    Args:
        card: The run's.
        checkpoint: What was found there.
        path: What to call its file.

    Raises:
        UserError: Its network or its text is another.
    """
    model = checkpoint.model
    if msgspec.structs.replace(card.config.model, dropout=model.dropout) != model:
        raise UserError(
            f"'{path}' belongs to another run: its network is {model}, that of 'run.json' {card.config.model}."
        )
    if checkpoint.corpus.sha256 != card.corpus.sha256:
        raise UserError(f"'{path}' belongs to another run: it learned from another text than 'run.json' names.")


def of_run(run: Run, which: str = "best") -> Model:
    """Return a run's checkpoint "best" or "last"; where there is no best yet, the last.

    Raises:
        UserError: There is none.
    """
    if which not in {"best", "last"}:
        raise UserError(f"A run has the checkpoints 'best' and 'last', not '{which}'.")
    path = run.checkpoint(which)
    if which == "best" and not path.is_file():
        path = run.checkpoint("last")
    if not path.is_file():
        raise UserError(f"The run '{run.name}' has no checkpoint: '{path}' is gone.")
    return Model(path, run, run.name)


def _shipped(name: str | None) -> Model:
    known = {path.stem: path for path in sorted(places.shipped("checkpoints").glob("*.safetensors"))}
    if name is None and known:
        name = next(iter(known))
    if name is None:
        raise UserError("There is no run yet, and no model ships with this rnnplay: 'rnnplay train' makes one.")
    if name not in known:
        raise UserError(
            f"No model '{name}' ships with rnnplay: {', '.join(known) or 'none does'}.{did_you_mean(name, known)}"
        )
    return Model(known[name], None, SHIPPED + name)
