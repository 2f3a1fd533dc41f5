import asyncio
import math
import re
import shutil
import time
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Input, SelectionList

from rnnplay.app import steering
from rnnplay.app.app import Playground
from rnnplay.app.place import Place
from rnnplay.app.screens.dialogs import Confirm
from rnnplay.app.screens.overlay import Overlay
from rnnplay.app.screens.train import TrainPlace
from rnnplay.app.state import state_path
from rnnplay.app.steering import schedule_height
from rnnplay.app.widgets.chart.loss_chart import LossChart
from rnnplay.app.widgets.choice import Choice
from rnnplay.app.widgets.draft import AUTOMATIC, TYPED, drafted, preset_of, texts
from rnnplay.app.widgets.figures import figures
from rnnplay.app.widgets.knobs import EXPLAINED
from rnnplay.app.widgets.samples import Samples
from rnnplay.app.widgets.told import Told
from rnnplay.app.widgets.training_form import ROWS, TrainingForm
from rnnplay.engine import trainers
from rnnplay.engine.fake import FakeEngine
from rnnplay.engine.protocol import Describe
from rnnplay.errors import UserError
from rnnplay.runs.folder import Run
from rnnplay.runs.history import History
from rnnplay.runs.requests import FolderInbox
from rnnplay.training.arguments import KNOB_OF
from rnnplay.training.config import CELL_RATES, KNOBS, PRESETS, Budget, TrainingConfig, automatic, preset, with_cell
from rnnplay.training.control import Pause, Sample, Save, SetLearningRate, Stop, Unpause
from rnnplay.training.events import Acknowledged, Event, Noted, Sampled
from tests.app.foreign import foreign_text
from tests.app.made import CONFIG, course, evaluated, finished, made_run, playground, progress, started, told, training
from tests.app.test_app import toasts, words
from tests.app.waiting import eventually

SMALL, LARGE = (80, 24), (160, 50)


class Trains:
    """An app whose desk notes what it would start instead of starting it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, engine: FakeEngine | None = None) -> None:
        self.app = playground(engine)
        self.started: list[tuple[TrainingConfig, str | None]] = []
        self.resumed: list[tuple[str, Budget | None]] = []

        async def start(config: TrainingConfig, name: str | None = None) -> None:
            self.started.append((config, name))

        async def resume(run: Run, budget: Budget | None = None) -> None:
            self.resumed.append((run.name, budget))

        monkeypatch.setattr(self.app.desk, "start_training", start)
        monkeypatch.setattr(self.app.desk, "resume_training", resume)


class Trainer:
    """What a run's trainer is asked."""

    def __init__(self, run: Run) -> None:
        self._inbox = FolderInbox(run.control)
        self.requests: list[Any] = []

    def was_asked(self, times: int = 1) -> bool:
        """Tell whether so many requests have come."""
        self.requests += self._inbox.poll()
        return len(self.requests) >= times


async def in_front(pilot: Pilot[None], run: Run | None = None) -> TrainPlace:
    """Go to Train, following a run."""
    app = pilot.app
    assert isinstance(app, Playground)
    await pilot.pause()
    if run is not None:
        app.desk.follow(run)
    await pilot.press("f3")
    await pilot.pause()
    place = app.screen
    assert isinstance(place, TrainPlace)
    if run is not None:
        history = app.desk.following.history if app.desk.following else None
        await eventually(pilot, lambda: history is not None and (history.started or not list(run.folder.glob("ev*"))))
    return place


def sentence(place: Place) -> str:
    return place.query_one("#sentence", Told).told.plain


def subtitle(place: Place) -> str:
    return str(place.query_one(LossChart).border_subtitle or "")


# The form


