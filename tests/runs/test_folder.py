"""Runs by their folders: made whole, found by name, renamed, removed."""

import json
import os
import threading
from pathlib import Path

import pytest

from rnnplay import places
from rnnplay.errors import UserError
from rnnplay.runs import folder, names
from rnnplay.runs.folder import Run
from rnnplay.runs.store import RunStore
from tests.cli.process import Command, ran
from tests.training.tiny import TEXT, begun, finished, kept_record, settings

as_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions don't bind this user")


@pytest.fixture(autouse=True)
def runs_folder(home: Path) -> Path:
    return home / "runs"


def run_named(name: str) -> Run:
    return begun(name, settings(2)).run


# Making one.


def test_a_run_is_there_before_its_first_step_and_knows_itself() -> None:
    run = run_named("fresh")
    assert {path.name for path in run.folder.iterdir()} == {"run.json", "last.safetensors"}
    assert run.card().config.budget.amount == 2
    assert kept_record(run).step == 0


def test_a_run_of_an_older_version_trains_as_it_did() -> None:
    run = run_named("older")
    path = run.folder / "run.json"
    content = json.loads(path.read_bytes())
    for field in ("head_rate_factor", "averaged_from", "resets"):
        del content["config"][field]
    content["corpus"]["name"] = "resets"  # as a text may be called
    path.write_text(json.dumps(content))
    config = run.card().config
    assert (config.head_rate_factor, config.averaged_from, config.resets) == (1.0, 1.0, 0.0)
    assert run_named("newer").card().config.averaged_from < 1


@pytest.mark.parametrize(
    "name",
    [
        *["", " ", ".", "..", ".hidden", "-dash", "a/b", "a\\b", "a:b", "a*", "a?", 'a"', "a<b", "a|b", " a", "a "],
        *["a\nb", "a\x00b", "a\x1b[31m", "a\u202eb", "\udcff", "x" * 101, "\u00e9" * 51],
    ],
)
def test_what_is_no_name_for_a_folder_is_refused(name: str) -> None:
    with pytest.raises(UserError):
        folder.checked_name(name)


@pytest.mark.parametrize("name", ["a", "tide-lamp", "my run", "R2.D2_x", "\u043c\u043e\u0440\u0435", "x" * 100])
def test_other_names_are_taken_as_they_are(name: str) -> None:
    assert run_named(name).folder.name == name
    assert folder.named(name) == Run(places.runs_folder() / name)


def test_a_name_is_given_once() -> None:
    run_named("one")
    with pytest.raises(UserError, match="There is a run 'one' already"):
        run_named("one")


def test_of_two_that_want_a_name_at_once_one_gets_it_and_the_other_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    train = ("train", str(tmp_path / "text.txt"), "--hidden", "8", "--steps", "10", "--name", "same", "--quiet")
    both = [Command(*train) for _ in range(2)]
    one, other = sorted((command.wait() for command in both), key=lambda outcome: outcome.code)
    assert (one.code, other.code) == (0, 2), (one, other)
    assert other.refuses()
    assert kept_record(folder.named("same")).step == 10
    assert [path.name for path in places.runs_folder().iterdir()] == ["same"]


def test_a_name_that_is_made_up_is_one_that_may_be_given() -> None:
    assert all(folder.checked_name(names.new_name()) for _ in range(50))


def test_every_run_is_found_by_the_name_it_has() -> None:
    try:
        finished(begun("a.safetensors", settings(2)))
    except UserError:
        return
    assert ran("sample", "a.safetensors", "--length", "1").code == 0


def test_a_home_that_is_a_file_is_told_in_a_sentence(home: Path) -> None:
    home.write_text("not a folder")
    with pytest.raises(UserError, match="can't be used"):
        run_named("run")
    assert folder.all_runs() == []


@as_root
def test_a_home_that_cannot_be_written_is_told_in_a_sentence(home: Path) -> None:
    home.mkdir()
    home.chmod(0o500)
    with pytest.raises(UserError, match="there is no permission"):
        run_named("run")


# Finding one.


def test_the_newest_run_comes_first() -> None:
    runs = [run_named(name) for name in ("b", "a", "c")]
    for age, run in enumerate(runs):
        os.utime(run.folder / "run.json", (1_000_000 + age, 1_000_000 + age))
    assert [run.name for run in folder.all_runs()] == ["c", "a", "b"]
    assert folder.newest() == runs[-1]


