"""Sample: the first minute of a newcomer, every key, and what goes wrong."""

import unicodedata
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from msgspec.structs import replace
from rich.cells import cell_len
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Input, Static

from rnnplay.app.app import Playground
from rnnplay.app.pages import MOST_CHARS, MOST_PAGES, Page, Pages
from rnnplay.app.screens.sample import SamplePlace
from rnnplay.app.screens.sample_help import KEYS
from rnnplay.app.widgets.bars import Bars
from rnnplay.app.widgets.prompt import LONGEST
from rnnplay.app.widgets.writing import Writing
from rnnplay.engine import protocol
from rnnplay.engine.fake import FakeEngine
from rnnplay.engine.protocol import Asked, Expect, Question, Write
from rnnplay.sampling.presets import Preset, with_preset
from rnnplay.sampling.records import SampledChar, SampleSettings
from tests.app.foreign import NASTY, foreign_text
from tests.app.made import made_run, playground
from tests.app.test_app import toasts, words
from tests.app.waiting import eventually

NARROW, MIDDLE, WIDE = (80, 24), (100, 30), (160, 50)
LENGTH = 600

Kind = TypeVar("Kind", bound=Question)


class Desk:
    """A playground in Sample, and what a test wants to know of it."""

    def __init__(self, app: Playground, engine: FakeEngine, pilot: Pilot[Any]) -> None:
        self.app, self.engine, self.pilot = app, engine, pilot
        assert isinstance(app.screen, SamplePlace)
        self.place = app.screen

    @property
    def writing(self) -> Writing:
        return self.place.sheets.active.writing

    @property
    def text(self) -> str:
        return self.writing.text

    @property
    def notice(self) -> str:
        return str(self.place.notice.render())

    @property
    def screen(self) -> str:
        return words(self.app)

    def asked(self, kind: type[Kind]) -> list[Kind]:
        return [question for question in self.engine.asked if isinstance(question, kind)]

    async def until(self, happened: Callable[[], object]) -> None:
        await eventually(self.pilot, happened)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def written(self) -> None:
        """Wait until all is written."""
        await self.until(lambda: self.writing.written and not self.place.sheets.running)


@asynccontextmanager
async def sample(
    size: tuple[int, int] = MIDDLE, *, pace: str = "full", engine: FakeEngine | None = None
) -> AsyncIterator[Desk]:
    engine = engine or FakeEngine()
    app = playground(engine)
    app.desk.remember(pace=pace, sampling=SampleSettings(length=LENGTH))
    async with app.run_test(size=size) as pilot:
        desk = Desk(app, engine, pilot)
        await pilot.pause()
        yield desk


@pytest.fixture(autouse=True)
def _own_home(home: Path) -> None:
    """Let every test have a data folder of its own."""


# The first minute


async def test_a_newcomer_sees_text_being_written_with_the_temperature_under_the_hand() -> None:
    async with sample(pace="reading") as desk:
        await desk.until(lambda: len(desk.writing.written) > 5)
        assert desk.place.focused is desk.place.knobs.slider
        assert desk.text[:5] in desk.screen
        assert "F3 trains a network of your own on 'play'" in desk.screen
        await desk.press("f3")
        assert desk.app.screen is not desk.place


async def test_meanwhile_it_says_that_the_engine_is_starting() -> None:
    engine = FakeEngine()
    engine.may_start.clear()
    async with sample(engine=engine) as desk:
        assert "starting the engine" in desk.screen
        assert not desk.writing.written
        engine.may_start.set()
        await desk.written()
        await desk.until(lambda: "starting the engine" not in desk.screen)


async def test_text_appears_at_a_pace_that_one_can_read_and_the_engine_is_not_waited_for() -> None:
    async with sample(pace="slow") as desk:
        await desk.until(lambda: len(desk.writing.written) > 3)
        stream = desk.place.sheets.active.stream
        assert stream is not None
        await desk.until(lambda: stream.ended)
        assert 3 < len(desk.writing.written) < LENGTH / 2
        await desk.press("p", "p", "p")
        assert desk.app.desk.state.pace == "full"
        await desk.written()
        assert len(desk.writing.written) == LENGTH


