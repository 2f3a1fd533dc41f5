"""Runs beside each other: what differs between their settings, in words, and how far each is above the optimum."""

import math
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

import msgspec

from rnnplay.runs.curve import Point
from rnnplay.runs.folder import RunCard
from rnnplay.runs.history import History
from rnnplay.text.records import OPTIMUM, Baseline, optimum_in
from rnnplay.training.config import Budget, TrainingConfig

ALIKE = 0.02  # bits by which the optima of parts of one text differ
HASH_SHOWN = 6  # characters of a text's hash, where the name alone doesn't tell texts apart


def rate(number: float) -> str:
    """Return a learning rate as people write it, in three digits: 7e-3."""
    mantissa, _, exponent = f"{number:.2e}".partition("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}" if number else "0"


class Extent(NamedTuple):
    """How far a run goes.

    Attributes:
        budget: What it was last given.
        chars: Characters read so far, over all epochs; None where that isn't known.
    """

    budget: Budget
    chars: int | None = None

    @classmethod
    def of(cls, card: RunCard, history: History | None) -> "Extent":
        """Return it for a run, by what it has told as far as that was read."""
        if history is None:
            return cls(card.config.budget)
        budget = history.started.config.budget if history.started is not None else card.config.budget
        latest = history.finished or history.progress
        return cls(budget, None if latest is None else latest.chars)


class Score(msgspec.Struct, frozen=True):
    """A network's figures on a text.

    Attributes:
        loss: In nats per character.
        unknown: The characters that it doesn't know, with how often they stand there.
    """

    chars: int
    loss: float
    bits_per_char: float
    perplexity: float
    unknown: dict[str, int]


class Compared(msgspec.Struct, frozen=True):
    """One network among those compared.

    Attributes:
        label: What to call it.
        network: As in "lstm 1x384".
        corpus: The name of the text that it learned from.
        step, chars, seconds: How far these weights had been trained.
        looks: Its validation losses while it trained, each on its own validation text.
        score: Its figures on the common text; None where that couldn't be scored.
        excess: By how many bits per character it is above the optimum; None where that isn't known, or where windows
            were scored, or not every character.
    """

    label: str
    network: str
    corpus: str
    step: int
    chars: int
    seconds: float
    looks: tuple[Point, ...] = ()
    score: Score | None = None
    excess: float | None = None


class Comparison(msgspec.Struct, frozen=True):
    """Some networks beside each other.

    Attributes:
        text: What they were scored on; None where nothing could be scored.
        part: Which part of it, in words.
        protocol: "carried", or "window N".
        optimum: Of that part, in bits per character; of a generated text.
        runs: In the order in which they were given.
        differences: Each setting that isn't the same for all runs, with their values in the order of `settled`.
        settled: The places in `runs` of those whose settings are known.
        ladder: What `common_ladder` makes of their own.
        notes: What a person should know before believing the figures.
    """

    text: str | None
    part: str
    protocol: str
    optimum: float | None
    runs: tuple[Compared, ...]
    differences: tuple[tuple[str, tuple[str, ...]], ...]
    settled: tuple[int, ...]
    ladder: tuple[Baseline, ...]
    notes: tuple[str, ...]


def excess(loss: float | None, optimum: float | None) -> float | None:
    """Return by how many bits per character a loss is above the optimum; None where either isn't known.

    Args:
        loss: In nats per character.
        optimum: In bits per character.
    """
    return None if loss is None or optimum is None else loss / math.log(2) - optimum


def common_ladder(ladders: Collection[tuple[Baseline, ...]]) -> tuple[Baseline, ...]:
    """Return what holds for several runs: all of a ladder that is the same for all, or else a common optimum.

    Runs on one generated text that hold out other parts of it have optima that hardly differ; theirs is the mean.
    """
    if len(set(ladders)) == 1:
        return next(iter(ladders))
    optima = [best for ladder in ladders if (best := optimum_in(ladder)) is not None and math.isfinite(best)]
    if not optima or len(optima) < len(ladders) or max(optima) - min(optima) > ALIKE:
        return ()
    return (Baseline(OPTIMUM, sum(optima) / len(optima)),)


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
    "resets": lambda config: f"{config.resets:g}",
    "averaged from": lambda config: f"{config.averaged_from:g}",
    "betas": lambda config: f"{config.betas[0]:g} and {config.betas[1]:g}",
    "head's rate": lambda config: f"{config.head_rate_factor:g} times",
    "weight decay": lambda config: f"{config.weight_decay:g}",
    "clip": lambda config: f"{config.clip:g}",
    "patience": lambda config: _or_none(config.patience),
    "seed": lambda config: str(config.seed),
    "held out": lambda config: f"{config.val_fraction:g}",
    "rarest kept": lambda config: str(config.min_count),
    "device": lambda config: config.device,
    "precision": lambda config: config.precision,
    "threads": lambda config: _or_none(config.threads),
    "prompt": lambda config: repr(config.prompt),
}


def differences(cards: Sequence[RunCard], extents: Sequence[Extent] = ()) -> list[tuple[str, tuple[str, ...]]]:
    """Return each setting that isn't the same for all runs, with its values in their order.

    The budget and how much was read come first, for most of what differs in a loss comes from these; then the text.

    Args:
        cards: What the runs are.
        extents: How far each goes; none for what each began with.
    """
    extents = extents or [Extent(card.config.budget) for card in cards]
    found = [
        ("budget", tuple(str(extent.budget) for extent in extents)),
        ("chars read", tuple(_chars(extent.chars) for extent in extents)),
        ("text", _texts(cards)),
        ("shape", tuple(card.shape for card in cards)),
        ("begun from", tuple(_parent(card) for card in cards)),
        *((name, tuple(value(card.config) for card in cards)) for name, value in _SETTINGS.items()),
    ]
    differing = {name: values for name, values in found if len(set(values)) > 1}
    if len(set(differing.get("rate", ()))) == len(set(differing.get("exact rate", ()))):
        differing.pop("exact rate", None)
    return list(differing.items())


def _chars(count: int | None) -> str:
    """Return a count in so few digits that runs of as much work as each other read the same."""
    if count is None:
        return "unknown"
    digits = max(len(str(count)) - 2, 0)
    return f"{round(count, -digits):,}"


def _parent(card: RunCard) -> str:
    """Return what a run began from: "nothing", or a checkpoint and its step."""
    return "nothing" if card.parent is None else f"{card.parent.label} at step {card.parent.step:,}"


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
