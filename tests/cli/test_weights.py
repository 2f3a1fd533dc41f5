"""A network that can't be computed with, or that isn't the run's, is one sentence in every command."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnplay import session
from rnnplay.engine.answers import Answers
from rnnplay.engine.protocol import Expect, Open, Opened, Write
from rnnplay.errors import UserError
from rnnplay.model import checkpoint as checkpoints
from rnnplay.runs.folder import Run
from rnnplay.sampling.records import SampleSettings
from rnnplay.text import catalogue
from tests.cli.process import ran
from tests.training.tiny import finished, made_text
from tests.training.tiny import settings as tiny


@pytest.fixture
def text(tmp_path: Path) -> str:
    path = tmp_path / "text.txt"
    path.write_text(made_text(), encoding="utf-8")
    return str(path)


def trained(text: str, name: str, **changes: Any) -> Run:
    return finished(session.begin(catalogue.load(text), tiny(12, **changes), name))


def spoil(run: Run, value: float) -> None:
    """Make a weight of both checkpoints something else."""
    for name in ("best", "last"):
        path = run.checkpoint(name)
        one = checkpoints.load(path, with_state=name == "last")
        weights = np.array(one.tensors["layers.0.weight_hh_l0"])
        weights[3, 2] = value
        checkpoints.save(path, replace(one, tensors={**one.tensors, "layers.0.weight_hh_l0": weights}))


def commands(text: str, folder: Path) -> dict[str, tuple[str, ...]]:
    """Return every command that loads the network of the run "spoilt"."""
    return {
        "sample": ("sample", "spoilt", "--length", "5"),
        "sample last": ("sample", "spoilt", "--checkpoint", "last"),
        "sample many": ("sample", "spoilt", "--count", "120", "--length", "5"),
        "eval": ("eval", "spoilt"),
        "eval on": ("eval", "spoilt", text, "--window", "8"),
        "compare": ("runs", "compare", "spoilt", "sound"),
        "export": ("runs", "export", "spoilt", str(folder / "parcel")),
        "from": ("train", text, "--from", "spoilt", "--steps", "5", "--quiet"),
        "resume": ("train", "--resume", "spoilt", "--steps", "24", "--quiet"),
    }


def assert_all_refuse(text: str, folder: Path, says: str) -> None:
    for label, arguments in commands(text, folder).items():
        outcome = ran(*arguments)
        assert outcome.refuses(), (label, outcome)
        assert says in outcome.err, (label, outcome)
    assert not (folder / "parcel").exists()


@pytest.mark.parametrize("value", [float("nan"), 3e38], ids=["NaN", "huge"])
def test_a_network_that_can_t_be_computed_with_is_one_sentence(
    value: float, home: Path, text: str, tmp_path: Path
) -> None:
    trained(text, "sound")
    spoil(trained(text, "spoilt"), value)
    assert_all_refuse(text, tmp_path, "'layers.0.weight_hh_l0' holds")
    assert ran("runs", "list").code == 0
    assert ran("runs", "show", "spoilt").code == 0


def test_a_checkpoint_of_another_run_is_one_sentence(home: Path, text: str, tmp_path: Path) -> None:
    spoilt, other = trained(text, "spoilt"), trained(text, "sound", hidden_size=12)
    for name in ("best", "last"):
        spoilt.checkpoint(name).write_bytes(other.checkpoint(name).read_bytes())
    assert_all_refuse(text, tmp_path, "belongs to another run")


def test_a_checkpoint_that_learned_from_another_text_is_one_sentence(home: Path, text: str, tmp_path: Path) -> None:
    spoilt = trained(text, "spoilt")
    Path(text).write_text(made_text(seed=4), encoding="utf-8")
    other = trained(text, "sound")
    for name in ("best", "last"):
        spoilt.checkpoint(name).write_bytes(other.checkpoint(name).read_bytes())
    assert_all_refuse(text, tmp_path, "belongs to another run")


def test_an_imported_network_that_can_t_be_computed_with_is_refused(home: Path, text: str, tmp_path: Path) -> None:
    run = trained(text, "sound")
    assert ran("runs", "export", "sound", str(tmp_path / "parcel")).code == 0
    spoil(run, float("nan"))
    (tmp_path / "parcel" / "best.safetensors").write_bytes(run.checkpoint("best").read_bytes())
    outcome = ran("runs", "import", str(tmp_path / "parcel"), "--name", "taken")
    assert outcome.refuses(), outcome
    assert "parcel/best.safetensors" in outcome.err


@pytest.mark.parametrize(
    "question",
    [
        lambda: Open("spoilt", "best"),
        lambda: Write("spoilt", "best", "", SampleSettings(length=3)),
        lambda: Expect("spoilt", "best", "the "),
    ],
    ids=["open", "write", "expect"],
)
def test_the_engine_answers_with_a_sentence(home: Path, text: str, question: Callable[[], Open]) -> None:
    spoil(trained(text, "spoilt"), float("nan"))
    with pytest.raises(UserError, match=r"its tensor 'layers.0.weight_hh_l0' holds NaN"):
        list(Answers().to(question()))


def test_a_run_whose_card_is_damaged_still_opens(home: Path, text: str) -> None:
    (trained(text, "worn").folder / "run.json").write_bytes(b"{")
    (opened,) = Answers().to(Open("worn", "best"))
    assert isinstance(opened, Opened)
    assert opened.step == 12
