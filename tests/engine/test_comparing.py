"""Comparing networks through the engine: the command that scores them, and whoever leaves it off."""

import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

import pytest

from rnnplay.engine.answers import Answers
from rnnplay.engine.client import EngineDiedError
from rnnplay.engine.process import ProcessEngine
from rnnplay.engine.protocol import Compare, Reply, Scored, Working
from rnnplay.errors import UserError
from rnnplay.runs.folder import Run
from tests.engine.small import all_of, checkpoint, saved
from tests.engine.test_process import gone, proc, until
from tests.training.tiny import begun, settings
from tests.training.tiny import finished as trained

LONG = "abcde abcde\n" * 400_000  # which takes longer to score than anyone waits here


def two(folder: Path) -> tuple[str, ...]:
    """Write two networks."""
    return tuple(saved(folder / f"{seed}.safetensors", checkpoint(seed=seed)) for seed in (1, 2))


@pytest.fixture
async def engine(home: Path) -> AsyncIterator[ProcessEngine]:
    one = ProcessEngine()
    await one.start()
    yield one
    await one.close()


def children(pid: int) -> list[int]:
    """Return the processes that a process has started and that live."""
    found = []
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            if folder.name.isdecimal():
                parent = int((folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
                found += [int(folder.name)] if parent == pid and not gone(int(folder.name)) else []
    return found


async def rest(replies: AsyncIterator[Reply]) -> list[Reply]:
    """Return what is left of an answer."""
    return [reply async for reply in replies]


async def test_networks_are_scored_on_one_text(engine: ProcessEngine, home: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("abcde abcde\n" * 40, encoding="utf-8")
    replies = await all_of(engine, Compare(two(tmp_path), str(text)))
    (scored,) = (reply for reply in replies if isinstance(reply, Scored))
    assert isinstance(replies[0], Working)
    assert "2 networks" in replies[0].what
    found = scored.comparison
    assert (found.text, found.part, found.protocol) == ("text", "the whole text", "carried")
    assert [run.label for run in found.runs] == ["1.safetensors", "2.safetensors"]
    assert len({run.score.loss for run in found.runs if run.score is not None}) == 2


def made(name: str, **changes: Any) -> Run:
    """Train a small network for a moment."""
    return trained(begun(name, settings(4, **changes)))


async def test_runs_are_found_by_their_folders_and_their_settings_compared(engine: ProcessEngine, home: Path) -> None:
    runs = [made("one"), made("two", seed=3)]
    replies = await all_of(engine, Compare(tuple(str(run.folder) for run in runs)))
    (scored,) = (reply for reply in replies if isinstance(reply, Scored))
    assert [run.label for run in scored.comparison.runs] == ["one", "two"]
    assert ("seed", ("0", "3")) in scored.comparison.differences


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (Compare(("no-such", "nor-this")), "There is no run 'no-such'"),
        (Compare(("shipped:play", "shipped:play")), "from 2 to 26 different runs, not 1"),
        (Compare(("--json", "--help")), "There is no run '--json'"),
    ],
)
async def test_why_there_is_no_comparison_is_told_in_a_sentence(
    engine: ProcessEngine, question: Compare, sentence: str
) -> None:
    with pytest.raises(UserError) as refused:
        await all_of(engine, question)
    assert sentence in str(refused.value)
    assert not str(refused.value).startswith("error")


@proc
async def test_leaving_a_comparison_off_ends_its_process(engine: ProcessEngine, tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text(LONG, encoding="utf-8")
    assert engine.pid is not None
    async with aclosing(engine.ask(Compare(two(tmp_path), str(tmp_path / "long.txt")))) as replies:
        async for _ in replies:
            if children(engine.pid):
                break
        (child,) = children(engine.pid)
    await until(lambda: gone(child))


@proc
async def test_closing_the_engine_ends_what_it_scores(engine: ProcessEngine, tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text(LONG, encoding="utf-8")
    assert engine.pid is not None
    replies = engine.ask(Compare(two(tmp_path), str(tmp_path / "long.txt")))
    while not children(engine.pid):
        await anext(replies)
    (child,) = children(engine.pid)
    await engine.close()
    await until(lambda: gone(child))
    with pytest.raises(EngineDiedError):
        await rest(replies)


@proc
async def test_a_comparison_that_is_killed_says_so(engine: ProcessEngine, tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text(LONG, encoding="utf-8")
    assert engine.pid is not None
    replies = engine.ask(Compare(two(tmp_path), str(tmp_path / "long.txt")))
    while not children(engine.pid):
        await anext(replies)
    os.kill(children(engine.pid)[0], signal.SIGKILL)
    with pytest.raises(UserError, match=r"was killed \(signal 9\)"):
        await rest(replies)


def test_an_answer_that_is_left_off_at_once_leaves_no_process_behind(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[int] = []

    class Noted(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            noted.append(self.pid)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    steps = Answers().to(Compare(("a", "b")))
    next(steps)
    next(steps)
    steps.close()
    assert len(noted) == 1
    assert gone(noted[0])
