"""`rnnplay train --from`: a checkpoint trained further, as a command."""

import os
from pathlib import Path

import pytest

from rnnplay.runs import folder, log
from rnnplay.training.events import Evaluated, Noted, Started, decode_line
from tests.cli.process import ran
from tests.training.tiny import begun, finished, made_text, settings
from tests.training.tiny import kept as kept_checkpoint

OTHER = made_text(40, seed=5) + "42\n"
QUICK = ("--steps", "8", "--batch", "4", "--seq-len", "8", "--precision", "fp32", "--device", "cpu")


@pytest.fixture
def text(home: Path, tmp_path: Path) -> str:
    finished(begun("parent", settings(20)))
    path = tmp_path / "other.txt"
    path.write_text(OTHER, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("by", ["name", "folder", "file"])
def test_a_checkpoint_is_named_as_for_sampling(text: str, by: str) -> None:
    run = folder.named("parent")
    spec = {"name": "parent", "folder": str(run.folder), "file": str(run.checkpoint("best"))}[by]
    outcome = ran("train", text, "--from", spec, *QUICK, "--name", "tuned", "--json")
    assert outcome.code == 0, outcome.err
    events = [decode_line(line.encode()) for line in outcome.out.splitlines()]
    assert isinstance(events[0], Started)
    assert events[0].config.model == run.card().config.model
    notes = [event.text for event in events if isinstance(event, Noted)]
    assert any("doesn't know 2 characters: '2' (1), '4' (1)" in note for note in notes)
    assert next(event.step for event in events if isinstance(event, Evaluated)) == 0
    assert ran("sample", "tuned", "--length", "3").code == 0


def test_a_file_that_is_begun_from_only_gives_weights(text: str) -> None:
    last = str(folder.named("parent").checkpoint("last"))
    assert ran("train", text, "--from", last, *QUICK, "--name", "tuned").code == 0
    assert next(event.from_step for event in log.read(folder.named("tuned").events) if isinstance(event, Started)) == 0


def test_the_vocabulary_is_extended_on_request(text: str) -> None:
    outcome = ran("train", text, "--from", "parent", "--extend-vocabulary", *QUICK, "--name", "tuned")
    assert outcome.code == 0, outcome.err
    assert "The vocabulary is extended by 2 characters" in outcome.err
    assert kept_checkpoint(folder.named("tuned")).vocabulary.symbols[-2:] == ("2", "4")


def test_the_dropout_may_be_another(text: str) -> None:
    assert ran("train", text, "--from", "parent", "--dropout", "0.3", *QUICK, "--name", "tuned").code == 0
    assert folder.named("tuned").card().config.model.dropout == 0.3


def test_it_goes_on_and_may_be_given_more(text: str) -> None:
    assert ran("train", text, "--from", "parent", "--extend-vocabulary", *QUICK, "--name", "tuned").code == 0
    outcome = ran("train", "--resume", "tuned", "--steps", "12")
    assert outcome.code == 0, outcome.err
    assert kept_checkpoint(folder.named("tuned")).training.step == 12


def test_in_the_background_it_is_the_same(text: str) -> None:
    outcome = ran("train", text, "--from", "parent", "--extend-vocabulary", *QUICK, "--name", "tuned", "--detach")
    assert (outcome.code, outcome.out) == (0, "tuned\n"), outcome.err
    assert ran("runs", "watch", "tuned").code == 0  # up to its end
    parent = folder.named("tuned").card().parent
    assert parent is not None
    assert parent.added == "24"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--from", "parent", "--hidden", "8"], "--hidden can't be chosen with --from: its network is lstm 1x16"),
        (["--from", "parent", "--preset", "small", "--cell", "gru"], "--cell, --preset can't be chosen with --from"),
        (["--from", "parent", "--min-count", "2"], "it needs --extend-vocabulary"),
        (["--from", "parnet"], "Did you mean 'parent'?"),
        (["--from", "shipped:paly"], "Did you mean 'play'?"),
        (["--from", "nosuch.safetensors"], "There is no file 'nosuch.safetensors'"),
        (["--from", ""], "There is no run ''"),
        (["--extend-vocabulary"], "--extend-vocabulary goes with --from"),
        (["--from", "parent", "--lr", "0"], "--lr must be above 0"),
    ],
)
def test_what_makes_no_fine_tuning_is_told(text: str, options: list[str], told: str) -> None:
    outcome = ran("train", text, *options)
    assert outcome.refuses(), outcome
    assert told in outcome.err


@pytest.mark.parametrize("options", [["--from", "parent"], ["--extend-vocabulary"]])
def test_a_run_that_goes_on_has_its_beginning_already(text: str, options: list[str]) -> None:
    outcome = ran("train", "--resume", "parent", "--steps", "40", *options)
    assert outcome.refuses(), outcome
    assert f"{options[0]} can't be changed when a run goes on" in outcome.err


def test_a_file_that_is_no_checkpoint_is_told(text: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.safetensors"
    for content in (b"", os.urandom(300), folder.named("parent").checkpoint("best").read_bytes()[:-9]):
        path.write_bytes(content)
        assert ran("train", text, "--from", str(path)).refuses()
