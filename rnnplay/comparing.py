"""Runs beside each other: their losses by one protocol on one text, their curves, and what differs between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from rnnplay import scoring
from rnnplay.errors import UserError
from rnnplay.model.checkpoint import Checkpoint
from rnnplay.runs import folder, log
from rnnplay.runs.compare import Compared, Comparison, Extent, Score, common_ladder, differences, excess
from rnnplay.runs.curve import Point
from rnnplay.runs.folder import RunCard
from rnnplay.runs.history import History
from rnnplay.runs.model_loading import load_model
from rnnplay.runs.models import Model
from rnnplay.scoring import Evaluation
from rnnplay.text import catalogue
from rnnplay.text.corpus import Corpus
from rnnplay.text.measured import optimum
from rnnplay.text.measured.held_out import Cut, held_out, share_seen
from rnnplay.text.records import Baseline, optimum_in
from rnnplay.text.vocabulary import Ids

AT_MOST = 26  # networks, each with a letter of its own
ANCESTORS = 8  # generations of fine-tuning that are looked at
SEEN_AT_LEAST = 0.02  # share of the scored text; below, a common phrase may be the reason


@dataclass(frozen=True)
class _One:
    """A network to compare.

    Attributes:
        cards: Its run's card, then those of the runs that it was begun from; empty where there is no run.
    """

    model: Model
    checkpoint: Checkpoint
    cards: tuple[RunCard, ...]
    history: History

    @property
    def label(self) -> str:
        return self.model.label

    def learned(self, sha256: str) -> bool:
        """Tell whether it, or what it was begun from, learned from a text."""
        return sha256 in {self.checkpoint.corpus.sha256, *(card.corpus.sha256 for card in self.cards)}


@dataclass(frozen=True)
class _Target:
    """What is scored."""

    corpus: Corpus
    ids: Ids
    part: str
    notes: tuple[str, ...]

    @cached_property
    def best(self) -> tuple[Baseline, ...]:
        """Its optimum, as the only rung of a ladder, where it has one."""
        return optimum.rung(self.corpus, self.ids)


def compare(models: Sequence[Model], on: Corpus | None = None, window: int | None = None) -> Comparison:
    """Put networks beside each other.

    They are scored on one text by one protocol: on what all who learned from that text held out of it, or on the whole
    of a text that none of them learned from.

    Args:
        models: Two or more, as `runs.models.find` finds them.
        on: The text; None is the one that they learned from, or where those differ the first one's.
        window: Score fresh windows of so many characters instead of carrying the state on.

    Raises:
        UserError: There are too few or too many, one of them can't be read, or the text that was asked for can't be
            scored.
    """
    models = list({model.path: model for model in models}.values())
    if not 2 <= len(models) <= AT_MOST:
        raise UserError(f"Comparing takes from 2 to {AT_MOST} different runs, not {len(models)}.")
    scoring.refuse_window(window)
    ones = [_read(model) for model in models]
    try:
        target = _target(ones, on)
        evaluations = [
            scoring.evaluate_part(one.checkpoint, target.ids, target.corpus, target.part, window, target.best)
            for one in ones
        ]
    except UserError as error:
        if on is not None:
            raise
        return _comparison(ones, None, [None] * len(ones), (f"The losses weren't compared. {error}",))
    notes = (*target.notes, *_leaks(ones, target), *_left_out(ones, evaluations))
    return _comparison(ones, target, evaluations, notes)


def _read(model: Model) -> _One:
    card = model.run.card() if model.run is not None else None
    history = History()
    if model.run is not None:
        history.take(log.stream(model.run.events))
    return _One(model, load_model(model), _with_ancestors(card), history)


def _with_ancestors(card: RunCard | None) -> tuple[RunCard, ...]:
    """Return a run's card and those of the runs that it was begun from, as far as they are still there."""
    cards: list[RunCard] = []
    while card is not None and len(cards) <= ANCESTORS:
        cards.append(card)
        parent = card.parent
        try:
            card = None if parent is None else folder.named(parent.location or parent.label).card()
        except UserError:
            card = None
    return tuple(cards)


def _target(ones: Sequence[_One], on: Corpus | None) -> _Target:
    """Choose what is scored."""
    told = [one for one in ones if one.cards]
    if on is None and not told:
        raise UserError("Files alone don't know their texts: name one to score on, with --on.")
    corpus, whose = (on, None) if on is not None else _own_text(told)
    learners = [one for one in ones if one.learned(corpus.provenance.sha256)]
    notes = []
    if whose is not None and len(learners) < len(ones):
        notes.append(
            f"They learned from different texts. They are scored on the one that '{whose.label}' learned from, "
            f"'{corpus.name}'; --on names another."
        )
    cuts, unclear = _cuts(learners, corpus.provenance.sha256)
    notes += [
        f"'{label}' learned from '{corpus.name}' itself, and which part of it was held out isn't known: it may have "
        "seen what is scored."
        for label in unclear
    ]
    if not cuts:
        return _Target(corpus, corpus.ids, "the whole text", tuple(notes))
    ids = held_out(corpus, cuts)
    if len(ids) < 2:
        raise UserError(
            f"Nothing of '{corpus.name}' was held out by all that learned from it; --on names another text."
        )
    if len(learners) < len(ones):
        part = "what those that learned from it held out"
    else:
        part = "the validation part" if len(set(cuts)) == 1 else "what all of them held out"
    return _Target(corpus, ids, part, tuple(notes))