async def test_figures_tell_how_much_is_written_and_how_surprising_it_was() -> None:
    async with sample() as desk:
        await desk.written()
        mean = sum(told.surprisal for told in desk.writing.written) / LENGTH
        await desk.until(lambda: f"600 / 600 · {mean:.2f} bits/char" in desk.screen)


# Writing


async def test_enter_writes_with_a_new_seed_and_again_with_the_same() -> None:
    async with sample() as desk:
        await desk.written()
        first = desk.text
        await desk.press("a")
        await desk.written()
        assert desk.text == first
        await desk.press("enter")
        await desk.written()
        assert desk.text != first
        await desk.press("n")
        await desk.written()
        seeds = [question.settings.seed for question in desk.asked(Write)]
        assert seeds[0] == seeds[1] == 0
        assert len(set(seeds[1:])) == 3
        assert desk.app.desk.state.sampling.seed == seeds[-1]


async def test_space_stops_and_writes_on_as_if_it_had_never_stopped() -> None:
    async with sample() as desk:
        await desk.written()
        whole = desk.text
    async with sample(pace="reading") as desk:
        await desk.until(lambda: len(desk.writing.written) > 10)
        await desk.press("space")
        stopped = desk.text
        assert "stopped · space writes on" in desk.notice
        await desk.pilot.pause(0.2)
        assert desk.text == stopped
        await desk.press("p", "p", "space")
        await desk.written()
        question = desk.asked(Write)[-1]
        assert (question.written, question.settings.length) == (stopped, LENGTH - len(stopped))
        assert desk.text == whole
        await desk.press("space")
        await desk.written()
        assert len(desk.text) == 2 * LENGTH
        assert desk.text.startswith(whole)


async def test_a_knob_that_is_turned_while_text_comes_holds_from_there_on() -> None:
    async with sample(pace="reading") as desk:
        await desk.until(lambda: len(desk.writing.written) > 10)
        await desk.press("right", "right")
        await desk.until(lambda: desk.asked(Write)[-1].settings.temperature == 0.9)
        question = desk.asked(Write)[-1]
        assert len(question.written) > 10
        assert desk.text.startswith(question.written)
        assert question.settings.length == LENGTH - len(question.written)
        assert desk.app.desk.state.sampling.temperature == 0.9


async def test_the_presets_are_one_key_away_and_named_beside_the_knobs() -> None:
    async with sample(WIDE) as desk:
        assert "own values" in desk.screen
        await desk.press("r")
        assert desk.place.knobs.settings == with_preset(SampleSettings(length=LENGTH), "readable")
        assert desk.app.desk.state.sampling == desk.place.knobs.settings
        assert "readable" in desk.screen
        await desk.press("r")
        assert desk.place.knobs.settings == with_preset(SampleSettings(length=LENGTH), "raw")
        await desk.press("minus")
        assert "own values" in desk.screen


@pytest.mark.parametrize("preset", ["readable", "raw"])
async def test_the_readable_preset_follows_the_kind_of_text_and_raw_stays(preset: Preset) -> None:
    engine = FakeEngine()
    engine.text_kind = "list"
    app = playground(engine)
    app.desk.remember(pace="full", sampling=with_preset(SampleSettings(length=LENGTH), preset))
    async with app.run_test(size=MIDDLE) as pilot:
        desk = Desk(app, engine, pilot)
        await desk.written()
        (asked, *_) = desk.asked(Write)
        expected = with_preset(SampleSettings(length=LENGTH), preset, "list")
        assert replace(asked.settings, alternatives=0) == expected == desk.place.knobs.settings


@pytest.mark.parametrize(("key", "temperature"), [("minus", 0.75), ("plus", 0.85)])
async def test_the_temperature_is_at_hand_wherever_one_is(key: str, temperature: float) -> None:
    async with sample(NARROW) as desk:
        await desk.written()
        await desk.press(key)
        assert desk.place.settings.temperature == temperature
        assert f"temperature {temperature:.2f}" in desk.screen


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [("length", "40", 40), ("top_k", "5", 5), ("top_p", "0.9", 0.9), ("min_p", ".05", 0.05), ("seed", "7", 7)],
)
async def test_a_typed_knob_holds_and_enter_writes_with_it(name: str, typed: str, value: float) -> None:
    async with sample() as desk:
        await desk.written()
        field = desk.place.query_one(f"#knob-{name}", Input)
        field.focus()
        field.value = ""
        await desk.press(*["full_stop" if one == "." else one for one in typed], "enter")
        await desk.until(lambda: getattr(desk.asked(Write)[-1].settings, name) == value)
        assert getattr(desk.app.desk.state.sampling, name) == value


