"""The app as a person sits before it: a real terminal, a real engine, real trainings, and hostile hands."""

import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from rnnplay import places
from rnnplay.app.state import State, state_path
from rnnplay.runs import folder, log
from rnnplay.runs.folder import Run
from rnnplay.sampling.records import SampleSettings
from rnnplay.training.events import Progress
from tests.journeys.terminal import PATIENCE, Terminal, app

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")

WRITTEN = r"[1-9]\d* / 600"  # under a text that is being written


@pytest.fixture(autouse=True)
def no_training_is_left(home: Path) -> Iterator[None]:
    """End the trainings that a test leaves, for they outlive the app."""
    home.mkdir()
    yield
    for run in folder.all_runs():
        if run.is_training():
            killed(run)


def killed(run: Run) -> None:
    owner = run.owner()
    assert owner is not None
    with suppress(ProcessLookupError):
        os.kill(owner.pid, signal.SIGKILL)


def engine_of(terminal: Terminal) -> int:
    """Return the process of an app's engine."""
    for place in Path("/proc").iterdir():
        with suppress(OSError, IndexError):
            if b"rnnplay.engine" in (place / "cmdline").read_bytes():
                parent = (place / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1]
                if int(parent) == terminal.process.pid:
                    return int(place.name)
    return 0


def step_of(run: Run) -> int:
    return max((event.step for event in log.tail(run.events) if isinstance(event, Progress)), default=0)


def go_to_field(terminal: Terminal, says: str) -> None:
    """Go to the field above, and wait for what it says of itself: what is typed sooner would go elsewhere."""
    terminal.press("up")
    terminal.sees(says)


def begin(terminal: Terminal, name: str, unit: str, amount: str) -> Run:
    """Set up a training of a narrow network in the form, start it, and return its run once it trains."""
    terminal.press("f3")
    terminal.sees("F3 TRAIN")
    terminal.sees("[Ee]nter starts")
    go_to_field(terminal, "What the run and its folder are called")
    terminal.press(*name)
    terminal.sees(f"name +{name}")
    go_to_field(terminal, "gives way to other programs")
    go_to_field(terminal, "Where it is computed")
    go_to_field(terminal, "What the budget counts")
    while not re.search(f"\u25cf{unit}", terminal.text):
        terminal.press("right")
        terminal.sees_no("\u25cfminutes")
    go_to_field(terminal, "How long")
    terminal.press("end", "ctrl+u")
    terminal.sees("budget +minutes|budget +.minutes")
    terminal.press(*amount)
    terminal.sees(rf"budget +{amount} ")
    for says in (
        "The learning rate",
        "Share of a layer's outputs",
        "Rows of the text",
        "Truncated",
        "Units of a layer:",
    ):
        go_to_field(terminal, says)
    terminal.press(*"32")  # the field is empty: its width would be chosen
    terminal.sees("width +32 ")
    terminal.press("enter")
    run = Run(places.runs_folder() / name)
    terminal.until(lambda: step_of(run), "a step of the training")
    return run


def leave(terminal: Terminal) -> None:
    terminal.press("ctrl+q")
    assert terminal.ends() == 0


def test_from_the_first_words_to_a_network_of_one_s_own_that_is_found_again(tmp_path: Path) -> None:
    with app(columns=100, rows=30) as terminal:
        terminal.sees("play .* lstm")  # a network that ships is there, and writes
        terminal.sees(WRITTEN)
        terminal.press("f2")
        terminal.sees("F2 CORPUS")
        terminal.press(*"house")
        terminal.sees("Quince Hall")
        terminal.press("enter")
        terminal.sees("text +household")
        begin(terminal, "own", "steps", "100")
        terminal.sees("own")
        terminal.until(lambda: not folder.named("own").is_training(), "the end of the training")
        terminal.press("f3")
        terminal.sees("s sample")
        terminal.press("s")
        terminal.sees("own . household . lstm")
        terminal.sees(WRITTEN)
        leave(terminal)
    assert not (tmp_path / "home" / "fault.log").exists()
    with app(columns=100, rows=30) as terminal:
        terminal.sees("own . household . lstm")  # it writes with what one wrote with last
        terminal.sees(WRITTEN)
        terminal.press("f5")
        terminal.sees("own +household")
        leave(terminal)


def test_a_training_goes_on_without_the_app_and_is_found_by_the_next() -> None:
    with app() as terminal:
        terminal.sees(WRITTEN)
        run = begin(terminal, "long", "minutes", "600")
        terminal.sees("training long")
        terminal.press("ctrl+q")
        terminal.sees("'long' is being trained")
        terminal.press("k")
        assert terminal.ends() == 0
    assert run.is_training()
    step = step_of(run)
    with app() as terminal:
        terminal.sees("training long")
        terminal.until(lambda: step_of(run) > step, "a later step")
        terminal.press("ctrl+q")
        terminal.sees("'long' is being trained")
        terminal.press("s")
        assert terminal.ends() == 0
    assert not run.is_training()
    assert log.tail(run.events)[-1].__class__.__name__ == "Finished"


def test_an_engine_that_is_killed_in_the_middle_of_a_text_is_told_of_and_started_again(home: Path) -> None:
    long = State(sampling=SampleSettings(length=500_000), pace="reading")
    state_path().write_bytes(msgspec.json.encode(long))
    with app() as terminal:
        terminal.sees(r"[1-9]\d* / 500,?000")
        first = engine_of(terminal)
        os.kill(first, signal.SIGKILL)
        terminal.sees(r"The engine was killed \(SIGKILL\)")
        terminal.press("ctrl+r")
        terminal.sees_no("SIGKILL")
        terminal.until(lambda: engine_of(terminal) not in {0, first}, "another engine")
        before = terminal.sees(r"(\d[\d,]*) / 500,?000").group(1)
        terminal.until(lambda: terminal.sees(r"(\d[\d,]*) / 500,?000").group(1) != before, "more text")
        leave(terminal)
    assert not (home / "fault.log").exists()


def test_a_training_that_is_killed_is_told_of_and_gone_on_with() -> None:
    with app() as terminal:
        terminal.sees(WRITTEN)
        run = begin(terminal, "long", "minutes", "600")
        terminal.sees("training long")
        killed(run)
        terminal.sees("c goes on from where it was last saved")
        terminal.press("c")
        terminal.until(run.is_training, "the training")
        terminal.sees("training long")
        step = step_of(run)
        terminal.until(lambda: step_of(run) > step, "a later step")
        terminal.press("x")
        terminal.until(lambda: not run.is_training(), "the end of the training")
        terminal.sees("s sample")
        leave(terminal)


def vanishes(process: int) -> bool:
    """Wait until a process is no more; one that nobody has taken note of counts as gone."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if not Path(f"/proc/{process}/cmdline").read_bytes():
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


def test_a_terminal_that_is_closed_leaves_the_training_and_no_engine() -> None:
    with app() as terminal:
        terminal.sees(WRITTEN)
        run = begin(terminal, "long", "minutes", "600")
        engine = engine_of(terminal)
        terminal.hang_up()
        terminal.ends()
    assert run.is_training()
    assert vanishes(engine)


def test_an_app_that_is_told_to_end_gives_the_terminal_back_and_leaves_no_engine() -> None:
    with app() as terminal:
        terminal.sees(WRITTEN)
        engine = engine_of(terminal)
        assert not terminal.is_sane
        terminal.process.terminate()
        assert terminal.ends() == 128 + signal.SIGTERM
        assert terminal.is_sane
    assert vanishes(engine)
