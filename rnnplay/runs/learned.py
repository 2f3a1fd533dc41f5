"""The text that a network learned from, ready to be held beside what it writes."""

from rnnplay.errors import UserError
from rnnplay.model.checkpoint import CorpusCard
from rnnplay.runs.models import Model
from rnnplay.sampling.grading import Checker
from rnnplay.text import catalogue


def checker(model: Model, learned: CorpusCard) -> Checker:
    """Return what answers what of a text is copied and what its lines are worth.

    A run knows its text and how it was split. Of a checkpoint alone the text is known by its name and hash; all of it
    then counts as learned from.

    Args:
        model: The network, as it was found.
        learned: What its checkpoint says of its text.

    Raises:
        UserError: The text is gone or has changed, or isn't known.
    """
    if model.run is not None:
        card = model.run.card()
        corpus = catalogue.reload(card.corpus, card.shape)
        return Checker.of(corpus, card.config.val_fraction, card.config.seed)
    missing = f"'{model.label}' doesn't know its text: what it copies can be told of runs, and of models that ship."
    if not learned.name:
        raise UserError(missing)
    try:
        corpus = catalogue.load(learned.name)
    except UserError as error:
        raise UserError(missing) from error
    if corpus.provenance.sha256 != learned.sha256:
        raise UserError(missing)
    return Checker(corpus, corpus.ids, corpus.ids[:0])
