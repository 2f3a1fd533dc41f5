"""What becomes of runs in the app: compared, given away, taken in, repeated, renamed; and a thousand of them."""

import shutil
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from rnnplay.app.app import Playground
from rnnplay.app.desk import Origin
from rnnplay.app.place import Place
from rnnplay.app.screens.comparing import Comparing
from rnnplay.app.screens.dialogs import AskText
from rnnplay.app.screens.run_dialogs import AskPath, ShowRecipe
from rnnplay.app.screens.runs import RunsPlace
from rnnplay.app.state import load_state
from rnnplay.app.widgets.comparison_table import table
from rnnplay.app.widgets.run_columns import empty_columns, laid_out
from rnnplay.app.widgets.run_table import RunTable
from rnnplay.console import parcel
from rnnplay.engine.fake import FakeEngine
from rnnplay.engine.protocol import Compare
from rnnplay.model import checkpoint as checkpoints
from rnnplay.model.checkpoint import Checkpoint, CorpusCard, Training
from rnnplay.runs.compare import Compared, Comparison, Score
from rnnplay.runs.folder import Parent, Run, all_runs
from rnnplay.text.records import OPTIMUM, Baseline
from rnnplay.training.config import TrainingConfig
from tests.app.foreign import NASTY
from tests.app.made import CONFIG, LADDER, course, made_run, started
from tests.app.test_runs_place import here, many, names, opened, place, said, seen, toasts, where, words
from tests.app.waiting import PATIENCE, eventually
from tests.engine.small import checkpoint


def compared(label: str, loss: float, *, excess: float | None = None, unknown: int = 0) -> Compared:
    """Return a network beside others."""
    score = Score(1_000, loss, loss / 0.6931, 1e300, {"é": unknown} if unknown else {})
    return Compared(label, "lstm 1x8", "play", 400, 400_000, 20.0, (), score, excess)


FOUND = Comparison(
    "play",
    "the validation part",
    "carried",
    1.25,
    (compared("small", 1.5, excess=0.25), compared("large [b]", 1.25, excess=0.125, unknown=3)),
    (("width", ("64", "128")), ("rate", ("7e-3", "4e-3"))),
    (0, 1),
    LADDER,
    ("'large' began from 'other': it may have seen what is scored.",),
)


def with_network(run: Run) -> Run:
    """Give a run a small network that fits its card."""
    card = run.card()
    own = checkpoint(card.config.model)
    whole = Checkpoint(own.model, own.vocabulary, own.tensors, Training(400, 1.6), CorpusCard("play", "0"), {})
    checkpoints.save(run.checkpoint("best"), whole)
    return run


def with_card(run: Run, **changes: Any) -> Run:
    """Let a run say something else of itself."""
    card = msgspec.structs.replace(run.card(), **changes)
    (run.folder / "run.json").write_bytes(msgspec.json.encode(card))
    return run


SMALL = msgspec.structs.replace(CONFIG, model=msgspec.structs.replace(CONFIG.model, hidden_size=8, embedding_size=4))


async def asked(pilot: Pilot[Any], key: str, dialog: type[Any] = AskText) -> Input:
    """Press a key and return the field of the question that comes."""
    await pilot.press(key)
    await eventually(pilot, lambda: isinstance(pilot.app.screen, dialog) and pilot.app.screen.query(Input))
    return pilot.app.screen.query_one(Input)


def engine_of(app: Playground) -> FakeEngine:
    assert isinstance(app.desk.engine, FakeEngine)
    return app.desk.engine


def wrong(app: Playground) -> str:
    return str(app.screen.query_one(".wrong", Static).content)


# Comparing.


async def test_the_marked_runs_are_scored_on_one_text(home: Path) -> None:
    runs = many("small", "large", "other")
    async with opened() as (app, pilot):
        engine_of(app).comparison = FOUND
        await pilot.press("space", "down", "space", "v")
        await eventually(pilot, lambda: "1.250" in words(app))
        shown = words(app)
        for part in ("1.500", "perplexity", "A  small", "B  large [b]", "0.250", "0.125", "width", "A 64", "B 128"):
            assert part in shown
        assert "mind: 'large' began from 'other'" in " ".join(shown.split())
        assert engine_of(app).asked[-1] == Compare(tuple(str(run.folder) for run in runs[:2]))
        await pilot.press("t")
        await eventually(pilot, lambda: engine_of(app).asked[-1].corpus == "play")  # type: ignore[union-attr]
        await pilot.press("escape")
        await eventually(pilot, lambda: isinstance(app.screen, RunsPlace))


