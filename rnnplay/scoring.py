"""How well a network predicts a text, beside the baselines on that text."""

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from rnnplay.errors import UserError
from rnnplay.model.checkpoint import Checkpoint
from rnnplay.runs.folder import RunCard
from rnnplay.text import catalogue
from rnnplay.text.corpus import Corpus
from rnnplay.text.measured import baselines, optimum
from rnnplay.text.records import OPTIMUM, Baseline
from rnnplay.text.vocabulary import Ids, Vocabulary


class Evaluation(msgspec.Struct, frozen=True):
    """A network's figures on a text.

    Attributes:
        part: What was scored: "validation" or "whole text".
        protocol: "carried", or "window N".
        unknown: The characters that the network doesn't know, with how often they stand there. They are scored as its
            unknown symbol; where it has none they are left out.
        ladder: Baselines counted on the text that the network learned from, scored on this one; none where that text
            isn't known. The optimum is the last, where this one is a generated text and the network knows all its
            characters.
    """

    text: str
    part: str
    protocol: str
    chars: int
    loss: float  # nats per character
    bits_per_char: float
    perplexity: float
    unknown: dict[str, int]
    ladder: tuple[Baseline, ...] = ()


def evaluate_own(checkpoint: Checkpoint, card: RunCard, window: int | None = None) -> Evaluation:
    """Score a network on the validation part of the text that it learned from.

    Args:
        checkpoint: The network.
        card: Its run, which knows the text and its split.
        window: Score fresh windows of so many characters instead of carrying the state on.

    Raises:
        UserError: The text is gone or has changed, or nothing of it was held out.
    """
    corpus = catalogue.reload(card.corpus, card.shape)
    split = corpus.split(card.config.val_fraction, card.config.seed)
    if len(split.validation) < 2:
        raise UserError("Nothing of the text was held out: name another text to score on.")
    train = checkpoint.vocabulary.translate(split.train, corpus.alphabet)
    validation = checkpoint.vocabulary.translate(split.validation, corpus.alphabet)
    ladder = baselines.ladder(train, validation, len(checkpoint.vocabulary))
    ladder += optimum.rung(corpus, split.validation)
    return evaluate_part(checkpoint, split.validation, corpus, "validation", window, ladder)


def evaluate_on(checkpoint: Checkpoint, card: RunCard | None, corpus: Corpus, window: int | None = None) -> Evaluation:
    """Score a network on the whole of another text; the arguments are those of `evaluate_own`.

    Raises:
        UserError: The text has fewer than two characters that the network knows.
    """
    ladder: list[Baseline] = []
    own = _own_text(card)
    if card is not None and own is not None:
        train = own.split(card.config.val_fraction, card.config.seed).train
        both = Vocabulary(tuple(sorted({*own.alphabet, *corpus.alphabet})))
        counted, scored = both.translate(train, own.alphabet), both.translate(corpus.ids, corpus.alphabet)
        ladder = baselines.ladder(counted, scored, len(both))
    ladder += optimum.rung(corpus, corpus.ids)
    return evaluate_part(checkpoint, corpus.ids, corpus, "whole text", window, ladder)


def _own_text(card: RunCard | None) -> Corpus | None:
    """Return the text that a network learned from, or None where it isn't to be had any more."""
    try:
        return None if card is None else catalogue.reload(card.corpus, card.shape)
    except UserError:
        return None


def refuse_window(window: int | None) -> None:
    """Refuse a window in which nothing could be scored.

    Raises:
        UserError: It has fewer than two characters.
    """
    if window is not None and window < 2:
        raise UserError(f"--window must be at least 2, not {window}.")


def evaluate_part(
    checkpoint: Checkpoint, ids: Ids, corpus: Corpus, part: str, window: int | None, ladder: Sequence[Baseline]
) -> Evaluation:
    """Score a network on a part of a text, given as ids over the text's alphabet.

    The optimum is taken off the ladder where the network doesn't know every character: it is no bound for the others.

    Raises:
        UserError: The part has fewer than two characters that the network knows, or the network outputs NaN.
    """
    from rnnplay.model.device import find_device
    from rnnplay.model.network import CharacterModel
    from rnnplay.training import evaluation

    refuse_window(window)
    known = checkpoint.vocabulary.translate(ids, corpus.alphabet)
    if len(known) < 2:
        raise UserError(f"'{corpus.name}' has fewer than two characters that the network knows: nothing to score.")
    model = CharacterModel.of(checkpoint.model, checkpoint.tensors)
    model.to(find_device())
    score = evaluation.carried_score(model, known) if window is None else evaluation.window_score(model, known, window)
    if not math.isfinite(score.loss):
        raise UserError("The network outputs NaN: its training diverged.")
    unknown = _unknown(ids, corpus.alphabet, checkpoint.vocabulary)
    return Evaluation(
        corpus.name,
        part,
        "carried" if window is None else f"window {min(window, len(known))}",
        score.chars,
        score.loss,
        score.loss / math.log(2),
        math.exp(min(score.loss, 700.0)),
        unknown,
        tuple(rung for rung in ladder if not unknown or rung.name != OPTIMUM),
    )


def _unknown(ids: Ids, alphabet: Sequence[str], vocabulary: Vocabulary) -> dict[str, int]:
    """Return the characters that are no symbols of the vocabulary, and how often each stands."""
    counts = np.bincount(ids, minlength=len(alphabet)).tolist()
    return {symbol: count for symbol, count in zip(alphabet, counts, strict=True) if count and symbol not in vocabulary}
