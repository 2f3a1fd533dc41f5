"""However a file of a run is damaged: its readers give an answer or a sentence, and other runs stay as they were."""

import os
import resource
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import msgspec
import pytest

from rnnplay import comparing
from rnnplay.console import parcel
from rnnplay.console.runs import run_lines
from rnnplay.errors import UserError
from rnnplay.runs import folder, log, models, recipe, speed, taking
from rnnplay.runs.folder import Run
from rnnplay.runs.following import Following
from rnnplay.runs.history import History
from rnnplay.runs.overview import Overview
from rnnplay.runs.status import status
from rnnplay.training.events import Event, Finished, Noted, Progress, Saved, encode_line
from tests.damage import damage
from tests.runs.told import evaluated, finished, progress, sampled, started
from tests.training.tiny import begun, settings
from tests.training.tiny import finished as trained

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has neither pipes in folders nor free links")

FILES = "run.json events.jsonl best.safetensors last.safetensors owner.json control.jsonl trainer.log lock".split()
WIDEST = 400  # characters of a line about a run, and of a sentence about what is wrong with it


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of two runs that were trained."""
    home = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RNNPLAY_HOME", str(home))
        for name in ("damaged", "whole"):
            run = trained(begun(name, settings(12)))
            run.control.write_bytes(b'{"type":"pause","id":"a"}\n{"type":"stop","id":"b"}\n')
            run.log.write_bytes(b"words\n")
        yield home / "runs"


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("seed", range(10))
def test_a_damaged_file_hides_no_other_run_and_fails_nothing(
    two_runs: Path, home: Path, tmp_path: Path, name: str, seed: int
) -> None:
    shutil.copytree(two_runs, home / "runs")
    whole = status(folder.named("whole"))
    run = Run(home / "runs" / "damaged")
    damage(run.folder / name, Random(f"{seed} {name}"))
    for use in (*_readers(run), *_takers(run, tmp_path), *_movers(run)):
        sentence = _refusal(use)
        assert len(sentence) < WIDEST + len(str(tmp_path)) * 2
        assert "\n" not in sentence
        assert status(folder.named("whole")) == whole
        assert "whole" in [glance.run.name for glance in Overview().look()]


def _refusal(use: Callable[[], object]) -> str:
    try:
        use()
    except UserError as error:
        return str(error)
    return ""


def _readers(run: Run) -> list[Callable[[], object]]:
    return [
        lambda: msgspec.json.encode([status(one) for one in folder.all_runs()]),
        lambda: _read_as_a_person_does(run),
        lambda: list(log.stream(run.events)),
        lambda: recipe.line(run.card(), log.last_budget(run.events)),
        lambda: _follow(run),
        lambda: speed.of_runs("cpu"),
        lambda: models.find("damaged"),
    ]


def _read_as_a_person_does(run: Run) -> None:
    lines = list(run_lines(run, status(run), log.read_outline(run.events)))
    assert max(map(len, "\n".join(lines).split("\n")[:10])) < WIDEST


def _follow(run: Run) -> None:
    following = Following(run)
    while following.poll() and following.more:
        pass
    following.history.standing()
    following.last_words()


def _takers(run: Run, tmp_path: Path) -> list[Callable[[], object]]:
    return [
        lambda: comparing.compare([models.find("damaged"), models.find("whole")]),
        lambda: parcel.export(run, tmp_path / "out"),
        lambda: taking.imported(run.folder, "imported"),
    ]


def _movers(run: Run) -> list[Callable[[], object]]:
    return [lambda: folder.renamed(run, "other"), lambda: folder.removed(folder.named("other"))]


# What was found once.


def test_invalid_utf_8_in_a_key_is_told_in_a_sentence(two_runs: Path, home: Path) -> None:
    shutil.copytree(two_runs, home / "runs")
    card = home / "runs" / "damaged" / "run.json"
    card.write_bytes(card.read_bytes().replace(b'"patience"', b'"\xf0atience"'))
    assert {one.name: one.state for one in map(status, folder.all_runs())} == {
        "damaged": "damaged",
        "whole": "finished",
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [("layers", 2**62), ("hidden_size", 2**40), ("embedding_size", 0), ("dropout", 1e308), ("context", 4)],
)
def test_a_network_that_none_can_be_is_a_damaged_card(two_runs: Path, home: Path, field: str, value: object) -> None:
    shutil.copytree(two_runs, home / "runs")
    path = home / "runs" / "damaged" / "run.json"
    card = msgspec.json.decode(path.read_bytes())
    card["config"]["model"][field] = value
    path.write_bytes(msgspec.json.encode(card))
    with pytest.raises(UserError, match=r"run\.json' is damaged: --"):
        parcel.export(folder.named("damaged"), home / "out")


def test_an_event_whose_settings_none_can_have_is_passed_over(tmp_path: Path) -> None:
    begin = encode_line(started())
    wrong = begin.replace(b'"layers":1', b'"layers":4611686018427387904')
    assert wrong != begin
    (tmp_path / "log").write_bytes(wrong + encode_line(Saved(1, "last")))
    assert log.read(tmp_path / "log") == [Saved(1, "last")]


# Logs that are long.


@pytest.fixture
def little_memory() -> Iterator[int]:
    """How many bytes this process may take more than it has taken so far."""
    more = 32 << 20
    taken = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (taken + more, before[1]))
    yield more
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.skipif(sys.platform != "linux", reason="only there the memory of a process can be bounded")
@pytest.mark.parametrize(
    "filling", [b"\n", b"\0", b"x", encode_line(progress(2))], ids=["newlines", "NULs", "line", "reports"]
)
def test_a_log_larger_than_the_memory_is_read(tmp_path: Path, filling: bytes, little_memory: int) -> None:
    path = tmp_path / "events.jsonl"
    with path.open("wb") as file:
        file.write(encode_line(started()) + encode_line(progress(1)) + encode_line(evaluated(1)))
        for _ in range(48):
            file.write(filling * ((1 << 20) // len(filling)))
        file.write(b"\n" + encode_line(sampled(2)) + encode_line(finished(2)))
    assert log.tail(path)[-1] == finished(2)
    history = History()
    history.take(log.stream(path))
    assert history.finished == finished(2)
    assert [look.step for look in history.looks] == [1]
    assert log.read_outline(path) == [started(), evaluated(1), sampled(2), finished(2)]
    assert log.last_budget(path) == started().config.budget


def test_the_outline_of_a_training_that_goes_on_ends_with_how_far_it_is(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    events: list[Event] = [started(), progress(1), evaluated(1), progress(2), progress(3)]
    path.write_bytes(b"".join(map(encode_line, events)))
    assert log.read_outline(path) == [started(), evaluated(1), progress(3)]


@pytest.mark.parametrize(
    "behind",
    [b"\n" * (1 << 21), b"x" * (1 << 23) + b"\n", b"torn" * (1 << 21)],
    ids=["newlines", "long line", "torn line"],
)
def test_the_end_is_found_ahead_of_what_is_none(tmp_path: Path, behind: bytes) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(encode_line(started()) + encode_line(progress(1)) + encode_line(finished(2)) + behind)
    assert log.tail(path)[-1] == finished(2)


def test_all_of_a_stream_are_those_that_are_read_one_by_one(tmp_path: Path) -> None:
    path, random = tmp_path / "events.jsonl", Random(3)
    events = [random.choice((started, progress, evaluated, sampled, finished))(random.randrange(9)) for _ in range(300)]
    path.write_bytes(b"".join(map(encode_line, events)))
    last_starts = [place for place, event in enumerate(events) if event.__class__.__name__ == "Started"]
    expected = [
        event
        for place, event in enumerate(events)
        if event.__class__.__name__ == "Started"
        or all(event.step <= events[start].from_step for start in last_starts if start > place)  # type: ignore[union-attr]
    ]
    assert log.read(path) == expected
    assert list(log.stream(path, Progress, Finished)) == [
        event for event in expected if isinstance(event, Progress | Finished)
    ]


def test_the_torn_end_of_a_long_log_is_cut_without_reading_all_of_it(tmp_path: Path, little_memory: int) -> None:
    path = tmp_path / "events.jsonl"
    with path.open("wb") as file:
        file.write(encode_line(Noted(1, "whole")))
        for _ in range(2 * little_memory // (1 << 20)):
            file.write(b"x" * (1 << 20))
    log.cut_torn_line(path)
    assert path.read_bytes() == encode_line(Noted(1, "whole"))