async def test_one_mark_compares_with_the_run_under_the_cursor(home: Path) -> None:
    runs = many("small", "large")
    async with opened() as (app, pilot):
        await pilot.press("v")
        await eventually(pilot, lambda: "Comparing takes two runs" in toasts(app))
        await pilot.press("space", "down", "v")
        await eventually(pilot, lambda: any(isinstance(one, Compare) for one in engine_of(app).asked))
        assert engine_of(app).asked[-1] == Compare(tuple(str(run.folder) for run in runs))


async def test_leaving_the_dialog_leaves_the_scoring_off(home: Path) -> None:
    many("small", "large")
    async with opened() as (app, pilot):
        engine = engine_of(app)
        engine.gate.clear()
        await pilot.press("space", "down", "v")
        await eventually(pilot, lambda: any(isinstance(one, Compare) for one in engine.asked))
        await pilot.press("escape")
        await eventually(pilot, lambda: any(isinstance(one, Compare) for one in engine.left))
        assert isinstance(app.screen, RunsPlace)


async def test_why_nothing_can_be_compared_is_told(home: Path) -> None:
    many("small", "large")
    async with opened() as (app, pilot):
        engine_of(app).fail("There is no [b]way.", Compare)
        await pilot.press("space", "down", "v")
        await eventually(pilot, lambda: "✗ There is no [b]way." in words(app))
        engine_of(app).die("It was killed.")
        await pilot.press("t")
        await eventually(pilot, lambda: "✗ It was killed." in words(app))
        assert isinstance(app.screen, Comparing)


@pytest.mark.parametrize("nasty", NASTY)
def test_a_comparison_of_foreign_names_is_shown_and_never_obeyed(nasty: str) -> None:
    odd = Comparison(
        nasty,
        "the whole text",
        "window 64",
        None,
        (compared(nasty, float("nan")), msgspec.structs.replace(compared(nasty, 1e300), score=None)),
        ((("prompt"), (nasty, "x")),),
        (0, 1),
        (),
        (nasty,),
    )
    for one in (odd, msgspec.structs.replace(odd, text=None)):
        shown = table(one).plain
        assert not set(shown) & {"\x1b", "\x9b", "\x00", "\r", "\t", "\u202e", "\u2066"}


# Excess, and where a run comes from.


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_the_excess_is_a_column_where_any_run_has_an_optimum(home: Path, size: tuple[int, int]) -> None:
    many("plain", "lag")
    async with opened(size) as (app, pilot):
        assert "excess" not in words(app)
        with_card(next(run for run in all_runs() if run.name == "lag"), optimum=1.3083)
        await seen(app, pilot)
        assert "excess" in words(app)
        (line,) = (line for line in words(app).splitlines() if " lag " in line and "finished" in line)
        assert "1.000" in line  # 1.6 nats are 2.3083 bits
        await pilot.press("slash", *"plain", "enter")
        assert "excess" in words(app)


def test_the_excess_fits_at_eighty_columns() -> None:
    assert "excess" in {column.name for column, _ in laid_out(80)}
    assert "excess" not in {column.name for column, _ in laid_out(160, empty_columns([]))}


async def test_a_wide_terminal_tells_the_optimum_and_the_parent(home: Path) -> None:
    parent = Parent("old [b]boat", 1_200, "prose", "0", added="éß")
    with_card(made_run("child"), optimum=1.3083, parent=parent)
    async with opened((160, 50)) as (app, pilot):
        await eventually(pilot, lambda: "'old [b]boat' at step 1,200" in words(app))
        assert "1.308 bits; it is 1.00 bits above the optimum" in said(app, "#about")
        assert "on prose, 2 characters added" in said(app, "#about")


# Giving away and taking in.


