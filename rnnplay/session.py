"""A training from a text to its run folder: beginning one, going on with one, and what it says recorded on the way."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from rnnplay import places
from rnnplay.errors import UserError
from rnnplay.model import checkpoint as checkpoints
from rnnplay.model import cost
from rnnplay.model.checkpoint import Checkpoint, CorpusCard
from rnnplay.model.device import find_device
from rnnplay.runs import folder, log, names
from rnnplay.runs.folder import RUN_FORMAT, Parent, Run, RunCard
from rnnplay.runs.interruption import Inboxes, Interruption
from rnnplay.runs.model_loading import refuse_foreign
from rnnplay.runs.origin import Origin
from rnnplay.runs.requests import FolderInbox
from rnnplay.runs.store import RunStore
from rnnplay.sampling.grading import training_words
from rnnplay.sampling.presets import text_kind
from rnnplay.text import catalogue
from rnnplay.text.corpus import Corpus, Split
from rnnplay.text.measured import baselines, optimum
from rnnplay.text.records import OPTIMUM, Baseline
from rnnplay.text.vocabulary import Ids, Vocabulary
from rnnplay.training import fine_tuning, resolve, saved_state
from rnnplay.training.config import Budget, TrainingConfig
from rnnplay.training.control import Inbox
from rnnplay.training.events import Event, Finished, Noted, Sizes, Started
from rnnplay.training.live_samples import LiveSamples
from rnnplay.training.loop import train
from rnnplay.training.ranks import Ranks
from rnnplay.training.trainer import Trainer


@dataclass
class Session:
    """A training that is ready to go.

    Attributes:
        run: Where it is kept.
        budget: How long in all.
        ladder: Baselines on the same text.
        notes: What a person should know before it starts.
        samples: Draws samples, and measures the share of real words in them.
    """

    run: Run
    card: RunCard
    trainer: Trainer
    budget: Budget
    ladder: Sequence[Baseline]
    notes: tuple[str, ...]
    samples: LiveSamples

    def events(self, interrupted: Interruption | None = None) -> Iterator[Event]:
        """Train, recording every event before it is passed on.

        Raises:
            UserError: Another process trains the run, or it can't be written.
        """
        if not self.trainer.ranks.leads:
            yield from train(self.trainer, self.budget, _Nowhere())
            return
        requests = FolderInbox(self.run.control)  # before the lock: from then on one may ask
        with RunStore(self.run) as store:
            if checkpoints.training_of(self.run.checkpoint("last")).step != self.trainer.record.step:
                raise UserError(f"'{self.run.name}' was trained further meanwhile; try again.")
            inbox = Inboxes([requests, *([interrupted] if interrupted else [])])
            started = self.started()
            store.append(started)
            yield started
            for event in self._said(store, inbox):
                store.append(event)
                yield event

    def _said(self, store: RunStore, inbox: Inbox) -> Iterator[Event]:
        step = self.trainer.record.step
        yield from (Noted(step, note) for note in self.notes)
        yield from train(self.trainer, self.budget, store, inbox, self.ladder, self.samples)

    def started(self) -> Started:
        """Return the event with which this training begins."""
        trainer, card = self.trainer, self.card
        sizes = Sizes(
            len(trainer.streams.ids),
            len(trainer.validation),
            len(trainer.vocabulary),
            cost.parameters(card.config.model, len(trainer.vocabulary)),
            cost.multiply_adds(card.config.model, len(trainer.vocabulary)),
        )
        config = msgspec.structs.replace(trainer.config, budget=self.budget)
        device = resolve.device_name(trainer.config.device)
        step = trainer.record.step
        return Started(time.time(), step, config, card.corpus, sizes, device, card.versions, tuple(self.ladder))


def begin(corpus: Corpus, config: TrainingConfig, name: str | None = None) -> Session:
    """Make a run for a text and put a fresh trainer into it.

    Raises:
        UserError: A setting or the name is out of order, the text is too short, or the run can't be written.
    """
    vocabulary = Vocabulary.of_counts(corpus.alphabet, corpus.counts, config.checked().min_count)
    return _begun(corpus, config, name, _Beginning(vocabulary))


def begin_from(
    origin: Origin, corpus: Corpus, config: TrainingConfig, name: str | None = None, *, extend_vocabulary: bool = False
) -> Session:
    """Make a run that trains a checkpoint's network further, on another text: fine-tuning.

    Args:
        origin: The checkpoint. Its vocabulary is kept, and its file is only read.
        corpus: The text.
        config: Settings with the checkpoint's own network, see `config.fine_tuning`; only its dropout may be another.
        name: The run's.
        extend_vocabulary: Add the text's new characters to the vocabulary, those that stand `min_count` times.

    Raises:
        UserError: As for `begin`; or the settings are for another network.
    """
    fine_tuning.refuse_another_network(origin.checkpoint, config.checked())
    fitted = fine_tuning.fitted(origin.checkpoint, corpus, config, extend=extend_vocabulary)
    notes = (*origin.notes(corpus, config), *fitted.notes)
    parent = msgspec.structs.replace(origin.parent, added=fitted.added)
    return _begun(corpus, config, name, _Beginning(fitted.checkpoint.vocabulary, fitted.checkpoint, parent, notes))


@dataclass(frozen=True)
class _Beginning:
    """What a training begins with: a vocabulary, and for fine-tuning weights and where they are from."""

    vocabulary: Vocabulary
    checkpoint: Checkpoint | None = None
    parent: Parent | None = None
    notes: tuple[str, ...] = ()


def _begun(corpus: Corpus, config: TrainingConfig, name: str | None, beginning: _Beginning) -> Session:
    if name is not None:
        folder.checked_name(name)
    vocabulary = beginning.vocabulary
    split = corpus.split(config.val_fraction, config.seed)
    train_ids, validation = _encoded(split, corpus, vocabulary)
    ranks = Ranks.of_environment(config)
    config, notes = _settled(ranks, config, len(train_ids), len(vocabulary))
    if not len(validation):
        notes.append("Nothing is held out for validation.")
    card = CorpusCard(corpus.name, corpus.provenance.sha256)
    trainer = Trainer(config, vocabulary, train_ids, validation, card, ranks)
    if beginning.checkpoint is not None:
        trainer.start_from(beginning.checkpoint)
    kept = config if ranks.size == 1 else msgspec.structs.replace(config, device=config.device.partition(":")[0])
    run_card = RunCard(
        RUN_FORMAT,
        kept,
        corpus.provenance,
        corpus.shape,
        resolve.versions(),
        time.time(),
        _optimum(corpus, split, vocabulary),
        beginning.parent,
    )
    first = trainer.checkpoint(with_state=True)  # all processes give their part
    name = ranks.agree(name or names.new_name())

    def made() -> Run:
        content = {"run.json": msgspec.json.encode(run_card), "last.safetensors": checkpoints.to_bytes(first)}
        return folder.created(name, content) if ranks.leads else Run(places.runs_folder() / name)

    run = ranks.settled(made)
    notes = [*corpus.notes, *beginning.notes, *notes]
    samples = _samples(corpus, split, trainer)
    return Session(run, run_card, trainer, config.budget, _ladder(trainer, run_card), tuple(notes), samples)


def _optimum(corpus: Corpus, split: Split, vocabulary: Vocabulary) -> float | None:
    """Return the optimum on the validation part in bits per character, where it is known and holds for these ids.

    It doesn't where characters are folded into one or left out.
    """
    if not all(symbol in vocabulary for symbol in corpus.alphabet):
        return None
    return optimum.of(corpus, split.validation)


def _ladder(trainer: Trainer, card: RunCard) -> list[Baseline]:
    """Return the baselines on a training's text, its optimum the last; none where another process leads."""
    if not trainer.ranks.leads:
        return []
    ladder = baselines.ladder(trainer.streams.ids, trainer.validation, len(trainer.vocabulary))
    return ladder if card.optimum is None else [*ladder, Baseline(OPTIMUM, card.optimum)]


