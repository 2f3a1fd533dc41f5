"""A training on a terminal."""

import io

import msgspec
import pytest
from rich.console import Console
from rich.live import Live

from rnnplay.console.progress import LiveLines, PlainLines
from rnnplay.training.events import Event
from tests.runs.told import evaluated, progress, sampled, started


def picture(*events: Event) -> str:
    """Return what stands below the printed lines after some events."""
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    live = Live(console=console, auto_refresh=False)
    lines = LiveLines(live)
    for event in events:
        lines.show(event)
    with console.capture() as capture:
        console.print(live.renderable)
    return capture.get()


def test_a_validation_loss_comes_with_its_age() -> None:
    told = picture(started(), progress(100), evaluated(100, 1.42), progress(220))
    assert "validation 1.420 nats (2.049 bits) (12 s ago)" in told


def test_a_milestone_of_real_words_has_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    lines = PlainLines()
    reached = msgspec.structs.replace(sampled(100), real_words=0.6, milestones=("half of its words are real",))
    for event in (started(), progress(100), sampled(100), reached):
        lines.show(event)
    assert capsys.readouterr().err.count("half of its words are real") == 1
