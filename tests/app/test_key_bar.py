"""The keys below a place: those that matter now, never more than fit."""

from pathlib import Path

import pytest
from rich.cells import cell_len

from rnnplay.app.screens.help import Help
from rnnplay.app.widgets.key_bar import KeyBar
from tests.app.made import made_run, playground
from tests.app.waiting import eventually


@pytest.mark.parametrize("place", ["corpus", "train", "sample", "runs"])
@pytest.mark.parametrize("width", [70, 80, 100, 160])
async def test_the_keys_of_every_place_fit_and_lead_to_the_help(home: Path, place: str, width: int) -> None:
    made_run("tide-lamp")
    app = playground()
    async with app.run_test(size=(width, 30)) as pilot:
        app.switch_mode(place)
        await eventually(pilot, lambda: app.current_mode == place and app.screen.query(KeyBar))
        bar = app.screen.query_one(KeyBar)
        await eventually(pilot, lambda: bar.render().plain.endswith("F1 help"))
        assert cell_len(bar.render().plain) <= width
        assert len(bar.render().plain.split("  ")) >= 2


async def test_a_click_on_a_key_does_what_the_key_does(home: Path) -> None:
    app = playground()
    async with app.run_test(size=(100, 30)) as pilot:
        bar = app.screen.query_one(KeyBar)
        await eventually(pilot, lambda: "F1 help" in bar.render().plain)
        await pilot.click(bar, offset=(bar.render().plain.index("F1 help") + 3, 0))
        await eventually(pilot, lambda: isinstance(app.screen, Help))


async def test_a_key_that_makes_room_comes_back_when_there_is_room(home: Path) -> None:
    app = playground()
    async with app.run_test(size=(160, 30)) as pilot:
        bar = app.screen.query_one(KeyBar)
        await eventually(pilot, lambda: "F1 help" in bar.render().plain)
        whole = bar.render().plain
        await pilot.resize_terminal(70, 30)
        await eventually(pilot, lambda: cell_len(bar.render().plain) <= 70)
        await pilot.resize_terminal(160, 30)
        await eventually(pilot, lambda: bar.render().plain == whole)
