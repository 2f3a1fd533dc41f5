"""The next-character panel of Sample: it follows the settings, and belongs to the network and text that are there."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from textual.app import App, ComposeResult

from rnnplay.app.widgets.bars import Bar
from rnnplay.app.widgets.expectation import Expectation
from rnnplay.engine.fake import FakeEngine
from rnnplay.engine.protocol import Expect, Expected, Open, Question, Reply, Write
from rnnplay.sampling.records import SampledChar, SampleSettings
from tests.app.made import made_run
from tests.app.test_sample_place import MIDDLE, NARROW, WIDE, Desk, keep_weights, sample


@pytest.fixture(autouse=True)
def _own_home(home: Path) -> None:
    """Let every test have a data folder of its own."""


def bars(desk: Desk) -> tuple[Bar, ...]:
    return desk.place.expectation.bars.bars


def powers(raw: list[float], temperature: float) -> list[float]:
    weights = [share ** (1 / temperature) for share in raw]
    return [weight / sum(weights) for weight in weights]


async def stopped(desk: Desk) -> None:
    await desk.written()
    await desk.until(lambda: bars(desk) and all(bar.share is not None for bar in bars(desk)))


class HeldEngine(FakeEngine):
    """A fake that holds back what is expected, while `held` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.held = False
        self.waiting: list[Question] = []
        self.free = asyncio.Event()

    async def ask(self, question: Question) -> AsyncGenerator[Reply, None]:
        if isinstance(question, Expect) and self.held:
            self.waiting.append(question)
            await self.free.wait()
        async for reply in super().ask(question):
            yield reply


# The settings


@pytest.mark.parametrize("cursor", [False, True])
async def test_the_slider_moves_the_bars_at_once_when_the_text_has_stopped(cursor: bool) -> None:
    async with sample() as desk:
        await stopped(desk)
        if cursor:
            await desk.press("up", "ctrl+home", "right")
            await desk.until(lambda: all(bar.share is not None for bar in bars(desk)))
        raw = [0.4, 0.25, 0.15, 0.1, 0.06, 0.03, 0.008, 0.002]
        text, writes, asked = desk.text, desk.asked(Write), desk.asked(Expect)
        assert [bar.raw for bar in bars(desk)] == raw[:6]
        for temperature in (0.8, 0.75, 0.7):
            assert [bar.share for bar in bars(desk)] == pytest.approx(powers(raw, temperature)[:6])
            await desk.press("minus")
        assert (desk.text, desk.asked(Write), desk.asked(Expect)) == (text, writes, asked)
        desk.place.knobs.slider.value = 0
        await desk.pilot.pause()
        assert [bar.share for bar in bars(desk)] == [1.0, 0, 0, 0, 0, 0]
        assert desk.screen.count(" cut ") == 5
        assert "1.000" in desk.screen


async def test_every_filter_cuts_where_it_is_turned_and_both_probabilities_are_told() -> None:
    async with sample() as desk:
        await stopped(desk)
        desk.place.knobs.slider.value = 1.0
        await desk.pilot.pause()
        assert "8 of 8 left" in desk.screen
        for name, typed, count in (("top_k", "1", 1), ("top_p", "0.7", 3), ("min_p", "0.3", 3)):
            field = desk.place.query_one(f"#knob-{name}")
            field.value = typed  # type: ignore[attr-defined]
            await desk.until(lambda count=count: f"{count} of 8 left" in desk.screen)  # type: ignore[misc]
            assert sum(bar.share == 0 for bar in bars(desk)) == 6 - count
            assert " cut 0.030" in desk.screen
            field.value = ""  # type: ignore[attr-defined]
            await desk.pilot.pause()
        assert "8 of 8 left" in desk.screen


async def test_at_80_by_24_the_open_bars_follow_too() -> None:
    async with sample(NARROW) as desk:
        await stopped(desk)
        await desk.press("e")
        before = desk.screen
        await desk.press("plus", "plus")
        assert "temperature 0.90" in desk.screen
        assert desk.screen.count(" 0.400") == before.count(" 0.400") == 1  # the network's own stays
        assert bars(desk)[0].share == pytest.approx(powers([0.4, 0.25, 0.15, 0.1, 0.06, 0.03, 0.008, 0.002], 0.9)[0])