def resume(run: Run, budget: Budget | None = None, corpus: Corpus | None = None, device: str | None = None) -> Session:
    """Go on with a run exactly where it was last saved.

    Args:
        run: The run.
        budget: How long in all, if not what it was last given.
        corpus: Its text, where that can't be found again by itself.
        device: Another device than it was begun on.

    Raises:
        UserError: The budget is spent, or the text is gone or has changed.
    """
    card = run.card()
    budget = (budget or log.last_budget(run.events) or card.config.budget).checked()
    folder.refuse_training(run, "stop it first, or follow it with 'rnnplay runs watch'")
    folder.refuse_without_state(run)
    saved = _saved(run, card)
    corpus = corpus or catalogue.reload(card.corpus, card.shape)
    if corpus.provenance.sha256 != card.corpus.sha256:
        raise UserError(f"'{corpus.name}' is not the text that '{run.name}' learned from: its hash is another.")
    if corpus.shape != card.shape:
        corpus = corpus.shaped(card.shape)
    _refuse_other_vocabulary(run, card, corpus, saved.vocabulary)
    split = corpus.split(card.config.val_fraction, card.config.seed)
    train_ids, validation = _encoded(split, corpus, saved.vocabulary)
    config = card.config if device is None else msgspec.structs.replace(card.config, device=device)
    ranks = Ranks.of_environment(config)
    config, notes = _settled(ranks, config, len(train_ids), len(saved.vocabulary))
    trainer = Trainer(config, saved.vocabulary, train_ids, validation, saved.corpus, ranks)
    saved_state.refuse_unfit(run.checkpoint("last"), saved, trainer)
    trainer.load(saved.tensors, saved.state)
    trainer.best = _best(run, card, saved.vocabulary)
    ended = _ended(run)
    if ended is not None:
        _refuse_spent(run, trainer, budget, ended)
    if ended is not None and ended.reason == "patience":
        trainer.record.since_best = 0
        notes.append("It had stopped as nothing better came; its patience counts from here anew.")
    return Session(run, card, trainer, budget, _ladder(trainer, card), tuple(notes), _samples(corpus, split, trainer))