async def test_every_field_has_a_default_and_enter_starts(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trains = Trains(monkeypatch)
    async with trains.app.run_test(size=SMALL) as pilot:
        await in_front(pilot)
        await pilot.press("enter")
        await eventually(pilot, lambda: trains.started)
    assert trains.started == [(automatic(), None)]


@pytest.mark.parametrize("key", ["f9", "ctrl+t"])
async def test_one_key_starts_from_within_a_field(home: Path, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    trains = Trains(monkeypatch)
    async with trains.app.run_test(size=SMALL) as pilot:
        place = await in_front(pilot)
        place.query_one("#hidden", Input).focus()
        await pilot.press("3", "8", "6", key)
        await eventually(pilot, lambda: trains.started)
    assert trains.started[0][0].model.hidden_size == 386
    assert set(trains.started[0][0].free) == set(KNOBS) - {"hidden_size"}


@pytest.mark.parametrize("size", [SMALL, (100, 28), LARGE])
async def test_nothing_of_the_form_is_cut_off(home: Path, size: tuple[int, int]) -> None:
    app = playground()
    async with app.run_test(size=size) as pilot:
        place = await in_front(pilot)
        await eventually(pilot, lambda: "characters/s" in words(app))
        for name in (*ROWS, "unit", "priority", "start", "derived", "about"):
            widget = place.query_one(f"#{name}")
            assert widget.region.height >= 1
            assert place.region.contains_region(widget.region), name
        for label in ("preset", "sequence", "budget", "parameters", "memory", "epochs", "Start training"):
            assert label in words(app)


async def test_the_derived_figures_change_as_one_types(home: Path) -> None:
    app = playground()
    async with app.run_test(size=(100, 28)) as pilot:
        place = await in_front(pilot)
        await eventually(pilot, lambda: "characters/s" in words(app))
        derived = place.query_one("#derived", Told)
        before = derived.told.plain
        place.query_one("#hidden", Input).value = "512"
        await pilot.pause()
        assert derived.told.plain != before
        place.query_one("#amount", Input).value = "2"
        await pilot.pause()
        assert "2:00" in derived.told.plain
        place.query_one("#unit", Choice).choose("steps")
        await pilot.pause()
        assert "steps      2" in derived.told.plain


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("layers", "0", "From 1 to 64, not 0."),
        ("hidden", "abc", "A whole number, like 384."),
        ("dropout", "1", "At least 0 and below 1, not 1.0."),
        ("lr", "-1", "Above 0 and at most 10, not -1."),
        ("amount", "nan", "Above 0, not nan."),
        ("seq_len", "-", "A whole number, like 64."),
        ("amount", "", "A number, like 1."),
        ("batch", "9999999999999999999", "From 1 to 1048576, not 9999999999999999999."),
    ],
)
async def test_what_is_wrong_stands_beside_its_field(
    home: Path, monkeypatch: pytest.MonkeyPatch, field: str, typed: str, says: str
) -> None:
    trains = Trains(monkeypatch)
    async with trains.app.run_test(size=SMALL) as pilot:
        place = await in_front(pilot)
        place.query_one(f"#{field}", Input).value = typed
        await pilot.pause()
        note = place.query_one(f"#{field}-note", Told).told.plain
        assert note == f"✗ {says}"
        await pilot.press("f9")
        await pilot.pause()
        assert trains.started == []
        assert place.focused is place.query_one(f"#{field}")


async def test_half_a_step_is_told(home: Path) -> None:
    app = playground()
    async with app.run_test(size=SMALL) as pilot:
        place = await in_front(pilot)
        place.query_one("#unit", Choice).choose("steps")
        place.query_one("#amount", Input).value = "1.5"
        await pilot.pause()
        assert "A whole number" in place.query_one("#amount-note", Told).told.plain or "Whole" in words(app)


async def test_a_name_that_is_taken_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_run("tide-lamp")
    trains = Trains(monkeypatch)
    async with trains.app.run_test(size=SMALL) as pilot:
        place = await in_front(pilot)
        place.query_one("#name", Input).value = "tide-lamp"
        note = place.query_one("#name-note", Told)
        await eventually(pilot, lambda: "already" in note.told.plain)
        await pilot.press("f9")
        await pilot.pause()
        assert trains.started == []
        place.query_one("#name", Input).value = "other"
        await eventually(pilot, lambda: "✗" not in note.told.plain)
        await pilot.press("f9")
        await eventually(pilot, lambda: trains.started)
        assert trains.started[0][1] == "other"


@pytest.mark.parametrize("name", list(PRESETS))
async def test_a_preset_sets_the_other_fields(home: Path, name: str) -> None:
    app = playground()
    async with app.run_test(size=SMALL) as pilot:
        place = await in_front(pilot)
        place.query_one("#preset", Choice).choose(name)
        await pilot.pause()
        assert {field: place.query_one(f"#{field}", Input).value for field in TYPED} == texts(preset(name))
        place.query_one("#layers", Input).value = "3"
        await pilot.pause()
        assert place.query_one("#preset", Choice).value == ""