async def test_side_by_side_the_bars_follow_the_temperature_of_the_column_in_which_one_is() -> None:
    async with sample(WIDE) as desk:
        await stopped(desk)
        await desk.press("equals_sign")
        await desk.until(lambda: not desk.place.sheets.running)
        for column, temperature in enumerate((0.4, 0.8, 1.2)):
            desk.place.sheets.used[column].writing.focus()
            await desk.until(lambda t=temperature: desk.place.expectation.settings.temperature == t)  # type: ignore[misc]
            await desk.until(lambda: bars(desk))


class Shown(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.expectation = Expectation()

    def compose(self) -> ComposeResult:
        yield self.expectation


async def test_of_thousands_of_characters_all_count_and_the_unknown_symbol_is_cut() -> None:
    symbols = [chr(0x4E00 + number) for number in range(5_000)]
    likeliest = (("\ufffd", 0.5), *((symbol, 0.5 / 5_000) for symbol in symbols))
    app = Shown()
    async with app.run_test(size=(40, 10)) as pilot:
        app.expectation.settings = SampleSettings(temperature=2.0)
        app.expectation.show_next(Expected(likeliest, never_drawn="\ufffd"))
        await pilot.pause()
        assert app.expectation.bars.bars[0] == Bar("\ufffd", 0.5, 0.0)
        assert [bar.share for bar in app.expectation.bars.bars[1:]] == pytest.approx([1 / 5_000] * 5)
        assert app.expectation.bars.caption == ("5,000 of 5,001 left", True)
        app.expectation.settings = SampleSettings(top_k=1)
        await pilot.pause()
        assert [bar.share for bar in app.expectation.bars.bars] == [0.0, 1.0, 0.0, 0.0, 0.0, 0.0]


async def test_a_character_that_came_and_is_cut_now_says_so() -> None:
    app = Shown()
    likeliest = (("e", 0.9), ("a", 0.1))
    async with app.run_test(size=(40, 10)) as pilot:
        app.expectation.settings = SampleSettings(temperature=0)
        app.expectation.show_at(SampledChar("a", 0.1, 3.3, 0.2, likeliest))
        assert [bar.share for bar in app.expectation.bars.bars] == [None, None]
        app.expectation.show_at(SampledChar("a", 0.1, 3.3, 0.2, likeliest), Expected(likeliest))
        await pilot.pause()
        assert app.expectation.bars.bars == (Bar("e", 0.9, 1.0), Bar("a", 0.1, 0.0))
        assert app.expectation.bars.taken == "a"


# Another network, another text


@pytest.mark.parametrize("size", [NARROW, MIDDLE])
async def test_another_network_takes_the_offer_away_and_enter_writes(size: tuple[int, int]) -> None:
    made_run("tide-lamp")
    keep_weights("tide-lamp", "best")
    async with sample(size) as desk:
        await stopped(desk)
        await desk.press("up", "b")
        await desk.until(lambda: desk.place.expectation.bars.has_focus)
        await desk.press("m")
        await desk.until(lambda: "tide-lamp" in desk.screen)
        await desk.press(*"tide", "enter")
        await desk.until(lambda: desk.asked(Write)[-1].model == "tide-lamp")
        await desk.written()
        assert desk.place.focused is desk.writing
        assert desk.place.expectation.bars.chosen is None
        assert not desk.place.has_class("bars-open")
        await desk.until(lambda: desk.asked(Expect)[-1].model == "tide-lamp")
        seed, questions = desk.asked(Write)[-1].settings.seed, len(desk.asked(Write))
        await desk.press("enter")
        await desk.until(lambda: len(desk.asked(Write)) > questions)
        assert desk.asked(Write)[-1].settings.seed != seed


async def test_while_another_network_is_opened_nothing_of_the_old_one_is_in_the_panel() -> None:
    engine = HeldEngine()
    async with sample(engine=engine) as desk:
        await stopped(desk)
        await desk.press("i")
        desk.place.prompt_input.value = "a\u2603b"
        await desk.until(lambda: desk.place.prompt_input.unknown == {1})
        await desk.press("escape", "up")
        await desk.until(lambda: bars(desk) and desk.place.expectation.bars.taken is not None)
        engine.held = True
        await desk.press("left")
        await desk.until(lambda: engine.waiting)
        engine.missing.add("gone")
        desk.app.desk.choose_model("gone", "best")
        await desk.until(lambda: "There is no 'gone'" in desk.notice)
        assert not bars(desk)
        assert not desk.place.prompt_input.unknown
        engine.free.set()  # the answer of the network before is late
        await desk.pilot.pause()
        await desk.pilot.pause()
        assert not bars(desk)
        assert isinstance(desk.asked(Open)[-1], Open)


async def test_a_late_answer_for_another_character_is_dropped() -> None:
    engine = HeldEngine()
    async with sample(engine=engine) as desk:
        await stopped(desk)
        await desk.press("up", "ctrl+home")
        await desk.until(lambda: all(bar.share is not None for bar in bars(desk)))
        engine.held = True
        await desk.press("right", "right")
        came = desk.writing.written[2]
        assert {bar.character for bar in bars(desk)} == {character for character, _ in came.alternatives}
        assert all(bar.share is None for bar in bars(desk))  # not those of the character before
        await desk.press("b")
        await desk.until(lambda: desk.place.expectation.bars.has_focus)
        engine.held = False
        engine.free.set()
        await desk.until(lambda: all(bar.share is not None for bar in bars(desk)))
        assert desk.place.expectation.bars.chosen is not None  # the answer takes no offer away


async def test_a_new_text_and_an_earlier_one_take_the_old_bars_away() -> None:
    engine = HeldEngine()
    async with sample(engine=engine) as desk:
        await stopped(desk)
        await desk.press("up", "b")
        await desk.until(lambda: desk.place.expectation.bars.has_focus)
        engine.held = True
        desk.place.action_new()
        assert not bars(desk)
        assert desk.place.expectation.bars.chosen is None
        await desk.written()
        await desk.press("up", "b")
        await desk.until(lambda: desk.place.expectation.bars.has_focus)
        desk.place.action_earlier()
        await desk.until(lambda: desk.app.screen is not desk.place)
        await desk.press("down", "enter")
        await desk.until(lambda: desk.app.screen is desk.place and not bars(desk))
        assert desk.place.expectation.bars.chosen is None


async def test_an_earlier_text_is_expected_by_the_network_that_wrote_it() -> None:
    async with sample() as desk:
        await stopped(desk)
        desk.place.prompt_input.value = "Hello"
        await desk.press("n")
        await stopped(desk)
        desk.place.prompt_input.value = ""
        desk.app.desk.choose_model("other", "last")
        await desk.until(lambda: desk.asked(Expect)[-1].model == "other")
        await desk.written()
        await desk.press("o")
        await desk.until(lambda: desk.app.screen is not desk.place)
        await desk.press("down", "enter")
        await desk.until(lambda: desk.text.startswith("Hello"))
        await desk.until(lambda: desk.asked(Expect)[-1].model == "shipped:play")
        await desk.pilot.pause(0.3)  # longer than the prompt, set by hand, would be waited for
        assert desk.asked(Expect)[-1].text == desk.text


async def test_of_two_networks_each_column_has_its_own_bars() -> None:
    made_run("tide-lamp")
    keep_weights("tide-lamp", "best")
    async with sample(WIDE) as desk:
        await stopped(desk)
        await desk.press("v")
        await desk.until(lambda: "tide-lamp" in desk.screen)
        await desk.press(*"tide", "enter")
        await desk.until(lambda: len(desk.place.sheets.used) == 2)
        await desk.until(lambda: not desk.place.sheets.running)
        for sheet, model in zip(desk.place.sheets.used, ("shipped:play", "tide-lamp"), strict=True):
            sheet.writing.focus()
            await desk.until(lambda model=model: desk.asked(Expect)[-1].model == model)  # type: ignore[misc]
            await desk.press("up")
            await desk.until(lambda: desk.place.expectation.bars.taken is not None)
            assert desk.asked(Expect)[-1].model == model
            await desk.press("escape")


async def test_where_a_network_computes_no_numbers_no_old_bars_stay() -> None:
    async with sample() as desk:
        await stopped(desk)
        desk.engine.fail("This network computes no numbers any more.", None)
        await desk.press("enter")
        await desk.until(lambda: "computes no numbers any more" in desk.notice)
        await desk.until(lambda: not desk.place.sheets.running)
        assert not bars(desk)
