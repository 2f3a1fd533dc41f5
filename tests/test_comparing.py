"""Networks beside each other: the same text, the same protocol."""

import itertools
import math
from pathlib import Path

import msgspec
import numpy as np
import pytest

from rnnplay import comparing, session
from rnnplay.errors import UserError
from rnnplay.model import checkpoint as checkpoints
from rnnplay.model.checkpoint import Checkpoint, CorpusCard
from rnnplay.runs import models
from rnnplay.runs.compare import Comparison
from rnnplay.runs.folder import Parent, Run
from rnnplay.sampling.stepper import Stepper
from rnnplay.text import catalogue, sources
from tests.training.tiny import TEXT, begun, corpus, finished, made_text, settings


@pytest.fixture(autouse=True)
def _at_home(home: Path) -> None:
    """Every test has a data folder of its own."""


def trained(name: str, text: str = TEXT, shape: str = "stream", steps: int = 8, **changes: object) -> Run:
    begin = session.begin(sources.from_text(text, shape=shape), settings(steps, **changes), name)  # type: ignore[arg-type]
    return finished(begin)


def compared(*names: str, on: str | None = None, window: int | None = None) -> Comparison:
    text = None if on is None else catalogue.load(on)
    return comparing.compare([models.find(name) for name in names], text, window)


def loss_of(network: Checkpoint, text: str) -> float:
    """The carried loss, a character at a time in numpy."""
    stepper, ids = Stepper(network.model, network.tensors), network.vocabulary.encode(text).tolist()
    state, total = stepper.start(), 0.0
    for character, after in itertools.pairwise(ids):
        logits, state = stepper.step(character, state)
        scores = logits.astype(np.float64)
        total += math.log(np.exp(scores - scores.max()).sum()) + scores.max() - scores[after]
    return total / (len(ids) - 1)


def best(run: Run) -> Checkpoint:
    return checkpoints.load(models.find(run.name).path)


def test_streams_are_scored_on_the_shortest_end_that_all_held_out() -> None:
    runs = [trained("long", val_fraction=0.4), trained("short", val_fraction=0.1)]
    found = compared("long", "short")
    held = TEXT[int(len(TEXT) * 0.9) :]
    assert (found.part, found.protocol, found.notes) == ("what all of them held out", "carried", ())
    for run, one in zip(runs, found.runs, strict=True):
        assert one.score is not None
        assert one.score.chars == len(held) - 1
        assert one.score.loss == pytest.approx(loss_of(best(run), held), abs=1e-5)
        assert one.score.bits_per_char == pytest.approx(one.score.loss / math.log(2))
        assert one.score.perplexity == pytest.approx(math.exp(one.score.loss))


def test_runs_with_the_same_split_are_scored_as_they_were_at_their_end() -> None:
    run = trained("one")
    trained("other", seed=5)
    found = compared("one", "other")
    assert found.part == "the validation part"
    assert found.runs[0].score is not None
    assert found.runs[0].score.loss == pytest.approx(best(run).training.loss or 0, abs=1e-6)


def test_lines_are_scored_on_those_that_none_has_read() -> None:
    text = "".join(f"{number} is {number * number}\n" for number in range(300))
    for seed in (1, 2):
        trained(f"lines-{seed}", text, "lines", seed=seed, val_fraction=0.5)
    found = compared("lines-1", "lines-2")
    parts = [
        sources.from_text(text, shape="lines").split(0.5, seed).validation.tobytes().split(b"\0") for seed in (1, 2)
    ]
    common = set(parts[0]) & set(parts[1])
    score = found.runs[0].score
    assert score is not None
    assert score.chars == sum(len(line) + 1 for line in common if line) - 1


def test_different_texts_are_scored_on_the_first_and_that_is_said() -> None:
    trained("first")
    trained("second", made_text(seed=9))
    found = compared("first", "second")
    assert found.part == "what those that learned from it held out"
    assert "learned from different texts" in found.notes[0]
    assert "'first'" in found.notes[0]


def test_one_that_learned_from_what_is_scored_is_named() -> None:
    trained("honest")
    trained("knowing", TEXT + made_text(40, seed=9))
    *_, note = compared("honest", "knowing").notes
    assert note.startswith("About 100% of what is scored")
    assert "'knowing'" in note


def test_one_that_began_from_another_is_held_to_what_that_one_held_out() -> None:
    parent = trained("parent", val_fraction=0.1)
    child, other = trained("child", made_text(seed=9)), trained("other", val_fraction=0.5)
    begun_from = Parent("parent", 8, "tiny", "", location=str(parent.folder))
    card = msgspec.structs.replace(child.card(), parent=begun_from)
    (child.folder / "run.json").write_bytes(msgspec.json.encode(card))
    score = compared("other", "child").runs[0].score
    assert score is not None
    assert score.chars == len(TEXT) - int(len(TEXT) * 0.9) - 1
    assert ("begun from", ("nothing", "parent at step 8")) in compared("other", "child").differences
    assert other.name == "other"


