"""Sample tells what is copied and which lines are right: once a text stands, and never in the way."""

import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from rnnplay.app import many
from rnnplay.app.pages import Page
from rnnplay.app.widgets.bars import Bars
from rnnplay.app.widgets.novelty import Novelty
from rnnplay.cli.commands import app as command_line
from rnnplay.cli.options import unescaped
from rnnplay.engine.fake import FakeEngine
from rnnplay.engine.protocol import Check, Expect, Write
from rnnplay.sampling.records import Checked, CopyReport, Grades, LineCounts, SampleSettings
from tests.app.foreign import NASTY
from tests.app.test_app import toasts
from tests.app.test_copied import sums
from tests.app.test_sample_place import LENGTH, MIDDLE, NARROW, WIDE, Desk, check_columns, sample

SHARES = ((5, 0.125), (10, 0.5), (15, 0.75), (20, 0.9), (30, 1.0), (50, 1.0))
COPIES = CopyReport(LENGTH, 31, 300, "x" * 31, SHARES, stretches=((40, 22), (300, 31), (500, 25)))
LINES = "1+1=2\n1+1=3\n9+9=18\n"


@pytest.fixture(autouse=True)
def _own_home(home: Path) -> None:
    """Let every test have a data folder of its own."""


def engine(checked: Checked | None = Checked(COPIES), text: str | None = None) -> FakeEngine:  # noqa: B008 - frozen
    one = FakeEngine(text)
    one.checked = checked
    return one


async def told(desk: Desk) -> None:
    """Wait until a text stands and is checked."""
    await desk.written()
    await desk.until(lambda: desk.place.sheets.active.checked is not None)
    await desk.pilot.pause()


def underlined(desk: Desk) -> str:
    """Return what is underlined in the text that is in sight."""
    strips = [desk.writing.render_line(row) for row in range(desk.writing.size.height)]
    return "".join(one.text for strip in strips for one in strip if one.style is not None and one.style.underline)


async def test_when_a_text_stands_its_longest_copy_is_told() -> None:
    async with sample(engine=engine()) as desk:
        await told(desk)
        (question,) = desk.asked(Check)
        assert (question.model, question.which, question.prompt) == ("shipped:play", "best", "")
        assert question.text == desk.text
        await desk.until(lambda: "longest copy 31 characters" in desk.screen)
        await desk.press("i", *"Hm", "enter")
        await told(desk)
        last = desk.asked(Check)[-1]
        assert (last.prompt, last.prompt + last.text) == ("Hm", desk.text)


async def test_a_text_is_not_checked_while_it_is_written_and_again_when_it_has_stopped() -> None:
    async with sample(engine=engine(), pace="reading") as desk:
        await desk.until(lambda: len(desk.writing.written) > 10)
        await desk.pilot.pause(0.5)
        assert not desk.asked(Check)
        await desk.press("space")
        await desk.until(lambda: desk.asked(Check))
        assert desk.asked(Check)[-1].text == desk.text
        await desk.until(lambda: "longest copy" in desk.screen)
        await desk.press("space")
        await desk.until(lambda: "longest copy" not in desk.screen)
        checked = desk.asked(Check)
        assert len(checked) == 1


async def test_whoever_writes_on_waits_for_no_check_and_the_newest_question_wins() -> None:
    async with sample(engine=engine()) as desk:
        await desk.written()
        desk.engine.gate.clear()
        await desk.until(lambda: desk.asked(Check))
        await desk.press("i", "T")  # the answer is held back, and typing goes on
        await desk.until(lambda: desk.asked(Expect)[-1].text == "T")
        await desk.until(lambda: desk.place.expectation.bars.bars)
        await desk.press("enter")
        await desk.until(lambda: any(isinstance(one, Check) for one in desk.engine.left))
        assert desk.asked(Write)[-1].prompt == "T"
        desk.engine.gate.set()
        await told(desk)
        assert len(desk.asked(Check)) == 2
        assert desk.asked(Check)[-1].prompt == "T"


async def test_where_nobody_knows_the_training_text_nothing_is_said_but_on_request() -> None:
    async with sample(engine=engine(None)) as desk:
        await desk.written()
        await desk.until(lambda: desk.place.sheets.active.unknown)
        assert "doesn't know" not in desk.screen
        assert "copy" not in desk.screen.replace("y copy", "")
        await desk.press("l")
        assert desk.writing.cursor is None
        assert "It doesn't know its text." in desk.screen
        assert "It doesn't know its text." in desk.screen
        assert desk.place.query_one(Bars).display
        await desk.press("c", "a")
        await desk.written()