async def test_a_run_is_given_away_and_taken_in_again(home: Path, tmp_path: Path) -> None:
    with_network(made_run("boat", config=SMALL))
    async with opened() as (app, pilot):
        field = await asked(pilot, "E", AskPath)
        assert field.value.endswith("boat")
        (tmp_path / "taken").mkdir()
        for typed, why in (
            ("", "needs a name"),
            (str(tmp_path / "taken"), "exists already"),
            ("/no/such/x", "no fold"),
        ):
            field.value = typed
            await pilot.press("enter")
            await pilot.pause()
            assert why in wrong(app)
        field.value = str(tmp_path / "parcel")
        await pilot.press("enter")
        await eventually(pilot, lambda: "with its network, curve and figures" in toasts(app))
        assert {"card.md", "curve.svg", "best.safetensors"} <= {path.name for path in (tmp_path / "parcel").iterdir()}
        assert str(tmp_path / "parcel") in toasts(app)

        field = await asked(pilot, "i", AskPath)
        for typed, why in (("", "path"), (str(tmp_path / "none"), "no folder"), (str(tmp_path), "no run.json")):
            field.value = typed
            await pilot.press("enter")
            await pilot.pause()
            assert why in wrong(app)
        field.value = str(tmp_path / "parcel")
        await pilot.press("enter")
        await eventually(pilot, lambda: "'parcel' is one of the runs now" in toasts(app))
        await eventually(pilot, lambda: isinstance(app.screen, RunsPlace) and here(app) == "parcel")
        await pilot.press("r")
        await eventually(pilot, lambda: "'parcel' can't be resumed" in toasts(app))