def _own_text(ones: Sequence[_One]) -> tuple[Corpus, _One]:
    """Return the text of the first run whose text is still to be had, and that run."""
    first: UserError | None = None
    for one in ones:
        try:
            return catalogue.reload(one.cards[0].corpus, one.cards[0].shape), one
        except UserError as error:
            first = first or error
    raise first or UserError("There is no run.")


def _cuts(learners: Sequence[_One], sha256: str) -> tuple[list[Cut], list[str]]:
    """Return how those who learned from a text split it, and the labels of those that don't tell."""
    cuts: list[Cut] = []
    unclear = []
    for one in learners:
        own = [card for card in one.cards if card.corpus.sha256 == sha256]
        cuts += map(_cut, own)
        if not own:
            unclear.append(one.label)
    return cuts, unclear


def _cut(card: RunCard) -> Cut:
    """Return how a run split its text; a stream is split without a seed."""
    return Cut(card.shape, card.config.val_fraction, card.config.seed if card.shape == "lines" else 0)


def _leaks(ones: Sequence[_One], target: _Target) -> list[str]:
    """Name those that learned from what is scored, in another text, or began from one that may have."""
    notes, sha256 = [], target.corpus.provenance.sha256
    shares: dict[tuple[str, Cut], float] = {}
    for one in ones:
        for card in one.cards:
            if card.corpus.sha256 == sha256:
                continue
            key = (card.corpus.sha256, _cut(card))
            if key not in shares:
                shares[key] = _share_seen(card, target)
            if shares[key] >= SEEN_AT_LEAST:
                notes.append(
                    f"About {shares[key]:.0%} of what is scored stands in the text that '{one.label}' learned from, "
                    f"'{card.corpus.name}': its loss says less about new text."
                )
        parent = one.cards[-1].parent if one.cards else None
        if parent is not None and parent.corpus == target.corpus.name:
            notes.append(
                f"'{one.label}' began from '{parent.label}', which learned from a text '{parent.corpus}': "
                "it may have seen what is scored."
            )
    return notes


def _share_seen(card: RunCard, target: _Target) -> float:
    """Return how much of what is scored a run learned from; none where its text isn't to be had."""
    try:
        learned = catalogue.reload(card.corpus, card.shape)
        training = learned.split(card.config.val_fraction, card.config.seed).train
    except UserError:
        return 0.0
    return share_seen(target.corpus, target.ids, learned, training)


def _left_out(ones: Sequence[_One], evaluations: Sequence[Evaluation | None]) -> list[str]:
    """Name those that don't know every character and have no symbol for the others."""
    return [
        f"'{one.label}' leaves out {sum(evaluation.unknown.values()):,} characters that it doesn't know; its loss is "
        "of the others."
        for one, evaluation in zip(ones, evaluations, strict=True)
        if evaluation is not None and evaluation.unknown and one.checkpoint.vocabulary.unknown is None
    ]


def _comparison(
    ones: Sequence[_One], target: _Target | None, evaluations: Sequence[Evaluation | None], notes: Sequence[str]
) -> Comparison:
    settled = [place for place, one in enumerate(ones) if one.cards]
    first = next((evaluation for evaluation in evaluations if evaluation is not None), None)
    cards = [ones[place].cards[0] for place in settled]
    extents = [Extent.of(card, ones[place].history) for card, place in zip(cards, settled, strict=True)]
    ladders = {one.history.started.ladder for one in ones if one.history.started is not None}
    return Comparison(
        target.corpus.name if target is not None else None,
        target.part if target is not None else "",
        first.protocol if first is not None else "",
        optimum_in(target.best) if target is not None else None,
        tuple(_compared(one, evaluation) for one, evaluation in zip(ones, evaluations, strict=True)),
        tuple(differences(cards, extents)),
        tuple(settled),
        common_ladder(ladders),
        tuple(notes),
    )


def _compared(one: _One, evaluation: Evaluation | None) -> Compared:
    training = one.checkpoint.training
    looks = tuple(Point(look.step, look.chars, look.seconds, look.loss) for look in one.history.looks if not look.final)
    over = None
    if evaluation is not None and evaluation.protocol == "carried":
        over = excess(evaluation.loss, optimum_in(evaluation.ladder))
    return Compared(
        one.label,
        str(one.checkpoint.model),
        one.checkpoint.corpus.name,
        training.step,
        training.chars,
        training.seconds,
        looks,
        _score(evaluation),
        over,
    )


def _score(found: Evaluation | None) -> Score | None:
    if found is None:
        return None
    return Score(found.chars, found.loss, found.bits_per_char, found.perplexity, found.unknown)
