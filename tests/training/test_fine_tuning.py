"""A run that begins from a checkpoint: its vocabulary, its first loss, and what is said of both."""

import collections
import math
from pathlib import Path

import numpy as np
import pytest

from rnnplay import session
from rnnplay.errors import UserError
from rnnplay.model import checkpoint as checkpoints
from rnnplay.runs import log, models
from rnnplay.runs.folder import Run
from rnnplay.runs.origin import Origin
from rnnplay.runs.origin import found as origin
from rnnplay.session import Session
from rnnplay.text import catalogue, sources
from rnnplay.training import evaluation
from rnnplay.training.config import Budget, TrainingConfig, fine_tuning
from rnnplay.training.events import Evaluated, Finished, Noted, Started
from tests.training.tiny import (
    TEXT,
    WORDS,
    assert_same_training,
    begun,
    corpus,
    eager,
    finished,
    kept,
    made_text,
    resumed,
    settings,
    stopped,
)

# Another text, with an "é" for each "e" before an "l", and some digits.
OTHER = made_text(80, seed=7).replace("el", "él").replace("jar", "42")


@pytest.fixture(autouse=True)
def _eager_at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)


@pytest.fixture
def parent() -> Run:
    return finished(begun("parent", settings(120)))


def tuned(
    start: Origin, text: str = OTHER, name: str = "tuned", *, extend: bool = False, steps: int = 40, min_count: int = 1
) -> Session:
    config = settings(steps, learning_rate=3e-3, min_count=min_count)
    return session.begin_from(start, corpus(text), config, name, extend_vocabulary=extend)


def notes(current: Session) -> str:
    return " ".join(current.notes)


@pytest.mark.parametrize("extend", [False, True])
def test_before_the_first_step_the_loss_on_the_old_text_is_unchanged(parent: Run, extend: bool) -> None:
    start = origin("parent")
    before, after = begun("again").trainer, tuned(start, extend=extend).trainer
    before.model.load_tensors(start.checkpoint.tensors)
    old = corpus()
    expected = before.evaluate().loss
    read = after.vocabulary.translate(old.split(0.1).validation, old.alphabet)
    assert evaluation.carried_score(after.model, read).loss == pytest.approx(expected, abs=1e-6)


def test_the_first_look_is_at_the_weights_as_they_came(parent: Run) -> None:
    current = tuned(origin("parent"), text=made_text(50, seed=3))
    expected = current.trainer.evaluate().loss
    events = list(current.events())
    first = next(event for event in events if isinstance(event, Evaluated))
    assert first.step == 0
    assert first.loss == pytest.approx(expected, abs=1e-5)
    assert first.best
    assert [event.step for event in events if isinstance(event, Evaluated)].count(0) == 1


def test_ids_are_the_checkpoint_s_own_and_new_ones_stand_at_the_end(parent: Run) -> None:
    own = origin("parent").checkpoint.vocabulary.symbols
    run = finished(tuned(origin("parent"), extend=True))
    assert kept(run).vocabulary.symbols == (*own, "2", "4", "é")
    plain = finished(tuned(origin("parent"), name="plain"))
    assert kept(plain).vocabulary.symbols == own


def test_new_characters_are_named_and_counted(parent: Run) -> None:
    counts = collections.Counter(OTHER)
    named = f"3 characters: '2' ({counts['2']}), '4' ({counts['4']}), 'é' ({counts['é']})"  # the commonest first
    left = notes(tuned(origin("parent")))
    assert f"the network doesn't know {named}: " in left
    assert "are left out; --extend-vocabulary adds them" in left
    added = notes(tuned(origin("parent"), name="more", extend=True))
    assert f"The vocabulary is extended by {named}." in added
    assert "left out" not in added


def test_where_there_is_an_unknown_symbol_new_characters_become_it() -> None:
    finished(begun("parent", settings(30, min_count=2), TEXT + "q\n"))
    current = tuned(origin("parent"))
    assert "become its unknown symbol" in notes(current)
    unknown = current.trainer.vocabulary.unknown
    assert unknown is not None
    new = sum(OTHER[: int(len(OTHER) * 0.9)].count(symbol) for symbol in "é42")
    assert int((current.trainer.streams.ids == unknown).sum()) == new


def test_only_new_characters_that_are_common_enough_are_added(parent: Run) -> None:
    text = OTHER + "ß\n"
    current = tuned(origin("parent"), text, extend=True, min_count=2)
    assert "é" in current.trainer.vocabulary
    assert "ß" not in current.trainer.vocabulary
    assert "doesn't know 1 character: 'ß' (1)" in notes(current)
    with pytest.raises(UserError, match="needs --extend-vocabulary"):
        tuned(origin("parent"), text, "no", min_count=2)


def test_new_characters_are_learned(parent: Run) -> None:
    run = finished(tuned(origin("parent"), extend=True, steps=300))
    last = next(event for event in reversed(log.read(run.events)) if isinstance(event, Finished))
    counts = collections.Counter(OTHER)
    unigram = -sum(count / len(OTHER) * math.log(count / len(OTHER)) for count in counts.values())
    assert last.loss is not None
    assert last.loss < 0.6 * unigram
    tensors = checkpoints.load(run.checkpoint("best")).tensors
    bias, own = tensors["head.bias"], len(origin("parent").checkpoint.vocabulary)
    start = tuned(origin("parent"), name="again", extend=True).trainer.model.tensors()["head.bias"]
    assert (bias[own:] > start[own:]).all()


