"""What works in every place: keys, help, the palette, leaving, and what is remembered."""

import subprocess
import sys
import tomllib
from pathlib import Path

import msgspec
import pytest
from textual.widgets import Input, Static

from rnnplay.app import commands, keys, state
from rnnplay.app.app import Playground
from rnnplay.app.place import Place
from rnnplay.app.screens.help import Help
from rnnplay.app.screens.quit import Quit
from rnnplay.app.widgets.top_bar import TopBar
from rnnplay.engine.fake import FakeEngine
from rnnplay.training.control import Stop
from tests.app.made import course, finished, made_run, playground, told, training
from tests.app.waiting import eventually

DOORS = [("f2", "corpus"), ("f3", "train"), ("f4", "sample"), ("f5", "runs")]


def where(app: Playground) -> str:
    """Return the name of the place in front."""
    assert isinstance(app.screen, Place)
    return app.screen.NAME


def words(app: Playground) -> str:
    """Return everything on the screen as text."""
    return "\n".join("".join(segment.text for segment in line) for line in app.screen._compositor.render_strips())


def toasts(app: Playground) -> str:
    """Return what is said at the edge."""
    return "\n".join(notification.message for notification in app._notifications)


async def test_it_opens_in_sample(home: Path) -> None:
    async with playground().run_test():
        pass
    app = playground()
    async with app.run_test():
        assert where(app) == "sample"


@pytest.mark.parametrize(("key", "name"), DOORS)
async def test_a_function_key_leads_to_its_place_even_from_a_text_field(home: Path, key: str, name: str) -> None:
    app = playground()
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        app.screen.query(Input).first().focus()
        await pilot.press(key)
        await pilot.pause()
        assert where(app) == name


@pytest.mark.parametrize(("key", "name"), [("1", "corpus"), ("2", "train"), ("3", "sample"), ("4", "runs")])
async def test_a_digit_leads_to_its_place_outside_a_text_field(home: Path, key: str, name: str) -> None:
    app = playground()
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        app.screen.set_focus(None)
        await pilot.press(key)
        await pilot.pause()
        assert where(app) == name


async def test_the_names_in_the_bar_are_doors(home: Path) -> None:
    app = playground()
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        await pilot.click(app.screen.query_one(TopBar).query("Door")[1])
        await pilot.pause()
        assert where(app) == "train"


@pytest.mark.parametrize("place", ["corpus", "train", "sample", "runs"])
async def test_help_tells_the_place_and_every_key_of_it(home: Path, place: str) -> None:
    app = playground()
    async with app.run_test(size=(120, 50)) as pilot:
        app.switch_mode(place)
        await pilot.pause()
        front = app.screen
        own = list(keys.bindings_of(type(front)))
        assert len(own) > 3
        assert [binding.id for binding in own if not (binding.tooltip or binding.description)] == []
        await pilot.press("f1")
        await pilot.pause()
        assert isinstance(app.screen, Help)
        shown = "".join(str(static.content) for static in app.screen.query(Static))
        active = {active.binding.id for active in front.active_bindings.values() if active.enabled}
        for binding in own:
            assert binding.id not in active or (binding.tooltip or binding.description) in shown
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is front


async def test_no_key_is_one_that_terminals_can_not_tell_apart(home: Path) -> None:
    keys = {key.strip() for binding in commands.all_bindings() for key in binding.key.split(",")}
    assert keys.isdisjoint({"ctrl+m", "ctrl+h", "ctrl+i", "ctrl+j", "ctrl+s", "ctrl+enter", "shift+enter"})


async def test_every_binding_has_an_id_of_its_own(home: Path) -> None:
    ids = [binding.id for binding in commands.all_bindings()]
    assert len(ids) > 40
    assert sorted(ids, key=str) == sorted(set(ids), key=str)


async def test_the_palette_offers_every_key_of_the_place(home: Path) -> None:
    app = playground()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("f5")
        await pilot.pause()
        offered = {command.title for command in app.get_system_commands(app.screen)}
        active = [one.binding for one in app.screen.active_bindings.values() if one.enabled and one.binding.id]
        assert {binding.tooltip or binding.description for binding in active} - {""} <= offered


