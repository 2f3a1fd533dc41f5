"""Following a run by its folder alone."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnplay import places
from rnnplay.runs import folder, log
from rnnplay.runs.folder import Run
from rnnplay.runs.following import Following
from rnnplay.runs.history import History
from rnnplay.runs.requests import send
from rnnplay.runs.store import RunStore
from rnnplay.training.control import Pause, Unpause
from rnnplay.training.events import Acknowledged, Event, Noted, encode_line
from tests.runs.told import evaluated, finished, progress, started
from tests.training.tiny import begun, eager
from tests.training.tiny import settings as tiny


@pytest.fixture
def run(home: Path) -> Run:
    return made("run")


def made(name: str, number: int = 0) -> Run:
    """Make a run's folder with nothing in it but a card that nobody reads."""
    one = Run(places.runs_folder() / name)
    one.folder.mkdir(parents=True)
    (one.folder / "run.json").write_text(json.dumps({"number": number}))
    os.utime(one.folder / "run.json", ns=(number, 10**9 + number))
    return one


def tell(run: Run, *events: Event) -> None:
    with run.events.open("ab") as file:
        file.write(b"".join(map(encode_line, events)))


def caught_up(following: Following) -> Following:
    following.poll()
    while following.more:
        following.poll()
    return following


def seen(following: Following) -> list[int]:
    return [point.step for point in caught_up(following).history.losses]


@pytest.fixture
def training(run: Run) -> Iterator[Run]:
    with RunStore(run):
        yield run


# News.


def test_what_comes_is_read_once(run: Run) -> None:
    following = Following(run)
    assert not following.poll()
    tell(run, started(), progress(1))
    assert following.poll()
    assert not following.poll()
    tell(run, progress(2))
    assert following.poll()
    assert seen(following) == [1, 2]


def test_a_torn_line_is_read_when_it_is_whole(run: Run) -> None:
    following, line = Following(run), encode_line(progress(7))
    run.events.write_bytes(line[:20])
    assert not following.poll()
    run.events.write_bytes(line)
    assert seen(following) == [7]


def test_a_torn_line_that_a_resumption_cuts_is_never_read(run: Run) -> None:
    following = Following(run)
    tell(run, started(), progress(1))
    with run.events.open("ab") as file:
        file.write(encode_line(progress(2))[:15])
    assert seen(following) == [1]
    writer = log.EventWriter(run.events)
    writer.append(started(1))
    writer.append(progress(3))
    writer.close()
    assert seen(following) == [1, 3]


def test_a_long_log_is_read_a_piece_at_a_time(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "PIECE", 2000)
    tell(run, *(progress(step) for step in range(100)))
    following = Following(run)
    following.poll()
    assert following.more
    assert 0 < len(following.history.losses) < 30
    assert seen(following) == list(range(100))
    assert not following.more


def test_a_line_longer_than_a_piece_is_read_all_the_same(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "PIECE", 500)
    tell(run, progress(1), Noted(1, "x" * 20_000), progress(2))
    following = Following(run)
    assert seen(following) == [1, 2]
    assert len(following.history.notes) == 1


def test_a_line_without_end_is_passed_over(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "PIECE", 500)
    monkeypatch.setattr(log, "LINE_AT_MOST", 4000)
    run.events.write_bytes(encode_line(progress(1)) + b"\0" * 50_000 + b"\n" + encode_line(progress(2)))
    assert seen(Following(run)) == [1, 2]


def test_a_log_that_begins_anew_is_read_anew(run: Run) -> None:
    following = Following(run)
    tell(run, *(progress(step) for step in range(10)))
    caught_up(following)
    run.events.write_bytes(encode_line(progress(3)))
    assert seen(following) == [3]


# The folder.


def test_a_run_that_is_not_there_is_gone_until_it_comes(home: Path) -> None:
    following = Following(Run(places.runs_folder() / "later"))
    assert following.poll()
    assert following.gone
    tell(made("later"), progress(1))
    assert following.poll()
    assert not following.gone
    assert seen(following) == [1]


def test_a_removed_run_is_gone_and_what_was_read_stays(run: Run) -> None:
    following = Following(run)
    tell(run, progress(1))
    caught_up(following)
    folder.removed(run)
    assert following.poll()
    assert following.gone
    assert not following.poll()
    assert seen(following) == [1]
    assert (following.quiet, following.last_words()) == (0.0, "")


def test_a_renamed_run_is_followed_on(run: Run) -> None:
    following = Following(run)
    tell(run, progress(1))
    caught_up(following)
    other = folder.renamed(run, "other")
    tell(other, progress(2))
    assert following.poll()
    assert (following.run, following.gone) == (other, False)
    assert seen(following) == [1, 2]


@pytest.mark.parametrize("looked", [True, False])
def test_another_run_of_the_same_name_is_another_run(run: Run, looked: bool) -> None:
    following = Following(run)
    tell(run, progress(1), progress(2))
    caught_up(following)
    shutil.rmtree(run.folder)
    if looked:
        following.poll()
    again = made("run", 1)
    tell(again, *(progress(step) for step in range(30, 40)))
    assert seen(following) == list(range(30, 40))


@pytest.mark.parametrize("name", ["events.jsonl", "control.jsonl", "trainer.log", "lock"])
def test_a_folder_where_a_file_should_be_does_no_harm(run: Run, name: str) -> None:
    (run.folder / name).mkdir()
    following = Following(run)
    following.poll()
    assert not following.training
    assert following.last_words() == ""


# Training and pauses.


def test_whether_a_process_trains_it_is_seen(run: Run) -> None:
    following = Following(run)
    with RunStore(run):
        assert following.poll()
        assert following.training
        assert following.quiet >= 0
    assert following.poll()
    assert not following.training
    assert following.quiet == 0


