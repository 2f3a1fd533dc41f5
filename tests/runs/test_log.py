"""The event log: written by one, read by many, torn by a kill."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnplay.errors import UserError
from rnnplay.runs import log
from rnnplay.runs.log import EventWriter, Follower
from rnnplay.training.events import (
    Acknowledged,
    Evaluated,
    Event,
    Finished,
    Noted,
    Progress,
    Sampled,
    Saved,
    Started,
    encode_line,
)
from tests.training.tiny import abandoned, begun, eager, finished, resumed
from tests.training.tiny import settings as tiny

some = settings(max_examples=40, deadline=None)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
steps = st.integers(0, 10**9)
events = st.one_of(
    st.builds(Saved, steps, st.sampled_from(["last", "best"])),
    st.builds(Acknowledged, texts, steps),
    st.builds(Noted, steps, texts),
    st.builds(Sampled, steps, texts, texts),
    st.builds(
        Progress, steps, st.just(0.5), steps, st.just(1.5), st.just(0.25), numbers, st.just(0.1), numbers, st.just(9.0)
    ),
    st.builds(
        Evaluated, steps, st.just(1.0), numbers, numbers, texts, st.booleans(), steps, st.booleans(), st.tuples(texts)
    ),
)
whole_logs = st.lists(events, max_size=8)


def started(from_step: int) -> Started:
    first = next(event for event in begun(f"run-{from_step}", tiny(1)).events() if isinstance(event, Started))
    return Started(
        first.time, from_step, first.config, first.corpus, first.sizes, first.device, first.versions, first.ladder
    )


def written(path: Path, content: list[Event]) -> Path:
    path.write_bytes(b"".join(map(encode_line, content)))
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "events.jsonl"


# Writing and reading.


@some
@given(content=whole_logs)
def test_what_is_written_is_read(place: Path, content: list[Event]) -> None:
    place.unlink(missing_ok=True)
    writer = EventWriter(place)
    for event in content:
        writer.append(event)
    writer.close()
    assert log.read(place) == content


@some
@given(content=whole_logs, cut=st.integers(0, 10_000))
def test_wherever_a_log_is_torn_its_whole_lines_are_read(place: Path, content: list[Event], cut: int) -> None:
    torn = written(place, content).read_bytes()[:cut]
    place.write_bytes(torn)
    assert log.read(place) == content[: torn.count(b"\n")]
    assert log.tail(place) == content[: torn.count(b"\n")]


@some
@given(content=whole_logs, cut=st.integers(0, 10_000), more=events)
def test_who_writes_on_cuts_what_was_torn(place: Path, content: list[Event], cut: int, more: Event) -> None:
    torn = written(place, content).read_bytes()[:cut]
    place.write_bytes(torn)
    writer = EventWriter(place)
    writer.append(more)
    writer.close()
    assert log.read(place) == [*content[: torn.count(b"\n")], more]
    assert place.read_bytes().count(b"\n") == torn.count(b"\n") + 1


@some
@given(content=whole_logs, data=st.data())
def test_who_follows_a_growing_log_sees_each_event_once(place: Path, content: list[Event], data: st.DataObject) -> None:
    whole = written(place, content).read_bytes()
    place.write_bytes(b"")
    follower, seen, done = Follower(place), list[Event](), 0
    while done < len(whole):
        more = data.draw(st.integers(1, len(whole) - done))
        with place.open("ab") as file:
            file.write(whole[done : done + more])
        done += more
        seen += follower.poll()
    assert seen == content
    assert follower.poll() == []


def test_who_follows_a_log_that_is_not_there_yet_waits_for_it(tmp_path: Path) -> None:
    follower = Follower(tmp_path / "events.jsonl")
    assert follower.poll() == []
    written(tmp_path / "events.jsonl", [Noted(1, "here")])
    assert follower.poll() == [Noted(1, "here")]


@pytest.mark.parametrize("before", [b"", encode_line(Noted(1, "old")) * 2000, encode_line(Noted(1, "old"))[:-9]])
def test_who_follows_from_now_on_hears_nothing_of_before(before: bytes, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(before)
    follower = Follower.from_now(path)
    assert follower.poll() == []
    writer = EventWriter(path)
    writer.append(Noted(2, "new"))
    writer.close()
    assert follower.poll() == [Noted(2, "new")]


def test_who_follows_from_now_on_may_come_before_the_log(tmp_path: Path) -> None:
    follower = Follower.from_now(tmp_path / "events.jsonl")
    written(tmp_path / "events.jsonl", [Noted(1, "here")])
    assert follower.poll() == [Noted(1, "here")]


def test_a_log_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert log.read(tmp_path / "none") == log.tail(tmp_path / "none") == []


@pytest.mark.parametrize("step", [-1, 2**63, 10**400])
def test_a_line_with_a_count_that_none_can_be_is_no_event(step: int, tmp_path: Path) -> None:
    place = written(tmp_path / "events.jsonl", [Saved(7, "last")])
    place.write_bytes(
        place.read_bytes() + msgspec.json.encode(Saved(7, "last")).replace(b"7", str(step).encode()) + b"\n"
    )
    assert log.read(place) == [Saved(7, "last")]


def test_the_tail_of_a_long_log_is_its_last_events(tmp_path: Path) -> None:
    content: list[Event] = [Noted(step, "x" * 100) for step in range(1000)]
    found = log.tail(written(tmp_path / "events.jsonl", content))
    assert 10 < len(found) < 1000
    assert found == content[-len(found) :]


STRANGE = [
    b'{"type":"invented_later","step":3,"words":["a"]}',
    b'{"type":"saved","step":3}',
    b'{"type":"saved","step":"three","checkpoint":"last"}',
    b'{"step":3}',
    b"",
    b"null",
    b"[1, 2]",
    b"no JSON at all",
    b"\xff\xfe\x00garbage",
    b'{"type":"noted","step":1,"text":"\xff"}',
]


@pytest.mark.parametrize("line", STRANGE)
def test_lines_that_mean_nothing_here_are_passed_over(line: bytes, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(encode_line(Noted(1, "before")) + line + b"\n" + encode_line(Noted(2, "after")))
    expected = [Noted(1, "before"), Noted(2, "after")]
    assert log.read(path) == log.tail(path) == Follower(path).poll() == expected


def test_a_line_that_is_nested_without_end_is_passed_over(tmp_path: Path) -> None:
    deep = b'{"type":"saved","z":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n"
    path = tmp_path / "events.jsonl"
    path.write_bytes(encode_line(Noted(1, "before")) + deep + encode_line(Noted(2, "after")))
    assert log.read(path) == Follower(path).poll() == [Noted(1, "before"), Noted(2, "after")]
    assert log.tail(path)[-1] == Noted(2, "after")


def test_fields_that_were_invented_later_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b'{"type":"saved","step":3,"checkpoint":"last","since":"tomorrow"}\n')
    assert log.read(tmp_path / "log") == [Saved(3, "last")]


def test_a_log_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(UserError, match="can't be used"):
        EventWriter(tmp_path / "folder")
    with pytest.raises(UserError, match="it is gone"):
        EventWriter(tmp_path / "none" / "events.jsonl")


# After a resumption.


def test_events_beyond_the_step_that_a_run_was_taken_up_at_are_void(home: Path, tmp_path: Path) -> None:
    begin, again = started(0), started(20)
    content: list[Event] = [begin, *(Saved(step, "last") for step in (10, 20, 21, 30)), again, Saved(25, "last")]
    read = log.read(written(tmp_path / "events.jsonl", content))
    assert read == [begin, Saved(10, "last"), Saved(20, "last"), again, Saved(25, "last")]


def test_a_run_that_was_killed_and_taken_up_tells_each_step_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)
    run = finished(resumed(abandoned(begun("run"), saved=20, step=45)))
    reports = [event.step for event in log.read(run.events) if isinstance(event, Progress)]
    assert reports == list(range(1, 61))
    assert sum(isinstance(event, Finished) for event in log.read(run.events)) == 1


def test_a_session_tells_what_it_records(home: Path) -> None:
    current = begun("run")
    assert list(current.events())[1:] == log.read(current.run.events)[1:]


def test_the_first_event_is_told_as_it_is_recorded(home: Path) -> None:
    current = begun("run", tiny(2))
    assert encode_line(next(iter(current.events()))) == current.run.events.read_bytes()
