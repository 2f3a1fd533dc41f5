"""A training on a terminal: alive where there is one, plain lines where there is none."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rnnplay.console.numbers import above_optimum, age, both, clock, counted, milestone, nats, real_words, short
from rnnplay.runs.compare import excess
from rnnplay.text.display import one_line, visible
from rnnplay.text.records import optimum_in
from rnnplay.training.events import Evaluated, Event, Finished, Noted, Progress, Sampled, Started
from rnnplay.training.forecast import seconds_left

REFRESHES = 4  # a second; more would take time from the training
SAMPLE_LINES = 4


class Display(Protocol):
    """Something that shows events."""

    def show(self, event: Event) -> None:
        """Show one event."""
        ...


class Silent:
    """Shows nothing."""

    def show(self, event: Event) -> None:
        """Show nothing."""


class PlainLines:
    """One line for each thing worth knowing, for logs and pipes."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._optimum: float | None = None
        self._looked_at = -1

    def show(self, event: Event) -> None:
        """Print the event, if it is worth a line."""
        if isinstance(event, Progress):
            self._progress = event
        if isinstance(event, Started):
            self._optimum = optimum_in(event.ladder)
        if isinstance(event, Evaluated):
            if event.step <= self._looked_at:  # the last pass over the best weights: the summary tells it
                return
            self._looked_at = event.step
        line = _line(event, self._progress, self._optimum)
        if line:
            print(line, file=sys.stderr, flush=True)  # noqa: T201 - standard error is what this writes to


def _line(event: Event, progress: Progress | None, optimum: float | None) -> str:
    if isinstance(event, Started):
        return headline(event)
    if isinstance(event, Noted):
        return f"note: {visible(event.text)}"
    if isinstance(event, Evaluated) and progress is None and event.step == 0:  # of a fine-tuning
        return f"{clock(event.seconds):>6}  before the first step  validation {_validation(event, optimum)}"
    if isinstance(event, Evaluated) and progress is not None:
        beaten = f"  {visible(milestone(event.milestones[-1]))}" if event.milestones else ""
        return (
            f"{clock(event.seconds):>6}  step {event.step:,}  train {nats(progress.loss)}  "
            f"validation {_validation(event, optimum)}  {counted(progress.chars_per_second)} chars/s{beaten}"
        )
    if isinstance(event, Sampled) and event.milestones and progress is not None:
        return f"{clock(progress.seconds):>6}  step {event.step:,}  {visible(milestone(event.milestones[-1]))}"
    return ""


def _validation(event: Evaluated, optimum: float | None) -> str:
    """Return a validation loss, and how far it is above the optimum where there is one."""
    over = excess(event.loss, optimum)
    return both(event.loss) if over is None else f"{both(event.loss)}, {above_optimum(over)}"


class LiveLines:
    """A bar with time left, the figures, the last milestone, and what the network writes now."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._started: Started | None = None
        self._progress: Progress | None = None
        self._evaluated: Evaluated | None = None
        self._milestone = ""
        self._sample = ""
        self._real_words: float | None = None

    def show(self, event: Event) -> None:
        """Take the event into the picture."""
        if isinstance(event, Started):
            self._started = event
            self._live.console.print(Text(headline(event)))
        elif isinstance(event, Noted):
            self._live.console.print(Text(f"note: {visible(event.text)}", style="yellow"))
        elif isinstance(event, Progress):
            self._progress = event
        elif isinstance(event, Evaluated):
            self._evaluated = event
            if event.milestones:
                self._milestone = f"{clock(event.seconds)} {visible(milestone(event.milestones[-1]))}"
        elif isinstance(event, Sampled):
            self._sample = event.prompt + event.text
            self._real_words = event.real_words if event.real_words is not None else self._real_words
            if event.milestones and self._progress is not None:
                self._milestone = f"{clock(self._progress.seconds)} {visible(milestone(event.milestones[-1]))}"
        self._live.update(self._picture())

    def _picture(self) -> Group:
        width = self._live.console.width
        parts: list[Text | Table] = [self._bar(), self._figures()]
        if self._milestone:
            parts.append(Text(self._milestone))
        lines = [one_line(line, width - 2) for line in self._sample.split("\n") if line.strip()]
        parts.extend(Text(f"  {line}", style="dim", no_wrap=True) for line in lines[:SAMPLE_LINES])
        return Group(*parts)

    def _bar(self) -> Table:
        progress = self._progress
        spent = 0.0 if progress is None else progress.spent
        row = Table.grid(padding=(0, 1), expand=True)
        row.add_column()
        row.add_column(ratio=1)
        row.add_column(justify="right")
        row.add_row(Text("training"), ProgressBar(total=1.0, completed=spent), Text(self._left(progress)))
        return row

    def _left(self, progress: Progress | None) -> str:
        if progress is None or self._started is None:
            return "starting"
        left = seconds_left(progress, self._started.config.budget)
        return "starting" if left is None else f"{clock(left)} left"

    def _figures(self) -> Text:
        progress, evaluated = self._progress, self._evaluated
        parts = []
        if progress is not None:
            parts += [f"step {progress.step:,}", f"train {nats(progress.loss)}"]
        if evaluated is not None:
            optimum = optimum_in(self._started.ladder) if self._started is not None else None
            ago = "" if progress is None else f" ({age(progress.seconds - evaluated.seconds)})"
            parts.append(f"validation {_validation(evaluated, optimum)}{ago}")
        if self._real_words is not None:
            parts.append(f"{real_words(self._real_words)} real words")
        if progress is not None:
            parts.append(f"{counted(progress.chars_per_second)} chars/s")
        return Text(" · ".join(parts), no_wrap=True, overflow="ellipsis")


def headline(started: Started) -> str:
    """Return what is trained on what, in two lines."""
    sizes, config = started.sizes, started.config
    resumed = f", from step {started.from_step:,}" if started.from_step else ""
    return visible(
        f"{one_line(started.corpus.name, 40)}: {sizes.train_chars + sizes.validation_chars:,} characters, "
        f"{sizes.vocabulary} symbols\n{config.model}, "
        f"{short(sizes.parameters)} parameters · {started.device}, {config.precision} · {config.budget}{resumed}"
    )


@contextmanager
def display(*, quiet: bool = False) -> Iterator[Display]:
    """Give what fits standard error: a live picture on a terminal, plain lines elsewhere, nothing if so wished."""
    console = Console(stderr=True, highlight=False, markup=False)
    if quiet:
        yield Silent()
    elif console.is_terminal or console.is_jupyter:
        with Live(console=console, refresh_per_second=REFRESHES, transient=True) as live:
            yield LiveLines(live)
    else:
        yield PlainLines()


def shown(events: Iterable[Event], on: Display) -> Finished | None:
    """Show every event and return the last one of a training that ended."""
    finished = None
    for event in events:
        on.show(event)
        if isinstance(event, Finished):
            finished = event
    return finished
