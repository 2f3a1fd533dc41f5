"""What a fine-tuning begins from: a checkpoint, and how to name it ever after."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rnnplay import places
from rnnplay.model import checkpoint as checkpoints
from rnnplay.model.checkpoint import Checkpoint
from rnnplay.runs import models
from rnnplay.runs.folder import Parent, RunCard
from rnnplay.runs.model_loading import load_model
from rnnplay.runs.models import SHIPPED, Model
from rnnplay.text.corpus import Corpus
from rnnplay.text.records import to_json
from rnnplay.training.config import TrainingConfig


@dataclass(frozen=True)
class Origin:
    """A checkpoint to begin from.

    Attributes:
        parent: What a run that begins from it keeps of it.
        card: The run that it belongs to, where that is known.
    """

    checkpoint: Checkpoint
    parent: Parent
    card: RunCard | None = None

    def notes(self, corpus: Corpus, config: TrainingConfig) -> Iterator[str]:
        """Say where a training on a text begins, and whether the network may know its validation part already."""
        parent = self.parent
        yield (
            f"It begins from '{parent.label}' ({self.checkpoint.model}), trained on '{parent.corpus}' for "
            f"{parent.step:,} steps; the rate goes up to {config.learning_rate:g} (--lr)."
        )
        if self.checkpoint.corpus.sha256 == corpus.provenance.sha256 and not self._held_out_the_same(corpus, config):
            yield (
                f"'{parent.label}' learned from this very text: what is held out now is new to it only if it was held "
                "out then too, by the same --val-fraction and, for lines, the same --seed."
            )

    def _held_out_the_same(self, corpus: Corpus, config: TrainingConfig) -> bool:
        if self.card is None or self.card.shape != corpus.shape:
            return False
        then = self.card.config
        same_lines = corpus.shape == "stream" or then.seed == config.seed
        return then.val_fraction == config.val_fraction and same_lines


def found(spec: str) -> Origin:
    """Return the checkpoint that a run's name or folder, a file or `shipped:NAME` stands for.

    Raises:
        UserError: There is none, or it can't be read.
    """
    model = models.find(spec)
    checkpoint = load_model(model)
    parent = Parent(
        to_json(model.label),
        checkpoint.training.step,
        checkpoint.corpus.name,
        checkpoints.tensors_sha256(checkpoint.tensors),
        location=_location(model),
    )
    return Origin(checkpoint, parent, None if model.run is None else model.run.card())


def _location(model: Model) -> str | None:
    """Return where it stands, unless its label alone finds it."""
    if model.label.startswith(SHIPPED) or (model.run is not None and model.run.folder.parent == places.runs_folder()):
        return None
    return to_json(str(Path.cwd() / (model.path if model.run is None else model.run.folder)))
