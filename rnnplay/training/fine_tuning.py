"""Fine-tuning: a checkpoint's own vocabulary before a text that may have other characters."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from rnnplay.errors import UserError
from rnnplay.model.checkpoint import Checkpoint
from rnnplay.model.extension import extended
from rnnplay.text.corpus import Corpus
from rnnplay.text.vocabulary import Vocabulary
from rnnplay.training.config import TrainingConfig

NAMED_AT_MOST = 12  # characters in a note
KNOWN_AT_LEAST = 0.5  # of a text's characters, for a training on the others to make sense


@dataclass(frozen=True)
class Fitted:
    """A checkpoint that fits a text.

    Attributes:
        added: The characters that its vocabulary was extended by.
        notes: What becomes of the text's new characters.
    """

    checkpoint: Checkpoint
    added: str
    notes: tuple[str, ...]


def refuse_another_network(checkpoint: Checkpoint, config: TrainingConfig) -> None:
    """Refuse settings whose network isn't the checkpoint's.

    Raises:
        UserError: They differ in more than the dropout.
    """
    own = checkpoint.model
    if msgspec.structs.replace(config.model, dropout=own.dropout) != own:
        raise UserError(
            f"The settings are for another network ({config.model}) than the checkpoint's ({own}): "
            "take those of training.config.fine_tuning(checkpoint.model), and change the rest."
        )


def fitted(checkpoint: Checkpoint, corpus: Corpus, config: TrainingConfig, *, extend: bool) -> Fitted:
    """Let a checkpoint read a text, its own ids unchanged.

    Args:
        checkpoint: The network.
        corpus: The text.
        config: For `min_count`, how often a new character must stand to be added, and the seed of its embedding.
        extend: Add new characters to the vocabulary. Those that aren't become its unknown symbol; where it has none
            they are left out.

    Raises:
        UserError: It knows next to nothing of the text, or `min_count` is set and no character is to be added.
    """
    new = _unknown(corpus, checkpoint.vocabulary)
    if not extend:
        if config.min_count > 1:
            raise UserError(
                "--min-count with --from says how often a new character must stand: it needs --extend-vocabulary."
            )
        _refuse_unreadable(corpus, new, "--extend-vocabulary adds the others")
        return Fitted(checkpoint, "", (_folded(new, corpus, checkpoint),) if new else ())
    added = "".join(symbol for symbol in corpus.alphabet if new.get(symbol, 0) >= config.min_count)
    rest = {symbol: count for symbol, count in new.items() if symbol not in added}
    _refuse_unreadable(corpus, rest, "a lower --min-count adds more of the others")
    notes = [f"The vocabulary is extended by {_named({symbol: new[symbol] for symbol in added})}."] if added else []
    if rest:
        notes.append(_folded(rest, corpus, checkpoint))
    if not new:
        notes.append(f"The network knows every character of '{corpus.name}': its vocabulary stays as it is.")
    return Fitted(extended(checkpoint, added, config.seed), added, tuple(notes))


def _unknown(corpus: Corpus, vocabulary: Vocabulary) -> dict[str, int]:
    """Return the text's characters that a vocabulary lacks, with how often each stands."""
    counted = zip(corpus.alphabet, corpus.counts.tolist(), strict=True)
    return {symbol: count for symbol, count in counted if symbol not in vocabulary}


def _refuse_unreadable(corpus: Corpus, lost: Mapping[str, int], way_out: str) -> None:
    """Refuse a text of which next to nothing is left, and say what would help.

    Raises:
        UserError: It is one.
    """
    share = 1 - sum(lost.values()) / len(corpus)
    if share < KNOWN_AT_LEAST:
        raise UserError(f"The network knows {share:.1%} of the characters of '{corpus.name}': {way_out}.")


def _folded(lost: Mapping[str, int], corpus: Corpus, checkpoint: Checkpoint) -> str:
    become = "are left out" if checkpoint.vocabulary.unknown is None else "become its unknown symbol"
    return (
        f"Of '{corpus.name}' the network doesn't know {_named(lost)}: {sum(lost.values()) / len(corpus):.2%} of the "
        f"text. They {become}; --extend-vocabulary adds them."
    )


def _named(counts: Mapping[str, int]) -> str:
    """Name characters with how often each stands, the commonest first."""
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    named = ", ".join(f"{symbol!r} ({count:,})" for symbol, count in ordered[:NAMED_AT_MOST])
    more = f" and {len(ordered) - NAMED_AT_MOST:,} more" if len(ordered) > NAMED_AT_MOST else ""
    return f"{len(ordered):,} character{'' if len(ordered) == 1 else 's'}: {named}{more}"