def test_another_text_is_scored_as_a_whole(tmp_path: Path) -> None:
    runs = [trained("one"), trained("two", seed=3)]
    path = tmp_path / "other.txt"
    path.write_text(made_text(5, seed=11), encoding="utf-8")
    found = compared("one", "two", on=str(path))
    assert (found.text, found.part) == ("other", "the whole text")
    for run, one in zip(runs, found.runs, strict=True):
        assert one.score is not None
        assert one.score.loss == pytest.approx(loss_of(best(run), made_text(5, seed=11)), abs=1e-5)


def test_windows_are_scored_where_they_are_asked_for() -> None:
    trained("one")
    trained("two", seed=3)
    found = compared("one", "two", window=20)
    assert found.protocol == "window 20"


def test_what_a_network_does_not_know_is_counted_and_said(tmp_path: Path) -> None:
    trained("one")
    trained("two", seed=3)
    path = tmp_path / "odd.txt"
    path.write_text("a barn by the hill % 100 % of it\n", encoding="utf-8")
    found = compared("one", "two", on=str(path))
    score = found.runs[0].score
    assert score is not None
    assert score.unknown["%"] == 2
    assert any("leaves out" in note and "'one'" in note for note in found.notes)


def test_a_generated_text_has_its_optimum_and_each_run_its_excess() -> None:
    text = catalogue.load("lag:distance=4,size=12000")
    for seed in (0, 1):
        finished(session.begin(text, settings(8, seed=seed), f"lag-{seed}"))
    found = compared("lag-0", "lag-1")
    assert found.optimum is not None
    for one in found.runs:
        assert one.score is not None
        assert one.excess == pytest.approx(one.score.bits_per_char - found.optimum)
    assert compared("lag-0", "lag-1", window=20).runs[0].excess is None


def test_a_run_that_does_not_know_every_character_has_no_excess(home: Path) -> None:
    for letters in (6, 8):
        finished(session.begin(catalogue.load(f"copy:letters={letters},size=12000"), settings(8), f"of-{letters}"))
    found = compared("of-6", "of-8", on="copy:letters=8,seed=5,size=12000")
    assert found.optimum is not None
    assert found.runs[0].excess is None
    assert found.runs[1].score is not None
    assert found.runs[1].excess == pytest.approx(found.runs[1].score.bits_per_char - found.optimum)


def test_a_file_of_someone_else_s_is_compared_and_said_to_be_unclear(tmp_path: Path) -> None:
    run = trained("one")
    network = best(run)
    path = tmp_path / "theirs.safetensors"
    known = Checkpoint(
        network.model,
        network.vocabulary,
        network.tensors,
        network.training,
        CorpusCard("text", corpus().provenance.sha256),
        {},
    )
    checkpoints.save(path, known)
    found = compared("one", str(path))
    assert found.runs[1].score == found.runs[0].score
    assert found.settled == (0,)
    assert "theirs.safetensors" in found.notes[0]


def test_where_no_text_is_to_be_had_the_rest_is_told() -> None:
    for name in ("one", "two"):
        run = trained(name, seed=len(name) if name == "one" else 7)
        card = run.card()
        gone = msgspec.structs.replace(card.corpus, cache_key="gone")
        (run.folder / "run.json").write_bytes(msgspec.json.encode(msgspec.structs.replace(card, corpus=gone)))
    found = compared("one", "two")
    assert found.text is None
    assert [one.score for one in found.runs] == [None, None]
    assert found.runs[0].looks
    assert found.differences == (("seed", ("3", "7")),)
    assert "weren't compared" in found.notes[0]


def test_nothing_held_out_by_one_is_told() -> None:
    trained("none", val_fraction=0.0)
    trained("some")
    assert "Nothing of 'text' was held out" in compared("none", "some").notes[0]


def test_fewer_than_two_are_refused() -> None:
    trained("one")
    with pytest.raises(UserError, match="2 to 26"):
        compared("one", "one")


def test_files_alone_want_a_text(tmp_path: Path) -> None:
    network = best(trained("one"))
    for name in ("a", "b"):
        checkpoints.save(tmp_path / f"{name}.safetensors", network)
    found = compared(str(tmp_path / "a.safetensors"), str(tmp_path / "b.safetensors"))
    assert "--on" in found.notes[0]
    assert begun("fresh").run.name == "fresh"
