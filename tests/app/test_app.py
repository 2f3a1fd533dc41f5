"""What works in every place: keys, help, the palette, leaving, and what is remembered."""

import asyncio
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.screen import ModalScreen
from textual.widgets import Input, Static
from textual.widgets._toast import Toast

from rnnplay.app import commands, keys, state
from rnnplay.app.app import Playground
from rnnplay.app.desk import Starting
from rnnplay.app.place import Place
from rnnplay.app.screens.corpus_add import AddText
from rnnplay.app.screens.corpus_dials import TurnDials
from rnnplay.app.screens.corpus_paste import PasteText
from rnnplay.app.screens.dialogs import AskText, Confirm
from rnnplay.app.screens.help import Help
from rnnplay.app.screens.palette import Palette
from rnnplay.app.screens.quit import Quit
from rnnplay.app.widgets.top_bar import TopBar
from rnnplay.engine import trainers
from rnnplay.engine.fake import FakeEngine
from rnnplay.runs.folder import Run
from rnnplay.runs.following import Following
from rnnplay.text import generated
from rnnplay.training.config import TrainingConfig
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
        shown = " ".join("".join(str(static.content) for static in app.screen.query(Static)).split())
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


async def test_a_sentence_whose_time_ends_while_it_is_drawn_hangs_nothing(home: Path) -> None:
    app = playground()
    async with app.run_test(size=(100, 30)) as pilot:
        app.desk.say("done")
        await pilot.pause()
        (notice,) = app._notifications
        notice.raised_at -= 1000
        assert notice.has_expired
        assert notice.time_left > 0
        app.screen.mount(Toast(notice))  # as if it had not yet, a moment before
        await eventually(pilot, lambda: not app.screen.query(Toast))


DIALOGS: list[Callable[[], ModalScreen[Any]]] = [
    lambda: AddText(FakeEngine()),
    lambda: PasteText(FakeEngine()),
    lambda: PasteText(FakeEngine(), "x" * 30_000),
    lambda: TurnDials(FakeEngine(), generated.parsed("lag")),
    lambda: Confirm("Shall it?"),
    lambda: AskText("How long?", "1 minutes"),
    lambda: Quit(("run",)),
]


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
@pytest.mark.parametrize("opened", DIALOGS)
async def test_a_dialog_that_is_left_before_it_is_drawn_ends_nothing(
    home: Path, opened: Callable[[], ModalScreen[Any]], turns: int
) -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.push_screen(opened())
        for _ in range(turns):
            await asyncio.sleep(0)
        app.pop_screen()
        await pilot.pause()
        assert where(app) == "sample"


@pytest.mark.parametrize("opened", DIALOGS)
async def test_a_dialog_that_is_answered_twice_closes_once(home: Path, opened: Callable[[], ModalScreen[Any]]) -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(opened())
        dialog = app.screen
        dialog.dismiss(None)
        dialog.dismiss(None)
        await pilot.pause()
        assert where(app) == "sample"


async def test_the_keys_that_turn_pages_are_harmless_in_a_palette_without_room(home: Path) -> None:
    app = playground()
    async with app.run_test(size=(20, 4)) as pilot:
        await pilot.press("ctrl+p")
        await eventually(pilot, lambda: isinstance(app.screen, Palette))
        for keys in (("pagedown", "pageup"), ("q", "pagedown"), ("z", "z", "pagedown"), ("backspace", "pagedown")):
            await pilot.press(*keys)
            await pilot.pause()
        await pilot.press("escape")
        await eventually(pilot, lambda: isinstance(app.screen, Place))


async def test_there_is_one_palette_and_none_over_a_question(home: Path) -> None:
    app = playground()
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("ctrl+p", "ctrl+p", "ctrl+p")
        await pilot.pause()
        assert [type(screen) for screen in app.screen_stack].count(Palette) == 1
        app.push_screen(Quit(()))
        await pilot.press("ctrl+p")
        await pilot.pause()
        assert [type(screen) for screen in app.screen_stack].count(Palette) == 1


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


@pytest.mark.parametrize("damage", [b'{"theme": [', b'{"theme": "\xff"}', b'{"x":' + b"[" * 100_000])
async def test_a_damaged_memory_is_kept_aside_and_told(home: Path, damage: bytes) -> None:
    home.mkdir()
    state.state_path().write_bytes(damage)
    app = playground()
    async with app.run_test() as pilot:
        await eventually(pilot, lambda: "begins afresh" in toasts(app))
    assert (home / "state.damaged.json").read_bytes() == damage


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


async def test_a_training_that_is_no_longer_shown_is_asked_about_and_its_end_is_told(home: Path) -> None:
    run, other = made_run("alive", course(end=False)), made_run("other")
    app = playground()
    async with app.run_test(size=(100, 30)) as pilot:
        with training(run):
            await eventually(pilot, lambda: app.desk.following is not None and app.desk.following.training)
            app.desk.follow(other)
            await pilot.press("ctrl+q")
            await pilot.pause()
            assert isinstance(app.screen, Quit)
            assert "'alive' is being trained." in words(app)
            await pilot.press("escape")
            told(run, [finished(400, 1.25)])
        await eventually(pilot, lambda: "'alive' has finished: 1.250 nats" in toasts(app))
        assert app.desk.trainings == []


