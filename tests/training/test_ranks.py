"""Several processes walk one text together."""

import math
import os
import signal
import socket
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as property_settings
from hypothesis import strategies as st

from rnnplay import places
from rnnplay.runs import log
from rnnplay.runs.folder import named
from rnnplay.runs.log import Follower
from rnnplay.training.events import Evaluated, Finished, Progress, Started
from rnnplay.training.ranks import Ranks
from tests.cli.process import Command, Outcome, ran
from tests.training.tiny import TEXT, kept, kept_record

TINY = ("--hidden", "16", "--embed", "8", "--batch", "4", "--seq-len", "8", "--precision", "fp32", "--device", "cpu")


def together(*arguments: str, size: int = 2, restarts: int = 0) -> list[Outcome]:
    """Run a command as torchrun does, on several processes, to its end; the leader's outcome first."""
    return [rank.wait() for rank in started(*arguments, size=size, restarts=restarts)]


def started(*arguments: str, size: int = 2, restarts: int = 0) -> list[Command]:
    """Start a command as torchrun does, on several processes, the leader first."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(size)}
    shared["TORCHELASTIC_RESTART_COUNT"] = str(restarts)
    return [
        Command(*arguments, environment={**shared, "RANK": str(rank), "LOCAL_RANK": str(rank)}) for rank in range(size)
    ]


@pytest.fixture
def text(home: Path, tmp_path: Path) -> str:
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("cell", ["lstm", "ff"])
def test_two_processes_learn_what_one_does(cell: str, text: str) -> None:
    train = ("train", text, *TINY, "--dropout", "0", "--steps", "70", "--cell", cell)  # an epoch has 56 windows
    alone, (leader, helper) = ran(*train, "--name", "alone"), together(*train, "--name", "both")
    assert (alone.code, leader.code, helper.code) == (0, 0, 0), leader.err + helper.err
    assert (helper.out, helper.err) == ("", "")
    one, both = kept(named("alone")), kept(named("both"))
    for name in one.tensors:
        np.testing.assert_allclose(both.tensors[name], one.tensors[name], atol=1e-5, err_msg=name)
    for name in [name for name in one.state if name.startswith("carried.")]:
        np.testing.assert_allclose(both.state[name], one.state[name], atol=1e-4, err_msg=name)
    seen, seen_by_both = (
        [event.loss or math.nan for event in log.read(named(name).events) if isinstance(event, Evaluated)]
        for name in ("alone", "both")
    )
    np.testing.assert_allclose(seen, seen_by_both, atol=1e-4)
    assert kept_record(named("both")).chars == kept_record(named("alone")).chars


def test_two_processes_fine_tune_as_one_does(text: str) -> None:
    ran("train", text, *TINY, "--dropout", "0", "--steps", "20", "--name", "parent")
    other = Path(text).with_name("other.txt")
    other.write_text(TEXT.replace("el", "él"), encoding="utf-8")
    rest = ("--batch", "4", "--seq-len", "8", "--precision", "fp32", "--device", "cpu", "--steps", "30")
    train = ("train", str(other), "--from", "parent", "--extend-vocabulary", *rest)
    alone, both = ran(*train, "--name", "alone"), together(*train, "--name", "both")
    assert (alone.code, *(outcome.code for outcome in both)) == (0, 0, 0), both
    for name, tensor in kept(named("alone")).tensors.items():
        np.testing.assert_allclose(kept(named("both")).tensors[name], tensor, atol=1e-5, err_msg=name)


def test_processes_that_are_started_again_go_on_with_the_named_run(text: str) -> None:
    train = ("train", text, *TINY, "--name", "run")
    together(*train, "--steps", "20")
    outcomes = together(*train, "--steps", "40", restarts=1)
    assert [outcome.code for outcome in outcomes] == [0, 0], outcomes
    starts = [event.from_step for event in log.read(named("run").events) if isinstance(event, Started)]
    assert starts == [0, 20]
    assert kept_record(named("run")).step == 40


def test_patience_stops_all_processes_at_once(text: str) -> None:
    outcomes = together("train", text, *TINY, "--name", "run", "--steps", "4000", "--lr", "1e-30", "--patience", "2")
    assert [outcome.code for outcome in outcomes] == [0, 0], outcomes
    end = log.read(named("run").events)[-1]
    assert isinstance(end, Finished)
    assert end.reason == "patience"


def test_rows_that_cannot_be_dealt_out_are_refused(text: str) -> None:
    outcomes = together("train", text, *TINY, "--batch", "3", "--steps", "5")
    assert all(outcome.refuses() and "multiple of the 2 processes" in outcome.err for outcome in outcomes), outcomes


def test_what_only_the_leader_finds_is_refused_by_all(text: str) -> None:
    blocked = Path(os.environ["RNNPLAY_HOME"]) / "runs"
    blocked.parent.mkdir(parents=True, exist_ok=True)
    blocked.write_text("a file where the runs' folder should be", encoding="utf-8")
    outcomes = together("train", text, *TINY, "--name", "run", "--steps", "5")
    assert all(outcome.refuses() and "runs" in outcome.err for outcome in outcomes), outcomes


@pytest.mark.parametrize("victim", [0, 1], ids=["the leader", "a helper"])
def test_where_one_process_is_killed_the_others_say_so(victim: int, text: str) -> None:
    train = ("train", text, *TINY, "--name", "run", "--quiet")
    ranks = started(*train, "--steps", "1000000")
    follower = Follower(places.runs_folder() / "run" / "events.jsonl")
    while all(rank.runs for rank in ranks) and not any(isinstance(event, Progress) for event in follower.poll()):
        time.sleep(0.01)
    ranks[victim].send(signal.SIGKILL)
    outcomes = [rank.wait() for rank in ranks]
    left = outcomes[1 - victim]
    assert left.refuses(), left
    assert "Another process of this training has ended" in left.err
    assert [outcome.code for outcome in together(*train, "--steps", "40", restarts=1)] == [0, 0]


@pytest.mark.parametrize("given", [{}, {"RANK": "0"}, {"RANK": "x"}, {"RANK": "0", "MASTER_ADDR": "127.0.0.1"}])
def test_an_environment_that_is_not_torchrun_s_is_refused(given: dict[str, str], text: str) -> None:
    outcome = ran("train", text, *TINY, "--steps", "5", "--quiet", environment={"WORLD_SIZE": "2", **given})
    assert outcome.refuses(), outcome
    assert "WORLD_SIZE" in outcome.err


@property_settings(deadline=None, max_examples=50)
@given(st.integers(1, 8), st.integers(1, 16))
def test_every_row_is_dealt_to_exactly_one_process(size: int, each: int) -> None:
    rows = np.arange(size * each)
    dealt = [rows[Ranks(rank, size).share(len(rows))] for rank in range(size)]
    np.testing.assert_array_equal(np.concatenate(dealt), rows)


def test_one_process_alone_agrees_with_itself() -> None:
    alone = Ranks()
    part = torch.tensor([[1.0, 2.0]])
    alone.average([part])
    assert alone.leads
    assert alone.agree("go") == "go"
    assert torch.equal(alone.gathered(part), torch.tensor([[1.0, 2.0]]))
