"""The commands: what they print and where, and what they load."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from rnnplay import __version__
from rnnplay.runs import folder, log
from rnnplay.runs.folder import Run
from rnnplay.runs.store import RunStore
from rnnplay.training.config import TrainingConfig
from rnnplay.training.events import Evaluated, Finished, Started, encode_line
from tests.cli.process import Outcome, ran
from tests.training.tiny import begun, eager, kept_record, made_text, settings, stopped

TINY = ("--hidden", "8", "--embed", "4", "--batch", "4", "--seq-len", "8", "--precision", "fp32", "--device", "cpu")


@pytest.fixture
def text(home: Path, tmp_path: Path) -> str:
    path = tmp_path / "text.txt"
    path.write_text(made_text(), encoding="utf-8")
    return str(path)


@pytest.fixture
def run(text: str) -> Run:
    """A run of a file, so that every command finds its text again."""
    outcome = ran("train", text, *TINY, "--steps", "30", "--name", "tide-lamp", "--quiet")
    assert outcome.code == 0, outcome
    return folder.named("tide-lamp")


def python(*arguments: str, **changes: Any) -> "subprocess.CompletedProcess[str]":
    """Run Python as a process of its own, with nothing loaded."""
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, **changes)


def loaded_by(*arguments: str) -> set[str]:
    """Return the packages that a command loads."""
    done = python("-X", "importtime", "-m", "rnnplay", *arguments)
    assert done.returncode == 0, done.stderr
    modules = (line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:"))
    return {module.partition(".")[0] for module in modules}


def lines(outcome: Outcome) -> list[Any]:
    assert outcome.code == 0, outcome
    return [json.loads(line) for line in outcome.out.splitlines()]


# What is loaded.


def test_help_loads_neither_torch_nor_numpy_nor_textual() -> None:
    assert not {"torch", "numpy", "textual"} & loaded_by("--help")


def test_listing_runs_and_sampling_load_no_torch(run: Run) -> None:
    listing, sampling = loaded_by("runs", "list"), loaded_by("sample", run.name, "--length", "5")
    assert "rnnplay" in listing & sampling
    assert not {"torch", "textual"} & (listing | sampling)


def test_importing_the_package_loads_nothing() -> None:
    done = python("-c", "import sys, rnnplay; print('numpy' in sys.modules, 'torch' in sys.modules)")
    assert done.stdout == "False False\n", done.stderr


# The door.


def test_without_a_terminal_rnnplay_alone_names_the_command_that_trains(home: Path) -> None:
    outcome = ran()
    assert outcome.refuses()
    assert "rnnplay train" in outcome.err


def test_the_version_is_printed() -> None:
    assert ran("--version") == Outcome(0, f"rnnplay {__version__}\n", "")


COMMANDS = [["train"], ["sample"], ["eval"], ["runs"], ["corpora"], ["doctor"], ["bench"]]
COMMANDS += [["runs", name] for name in "list show watch pause unpause stop set-lr rename remove".split()]
COMMANDS += [["corpora", name] for name in ("list", "show", "add", "fetch", "generate", "remove")]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(command: Sequence[str], home: Path) -> None:
    outcome = ran(*command, "--help")
    assert (outcome.code, outcome.err) == (0, "")
    assert f"rnnplay {' '.join(command)}" in outcome.out


@pytest.mark.parametrize("group", ["runs", "corpora"])
def test_a_group_alone_explains_itself(group: str, home: Path) -> None:
    assert ran(group).err in {"", ran(group, "--help").out}


@pytest.mark.parametrize("command", [["sample", "--length", "200000"], ["corpora", "list"], ["runs", "show", "--json"]])
def test_a_reader_who_leaves_early_ends_a_command_quietly(command: Sequence[str], run: Run) -> None:
    words = [*command[:-1], run.name, command[-1]] if command[0] == "runs" else list(command)
    writer = subprocess.Popen([sys.executable, "-m", "rnnplay", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert writer.stdout is not None
    assert writer.stderr is not None
    assert writer.stdout.read(1)
    writer.stdout.close()
    said = writer.stderr.read().decode()
    writer.stderr.close()
    writer.wait()
    assert "error" not in said
    assert "Traceback" not in said
    assert "Broken pipe" not in said


def test_a_reader_who_leaves_early_is_no_fault(run: Run) -> None:
    command = [sys.executable, "-m", "rnnplay", "sample", run.name, "--length", "200000"]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert writer.stdout is not None
    writer.stdout.read(1)
    writer.stdout.close()
    assert writer.wait() == 0


# JSON, and what goes where.


def test_training_prints_its_events_and_nothing_else(text: str) -> None:
    outcome = ran("train", text, *TINY, "--steps", "20", "--name", "run", "--json")
    recorded = [json.loads(encode_line(event)) for event in log.read(folder.named("run").events)]
    printed = lines(outcome)
    assert outcome.err == ""
    assert printed[1:] == recorded[1:]
    assert (printed[0]["type"], printed[-1]["type"]) == ("started", "finished")


def test_training_prints_a_sample_and_tells_the_rest_on_standard_error(text: str) -> None:
    outcome = ran("train", text, *TINY, "--steps", "20", "--name", "run", "--prompt", "ash ")
    assert outcome.code == 0
    assert outcome.out.startswith("ash ")
    assert 400 < len(outcome.out) < 600
    assert outcome.out == ran("sample", "run", "--prompt", "ash ", "--seed", "0").out
    assert "rnnplay sample run" in outcome.err
    assert "validation" in outcome.err


def test_quiet_training_prints_a_sample_alone(text: str) -> None:
    outcome = ran("train", text, *TINY, "--steps", "5", "--quiet")
    assert (outcome.code, outcome.err) == (0, "")
    assert len(outcome.out) > 400


def test_where_there_is_no_terminal_each_look_is_told_in_a_line(text: str) -> None:
    outcome = ran("train", text, *TINY, "--steps", "60", "--name", "run")
    looks = {event.step for event in log.read(folder.named("run").events) if isinstance(event, Evaluated)}
    for step in looks - {60}:
        assert f"step {step} " in outcome.err


def test_a_large_budget_is_told_in_plain_digits() -> None:
    assert str(TrainingConfig().budget) == "1 minute"
    assert str(settings(1_000_000).budget) == "1,000,000 steps"


def test_sampling_as_json_tells_each_character_and_the_whole(run: Run) -> None:
    *characters, whole = lines(ran("sample", run.name, "--length", "20", "--seed", "4", "--json"))
    assert [one["type"] for one in characters] == ["sampled_char"] * 20
    assert whole["text"] == "".join(one["character"] for one in characters)
    assert whole["text"] + "\n" == ran("sample", run.name, "--length", "20", "--seed", "4").out
    assert all(one["alternatives"] for one in characters)


def test_one_seed_samples_one_text_and_count_takes_the_seeds_that_follow(run: Run) -> None:
    one, again, other = (ran("sample", run.name, "--length", "40", "--seed", seed).out for seed in ("7", "7", "8"))
    both = ran("sample", run.name, "--length", "40", "--seed", "7", "--count", "2").out
    assert one == again != other
    assert both == f"{one}----\n{other}"


def test_a_sample_ends_with_its_stop(run: Run) -> None:
    sampled = ran("sample", run.name, "--length", "2000", "--seed", "1", "--stop", "a").out
    assert sampled.endswith("a\n")
    assert sampled.count("a") == 1


def test_characters_that_the_network_does_not_know_are_named(run: Run) -> None:
    outcome = ran("sample", run.name, "--length", "5", "--prompt", "\u00e9\u2603Q")
    assert outcome.code == 0
    assert "\u2603" in outcome.err


def test_scoring_as_json_agrees_with_the_run(run: Run) -> None:
    (score,) = lines(ran("eval", run.name, "--json"))
    end = log.read(run.events)[-1]
    assert isinstance(end, Finished)
    assert score["loss"] == pytest.approx(end.loss, rel=1e-6)
    assert (score["part"], score["protocol"]) == ("validation", "carried")
    assert [rung["name"] for rung in score["ladder"]][:2] == ["uniform", "unigram"]


@pytest.mark.parametrize("command", ["runs list", "corpora list", "doctor", "corpora show play", "eval tide-lamp play"])
def test_json_of_every_command_is_json(command: str, run: Run) -> None:
    assert lines(ran(*command.split(), "--json"))


def test_listing_runs_where_there_are_none_is_an_empty_list(home: Path) -> None:
    assert lines(ran("runs", "list", "--json")) == [[]]
    outcome = ran("runs", "list")
    assert (outcome.code, outcome.out) == (0, "")
    assert "rnnplay train" in outcome.err


def test_listed_runs_are_a_row_each(run: Run) -> None:
    begun("other", settings(2))
    rows = ran("runs", "list").out.splitlines()
    assert len(rows) == 3
    found = {row.split()[0]: row.split()[1] for row in rows[1:]}
    assert found == {run.name: "finished", "other": "interrupted"}


def test_a_shown_run_tells_its_settings_and_what_it_wrote(run: Run) -> None:
    shown = ran("runs", "show", run.name).out
    assert "lstm 1x8" in shown
    assert "30 steps" in shown
    as_json = lines(ran("runs", "show", run.name, "--json"))[0]
    assert as_json["status"]["state"] == "finished"
    assert [event["type"] for event in as_json["events"]][-1] == "finished"


# Watching, renaming, removing.


def test_watching_a_finished_run_tells_its_end(run: Run) -> None:
    outcome = ran("runs", "watch", run.name)
    end = log.read(run.events)[-1]
    assert isinstance(end, Finished)
    assert (outcome.code, outcome.out) == (0, "")
    assert end.summary in outcome.err
    assert outcome.err == ran("runs", "watch").err


def test_watching_a_run_that_was_interrupted_says_how_to_go_on(home: Path) -> None:
    begun("run", settings(5))
    outcome = ran("runs", "watch", "run")
    assert outcome.code == 0
    assert "rnnplay train --resume run" in outcome.err


def test_watching_a_run_that_was_killed_after_its_first_end_does_not_tell_that_end(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    eager(monkeypatch)
    run = stopped(begun("run"), 31)
    start = next(event for event in log.read(run.events) if isinstance(event, Started))
    with run.events.open("ab") as file:
        file.write(encode_line(start))
    assert "isn't being trained" in ran("runs", "watch", "run").err


def test_a_renamed_run_answers_to_its_new_name(run: Run) -> None:
    assert ran("runs", "rename", run.name, "new name").code == 0
    assert ran("sample", "new name", "--length", "5").code == 0
    assert ran("sample", run.name).refuses()


def test_removing_without_a_terminal_wants_to_be_sure(run: Run) -> None:
    outcome = ran("runs", "remove", run.name, typed=b"y\n")
    assert outcome.refuses()
    assert "--yes" in outcome.err
    assert run.folder.exists()


def test_a_removed_run_is_in_the_trash(run: Run, home: Path) -> None:
    assert ran("runs", "remove", run.name, "--yes").code == 0
    (where,) = (home / "trash").iterdir()
    assert kept_record(Run(where)).step == 30
    assert not run.folder.exists()


@pytest.mark.parametrize(("answer", "code"), [(b"y\n", 0), (b"n\n", 130), (b"\n", 130)])
def test_removing_on_a_terminal_asks(answer: bytes, code: int, home: Path) -> None:
    pty = pytest.importorskip("pty")
    run = begun("run", settings(2)).run
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "rnnplay", "runs", "remove", "run"]
    asking = subprocess.Popen(command, stdin=follower, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.write(leader, answer)
    _, said = asking.communicate()
    os.close(leader)
    os.close(follower)
    assert "Move 'run' to the trash?" in said.decode()
    assert (asking.returncode, run.folder.exists()) == (code, code != 0)


def test_a_run_in_training_is_neither_renamed_nor_removed(run: Run) -> None:
    with RunStore(run):
        outcomes = [ran("runs", "rename", run.name, "new"), ran("runs", "remove", run.name, "--yes")]
    assert all(outcome.refuses() for outcome in outcomes)
    assert all("rnnplay runs stop" in outcome.err for outcome in outcomes)
    assert run.folder.exists()


def test_a_run_that_is_named_twice_is_removed_once(run: Run) -> None:
    assert ran("runs", "remove", run.name, str(run.folder), "--yes").code == 0


def test_runs_are_removed_all_or_none(run: Run, home: Path) -> None:
    other = begun("other", settings(2)).run
    with RunStore(other):
        assert ran("runs", "remove", run.name, "other", "--yes").refuses()
    assert run.folder.exists()


# Several kinds of text.


def test_standard_input_is_a_text_and_its_run_goes_on_without_it(home: Path) -> None:
    first = ran("train", "-", *TINY, "--steps", "5", "--name", "piped", typed=made_text().encode())
    second = ran("train", "--resume", "piped", "--steps", "9")
    assert (first.code, second.code) == (0, 0), (first, second)
    assert kept_record(folder.named("piped")).step == 9


def test_a_folder_is_a_text(tmp_path: Path, home: Path) -> None:
    (tmp_path / "texts").mkdir()
    for name in ("a.txt", "b.txt", "c.py"):
        (tmp_path / "texts" / name).write_text(made_text(20), encoding="utf-8")
    outcome = ran("train", str(tmp_path / "texts"), "--ext", ".txt", *TINY, "--steps", "5", "--name", "run")
    assert outcome.code == 0, outcome
    assert f"{2 * len(made_text(20)):,} characters" in outcome.err


def test_a_run_is_resumed_from_another_folder(tmp_path: Path, home: Path) -> None:
    (tmp_path / "here.txt").write_text(made_text(), encoding="utf-8")
    assert ran("train", "here.txt", *TINY, "--steps", "5", "--name", "run", folder=tmp_path).code == 0
    assert ran("train", "--resume", "run", "--steps", "9", folder=Path("/")).code == 0


def test_a_text_with_one_kind_of_character_trains(tmp_path: Path, home: Path) -> None:
    (tmp_path / "a.txt").write_text("a" * 500, encoding="utf-8")
    outcome = ran("train", str(tmp_path / "a.txt"), *TINY, "--steps", "5")
    assert outcome.code == 0, outcome
    assert set(outcome.out) <= {"a", "\n"}


def test_a_text_that_is_short_trains_with_a_note(tmp_path: Path, home: Path) -> None:
    (tmp_path / "a.txt").write_text("to be or not to be", encoding="utf-8")
    outcome = ran("train", str(tmp_path / "a.txt"), *TINY, "--steps", "5")
    assert outcome.code == 0, outcome
    assert "too short" in outcome.err


# Texts of one's own


def test_a_text_is_added_listed_shown_and_removed(home: Path, tmp_path: Path) -> None:
    (tmp_path / "my diary.txt").write_text("Some words of my own.\n" * 9, encoding="utf-8")
    assert "rnnplay train my-diary" in ran("corpora", "add", "my diary.txt", folder=tmp_path).err
    assert any(line.startswith("my-diary ") for line in ran("corpora", "list").out.splitlines())
    assert "Some words of my own." in ran("corpora", "show", "my-diary").out
    assert ran("corpora", "remove", "my-diary").code == 0
    assert "my-diary" not in ran("corpora", "list").out
    assert (tmp_path / "my diary.txt").exists()


def test_standard_input_is_kept_as_a_text(home: Path) -> None:
    outcome = ran("corpora", "add", "-", "--name", "notes", typed=b"piped words, and some more")
    assert (outcome.code, outcome.out) == (0, "")
    assert "piped words" in ran("corpora", "show", "notes").out