async def test_all_trainings_are_stopped_where_that_is_chosen(home: Path) -> None:
    runs = [made_run(name, course(end=False)) for name in ("first", "second")]
    app = playground()
    async with app.run_test() as pilot:
        with training(runs[0]), training(runs[1]):
            for run in runs:
                app.desk.follow(run)
                await eventually(pilot, lambda: app.desk.following is not None and app.desk.following.training)
            await pilot.press("ctrl+q")
            await pilot.pause()
            await pilot.press("s")
            await eventually(pilot, lambda: all(run.control.exists() for run in runs))
        await eventually(pilot, lambda: not app.is_running)


async def test_a_request_to_stop_that_can_not_be_written_is_told_once_and_the_app_stays(home: Path) -> None:
    run = made_run("alive", course(end=False))
    run.control.mkdir()
    app = playground()
    with training(run):
        async with app.run_test() as pilot:
            await eventually(pilot, lambda: app.desk.following is not None and app.desk.following.training)
            await pilot.press("ctrl+q")
            await pilot.pause()
            await pilot.press("s")
            await eventually(pilot, lambda: "hasn't stopped yet" in toasts(app))
            assert toasts(app).count("control.jsonl' can't be used") == 1
            assert app.is_running


async def test_a_training_that_is_over_before_anyone_looked_is_followed_and_its_end_told(home: Path) -> None:
    class Over:
        run = made_run("quick")

        def poll(self) -> int:
            return 0

    app = playground()
    async with app.run_test() as pilot:
        app.desk.starting = Starting("quick", Over(), 0.0)  # type: ignore[arg-type]
        await eventually(pilot, lambda: "'quick' has finished" in toasts(app))
        assert app.desk.following is not None
        assert app.desk.following.run == Over.run


async def test_a_key_that_is_held_down_starts_one_trainer(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []

    class Working:
        def __init__(self, run: Run) -> None:
            self.run = run
            begun.append(run.name)

        def poll(self) -> None:
            return None

        def words(self) -> str:
            return ""

    monkeypatch.setattr(trainers, "start", lambda _spec, _options, name: Working(Run(home / "runs" / name)))
    monkeypatch.setattr(trainers, "resume", lambda run, _options: Working(run))
    run, app = made_run("interrupted", course(end=False)), playground()
    async with app.run_test() as pilot:
        desk = app.desk
        await asyncio.gather(
            *(desk.start_training(TrainingConfig(), "new") for _ in range(5)),
            *(desk.resume_training(run) for _ in "ab"),
        )
        await desk.resume_training(run)
        await eventually(pilot, lambda: "is starting already" in toasts(app))
    assert begun == ["new"]


async def test_a_fault_in_looking_is_told_and_the_looking_goes_on(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = made_run("alive", course(end=False))
    faulty = [True]
    poll = Following.poll

    def polled(following: Following) -> bool:
        if faulty:
            raise RuntimeError("no [b]thread")
        return poll(following)

    monkeypatch.setattr(Following, "poll", polled)
    app = playground()
    async with app.run_test() as pilot:
        with training(run):
            app.desk.follow(run)
            await eventually(pilot, lambda: "RuntimeError" in toasts(app))
            faulty.clear()
            await eventually(pilot, lambda: app.desk.following is not None and app.desk.following.training)


@pytest.mark.parametrize("place", ["corpus", "train", "sample", "runs"])
async def test_an_engine_that_dies_is_told_and_can_be_started_again_in_every_place(home: Path, place: str) -> None:
    engine = FakeEngine()
    app = playground(engine)
    async with app.run_test(size=(120, 30)) as pilot:
        await eventually(pilot, lambda: "ready" in words(app))
        app.switch_mode(place)
        await eventually(pilot, lambda: "ready" in words(app) and "restart engine" not in words(app))
        engine.die()
        await eventually(pilot, lambda: "engine ended" in words(app) and "restart engine" in words(app))
        await pilot.press("ctrl+r")
        await eventually(pilot, lambda: "ready" in words(app) and "restart engine" not in words(app))


async def test_an_engine_that_works_is_not_started_again(home: Path) -> None:
    app = playground()
    async with app.run_test() as pilot:
        await eventually(pilot, lambda: app.desk.engine.state == "ready")
        await pilot.press("ctrl+r")
        commands.restart(app)
        await eventually(pilot, lambda: "Nothing to start again" in toasts(app))
        assert app.desk.engine.state == "ready"


async def test_the_bar_of_a_place_that_comes_to_front_says_what_has_changed_meanwhile(home: Path) -> None:
    engine = FakeEngine()
    app = playground(engine)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("f2")
        await eventually(pilot, lambda: where(app) == "corpus" and "ready" in words(app))
        await pilot.press("f4")
        engine.die()
        await eventually(pilot, lambda: "engine ended" in words(app))
        await pilot.press("f2")
        await eventually(pilot, lambda: where(app) == "corpus" and "engine ended" in words(app))


async def test_a_run_whose_name_is_no_text_is_remembered_too(home: Path) -> None:
    run = made_run("plain")
    odd = Run(run.folder.rename(run.folder.with_name("odd-\udce9")))
    async with (app := playground()).run_test():
        app.desk.follow(odd)
        await app.desk.save()
        assert not toasts(app)
    assert commands.run_to_follow(state.load_state()[0].run) == odd


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


async def test_a_field_obeys_nothing_that_stands_in_it(home: Path) -> None:
    app = playground()
    async with app.run_test(size=(100, 30)) as pilot:
        app.push_screen(AskText("What shall it be called?", "odd\x1b[31m\u202e\x9bname"))
        await eventually(pilot, lambda: "name" in words(app))
        assert not {"\x1b", "\u202e", "\x9b"} & set(words(app))
        assert app.screen.query_one(Input).value == "odd\x1b[31m\u202e\x9bname"