async def test_a_cell_brings_its_own_rate(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trains = Trains(monkeypatch)
    async with trains.app.run_test(size=SMALL) as pilot:
        place = await in_front(pilot)
        place.query_one("#preset", Choice).choose("standard")
        place.query_one("#cell").focus()
        await pilot.press("right")
        await pilot.pause()
        assert place.query_one("#lr", Input).value == "0.0105"
        assert place.query_one("#preset", Choice).value == "standard"
        await pilot.press("f")
        await pilot.press("enter")
        await eventually(pilot, lambda: trains.started)
    shown = with_cell(TrainingConfig(), "ff")
    assert trains.started[0][0] == replace(shown, learning_rate=float(texts(shown)["lr"]))


def placeholders(place: Place) -> dict[str, str]:
    return {name: place.query_one(f"#{name}", Input).placeholder for name in KNOB_OF}


async def test_what_will_be_chosen_stands_in_the_empty_fields_and_follows_the_budget(home: Path) -> None:
    app = playground()
    async with app.run_test(size=SMALL) as pilot:
        place = await in_front(pilot)
        await eventually(pilot, lambda: "Likely: one layer" in words(app))
        before = placeholders(place)
        assert all(re.fullmatch(r"auto [\d.]+", text) for text in before.values()), before
        assert f"of {before['hidden'].removeprefix('auto ')} units" in words(app)
        place.query_one("#amount", Input).value = "600"
        await pilot.pause()
        later = placeholders(place)
        assert float(later["dropout"].split()[1]) >= float(before["dropout"].split()[1])
        assert later != before


async def test_a_knob_that_is_typed_is_taken_and_the_others_are_chosen_around_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trains = Trains(monkeypatch)
    async with trains.app.run_test(size=SMALL) as pilot:
        place = await in_front(pilot)
        await eventually(pilot, lambda: "Likely: one layer" in words(trains.app))
        slow = placeholders(place)["lr"]
        place.query_one("#hidden", Input).value = "2048"
        await pilot.pause()
        assert placeholders(place)["lr"] != slow
        assert place.query_one("#preset", Choice).value == AUTOMATIC
        await pilot.press("f9")
        await eventually(pilot, lambda: trains.started)
    config = trains.started[0][0]
    assert config.model.hidden_size == 2048
    assert "hidden_size" not in config.free
    assert "learning_rate" in config.free


async def test_a_field_that_is_emptied_is_chosen(home: Path) -> None:
    app = playground()
    async with app.run_test(size=SMALL) as pilot:
        place = await in_front(pilot)
        place.query_one("#preset", Choice).choose("wide")
        await pilot.pause()
        place.query_one("#dropout", Input).value = ""
        await eventually(pilot, lambda: placeholders(place)["dropout"].startswith("auto 0"))
        assert place.query_one("#preset", Choice).value == AUTOMATIC
        place.query_one("#preset", Choice).choose("wide")
        await pilot.pause()
        assert place.query_one("#dropout", Input).value == "0.2"
        place.query_one("#preset", Choice).choose(AUTOMATIC)
        await pilot.pause()
        assert {place.query_one(f"#{name}", Input).value for name in KNOB_OF} == {""}


async def test_settings_that_an_older_version_remembered_stand_in_the_form(home: Path) -> None:
    old = msgspec.to_builtins(preset("wide"))
    del old["free"]
    old["betas"] = (0.9, 0.999)  # which no option sets, and no field shows
    home.mkdir(parents=True, exist_ok=True)
    state_path().write_bytes(msgspec.json.encode({"form": old}))
    app = playground()
    async with app.run_test(size=SMALL) as pilot:
        place = await in_front(pilot)
        assert place.query_one("#hidden", Input).value == "512"
        assert place.query_one("#preset", Choice).value == "wide"
        assert app.desk.state.form == preset("wide")


async def test_the_focused_knob_explains_itself(home: Path) -> None:
    app = playground()
    async with app.run_test(size=SMALL) as pilot:
        place = await in_front(pilot)
        for name in EXPLAINED:
            place.query_one(f"#{name}").focus()
            await pilot.pause()
            first, *_, last = EXPLAINED[name].about.split()
            assert first in words(app)
            assert last in words(app), name  # there is room for all of it
            assert place.query_one("#about", Told).told.plain == EXPLAINED[name].about


async def test_arrows_lead_through_the_form_and_esc_out_of_a_field(home: Path) -> None:
    app = playground()
    async with app.run_test(size=SMALL) as pilot:
        place = await in_front(pilot)
        place.query_one("#preset").focus()
        await pilot.pause()
        seen = []
        for _ in range(len(ROWS) + 3):
            seen.append(place.focused.id if place.focused else "")
            await pilot.press("down")
        assert seen == [*ROWS[:9], "unit", "device", "priority", "name", "start"]
        place.query_one("#lr").focus()
        await pilot.pause()
        await pilot.press("escape")
        await pilot.pause()
        assert place.focused is place.query_one("#start")


async def test_the_form_remembers_what_was_used_last(home: Path) -> None:
    app = playground()
    config = with_cell(TrainingConfig(budget=Budget("epochs", 3)), "gru")
    app.desk.remember(form=config)
    async with app.run_test(size=SMALL) as pilot:
        place = await in_front(pilot)
        assert place.query_one("#cell", Choice).value == "gru"
        assert place.query_one("#unit", Choice).value == "epochs"
        assert place.query_one("#amount", Input).value == "3"


async def test_clicks_choose(home: Path) -> None:
    app = playground()
    async with app.run_test(size=SMALL) as pilot:
        place = await in_front(pilot)
        await pilot.click("#cell", offset=(9, 0))
        await pilot.pause()
        assert place.query_one("#cell", Choice).value == "gru"


async def test_another_text_is_looked_at(home: Path) -> None:
    engine = FakeEngine()
    app = playground(engine)
    async with app.run_test(size=SMALL) as pilot:
        await in_front(pilot)
        app.desk.choose_corpus("prose")
        await eventually(pilot, lambda: "text       prose" in words(app))
        assert Describe("prose", (), None) in engine.asked


async def test_a_text_that_is_taken_before_one_was_here_shows_the_form_and_not_the_last_run(home: Path) -> None:
    run = made_run("tide-lamp")
    app = playground()
    async with app.run_test(size=SMALL) as pilot:
        app.desk.follow(run)
        app.desk.choose_corpus("prose")
        await in_front(pilot)
        await eventually(pilot, lambda: "text       prose" in words(app))
        assert "esc: back to tide-lamp" in words(app)


async def test_a_text_that_is_missing_is_told_and_the_form_lives(home: Path) -> None:
    engine = FakeEngine()
    engine.missing.add("[bold]gone")
    app = playground(engine)
    app.desk.remember(corpus="[bold]gone")
    async with app.run_test(size=LARGE) as pilot:
        await in_front(pilot)
        await eventually(pilot, lambda: "There is no '[bold]gone'." in " ".join(words(app).split()))
        assert "Start training" in words(app)


async def test_the_form_works_without_an_engine(home: Path) -> None:
    engine = FakeEngine()
    engine.wont_start = "The engine can't be started."
    app = playground(engine)
    async with app.run_test(size=LARGE) as pilot:
        await in_front(pilot)
        await eventually(pilot, lambda: "not measured" in words(app))


@pytest.mark.parametrize("name", list(PRESETS))
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn", "ff"])
def test_fields_and_settings_say_the_same(name: str, cell: str) -> None:
    config = with_cell(preset(name), cell)
    draft = drafted(config, config.budget.unit, texts(config))
    assert draft.wrong == {}
    assert draft.config is not None
    assert texts(draft.config) == texts(config)
    assert preset_of(draft.config) == name


# A run


@pytest.mark.parametrize("size", [SMALL, (100, 28), LARGE])
async def test_a_training_is_told_live(home: Path, size: tuple[int, int]) -> None:
    run = made_run("tide-lamp", course(260, end=False))
    app = playground()
    with training(run):
        async with app.run_test(size=size) as pilot:
            place = await in_front(pilot, run)
            await eventually(pilot, lambda: "at 250 it wrote: the" in words(app))
            assert "tide-lamp · play · lstm 1x384" in words(app)
            assert "○ validation" in words(app)
            assert "pairs of letters" in words(app)
            assert "1.4" in words(app)
            assert "0:07 left" in words(app) or "time left   0:07" in words(app)
            told(run, [progress(300, 1.234)])
            await eventually(pilot, lambda: "1.234" in words(app))
            for part in ("#chart", "#samples", "#sentence"):
                assert place.region.contains_region(place.query_one(part).region)


@pytest.mark.parametrize("size", [SMALL, LARGE])
@pytest.mark.parametrize("niceness", [10, 0])
async def test_a_training_that_gives_way_to_other_programs_says_so_while_it_does(
    home: Path, size: tuple[int, int], niceness: int
) -> None:
    run = made_run("tide-lamp", course(260, end=False))
    app = playground()
    async with app.run_test(size=size) as pilot:
        with training(run, niceness=niceness):
            place = await in_front(pilot, run)
            await eventually(pilot, lambda: app.desk.trainings)
            await pilot.press("m", "m")
            assert ("low priority: gives way to other programs" in words(app)) == bool(niceness)
        await eventually(pilot, lambda: not app.desk.trainings)
        await eventually(pilot, lambda: "gives way" not in subtitle(place))


async def test_the_priority_is_chosen_in_the_form_or_by_a_key_and_remembered(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[list[str]] = []

    def refuse(*arguments: Any) -> None:
        given.append(list(arguments[1]))
        raise UserError("not in this test")

    monkeypatch.setattr(trainers, "start", refuse)
    monkeypatch.setattr(trainers, "resume", refuse)
    app = playground()
    async with app.run_test(size=SMALL) as pilot:
        place = await in_front(pilot)
        choice = place.query_one("#priority", Choice)
        assert {choice.value, app.desk.state.priority} == {"low"}
        choice.focus()
        await pilot.press("right")
        said = "Trainings start at normal priority from now on, and compete"
        await eventually(pilot, lambda: said in toasts(app))
        await app.desk.start_training(TrainingConfig())
        await app.desk.resume_training(made_run("again"))
        assert [options.count("--priority=normal") for options in given] == [1, 1]
        await app.desk.save()
    app = playground()
    async with app.run_test(size=SMALL) as pilot:
        place = await in_front(pilot)
        choice = place.query_one("#priority", Choice)
        assert {choice.value, app.desk.state.priority} == {"normal"}
        await pilot.press("p")
        assert {choice.value, app.desk.state.priority} == {"low"}
        await app.desk.start_training(TrainingConfig())
        assert not any("--priority" in option for option in given[-1])


async def test_milestones_stand_with_their_time(home: Path) -> None:
    run = made_run("tide-lamp")
    app = playground()
    async with app.run_test(size=(100, 30)) as pilot:
        await in_front(pilot, run)
        await eventually(pilot, lambda: "0:05 beats pairs of letters" in words(app))
        assert "0:15 beats the 4-gram table" in words(app)


@pytest.mark.parametrize(
    ("key", "kind"),
    [("space", Pause), ("x", Stop), ("g", Sample), ("v", Save), ("right_square_bracket", SetLearningRate)],
)
async def test_a_key_asks_the_trainer_and_shows_when_it_has_answered(home: Path, key: str, kind: Any) -> None:
    run = made_run("tide-lamp", course(260, end=False))
    app = playground()
    with training(run):
        trainer = Trainer(run)
        async with app.run_test(size=SMALL) as pilot:
            place = await in_front(pilot, run)
            await eventually(pilot, lambda: "step 250" in words(app))
            await pilot.press(key)
            await eventually(pilot, trainer.was_asked)
            assert isinstance(trainer.requests[0], kind)
            assert "asked …" in subtitle(place)
            told(run, [Acknowledged(trainer.requests[0].id, 261)])
            await eventually(pilot, lambda: "done" in subtitle(place))


async def test_a_paused_training_says_so_and_goes_on(home: Path) -> None:
    run = made_run("tide-lamp", course(260, end=False))
    app = playground()
    with training(run):
        trainer = Trainer(run)
        async with app.run_test(size=SMALL) as pilot:
            place = await in_front(pilot, run)
            await eventually(pilot, lambda: "step 250" in words(app))
            await pilot.press("space")
            await eventually(pilot, trainer.was_asked)
            told(run, [Acknowledged(trainer.requests[0].id, 260)])
            await eventually(pilot, lambda: sentence(place).startswith("Paused"))
            assert "‖ tide-lamp" in words(app)
            await pilot.press("space")
            await eventually(pilot, lambda: trainer.was_asked(2))
            assert isinstance(trainer.requests[1], Unpause)


async def test_the_rate_goes_up_and_down_in_steps(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steering, "RATE_APART", 0.0)
    run = made_run("tide-lamp", course(100, end=False))
    app = playground()
    with training(run):
        trainer = Trainer(run)
        async with app.run_test(size=SMALL) as pilot:
            await in_front(pilot, run)
            await eventually(pilot, lambda: "step 100" in words(app))
            await pilot.press("right_square_bracket", "right_square_bracket", "left_square_bracket")
            await eventually(pilot, lambda: trainer.was_asked(3))
            assert [request.learning_rate for request in trainer.requests] == [0.00875, 0.0109, 0.00872]


async def test_a_key_that_is_held_down_asks_once(home: Path) -> None:
    run = made_run("tide-lamp", course(100, end=False))
    app = playground()
    with training(run):
        trainer = Trainer(run)
        async with app.run_test(size=SMALL) as pilot:
            await in_front(pilot, run)
            await eventually(pilot, lambda: "step 100" in words(app))
            await pilot.press(*"gggggg", "v")
            await eventually(pilot, lambda: trainer.was_asked(2))
            assert [type(request) for request in trainer.requests] == [Sample, Save]


def test_the_height_of_the_schedule_is_told_from_the_rate() -> None:
    history = History()
    history.take([started(), progress(100, 2.0)])
    assert schedule_height(history) == 7e-3
    falling = msgspec.structs.replace(progress(300, 2.0), spent=0.65, learning_rate=5e-3)
    rising = msgspec.structs.replace(progress(3, 2.0), spent=0.06, learning_rate=4e-3)  # the fourth step of ten
    for event in (falling, rising):
        history.take([event])
        height = schedule_height(history)
        assert height is not None
        assert math.isclose(height, 1e-2)


async def test_one_leafs_back_through_all_that_it_wrote(home: Path) -> None:
    run = made_run("tide-lamp", course(260, end=False))
    app = playground()
    with training(run):
        async with app.run_test(size=SMALL) as pilot:
            place = await in_front(pilot, run)
            samples = place.query_one(Samples)
            await eventually(pilot, lambda: samples.sample is not None and samples.sample.step == 250)
            await pilot.press("comma", "comma")
            await pilot.pause()
            assert "it wrote, step 150" in words(app)
            assert "at 150 it wrote" in words(app)
            told(run, [Sampled(300, "", "newer")])
            await eventually(pilot, lambda: "3 of 6" in words(app))
            assert "at 150 it wrote" in words(app)
            samples.focus()
            await pilot.press("home")
            assert samples.sample is not None
            assert samples.sample.step == 50
            await pilot.press("right", "left", "end")
            assert samples.sample.step == 300
            await pilot.press("full_stop")
            await pilot.click("#samples", offset=(3, samples.size.height + 1))
            await pilot.pause()
            assert samples.sample.step == 250
            await pilot.click("#samples", offset=(samples.size.width, samples.size.height + 1))
            await pilot.pause()
            assert samples.sample.step == 300


async def test_a_finished_run_offers_to_sample_from_it(home: Path) -> None:
    run = made_run("tide-lamp")
    run.checkpoint("best").write_bytes(b"")
    app = playground()
    async with app.run_test(size=SMALL) as pilot:
        place = await in_front(pilot, run)
        await eventually(pilot, lambda: sentence(place) == "Still improving.")
        await pilot.press("s")
        await eventually(pilot, lambda: app.screen is not place)
        assert app.desk.model == ("tide-lamp", "best")


async def test_a_finished_run_without_a_checkpoint_says_so(home: Path) -> None:
    run = made_run("tide-lamp")
    app = playground()
    async with app.run_test(size=SMALL) as pilot:
        place = await in_front(pilot, run)
        await eventually(pilot, lambda: sentence(place) == "Still improving.")
        await pilot.press("s")
        await eventually(pilot, lambda: "has no checkpoint" in toasts(app))


async def test_a_finished_run_goes_on_with_a_larger_budget(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = made_run("tide-lamp")
    trains = Trains(monkeypatch)
    async with trains.app.run_test(size=SMALL) as pilot:
        place = await in_front(pilot, run)
        await eventually(pilot, lambda: sentence(place) == "Still improving.")
        await pilot.press("e")
        await pilot.pause()
        field = trains.app.screen.query_one(Input)
        assert field.value == "800 steps"
        field.value = "300"
        await pilot.press("enter")
        assert "more than 400 steps" in " ".join(words(trains.app).split())
        field.value = "900"
        await pilot.press("enter")
        await eventually(pilot, lambda: trains.resumed)
    assert trains.resumed == [("tide-lamp", Budget("steps", 900))]


async def test_a_new_training_and_back_to_the_run(home: Path) -> None:
    run = made_run("tide-lamp")
    app = playground()
    async with app.run_test(size=SMALL) as pilot:
        place = await in_front(pilot, run)
        await eventually(pilot, lambda: sentence(place) == "Still improving.")
        await pilot.press("n")
        await pilot.pause()
        assert "a new training" in words(app)
        await pilot.press("escape")
        await pilot.pause()
        assert "a new training" not in words(app)


async def test_a_trainer_that_died_is_told_with_its_last_words(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = made_run("tide-lamp", course(200, end=False))
    trains = Trains(monkeypatch)
    async with trains.app.run_test(size=LARGE) as pilot:
        with training(run):
            place = await in_front(pilot, run)
            await eventually(pilot, lambda: "step 200" in words(trains.app))
            run.log.write_bytes(b"RuntimeError: [bold]no\x1b[2J memory\n")
        await eventually(pilot, lambda: "RuntimeError: [bold]no" in sentence(place))
        assert "\x1b" not in words(trains.app)
        await pilot.press("c")
        await eventually(pilot, lambda: trains.resumed)
    assert trains.resumed == [("tide-lamp", None)]


async def test_a_run_that_was_stopped_goes_on(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    end = msgspec.structs.replace(finished(200), reason="stopped")
    run = made_run("tide-lamp", [*course(200, end=False), end])
    trains = Trains(monkeypatch)
    async with trains.app.run_test(size=SMALL) as pilot:
        place = await in_front(pilot, run)
        await eventually(pilot, lambda: sentence(place) == "Still improving.")
        await pilot.press("c")
        await eventually(pilot, lambda: trains.resumed)


async def test_a_folder_that_vanishes_is_told(home: Path) -> None:
    run = made_run("tide-lamp")
    app = playground()
    async with app.run_test(size=SMALL) as pilot:
        place = await in_front(pilot, run)
        await eventually(pilot, lambda: sentence(place) == "Still improving.")
        shutil.rmtree(run.folder)
        await eventually(pilot, lambda: "vanished" in sentence(place))
        assert "at 400 it wrote" in words(app)


async def test_a_silent_trainer_is_told(home: Path) -> None:
    run = made_run("tide-lamp", course(200, end=False))
    app = playground()
    with training(run):
        async with app.run_test(size=SMALL) as pilot:
            place = await in_front(pilot, run)
            await eventually(pilot, lambda: "step 200" in words(app))
            following = app.desk.following
            assert following is not None
            following._heard = time.monotonic() - 42
            await eventually(pilot, lambda: "said nothing for 4" in sentence(place))


async def test_losses_that_are_no_numbers_are_shown_as_such(home: Path) -> None:
    events: list[Event] = [started(), *(progress(step, None if step > 50 else 3.0) for step in range(10, 101, 10))]
    events += [evaluated(100, None, best=False), Noted(100, "The loss stopped [b]")]
    run = made_run("tide-lamp", events)
    app = playground()
    with training(run):
        async with app.run_test(size=SMALL) as pilot:
            await in_front(pilot, run)
            await eventually(pilot, lambda: "no number" in words(app))
            await pilot.press("m")
            await eventually(pilot, lambda: "step 100: The loss stopped [b]" in words(app))


async def test_the_rest_stands_behind_a_key_on_a_small_terminal(home: Path) -> None:
    run = made_run("tide-lamp")
    app = playground()
    async with app.run_test(size=SMALL) as pilot:
        place = await in_front(pilot, run)
        await eventually(pilot, lambda: sentence(place) == "Still improving.")
        assert "gradient" not in words(app)
        await pilot.press("m")
        await eventually(pilot, lambda: "0:15 beats the 4-gram table" in words(app))
        for part in ("gradient", "epoch", "step        400 of 400", "best", "at 400 it wrote"):
            assert part in words(app)
        await pilot.press("m")
        await eventually(pilot, lambda: "○ validation" in words(app))


async def test_chart_keys_work_wherever_the_focus_is_and_are_remembered(home: Path) -> None:
    run = made_run("tide-lamp")
    app = playground()
    async with app.run_test(size=SMALL) as pilot:
        place = await in_front(pilot, run)
        await eventually(pilot, lambda: sentence(place) == "Still improving.")
        chart = place.query_one(LossChart)
        place.query_one(Samples).focus()
        await pilot.press("a", "u", "l", "plus")
        assert (chart.view.x_unit, chart.view.y_unit, chart.view.log) == ("characters", "bits", True)
        assert chart.view.across is not None
        await pilot.press("minus", "minus", "r")
        assert chart.view.across is None
        await pilot.pause()
        state = app.desk.state
        assert (state.chart_x, state.chart_y, state.chart_log) == ("characters", "bits", True)


async def test_other_runs_are_laid_over_the_chart(home: Path) -> None:
    run, _ = made_run("tide-lamp"), made_run("wide-owl")
    app = playground()
    async with app.run_test(size=(100, 28)) as pilot:
        place = await in_front(pilot, run)
        await eventually(pilot, lambda: sentence(place) == "Still improving.")
        await pilot.press("o")
        await eventually(pilot, lambda: isinstance(app.screen, Overlay))
        assert app.screen.query_one(SelectionList).option_count == 1
        app.screen.query_one(SelectionList).focus()
        await pilot.press("space", "escape")
        await eventually(pilot, lambda: app.screen is place and "wide-owl" in words(app))
        assert "tide-lamp" in words(app)
        assert {curve.name: curve.mark for curve in place.query_one(LossChart).curves} == {
            "tide-lamp": "○",
            "wide-owl": "A",
        }
        assert "different texts" not in words(app)


async def test_a_curve_of_another_text_over_the_chart_is_noted(home: Path) -> None:
    run, _ = made_run("tide-lamp"), made_run("wide-owl", [started(corpus="household"), *list(course())[1:]])
    app = playground()
    async with app.run_test(size=(100, 28)) as pilot:
        place = await in_front(pilot, run)
        await eventually(pilot, lambda: sentence(place) == "Still improving.")
        await pilot.press("o")
        await eventually(pilot, lambda: isinstance(app.screen, Overlay))
        app.screen.query_one(SelectionList).focus()
        await pilot.press("space", "escape")
        await eventually(pilot, lambda: "different texts: losses don't compare (play, household)" in words(app))
        await pilot.press("o")
        await eventually(pilot, lambda: isinstance(app.screen, Overlay))
        app.screen.query_one(SelectionList).focus()
        await pilot.press("space", "escape")
        await eventually(pilot, lambda: app.screen is place and "different texts" not in words(app))


async def test_nothing_is_drawn_while_another_place_is_in_front(home: Path) -> None:
    run = made_run("tide-lamp", course(200, end=False))
    app = playground()
    with training(run):
        async with app.run_test(size=SMALL) as pilot:
            place = await in_front(pilot, run)
            await eventually(pilot, lambda: "step 200" in words(app))
            await pilot.press("f5")
            before = place.query_one(LossChart).curves
            told(run, [progress(300, 1.111)])
            following = app.desk.following
            await eventually(pilot, lambda: following and following.history.progress.step == 300)  # type: ignore[union-attr]
            await pilot.pause(0.3)
            assert place.query_one(LossChart).curves is before
            await pilot.press("f3")
            await eventually(pilot, lambda: "1.111" in words(app))


async def test_a_second_training_is_asked_about(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = made_run("tide-lamp", course(200, end=False))
    trains = Trains(monkeypatch)
    with training(run):
        async with trains.app.run_test(size=SMALL) as pilot:
            await in_front(pilot, run)
            await eventually(pilot, lambda: "step 200" in words(trains.app))
            await pilot.press("n", "f9")
            await eventually(pilot, lambda: isinstance(trains.app.screen, Confirm))
            await pilot.press("n")
            await pilot.pause()
            assert trains.started == []
            await pilot.press("f9")
            await pilot.pause()
            await pilot.press("y")
            await eventually(pilot, lambda: trains.started)


async def test_a_fault_in_starting_is_told_and_the_app_stays(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = playground()

    async def start(_config: TrainingConfig, _name: str | None = None) -> None:
        raise ValueError("embedded [b]null")

    monkeypatch.setattr(app.desk, "start_training", start)
    async with app.run_test(size=SMALL) as pilot:
        await in_front(pilot)
        await pilot.press("f9")
        await eventually(pilot, lambda: "ValueError" in toasts(app))
        assert app.is_running


async def test_a_trainer_that_starts_says_what_it_does(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rnnplay.app.desk import Starting

    class Working:
        run = Run(home / "runs" / "new-one")

        def poll(self) -> None:
            return None

        def words(self) -> str:
            return "counting [b]baselines"

    app = playground()
    async with app.run_test(size=SMALL) as pilot:
        place = await in_front(pilot)
        app.desk.starting = Starting("new-one", Working(), time.monotonic())  # type: ignore[arg-type]
        await eventually(pilot, lambda: "counting [b]baselines" in words(app))
        assert "new-one" in words(app)
        await eventually(pilot, lambda: "counting [b]baselines" in place.query_one(LossChart).empty)
        app.desk.starting = None
        app.desk.following_changed.publish(None)
        await eventually(pilot, lambda: "a new training" in words(app))
        assert place is app.screen


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_resizing_in_the_middle_changes_nothing_else(home: Path, size: tuple[int, int]) -> None:
    run = made_run("tide-lamp")
    app = playground()
    async with app.run_test(size=size) as pilot:
        place = await in_front(pilot, run)
        await eventually(pilot, lambda: sentence(place) == "Still improving.")
        for other in ((70, 20), (160, 50), (40, 12), (100, 28), size):
            await pilot.resize_terminal(*other)
            await pilot.pause()
        assert "at 400 it wrote" in words(app)
        await pilot.press("n")
        for other in ((70, 20), (160, 50), (40, 12), (100, 28), size):
            await pilot.resize_terminal(*other)
            await pilot.pause()
        assert "a new training" in words(app)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(foreign_text, foreign_text, foreign_text)
def test_foreign_text_is_shown_and_never_obeyed(home: Path, text: str, corpus: str, note: str) -> None:
    def clean(part: str) -> str:
        return part.encode("utf-8", "ignore").decode()

    async def shown() -> None:
        shutil.rmtree(home / "runs", ignore_errors=True)
        (home / "runs").mkdir(parents=True)
        text_, corpus_, note_ = clean(text), clean(corpus), clean(note)
        events: list[Event] = [started(corpus=corpus_), progress(10, 3.0), evaluated(10, 3.1, note_ or "x")]
        events += [Sampled(10, corpus_, text_), Noted(10, note_)]
        run = made_run("tide-lamp", events, corpus=corpus_)
        run.log.write_text(note_, encoding="utf-8")
        app = playground()
        for size in (SMALL, LARGE):
            async with app.run_test(size=size) as pilot:
                place = await in_front(pilot, run)
                await eventually(pilot, partial(getattr, place.query_one(Samples), "sample"))
                await pilot.press("m", "comma")
                await pilot.pause()
                assert not {"\x1b", "\x9b", "\u202e", "\x07"} & set(words(app))
            app = playground()

    asyncio.run(shown())


async def test_a_cell_and_back_is_the_preset_again_and_no_rate_has_more_than_three_digits(home: Path) -> None:
    app = playground()
    async with app.run_test(size=SMALL) as pilot:
        place = await in_front(pilot)
        assert EXPLAINED["name"].gloss in words(app)
        place.query_one("#preset").focus()
        small = preset("small")
        other = small.learning_rate * CELL_RATES["gru"] / CELL_RATES["lstm"]
        await pilot.press("right", "right", "down", "right")
        await eventually(pilot, lambda: place.query_one("#lr", Input).value == f"{other:.3g}")
        await pilot.press("left")
        await eventually(pilot, lambda: place.query_one("#lr", Input).value == f"{small.learning_rate:g}")
        assert place.query_one("#preset", Choice).value == "small"


async def test_no_figure_is_cut_in_two_where_all_are_shown(home: Path) -> None:
    run = made_run("tide-lamp")
    app = playground()
    async with app.run_test(size=(100, 30)) as pilot:
        await in_front(pilot, run)
        await pilot.press("m")
        await eventually(pilot, lambda: "at step 400" in words(app))
        bits = [line for line in words(app).splitlines() if re.search(r"(training|validation|best) .* nats", line)]
        assert [line.rstrip(" │").endswith("bits") for line in bits[:3]] == [True] * 3
        assert "beats" in words(app)


def test_a_finished_training_is_told_by_its_last_pass() -> None:
    history = History()
    history.take([*course(400, end=False), evaluated(400, 1.6), finished(400)])
    found = {figure.name: figure for figure in figures(history)}
    assert "1.600" in found["validation"].value
    assert found["time"].brief.endswith("in all")


def test_figures_are_aligned_and_told_in_both_units() -> None:
    history = History()
    history.take(course(260, end=False))
    found = {figure.name: figure for figure in figures(history)}
    assert found["training"].value.endswith("bits")
    assert "≈" in found["validation"].value
    assert found["time left"].value == "0:07"
    assert found["step"].value == "260 of 400"
    assert figures(History()) == []


def test_the_form_knows_every_row() -> None:
    assert set(ROWS) | {"unit", "extend", "priority"} == set(EXPLAINED)
    assert TrainingForm.__doc__
    assert CONFIG.budget.unit == "steps"