async def test_an_engine_that_dies_while_it_checks_is_started_again_and_checks_then() -> None:
    async with sample(engine=engine()) as desk:
        desk.engine.fail("Not now.", Expect)
        await desk.written()
        desk.engine.gate.clear()
        await desk.until(lambda: desk.asked(Check))
        desk.engine.fail(None)
        desk.engine.die("The engine was killed.")
        await desk.until(lambda: "The engine was killed. ctrl+r" in desk.notice)
        desk.engine.gate.set()
        await desk.press("ctrl+r")
        await told(desk)


async def test_lines_are_counted_by_their_grades() -> None:
    written = (LINES * 100)[:LENGTH]
    async with sample(WIDE, engine=engine(sums(written, held=["9+9=18"]), LINES)) as desk:
        await told(desk)
        lines = written.split("\n")[:-1]
        right, known, wrong = (lines.count(line) for line in ("1+1=2", "9+9=18", "1+1=3"))
        await desk.until(lambda: f"characters · {right} new · {known} copied · {wrong} wrong" in desk.screen)
    async with sample(NARROW, engine=engine(sums(written, held=["9+9=18"]), LINES)) as desk:
        await told(desk)
        assert f"{right} new · {known} copied · {wrong} wrong" in desk.screen
        await desk.press("equals_sign")
        await desk.until(lambda: all(sheet.checked is not None for sheet in desk.place.sheets.used))
        await desk.until(lambda: desk.screen.count(f"copy 0 · {right}✓ {known}= {wrong}✗") == 3)
        assert len(desk.asked(Check)) == 4


async def test_lines_of_a_text_without_a_rule_are_counted_by_where_they_stand() -> None:
    report = CopyReport(LENGTH, 5, 0, "1+1=2", SHARES, LineCounts(2, 0, 1))
    standing: Any = ("training", "training", "new")
    async with sample(WIDE, engine=engine(Checked(report, None, standing), LINES)) as desk:
        await told(desk)
        await desk.until(lambda: "2 in training · 0 in validation · 1 new" in desk.screen)
        await desk.press("c", "up", "ctrl+home")
        assert "= 1+1=2" in desk.screen
        assert "+ 9+9=18" in desk.screen
        assert "~ in validation" in desk.screen


@pytest.mark.parametrize("size", [NARROW, MIDDLE, WIDE])
async def test_c_underlines_what_is_copied_with_a_legend_and_the_share_of_new_text(size: tuple[int, int]) -> None:
    async with sample(size, engine=engine()) as desk:
        await told(desk)
        assert underlined(desk) == ""
        await desk.press("c", "up", "ctrl+home")
        if size != WIDE:
            await desk.press("pagedown")
        assert "copied 20 or more characters" in desk.screen
        assert "the longest: 31" in desk.screen
        desk.writing.cursor = 45
        await desk.pilot.pause()
        shown = underlined(desk).replace("↵", "\n")
        assert shown.startswith(desk.text[40:45])  # the cursor stands on the next
        await desk.press("escape")
        if size == NARROW:
            await desk.press("e")
        assert desk.place.query_one(Novelty).display
        assert "12.5%" in desk.screen
        assert "new, by length" in desk.screen
        await desk.press("c")
        await desk.until(lambda: "new, by length" not in desk.screen)
        assert "the longest: 31" not in desk.screen
        assert underlined(desk) == ""


async def test_one_thing_is_shown_at_a_time() -> None:
    async with sample(engine=engine()) as desk:
        await told(desk)
        await desk.press("c", "h")
        assert "probability" in desk.screen
        assert "the longest" not in desk.screen
        await desk.press("c")
        assert "probability" not in desk.screen
        assert "the longest" in desk.screen
        assert desk.writing.heat == "off"
        await desk.press("equals_sign")
        assert all(sheet.writing.marking for sheet in desk.place.sheets.used)


