"""Which checkpoint is meant: a run's, a file, or one that ships."""

import os
from dataclasses import dataclass
from pathlib import Path

from rnnplay import places
from rnnplay.errors import UserError, did_you_mean
from rnnplay.runs import folder
from rnnplay.runs.folder import Run
from rnnplay.sampling.presets import TextKind, text_kind

SHIPPED = "shipped:"


@dataclass(frozen=True)
class Model:
    """A checkpoint file, the run that it belongs to if there is one, and what to call it."""

    path: Path
    run: Run | None
    label: str

    def text_kind(self) -> TextKind:
        """Return the kind of its training text; without a run whose card can be read it counts as running text."""
        if self.run is None:
            return "text"
        try:
            card = self.run.card()
        except UserError:
            return "text"
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
