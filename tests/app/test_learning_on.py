"""Training a network further in the app: the form with a network to begin from, and the trainer that it starts."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Input

from rnnplay.app.app import Playground
from rnnplay.app.desk import Origin
from rnnplay.app.screens.comparing import Comparing
from rnnplay.app.screens.run_dialogs import AskPath, ShowRecipe
from rnnplay.app.screens.runs import RunsPlace
from rnnplay.app.screens.sample import SamplePlace
from rnnplay.app.screens.train import TrainPlace
from rnnplay.app.widgets.choice import Choice
from rnnplay.app.widgets.draft import texts
from rnnplay.app.widgets.told import Told
from rnnplay.app.widgets.training_form import TrainingForm
from rnnplay.cli import train_options
from rnnplay.engine import trainers
from rnnplay.engine.fake import MODEL, FakeEngine
from rnnplay.engine.protocol import Open, Question
from rnnplay.runs.folder import Run
from rnnplay.training.config import automatic, fine_tuning
from tests.app.made import course, made_run, playground
from tests.app.test_app import toasts, words
from tests.app.test_runs_place import opened
from tests.app.waiting import eventually

SMALL, LARGE = (80, 24), (160, 50)


class Begun:
    """A trainer that was started in a test, and never does anything."""

    def __init__(self, run: Run, spec: str, options: list[str]) -> None:
        self.run, self.spec, self.options = run, spec, options
        self.code: int | None = None
        self.said = ""

    def poll(self) -> int | None:
        return self.code

    def words(self) -> str:
        return self.said

    def failure(self) -> str:
        return self.said.removeprefix("error: ")


@pytest.fixture
def begun(home: Path, monkeypatch: pytest.MonkeyPatch) -> list[Begun]:
    """The trainers that were started."""
    found: list[Begun] = []

    def start(spec: str, options: list[str], name: str) -> Begun:
        found.append(Begun(Run(home / "runs" / name), spec, options))
        return found[-1]

    monkeypatch.setattr(trainers, "start", start)
    return found


async def from_network(pilot: Pilot[Any], origin: Origin) -> TrainingForm:
    """Go to Train with a network to begin from, and wait until it is known."""
    app = pilot.app
    assert isinstance(app, Playground)
    app.desk.begin_from(origin)
    app.desk.open("train")
    await eventually(pilot, lambda: isinstance(app.screen, TrainPlace) and app.screen.query(TrainingForm))
    form = app.screen.query_one(TrainingForm)
    await eventually(pilot, lambda: " on play" in told(form, "origin") or "✗" in told(form, "origin"))
    await pilot.pause()
    return form


def told(form: TrainingForm, name: str) -> str:
    return form.query_one(f"#{name}", Told).told.plain


def field(form: TrainingForm, name: str) -> Input:
    return form.query_one(f"#{name}", Input)


def seen(form: TrainingForm, name: str) -> bool:
    """Tell whether a field is in sight."""
    return bool(form.query_one(f"#{name}").region)


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_the_networks_own_fields_stand_still_and_its_rate_is_lower(home: Path, size: tuple[int, int]) -> None:
    async with playground().run_test(size=size) as pilot:
        form = await from_network(pilot, Origin("tide-lamp"))
        assert "tide-lamp · 1,000 steps on play" in told(form, "origin")
        assert str(MODEL) in told(form, "shape")
        assert "stays" in told(form, "shape")
        assert not any(seen(form, name) for name in ("preset", "cell", "layers", "hidden"))
        assert all(seen(form, name) for name in ("extend", "dropout", "lr", "amount", "name", "start", "derived"))
        assert field(form, "lr").value == texts(fine_tuning(MODEL))["lr"]
        assert "a trained network learns on" in words(pilot.app)  # type: ignore[arg-type]


@pytest.mark.parametrize("keys", [["escape"], ["backspace"], ["up", "escape", "escape"]])
async def test_it_is_taken_away_again_and_the_form_is_what_it_was(home: Path, keys: list[str]) -> None:
    app = playground()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("f3")
        await pilot.pause()
        form = app.screen.query_one(TrainingForm)
        field(form, "hidden").value = "96"
        field(form, "lr").value = "0.004"
        await pilot.pause()
        await from_network(pilot, Origin("tide-lamp"))
        field(form, "amount").value = "3"
        await pilot.press(*keys)
        await eventually(pilot, lambda: app.desk.origin is None and seen(form, "hidden"))
        await eventually(pilot, lambda: field(form, "hidden").value == "96")
        assert (field(form, "lr").value, field(form, "amount").value) == ("0.004", "3")
        assert "a new training" in words(app)


async def test_a_backspace_in_a_field_only_edits(home: Path) -> None:
    app = playground()
    async with app.run_test(size=SMALL) as pilot:
        form = await from_network(pilot, Origin("tide-lamp"))
        field(form, "amount").focus()
        await pilot.press("end", "5", "backspace")
        assert app.desk.origin == Origin("tide-lamp")
        assert field(form, "amount").value == "1"


async def test_new_characters_are_named_and_folded_or_added(home: Path, begun: list[Begun]) -> None:
    engine = FakeEngine("naïve façade\n")
    app = playground(engine)
    async with app.run_test(size=LARGE) as pilot:
        form = await from_network(pilot, Origin("tide-lamp"))
        await eventually(pilot, lambda: told(form, "new") == "2: ç ï")
        symbols = form.query_one("#beginning").symbols  # type: ignore[attr-defined]
        form.query_one("#extend", Choice).focus()
        await pilot.press("a")
        assert form.query_one("#extend", Choice).value == "add"
        assert form.query_one("#beginning").symbols == symbols + 2  # type: ignore[attr-defined]
        assert "Characters that the network doesn't know" in told(form, "about")
        await pilot.press("f9")
        await eventually(pilot, lambda: begun)
        assert "--extend-vocabulary" in begun[0].options


async def test_the_trainer_is_told_where_to_begin(home: Path, begun: list[Begun]) -> None:
    app = playground()
    async with app.run_test(size=SMALL) as pilot:
        form = await from_network(pilot, Origin("shipped:play"))
        field(form, "dropout").value = "0.2"
        field(form, "amount").value = "2"
        field(form, "name").value = "child"
        await pilot.pause()
        await pilot.press("f9")
        await eventually(pilot, lambda: begun)
        (one,) = begun
        assert (one.run.name, one.spec) == ("child", "play")
        assert "--from=shipped:play" in one.options
        assert "--extend-vocabulary" not in one.options
        pairs = dict(zip(one.options, one.options[1:], strict=False))
        assert (pairs["--dropout"], pairs["--minutes"]) == ("0.2", "2")
        assert not {"--hidden", "--layers", "--cell", "--lr"} & set(one.options)
        given = {"dropout": 0.2, "minutes": 2.0}
        config = train_options.fine_tuning_settings(given, MODEL)
        assert config.learning_rate == pytest.approx(float(field(form, "lr").value))
        # A form of a new network is remembered; this one isn't.
        assert app.desk.state.form is None


async def test_the_last_weights_are_named_by_their_file(home: Path, begun: list[Begun]) -> None:
    run = made_run("boat")
    run.checkpoint("last").write_bytes(b"weights")
    app = playground()
    async with app.run_test(size=SMALL) as pilot:
        await from_network(pilot, Origin("boat", "last"))
        assert Open("boat", "last") in asked(app)
        await pilot.press("f9")
        await eventually(pilot, lambda: begun)
        assert f"--from={run.checkpoint('last')}" in begun[0].options


def asked(app: Playground) -> list[Question]:
    assert isinstance(app.desk.engine, FakeEngine)
    return app.desk.engine.asked


async def test_a_trainer_that_refuses_leaves_the_network_chosen_and_one_that_trains_takes_it_away(
    home: Path, begun: list[Begun]
) -> None:
    app = playground()
    async with app.run_test(size=SMALL) as pilot:
        form = await from_network(pilot, Origin("boat"))
        await pilot.press("f9")
        await eventually(pilot, lambda: begun)
        begun[0].said, begun[0].code = "error: The network knows 3.0% of the characters of 'play'.", 1
        await eventually(pilot, lambda: "knows 3.0%" in toasts(app))
        assert app.desk.origin == Origin("boat")
        await eventually(pilot, lambda: seen(form, "origin"))
        await pilot.press("f9")
        await eventually(pilot, lambda: len(begun) == 2)
        made_run(begun[1].run.name, course(50))
        begun[1].code = 0
        await eventually(pilot, lambda: app.desk.origin is None)
        await pilot.press("n")
        await eventually(pilot, lambda: seen(form, "hidden"))


async def test_without_that_network_it_is_told_and_nothing_starts(home: Path, begun: list[Begun]) -> None:
    engine = FakeEngine()
    engine.missing.add("boat")
    app = playground(engine)
    async with app.run_test(size=SMALL) as pilot:
        form = await from_network(pilot, Origin("boat"))
        assert "✗ There is no 'boat'." in told(form, "origin")
        await pilot.press("f9", "enter")
        await pilot.pause(0.1)
        assert begun == []


async def test_a_key_in_runs_leads_there(home: Path) -> None:
    run = made_run("boat")
    async with opened() as (app, pilot):
        await pilot.press("f")
        await eventually(pilot, lambda: "has no checkpoint" in toasts(app))
        run.checkpoint("best").write_bytes(b"weights")
        await pilot.press("f")
        await eventually(pilot, lambda: isinstance(app.screen, TrainPlace))
        form = app.screen.query_one(TrainingForm)
        await eventually(pilot, lambda: "boat · 1,000 steps" in told(form, "origin"))
        app.desk.open("runs")
        await eventually(pilot, lambda: isinstance(app.screen, RunsPlace))


async def test_a_key_in_sample_leads_there(home: Path) -> None:
    app = playground()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("f4")
        await eventually(pilot, lambda: isinstance(app.screen, SamplePlace) and app.screen.opened is not None)
        await pilot.press("f")
        await eventually(pilot, lambda: isinstance(app.screen, TrainPlace))
        assert app.desk.origin == Origin("shipped:play")


async def test_a_run_that_is_removed_is_begun_from_no_longer(home: Path) -> None:
    made_run("boat")
    async with opened() as (app, pilot):
        app.desk.begin_from(Origin("boat"))
        await pilot.press("d")
        await pilot.pause()
        await pilot.press("y")
        await eventually(pilot, lambda: app.desk.origin is None)


async def test_the_settings_of_a_new_network_are_remembered_as_before(home: Path, begun: list[Begun]) -> None:
    app = playground()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("f3")
        await pilot.pause()
        await pilot.press("f9")
        await eventually(pilot, lambda: begun)
        assert app.desk.state.form == automatic()
        assert begun[0].options == []


DIALOGS: list[Callable[[], ModalScreen[Any]]] = [
    lambda: Comparing(FakeEngine(), ("a", "b"), "play"),
    lambda: ShowRecipe("[b]", "rnnplay train '\ud800[b]'"),
    lambda: AskPath("Where?", "~/x"),
]


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
@pytest.mark.parametrize("made", DIALOGS)
async def test_a_dialog_that_is_left_before_it_is_drawn_ends_nothing(
    home: Path, made: Callable[[], ModalScreen[Any]], turns: int
) -> None:
    app = playground()
    async with app.run_test(size=SMALL) as pilot:
        await pilot.pause()
        app.push_screen(made())
        for _ in range(turns):
            await asyncio.sleep(0)
        app.pop_screen()
        await pilot.pause()
        assert not isinstance(app.screen, ModalScreen)


def test_what_was_remembered_before_this_can_still_be_read(home: Path) -> None:
    from rnnplay.app.state import State

    assert msgspec.json.decode(b'{"corpus": "play", "run": "boat"}', type=State).run == "boat"
