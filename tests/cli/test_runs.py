"""What one does with many runs, by commands."""

import csv
import io
import json
import shlex
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rnnplay.runs import folder
from rnnplay.runs.folder import Run
from tests.app.made import made_run
from tests.cli.process import ran
from tests.cli.test_commands import TINY, loaded_by, python
from tests.training.tiny import made_text


def trained(*options: str) -> None:
    outcome = ran("train", *options, *TINY, "--steps", "20", "--quiet")
    assert outcome.code == 0, outcome


@pytest.fixture
def text(home: Path, tmp_path: Path) -> str:
    path = tmp_path / "letters.txt"
    path.write_text(made_text(), encoding="utf-8")
    return str(path)


@pytest.fixture
def run(text: str) -> Run:
    trained(text, "--name", "tide-lamp")
    return folder.named("tide-lamp")


def test_exporting_importing_and_recipes_load_no_torch(run: Run, tmp_path: Path) -> None:
    assert "torch" not in loaded_by("runs", "export", run.name, str(tmp_path / "out"))
    assert "torch" not in loaded_by("runs", "import", str(tmp_path / "out"), "--name", "again")
    assert loaded_by("runs", "show", run.name, "--recipe").isdisjoint({"torch", "textual"})


def test_compared_runs_are_a_chart_and_tables_without_an_escape_where_there_is_no_terminal(run: Run, text: str) -> None:
    trained(text, "--name", "moss-owl", "--seed", "3", "--cell", "gru")
    outcome = ran("runs", "compare", "tide-lamp", "moss-owl", "--by", "chars")
    assert outcome.code == 0, outcome
    assert "\x1b" not in outcome.out
    assert "characters" in outcome.out
    assert any("\u2800" <= character <= "\u28ff" for character in outcome.out)
    assert "letters, the validation part: " in outcome.out
    rows = {line.split()[0]: line.split()[1:] for line in outcome.out.splitlines() if line}
    assert rows["cell"] == ["lstm", "gru"]
    assert rows["seed"] == ["0", "3"]
    assert outcome.err == ""


def test_compared_runs_are_told_on_the_narrowest_terminal(run: Run) -> None:
    outcome = ran("runs", "compare", "tide-lamp", "shipped:play", environment={"COLUMNS": "1"})
    assert outcome.code == 0, outcome
    assert "tide-lamp" in outcome.out


