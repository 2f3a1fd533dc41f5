"""Texts side by side in Sample: every key acts on the column in focus, and the rest on all of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.widgets import Input, OptionList

from rnnplay.app.screens.sample_help import KEYS
from rnnplay.app.screens.train import TrainPlace
from rnnplay.engine.fake import FakeEngine
from rnnplay.engine.protocol import Check, Expect, Write
from rnnplay.sampling.records import Checked
from tests.app.made import made_run
from tests.app.test_copies_place import COPIES
from tests.app.test_sample_place import MIDDLE, Desk, keep_weights, sample

# Which keys write in all columns, or set how all of them are shown and drawn; every other key acts on the one in focus.
FOR_ALL = {"write", "pause", "heat", "colder", "warmer", "pace", "prompt", "preset", "knobs", "bars"}
FOR_ONE = {
    "copies", "branch", "temperatures", "versus", "network", "again", "longest", "copy", "save", "many", "learn_on",
    "earlier", "walk_up", "walk_down", "leave",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _own_home(home: Path) -> None:
    """Let every test have a data folder of its own."""


def test_every_key_is_one_or_the_other() -> None:
    names = {str(getattr(key, "id", "")).removeprefix("sample.") for key in KEYS}
    assert names == FOR_ALL | FOR_ONE
    assert not FOR_ALL & FOR_ONE


@asynccontextmanager
async def networks(engine: FakeEngine | None = None, size: tuple[int, int] = MIDDLE) -> AsyncIterator[Desk]:
    """Compare the shipped play with a run's last weights, the second of them in focus."""
    made_run("tide-lamp")
    keep_weights("tide-lamp", "best", "last")
    async with sample(size, engine=engine) as desk:
        await desk.written()
        await choose(desk, "v", "down")
        await desk.until(lambda: len(desk.place.sheets.used) == 2 and not desk.place.sheets.running)
        await focus(desk, 1)
        yield desk


@asynccontextmanager
async def temperatures() -> AsyncIterator[Desk]:
    """Compare three temperatures, the third of them in focus."""
    async with sample((160, 50)) as desk:
        await desk.written()
        await desk.press("equals_sign")
        await desk.until(lambda: len(desk.place.sheets.used) == 3 and not desk.place.sheets.running)
        await focus(desk, 2)
        yield desk


async def choose(desk: Desk, key: str, *keys: str) -> None:
    """Open the list of networks, and take the run's best weights or, further down, its last."""
    await desk.press(key)
    await desk.until(lambda: desk.app.screen is not desk.place and "tide-lamp" in desk.screen)
    await desk.press(*"tide", *keys, "enter")
    await desk.until(lambda: desk.app.screen is desk.place)


async def focus(desk: Desk, column: int) -> None:
    sheet = desk.place.sheets.used[column]
    sheet.writing.focus()
    await desk.until(lambda: desk.place.sheets.active is sheet)


async def suggested(desk: Desk) -> str:
    """Return the name that saving suggests."""
    await desk.press("s")
    await desk.until(lambda: desk.app.screen is not desk.place)
    return desk.app.screen.query_one(Input).value


async def test_saving_names_the_file_after_the_network_whose_text_it_saves(tmp_path: Path) -> None:
    async with networks() as desk:
        text = desk.text
        assert await suggested(desk) == f"tide-lamp-last-{desk.place.settings.seed}.txt"
        desk.app.screen.query_one(Input).value = str(tmp_path / "saved.txt")
        await desk.press("enter")
        await desk.until((tmp_path / "saved.txt").exists)
        assert (tmp_path / "saved.txt").read_text(encoding="utf-8") == text
        await focus(desk, 0)
        assert (await suggested(desk)).startswith("shipped-play-")


async def test_saving_names_the_file_after_the_temperature_where_several_are_compared() -> None:
    async with temperatures() as desk:
        assert await suggested(desk) == f"shipped-play-1.20-{desk.place.settings.seed}.txt"


@pytest.mark.parametrize("ended", [False, True])
async def test_again_writes_with_the_network_in_focus(ended: bool) -> None:
    async with networks() as desk:
        first, text = desk.place.sheets.used[0].writing.text, desk.text
        if ended:
            await desk.press("escape")
            assert len(desk.place.sheets.used) == 1
        before = len(desk.asked(Write))
        await desk.press("a")
        await desk.until(lambda: len(desk.asked(Write)) > before and not desk.place.sheets.running)
        assert [(one.model, one.which) for one in desk.asked(Write)[before:]] == [("tide-lamp", "last")]
        assert desk.text == text
        assert ended or desk.place.sheets.used[0].writing.text == first