@pytest.mark.parametrize(
    ("name", "typed", "wrong"),
    [
        ("length", "0", "whole number from 1"),
        ("length", "999999", "whole number from 1"),
        ("top_k", "0", "whole number from 1 up"),
        ("top_p", "1.5", "from 0 to 1"),
        ("min_p", ".", "from 0 to 1"),
        ("seed", "99999999999999999999", "from 0 up"),
    ],
)
async def test_what_is_no_value_is_told_beside_the_field_and_the_last_good_one_stays(
    name: str, typed: str, wrong: str
) -> None:
    async with sample() as desk:
        await desk.written()
        before = desk.place.settings
        field = desk.place.query_one(f"#knob-{name}", Input)
        field.focus()
        field.value = typed
        await desk.pilot.pause()
        says = desk.place.query_one(".says", Static)
        assert wrong in str(says.render())
        assert len(str(says.render())) < 2 * says.size.width
        assert field.has_class("wrong")
        await desk.press("escape")
        assert desk.place.settings == before
        assert not field.has_class("wrong")


async def test_the_knobs_are_remembered() -> None:
    async with sample() as desk:
        await desk.written()
        await desk.press("right")
        await desk.app.desk.save()
    app = playground()
    async with app.run_test(size=MIDDLE) as pilot:
        again = Desk(app, FakeEngine(), pilot)
        assert again.place.settings.temperature == 0.85
        assert app.desk.state.pace == "full"


async def test_the_mouse_takes_the_next_pace_and_a_new_seed() -> None:
    async with sample() as desk:
        await desk.written()
        await desk.pilot.click("#pace")
        assert desk.app.desk.state.pace == "slow"
        await desk.pilot.click("#preset")
        assert desk.app.desk.state.sampling == with_preset(SampleSettings(length=LENGTH), "readable")
        await desk.pilot.click("#new-seed")
        await desk.until(lambda: desk.asked(Write)[-1].settings.seed != 0)


# The prompt


async def test_the_text_begins_with_the_prompt() -> None:
    async with sample(NARROW) as desk:
        await desk.written()
        await desk.press("i", *"Hello", "ctrl+n", "enter")
        await desk.until(lambda: desk.asked(Write)[-1].prompt == "Hello\n")
        await desk.written()
        assert desk.text.startswith("Hello\n")
        assert desk.place.focused is desk.writing


async def test_while_one_types_the_bars_show_what_comes_next_and_the_newest_question_wins() -> None:
    async with sample() as desk:
        await desk.written()
        await desk.press("i", *"The lam")
        await desk.until(lambda: desk.asked(Expect)[-1].text == "The lam")
        last = desk.asked(Expect)[-1]
        expected = desk.engine._expected(last).likeliest[:6]
        await desk.until(lambda: [(bar.character, bar.raw) for bar in desk.place.expectation.bars.bars] == [*expected])
        assert len(desk.asked(Expect)) < 2 + len("The lam")


async def test_characters_that_the_network_does_not_know_are_marked_and_named() -> None:
    async with sample() as desk:
        await desk.written()
        await desk.press("i")
        desk.place.prompt_input.value = "a☃b"
        await desk.until(lambda: desk.place.prompt_input.unknown == {1})
        assert "doesn't know '☃'" in desk.notice


async def test_what_no_message_can_hold_is_sent_as_a_sign() -> None:
    async with sample() as desk:
        await desk.written()
        desk.place.prompt_input.value = "a\ud800b"
        await desk.press("n")
        await desk.until(lambda: desk.asked(Write)[-1].prompt == "a\ufffdb")
        await desk.until(lambda: desk.asked(Expect)[-1].text.startswith("a\ufffdb"))
        assert all(protocol.line(Asked(1, question)) for question in desk.engine.asked)