def test_a_run_keeps_what_it_began_from(parent: Run) -> None:
    before = {path.name: path.read_bytes() for path in parent.folder.iterdir()}
    run = finished(tuned(origin("parent"), extend=True))
    kept_of_it = run.card().parent
    best = checkpoints.load(parent.checkpoint("best"))
    assert kept_of_it is not None
    assert (kept_of_it.label, kept_of_it.step, kept_of_it.corpus) == ("parent", best.training.step, "text")
    assert kept_of_it.tensors_sha256 == checkpoints.tensors_sha256(best.tensors)
    assert (kept_of_it.added, kept_of_it.location) == ("24é", None)
    assert {path.name: path.read_bytes() for path in parent.folder.iterdir()} == before
    assert parent.card().parent is None


def test_a_checkpoint_from_elsewhere_is_found_again_by_its_place(
    parent: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "given.safetensors").write_bytes(parent.checkpoint("best").read_bytes())
    monkeypatch.chdir(tmp_path)
    file, moved = origin("given.safetensors").parent, origin("shipped:play").parent
    assert (file.label, file.location) == ("given.safetensors", str(tmp_path / "given.safetensors"))
    assert (moved.label, moved.location) == ("shipped:play", None)
    assert models.find(file.location).path.read_bytes() == parent.checkpoint("best").read_bytes()


def test_a_fine_tuned_run_goes_on_as_if_it_had_never_stopped(parent: Run) -> None:
    whole = finished(tuned(origin("parent"), name="whole", extend=True, steps=60))
    halves = finished(resumed(stopped(tuned(origin("parent"), name="halves", extend=True, steps=60), 31), text=OTHER))
    assert_same_training(kept(whole), kept(halves))


def test_a_fine_tuned_run_takes_a_larger_budget(parent: Run) -> None:
    run = finished(tuned(origin("parent"), extend=True, steps=30))
    again = finished(resumed(run, Budget("steps", 50.0), OTHER))
    assert [event.from_step for event in log.read(again.events) if isinstance(event, Started)] == [0, 30]
    assert [event.step for event in log.read(again.events) if isinstance(event, Evaluated)].count(0) == 1


def test_settings_for_another_network_are_refused(parent: Run) -> None:
    with pytest.raises(UserError, match=r"another network \(lstm 1x384\) than the checkpoint's \(lstm 1x16\)"):
        session.begin_from(origin("parent"), corpus(OTHER), TrainingConfig())
    other_dropout = settings(5, dropout=0.4)
    assert session.begin_from(origin("parent"), corpus(OTHER), other_dropout).card.config.model.dropout == 0.4


def test_fine_tuning_is_gentler_than_training(parent: Run) -> None:
    config = fine_tuning(origin("parent").checkpoint.model)
    assert config.model == origin("parent").checkpoint.model
    assert config.learning_rate < TrainingConfig().learning_rate
    assert f"the rate goes up to {3e-3:g}" in notes(tuned(origin("parent")))


def test_a_text_of_which_it_knows_little_is_refused(parent: Run) -> None:
    digits = "".join(f"{number}\n" for number in range(1000))
    with pytest.raises(UserError, match=r"knows 25\.\d% of the characters of 'text': --extend-vocabulary"):
        tuned(origin("parent"), digits)
    assert len(tuned(origin("parent"), digits, extend=True).trainer.vocabulary) > 10


def test_the_way_out_of_knowing_little_is_one_that_helps(parent: Run) -> None:
    digits = "".join(f"{number}\n" for number in range(1000))
    with pytest.raises(UserError, match=r"--extend-vocabulary adds the others\.$"):
        tuned(origin("parent"), digits)
    with pytest.raises(UserError, match="characters of 'text': a lower --min-count adds"):
        tuned(origin("parent"), digits, extend=True, min_count=10_000)


def test_nothing_new_is_said_where_all_is_known(parent: Run) -> None:
    current = tuned(origin("parent"), made_text(50, seed=9), extend=True)
    assert "knows every character" in notes(current)


def test_a_text_that_it_learned_from_is_held_out_alike_or_that_is_said(parent: Run) -> None:
    known = "learned from this very text"
    assert known not in notes(tuned(origin("parent"), TEXT))
    config = settings(5, val_fraction=0.2)
    assert known in notes(session.begin_from(origin("parent"), corpus(), config, "wider"))
    model = origin("shipped:play").checkpoint.model
    assert known in notes(session.begin_from(origin("shipped:play"), catalogue.load("play"), fine_tuning(model), "s"))


def test_lines_held_out_by_another_seed_are_not_new(home: Path) -> None:
    words = sources.from_text("".join(f"{one} {two}\n" for one in WORDS for two in WORDS), shape="lines")
    finished(session.begin(words, settings(5), "parent"))
    same = session.begin_from(origin("parent"), words, settings(5), "same")
    other = session.begin_from(origin("parent"), words, settings(5, seed=1), "other")
    assert "very text" not in notes(same)
    assert "very text" in notes(other)


def test_weights_that_only_get_worse_are_not_kept(parent: Run) -> None:
    ruinous = settings(40, learning_rate=5.0, clip=1e3)
    run = finished(session.begin_from(origin("parent"), corpus(), ruinous, "worse"))
    best = checkpoints.load(run.checkpoint("best")).tensors
    for name, tensor in origin("parent").checkpoint.tensors.items():
        np.testing.assert_array_equal(best[name], tensor, err_msg=name)
    last = log.read(run.events)[-1]
    assert isinstance(last, Finished)
    assert last.summary.startswith("Diverged")
    assert "the weights that it began with are kept" in last.summary


def test_what_is_to_be_known_stands_in_the_log(parent: Run) -> None:
    run = finished(tuned(origin("parent")))
    noted = [event.text for event in log.read(run.events) if isinstance(event, Noted)]
    assert any(note.startswith("It begins from 'parent' (lstm 1x16), trained on 'text' for ") for note in noted)