async def test_again_writes_at_the_temperature_in_focus() -> None:
    async with temperatures() as desk:
        before = len(desk.asked(Write))
        await desk.press("a")
        await desk.until(lambda: len(desk.asked(Write)) > before and not desk.place.sheets.running)
        assert [one.settings.temperature for one in desk.asked(Write)[before:]] == [1.2]


async def test_after_a_comparison_the_network_in_focus_is_the_one_that_writes_and_is_remembered() -> None:
    async with networks() as desk:
        text = desk.text
        await desk.press("escape")
        assert desk.text == text
        assert desk.app.desk.model == ("tide-lamp", "last")
        assert "tide-lamp · play" in desk.screen
        assert (await suggested(desk)).startswith("tide-lamp-last-")
        await desk.press("escape", "enter")
        await desk.until(lambda: desk.text != text)
        await desk.written()
        assert desk.asked(Write)[-1].model == "tide-lamp"


async def test_copying_and_the_command_for_many_take_the_text_in_focus() -> None:
    async with networks() as desk:
        await desk.press("y")
        assert desk.app.clipboard == desk.text
        await desk.press("w")
        assert "rnnplay sample tide-lamp" in desk.app.clipboard
        assert "--checkpoint=last" in desk.app.clipboard
    async with temperatures() as desk:
        await desk.press("w")
        assert "--temperature=1.2" in desk.app.clipboard


async def test_training_further_begins_from_the_network_in_focus() -> None:
    async with networks() as desk:
        await desk.press("f")
        await desk.until(lambda: isinstance(desk.app.screen, TrainPlace))
        origin = desk.app.desk.origin
        assert origin is not None
        assert (origin.spec, origin.which) == ("tide-lamp", "last")


async def test_the_bars_are_about_the_network_in_focus() -> None:
    async with networks() as desk:

        def last() -> tuple[str | None, str, str]:
            question = desk.asked(Expect)[-1]
            return question.model, question.which, question.text

        await desk.until(lambda: last() == ("tide-lamp", "last", desk.text))
        await focus(desk, 0)
        await desk.until(lambda: last() == ("shipped:play", "best", desk.text))
        await focus(desk, 1)
        await desk.press("i", *"Q")
        await desk.until(lambda: last() == ("tide-lamp", "last", "Q"))


async def test_the_bars_follow_from_a_cursor_to_the_other_column() -> None:
    async with networks() as desk:
        await desk.press("up")
        told = desk.place.under_cursor()
        assert told is not None
        await desk.until(lambda: desk.place.expectation.bars.taken == told.character)
        await focus(desk, 0)
        await desk.until(lambda: desk.place.expectation.bars.taken is None)
        await focus(desk, 1)
        await desk.until(lambda: desk.place.expectation.bars.taken == told.character)


async def test_the_view_of_copies_is_about_the_text_in_focus() -> None:
    engine = FakeEngine()
    async with networks(engine) as desk:
        engine.checked = Checked(COPIES)
        desk.place.sheets.used[0].unknown = "nobody knows its text"
        desk.place.sheets.used[1].checked = None
        desk.place.sheets.used[1].unknown = ""
        desk.place.check()
        await desk.until(lambda: desk.place.sheets.used[1].checked)
        assert desk.asked(Check)[-1].model == "tide-lamp"
        await desk.press("c")
        await desk.until(lambda: desk.place.novelty.shares == COPIES.new_shares)
        assert "nobody knows" not in desk.screen
        await desk.press("l")
        assert desk.writing.cursor is not None
        await focus(desk, 0)
        await desk.until(lambda: "nobody knows" in desk.screen)
        assert desk.place.sheets.used[0].writing.cursor is None