async def test_a_paste_keeps_its_lines_and_is_cut_where_it_has_no_end() -> None:
    async with sample() as desk:
        await desk.written()
        await desk.press("i")
        desk.place.prompt_input.post_message(Paste("one\r\ntwo\x1b[2J"))
        await desk.until(lambda: desk.place.prompt_input.value == "one\ntwo\x1b[2J")
        assert "one↵two␛[2J" in desk.screen
        desk.place.prompt_input.post_message(Paste("0123456789" * 1_000_000))
        await desk.until(lambda: len(desk.place.prompt_input.value) == LONGEST)
        await desk.until(lambda: "the rest was left out" in desk.notice)


# Looking closer


async def test_heat_is_shown_with_digits_and_a_legend_then_without_digits_then_not() -> None:
    async with sample() as desk:
        await desk.written()
        await desk.press("h")
        assert "probability" in desk.screen
        assert len(shades(desk)) > 2
        digits = desk.screen
        await desk.press("h")
        assert len(shades(desk)) > 2
        assert desk.screen != digits
        await desk.press("h")
        assert len(shades(desk)) == 1
        assert "probability" not in desk.screen


def shades(desk: Desk) -> set[object]:
    """Return the backgrounds of the text's first row."""
    strip = desk.writing.render_line(0)
    return {segment.style.bgcolor for segment in strip if segment.style is not None and segment.text.strip()}


@pytest.mark.parametrize("size", [NARROW, MIDDLE, WIDE])
async def test_the_cursor_shows_what_else_could_have_come_and_enter_takes_another(size: tuple[int, int]) -> None:
    async with sample(size) as desk:
        await desk.written()
        await desk.press("up", "ctrl+home", "right", "right")
        assert desk.writing.cursor == 2
        told = desk.writing.written[2]
        assert len(told.alternatives) == 6
        assert {bar.character for bar in desk.place.expectation.bars.bars} == {one for one, _ in told.alternatives}
        assert f"{told.probability:.3f} · {told.surprisal:.2f} bits" in desk.screen
        before = desk.text
        await desk.press("enter")
        await desk.press("down", "enter")
        await desk.written()
        question = next(one for one in desk.asked(Write) if one.written)
        assert question.written[:2] == before[:2]
        assert question.written[2] == told.alternatives[2][0]
        assert desk.text.startswith(question.written)
        assert len(desk.text) == LENGTH


async def test_b_branches_only_where_something_was_written() -> None:
    async with sample() as desk:
        await desk.written()
        await desk.press("b")
        assert desk.place.expectation.bars.chosen is None
        await desk.press("i", "X", "enter")
        await desk.written()
        await desk.press("up", "ctrl+home")
        assert "a part of the prompt" in desk.screen
        await desk.press("b")
        assert desk.place.expectation.bars.chosen is None
        await desk.press("right", "b")
        await desk.until(lambda: desk.place.expectation.bars.chosen is not None)
        questions = len(desk.asked(Write))
        await desk.press("escape")
        assert desk.place.expectation.bars.chosen is None
        assert len(desk.asked(Write)) == questions


async def test_a_choice_for_a_text_that_is_no_longer_there_is_let_fall() -> None:
    async with sample() as desk:
        await desk.written()
        await desk.press("up", "b")
        await desk.until(lambda: desk.place.expectation.bars.has_focus)
        desk.place.action_new()
        await desk.written()
        questions = len(desk.asked(Write))
        desk.place.expectation.bars.post_message(Bars.Chosen(desk.place.expectation.bars, "\0"))
        await desk.press("down")
        assert len(desk.asked(Write)) == questions


# Side by side


async def test_three_temperatures_stand_side_by_side_with_the_same_seed() -> None:
    async with sample(WIDE) as desk:
        await desk.written()
        await desk.press("equals_sign")
        await desk.until(lambda: not desk.place.sheets.running)
        asked = desk.asked(Write)[-3:]
        assert [round(question.settings.temperature, 2) for question in asked] == [0.4, 0.8, 1.2]
        assert len({question.settings.seed for question in asked}) == 1
        assert len({sheet.writing.text for sheet in desk.place.sheets.used}) == 3
        for title in ("temperature 0.40", "temperature 0.80", "temperature 1.20"):
            assert title in desk.screen
        await desk.press("right")
        await desk.until(lambda: [one.settings.temperature for one in desk.asked(Write)[-3:]] == [0.4, 0.85, 1.25])
        await desk.press("equals_sign")
        assert len(desk.place.sheets.used) == 1


