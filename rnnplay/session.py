"""A training from a text to its run folder: beginning one, going on with one, and what it says recorded on the way."""

import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import FrameType, TracebackType

import msgspec

from rnnplay import places
from rnnplay.errors import UserError
from rnnplay.model import checkpoint as checkpoints
from rnnplay.model import cost
from rnnplay.model.checkpoint import CorpusCard
from rnnplay.runs import folder, log, names
from rnnplay.runs.folder import RUN_FORMAT, Run, RunCard
from rnnplay.runs.requests import FolderInbox, new_id
from rnnplay.runs.store import RunStore
from rnnplay.text import baselines, catalogue
from rnnplay.text.corpus import Corpus
from rnnplay.text.records import Baseline
from rnnplay.text.vocabulary import Ids, Vocabulary
from rnnplay.training import resolve
from rnnplay.training.config import Budget, TrainingConfig
from rnnplay.training.control import Inbox, Request, Stop
from rnnplay.training.events import Event, Finished, Noted, Sizes, Started
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
    """

    run: Run
    card: RunCard
    trainer: Trainer
    budget: Budget
    ladder: Sequence[Baseline]
    notes: tuple[str, ...]

    def events(self, interrupted: "Interruption | None" = None) -> Iterator[Event]:
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
            inbox = _Inboxes([requests, *([interrupted] if interrupted else [])])
            started = self.started()
            store.append(started)
            yield started
            for event in self._said(store, inbox):
                store.append(event)
                yield event

    def _said(self, store: RunStore, inbox: Inbox) -> Iterator[Event]:
        step = self.trainer.record.step
        yield from (Noted(step, note) for note in self.notes)
        yield from train(self.trainer, self.budget, store, inbox, self.ladder)

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
    if name is not None:
        folder.checked_name(name)
    vocabulary = Vocabulary.of_counts(corpus.alphabet, corpus.counts, config.checked().min_count)
    train_ids, validation = _parts(corpus, vocabulary, config)
    ranks = Ranks.of_environment(config)
    config, notes = resolve.resolved(config, len(train_ids), len(vocabulary))
    config = _agreed(ranks, config)
    if not len(validation):
        notes.append("Nothing is held out for validation.")
    card = CorpusCard(corpus.name, corpus.provenance.sha256)
    trainer = Trainer(config, vocabulary, train_ids, validation, card, ranks)
    kept = config if ranks.size == 1 else msgspec.structs.replace(config, device=config.device.partition(":")[0])
    run_card = RunCard(RUN_FORMAT, kept, corpus.provenance, corpus.shape, resolve.versions(), time.time())
    ladder = baselines.ladder(train_ids, validation, len(vocabulary)) if ranks.leads else []
    first = trainer.checkpoint(with_state=True)
    name = ranks.agree(name or names.new_name())
    if ranks.leads:
        content = {"run.json": msgspec.json.encode(run_card), "last.safetensors": checkpoints.to_bytes(first)}
        folder.created(name, content)
    run = ranks.agree(Run(places.runs_folder() / name))
    return Session(run, run_card, trainer, config.budget, ladder, (*corpus.notes, *notes))


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
    budget = (budget or _last_budget(run) or card.config.budget).checked()
    folder.refuse_training(run, "stop it first, or follow it with 'rnnplay runs watch'")
    kept = checkpoints.load(run.checkpoint("last"), with_state=True)
    if "record" not in kept.state:
        raise UserError(f"'{run.checkpoint('last')}' has no state to go on from, only weights.")
    corpus = corpus or catalogue.reload(card.corpus, card.shape)
    if corpus.provenance.sha256 != card.corpus.sha256:
        raise UserError(f"'{corpus.name}' is not the text that '{run.name}' learned from: its hash is another.")
    if corpus.shape != card.shape:
        corpus = corpus.shaped(card.shape)
    train_ids, validation = _parts(corpus, kept.vocabulary, card.config)
    config = card.config if device is None else msgspec.structs.replace(card.config, device=device)
    ranks = Ranks.of_environment(config)
    config, notes = resolve.resolved(config, len(train_ids), len(kept.vocabulary))
    config = _agreed(ranks, config)
    trainer = Trainer(config, kept.vocabulary, train_ids, validation, kept.corpus, ranks)
    trainer.load(kept.tensors, kept.state)
    if run.checkpoint("best").is_file():
        trainer.best = checkpoints.load(run.checkpoint("best"))
    _refuse_spent(run, trainer, budget)
    ladder = baselines.ladder(train_ids, validation, len(kept.vocabulary)) if trainer.ranks.leads else []
    return Session(run, card, trainer, budget, ladder, tuple(notes))


def _agreed(ranks: Ranks, config: TrainingConfig) -> TrainingConfig:
    """Return the leader's settings with this process's own device: a trial of precisions may come out differently."""
    return msgspec.structs.replace(ranks.agree(config), device=config.device)


def _parts(corpus: Corpus, vocabulary: Vocabulary, config: TrainingConfig) -> tuple[Ids, Ids]:
    split = corpus.split(config.val_fraction, config.seed)
    return vocabulary.translate(split.train, corpus.alphabet), vocabulary.translate(split.validation, corpus.alphabet)


def _refuse_spent(run: Run, trainer: Trainer, budget: Budget) -> None:
    last = next(iter(log.tail(run.events)[-1:]), None)
    if not isinstance(last, Finished):  # it was killed, perhaps in its last pass, which is then done again
        return
    record = trainer.record
    done = {"minutes": record.seconds / 60, "steps": record.step, "epochs": trainer.streams.epochs}[budget.unit]
    if last.reason == "budget" and last.budget.unit == budget.unit:
        done = max(done, last.budget.amount)  # the last pass took what was left of the minutes
    if done >= budget.amount:
        raise UserError(
            f"'{run.name}' has spent its budget ({budget}): give a larger one in all, "
            f"'rnnplay train --resume {run.name} --{budget.unit} {2 * budget.amount:g}'."
        )


def _last_budget(run: Run) -> Budget | None:
    """Return the budget that the run was last given."""
    started = [event for event in log.read(run.events) if isinstance(event, Started)]
    return started[-1].config.budget if started else None


class _Nowhere:
    """The store of a process that only helps: the leader writes."""

    def save(self, checkpoint: object, name: str) -> None:
        """Keep nothing."""


class _Inboxes:
    """Several inboxes as one."""

    def __init__(self, inboxes: Sequence[Inbox]) -> None:
        self._inboxes = inboxes

    def poll(self) -> list[Request]:
        """Return the new requests of all."""
        return [request for inbox in self._inboxes for request in inbox.poll()]


class Interruption:
    """Ctrl-C, SIGTERM, a closed terminal: the first is a request to stop, the second raises KeyboardInterrupt."""

    def __init__(self) -> None:
        self.happened = False
        self._told = False
        self._before: dict[int, object] = {}

    def __enter__(self) -> "Interruption":
        names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # the last two are not on every platform
        numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
        self._before = {number: signal.signal(number, self._caught) for number in numbers}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _caught(self, _number: int, _frame: FrameType | None) -> None:
        if self.happened:
            raise KeyboardInterrupt
        self.happened = True

    def poll(self) -> list[Request]:
        """Return a request to stop, once, after the first signal."""
        if not self.happened or self._told:
            return []
        self._told = True
        return [Stop(new_id())]