async def test_walking_and_branching_stay_in_the_column_in_focus() -> None:
    async with networks() as desk:
        first = desk.place.sheets.used[0].writing.text
        before = len(desk.asked(Write))
        await desk.press("up", "b")
        await desk.until(lambda: desk.place.expectation.bars.has_focus)
        await desk.press("down", "enter")
        await desk.until(lambda: len(desk.asked(Write)) > before)
        await desk.written()
        assert [one.model for one in desk.asked(Write)[before:]] == ["tide-lamp"]
        assert desk.place.sheets.used[0].writing.text == first


async def test_other_comparisons_begin_with_what_is_in_focus() -> None:
    async with networks() as desk:
        before = len(desk.asked(Write))
        await desk.press("equals_sign")
        await desk.until(lambda: len(desk.place.sheets.used) == 3 and not desk.place.sheets.running)
        assert {one.model for one in desk.asked(Write)[before:]} == {"tide-lamp"}
        await focus(desk, 0)
        cold = desk.place.sheets.active.settings.temperature
        before = len(desk.asked(Write))
        await choose(desk, "v")
        await desk.until(lambda: len(desk.place.sheets.used) == 2 and not desk.place.sheets.running)
        asked = [(one.model, one.which, one.settings.temperature) for one in desk.asked(Write)[before:]]
        assert asked == [("tide-lamp", "last", cold), ("tide-lamp", "best", cold)]
        assert desk.place.settings.temperature == cold


async def test_another_network_takes_the_place_of_the_one_in_focus() -> None:
    async with networks() as desk:
        await choose(desk, "m")
        await desk.until(lambda: [sheet.page and sheet.page.which for sheet in desk.place.sheets.used] == ["best"] * 2)
        assert [sheet.page and sheet.page.spec for sheet in desk.place.sheets.used] == ["shipped:play", "tide-lamp"]
        await focus(desk, 0)
        await choose(desk, "m", "down")
        await desk.until(lambda: desk.place.opened is not None and desk.place.opened.which == "last")
        await desk.until(
            lambda: [sheet.page and sheet.page.spec for sheet in desk.place.sheets.used] == ["tide-lamp"] * 2
        )


async def test_an_earlier_text_of_another_network_goes_on_with_that_network() -> None:
    async with networks() as desk:
        await desk.press("o")
        await desk.until(lambda: desk.app.screen is not desk.place)
        options = desk.app.screen.query_one(OptionList)
        lines = [str(options.get_option_at_index(place).prompt) for place in range(options.option_count)]
        options.highlighted = next(
            place for place, line in enumerate(lines) if "shipped" not in line and "tide" in line
        )
        await desk.press("enter")
        await desk.until(lambda: len(desk.place.sheets.used) == 1)
        assert (await suggested(desk)).startswith("tide-lamp-last-")
        await desk.press("escape", "a")
        await desk.written()
        assert desk.asked(Write)[-1].model == "tide-lamp"


async def test_enter_and_space_write_in_all_columns() -> None:
    async with networks() as desk:
        before = len(desk.asked(Write))
        await desk.press("enter")
        await desk.until(lambda: len(desk.asked(Write)) == before + 2 and not desk.place.sheets.running)
        assert {one.model for one in desk.asked(Write)[before:]} == {"shipped:play", "tide-lamp"}
        await desk.press("space")
        await desk.until(lambda: len(desk.asked(Write)) == before + 4)


async def test_the_column_in_focus_is_marked_also_while_a_knob_has_the_focus() -> None:
    async with networks(size=(160, 50)) as desk:
        marked = desk.place.sheets.active
        assert marked.styles.border_top[0] == "heavy"
        desk.place.knobs.slider.focus()
        await desk.pilot.pause()
        assert marked.styles.border_top[0] == "heavy"
        assert desk.place.sheets.used[0].styles.border_top[0] == "round"
        assert (await suggested(desk)).startswith("tide-lamp-last-")
        await desk.press("escape", "escape")
        await desk.until(lambda: len(desk.place.sheets.used) == 1)
        assert desk.place.sheets.active.styles.border_top[0] == "round"


async def test_a_network_that_was_chosen_elsewhere_is_shown_alone() -> None:
    async with networks() as desk:
        await desk.press("f5")
        desk.app.desk.choose_model("tide-lamp", "best")
        await desk.press("f4")
        await desk.until(lambda: len(desk.place.sheets.used) == 1)
        await desk.written()
        assert (desk.asked(Write)[-1].model, desk.asked(Write)[-1].which) == ("tide-lamp", "best")
