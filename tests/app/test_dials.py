"""Generated texts in Corpus: their optimum, and turning their dials."""

import re
from functools import partial
from math import log2
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot
from textual.widgets import Input

from rnnplay.app import dials
from rnnplay.app.app import Playground
from rnnplay.app.place import Place
from rnnplay.app.screens.corpus import CorpusPlace
from rnnplay.app.screens.corpus_dials import TurnDials
from rnnplay.app.widgets.dial_field import DialField
from rnnplay.app.widgets.ladder import Ladder
from rnnplay.app.widgets.preview import Preview
from rnnplay.app.widgets.text_list import Search
from rnnplay.engine.fake import LADDER, FakeEngine
from rnnplay.engine.protocol import Describe
from rnnplay.errors import UserError
from rnnplay.text import generated
from rnnplay.text.own import mine
from rnnplay.text.records import Baseline
from tests.app.corpus_place import highlighted, listed, opened, said, told, words
from tests.app.made import playground
from tests.app.text_engine import TextEngine
from tests.app.waiting import eventually

SIZES = [(80, 24), (160, 50)]

pytestmark = pytest.mark.usefixtures("home")


def of_perfection(bits: float = 1.5) -> FakeEngine:
    """Return an engine that knows the optimum of every text."""
    engine = FakeEngine()
    engine.ladder = (*LADDER, Baseline("optimum", bits))
    return engine


async def seek(pilot: Pilot[Any], name: str) -> CorpusPlace:
    """Go to a text of the list."""
    place = await opened(pilot)
    place.query_one(Search).value = name
    await eventually(pilot, lambda: highlighted(place) == name)
    return place


async def turning(pilot: Pilot[Any], name: str) -> TurnDials:
    """Open the dials of a text."""
    await seek(pilot, name)
    await pilot.press("colon")
    await eventually(pilot, lambda: isinstance(pilot.app.screen, TurnDials) and pilot.app.screen.query("#lines"))
    assert isinstance(pilot.app.screen, TurnDials)
    return pilot.app.screen


async def turn(pilot: Pilot[Any], dialog: TurnDials, dial: str, number: str) -> None:
    """Type a dial's number."""
    field = dialog.query_one(f"#dial-{dial}", DialField)
    field.focus()
    await pilot.pause()
    field.value = ""
    await pilot.press(*number)
    await eventually(pilot, lambda: field.value == number)


def is_said(app: Playground, selector: str, words: str) -> bool:
    return words in said(app, selector)


def beginning(dialog: TurnDials) -> list[str]:
    return dialog.query_one("#lines", Preview).text.splitlines()


# In the list


