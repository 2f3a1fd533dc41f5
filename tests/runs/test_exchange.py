"""A run given away, and a folder of someone else's taken in."""

import csv
import json
import os
import xml.etree.ElementTree as ET
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnplay import places, session
from rnnplay.console import parcel
from rnnplay.errors import UserError
from rnnplay.model import checkpoint as checkpoints
from rnnplay.model.checkpoint import Checkpoint
from rnnplay.runs import folder, giving, log, models, taking
from rnnplay.runs.folder import Parent, Run
from rnnplay.runs.status import status
from rnnplay.sampling import presets, sampler
from rnnplay.sampling.records import SampleSettings
from rnnplay.text import catalogue
from rnnplay.text.records import Provenance
from rnnplay.training.events import Evaluated, Event, Finished, Noted, Progress, encode_line
from tests.app.made import made_run
from tests.runs.told import evaluated, progress, started
from tests.runs.told import finished as end
from tests.training.tiny import assert_same_tensors, begun, finished, made_text, settings

FILES = {"best.safetensors", "run.json", "events.jsonl", "card.md", "curve.svg", "events.csv"}


@pytest.fixture
def run(home: Path, tmp_path: Path) -> Run:
    """A run of a file in a folder whose name nobody else shall see."""
    place = tmp_path / "secret place"
    place.mkdir()
    (place / "my letters.txt").write_text(made_text(), encoding="utf-8")
    corpus = catalogue.load(str(place / "my letters.txt"), shape="stream")
    return finished(session.begin(corpus, settings(6), "tide-lamp"))


@pytest.fixture
def given_away(run: Run, tmp_path: Path) -> Path:
    return parcel.export(run, tmp_path / "given" / "tide-lamp")


def changed(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    content = json.loads(path.read_bytes())
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


# Giving away


def test_what_is_given_away_is_weights_and_words(given_away: Path) -> None:
    assert {path.name for path in given_away.iterdir()} == FILES
    assert checkpoints.load(given_away / "best.safetensors", with_state=True).state == {}


def test_no_path_of_this_machine_is_given_away(given_away: Path, tmp_path: Path, home: Path) -> None:
    for path in given_away.iterdir():
        for private in ("secret place", str(tmp_path), str(home), str(Path.home() / "x")[:-1]):
            assert private.encode() not in path.read_bytes(), path.name


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("'/home/anna b/texts/one.txt' is no text.", "'one.txt' is no text."),
        ("saved in /home/anna/texts/one.txt now", "saved in one.txt now"),
        (r"'C:\Users\Anna B\one.txt' is no text.", "'one.txt' is no text."),
        (r"C:\Users\Anna\one.txt", "one.txt"),
        ("~/texts/one.txt", "one.txt"),
        ("left out:/home/anna/texts/one.txt", "left out:one.txt"),
        ("from https://example.org/texts/one.txt", "from https://example.org/texts/one.txt"),
        ("7 characters/second, and/or 3/4", "7 characters/second, and/or 3/4"),
        ("nothing", "nothing"),
    ],
)
def test_a_note_keeps_the_last_part_of_a_path(told: str, kept: str, home: Path) -> None:
    card = made_run("run", []).card()
    (event,) = giving.events_to_give(card, [Noted(1, told)])
    assert event == Noted(1, kept)


@given(
    parts=st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8), min_size=2, max_size=5),
    kind=st.sampled_from(["file", "folder", "glob", "stdin", "whatever"]),
)
def test_of_a_place_the_last_part_is_given_away(parts: list[str], kind: str) -> None:
    corpus = Provenance(kind, "name", location="/" + "/".join(parts), cache_key="key")
    card = msgspec.structs.replace(CARD, corpus=corpus, parent=Parent("/a/b.safetensors", 1, "x", "", location="/a/b"))
    found = giving.card_to_give(card)
    assert (found.corpus.location, found.corpus.cache_key) == (parts[-1], None)
    assert found.parent == Parent("b.safetensors", 1, "x", "")


CARD = folder.RunCard(1, settings(), Provenance("text", "tiny"), "stream", {}, 1.7e9)


