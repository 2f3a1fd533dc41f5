"""`rnnplay bench`: what this machine does, in a minute."""

from typing import Annotated

import typer

from rnnplay.cli import options


def bench(
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    hidden: Annotated[
        list[int] | None,
        typer.Option(help="Units of a network to measure (repeatable). Default: 128, 256, 384, 512 and 1024."),
    ] = None,
    json: options.Json = False,
) -> None:
    """Measure for about a minute how fast this machine trains and writes, and what bounds it.

    The tables can be pasted into an issue: they name neither this machine nor you. Close other programs before: they
    take from what is measured. Ctrl-C ends it early, and prints what was measured till then.
    """
    import msgspec

    from rnnplay.bench.measuring import WIDTHS, measured
    from rnnplay.console import bench as shown

    stages = measured(device, hidden or WIDTHS)
    report = next(stages).report
    try:
        with shown.progress() as show:
            for stage in stages:
                report = stage.report
                show(stage)
    except KeyboardInterrupt:
        pass  # what was measured till then is printed
    for line in [msgspec.json.encode(report).decode()] if json else shown.lines(report):
        options.put(line)
    if not report.complete:
        raise typer.Exit(130)