def _samples(corpus: Corpus, split: Split, trainer: Trainer) -> LiveSamples:
    kind = text_kind(corpus.provenance, corpus.shape)
    return LiveSamples(training_words(corpus, split.train), kind, trainer.config.device)


def _saved(run: Run, card: RunCard) -> Checkpoint:
    """Return a run's last checkpoint with its state.

    Raises:
        UserError: It can't be read, is of another run, or has no state.
    """
    path = run.checkpoint("last")
    saved = checkpoints.load(path, with_state=True, rows=card.config.batch_size)
    refuse_foreign(card, saved, str(path))
    if "record" not in saved.state:
        raise UserError(f"'{path}' has no state to go on from, only weights.")
    return saved


def _best(run: Run, card: RunCard, vocabulary: Vocabulary) -> Checkpoint | None:
    """Return a run's best checkpoint, None where there is none yet.

    Raises:
        UserError: It can't be read, or is of another run.
    """
    path = run.checkpoint("best")
    if not path.is_file():
        return None
    best = checkpoints.load(path)
    refuse_foreign(card, best, str(path))
    if best.vocabulary != vocabulary:
        raise UserError(f"'{path}' belongs to another run: its vocabulary is another than the last checkpoint's.")
    return best


def _refuse_other_vocabulary(run: Run, card: RunCard, corpus: Corpus, vocabulary: Vocabulary) -> None:
    """Refuse a vocabulary that the run can't have begun with: of its text, or for fine-tuning one that was extended.

    Raises:
        UserError: It is one.
    """
    if card.parent is None:
        own = vocabulary == Vocabulary.of_counts(corpus.alphabet, corpus.counts, card.config.min_count)
    else:
        own = "".join(vocabulary.symbols).endswith(card.parent.added)
    if not own:
        raise UserError(
            f"'{run.checkpoint('last')}' belongs to another run: its vocabulary isn't that of '{corpus.name}'."
        )


def _settled(ranks: Ranks, config: TrainingConfig, chars: int, symbols: int) -> tuple[TrainingConfig, list[str]]:
    """Return the leader's settings with this process's own device: a trial may come out differently on each."""
    device = find_device(config.device)

    def settle() -> tuple[TrainingConfig, list[str]]:
        settled, notes = resolve.resolved(config, chars, symbols)
        ranks.refuse_uneven(settled.batch_size)
        return settled, notes

    settled, notes = ranks.settled(settle)
    return msgspec.structs.replace(settled, device=device), notes


def _encoded(split: Split, corpus: Corpus, vocabulary: Vocabulary) -> tuple[Ids, Ids]:
    """Return both parts of a text in ids of a vocabulary."""
    return vocabulary.translate(split.train, corpus.alphabet), vocabulary.translate(split.validation, corpus.alphabet)


def _refuse_spent(run: Run, trainer: Trainer, budget: Budget, ended: Finished) -> None:
    """Refuse to go on with a run that has ended, where there is nothing left to do.

    Raises:
        UserError: Its budget is spent.
    """
    record = trainer.record
    done = {"minutes": record.seconds / 60, "steps": record.step, "epochs": trainer.streams.epochs}[budget.unit]
    if ended.reason == "budget" and ended.budget.unit == budget.unit:
        done = max(done, ended.budget.amount)  # the last pass took what was left of the minutes
    if done >= budget.amount:
        more = f", and it has had {done:.3g}" if done > 1.05 * budget.amount else ""
        raise UserError(
            f"'{run.name}' has spent its budget ({budget}{more}): give a larger one in all, "
            f"'rnnplay train --resume {run.name} --{budget.unit} {float(f'{2 * done:.3g}'):.12g}'."
        )


def _ended(run: Run) -> Finished | None:
    """Return how the run ended; None where it was killed, perhaps in its last pass, which is then done again."""
    last = next(iter(log.tail(run.events)[-1:]), None)
    return last if isinstance(last, Finished) else None


class _Nowhere:
    """The store of a process that only helps: the leader writes."""

    def save(self, checkpoint: object, name: str) -> None:
        """Keep nothing."""