def test_a_generated_text_is_still_named_by_what_makes_it() -> None:
    corpus = Provenance("generated", "lag", location="lag:distance=40")
    assert giving.card_to_give(msgspec.structs.replace(CARD, corpus=corpus)).corpus == corpus


@pytest.mark.parametrize("there", ["folder", "full", "file", "link"])
def test_nothing_is_overwritten(run: Run, tmp_path: Path, there: str) -> None:
    target = tmp_path / "there"
    if there == "file":
        target.write_text("mine")
    elif there == "link":
        target.symlink_to(tmp_path / "nowhere")
    else:
        target.mkdir()
        if there == "full":
            (target / "mine").write_text("mine")
    with pytest.raises(UserError, match="exists already"):
        parcel.export(run, target)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_run_with_no_checkpoint_is_not_given_away_and_leaves_nothing(home: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError):
        parcel.export(made_run("empty"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_run_that_never_looked_is_given_away_with_its_last_weights(home: Path, tmp_path: Path) -> None:
    current = begun("fresh")
    target = parcel.export(current.run, tmp_path / "out")
    last = checkpoints.load(current.run.checkpoint("last"))
    assert_same_tensors(checkpoints.load(target / "best.safetensors").tensors, last.tensors)


def test_the_figures_are_a_row_for_each_report_and_look() -> None:
    events: list[Event] = [
        started(),
        progress(10, 2.5),
        evaluated(20, None, milestones=("bigram",)),
        Noted(20, "=1+1"),
        end(30),
    ]
    rows = list(csv.DictReader(giving.csv_rows(events)))
    assert [row["type"] for row in rows] == ["progress", "evaluated", "finished"]
    report, look, last = rows
    assert (float(report["loss"]), int(report["step"]), float(report["learning_rate"])) == (2.5, 10, 7e-3)
    assert (look["loss"], look["estimate"], look["protocol"]) == ("", "1", "carried")
    assert (last["reason"], int(last["best_step"])) == ("budget", 30)


@given(st.text())
def test_no_word_of_a_table_is_a_formula(word: str) -> None:
    look = msgspec.structs.replace(evaluated(1), protocol=word)
    (row,) = csv.DictReader(giving.csv_rows([look]))
    assert not row["protocol"].startswith(("=", "+", "-", "@", "\t", "\r"))


# Pictures and cards


@pytest.mark.parametrize("name", ["plain", "<script>&\"'", "\x1b[31m\u202e", "]]>"])
def test_the_curve_is_xml_whatever_the_names_are(home: Path, tmp_path: Path, name: str) -> None:
    from rnnplay.console.chart.curves import Curve, Level
    from rnnplay.console.chart.svg import picture
    from rnnplay.runs.curve import Point

    points = [Point(step, step, step / 10, None if step == 30 else 4 - step / 100) for step in range(0, 200, 10)]
    drawn = picture(Curve(name, points, points[::4]), [Level(name, 4.0), Level("far", 90.0)], name)
    root = ET.fromstring(drawn)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert {child.tag.rpartition("}")[2] for child in root.iter()} <= {
        "svg", "title", "style", "clipPath", "rect", "text", "path", "circle", "g",
    }  # fmt: skip
    train = next(path for path in root.iter() if path.get("class") == "train")
    assert (train.get("d") or "").count("M") == 2  # the gap where there was no number


@pytest.mark.parametrize("losses", [[], [None], [2.0], [float("inf")], [2.0, 2.0], [1e30, 1e-30]])
def test_any_losses_make_a_picture(losses: list[float | None]) -> None:
    from rnnplay.console.chart.curves import Curve
    from rnnplay.console.chart.svg import picture
    from rnnplay.runs.curve import Point

    points = [Point(step, step, step, loss) for step, loss in enumerate(losses)]
    ET.fromstring(picture(Curve("x", points, points), [], "x"))


def test_the_card_tells_what_it_is_and_how_to_repeat_it(given_away: Path, run: Run) -> None:
    card = (given_away / "card.md").read_text(encoding="utf-8")
    loss = checkpoints.training_of(run.checkpoint("best")).loss
    assert f"{loss:.4f} nats" in card
    assert "rnnplay train 'my letters.txt' --shape stream" in card
    network = checkpoints.load(run.checkpoint("best"))
    settings = presets.with_preset(SampleSettings(length=500, seed=1), "readable")
    written = "".join(one.character for one in sampler.sample(network, "", settings))
    assert written in card


def test_of_exports_that_race_to_one_folder_one_wins_and_the_others_are_refused(run: Run, tmp_path: Path) -> None:
    def export(_number: int) -> str:
        try:
            return str(parcel.export(run, tmp_path / "out"))
        except UserError as error:
            return str(error)

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(export, range(4)))
    assert outcomes.count(str(tmp_path / "out")) == 1
    assert sum("exists already" in outcome for outcome in outcomes) == 3
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_text_that_looks_like_markdown_is_not_obeyed(run: Run, tmp_path: Path) -> None:
    def change(card: dict[str, Any]) -> None:
        card["corpus"]["name"] = "</td><img src=x> [a](b) | `c`\n# d"
        card["config"]["prompt"] = "```\n# not a heading\n````"

    changed(run.folder / "run.json", change)
    card = (parcel.export(run, tmp_path / "out") / "card.md").read_text(encoding="utf-8")
    assert "<img" not in card.replace("\\<", "")
    assert "\n`````text\n```\n# not a heading\n````" in card
    assert sum(line.startswith("# ") for line in card.split("`````")[0].splitlines()) == 1


# Taking in


def test_what_was_given_away_comes_back_the_same(given_away: Path, run: Run) -> None:
    found = taking.imported(given_away, "again")
    ours, theirs = status(run), status(found)
    assert (theirs.state, theirs.step, theirs.loss) == (ours.state, ours.step, ours.loss)
    assert found.card().config == run.card().config
    own = checkpoints.load(run.checkpoint("best"))
    assert_same_tensors(checkpoints.load(models.find("again").path).tensors, own.tensors)
    kinds = [type(event) for event in log.read(run.events)]
    assert [type(event) for event in log.read(found.events)] == kinds
    assert {Progress, Evaluated, Finished} <= set(kinds)
    assert {path.name for path in found.folder.iterdir()} == {"run.json", "events.jsonl", "best.safetensors"}


def test_an_imported_run_says_why_it_cannot_be_resumed(given_away: Path) -> None:
    run = taking.imported(given_away, "again")
    with pytest.raises(UserError, match=r"no state of the optimizer.*--from again"):
        session.resume(run)


def test_a_run_comes_under_its_folder_s_name_or_another(given_away: Path) -> None:
    with pytest.raises(UserError, match="--name"):
        taking.imported(given_away)
    assert taking.imported(given_away, "other").name == "other"
    with pytest.raises(UserError, match="already"):
        taking.imported(given_away, "other")
    given_away.rename(given_away.with_name(".hidden"))
    with pytest.raises(UserError, match="--name"):
        taking.imported(given_away.with_name(".hidden"))


def refused(source: Path, says: str | None = None) -> None:
    before = sorted(path.name for path in places.runs_folder().iterdir())
    with pytest.raises(UserError, match=says):
        taking.imported(source, "taken")
    assert sorted(path.name for path in places.runs_folder().iterdir()) == before


@pytest.mark.parametrize("name", ["run.json", "events.jsonl", "best.safetensors"])
def test_a_folder_that_lacks_something_is_refused(given_away: Path, name: str) -> None:
    (given_away / name).unlink()
    refused(given_away, f"'{name}' is missing")


@pytest.mark.parametrize("name", ["run.json", "events.jsonl", "best.safetensors"])
def test_links_pipes_and_folders_are_not_followed(given_away: Path, name: str, tmp_path: Path) -> None:
    path = given_away / name
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    refused(given_away, "is a link or no plain file")
    path.unlink()
    os.mkfifo(path)
    refused(given_away, "is a link or no plain file")
    path.unlink()
    path.mkdir()
    refused(given_away, "is a link or no plain file")


@pytest.mark.parametrize("name", ["run.json", "events.jsonl", "best.safetensors"])
def test_a_file_that_is_too_large_is_refused_unread(given_away: Path, name: str) -> None:
    with (given_away / name).open("r+b") as file:
        file.truncate(taking.AT_MOST[name] + 1)
    refused(given_away, "are imported")


@pytest.mark.parametrize("cut", [0, 7, 100, -1])
def test_damaged_weights_are_refused(given_away: Path, cut: int) -> None:
    path = given_away / "best.safetensors"
    path.write_bytes(path.read_bytes()[:cut])
    refused(given_away, "best.safetensors' is")


def test_weights_that_were_tampered_with_are_refused(given_away: Path) -> None:
    path = given_away / "best.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    refused(given_away, "its hash doesn't fit")


@pytest.mark.parametrize(
    ("where", "what"),
    [
        (("format",), 2),
        (("created",), 1e300),
        (("created",), -1),
        (("optimum",), -3),
        (("config", "seq_len"), 0),
        (("config", "learning_rate"), 1e300),
        (("config", "model", "hidden_size"), 17),
        (("corpus", "sha256"), "0" * 64),
        (("shape",), "round"),
        (("corpus",), None),
    ],
)
def test_a_card_that_makes_no_sense_is_refused(given_away: Path, where: tuple[str, ...], what: object) -> None:
    def change(card: dict[str, Any]) -> None:
        for key in where[:-1]:
            card = card[key]
        card[where[-1]] = what

    changed(given_away / "run.json", change)
    refused(given_away, "run.json'")


@pytest.mark.parametrize(
    "corpus",
    [
        {"kind": "shipped", "name": "-"},
        {"kind": "shipped", "name": "/etc/passwd"},
        {"kind": "local", "name": "../../x"},
        {"kind": "file", "name": "x", "location": "/etc/passwd"},
        {"kind": "folder", "name": "x", "location": ".."},
        {"kind": "folder", "name": "x", "location": "/"},
        {"kind": "glob", "name": "x", "location": "/**"},
        {"kind": "generated", "name": "/dev/zero", "location": "/dev/zero"},
        {"kind": "stdin", "name": "x", "cache_key": "../../../x"},
        {"kind": "file", "name": "x"},
        {"kind": "\u001b[31m", "name": "x", "location": "/etc/passwd"},
    ],
)
def test_no_card_leads_to_a_place_on_this_machine(given_away: Path, corpus: dict[str, str]) -> None:
    def change(card: dict[str, Any]) -> None:
        card["corpus"] = {**corpus, "sha256": card["corpus"]["sha256"]}

    changed(given_away / "run.json", change)
    card = taking.imported(given_away, "taken").card()
    assert card.corpus.cache_key is None
    for told in (card.corpus.location, card.corpus.name):
        assert told is None or ("/" not in told and told not in {"..", "."}) or card.corpus.kind == "text"
    with pytest.raises(UserError):
        catalogue.reload(card.corpus, card.shape)


def test_what_is_no_event_is_left_behind(given_away: Path) -> None:
    lines = (given_away / "events.jsonl").read_bytes()
    hostile = b'{"type":"unknown","x":"/home/anna"}\n\xff\xfe\n[[[[\n' + encode_line(Noted(6, "see '/home/anna/x'"))
    (given_away / "events.jsonl").write_bytes(lines + hostile + b'{"torn')
    content = taking.imported(given_away, "taken").events.read_bytes()
    assert b"anna" not in content
    assert all(json.loads(line)["type"] for line in content.splitlines())


def test_other_files_are_left_behind(given_away: Path) -> None:
    (given_away / "last.safetensors").write_bytes(b"x")
    (given_away / "control.jsonl").write_bytes(b"x")
    assert not (taking.imported(given_away, "taken").folder / "last.safetensors").exists()


def test_what_is_no_folder_is_refused(home: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "file", tmp_path / "none"):
        with pytest.raises(UserError, match="not a folder"):
            taking.imported(path)


def test_a_state_that_stands_in_the_weights_is_left_behind(given_away: Path, run: Run) -> None:
    last = checkpoints.load(run.checkpoint("last"), with_state=True)
    assert last.state
    whole = Checkpoint(last.model, last.vocabulary, last.tensors, last.training, last.corpus, last.state)
    checkpoints.save(given_away / "best.safetensors", whole)
    taken = taking.imported(given_away, "taken").checkpoint("best")
    assert checkpoints.load(taken, with_state=True).state == {}
