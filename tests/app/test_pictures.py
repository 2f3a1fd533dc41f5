"""What each place looks like, at both sizes, dark and light: compared with pictures that were looked at."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from rnnplay.app.app import Playground
from rnnplay.app.state import DARK, LIGHT, State, save_state
from rnnplay.engine.fake import FakeEngine
from rnnplay.sampling.records import Checked, CopyReport, Grades, LineCounts, SampleSettings
from rnnplay.training.config import Budget
from tests.app.made import CONFIG, course, made_run, playground, training
from tests.app.waiting import eventually

SIZES = {"80x24": (80, 24), "160x50": (160, 50)}
Compare = Callable[..., bool]


def words(app: Playground) -> str:
    """Return everything on the screen as text."""
    return "\n".join("".join(segment.text for segment in line) for line in app.screen._compositor.render_strips())


async def settled(pilot: Pilot[None]) -> None:
    """Wait until nothing on the screen has changed for a while."""
    assert isinstance(pilot.app, Playground)
    before, same = "", 0
    while same < 8:
        await pilot.pause(0.1)
        now = words(pilot.app)
        before, same = now, same + 1 if now == before else 0


@pytest.fixture
def still(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home where nothing depends on the hour, with a look that doesn't depend on the terminal."""
    for name in ("NO_COLOR", "TEXTUAL_THEME", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setattr("textual.widgets.Input.cursor_blink", False, raising=False)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", [DARK, LIGHT])
@pytest.mark.parametrize("place", ["corpus", "train", "sample", "runs"])
def test_a_place_looks_as_it_should(still: None, snap_compare: Compare, place: str, theme: str, size: str) -> None:
    form = replace(CONFIG, budget=Budget(), device="auto", threads=None, free=("layers",))
    save_state(State(theme=theme, pace="full", sampling=SampleSettings(length=300, seed=7), form=form))
    made_run("paper-boat", course(200))
    made_run("tide-lamp")

    async def arrive(pilot: Pilot[None]) -> None:
        pilot.app.switch_mode(place)
        await settled(pilot)

    assert snap_compare(playground(), terminal_size=SIZES[size], run_before=arrive)


@pytest.mark.parametrize("size", SIZES)
def test_a_training_looks_as_it_should(still: None, snap_compare: Compare, size: str) -> None:
    save_state(State())
    run = made_run("tide-lamp", course(250, end=False))

    async def arrive(pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app, Playground)
        desk = pilot.app.desk
        pilot.app.switch_mode("train")
        await eventually(pilot, lambda: desk.following is not None and desk.following.training)
        await settled(pilot)

    with training(run):
        assert snap_compare(playground(), terminal_size=SIZES[size], run_before=arrive)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_copies_and_grades_look_as_they_should(still: None, snap_compare: Compare, theme: str, size: str) -> None:
    text = "12+30=42\n7+7=15\n40+5=45\n1+90=91\n8+8=16\n66+1=68\n"
    length = 5 * len(text) + 4
    lines = "".join([text] * 5).splitlines()
    grades = tuple(zip(lines, ("new", "wrong", "copied", "new", "copied", "wrong") * 5, strict=True))
    shares = ((5, 0.04), (10, 0.31), (15, 0.7), (20, 0.9), (30, 1.0), (50, 1.0))
    stretches = ((16, 21), (135, 28), (148, 22))
    report = CopyReport(length, 28, 135, "", shares, LineCounts(8, 2, 20), stretches)
    engine = FakeEngine(text)
    engine.checked = Checked(report, Grades(10, 10, 10, grades))  # type: ignore[arg-type]
    save_state(State(theme=theme, pace="full", sampling=SampleSettings(length=length, seed=7)))

    async def arrive(pilot: Pilot[None]) -> None:
        pilot.app.switch_mode("sample")
        await settled(pilot)
        await pilot.press("c")
        await settled(pilot)

    assert snap_compare(playground(engine), terminal_size=SIZES[size], run_before=arrive)