@pytest.mark.parametrize(("niceness", "gives_way"), [(10, True), (0, False), (None, False), ("no number", False)])
def test_whether_a_training_gives_way_to_others_is_told_by_its_owner(
    run: Run, niceness: object, gives_way: bool
) -> None:
    owner = {"pid": 1, "host": "here", "since": 0.0, "niceness": niceness}
    (run.folder / "owner.json").write_text(json.dumps(owner))
    following = Following(run)
    with FileLock(run.folder / "lock"):
        following.poll()
        assert following.training
        assert following.gives_way == gives_way
        (run.folder / "owner.json").write_text(json.dumps({**owner, "niceness": 19}))
        tell(run, started())
        following.poll()
        assert following.gives_way


def test_a_pause_counts_from_its_answer_to_the_next(training: Run) -> None:
    following = Following(training)
    tell(training, started(), progress(1))
    send(training, Pause("p"))
    states = [caught_up(following).paused]
    for event in (Acknowledged("p", 1), progress(2), Acknowledged("somebody's", 2)):
        tell(training, event)
        states.append(caught_up(following).paused)
    send(training, Unpause("u"))
    tell(training, Acknowledged("u", 2))
    states.append(caught_up(following).paused)
    assert states == [False, True, True, True, False]
    assert following.quiet >= 0


def test_a_pause_of_an_earlier_training_is_over(training: Run) -> None:
    send(training, Pause("p"))
    tell(training, started(), Acknowledged("p", 5), started(5))
    assert not caught_up(Following(training)).paused


def test_who_comes_later_sees_that_it_is_paused(training: Run) -> None:
    send(training, Pause("p"))
    tell(training, started(), *(progress(step) for step in range(50)), Acknowledged("p", 49))
    following = caught_up(Following(training))
    assert following.paused
    assert following.quiet == 0


def test_nothing_is_paused_that_nobody_trains(run: Run) -> None:
    run.control.write_bytes(msgspec.json.encode(Pause("p")) + b"\n")
    tell(run, started(), Acknowledged("p", 1))
    assert not caught_up(Following(run)).paused


def test_garbage_among_the_requests_does_no_harm(training: Run) -> None:
    training.control.write_bytes(b"\xff\x00 garbage\n" + msgspec.json.encode(Pause("p")) + b'\n{"type":"pau')
    tell(training, started(), Acknowledged("p", 1))
    assert caught_up(Following(training)).paused


def test_a_real_training_is_followed_from_its_first_word_to_its_last(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    eager(monkeypatch)
    current = begun("real", tiny(30))
    following = Following(current.run)
    during = set()
    for _ in current.events():
        following.poll()
        during.add(following.training)
    assert during == {True}
    caught_up(following)
    assert not following.training
    assert following.history.finished == log.read(current.run.events)[-1]
    assert seen(following) == list(range(1, 31))


# Last words.


@pytest.mark.parametrize(
    ("printed", "words"),
    [
        (b"", ""),
        (b"\n \n", ""),
        (b"one\nTraceback\nMemoryError: no\n\n", "MemoryError: no"),
        (b"10%\r20%\rdone", "done"),
        (b"\xff\xfe\n", "\ufffd\ufffd"),
        (b"x" * 100_000, "x" * 300),
    ],
)
def test_the_last_words_are_the_last_line_with_something_on_it(run: Run, printed: bytes, words: str) -> None:
    run.log.write_bytes(printed)
    assert Following(run).last_words() == words


# Anything at all.


actions = st.one_of(
    st.tuples(st.just("tell"), st.builds(progress, st.integers(0, 40))),
    st.tuples(st.just("tell"), st.builds(evaluated, st.integers(0, 40))),
    st.tuples(st.just("tell"), st.builds(started, st.integers(0, 40))),
    st.tuples(st.just("tell"), st.builds(finished, st.integers(0, 40))),
    st.tuples(st.just("remove"), st.none()),
    st.tuples(st.just("make"), st.none()),
    st.tuples(st.just("rename"), st.none()),
    st.tuples(st.just("tear"), st.none()),
    st.tuples(st.just("poll"), st.none()),
)


@settings(max_examples=100, deadline=None)
@given(todo=st.lists(actions, max_size=25))
def test_whatever_is_done_to_a_folder_what_follows_sees_what_is_there(
    tmp_path_factory: pytest.TempPathFactory, todo: list[tuple[str, Event | None]]
) -> None:
    home = tmp_path_factory.mktemp("any")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RNNPLAY_HOME", str(home))
        run, number = made("run"), 0
        following = Following(run)
        for action, event in todo:
            there = run.folder.is_dir()
            if action == "tell" and event is not None and there:
                writer = log.EventWriter(run.events)
                writer.append(event)
                writer.close()
            elif action == "tear" and there:
                with run.events.open("ab") as file:
                    file.write(b'{"type":"prog')
            elif action == "remove" and there:
                shutil.rmtree(run.folder)
            elif action == "make" and not there:
                number += 1
                run = made("run", number)
            elif action == "rename" and there:
                caught_up(following)
                number += 1
                run.folder.rename(run.folder.with_name(f"other-{number}"))
                run = Run(run.folder.with_name(f"other-{number}"))
            caught_up(following)
        if run.folder.is_dir() and following.run == run:
            whole = History()
            whole.take(log.read(run.events))
            for kept in ("losses", "looks", "progress", "started", "finished"):
                assert getattr(following.history, kept) == getattr(whole, kept)
            assert not following.gone
        elif not run.folder.is_dir():
            assert following.gone
