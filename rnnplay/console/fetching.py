"""A download on a terminal: a bar where there is one, nothing where there is none."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.progress import Progress as Bar

from rnnplay.text.fetched.fetching import Arrived

T = TypeVar("T")


def shown(steps: Generator[Arrived, None, T]) -> T:
    """Show a download and return what its generator returns; an interruption cancels it."""
    with closing(steps), _bar() as show:
        while True:
            try:
                show(next(steps))
            except StopIteration as end:
                result: T = end.value
                return result


@contextmanager
def _bar() -> Iterator[Callable[[Arrived], None]]:
    """Give what shows how far it is on standard error, if that is a terminal."""
    console = Console(stderr=True, highlight=False, markup=False)
    if not console.is_terminal:
        yield lambda _: None
        return
    words = TextColumn("{task.description}", markup=False)
    with Bar(
        words,
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task("fetching", total=None)

        def show(progress: Arrived) -> None:
            if bar.tasks[0].description != progress.words:
                bar.reset(task, description=progress.words)
            bar.update(task, completed=progress.bytes, total=progress.total)

        yield show
