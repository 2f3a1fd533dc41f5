"""The library: the same work in a notebook."""

import itertools
import math
import signal
import threading
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest

import rnnplay
from rnnplay.errors import UserError
from rnnplay.model import checkpoint as checkpoints
from rnnplay.model.checkpoint import Checkpoint
from rnnplay.model.config import ModelConfig
from rnnplay.notebook import Trained
from rnnplay.runs import folder, log, models
from rnnplay.sampling import presets
from rnnplay.sampling.records import SampleSettings
from rnnplay.sampling.stepper import Stepper
from rnnplay.training.config import TrainingConfig
from tests.cli.process import ran
from tests.training.tiny import TEXT, made_text, settings


@pytest.fixture
def text(home: Path, tmp_path: Path) -> str:
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return str(path)


@pytest.fixture
def trained(text: str) -> Trained:
    return rnnplay.train(text, settings(30), name="run", progress=False)


def loss_by_steps(checkpoint: Checkpoint, text: str) -> float:
    """Return the mean surprise of a text but for its first character, in nats, read one character at a time."""
    stepper = Stepper(checkpoint.model, checkpoint.tensors)
    state, total = stepper.start(), 0.0
    ids = checkpoint.vocabulary.encode(text).tolist()
    for character, following in itertools.pairwise(ids):
        logits, state = stepper.step(character, state)
        wide = logits.astype(np.float64)
        total += float(np.logaddexp.reduce(wide) - wide[following])
    return total / (len(ids) - 1)


def test_a_corpus_is_made_of_a_name_a_file_or_a_text(text: str) -> None:
    assert rnnplay.corpus().name == "play"
    assert rnnplay.corpus(text).text() == TEXT
    assert rnnplay.corpus(text="one\r\ntwo").text() == "one\ntwo"


def test_training_keeps_a_run_and_tells_what_it_came_to(trained: Trained) -> None:
    assert (trained.name, trained.folder) == ("run", folder.named("run").folder)
    assert (trained.finished.step, trained.finished.reason) == (30, "budget")
    assert ran("sample", "run", "--length", "3").code == 0


@pytest.mark.parametrize("budget", [{"steps": 7}, {"minutes": 0.005}], ids=["steps", "minutes"])
def test_a_budget_of_ones_own_replaces_that_of_the_settings(budget: dict[str, float], text: str) -> None:
    trained = rnnplay.train(text, settings(10**9), progress=False, **budget)  # type: ignore[arg-type]
    assert trained.finished.reason == "budget"
    ((unit, amount),) = budget.items()
    card = folder.named(trained.name).card()
    assert (card.config.budget.unit, card.config.budget.amount) == (unit, amount)


def test_a_text_may_be_given_as_a_corpus_and_a_run_gets_a_name(home: Path) -> None:
    trained = rnnplay.train(rnnplay.corpus(text=TEXT), settings(3), progress=False)
    assert folder.named(trained.name).folder == trained.folder


def test_progress_goes_to_standard_error_alone(text: str, capfd: pytest.CaptureFixture[str]) -> None:
    rnnplay.train(text, settings(3), progress=False)
    quiet = capfd.readouterr()
    rnnplay.train(text, settings(3))
    told = capfd.readouterr()
    assert (quiet.out, quiet.err, told.out) == ("", "", "")
    assert "lstm 1x16" in told.err


def test_a_sample_begins_with_its_prompt_and_is_what_the_command_writes(trained: Trained) -> None:
    readable = presets.with_preset(SampleSettings(length=30, seed=5), "readable", models.find("run").text_kind())
    default = msgspec.structs.replace(readable, length=500, seed=0)
    assert rnnplay.sample(trained, "the ") == rnnplay.sample(trained, "the ", default)
    sampled = rnnplay.sample(trained, "the ", readable)
    assert sampled.startswith("the ")
    assert len(sampled) == 34
    assert ran("sample", "run", "--prompt", "the ", "--length", "30", "--seed", "5").out == sampled + "\n"


def test_a_network_is_named_by_its_training_its_run_its_file_or_itself(trained: Trained) -> None:
    path = trained.folder / "best.safetensors"
    how = SampleSettings(length=20, seed=1)
    doors: list[Trained | Checkpoint | str | None] = [
        trained,
        "run",
        str(trained.folder),
        str(path),
        checkpoints.load(path),
        None,
    ]
    assert len({rnnplay.sample(door, "a", how) for door in doors}) == 1


