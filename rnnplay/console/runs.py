"""One run, told in lines."""

import math
import time
from collections.abc import Iterator, Sequence

from rnnplay.console.numbers import above_optimum, both, clock, decimals, milestone
from rnnplay.runs.compare import Extent
from rnnplay.runs.folder import LATEST, Parent, Run
from rnnplay.runs.history import History
from rnnplay.runs.status import Status
from rnnplay.text.display import one_line, visible
from rnnplay.training.events import Evaluated, Event, Finished, Sampled, Started
from rnnplay.training.processors import threads_in_words


def run_lines(run: Run, status: Status, events: Sequence[Event]) -> Iterator[str]:
    """Tell a run's settings, its evaluations, how it ended and what it wrote last."""
    card = run.card()
    config, model = card.config, card.config.model
    yield f"{run.name}: {status.state}, step {status.step:,}, {clock(status.seconds)}"
    history = History()
    history.take(events)
    extent = Extent.of(card, history)
    read = "" if extent.chars is None else f"; {extent.chars:,} characters read"
    yield f"budget        {extent.budget}{read}"
    yield f"folder        {run.folder}"
    yield f"begun         {time.strftime('%Y-%m-%d %H:%M', time.localtime(min(max(card.created, 0.0), LATEST)))}"
    name, kind, sha256 = (one_line(told, 60) for told in (card.corpus.name, card.corpus.kind, card.corpus.sha256[:12]))
    yield f"text          {name} ({kind}, {card.shape}) {sha256}"
    if card.optimum is not None:
        over = "" if status.excess is None else f"; this run is {above_optimum(status.excess)}"
        yield f"optimum       {decimals(card.optimum)} bits per character{over}"
    if card.parent is not None:
        yield f"begun from    {_parent(card.parent)}"
    context = f", {model.context} characters of context" if model.context else ""
    yield f"network       {model}, embedding {model.embedding_size}, dropout {model.dropout:g}{context}"
    yield (
        f"training      {config.batch_size} rows of {config.seq_len}, rate {config.learning_rate:g}, "
        f"{config.device}, {config.precision}, {threads_in_words(config.threads)}, seed {config.seed}"
    )
    yield f"versions      {one_line(', '.join(f'{name} {version}' for name, version in card.versions.items()), 200)}"
    yield from _evaluations(events)
    for event in events:
        if isinstance(event, Finished):
            yield visible(event.summary)
    samples = [event for event in events if isinstance(event, Sampled)]
    if samples:
        yield f"\nat step {samples[-1].step:,} it wrote:\n"
        yield visible(samples[-1].prompt + samples[-1].text)


def _parent(parent: Parent) -> str:
    learned = f", which had learned from {one_line(parent.corpus, 40)}" if parent.corpus else ""
    return f"{one_line(parent.label, 60)} at step {parent.step:,}{learned}"


def _evaluations(events: Sequence[Event]) -> Iterator[str]:
    ladder = next((event.ladder for event in reversed(events) if isinstance(event, Started)), ())
    for event in events:
        if isinstance(event, Evaluated):
            beaten = f"  {visible(milestone(event.milestones[-1]))}" if event.milestones else ""
            kind = "an estimate" if event.estimate else "the whole validation text"
            yield f"{clock(event.seconds):>12}  step {event.step:>6,}  {both(event.loss)}, {kind}{beaten}"
        elif isinstance(event, Sampled) and event.milestones:
            yield f"{'':>12}  step {event.step:>6,}  {visible(milestone(event.milestones[-1]))}"
    if ladder:
        yield (
            "baselines     "
            + "  ".join(f"{one_line(one.name, 20)} {decimals(one.bits_per_char * math.log(2))}" for one in ladder)
            + " nats"
        )
