"""Runs: the table of all runs, their curves, and what one does to them."""

import os
import re
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from textual.pilot import Pilot
from textual.widgets import Input, Static

from rnnplay import places
from rnnplay.app.app import Playground
from rnnplay.app.place import Place
from rnnplay.app.run_questions import more_than
from rnnplay.app.screens.dialogs import AskText, Confirm
from rnnplay.app.screens.runs import RunsPlace
from rnnplay.app.widgets.chart.loss_chart import LossChart
from rnnplay.app.widgets.run_columns import COLUMNS, SORTS, fit, laid_out
from rnnplay.app.widgets.run_table import RunTable
from rnnplay.app.widgets.sparkline import sparkline
from rnnplay.model.config import ModelConfig
from rnnplay.runs.folder import Run, all_runs
from rnnplay.runs.overview import Glance, Overview
from rnnplay.training.config import Budget, TrainingConfig
from rnnplay.training.control import Pause, Request, Stop, Unpause
from rnnplay.training.events import Acknowledged, Event
from tests.app.foreign import foreign_text
from tests.app.made import CONFIG, course, finished, made_run, playground, progress, started, told, training
from tests.app.waiting import eventually

SIZES = [(80, 24), (160, 50)]
HERE = "\u203a"  # where the cursor is


@asynccontextmanager
async def opened(size: tuple[int, int] = (100, 30)) -> AsyncIterator[tuple[Playground, Pilot[Any]]]:
    """Open Runs and wait until it has looked once."""
    app = playground()
    async with app.run_test(size=size) as pilot:
        app.desk.open("runs")
        await eventually(pilot, lambda: isinstance(app.screen, RunsPlace))
        await seen(app, pilot)
        yield app, pilot


async def seen(app: Playground, pilot: Pilot[Any]) -> None:
    """Wait until the table shows the runs that there are."""
    await pilot.pause()
    place(app).look()
    await pilot.pause()
    await eventually(pilot, lambda: not place(app)._looks.busy)
    await pilot.pause()


def place(app: Playground) -> RunsPlace:
    assert isinstance(app.screen, RunsPlace)
    return app.screen


def words(app: Playground) -> str:
    """Return everything on the screen as text."""
    return "\n".join("".join(segment.text for segment in line) for line in app.screen._compositor.render_strips())


def toasts(app: Playground) -> str:
    return "\n".join(notification.message for notification in app._notifications)


def names(app: Playground) -> list[str]:
    """Return the names in the table, in their order."""
    return [glance.run.name for glance in place(app).query_one(RunTable)._rows]


def here(app: Playground) -> str | None:
    """Return the name of the run that the cursor is on."""
    glance = place(app).query_one(RunTable).glance
    return glance.run.name if glance is not None else None


def said(app: Playground, where: str) -> str:
    return str(place(app).query_one(where, Static).content)


def many(*given: str) -> list[Run]:
    """Make runs, the first the newest."""
    runs = [made_run(name) for name in given]
    for age, run in enumerate(runs):
        os.utime(run.folder / "run.json", (1e9 - age, 1e9 - age))
        card = msgspec.structs.replace(run.card(), created=1e9 - age)
        (run.folder / "run.json").write_bytes(msgspec.json.encode(card))
        os.utime(run.folder / "run.json", (1e9 - age, 1e9 - age))
    return runs


def requests_to(run: Run) -> list[Request]:
    lines = run.control.read_bytes().splitlines() if run.control.exists() else []
    return [msgspec.json.decode(line, type=Request) for line in lines]


# What one sees.


async def test_without_a_run_it_says_how_to_get_one(home: Path) -> None:
    async with opened() as (app, pilot):
        assert "There are no runs yet." in words(app)
        assert "F3 trains" in words(app)
        await pilot.press("enter", "w", "space", "r", "d", "n", "x", "p", "c", "D", "o", "O", "down", "end", "s")
        assert where(app) == "runs"
        made_run("first")
        await seen(app, pilot)
        assert "There are no runs yet." not in words(app)
        assert names(app) == ["first"]


def where(app: Playground) -> str:
    assert isinstance(app.screen, Place)
    return app.screen.NAME