async def test_an_example_and_the_dials_are_there_before_the_engine_is() -> None:
    engine = FakeEngine()
    engine.may_start.clear()
    app = playground(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await seek(pilot, "wolf-or-dog")
        await eventually(pilot, lambda: "distractors 8 · seed 0 · size 500,000" in words(app))
        assert "fox bear ridge path ? wolf" in words(app)
        engine.may_start.set()
        await eventually(pilot, lambda: "lorem" in words(app))


@pytest.mark.parametrize("size", SIZES)
async def test_a_perfect_network_stands_below_all_tables_with_a_mark_of_its_own(size: tuple[int, int]) -> None:
    app = playground(of_perfection())
    async with app.run_test(size=size) as pilot:
        place = await seek(pilot, "lag")
        await told(pilot, place, "lag")
        ladder = place.query_one(Ladder)
        await eventually(pilot, lambda: ladder.region.height == 8)
        assert place.region.contains_region(ladder.region)
        *tables, perfect = str(ladder.render()).splitlines()
        assert "perfect" in perfect
        assert "◆" in perfect
        assert "1.50" in perfect
        assert not any("◆" in table or "┄" in table for table in tables)
        assert re.search(r"tables lack +0\.90 bits|0\.90 bits", words(app))  # the best table has 2.40
        assert ("+0.90" in words(app)) == (size == SIZES[1])


async def test_a_text_whose_optimum_nobody_knows_has_no_perfect_network() -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        await told(pilot, place, "play")
        assert "perfect" not in words(app)
        assert "lack" not in words(app)
        assert place.query_one(Ladder).region.height == 7


async def test_only_a_generated_text_has_dials() -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        assert ": dials" not in words(app)
        await pilot.press("colon", "ctrl+t")
        await pilot.pause()
        assert app.screen is place
        await pilot.press("shift+down", "shift+down")
        await eventually(pilot, lambda: ": dials" in words(app))


# Turning


@pytest.mark.parametrize("size", SIZES)
async def test_every_dial_is_there_with_what_it_does_and_where_it_goes(size: tuple[int, int]) -> None:
    app = playground()
    async with app.run_test(size=size) as pilot:
        dialog = await turning(pilot, "copy")
        fields = {field.dial.name: field.value for field in dialog.query(DialField)}
        assert fields == {"shortest": "3", "longest": "12", "letters": "8", "seed": "0", "size": "500,000"}
        assert "different letters (1 to 26)" in words(app)
        assert "shortest: from 1 to 100, 3 by default" in words(app)
        for widget in (*dialog.query(DialField), dialog.query_one("#lines"), dialog.query_one("#take")):
            assert widget.region.area
            assert dialog.region.contains_region(widget.region)
        assert dialog.query_one("#lines").region.height >= 3


async def test_the_arrows_lead_to_the_name_and_back() -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await turning(pilot, "sums")
        await pilot.press("down")
        assert "1: the sum's digits from the right, the ones first · reversed: from 0" in words(app)
        await pilot.press("down", "down", "down")
        assert dialog.focused is dialog.query_one("#name")
        await pilot.press("up")
        assert dialog.focused is dialog.query_one("#dial-size")


async def test_lines_and_optimum_follow_the_dials() -> None:
    app = playground(TextEngine(reads=True))
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await turning(pilot, "lag")
        await eventually(pilot, lambda: re.match("[xyz][ab]{12}[XYZ]\n", dialog.query_one("#lines", Preview).text))
        for distance in (3, 9):
            await turn(pilot, dialog, "distance", str(distance))
            best = (log2(3) + distance) / (distance + 3)  # the first letter, then each between; the rest is certain
            told = f"lag:distance={distance}\noptimum {best:.3f} bits per character · 9 symbols"
            await eventually(pilot, partial(is_said, app, "#outcome", told))
            assert all(re.fullmatch(rf"[xyz][ab]{{{distance}}}[XYZ]", line) for line in beginning(dialog))


async def test_another_seed_is_another_text() -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await turning(pilot, "sums")
        await eventually(pilot, lambda: len(beginning(dialog)) > 5)
        before = beginning(dialog)
        await turn(pilot, dialog, "seed", "1")
        await eventually(pilot, lambda: beginning(dialog) != before)
        assert len({line.count("=") for line in beginning(dialog)}) == 1


async def test_keys_and_wheel_turn_a_dial_within_its_ends() -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await turning(pilot, "brackets")
        field = dialog.query_one("#dial-kinds", DialField)
        for key, number in (("minus", "3"), ("plus", "4"), ("plus", "4"), ("pagedown", "1"), ("pageup", "4")):
            await pilot.press(key)
            await pilot.pause()
            assert field.value == number
        await pilot.press("down", "down", "plus", "down", "plus", "pagedown", "up", "up", "x", "plus")
        values = [field.value for field in dialog.query(DialField)]
        assert values == ["4", "9", "1", "1000"]


@given(st.sampled_from([dial for one in generated.GENERATORS for dial in one.dials]), st.data())
def test_a_turn_stays_within_the_ends_and_can_be_turned_back(dial: generated.Dial, data: st.DataObject) -> None:
    value = data.draw(st.integers(dial.least, dial.most))
    up, down = dials.turned(dial, value, 1), dials.turned(dial, value, -1)
    assert dial.least <= down <= value <= up <= dial.most
    assert up > value or value == dial.most
    assert down < value or value == dial.least
    assert dials.read(dial, dials.shown(up)) == up


@pytest.mark.parametrize("typed", ["", "x", "-1", "1.5", "٣", "9" * 18, "0", "nan", "1e3"])
def test_what_is_no_place_of_a_dial_is_a_sentence(typed: str) -> None:
    with pytest.raises(UserError, match=r"^(A whole number, like 12|From 1 to 500)\.$"):
        dials.read(generated.named("lag").own[0], typed)


async def test_a_wrong_dial_is_told_beside_it_and_takes_nothing() -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await turning(pilot, "lag")
        await turn(pilot, dialog, "distance", "501")
        await eventually(pilot, lambda: "✗ From 1 to 500." in words(app))
        await pilot.press("enter", "ctrl+o")
        await pilot.pause()
        assert app.screen is dialog
        assert app.desk.corpus == "play"
        await turn(pilot, dialog, "distance", "500")
        await eventually(pilot, lambda: "✗" not in words(app))


async def test_dials_that_contradict_each_other_are_told() -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await turning(pilot, "copy")
        await turn(pilot, dialog, "shortest", "20")
        await eventually(pilot, lambda: "shortest=20 above longest=12" in said(app, "#told"))
        assert "out of order" in said(app, "#outcome")
        await turn(pilot, dialog, "longest", "20")
        await eventually(pilot, lambda: "copy:shortest=20,longest=20" in said(app, "#outcome"))


async def test_the_engine_is_asked_for_no_more_than_the_optimum_of_a_text_of_usual_length() -> None:
    engine = of_perfection(0.75)
    app = playground(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await turning(pilot, "lag")
        await turn(pilot, dialog, "distance", "40")
        await turn(pilot, dialog, "size", "100000000")
        await eventually(pilot, lambda: "no optimum" in said(app, "#outcome"))  # it comes first, and the fake's last
        assert "lag:distance=40,size=100000000" in said(app, "#outcome")
        asked = [question.corpus for question in engine.asked if isinstance(question, Describe)]
        assert asked[-1] == "lag:distance=40"
        assert Describe("lag:distance=40") in engine.left


@pytest.mark.parametrize("trouble", ["no [b]memory", None])
async def test_an_engine_that_can_not_tell_the_optimum_is_a_sentence(trouble: str | None) -> None:
    engine = FakeEngine()
    app = playground(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await turning(pilot, "lag")
        if trouble is None:
            engine.die("The engine was [killed].")
        else:
            engine.fail(trouble, Describe)
        await turn(pilot, dialog, "distance", "40")
        wanted = trouble or "The engine was [killed]. ctrl+r"
        await eventually(pilot, lambda: wanted in said(app, "#outcome"))


# Taking and keeping


async def test_enter_takes_the_turned_text_to_train_and_it_is_listed_then() -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        await turning(pilot, "lag")
        await pilot.press("plus", "enter")
        await eventually(pilot, lambda: isinstance(app.screen, Place) and app.screen.NAME == "train")
        assert app.desk.corpus == "lag:distance=13"
        await pilot.press("f2")
        place = app.screen
        assert isinstance(place, CorpusPlace)
        place.query_one(Search).value = ""
        await eventually(pilot, lambda: listed(place)[0] == "lag:distance=13" == highlighted(place))
        assert "● lag:distance=13" in words(app)
        await pilot.press("colon")
        await eventually(pilot, lambda: isinstance(app.screen, TurnDials))
        assert app.screen.query_one("#dial-distance", Input).value == "13"


@pytest.mark.parametrize("key", ["enter", "ctrl+o"])
async def test_a_turned_text_is_kept_under_a_name(key: str) -> None:
    app = playground(TextEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await turning(pilot, "lag")
        await turn(pilot, dialog, "seed", "7")
        await pilot.press("down", "tab", *"far", key)
        await eventually(pilot, lambda: isinstance(app.screen, CorpusPlace))
        assert isinstance(app.screen, CorpusPlace)
        await told(pilot, app.screen, "far")
        kept = mine.all_mine()["far"]
        assert (kept.kind, kept.location) == ("generated", "lag:seed=7")
        assert app.desk.corpus == "play"
        await pilot.press("colon")
        await eventually(pilot, lambda: isinstance(app.screen, TurnDials))
        assert app.screen.query_one("#dial-seed", Input).value == "7"
        await pilot.press("escape", "ctrl+d")
        await eventually(pilot, lambda: "It can be generated again." in words(app))


async def test_a_name_that_is_taken_is_told_and_nothing_is_kept() -> None:
    app = playground(TextEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await turning(pilot, "lag")
        dialog.query_one("#name", Input).focus()
        await pilot.press(*"play", "enter")
        await eventually(pilot, lambda: "There is a text 'play' already" in said(app, "#told"))
        await pilot.press("escape")
        await eventually(pilot, lambda: isinstance(app.screen, CorpusPlace))
        assert mine.all_mine() == {}
