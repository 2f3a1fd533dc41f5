"""One run, told beside its curve."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.content import Content

from rnnplay.app.text import plain
from rnnplay.app.widgets.run_columns import STATES, state_of
from rnnplay.console.numbers import above_optimum, both, clock, decimals, milestone, short
from rnnplay.runs.compare import Extent, rate
from rnnplay.text.display import one_line

if TYPE_CHECKING:
    from rnnplay.runs.history import History
    from rnnplay.runs.overview import Glance

LABEL = 11  # cells of what a figure is called
VALUE = 60  # characters of a foreign name
SAMPLE = 400  # characters of what it wrote


def details(glance: "Glance", history: "History | None") -> Content:
    """Return a run's settings, how far it is and what it wrote last."""
    state = STATES[state_of(glance)]
    lines = [Content.assemble((one_line(glance.run.name, VALUE), "bold"), "  ", (state, "dim"))]
    if glance.card is None:
        lines.append(plain("Its run.json can't be read: it can't be shown or resumed. d moves it to the trash."))
        return Content("\n").join(lines)
    lines += [_line(label, value) for label, value in _figures(glance, history)]
    if history is not None:
        lines += _told(history)
    return Content("\n").join(lines)


def _figures(glance: "Glance", history: "History | None") -> Iterator[tuple[str, str]]:
    card = glance.card
    if card is None:
        return
    config, model = card.config, card.config.model
    started = history.started if history is not None else None
    extent = Extent.of(card, history)
    yield "budget", f"{extent.budget}; done: {clock(glance.seconds)}, {glance.step:,} steps"
    if extent.chars is not None:
        yield "chars read", f"{extent.chars:,}"
    yield "text", f"{one_line(card.corpus.name, VALUE)} ({card.corpus.kind})"
    yield "begun", time.strftime("%d %B %Y, %H:%M", time.localtime(min(max(glance.created, 0.0), 2e10)))
    size = f", {short(started.sizes.parameters)} parameters" if started is not None else ""
    yield "network", f"{model}, dropout {model.dropout:g}{size}"
    if card.parent is not None:
        parent = card.parent
        added = f", {len(parent.added)} characters added" if parent.added else ""
        told = f"'{one_line(parent.label, VALUE)}' at step {parent.step:,}, on {one_line(parent.corpus, VALUE)}{added}"
        yield "from", told
    yield "reads", f"{config.batch_size} rows of {config.seq_len}, rate {rate(config.learning_rate)}"
    best = history.best if history is not None else None
    if best is not None:
        yield "best", f"{both(best.loss)} at step {best.step:,}"
    elif glance.loss is not None:
        yield "best", both(glance.loss)
    if card.optimum is not None:
        over = f"; it is {above_optimum(glance.excess)}" if glance.excess is not None else ""
        yield "optimum", f"{decimals(card.optimum)} bits{over}"
    if history is not None and history.milestones:
        seconds, name = history.milestones[-1]
        yield "milestone", f"{one_line(milestone(name), VALUE)}, since {clock(seconds)}"


def _told(history: "History") -> Iterator[Content]:
    if history.finished is not None:
        yield Content("")
        yield plain(history.finished.summary)
    if history.samples:
        last = history.samples[-1]
        yield Content("")
        yield Content.styled(f"it wrote, at step {last.step:,}:", "dim")
        yield plain((last.prompt + last.text)[:SAMPLE])


def _line(label: str, value: str) -> Content:
    return Content.assemble((f"{label:<{LABEL}}", "dim"), plain(value))