@pytest.mark.parametrize("size", SIZES)
async def test_a_run_is_told_in_a_line(home: Path, size: tuple[int, int]) -> None:
    made_run("tide-lamp")
    async with opened(size) as (app, _):
        (line,) = (line for line in words(app).splitlines() if line.startswith(HERE))
        for part in ("✓ finished", "tide-lamp", "lstm 1x384", "400", "0:20", "1.600", "⣷"):
            assert part in line
        assert ("20,480" in line) == ("play" in line) == (size[0] > 100)


@pytest.mark.parametrize("width", range(70, 200, 3))
def test_the_columns_fit_whatever_the_width(width: int) -> None:
    columns = laid_out(width)
    assert sum(given for _, given in columns) + 2 * len(columns) <= width
    assert all(given >= column.width for column, given in columns)
    assert {"state", "name", "nats"} <= {column.name for column, _ in columns}
    if width == 160:
        assert len(columns) == len(COLUMNS)


@pytest.mark.parametrize("size", SIZES)
async def test_every_state_has_a_word_and_a_shape(home: Path, size: tuple[int, int]) -> None:
    made_run("done")
    made_run("cut", course(100, end=False))
    made_run("halted", [started(), progress(10, 2.0), msgspec.structs.replace(finished(10), reason="stopped")])
    (made_run("broken").folder / "run.json").write_bytes(b"{")
    live, still = made_run("live", course(100, end=False)), made_run("still", course(100, end=False))
    with training(live), training(still):
        still.control.write_bytes(msgspec.json.encode(Pause("p")) + b"\n")
        told(still, [Acknowledged("p", 100)])
        async with opened(size) as (app, _):
            shown = words(app)
            for state in ("✓ finished", "◌ interrupted", "■ stopped", "✗ damaged", "● training", "‖ paused"):
                assert state in shown


async def test_a_run_in_training_is_alive(home: Path) -> None:
    run = made_run("live", course(100, end=False))
    with training(run):
        async with opened() as (app, pilot):
            assert "1 training" in said(app, "#count")
            told(run, [progress(12_340, 1.5)])
            await eventually(pilot, lambda: "12,340" in words(app))
            told(run, [finished(12_340)])
    # It is looked at again only while it is in front: this was.