def test_a_score_is_the_mean_surprise_of_the_text_held_out(trained: Trained) -> None:
    score = rnnplay.evaluate(trained)
    best = checkpoints.load(trained.folder / "best.safetensors")
    held_out = TEXT[int(len(TEXT) * 0.9) :]
    assert score.chars == len(held_out) - 1
    assert score.loss == pytest.approx(loss_by_steps(best, held_out), rel=1e-4)
    assert score.bits_per_char == pytest.approx(score.loss / math.log(2))
    assert score.perplexity == pytest.approx(math.exp(score.loss))
    assert score.loss == pytest.approx(trained.finished.loss, rel=1e-6)
    assert score.ladder[0].name == "uniform"


def test_another_text_is_scored_as_a_whole_and_its_unknown_characters_are_counted(trained: Trained) -> None:
    other = made_text(5, seed=8)
    score = rnnplay.evaluate(trained, rnnplay.corpus(text=other + "ZZZ\u2603"))
    best = checkpoints.load(trained.folder / "best.safetensors")
    assert score.unknown == {"Z": 3, "\u2603": 1}
    assert score.loss == pytest.approx(loss_by_steps(best, other), rel=1e-4)


def test_a_checkpoint_without_its_run_is_scored_on_a_text_that_is_named(trained: Trained, text: str) -> None:
    checkpoint = checkpoints.load(trained.folder / "best.safetensors")
    assert rnnplay.evaluate(checkpoint, text).loss == pytest.approx(loss_by_steps(checkpoint, TEXT), rel=1e-3)
    with pytest.raises(UserError, match="name one to score"):
        rnnplay.evaluate(checkpoint)


def test_windows_are_scored_afresh(trained: Trained) -> None:
    score = rnnplay.evaluate(trained, window=20)
    held_out = TEXT[int(len(TEXT) * 0.9) :]
    best = checkpoints.load(trained.folder / "best.safetensors")
    windows = [held_out[start : start + 20] for start in range(0, len(held_out) - 19, 20)]
    assert score.protocol == "window 20"
    assert score.loss == pytest.approx(np.mean([loss_by_steps(best, window) for window in windows]), rel=1e-4)


def test_a_run_of_a_text_that_was_given_as_it_is_can_be_scored(home: Path) -> None:
    corpus = rnnplay.corpus(text=TEXT)
    trained = rnnplay.train(corpus, settings(3), progress=False)
    assert rnnplay.evaluate(trained).loss == pytest.approx(trained.finished.loss, rel=1e-6)


def test_another_text_is_scored_when_the_runs_own_is_gone(trained: Trained, text: str) -> None:
    Path(text).unlink()
    score = rnnplay.evaluate(trained, rnnplay.corpus(text=made_text(5, seed=8)))
    assert score.loss > 0
    assert score.ladder == ()


def test_a_network_in_a_thread_trains_too(text: str) -> None:
    results: list[Trained] = []
    thread = threading.Thread(target=lambda: results.append(rnnplay.train(text, settings(5), progress=False)))
    thread.start()
    thread.join()
    assert results[0].finished.step == 5


def test_training_leaves_the_handling_of_signals_as_it_was(text: str) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    rnnplay.train(text, settings(3), progress=False)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_an_interrupted_training_returns_what_it_came_to(text: str, home: Path) -> None:
    def interrupt() -> None:
        while not log.read(home / "runs" / "run" / "events.jsonl"):
            time.sleep(0.01)
        signal.raise_signal(signal.SIGINT)

    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    trained = rnnplay.train(text, settings(10**7), name="run", progress=False)
    interrupting.join()
    assert trained.finished.reason == "stopped"
    assert (trained.folder / "last.safetensors").is_file()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"steps": 0}, "--steps must be above 0"),
        ({"steps": -3}, "--steps must be above 0"),
        ({"minutes": float("nan")}, "--minutes must be above 0"),
        ({"minutes": -1.0}, "--minutes must be above 0"),
        ({"name": "a/b"}, "no name for a run"),
        ({"config": settings(device="gpu")}, "There is no device 'gpu'"),
        ({"config": msgspec.structs.replace(settings(), model=ModelConfig(hidden_size=0))}, "--hidden must be"),
        ({"corpus": "no such text"}, "'no such text' is not a file"),
    ],
)
def test_what_is_out_of_order_is_told(arguments: dict[str, object], told: str, text: str) -> None:
    whole = {"corpus": text, "config": settings(3), "progress": False, **arguments}
    with pytest.raises(UserError, match=told):
        rnnplay.train(**whole)  # type: ignore[arg-type]
    assert folder.all_runs() == []