async def test_l_goes_to_the_longest_copy_and_then_to_the_next_longest() -> None:
    async with sample(engine=engine()) as desk:
        await told(desk)
        places = []
        for _ in range(4):
            await desk.press("l")
            places.append(desk.writing.cursor)
        assert places == [300, 500, 40, 300]
        assert desk.writing.marking
        assert desk.notice.startswith("copied, 31 characters · ")
        await desk.press("left")
        assert desk.notice.startswith("in no copied run of 20 characters · ")
        await desk.press("enter")  # another character can be taken here as anywhere
        await desk.until(lambda: desk.place.expectation.bars.chosen is not None)
        assert desk.place.query_one(Bars).display


async def test_the_cursor_tells_what_its_line_is_worth() -> None:
    written = (LINES * 100)[:LENGTH]
    async with sample(NARROW, engine=engine(sums(written, held=["9+9=18"]), LINES)) as desk:
        await told(desk)
        await desk.press("c", "up", "ctrl+home")
        said = []
        for _ in range(3):
            said.append(desk.notice.split(" · ")[0])
            await desk.press("down")
        assert said == ["this line is right and new", "this line is wrong", "this line is right and copied"]
        signs = [line[2:4] for line in desk.screen.splitlines()[2:5]]
        assert signs == ["✓ ", "✗ ", "= "]


async def test_a_text_without_any_copy_says_so() -> None:
    report = CopyReport(LENGTH, 0, 0, "", ())
    async with sample(engine=engine(Checked(report))) as desk:
        await told(desk)
        await desk.press("l")
        assert "Nothing of it is copied." in toasts(desk.app)
        assert "longest copy 0 characters" in desk.screen


async def test_an_earlier_text_is_checked_when_it_is_taken_back() -> None:
    async with sample(engine=engine()) as desk:
        await told(desk)
        first = desk.text
        await desk.press("enter")
        await desk.until(lambda: desk.text != first)
        await told(desk)
        await desk.press("o")
        await desk.until(lambda: desk.app.screen is not desk.place)
        await desk.press("down", "enter")
        await desk.until(lambda: desk.text == first)
        await told(desk)
        assert [question.text == first for question in desk.asked(Check)] == [True, False, True]


async def test_foreign_text_with_all_its_marks_breaks_no_columns() -> None:
    text = "".join(NASTY)
    written = (text * LENGTH)[:LENGTH]
    grades: Any = tuple((line, "wrong") for line in written.split("\n")[:-1])
    stretches = tuple((place, 30) for place in range(0, LENGTH - 30, 7))
    report = CopyReport(LENGTH, 30, 0, written[:30], SHARES, stretches=stretches)
    checked = Checked(report, Grades(0, 0, len(grades), grades))
    for size in (NARROW, MIDDLE):
        async with sample(size, engine=engine(checked, text)) as desk:
            await told(desk)
            await desk.press("c")
            check_columns(desk)
            await desk.press("l", "down", "right")
            check_columns(desk)
            await desk.press("escape", "equals_sign", "e")
            check_columns(desk)


# Many texts


@pytest.mark.parametrize(
    "page",
    [
        Page("t", "shipped:play", "best", "", SampleSettings(), ()),
        Page("t", "my run; rm -rf", "last", 'a\\n"b"\n\t$HOME', SampleSettings(80, 1.25, 5, 0.9, 0.05, 77), ()),
    ],
)
def test_the_command_for_many_texts_writes_as_the_page_was_written(page: Page) -> None:
    words = shlex.split(many.command(page))
    assert words[:2] == ["rnnplay", "sample"]
    command = get_command(command_line)
    assert isinstance(command, TyperGroup)
    told = command.commands["sample"].make_context("sample", words[2:]).params
    assert (told["run"], told["checkpoint"], told["count"], told["check_copies"]) == (page.spec, page.which, 100, True)
    assert unescaped(told["prompt"]) == page.prompt
    names = ("length", "temperature", "top_k", "top_p", "seed")
    assert [told[name] for name in names] == [getattr(page.settings, name) for name in names]
    assert told["min_p"] == (page.settings.min_p or 0)  # 0 is no filter, which the default preset has


async def test_the_command_is_handed_to_the_clipboard() -> None:
    async with sample(engine=engine()) as desk:
        await desk.written()
        await desk.press("w")
        assert desk.app.clipboard.startswith("rnnplay sample shipped:play --count=100 --check-copies --seed=0")
        assert "--length=600" in desk.app.clipboard
        assert "rnnplay sample" in toasts(desk.app)