async def test_what_is_given_away_is_told_at_its_end_whatever_is_asked_meanwhile(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end, export = threading.Event(), parcel.export
    monkeypatch.setattr(parcel, "export", lambda *given: export(*given) if may_end.wait(PATIENCE) else None)
    with_network(made_run("boat", config=SMALL))
    async with opened() as (app, pilot):
        field = await asked(pilot, "E", AskPath)
        field.value = str(tmp_path / "parcel")
        await pilot.press("enter")
        await eventually(pilot, lambda: "Making" in toasts(app))
        await pilot.press("y")
        await eventually(pilot, lambda: isinstance(app.screen, ShowRecipe))
        may_end.set()
        await eventually(pilot, lambda: "with its network, curve and figures" in toasts(app))


async def test_a_folder_whose_name_is_taken_gets_another(home: Path, tmp_path: Path) -> None:
    run = with_network(made_run("boat", config=SMALL))
    shutil.copytree(run.folder, tmp_path / "boat")
    async with opened() as (app, pilot):
        field = await asked(pilot, "i", AskPath)
        field.value = str(tmp_path / "boat")
        await pilot.press("enter")
        await eventually(pilot, lambda: "What shall the run be called?" in words(app))
        app.screen.query_one(Input).value = "ship"
        await pilot.press("enter")
        await eventually(pilot, lambda: isinstance(app.screen, RunsPlace) and here(app) == "ship")
        assert set(names(app)) == {"boat", "ship"}


async def test_a_damaged_folder_is_refused_with_a_sentence(home: Path, tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "run.json").write_bytes(b"{")
    many("one")
    async with opened() as (app, pilot):
        field = await asked(pilot, "i", AskPath)
        field.value = str(tmp_path / "bad")
        await pilot.press("enter")
        await eventually(pilot, lambda: "is missing" in toasts(app))
        field = await asked(pilot, "E", AskPath)  # a run without weights
        field.value = str(tmp_path / "parcel")
        await pilot.press("enter")
        await eventually(pilot, lambda: "last.safetensors" in toasts(app))
        assert names(app) == ["one"]
        assert not (tmp_path / "parcel").exists()


# Repeating and naming.


async def test_the_recipe_is_shown_and_copied(home: Path) -> None:
    made_run("boat", config=TrainingConfig(budget=CONFIG.budget, device="cpu", precision="fp32", threads=1))
    async with opened() as (app, pilot):
        await pilot.press("y")
        await eventually(pilot, lambda: isinstance(app.screen, ShowRecipe))
        line = "rnnplay train play --shape stream --preset standard --steps 400 --device cpu --precision fp32 --seed 0"
        await eventually(pilot, lambda: "rnnplay train play --shape stream" in words(app))
        assert app.clipboard == line
        await pilot.press("escape")
        await eventually(pilot, lambda: isinstance(app.screen, RunsPlace))


async def test_what_a_recipe_does_not_repeat_is_told_below_it(home: Path) -> None:
    made_run("boat", config=msgspec.structs.replace(CONFIG, clip=9.0))
    async with opened() as (app, pilot):
        await pilot.press("y")
        await eventually(pilot, lambda: isinstance(app.screen, ShowRecipe) and "clip 9" in words(app))
        assert app.clipboard.startswith("rnnplay train play")
        assert "clip" not in app.clipboard


async def test_a_new_name_is_known_wherever_the_old_one_was(home: Path) -> None:
    run = made_run("boat")
    async with opened() as (app, pilot):
        app.desk.follow(run)
        app.desk.begin_from(Origin("boat"))
        app.desk.choose_model("boat", "last")
        field = await asked(pilot, "n")
        field.value = "ship"
        await pilot.press("enter")
        await eventually(pilot, lambda: isinstance(app.screen, RunsPlace) and here(app) == "ship")
        assert app.desk.following is not None
        assert app.desk.following.run.name == "ship"
        assert app.desk.origin == Origin("ship")
        assert app.desk.model == ("ship", "last")
        await app.desk.save()
    assert load_state()[0].run == "ship"


async def test_a_run_that_is_not_followed_now_is_remembered_by_its_new_name_too(home: Path) -> None:
    many("boat", "other")
    async with opened() as (app, pilot):
        app.desk.remember(run="boat")
        app.desk.following = None
        field = await asked(pilot, "n")
        field.value = "ship"
        await pilot.press("enter")
        await eventually(pilot, lambda: app.desk.state.run == "ship")


@pytest.mark.parametrize("key", ["y", "E", "f"])
async def test_a_damaged_run_is_refused_with_a_sentence(home: Path, key: str, tmp_path: Path) -> None:
    run = made_run("bad")
    (run.folder / "run.json").write_bytes(b"\xff{")
    async with opened() as (app, pilot):
        await pilot.press(key)
        if key == "E":
            await eventually(pilot, lambda: isinstance(app.screen, AskPath))
            app.screen.query_one(Input).value = str(tmp_path / "x")
            await pilot.press("enter")
        await eventually(pilot, lambda: toasts(app))
        assert where(app) == "runs"


@pytest.mark.parametrize("key", ["v", "y", "E", "i", "f"])
async def test_a_folder_that_vanishes_costs_a_sentence_at_most(home: Path, key: str) -> None:
    run, _ = many("run", "other")
    async with opened() as (app, pilot):
        await pilot.press("space", "down", "space", "up")
        shutil.rmtree(run.folder)
        await pilot.press(key)
        await pilot.pause(0.2)
        await pilot.press("escape")
        await eventually(pilot, lambda: isinstance(app.screen, Place))
        app.desk.open("runs")
        await seen(app, pilot)
        assert names(app) == ["other"]


# Many.


async def test_a_thousand_runs_are_shown_sorted_and_searched(home: Path) -> None:
    one = made_run("one", [started(), *list(course(40, end=False))[1:]])
    for number in range(1_000):
        shutil.copytree(one.folder, one.folder.with_name(f"run-{number:04}"))
    async with opened((100, 30)) as (app, pilot):
        await eventually(pilot, lambda: len(names(app)) == 1_001)
        await pilot.press("end", "home", "pagedown")
        await pilot.press("slash", *"0777", "enter")
        assert names(app) == ["run-0777"]
        assert "1 of 1,001 runs" in words(app)
        await pilot.press("o", "o")
        assert place(app).query_one(RunTable).glance is not None


# The optimum on a chart.


async def test_the_optimum_is_told_on_the_chart_of_a_generated_text(home: Path) -> None:
    ladder = (*LADDER, Baseline(OPTIMUM, 2.0))
    events = [msgspec.structs.replace(started(), ladder=ladder), *list(course())[1:]]
    with_card(made_run("lag", events), optimum=2.0)
    async with opened((160, 50)) as (app, pilot):
        await eventually(pilot, lambda: "a perfect network 2.000 bits" in words(app))
        await pilot.press("w")
        await eventually(pilot, lambda: where(app) == "train" and "a perfect network 2.000 bits" in words(app))
        await eventually(pilot, lambda: "bits above the optimum" in words(app))
