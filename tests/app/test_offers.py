"""Trainings that were started elsewhere: the header names them, and a key follows them."""

from functools import partial
from pathlib import Path

import pytest
from textual.pilot import Pilot

from rnnplay.app.app import Playground
from rnnplay.app.screens.dialogs import Confirm
from rnnplay.app.state import State, save_state
from rnnplay.app.widgets.prompt import PromptInput
from rnnplay.runs import folder
from tests.app.made import course, made_run, playground, progress, started, told, training
from tests.app.test_app import toasts, where, words
from tests.app.waiting import eventually

SIZES = [(80, 24), (160, 50)]


def header(app: Playground) -> str:
    return words(app).split("\n")[0]


def shows(app: Playground, text: str) -> bool:
    return text in header(app)


def footer(app: Playground) -> str:
    return words(app).split("\n")[-1]


def offers(app: Playground) -> str | None:
    """Return the name of the run that the app offers to follow."""
    run = app.desk.offers.offer
    return None if run is None else run.name


async def begun(pilot: Pilot[None], app: Playground) -> None:
    """Wait until the app has taken up the run that there was when it was opened."""
    await eventually(pilot, lambda: app.desk.following is not None and app.desk.following.history.started)


@pytest.fixture(autouse=True)
def _old_run(home: Path) -> None:
    """Let there be a run that is trained no longer, which Train showed last: an app takes it up when it is opened."""
    made_run("old")
    save_state(State(run="old"))


@pytest.mark.parametrize("size", SIZES)
async def test_a_training_begun_elsewhere_is_in_the_header_of_every_open_app_and_one_key_follows_it(
    home: Path, size: tuple[int, int]
) -> None:
    one, other = playground(), playground()
    async with one.run_test(size=size) as pilot, other.run_test(size=size) as beside:
        await begun(pilot, one)
        await begun(beside, other)
        run = made_run("tide-lamp", course(200, end=False))
        with training(run):
            for app, its in ((one, pilot), (other, beside)):
                await eventually(its, partial(shows, app, "training tide-lamp"))
                assert "F8 follow" in footer(app)
                assert "'tide-lamp' is being trained" in toasts(app)
            await pilot.press("f8")
            await eventually(pilot, lambda: where(one) == "train" and "tide-lamp" in words(one))
            assert one.desk.following is not None
            assert one.desk.following.run == run
            await eventually(pilot, lambda: "F8 follow" not in footer(one))
            assert offers(one) is None
            assert offers(other) == "tide-lamp"
        for app, its in ((one, pilot), (other, beside)):
            await eventually(its, partial(shows, app, "ready"))
            assert offers(app) is None


async def test_a_training_of_one_app_is_offered_by_the_other_alone(home: Path) -> None:
    one, other = playground(), playground()
    async with one.run_test(size=(100, 30)) as pilot, other.run_test(size=(100, 30)) as beside:
        await begun(pilot, one)
        await begun(beside, other)
        run = made_run("own", [started(), progress(10, 3.0)])
        with training(run):
            one.desk.follow(run, training=True)
            await eventually(beside, lambda: offers(other) == "own")
            await eventually(pilot, lambda: run in [found.run for found in one.desk.offers._found])
            assert offers(one) is None
            assert "own" not in toasts(one)
            assert header(one).count("own") == 1


async def test_the_offer_takes_no_key_from_a_field_and_none_from_a_question(home: Path) -> None:
    app = playground()
    async with app.run_test(size=(100, 30)) as pilot:
        await begun(pilot, app)
        with training(made_run("elsewhere", [started()])):
            await eventually(pilot, lambda: offers(app) == "elsewhere")
            field = app.screen.query_one(PromptInput)
            field.focus()
            await pilot.press(*"follow me")
            assert field.value == "follow me"
            assert field.has_focus
            await app.push_screen(Confirm("Sure?"))
            await pilot.press("f8")
            assert isinstance(app.screen, Confirm)