async def test_after_a_comparison_the_text_at_the_knobs_temperature_stays_and_goes_on() -> None:
    async with sample(WIDE) as desk:
        await desk.written()
        await desk.press("equals_sign")
        middle = desk.place.sheets.used[1]
        target = middle.target
        await desk.press("equals_sign")
        (sheet,) = desk.place.sheets.used
        assert sheet.settings.temperature == desk.place.settings.temperature == 0.8
        await desk.until(lambda: not desk.place.sheets.running)
        assert len(sheet.writing.written) == sheet.target == target


async def test_after_a_comparison_the_text_under_the_cursor_stays_with_its_temperature() -> None:
    async with sample(WIDE) as desk:
        await desk.written()
        await desk.press("equals_sign")
        await desk.until(lambda: not desk.place.sheets.running)
        desk.place.sheets.used[2].writing.focus()
        await desk.press("up", "equals_sign")
        assert desk.place.sheets.used[0].settings.temperature == desk.place.settings.temperature == 1.2


async def test_another_network_stands_beside_this_one() -> None:
    made_run("tide-lamp")
    keep_weights("tide-lamp", "best", "last")
    async with sample() as desk:
        await desk.written()
        await desk.press("v")
        await desk.until(lambda: "tide-lamp" in desk.screen)
        await desk.press(*"tide", "down", "enter")
        await desk.until(lambda: len(desk.place.sheets.used) == 2)
        await desk.until(lambda: len(desk.asked(Write)) >= 3)
        one, other = desk.asked(Write)[-2:]
        assert (other.model, other.which) == ("tide-lamp", "last")
        assert one.settings == other.settings
        await desk.press("escape", "escape")
        assert len(desk.place.sheets.used) == 1


def keep_weights(name: str, *which: str) -> None:
    from rnnplay.runs import folder

    for one in which:
        folder.named(name).checkpoint(one).write_bytes(b"")


# The network


async def test_any_run_and_checkpoint_can_be_chosen() -> None:
    made_run("tide-lamp")
    keep_weights("tide-lamp", "best", "last")
    async with sample() as desk:
        await desk.written()
        await desk.press("m")
        await desk.until(lambda: "tide-lamp" in desk.screen)
        await desk.press(*"lamp last", "enter")
        await desk.until(lambda: desk.asked(Write)[-1].model == "tide-lamp")
        assert desk.asked(Write)[-1].which == "last"
        assert desk.app.desk.model == ("tide-lamp", "last")
        await desk.until(lambda: "tide-lamp" in desk.screen)


async def test_a_network_chosen_elsewhere_writes_as_soon_as_one_is_here() -> None:
    async with sample() as desk:
        await desk.written()
        await desk.press("f3")
        desk.app.desk.choose_model("other", "best")
        await desk.pilot.pause()
        assert all(question.model != "other" for question in desk.asked(Write))
        await desk.press("f4")
        await desk.until(lambda: desk.asked(Write)[-1].model == "other")


async def test_a_network_that_is_gone_is_told_and_another_can_be_chosen() -> None:
    engine = FakeEngine()
    engine.missing.add("gone")
    async with sample(engine=engine) as desk:
        await desk.written()
        desk.app.desk.choose_model("gone", "best")
        await desk.until(lambda: "There is no 'gone'. Press m to choose another network." in desk.notice)
        desk.app.desk.choose_model("shipped:play", "best")
        await desk.written()
        await desk.until(lambda: "There is no" not in desk.notice)


# What goes wrong


