"""Requests through the run folder: what the trainer takes, and what it passes over."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as property_settings
from hypothesis import strategies as st

from rnnplay.errors import UserError
from rnnplay.runs.folder import Run
from rnnplay.runs.requests import FolderInbox, new_id, send
from rnnplay.runs.store import RunStore
from rnnplay.training.control import Pause, Request, Sample, Save, SetLearningRate, Stop, Unpause
from rnnplay.training.events import Acknowledged, Event, Finished, Progress
from tests.training.tiny import begun, eager, finished, resumed, settings

ids = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
requests = st.one_of(
    st.builds(Pause, ids),
    st.builds(Unpause, ids),
    st.builds(Stop, ids),
    st.builds(Sample, ids),
    st.builds(Save, ids),
    st.builds(SetLearningRate, ids, st.floats(0, 10)),
)

DEEP = b'{"type":"save","id":"deep","z":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


def lines(content: list[Request]) -> bytes:
    return b"".join(msgspec.json.encode(request) + b"\n" for request in content)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("control") / "control.jsonl"


def steered(run_name: str, line: bytes, step: int = 20) -> list[Event]:
    """Train to the end, with a line added to the requests when a step is reported; wants `eager`."""
    current, events = begun(run_name), []
    for event in current.events():
        events.append(event)
        if isinstance(event, Progress) and event.step == step:
            with current.run.control.open("ab") as file:
                file.write(line)
    return events


def answers(events: list[Event]) -> list[str]:
    return [event.id for event in events if isinstance(event, Acknowledged)]


# The inbox.


@property_settings(max_examples=40, deadline=None)
@given(content=st.lists(requests, max_size=6), data=st.data())
def test_requests_come_once_and_in_order_however_they_are_written(
    place: Path, content: list[Request], data: st.DataObject
) -> None:
    place.write_bytes(b"")
    inbox, seen, done, whole = FolderInbox(place), list[Request](), 0, lines(content)
    while done < len(whole):
        more = data.draw(st.integers(1, len(whole) - done))
        with place.open("ab") as file:
            file.write(whole[done : done + more])
        done += more
        seen += inbox.poll()
    assert seen == content
    assert inbox.poll() == []


@pytest.mark.parametrize("torn", [b"", b'{"type":"stop","i'])
def test_what_stood_there_before_is_ignored(torn: bytes, tmp_path: Path) -> None:
    path = tmp_path / "control.jsonl"
    path.write_bytes(lines([Stop("old")]) + torn)
    inbox = FolderInbox(path)
    before = inbox.poll()
    with path.open("ab") as file:
        file.write(lines([Save("new")]))
    assert (before, inbox.poll()) == ([], [Save("new")])


def test_an_inbox_that_is_not_there_yet_is_empty_until_it_is(tmp_path: Path) -> None:
    inbox = FolderInbox(tmp_path / "control.jsonl")
    before = inbox.poll()
    (tmp_path / "control.jsonl").write_bytes(lines([Save("new")]))
    assert (before, inbox.poll()) == ([], [Save("new")])


def test_an_inbox_in_a_folder_that_is_taken_away_says_so(tmp_path: Path) -> None:
    inbox = FolderInbox(tmp_path / "run" / "control.jsonl")
    with pytest.raises(UserError, match="it is gone"):
        inbox.poll()


GARBAGE = [
    b"garbage",
    b"\xff\xfe\x00\x00",
    b"{",
    b"[]",
    b"null",
    b"",
    b'{"type":"dance","id":"x"}',
    b'{"type":"save"}',
    b'{"type":"save","id":7}',
    b'{"id":"x"}',
    b'{"type":"set_learning_rate","id":"x"}',
    b'{"type":"set_learning_rate","id":"x","learning_rate":null}',
    b'{"type":"set_learning_rate","id":"x","learning_rate":1e999}',
    b'{"type":"save","id":"\\ud800"}',
]


@pytest.mark.parametrize("line", GARBAGE)
def test_lines_that_are_no_requests_are_passed_over(line: bytes, tmp_path: Path) -> None:
    inbox = FolderInbox(tmp_path / "control.jsonl")
    (tmp_path / "control.jsonl").write_bytes(lines([Save("a")]) + line + b"\n" + lines([Save("b")]))
    assert inbox.poll() == [Save("a"), Save("b")]


def test_a_line_that_is_nested_without_end_is_passed_over(tmp_path: Path) -> None:
    inbox = FolderInbox(tmp_path / "control.jsonl")
    (tmp_path / "control.jsonl").write_bytes(DEEP + b"\n" + lines([Save("b")]))
    assert inbox.poll()[-1] == Save("b")


# Through the folder of a run in training.


def test_a_training_lives_through_garbage_and_answers_what_follows(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    events = steered("run", b"\n".join(GARBAGE) + b"\n" + lines([Sample("here")]))
    assert answers(events) == ["here"]
    assert isinstance(events[-1], Finished)


def test_requests_older_than_the_trainer_are_ignored(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    current = begun("run")
    current.run.control.write_bytes(lines([Stop("old"), Pause("older")]))
    events = list(current.events())
    end = events[-1]
    assert isinstance(end, Finished)
    assert (end.reason, end.step, answers(events)) == ("budget", 60, [])


def test_a_request_to_a_run_that_nobody_trains_is_refused(home: Path) -> None:
    run = finished(begun("run", settings(2)))
    with pytest.raises(UserError, match="'run' isn't being trained now; 'rnnplay train --resume run'"):
        send(run, Pause(new_id()))
    assert not run.control.exists()


def test_ids_are_all_different() -> None:
    assert len({new_id() for _ in range(1000)}) == 1000


def sent_after(run: Run, torn: bytes) -> list[Request]:
    """Return what a trainer finds of a request that follows a line without an end."""
    with RunStore(run):
        inbox = FolderInbox(run.control)
        run.control.write_bytes(torn)
        send(run, Save("mine"))
        return inbox.poll()


def test_a_request_is_not_lost_behind_a_torn_one(home: Path) -> None:
    assert sent_after(begun("run").run, b'{"type":"pau') == [Save("mine")]


def test_no_request_makes_a_checkpoint_that_cannot_be_resumed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    current = begun("run")
    events = current.events()
    for event in events:
        if isinstance(event, Progress) and event.step == 20:
            send(current.run, SetLearningRate("rate", 1e308))
            send(current.run, Save("save"))
        if isinstance(event, Progress) and event.step == 22:
            break
    events.close()  # type: ignore[attr-defined]
    finished(resumed(current.run))


def test_a_training_goes_on_where_its_inbox_cannot_be_read(home: Path) -> None:
    current = begun("run", settings(2))
    current.run.control.mkdir()
    assert finished(current) == current.run