async def test_the_palette_opens_and_runs_what_is_picked(home: Path) -> None:
    app = playground()
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+p", *"Go to Runs")
        await pilot.pause(0.5)
        await pilot.press("enter")
        await eventually(pilot, lambda: isinstance(app.screen, Place) and where(app) == "runs")


async def test_a_terminal_too_small_says_how_large_it_should_be(home: Path) -> None:
    app = playground()
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        assert "40 columns by 12 rows" in " ".join(words(app).split())
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert "rnnplay needs" not in words(app)


async def test_the_theme_is_remembered(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEXTUAL_THEME", raising=False)
    app = playground()
    async with app.run_test() as pilot:
        app.theme = "nord"
        await pilot.pause()
        await app.desk.save()
    again = playground()
    async with again.run_test() as pilot:
        await pilot.pause()
        assert again.theme == "nord"


async def test_an_unknown_theme_is_told_and_another_taken(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTUAL_THEME", "[b]none")
    app = playground()
    async with app.run_test() as pilot:
        await eventually(pilot, lambda: "no theme '[b]none'" in toasts(app))


async def test_a_damaged_memory_is_kept_aside_and_told(home: Path) -> None:
    home.mkdir()
    state.state_path().write_bytes(b'{"theme": [')
    app = playground()
    async with app.run_test() as pilot:
        await eventually(pilot, lambda: "begins afresh" in toasts(app))
    assert (home / "state.damaged.json").read_bytes() == b'{"theme": ['


async def test_a_key_can_be_changed_by_the_settings_file(home: Path) -> None:
    home.mkdir()
    state.settings_path().write_text('[keys]\n"app.runs" = "f9"\n', encoding="utf-8")
    app = playground()
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("f5")
        await pilot.pause()
        assert where(app) == "sample"
        await pilot.press("f9")
        await pilot.pause()
        assert where(app) == "runs"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ('[keys]\n"no.such" = "f9"\n', "no.such"),
        ("[keys\n", "can't be read"),
        ("bell = 7\n", "isn't used"),
        ("colour = true\n", "isn't used"),
    ],
)
async def test_settings_that_make_no_sense_are_told_and_passed_over(home: Path, settings: str, sentence: str) -> None:
    home.mkdir()
    state.settings_path().write_text(settings, encoding="utf-8")
    app = playground()
    async with app.run_test() as pilot:
        await eventually(pilot, lambda: sentence in toasts(app))


async def test_the_settings_file_that_is_written_can_be_read(home: Path) -> None:
    app = playground()
    async with app.run_test() as pilot:
        commands.write_settings(app)
        await pilot.pause()
    written = state.settings_path().read_text(encoding="utf-8")
    settings = msgspec.convert(tomllib.loads(written.replace('# "', '"')), state.Settings)
    assert settings.keys["app.runs"] == "f5"
    assert commands.unknown_keys(settings) == []


async def test_leaving_is_not_asked_about_where_nothing_trains(home: Path) -> None:
    app = playground()
    async with app.run_test() as pilot:
        await pilot.press("ctrl+q")
        await pilot.pause()
    assert app.return_code == 0
    assert app.desk.engine.state == "off"


async def test_ctrl_c_asks_before_it_leaves(home: Path) -> None:
    app = playground()
    async with app.run_test() as pilot:
        await pilot.pause()
        app.screen.set_focus(None)
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert isinstance(app.screen, Quit)
        await pilot.press("escape")
        await pilot.pause()
        assert where(app) == "sample"


async def test_a_training_is_kept_where_that_is_chosen(home: Path) -> None:
    run = made_run("alive", course(end=False))
    app = playground()
    with training(run):
        async with app.run_test() as pilot:
            await eventually(pilot, lambda: app.desk.following is not None and app.desk.following.training)
            await pilot.press("ctrl+q")
            await pilot.pause()
            assert isinstance(app.screen, Quit)
            await pilot.press("k")
            await pilot.pause()
        assert app.return_code == 0
    assert not run.control.exists()