async def test_where_the_engine_dies_it_says_so_and_a_key_starts_it_and_the_text_goes_on() -> None:
    async with sample(pace="reading") as desk:
        await desk.until(lambda: len(desk.writing.written) > 10)
        desk.engine.gate.clear()
        await desk.press("space", "space")
        shown = desk.text
        desk.engine.die("The engine was killed (SIGKILL); its last words: [bold]oh[/] \x1b[2J")
        await desk.until(lambda: "ctrl+r starts it again" in desk.notice)
        assert "[bold]oh[/] ␛[2J" in desk.notice
        assert desk.text == shown
        desk.engine.gate.set()
        await desk.press("ctrl+r", "p", "p")
        await desk.until(lambda: len(desk.text) == LENGTH)
        assert desk.text.startswith(shown)
        await desk.until(lambda: "ctrl+r" not in desk.notice)


async def test_an_engine_that_dies_while_nothing_is_asked_is_told_too() -> None:
    async with sample() as desk:
        await desk.written()
        desk.engine.die("The engine was killed.")
        await desk.until(lambda: "The engine was killed. ctrl+r" in desk.notice)


async def test_a_network_that_fails_in_the_middle_is_told() -> None:
    async with sample() as desk:
        await desk.written()
        desk.engine.fail("This network computes no numbers any more.", Write)
        await desk.press("enter")
        await desk.until(lambda: "computes no numbers any more" in desk.notice)
        assert not desk.place.sheets.running


async def test_nothing_appears_while_nobody_looks() -> None:
    async with sample(pace="reading") as desk:
        await desk.until(lambda: len(desk.writing.written) > 5)
        await desk.press("f3")
        await desk.pilot.pause()
        shown = desk.text
        await desk.pilot.pause(0.3)
        assert desk.text == shown
        await desk.press("f4")
        await desk.until(lambda: len(desk.text) > len(shown))


# Keeping


async def test_the_text_is_handed_to_the_clipboard() -> None:
    async with sample() as desk:
        await desk.written()
        await desk.press("y")
        assert desk.app.clipboard == desk.text
        assert "600 characters" in toasts(desk.app)