def test_two_budgets_are_refused(text: str) -> None:
    with pytest.raises(UserError, match="budget"):
        rnnplay.train(text, settings(3), minutes=0.001, steps=5, progress=False)


def test_the_package_names_its_doors_and_nothing_else() -> None:
    doors = "check compare corpus evaluate export_run fetch import_run sample sample_many train"
    assert set(rnnplay.__all__) == {"__version__", *doors.split()}
    assert all(callable(getattr(rnnplay, name)) for name in doors.split())
    with pytest.raises(AttributeError, match="no attribute 'nosuch'"):
        _ = rnnplay.nosuch


def test_a_network_is_trained_further_on_another_text(trained: Trained) -> None:
    other = rnnplay.corpus(text=made_text(40, seed=4) + "42\n")
    config = settings(10, learning_rate=1e-3)
    tuned = rnnplay.train(other, config, start=trained, extend_vocabulary=True, name="tuned", progress=False)
    own = checkpoints.load(trained.folder / "best.safetensors").vocabulary.symbols
    assert checkpoints.load(tuned.folder / "best.safetensors").vocabulary.symbols == (*own, "2", "4")
    parent = folder.named("tuned").card().parent
    assert parent is not None
    assert (parent.label, parent.added) == ("run", "24")


def test_fine_tuning_has_settings_of_its_own(trained: Trained) -> None:
    tuned = rnnplay.train(rnnplay.corpus(text=made_text(40, seed=4)), start="run", steps=2, progress=False)
    config = folder.named(tuned.name).card().config
    assert config.model.hidden_size == 16
    assert config.learning_rate < TrainingConfig().learning_rate


def test_a_vocabulary_is_extended_only_where_there_is_one(text: str) -> None:
    with pytest.raises(UserError, match="extend_vocabulary goes with start"):
        rnnplay.train(text, extend_vocabulary=True, progress=False)


def test_networks_are_compared_on_what_they_did_not_see(trained: Trained, text: str) -> None:
    longer = rnnplay.train(text, settings(60), name="longer", progress=False)
    compared = rnnplay.compare([trained, "longer"])
    assert [one.label for one in compared.runs] == ["run", "longer"]
    for one, run in zip(compared.runs, (trained, longer), strict=True):
        assert one.score is not None
        assert one.score.loss == pytest.approx(rnnplay.evaluate(run).loss, abs=1e-6)


def test_many_texts_are_those_of_their_seeds(trained: Trained) -> None:
    settings = SampleSettings(length=20, seed=5)
    many = rnnplay.sample_many(trained, 3, "a", settings)
    alone = [rnnplay.sample(trained, "a", msgspec.structs.replace(settings, seed=5 + number)) for number in range(3)]
    assert many == alone


def test_a_text_is_held_beside_the_one_that_was_learned_from(trained: Trained) -> None:
    checked = rnnplay.check(trained, TEXT[10:40])
    assert (checked.copies.longest, checked.copies.copied) == (30, TEXT[10:40])
    assert checked.grades is None


def test_lines_of_a_generated_text_are_graded(home: Path) -> None:
    run = rnnplay.train("count:longest=3,size=1000", settings(3), name="counted", progress=False)
    grades = rnnplay.check(run, "a|bb\naaaa|bbbb\naa|b").grades
    assert grades is not None
    assert grades.lines == (("a|bb", "wrong"), ("aaaa|bbbb", "new"))


def test_a_run_is_given_away_and_taken_in(trained: Trained, tmp_path: Path) -> None:
    given = rnnplay.export_run(trained, tmp_path / "given")
    assert rnnplay.import_run(given, "taken") == "taken"
    assert rnnplay.sample("taken", "a") == rnnplay.sample(trained, "a")


def test_what_is_there_needs_no_fetching_and_what_is_no_download_is_refused(home: Path) -> None:
    with pytest.raises(UserError, match="needs no fetching"):
        rnnplay.fetch("play")