def test_compared_runs_as_json_agree_with_what_each_scored(run: Run, text: str) -> None:
    trained(text, "--name", "moss-owl", "--seed", "3")
    outcome = ran("runs", "compare", "tide-lamp", "moss-owl", "--json")
    found = json.loads(outcome.out)
    assert (found["text"], found["protocol"], found["notes"]) == ("letters", "carried", [])
    for one in found["runs"]:
        own = json.loads(ran("eval", one["label"], "--json").out)
        assert one["score"]["loss"] == pytest.approx(own["loss"])
        assert len(one["looks"]) >= 1
    assert found["differences"] == [["seed", ["0", "3"]]]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["compare", "tide-lamp"], "2 to 26"),
        (["compare", "tide-lamp", "nobody"], "no run 'nobody'"),
        (["compare", "tide-lamp", "tide-lamp", "--by", "days"], "--by must be"),
        (["compare", "tide-lamp", "shipped:play", "--on", "nowhere.txt"], "nowhere.txt"),
        (["compare", "tide-lamp", "shipped:play", "--window", "1"], "--window"),
        (["export", "nobody"], "no run 'nobody'"),
        (["export", "tide-lamp", "out", "--csv"], "--csv"),
        (["import", "nowhere"], "'nowhere' is not a folder"),
        (["import", "."], "is missing"),
        (["show", "nobody", "--recipe"], "no run 'nobody'"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(run: Run, arguments: list[str], told: str, tmp_path: Path) -> None:
    outcome = ran("runs", *arguments, folder=tmp_path)
    assert outcome.refuses(), outcome
    assert told in outcome.err
    assert not (tmp_path / "out").exists()


def test_a_run_goes_from_one_machine_to_another(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ran("runs", "export", "tide-lamp", folder=tmp_path).code == 0
    ET.parse(tmp_path / "tide-lamp" / "curve.svg")
    again = ran("runs", "export", "tide-lamp", folder=tmp_path)
    assert again.refuses(), again
    monkeypatch.setenv("RNNPLAY_HOME", str(tmp_path / "elsewhere"))
    (tmp_path / "letters.txt").unlink()
    assert ran("runs", "import", "tide-lamp", folder=tmp_path).code == 0
    (listed,) = json.loads(ran("runs", "list", "--json").out)
    assert (listed["name"], listed["state"], listed["step"]) == ("tide-lamp", "finished", 20)
    assert ran("sample", "tide-lamp", "--length", "20", "--seed", "1").code == 0
    assert ran("runs", "show", "tide-lamp").code == 0
    refused = ran("train", "--resume", "tide-lamp")
    assert refused.refuses(), refused
    assert "can't be resumed" in refused.err
    other = tmp_path / "other.txt"
    other.write_text(made_text(seed=5), encoding="utf-8")
    tuned = ran("train", str(other), "--from", "tide-lamp", "--steps", "5", "--name", "tuned", "--quiet")
    assert tuned.code == 0, tuned
    compared = ran("runs", "compare", "tide-lamp", "tuned")
    assert compared.code == 0, compared
    assert "begun from" in compared.out


def test_the_figures_alone_go_to_standard_output(run: Run, tmp_path: Path) -> None:
    outcome = ran("runs", "export", "tide-lamp", "--csv", folder=tmp_path)
    rows = list(csv.DictReader(io.StringIO(outcome.out)))
    assert rows[-1]["type"] == "finished"
    assert int(rows[-1]["step"]) == 20
    assert not (tmp_path / "tide-lamp").exists()


def test_a_recipe_repeats_the_run(run: Run) -> None:
    outcome = ran("runs", "show", "tide-lamp", "--recipe")
    words = shlex.split(outcome.out)
    assert words[:2] == ["rnnplay", "train"]
    assert ran(*words[1:], "--name", "again", "--quiet").code == 0
    first, second = (json.loads(ran("runs", "show", name, "--json").out) for name in ("tide-lamp", "again"))
    assert first["status"]["loss"] == second["status"]["loss"]
    assert first["status"]["card"]["config"] == second["status"]["card"]["config"]


def with_card(run: Run, **changes: Any) -> None:
    card = msgspec.structs.replace(run.card(), **changes)
    (run.folder / "run.json").write_bytes(msgspec.json.encode(card))


def test_the_recipe_of_a_run_by_an_older_version_tells_what_it_does_not_repeat(run: Run, tmp_path: Path) -> None:
    whole = ran("runs", "show", "tide-lamp", "--recipe")
    assert whole.err == ""
    with_card(run, config=msgspec.structs.replace(run.card().config, betas=(0.9, 0.99)))
    outcome = ran("runs", "show", "tide-lamp", "--recipe")
    assert (outcome.code, outcome.out) == (0, whole.out)
    assert outcome.err.startswith("note: The run had betas 0.9 and 0.99, which no option sets")
    assert ran("runs", "export", "tide-lamp", str(tmp_path / "parcel")).code == 0
    assert "betas 0.9 and 0.99, which no option sets" in (tmp_path / "parcel" / "card.md").read_text(encoding="utf-8")


def test_the_list_has_a_column_above_the_optimum_where_a_run_has_one(home: Path) -> None:
    made_run("plain")
    assert "optimum" not in ran("runs", "list").out
    with_card(made_run("generated"), optimum=1.0)
    head, *rows = ran("runs", "list").out.splitlines()
    assert head.endswith("excess")
    assert {row.split()[0]: row.split()[-1] for row in rows} == {"plain": "-", "generated": f"{1.6 / 0.693147 - 1:.3f}"}
    found = {one["name"]: one["excess"] for one in json.loads(ran("runs", "list", "--json").out)}
    assert found["plain"] is None
    assert found["generated"] == pytest.approx(1.6 / 0.693147 - 1, abs=1e-4)


def test_a_shown_run_names_its_parent_and_its_optimum(home: Path) -> None:
    run = made_run("child")
    with_card(run, optimum=1.0, parent=folder.Parent("tide-lamp", 2000, "play", ""))
    told = ran("runs", "show", "child").out
    assert "begun from    tide-lamp at step 2,000, which had learned from play" in told
    assert "optimum       1.000 bits per character; this run is 1.31 bits above the optimum" in told
    with_card(run, created=1e300)
    assert ran("runs", "show", "child").code == 0


def test_comparing_is_a_program_of_its_own_for_the_app(run: Run, text: str) -> None:
    trained(text, "--name", "moss-owl", "--seed", "3")
    done = python("-m", "rnnplay", "runs", "compare", "tide-lamp", "moss-owl", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert {"runs", "differences", "notes", "ladder", "optimum"} <= set(json.loads(done.stdout))
