"""What a machine does, as tables that look right on a terminal and in an issue."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

from rnnplay.bench.records import Report, SamplingSpeed, Stage, TrainingSpeed
from rnnplay.console.numbers import clock
from rnnplay.text.display import visible

REFRESHES = 2  # a second; more would take time from what is measured
UNDISTURBED = 0.9  # of the processors' time; with less of it, the figures tell little

_LEGEND = """\
LSTMs of one layer. GFLOP/s: of what the plain algorithm needs; of peak: of
square products in that precision, with as many threads. Bound by products:
arithmetic; steps: what a step takes whatever the width; other work: gates,
conversions, weights on their way. One text reads all weights for a character:
GB/s, and its share of what is read here of as many bytes over and over."""


@contextmanager
def progress() -> Iterator[Callable[[Stage], None]]:
    """Give what shows on a terminal's standard error what is being measured, for as long as it takes."""
    console = Console(stderr=True, markup=False)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("", refresh_per_second=REFRESHES) as status:
        yield lambda stage: status.update(Text(f"{clock(stage.report.seconds)} {stage.doing}"))


def lines(report: Report) -> Iterator[str]:
    """Return what was measured in a few Markdown tables of at most 80 columns."""
    yield from _machine(report)
    if report.products:
        yield ""
        yield from _products(report)
    if report.training:
        yield ""
        training = ("training", "characters/s", "GFLOP/s", "of peak", "fastest with", "bound by")
        yield from _table(training, map(_training_row, report.training), left={0, 4, 5})
    if report.sampling:
        yield ""
        streams = report.sampling[0].streams
        writing = ("writing", "one: chars/s", "GB/s", "share", "bound by", f"{streams}: chars/s", "of peak")
        yield from _table(writing, map(_sampling_row, report.sampling), left={0, 4})
    if report.training:
        yield ""
        yield from _LEGEND.split("\n")
    if report.share_got is not None and report.share_got < UNDISTURBED:
        yield ""
        yield f"Other programs took {1 - report.share_got:.0%} of the processors: close them, and measure again."
    if not report.complete:
        yield ""
        yield f"Interrupted after {clock(report.seconds)}: not everything was measured."


def _machine(report: Report) -> Iterator[str]:
    machine = report.machine
    libraries = ", ".join((machine.capability, *machine.libraries))
    yield visible(f"rnnplay {machine.rnnplay}, Python {machine.python}, torch {machine.torch} ({libraries})")
    yield visible(f"{machine.processor}, {_count(machine.processors, 'processor')}, {machine.system}")
    if machine.gpus:
        yield visible(f"GPU: {', '.join(machine.gpus)}")
    yield visible(f"measured: {machine.device_name}; bf16 {'native' if machine.native_bf16 else 'not native'}")
    if report.memory_gigabytes_per_second is not None:
        yield f"memory is read at {report.memory_gigabytes_per_second:.1f} GB/s"
    if report.start_up is not None:
        start = report.start_up
        yield f"torch loads in {start.import_torch_seconds:.2f} s; `rnnplay --help` takes {start.help_seconds:.2f} s"


def _products(report: Report) -> Iterator[str]:
    """Return a row for each number of threads, and a column for each precision."""
    reached = {(product.threads, product.precision): product.gflops for product in report.products}
    precisions = list(dict.fromkeys(product.precision for product in report.products))
    head = ("square products", *(f"{precision} GFLOP/s" for precision in precisions))
    yield from _table(
        head,
        (
            (_with(threads) or report.machine.device, *(_rate(reached.get((threads, one))) for one in precisions))
            for threads in dict.fromkeys(product.threads for product in report.products)
        ),
        left={0},
    )


def _training_row(speed: TrainingSpeed) -> Sequence[str]:
    way = ", ".join(filter(None, (speed.precision, _with(speed.threads))))
    rate = f"{speed.characters_per_second:,.0f}"
    return (f"1x{speed.hidden_size}", rate, _rate(speed.gflops), f"{speed.share_of_peak:.0%}", way, speed.bound)


def _sampling_row(speed: SamplingSpeed) -> Sequence[str]:
    return (
        f"1x{speed.hidden_size}",
        f"{speed.characters_per_second:,.0f}",
        f"{speed.read_gigabytes_per_second:.1f}",
        f"{speed.share_of_readable:.0%}",
        speed.bound,
        f"{speed.many_characters_per_second:,.0f}",
        f"{speed.share_of_peak:.0%}",
    )


def _with(threads: int | None) -> str:
    return "" if threads is None else _count(threads, "thread")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _rate(gflops: float | None) -> str:
    if gflops is None:
        return "-"
    return f"{gflops:,.0f}" if gflops >= 1000 else f"{gflops:.1f}"


def _table(head: Sequence[str], rows: Iterator[Sequence[str]], left: set[int]) -> Iterator[str]:
    """Return a Markdown table with columns of equal width; those that aren't `left` are set to the right."""
    cells = [head, *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    rule = ["-" * (width + 2) if column in left else "-" * (width + 1) + ":" for column, width in enumerate(widths)]
    for number, row in enumerate(cells):
        if number == 1:
            yield f"|{'|'.join(rule)}|"
        padded = (
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield f"| {' | '.join(padded)} |"