async def test_a_training_is_stopped_and_waited_for_where_that_is_chosen(home: Path) -> None:
    run = made_run("alive", course(end=False))
    app = playground()
    async with app.run_test() as pilot:
        with training(run):
            await eventually(pilot, lambda: app.desk.following is not None and app.desk.following.training)
            await pilot.press("ctrl+q")
            await pilot.pause()
            await pilot.press("s")
            await eventually(pilot, run.control.exists)
            assert msgspec.json.decode(run.control.read_bytes().split(b"\n")[0], type=Stop)
            assert app.is_running
            told(run, [finished(400)])
        await eventually(pilot, lambda: not app.is_running)


async def test_staying_changes_nothing(home: Path) -> None:
    run = made_run("alive", course(end=False))
    app = playground()
    with training(run):
        async with app.run_test() as pilot:
            await eventually(pilot, lambda: app.desk.following is not None and app.desk.following.training)
            await pilot.press("ctrl+q")
            await pilot.pause()
            await pilot.press("escape")
            await pilot.pause()
            assert where(app) == "sample"
            assert app.is_running
    assert not run.control.exists()


async def test_the_run_that_trains_is_taken_up_at_the_start(home: Path) -> None:
    alive = made_run("alive", course(end=False))
    made_run("newer")
    app = playground()
    with training(alive):
        async with app.run_test(size=(120, 30)) as pilot:
            await eventually(pilot, lambda: "training alive" in words(app))


@pytest.mark.parametrize(("place", "bell"), [("sample", True), ("runs", False)])
async def test_the_end_of_a_training_is_told_wherever_one_is(
    home: Path, monkeypatch: pytest.MonkeyPatch, place: str, bell: bool
) -> None:
    home.mkdir()
    state.settings_path().write_text(f"bell = {str(bell).lower()}\n", encoding="utf-8")
    run = made_run("alive", course(end=False))
    rings: list[bool] = []
    monkeypatch.setattr(Playground, "bell", lambda _: rings.append(True))
    app = playground()
    async with app.run_test() as pilot:
        app.switch_mode(place)
        with training(run):
            await eventually(pilot, lambda: app.desk.following is not None and app.desk.following.training)
            told(run, [finished(400, 1.25)])
        await eventually(pilot, lambda: "'alive' has finished: 1.250 nats" in toasts(app))
        assert bool(rings) is bell


async def test_a_trainer_that_ends_without_a_word_is_told(home: Path) -> None:
    run = made_run("alive", course(end=False))
    app = playground()
    async with app.run_test() as pilot:
        with training(run):
            await eventually(pilot, lambda: app.desk.following is not None and app.desk.following.training)
        await eventually(pilot, lambda: "ended without a word" in toasts(app))


async def test_an_engine_that_dies_is_told_in_the_bar_and_started_again_from_the_palette(home: Path) -> None:
    engine = FakeEngine()
    app = playground(engine)
    async with app.run_test(size=(120, 30)) as pilot:
        await eventually(pilot, lambda: "ready" in words(app))
        engine.die()
        await eventually(pilot, lambda: "engine ended" in words(app))
        commands.restart(app)
        await eventually(pilot, lambda: "ready" in words(app))


async def test_a_home_that_can_not_be_written_costs_only_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "home"
    blocked.write_text("a file where the folder should be", encoding="utf-8")
    monkeypatch.setenv("RNNPLAY_HOME", str(blocked))
    app = playground()
    async with app.run_test() as pilot:
        app.desk.remember(run="another")
        await app.desk.save()
        await eventually(pilot, lambda: "can't be remembered" in toasts(app))
        assert app.is_running


def test_the_first_picture_needs_neither_torch_nor_numpy(home: Path) -> None:
    code = (
        "import asyncio, sys\n"
        "from rnnplay.app.app import Playground\n"
        "from rnnplay.engine.process import ProcessEngine\n"
        "async def main():\n"
        "    app = Playground(ProcessEngine())\n"
        "    async with app.run_test(size=(100, 30)) as pilot:\n"
        "        await pilot.pause()\n"
        "        print(sorted({'torch', 'numpy'} & set(sys.modules)))\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == "[]\n", done.stderr
