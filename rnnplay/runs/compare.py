"""What differs between the settings of runs, in words."""

from collections.abc import Callable, Sequence

from rnnplay.runs.folder import RunCard
from rnnplay.training.config import TrainingConfig

HASH_SHOWN = 6  # characters of a text's hash, where the name alone doesn't tell texts apart


def rate(number: float) -> str:
    """Return a learning rate as people write it, in three digits: 7e-3."""
    mantissa, _, exponent = f"{number:.2e}".partition("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}" if number else "0"


def _or_none(value: object) -> str:
    return "none" if value is None else str(value)


# In the order in which one would ask.
_SETTINGS: dict[str, Callable[[TrainingConfig], str]] = {
    "cell": lambda config: config.model.cell,
    "layers": lambda config: str(config.model.layers),
    "width": lambda config: str(config.model.hidden_size),
    "embedding": lambda config: str(config.model.embedding_size),
    "context": lambda config: _or_none(config.model.context),
    "dropout": lambda config: f"{config.model.dropout:g}",
    "batch": lambda config: str(config.batch_size),
    "sequence": lambda config: str(config.seq_len),
    "rate": lambda config: rate(config.learning_rate),  # in three digits; all of them where those are the same
    "exact rate": lambda config: repr(config.learning_rate),
    "warmup": lambda config: f"{config.warmup:g}",
    "flat": lambda config: f"{config.flat:g}",
    "betas": lambda config: f"{config.betas[0]:g} and {config.betas[1]:g}",
    "weight decay": lambda config: f"{config.weight_decay:g}",
    "clip": lambda config: f"{config.clip:g}",
    "budget": lambda config: str(config.budget),
    "patience": lambda config: _or_none(config.patience),
    "seed": lambda config: str(config.seed),
    "held out": lambda config: f"{config.val_fraction:g}",
    "rarest kept": lambda config: str(config.min_count),
    "device": lambda config: config.device,
    "precision": lambda config: config.precision,
    "threads": lambda config: _or_none(config.threads),
    "prompt": lambda config: repr(config.prompt),
}


def differences(cards: Sequence[RunCard]) -> list[tuple[str, tuple[str, ...]]]:
    """Return each setting that isn't the same for all runs, with its values in their order; the text comes first."""
    found = [
        ("text", _texts(cards)),
        ("shape", tuple(card.shape for card in cards)),
        *((name, tuple(value(card.config) for card in cards)) for name, value in _SETTINGS.items()),
    ]
    differing = {name: values for name, values in found if len(set(values)) > 1}
    if len(set(differing.get("rate", ()))) == len(set(differing.get("exact rate", ()))):
        differing.pop("exact rate", None)
    return list(differing.items())


def _texts(cards: Sequence[RunCard]) -> tuple[str, ...]:
    """Return the names of the texts; where different texts have one name, with a piece of their hashes."""
    hashes: dict[str, set[str]] = {}
    for card in cards:
        hashes.setdefault(card.corpus.name, set()).add(card.corpus.sha256)
    return tuple(
        f"{card.corpus.name} ({card.corpus.sha256[:HASH_SHOWN]})"
        if len(hashes[card.corpus.name]) > 1
        else card.corpus.name
        for card in cards
    )
