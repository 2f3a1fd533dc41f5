"""Finding the trainings that are running."""

import os
import shutil
from pathlib import Path

import pytest

from rnnplay import places
from rnnplay.runs import folder
from rnnplay.runs.folder import Run
from rnnplay.runs.trainings import TrainingScanner
from tests.app.made import made_run, training


def names(scanner: TrainingScanner) -> list[str]:
    return [found.run.name for found in scanner.scan()]


def test_only_runs_that_a_process_trains_are_found_the_newest_first(home: Path) -> None:
    scanner = TrainingScanner()
    assert names(scanner) == []
    first, second = made_run("first"), made_run("second")
    made_run("idle")
    with training(first):
        assert names(scanner) == ["first"]
        with training(second):
            os.utime(second.folder / "owner.json", (2e9, 2e9))
            assert names(scanner) == ["second", "first"]
        assert names(scanner) == ["first"]
    assert names(scanner) == []


def test_a_run_that_is_trained_again_is_another_training(home: Path) -> None:
    scanner, run = TrainingScanner(), made_run("again")
    with training(run):
        (before,) = scanner.scan()
        assert scanner.scan() == (before,)
    assert scanner.scan() == ()
    (run.folder / "owner.json").unlink()
    with training(run):
        (after,) = scanner.scan()
    assert after.run == before.run
    assert after.identity != before.identity


def test_a_training_stays_the_same_under_another_name_and_ends_with_its_folder(home: Path) -> None:
    scanner, run = TrainingScanner(), made_run("before")
    with training(run):
        (before,) = scanner.scan()
        run.folder.rename(run.folder.with_name("after"))
        (after,) = scanner.scan()
        assert (after.run.name, after.identity) == ("after", before.identity)
        shutil.rmtree(after.run.folder)
        assert scanner.scan() == ()


def test_what_is_no_run_is_passed_over(home: Path) -> None:
    scanner, run = TrainingScanner(), made_run("run")
    runs = places.runs_folder()
    (runs / "file").write_text("no folder")
    (runs / "loop").symlink_to("loop")
    (runs / "no-lock").mkdir()
    (runs / "no-lock" / "owner.json").write_text("{}")
    folder.removed(made_run("removed"))
    with training(run):
        assert names(scanner) == ["run"]


def test_a_scan_looks_at_no_lock_that_nobody_can_hold(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scanner = TrainingScanner()
    looked: list[str] = []
    for number in range(20):
        with training(made_run(f"run-{number}", [])):
            pass
    scanner.scan()
    is_training = Run.is_training

    def look(run: Run) -> bool:
        looked.append(run.name)
        return is_training(run)

    monkeypatch.setattr(Run, "is_training", look)
    with training(Run(places.runs_folder() / "run-7")):
        assert names(scanner) == ["run-7"]
        assert names(scanner) == ["run-7"]
    assert names(scanner) == []
    assert names(scanner) == []
    assert looked == ["run-7"] * 3
