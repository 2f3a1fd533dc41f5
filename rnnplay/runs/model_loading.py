"""Reading the checkpoint that is meant, and refusing one that isn't of its run."""

from contextlib import suppress

import msgspec

from rnnplay.errors import UserError
from rnnplay.model import checkpoint as checkpoints
from rnnplay.model.checkpoint import Checkpoint
from rnnplay.runs.folder import RunCard
from rnnplay.runs.models import Model


def load_model(model: Model) -> Checkpoint:
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