async def test_an_offer_that_is_declined_is_gone_and_the_next_training_is_offered(home: Path) -> None:
    app = playground()
    async with app.run_test(size=(100, 30)) as pilot:
        await begun(pilot, app)
        run = made_run("declined", [started()])
        with training(run):
            await eventually(pilot, lambda: offers(app) == "declined")
            await pilot.press("ctrl+f8")
            assert offers(app) is None
            await eventually(pilot, lambda: "F8 follow" not in footer(app))
            assert "training declined" in header(app)
            run.folder.rename(run.folder.with_name("renamed"))
            await eventually(pilot, lambda: "training renamed" in header(app))
            assert offers(app) is None
            with training(made_run("next", [started()])):
                await eventually(pilot, lambda: offers(app) == "next")
                await eventually(pilot, lambda: "training next +1" in header(app))


async def test_of_several_trainings_the_palette_offers_each_and_the_key_the_newest(home: Path) -> None:
    app = playground()
    async with app.run_test(size=(100, 30)) as pilot:
        await begun(pilot, app)
        names = ["one", "two[red]", "three"]
        for name in names:
            made_run(name, [started()])
        with (
            training(folder.named("one")),
            training(folder.named("two[red]")),
            training(folder.named("three")),
        ):
            await eventually(pilot, lambda: len(app.desk.offers.running) == 3)
            titles = [command.title for command in app.get_system_commands(app.screen)]
            assert [f"Follow the training of '{name}'" for name in ("three", "two\\[red]", "one")] == [
                title for title in titles if title.startswith("Follow the training of")
            ]
            await pilot.press("f8", "f8", "f8", "f8")
            await eventually(pilot, lambda: app.desk.following is not None and app.desk.following.run.name == "one")
            assert offers(app) is None
            assert {one.run.name for one in app.desk.trainings} == set(names)
            await eventually(pilot, lambda: "training one" in header(app) and "+2" in header(app))


async def test_what_was_followed_before_is_still_in_the_header(home: Path) -> None:
    app = playground()
    async with app.run_test(size=(100, 30)) as pilot:
        await begun(pilot, app)
        with training(run := made_run("goes-on", [started(), progress(10, 3.0)])):
            app.desk.follow(run, training=True)
            app.desk.follow(made_run("other"))
            await eventually(pilot, lambda: "training goes-on" in header(app))
            assert offers(app) is None
        await eventually(pilot, lambda: "training" not in header(app))


@pytest.mark.parametrize("end", ["removed", "told"])
async def test_a_training_that_ends_is_not_offered_any_more(home: Path, end: str) -> None:
    app = playground()
    async with app.run_test(size=(100, 30)) as pilot:
        await begun(pilot, app)
        with training(run := made_run("short", [started()])):
            await eventually(pilot, lambda: offers(app) == "short")
        if end == "removed":
            folder.removed(run)
        else:
            told(run, course())
        await eventually(pilot, lambda: offers(app) is None and "short" not in header(app))
        await pilot.press("f8")
        assert where(app) == "sample"


@pytest.mark.parametrize("name", ["a", "tide-lamp", "the-quiet-harbour-of-long-names-and-more"])
async def test_at_80_columns_the_name_comes_before_the_time(home: Path, name: str) -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        await begun(pilot, app)
        with training(run := made_run(name, [started(), progress(100, 3.0)])):
            app.desk.follow(run, training=True)
            await eventually(pilot, lambda: f"training {name[:12]}" in header(app))
            assert len(header(app).rstrip()) <= 80
            if name == "a":
                await eventually(pilot, lambda: "0:0" in header(app))


async def test_a_run_that_goes_on_is_shown_where_train_shows_it(home: Path) -> None:
    app = playground()
    async with app.run_test(size=(100, 30)) as pilot:
        await begun(pilot, app)
        await pilot.press("f3")
        with training(folder.named("old")):
            await eventually(pilot, lambda: "training old" in header(app))
            assert offers(app) is None
            assert "'old' is being trained" not in toasts(app)