async def test_the_text_is_saved_and_nothing_is_written_over_unasked(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    engine = FakeEngine("[b]\x1b\ud800\n")
    async with sample(engine=engine) as desk:
        await desk.written()
        await save_as(desk, path)
        await desk.until(lambda: str(path) in toasts(desk.app))
        assert path.read_text(encoding="utf-8").startswith("[b]\x1b\\ud800\n")
        path.write_text("precious", encoding="utf-8")
        await save_as(desk, path)
        await desk.until(lambda: "is there already" in desk.screen)
        await desk.press("n")
        assert path.read_text(encoding="utf-8") == "precious"
        await save_as(desk, path)
        await desk.until(lambda: "is there already" in desk.screen)
        await desk.press("y")
        await desk.until(lambda: path.read_text(encoding="utf-8") != "precious")


async def test_a_place_where_nothing_can_be_saved_is_told(tmp_path: Path) -> None:
    async with sample() as desk:
        await desk.written()
        await save_as(desk, tmp_path / "nowhere" / "mine.txt")
        assert "There is no folder" in desk.screen
        await desk.press("escape")
        assert desk.app.screen is desk.place


async def save_as(desk: Desk, path: Path) -> None:
    await desk.press("s")
    await desk.until(lambda: desk.app.screen is not desk.place)
    desk.app.screen.query_one(Input).value = str(path)
    await desk.press("enter")


async def test_one_can_go_back_to_an_earlier_text_of_the_sitting_and_write_on() -> None:
    async with sample() as desk:
        await desk.written()
        first, settings = desk.text, desk.place.settings
        await desk.press("plus", "enter")
        await desk.until(lambda: desk.text != first)
        await desk.written()
        await desk.press("o")
        await desk.until(lambda: desk.app.screen is not desk.place)
        await desk.press("down", "enter")
        await desk.until(lambda: desk.text == first)
        assert desk.place.settings == settings
        await desk.press("space")
        await desk.until(lambda: len(desk.text) == 2 * LENGTH)
        assert desk.text.startswith(first)


def test_the_history_is_bounded() -> None:
    pages = Pages()
    told = SampledChar("a", 1.0, 0.0, 1.0)
    for number in range(2 * MOST_PAGES):
        pages.keep(Page("t", "s", "best", str(number), SampleSettings(), (told,)))
    assert len(pages) == MOST_PAGES
    assert pages[0].prompt == str(2 * MOST_PAGES - 1)
    for number in range(3):
        pages.keep(Page("t", "s", "best", f"long {number}", SampleSettings(), (told,) * (MOST_CHARS // 2)))
    assert len(pages) == 2
    pages.keep(Page("t", "s", "best", "nothing", SampleSettings(), ()))
    assert len(pages) == 2


# Room


async def test_in_little_room_the_knobs_are_one_line_and_open_on_a_key_as_do_the_bars() -> None:
    async with sample(NARROW) as desk:
        await desk.written()
        assert "k knobs · - + temperature 0.80 · length 600 · seed 0 · full" in desk.screen
        assert "cold" not in desk.screen
        await desk.press("k")
        assert "cold" in desk.screen
        assert "wild" in desk.screen
        assert desk.place.focused is desk.place.knobs.slider
        await desk.press("k")
        assert "cold" not in desk.screen
        await desk.press("e")
        assert "next character" in desk.screen
        await desk.press("escape")
        assert "next character" not in desk.screen


async def test_in_much_room_nothing_is_folded() -> None:
    async with sample(WIDE) as desk:
        await desk.written()
        for expected in ("cold", "next character", "a again", "y copy"):
            assert expected in desk.screen
        await desk.press("e")
        assert "next character" not in desk.screen


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_every_key_at_any_time_leaves_a_place_that_still_writes(size: tuple[int, int]) -> None:
    keys = [key for binding in KEYS for key in binding.key.split(",")]  # type: ignore[union-attr]
    async with sample(size, pace="reading") as desk:
        for key in [*keys, *reversed(keys)]:
            await desk.press(key)
            if desk.app.current_mode != "sample":  # one key leads to Train
                await desk.press("f4")
            for _ in range(3):
                if desk.app.screen is not desk.place or isinstance(desk.place.focused, Input):
                    await desk.press("escape")
        while desk.app.desk.state.pace != "full":
            await desk.press("escape", "p")
        await desk.press("n")
        await desk.until(lambda: len(desk.writing.written) == LENGTH)


async def test_a_resize_in_the_middle_of_anything_is_taken() -> None:
    async with sample(pace="reading") as desk:
        for keys in (("h",), ("up",), ("b",), ("escape",), ("equals_sign",), ("k",), ("m",)):
            await desk.press(*keys)
            for size in (NARROW, (40, 12), MIDDLE):
                await desk.pilot.resize_terminal(*size)
                await desk.pilot.pause()
        assert desk.place.sheets.used


@hypothesis_settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(foreign_text, foreign_text)
async def test_no_text_from_anywhere_breaks_the_place(text: str, prompt: str) -> None:
    engine = FakeEngine((text or "x") + "".join(NASTY))
    for size in (NARROW, MIDDLE):
        async with sample(size, engine=engine) as desk:
            await desk.written()
            desk.place.prompt_input.value = prompt[:LONGEST]
            await desk.press("i", "end", "left", "escape", "h", "up", "ctrl+home", "right", "down")
            check_columns(desk)
            await desk.press("escape", "enter", "equals_sign", "e")
            check_columns(desk)
            await desk.press("o")
            await eventually(desk.pilot, partial(in_dialog, desk))
            check_columns(desk)
            await desk.press("escape")


async def test_nothing_is_compared_before_there_is_a_network() -> None:
    engine = FakeEngine()
    engine.may_start.clear()
    async with sample(engine=engine) as desk:
        await desk.press("escape", "equals_sign", "equals_sign", "equals_sign")
        assert len(desk.place.sheets.used) == 1
        engine.may_start.set()
        await desk.written()
        assert len(desk.place.sheets.used) == 1


def in_dialog(desk: Desk) -> bool:
    return desk.app.screen is not desk.place


def check_columns(desk: Desk) -> None:
    for strip in desk.app.screen._compositor.render_strips():
        assert sum(cell_len(segment.text) for segment in strip) == desk.app.size.width
        line = "".join(segment.text for segment in strip)
        assert not any(unicodedata.category(one) in {"Cc", "Cs"} for one in line), ascii(line)
        assert not any(one in "\u202e\u202d\u2066\u2067\u2068\u200d" for one in line), ascii(line)
