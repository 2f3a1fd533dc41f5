"""The share of real words: in Sample beside bits and copies, in Train among the figures and at each sample."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from rnnplay.app.widgets.figures import figures
from rnnplay.app.widgets.samples import Samples
from rnnplay.runs.history import History
from rnnplay.sampling.records import Checked
from rnnplay.training.events import Event, Sampled
from tests.app.made import course, made_run, playground, training
from tests.app.test_app import words
from tests.app.test_copies_place import COPIES, engine, told
from tests.app.test_sample_place import LENGTH, MIDDLE, NARROW, WIDE, sample
from tests.app.test_train_place import LARGE, SMALL, in_front
from tests.app.waiting import eventually

SHARES = (0.412, None, 0.9996)


@pytest.fixture(autouse=True)
def _own_home(home: Path) -> None:
    """Let every test have a data folder of its own."""


@pytest.mark.parametrize("size", [NARROW, MIDDLE, WIDE])
async def test_sample_shows_them_beside_bits_and_the_longest_copy(size: tuple[int, int]) -> None:
    async with sample(size, engine=engine(Checked(COPIES, real_words=0.974))) as desk:
        await told(desk)
        await desk.until(lambda: "real words 97.4% · longest copy 31 characters" in desk.screen)
        assert f"{LENGTH} / {LENGTH}" in desk.screen


async def test_side_by_side_they_are_brief() -> None:
    async with sample(NARROW, engine=engine(Checked(COPIES, real_words=1.0))) as desk:
        await told(desk)
        await desk.press("equals_sign")
        await desk.until(lambda: all(sheet.checked is not None for sheet in desk.place.sheets.used))
        await desk.until(lambda: desk.screen.count("words 100% · copy 31") == 3)


async def test_of_a_text_without_words_or_too_short_nothing_is_said() -> None:
    async with sample(engine=engine()) as desk:
        await told(desk)
        await desk.until(lambda: "longest copy 31 characters" in desk.screen)
        assert "words" not in desk.screen


def measured(events: Iterator[Event]) -> list[Event]:
    """Return the events with the share of real words in the samples at steps 50, 150, 200, …."""
    shares = {50: SHARES[0], 150: SHARES[2]}
    return [replace(one, real_words=shares.get(one.step)) if isinstance(one, Sampled) else one for one in events]


def test_train_s_figures_have_the_last_that_was_measured() -> None:
    history = History()
    history.take(measured(course(200, end=False)))
    figure = next(one for one in figures(history) if one.name == "real words")
    assert figure.value == "99.9% at step 150"  # not 100%: not all of them are
    assert figure.brief == "real words 99%"
    plain = History()
    plain.take(list(course(200, end=False)))
    assert all(one.name != "real words" for one in figures(plain))


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_train_shows_them_and_each_sample_its_own(size: tuple[int, int]) -> None:
    run = made_run("tide-lamp", measured(course(200, end=False)))
    with training(run):
        async with playground().run_test(size=size) as pilot:
            place = await in_front(pilot, run)
            await eventually(pilot, lambda: "real words" in words(place.app))  # type: ignore[arg-type]
            samples = place.query_one(Samples)
            assert "real words" not in str(samples.border_subtitle)  # the newest wasn't measured
            for expected in ("real words 99.9% · ◀", "◀ , 2 of 4", "real words 41.2% · ◀"):
                samples.action_scrub(-1)
                assert str(samples.border_subtitle).startswith(expected)


async def test_another_run_s_newest_sample_is_shown() -> None:
    first = made_run("tide-lamp", course(200))
    second = made_run("paper-boat", course(400))
    async with playground().run_test(size=LARGE) as pilot:
        place = await in_front(pilot, first)
        samples = place.query_one(Samples)
        await eventually(pilot, lambda: samples.sample is not None and samples.sample.step == 200)
        samples.action_scrub(-3)
        assert samples.sample is not None
        assert samples.sample.step == 50
        pilot.app.desk.follow(second)  # type: ignore[attr-defined]
        await eventually(pilot, lambda: samples.sample is not None and samples.sample.step == 400)