async def test_while_another_place_is_in_front_nothing_is_read(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_run("run")
    async with opened() as (app, pilot):
        front = place(app)
        read: list[int] = []
        look = Overview.look

        def noted(overview: Overview) -> list[Glance]:
            read.append(1)
            return look(overview)

        monkeypatch.setattr(Overview, "look", noted)
        app.desk.open("corpus")
        await pilot.pause()
        front.look()
        await pilot.pause(0.1)
        assert read == []
        app.desk.open("runs")
        await eventually(pilot, lambda: read)


@pytest.mark.parametrize("size", SIZES)
async def test_the_curve_of_the_run_under_the_cursor_is_shown(home: Path, size: tuple[int, int]) -> None:
    many("one", "two")
    async with opened(size) as (app, pilot):
        chart = place(app).query_one(LossChart)
        await eventually(pilot, lambda: [curve.name for curve in chart.curves] == ["one"])
        assert chart.levels
        await pilot.press("down")
        await eventually(pilot, lambda: [curve.name for curve in chart.curves] == ["two"])
        assert len(chart.curves[0].losses) == 40


async def test_a_wide_terminal_tells_more_of_the_run(home: Path) -> None:
    made_run("one")
    async with opened((160, 50)) as (app, pilot):
        await eventually(pilot, lambda: "it wrote, at step 400" in words(app))
        shown = words(app)
        for part in ("16 rows of 64", "400 steps", "the lamp went out", "Still improving.", "600 k parameters"):
            assert part in shown


# Marks.


async def test_marked_runs_are_laid_over_each_other_and_told_apart(home: Path) -> None:
    small = msgspec.structs.replace(CONFIG, model=ModelConfig(hidden_size=256, dropout=0.1), learning_rate=4e-3)
    made_run("small", config=small)
    made_run(
        "large",
        config=msgspec.structs.replace(small, model=ModelConfig(hidden_size=512, dropout=0.1), learning_rate=6e-3),
    )
    async with opened() as (app, pilot):
        chart, table = place(app).query_one(LossChart), place(app).query_one(RunTable)
        assert "space marks runs" in words(app)
        for name in ("small", "large"):
            table.choose(next(run for run in all_runs() if run.name == name))
            await pilot.press("space")
        await eventually(pilot, lambda: [curve.name for curve in chart.curves] == ["small", "large"])
        assert "width 256 → 512 · rate 4e-3 → 6e-3" in words(app)
        assert words(app).count("◆") == 2
        assert re.search("◆A . finished +small", words(app))
        assert re.search("◆B . finished +large", words(app))
        assert [curve.mark for curve in chart.curves] == ["A", "B"]
        assert re.search("A .{4} small", words(app))
        assert "A B validation" in words(app)
        await pilot.press("space")
        await eventually(pilot, lambda: [curve.name for curve in chart.curves] == ["small"])
        await pilot.press("c")
        await pilot.pause()
        assert "◆" not in words(app)
        assert [curve.name for curve in chart.curves] == ["large"]


async def test_a_mark_that_is_taken_away_leaves_no_gap_in_the_letters(home: Path) -> None:
    many("one", "two", "three")
    async with opened() as (app, pilot):
        chart = place(app).query_one(LossChart)
        await pilot.press("space", "down", "space", "down", "space", "home", "space")
        await eventually(pilot, lambda: [curve.mark for curve in chart.curves] == ["A", "B"])
        assert sorted(re.findall("◆[A-Z]", words(app))) == ["◆A", "◆B"]


async def test_marked_runs_of_different_texts_are_noted_under_their_curves(home: Path) -> None:
    made_run("one")
    made_run("two", [started(corpus="household"), *list(course())[1:]], corpus="household")
    async with opened() as (app, pilot):
        await pilot.press("space")
        assert "different texts" not in words(app)
        await pilot.press("down", "space")
        await eventually(pilot, lambda: "different texts: losses don't compare (household, play)" in words(app))
        await pilot.press("c")
        await eventually(pilot, lambda: "different texts" not in words(app))


async def test_more_curves_than_one_can_tell_apart_are_not_marked(home: Path) -> None:
    many(*"abcdef")
    async with opened() as (app, pilot):
        for _ in range(6):
            await pilot.press("space", "down")
        assert words(app).count("◆") == 5
        assert "5 curves are as many as one can tell apart" in toasts(app)


async def test_runs_with_the_same_settings_are_said_to_have_them(home: Path) -> None:
    many("one", "two")
    async with opened() as (app, pilot):
        await pilot.press("space", "down", "space")
        await eventually(pilot, lambda: "The marked runs have the same settings." in words(app))


# Order and filter.


async def test_runs_are_sorted_by_every_column_and_the_order_is_kept(home: Path) -> None:
    quick: list[Event] = [started(), progress(10, 2.0), finished(10, 1.1)]
    many("b-run", "c-run")
    made_run("a-run", quick, corpus="zebra", config=TrainingConfig(ModelConfig("gru")))
    async with opened() as (app, pilot):
        orders: dict[str, list[str]] = {}
        for _ in SORTS[1:]:  # all but the excess, which no run has
            await pilot.press("o")
            await pilot.pause()
            by, _down = place(app)._sort
            orders[by] = names(app)
        assert orders["name"] == ["a-run", "b-run", "c-run"]
        assert orders["nats"][0] == orders["network"][0] == "a-run"
        assert orders["step"][-1] == orders["text"][-1] == "a-run"
        assert orders["begun"][0] == "a-run"
        await pilot.press("O")
        await pilot.pause()
        assert names(app) == orders["begun"][::-1]
        await app.desk.save()
    async with opened() as (app, _):
        assert place(app)._sort == ("begun", False)
        assert names(app) == orders["begun"][::-1]


async def test_a_click_on_a_title_sorts_and_another_turns_it_round(home: Path) -> None:
    many("b", "a", "c")
    async with opened() as (app, pilot):
        title = words(app).splitlines()
        row = next(number for number, line in enumerate(title) if " state " in line and " nats" in line)
        for expected in (["a", "b", "c"], ["c", "b", "a"]):
            await pilot.click(offset=(title[row].index("name") + 1, row))
            await pilot.pause()
            assert names(app) == expected


async def test_the_cursor_stays_on_its_run_when_the_order_changes(home: Path) -> None:
    many("b", "a", "c")
    async with opened() as (app, pilot):
        await pilot.press("down")
        assert here(app) == "a"
        await pilot.press("O")
        assert here(app) == "a"
        made_run("newest")
        await seen(app, pilot)
        assert here(app) == "a"


async def test_typing_filters_by_name_text_network_and_state(home: Path) -> None:
    made_run("tide", config=TrainingConfig(ModelConfig("gru", hidden_size=64)))
    made_run("lamp", corpus="shakespeare")
    made_run("moss", course(50, end=False))
    async with opened() as (app, pilot):
        for typed, expected in (
            ("LAM", {"lamp"}),
            ("shakes", {"lamp"}),
            ("gru 1x64", {"tide"}),
            ("interr", {"moss"}),
            ("play fin", {"tide"}),
            ("[/", set()),
            ("", {"tide", "lamp", "moss"}),
        ):
            await pilot.press("slash")
            field = place(app).query_one("#filter", Input)
            assert field.has_focus
            field.value = ""
            await pilot.press(*typed, "enter")
            await pilot.pause()
            assert set(names(app)) == expected
            assert not field.has_focus
            assert ("of 3 runs" in said(app, "#count")) == bool(typed)


async def test_a_filter_that_shows_none_says_how_all_come_back(home: Path) -> None:
    made_run("run")
    async with opened() as (app, pilot):
        await pilot.press("slash", *"zzz")
        await eventually(pilot, lambda: "none of 1 run: esc shows all" in words(app))
        await pilot.press("escape")
        await eventually(pilot, lambda: place(app).query_one(RunTable).glance is not None)


async def test_escape_leaves_the_filter_and_then_clears_it(home: Path) -> None:
    many("tide", "lamp")
    async with opened() as (app, pilot):
        await pilot.press("slash", *"tid", "escape")
        assert place(app).query_one(RunTable).has_focus
        assert names(app) == ["tide"]
        await pilot.press("escape")
        await pilot.pause()
        assert sorted(names(app)) == ["lamp", "tide"]


# Moving.


async def test_the_cursor_goes_by_lines_pages_and_to_the_ends_and_stays_in_sight(home: Path) -> None:
    many(*(f"run-{number:02}" for number in range(40)))
    async with opened((80, 24)) as (app, pilot):
        for key, expected in [
            *(("down", 1), ("j", 2), ("up", 1), ("k", 0), ("up", 0)),
            *(("end", 39), ("down", 39), ("home", 0), ("pagedown", 10), ("pageup", 0)),
        ]:
            await pilot.press(key)
            await pilot.pause()
            assert here(app) == f"run-{expected:02}"
            assert f"run-{expected:02}" in words(app)


async def test_a_click_puts_the_cursor_and_two_open_the_run(home: Path) -> None:
    runs = many("one", "two")
    for run in runs:
        (run.folder / "best.safetensors").write_bytes(b"weights")
    async with opened() as (app, pilot):
        row = next(number for number, line in enumerate(words(app).splitlines()) if " two " in line)
        await pilot.click(offset=(20, row))
        assert here(app) == "two"
        await pilot.click(offset=(20, row), times=2)
        await eventually(pilot, lambda: where(app) == "sample")
        assert app.desk.model == ("two", "best")


# What becomes of a run.


@pytest.mark.parametrize("key", ["enter", "s"])
async def test_a_run_is_opened_in_sample(home: Path, key: str) -> None:
    run = made_run("run")
    (run.folder / "last.safetensors").write_bytes(b"weights")
    async with opened() as (app, pilot):
        await pilot.press(key)
        await eventually(pilot, lambda: where(app) == "sample")
        assert app.desk.model == ("run", "best")


async def test_a_run_without_weights_is_not_opened(home: Path) -> None:
    made_run("run")
    async with opened() as (app, pilot):
        await pilot.press("enter")
        await eventually(pilot, lambda: "has no checkpoint" in toasts(app))
        assert where(app) == "runs"


async def test_a_run_is_watched_in_train(home: Path) -> None:
    run = made_run("run")
    async with opened() as (app, pilot):
        await pilot.press("w")
        await pilot.pause()
        assert where(app) == "train"
        assert app.desk.following is not None
        assert app.desk.following.run == run


@pytest.mark.parametrize("key", ["d", "delete"])
async def test_a_run_is_moved_to_the_trash_after_asking(home: Path, key: str) -> None:
    run, _ = many("run", "other")
    async with opened() as (app, pilot):
        app.desk.choose_model("run", "best")
        await pilot.press(key)
        await eventually(pilot, lambda: isinstance(app.screen, Confirm))
        assert "Move 'run' to the trash?" in words(app)
        await pilot.press("n")
        await seen(app, pilot)
        assert run.folder.exists()
        await pilot.press(key)
        await eventually(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await eventually(pilot, lambda: not run.folder.exists())
        await seen(app, pilot)
        assert names(app) == ["other"]
        assert app.desk.model[0] is None
    assert [path.name[:4] for path in places.trash_folder().iterdir()] == ["run-"]


async def test_the_marked_runs_are_removed_together(home: Path) -> None:
    many("a", "b", "c")
    async with opened() as (app, pilot):
        await pilot.press("D")
        assert "No run is marked" in toasts(app)
        await pilot.press("space", "down", "space", "D")
        await eventually(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await eventually(pilot, lambda: len(all_runs()) == 1)
        await seen(app, pilot)
        assert names(app) == ["c"]


async def test_a_run_that_is_removed_is_followed_no_longer(home: Path) -> None:
    run, _ = many("a", "b")
    async with opened() as (app, pilot):
        app.desk.follow(run)
        place(app).query_one(RunTable).choose(run)
        await pilot.press("d")
        await eventually(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await eventually(pilot, lambda: app.desk.following is None)


@pytest.mark.parametrize(("key", "marked"), [("d", False), ("n", False), ("r", False), ("D", True)])
async def test_what_cannot_be_done_to_a_run_in_training_is_refused_with_a_sentence(
    home: Path, key: str, marked: bool
) -> None:
    run = made_run("run", course(100, end=False))
    with training(run):
        async with opened() as (app, pilot):
            await pilot.press(*(["space"] if marked else []), key)
            await eventually(pilot, lambda: "'run' is being trained: stop it first (x)" in toasts(app))
            assert isinstance(app.screen, RunsPlace)
    assert run.folder.exists()


async def test_a_run_is_renamed_and_keeps_its_mark_and_its_place_in_sample(home: Path) -> None:
    run, _ = many("run", "other")
    async with opened() as (app, pilot):
        app.desk.choose_model("run", "last")
        await pilot.press("space", "n")
        await eventually(pilot, lambda: isinstance(app.screen, AskText))
        field = app.screen.query_one(Input)
        for wrong, why in (("other", "There is a run 'other' already"), ("a/b", "no name for a run"), ("", "no name")):
            field.value = wrong
            await pilot.press("enter")
            await pilot.pause()
            assert why in str(app.screen.query_one(".wrong", Static).content)
        field.value = "better"
        await pilot.press("enter")
        await eventually(pilot, lambda: run.folder.with_name("better").exists())
        await eventually(pilot, lambda: isinstance(app.screen, RunsPlace) and here(app) == "better")
        await seen(app, pilot)
        assert set(names(app)) == {"better", "other"}
        assert app.desk.model == ("better", "last")
        assert words(app).count("◆") == 1


async def test_a_new_name_that_is_the_old_one_or_none_changes_nothing(home: Path) -> None:
    run = made_run("run")
    async with opened() as (app, pilot):
        for key in ("enter", "escape"):
            await pilot.press("n")
            await eventually(pilot, lambda: isinstance(app.screen, AskText))
            await pilot.press(key)
            await eventually(pilot, lambda: isinstance(app.screen, RunsPlace))
        assert names(app) == ["run"]
    assert run.folder.exists()


@pytest.mark.parametrize(
    ("events", "offered"),
    [
        (list(course()), "800 steps"),
        (list(course(100, end=False)), "400 steps"),
        (
            [*course(100), started(msgspec.structs.replace(CONFIG, budget=Budget("minutes", 5)), from_step=100)],
            "5 minutes",
        ),
    ],
)
async def test_going_on_asks_how_long_and_offers_the_double_where_the_budget_is_spent(
    home: Path, monkeypatch: pytest.MonkeyPatch, events: list[Any], offered: str
) -> None:
    run = made_run("run", events)
    begun: list[tuple[Run, Budget | None]] = []

    async def resume(run: Run, budget: Budget | None = None) -> None:
        begun.append((run, budget))

    async with opened() as (app, pilot):
        monkeypatch.setattr(app.desk, "resume_training", resume)
        await pilot.press("r")
        await eventually(pilot, lambda: isinstance(app.screen, AskText))
        field = app.screen.query_one(Input)
        assert field.value == offered
        for wrong in ("", "soon", "-3", "0", "1e9", "1 step", "2.5 steps", "9" * 400):
            field.value = wrong
            await pilot.press("enter")
            await pilot.pause()
            assert isinstance(app.screen, AskText)
            assert str(app.screen.query_one(".wrong", Static).content)
        field.value = offered
        await pilot.press("enter")
        await eventually(pilot, lambda: begun)
        await eventually(pilot, lambda: where(app) == "train")
    assert begun == [(run, Budget("steps", 800) if offered == "800 steps" else None)]


def test_more_than_was_done_must_be_asked_for() -> None:
    wrong = more_than({"minutes": 1 / 3, "steps": 400, "epochs": 0.0}, Budget("steps", 400), spent=True)
    assert wrong("400 steps").startswith("It has done that much already: more than 400 steps")
    assert all(map(wrong, ("20", "0.1 minutes", "400")))
    assert not any(map(wrong, ("1 minute", "2 epochs", "1,000", "2 h", "401 STEPS ")))


async def test_stop_and_pause_reach_the_trainer(home: Path) -> None:
    run = made_run("run", course(100, end=False))
    with training(run):
        async with opened() as (app, pilot):
            await pilot.press("p")
            await eventually(pilot, lambda: len(requests_to(run)) == 1)
            told(run, [Acknowledged(requests_to(run)[0].id, 100)])
            await eventually(pilot, lambda: place(app).query_one(RunTable)._rows[0].paused)
            await pilot.press("p")
            await eventually(pilot, lambda: len(requests_to(run)) == 2)
            await pilot.press("x")
            await eventually(pilot, lambda: len(requests_to(run)) == 3)
            assert "it saves and measures its best weights" in toasts(app)
    assert [type(request) for request in requests_to(run)] == [Pause, Unpause, Stop]


@pytest.mark.parametrize("key", ["x", "p"])
async def test_who_does_not_train_cannot_be_steered(home: Path, key: str) -> None:
    run = made_run("run")
    async with opened() as (app, pilot):
        await pilot.press(key)
        await eventually(pilot, lambda: "'run' isn't being trained now" in toasts(app))
    assert not run.control.exists()


async def test_a_run_without_a_state_is_not_said_to_be_resumable(home: Path) -> None:
    run = made_run("run")
    run.checkpoint("best").write_bytes(b"")
    run.checkpoint("last").unlink(missing_ok=True)
    async with opened() as (app, pilot):
        await pilot.press("x")
        await eventually(pilot, lambda: "'run' isn't being trained now; f trains it further." in toasts(app))


async def test_a_damaged_run_can_be_looked_at_and_removed_but_not_resumed(home: Path) -> None:
    run = made_run("bad")
    (run.folder / "run.json").write_bytes(b"\xff{")
    async with opened((160, 50)) as (app, pilot):
        assert "run.json can't be read" in " ".join(words(app).split())
        await pilot.press("r")
        await eventually(pilot, lambda: "'bad' is damaged" in toasts(app))
        await pilot.press("space", "w")
        await pilot.pause()
        app.desk.open("runs")
        await seen(app, pilot)
        await pilot.press("d")
        await eventually(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await eventually(pilot, lambda: not run.folder.exists())


# Hostile hands.


@pytest.mark.parametrize("key", ["enter", "w", "r", "n", "d", "x", "p", "space", "D"])
async def test_a_folder_that_is_removed_under_its_feet_costs_a_sentence_at_most(home: Path, key: str) -> None:
    run, _ = many("run", "other")
    async with opened() as (app, pilot):
        front = place(app)
        if key == "D":
            await pilot.press("space")
        shutil.rmtree(run.folder)
        await pilot.press(key)
        await pilot.pause()
        deadline = time.monotonic() + 1
        while not isinstance(app.screen, Confirm | AskText) and not toasts(app) and time.monotonic() < deadline:
            await pilot.pause(0.05)
        if isinstance(app.screen, AskText):
            app.screen.query_one(Input).value = "elsewhere" if key == "n" else "800 steps"
        if isinstance(app.screen, Confirm | AskText) and key != "r":
            await pilot.press("y" if isinstance(app.screen, Confirm) else "enter")
            await eventually(pilot, lambda: toasts(app))
        app.desk.open("runs") if isinstance(app.screen, Place) else await pilot.press("escape")
        await eventually(pilot, lambda: app.screen is front)
        await seen(app, pilot)
        assert names(app) == ["other"]


async def test_all_runs_may_vanish_at_once_and_come_back(home: Path) -> None:
    many("a", "b", "c")
    async with opened() as (app, pilot):
        await pilot.press("space", "end", "space")
        shutil.rmtree(places.runs_folder())
        await seen(app, pilot)
        assert "There are no runs yet." in words(app)
        made_run("again")
        await seen(app, pilot)
        assert (names(app), here(app)) == (["again"], "again")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=foreign_text, text=foreign_text)
async def test_foreign_names_are_shown_and_never_obeyed(
    tmp_path_factory: pytest.TempPathFactory, name: str, text: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RNNPLAY_HOME", str(tmp_path_factory.mktemp("home")))
        folder = name.replace("/", "|").replace("\0", "|").encode("utf-8", "ignore").decode()
        while len(folder.encode()) > 200:
            folder = folder[:-1]
        folder = folder if folder.strip(".") and not folder.startswith(".") else f"x{folder}"
        safe = text.encode("utf-8", "ignore").decode()
        run = made_run("plain", course(100, text=safe), corpus=safe)
        run.folder.rename(run.folder.with_name(folder))
        made_run("other", corpus=safe[::-1])
        async with opened((160, 50)) as (app, pilot):
            await pilot.press("space", "down", "space", "r")
            await pilot.pause()
            await pilot.press("escape", "d")
            await eventually(pilot, lambda: isinstance(app.screen, Confirm))
            shown = words(app)
            await pilot.press("escape")
            await pilot.pause()
            shown += words(app)
            assert not set(shown) & {"\x1b", "\x9b", "\x00", "\r", "\t", "\u202e", "\u2066"}
            assert len(names(app)) == 2


@pytest.mark.parametrize("name", ["[b]x[/b]", "日本語" * 20, "שלום", "\x1b[2J", "e\u0301" * 40, "👩\u200d🔧" * 10])
@pytest.mark.parametrize("width", [1, 2, 7, 14, 30])
def test_a_foreign_name_fits_its_cell(name: str, width: int) -> None:
    from rich.cells import cell_len

    assert cell_len(fit(name, width)) <= width


async def test_keys_that_are_held_down_do_no_harm(home: Path) -> None:
    many("a", "b", "c")
    async with opened() as (app, pilot):
        await pilot.press(*["space"] * 30, *["o"] * 30, *["O"] * 31, *["down"] * 30, *["d"] * 5)
        await eventually(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("escape")
        await eventually(pilot, lambda: isinstance(app.screen, RunsPlace))


async def test_it_can_be_resized_at_any_time(home: Path) -> None:
    many("a", "b", "c")
    async with opened((160, 50)) as (app, pilot):
        for size in ((80, 24), (40, 12), (200, 60), (71, 20), (160, 50)):
            await pilot.resize_terminal(*size)
            await pilot.press("down", "space")
            await pilot.pause()
        assert "curve" in words(app)


# Tiny curves.


def test_a_tiny_curve_falls_where_the_loss_does() -> None:
    assert sparkline([9.0, 4.0, 2.0, 1.0], 2) == "⣷⣄"
    assert sparkline([1.0], 3) == "⣀⣀⣀"
    assert sparkline([], 3) == "   "
    assert sparkline([None, float("nan"), float("inf")], 2) == "  "
    assert sparkline([2.0, None, None, 1.0], 2)[-1] == "⢀"
    assert sparkline([1.0, 2.0], 0) == ""