def test_what_is_no_run_is_not_among_them(runs_folder: Path) -> None:
    run_named("run")
    (runs_folder / "empty").mkdir()
    (runs_folder / "file").write_text("")
    (runs_folder / ".new-half").mkdir()
    (runs_folder / ".new-half" / "run.json").write_text("{}")
    (runs_folder / "round").symlink_to("round")
    assert [run.name for run in folder.all_runs()] == ["run"]


def test_without_a_home_there_are_no_runs() -> None:
    assert folder.all_runs() == []
    assert folder.newest() is None


def test_a_run_is_found_by_its_folder_too(tmp_path: Path) -> None:
    run = run_named("run")
    run.folder.rename(tmp_path / "elsewhere")
    assert folder.named(str(tmp_path / "elsewhere")) == Run(tmp_path / "elsewhere")


@pytest.mark.parametrize("name", ["nothing", "", ".", "..", "/", "runs/../..", "a\nb"])
def test_an_unknown_run_is_told_in_a_sentence(name: str) -> None:
    with pytest.raises(UserError, match="There is no run"):
        folder.named(name)


@pytest.mark.parametrize("name", ["x" * 300, "~nobody-of-this-name/run"])
def test_what_can_be_no_folder_is_an_unknown_run(name: str) -> None:
    with pytest.raises(UserError, match="There is no run"):
        folder.named(name)


def test_a_name_that_is_nearly_right_is_suggested() -> None:
    run_named("tide-lamp")
    with pytest.raises(UserError, match="Did you mean 'tide-lamp'"):
        folder.named("tide-lmap")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"format": "\xff"}', b'{"format": 1}', b"null"])
def test_a_damaged_card_is_told_in_a_sentence(content: bytes) -> None:
    run = run_named("run")
    (run.folder / "run.json").write_bytes(content)
    with pytest.raises(UserError, match=r"run\.json' is damaged"):
        run.card()


# Renaming and removing.


def test_a_renamed_run_is_found_by_its_new_name_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    run = finished(begun("old", settings(5)))
    renamed = folder.renamed(run, "new")
    assert folder.all_runs() == [renamed] == [folder.named("new")]
    assert kept_record(renamed).step == 5


def test_a_run_is_not_renamed_over_another() -> None:
    run_named("other")
    with pytest.raises(UserError, match="There is a run 'other' already"):
        folder.renamed(run_named("run"), "other")


def test_a_removed_run_is_whole_in_the_trash(home: Path) -> None:
    run = finished(begun("run", settings(5)))
    removed = folder.removed(run)
    assert removed.is_relative_to(home / "trash")
    assert folder.all_runs() == []
    assert kept_record(Run(removed)).step == 5


def test_runs_of_one_name_have_each_their_place_in_the_trash(home: Path) -> None:
    removed = {folder.removed(run_named("run")) for _ in range(4)}
    assert set((home / "trash").iterdir()) == removed
    assert len(removed) == 4


def test_a_run_in_training_is_neither_renamed_nor_removed() -> None:
    run = run_named("run")
    with RunStore(run):
        for refused in (lambda: folder.renamed(run, "new"), lambda: folder.removed(run)):
            with pytest.raises(UserError, match="'run' is being trained"):
                refused()
    assert folder.all_runs() == [run]


# Looking whether one is trained.


def test_a_run_is_in_training_while_its_store_is_open() -> None:
    run = run_named("run")
    before = run.is_training()
    with RunStore(run):
        during = run.is_training()
    assert (before, during, run.is_training()) == (False, True, False)


def test_those_who_look_do_not_take_each_other_for_a_trainer() -> None:
    run = finished(begun("run", settings(2)))
    seen: set[bool] = set()

    def look() -> None:
        seen.update(run.is_training() for _ in range(300))

    lookers = [threading.Thread(target=look) for _ in range(4)]
    for looker in lookers:
        looker.start()
    for looker in lookers:
        looker.join()
    assert seen == {False}


def test_looking_does_not_keep_a_trainer_out() -> None:
    run, over = run_named("run"), threading.Event()

    def look() -> None:
        while not over.is_set():
            run.is_training()

    looker = threading.Thread(target=look)
    looker.start()
    try:
        for _ in range(20):
            with RunStore(run):
                pass
    finally:
        over.set()
        looker.join()


def test_what_was_left_in_the_making_is_cleared_in_time(home: Path) -> None:
    old, young = home / "runs" / ".new-old", home / "runs" / ".new-young"
    for path in (old, young):
        path.mkdir(parents=True)
    os.utime(old, (0, 0))
    begun("run", settings(2))
    assert (old.exists(), young.exists()) == (False, True)
