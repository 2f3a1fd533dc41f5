import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from rnnplay import scoring
from rnnplay.errors import UserError
from rnnplay.model.checkpoint import Checkpoint, CorpusCard, Tensors, Training
from rnnplay.model.config import ModelConfig
from rnnplay.model.network import CharacterModel
from rnnplay.runs.folder import RunCard
from rnnplay.sampling.stepper import Stepper
from rnnplay.scoring import Evaluation
from rnnplay.text import sources
from rnnplay.text.corpus import Corpus
from rnnplay.text.vocabulary import Ids, Vocabulary
from rnnplay.training import evaluation
from rnnplay.training.config import TrainingConfig

CONFIGS = [
    ModelConfig("lstm", 2, 8, 4),
    ModelConfig("gru", 1, 8, 4),
    ModelConfig("rnn", 1, 8, 4),
    ModelConfig("ff", 1, 8, 4, context=1),
    ModelConfig("ff", 2, 8, 4, context=6),
]
every_cell = pytest.mark.parametrize("config", CONFIGS, ids=lambda c: f"{c.cell}{c.context or ''}")
# The patched constants stay the same for all examples of a hypothesis test.
patched = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Several threads on matrices this small wait for each other, on a busy machine for seconds."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def random_tensors(config: ModelConfig, size: int = 5) -> Tensors:
    """Draw weights so small that a network has forgotten what it read a few characters ago."""
    random = np.random.default_rng(2)
    return {name: random.normal(0, 0.25, s).astype(np.float32) for name, s in config.tensor_shapes(size).items()}


def random_ids(length: int, size: int = 5) -> Ids:
    return np.random.default_rng(8).integers(0, size, length).astype(np.uint8)


def slow_loss(config: ModelConfig, tensors: Tensors, ids: Ids) -> float:
    """Return the mean surprise of all characters but the first, read one by one."""
    stepper = Stepper(config, tensors)
    state, total = stepper.start(), 0.0
    for character, following in zip(ids[:-1].tolist(), ids[1:].tolist(), strict=True):
        logits, state = stepper.step(character, state)
        scores = logits.astype(np.float64)
        total += float(np.log(np.exp(scores - scores.max()).sum()) + scores.max() - scores[following])
    return total / (len(ids) - 1)


def cut_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a short text be cut into as many rows as a long one, and be read in as many parts."""
    monkeypatch.setattr(evaluation, "MIN_ROW", 60)
    monkeypatch.setattr(evaluation, "LEAD_IN", 40)
    monkeypatch.setattr(evaluation, "LOGITS_AT_ONCE", 1200)


@every_cell
@pytest.mark.parametrize("length", [2, 3, 700])
def test_a_text_of_one_row_is_scored_as_if_read_one_by_one(config: ModelConfig, length: int) -> None:
    tensors, ids = random_tensors(config), random_ids(length)
    score = evaluation.carried_score(CharacterModel.of(config, tensors), ids)
    assert score.loss == pytest.approx(slow_loss(config, tensors, ids), abs=1e-5)
    assert score.chars == length - 1


@every_cell
def test_a_text_of_several_rows_is_scored_as_if_read_one_by_one(config: ModelConfig) -> None:
    tensors, ids = random_tensors(config), random_ids(3 * evaluation.MIN_ROW + 11)
    score = evaluation.carried_score(CharacterModel.of(config, tensors), ids)
    assert score.loss == pytest.approx(slow_loss(config, tensors, ids), abs=1e-5)
    assert score.chars == len(ids) - 1


@every_cell
@pytest.mark.parametrize("length", [121, 1000, 1919, 1921, 2000])
def test_a_text_of_many_rows_and_parts_is_scored_as_if_read_one_by_one(
    config: ModelConfig, length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_small(monkeypatch)
    tensors, ids = random_tensors(config), random_ids(length)
    score = evaluation.carried_score(CharacterModel.of(config, tensors), ids)
    assert score.loss == pytest.approx(slow_loss(config, tensors, ids), abs=2e-6)


def unigram_network(size: int) -> CharacterModel:
    """Return a network whose scores are the same after every text, and different for each character."""
    config = ModelConfig("rnn", 1, 1, 1)
    tensors = {name: np.zeros(shape, np.float32) for name, shape in config.tensor_shapes(size).items()}
    tensors["head.bias"][:] = np.linspace(-2, 3, size)
    return CharacterModel.of(config, tensors)


def unigram_loss(ids: Ids, size: int) -> float:
    logits = np.linspace(-2, 3, size)
    surprise = np.log(np.exp(logits).sum()) - logits
    return float(surprise[ids].mean())


@patched
@given(length=st.integers(2, 4000))
def test_every_character_but_the_first_is_scored_exactly_once(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_small(monkeypatch)
    ids = random_ids(length)
    score = evaluation.carried_score(unigram_network(5), ids)
    assert score.chars == length - 1
    assert score.loss * score.chars == pytest.approx(unigram_loss(ids[1:], 5) * (length - 1), abs=0.05)


@pytest.mark.parametrize("length", [2047, 2048, 2049, 4096, 4097, 65536, 65537, 90001])
def test_every_character_of_a_long_text_is_scored_exactly_once(length: int) -> None:
    ids = random_ids(length)
    score = evaluation.carried_score(unigram_network(5), ids)
    assert score.chars == length - 1
    assert score.loss == pytest.approx(unigram_loss(ids[1:], 5), abs=1e-5)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32])
def test_ids_of_any_width_are_scored_alike(dtype: type[np.unsignedinteger[Any]]) -> None:
    ids = random_ids(300)
    model = CharacterModel.of(CONFIGS[0], random_tensors(CONFIGS[0]))
    assert evaluation.carried_score(model, ids.astype(dtype)) == evaluation.carried_score(model, ids)


def slow_window_loss(config: ModelConfig, tensors: Tensors, ids: Ids, length: int) -> float:
    whole = range(0, len(ids) - length + 1, length)
    losses = [slow_loss(config, tensors, ids[begin : begin + length]) for begin in whole]
    return sum(losses) / len(losses)


@every_cell
@pytest.mark.parametrize(("chars", "length"), [(400, 2), (400, 7), (403, 100), (400, 400), (399, 200)])
def test_windows_are_scored_each_from_nothing(config: ModelConfig, chars: int, length: int) -> None:
    tensors, ids = random_tensors(config), random_ids(chars)
    score = evaluation.window_score(CharacterModel.of(config, tensors), ids, length)
    assert score.loss == pytest.approx(slow_window_loss(config, tensors, ids, length), abs=1e-5)
    assert score.chars == chars // length * (length - 1)


@patched
@given(chars=st.integers(2, 600), length=st.integers(2, 300))
def test_windows_don_t_depend_on_how_many_are_read_at_once(
    chars: int, length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, ids = CharacterModel.of(CONFIGS[4], random_tensors(CONFIGS[4])), random_ids(chars)
    monkeypatch.setattr(evaluation, "LOGITS_AT_ONCE", 1 << 22)
    at_once = evaluation.window_score(model, ids, length)
    monkeypatch.setattr(evaluation, "LOGITS_AT_ONCE", 1200)
    in_parts = evaluation.window_score(model, ids, length)
    assert in_parts.chars == at_once.chars
    assert in_parts.loss == pytest.approx(at_once.loss, abs=1e-5)


def test_a_window_longer_than_the_text_is_the_whole_text() -> None:
    model, ids = CharacterModel.of(CONFIGS[0], random_tensors(CONFIGS[0])), random_ids(50)
    score = evaluation.window_score(model, ids, 10**6)
    assert score.chars == 49
    assert score.loss == pytest.approx(evaluation.carried_score(model, ids).loss, abs=1e-5)


@pytest.mark.parametrize("training", [True, False])
def test_scoring_drops_nothing_and_leaves_the_mode_as_it_was(training: bool) -> None:
    config = ModelConfig("lstm", 2, 8, 4, dropout=0.5)
    tensors, ids = random_tensors(config), random_ids(300)
    model = CharacterModel.of(config, tensors).train(training)
    assert evaluation.carried_score(model, ids).loss == pytest.approx(slow_loss(config, tensors, ids), abs=1e-5)
    assert evaluation.window_score(model, ids, 300).loss == pytest.approx(slow_loss(config, tensors, ids), abs=1e-5)
    assert all(module.training is training for module in model.modules())


def test_scoring_that_fails_leaves_the_mode_as_it_was() -> None:
    model = CharacterModel.of(CONFIGS[0], random_tensors(CONFIGS[0])).train()
    with pytest.raises(IndexError):
        evaluation.carried_score(model, random_ids(50, size=200))
    assert model.training
    assert torch.is_grad_enabled()


def logits_seen(model: CharacterModel) -> list[Tensor]:
    """Return a list to which every pass adds its logits."""
    passes: list[Tensor] = []

    def note(_module: nn.Module, _given: tuple[Tensor, ...], logits: Tensor) -> None:
        passes.append(logits)

    model.head.register_forward_hook(note)
    return passes


def test_scoring_keeps_nothing_for_a_gradient() -> None:
    model = CharacterModel.of(CONFIGS[0], random_tensors(CONFIGS[0])).train()
    passes = logits_seen(model)
    evaluation.carried_score(model, random_ids(100))
    evaluation.window_score(model, random_ids(100), 10)
    assert not any(logits.requires_grad for logits in passes)


LARGE = 5000  # characters of a vocabulary, as of a Chinese novel


def test_a_large_vocabulary_is_scored_without_holding_all_its_logits() -> None:
    model = CharacterModel(ModelConfig("rnn", 1, 2, 2), LARGE)
    passes = logits_seen(model)
    evaluation.carried_score(model, np.zeros(2 * evaluation.MIN_ROW + 1, np.uint8))
    assert max(logits.numel() for logits in passes) <= evaluation.LOGITS_AT_ONCE


def test_a_long_window_is_scored_without_holding_all_its_logits() -> None:
    model = CharacterModel(ModelConfig("rnn", 1, 2, 2), LARGE)
    passes = logits_seen(model)
    evaluation.window_score(model, np.zeros(1000, np.uint8), 1000)
    assert max(logits.numel() for logits in passes) <= evaluation.LOGITS_AT_ONCE


# What `rnnplay eval` tells: rnnplay/scoring.py.

SYMBOLS = "\n abcdefghij"


def random_checkpoint(symbols: str = SYMBOLS, unknown: int | None = None) -> Checkpoint:
    tensors = random_tensors(CONFIGS[1], len(symbols))
    return Checkpoint(CONFIGS[1], Vocabulary(tuple(symbols), unknown), tensors, Training(), CorpusCard(), {})


def loss_of(checkpoint: Checkpoint, text: str) -> float:
    ids = np.array([checkpoint.vocabulary.symbols.index(symbol) for symbol in text], np.uint8)
    return slow_loss(checkpoint.model, checkpoint.tensors, ids)


def made_up_text(length: int = 600) -> str:
    words = np.random.default_rng(5).choice(["abide", "beach", "caged", "decide", "fig", "hide"], length // 3)
    return " ".join(words)[:length]


def test_loss_bits_and_perplexity_are_of_one_figure() -> None:
    text = made_up_text()
    result = scoring.evaluate_on(random_checkpoint(), None, sources.from_text(text, "words"))
    assert result.loss == pytest.approx(loss_of(random_checkpoint(), text), abs=1e-5)
    assert result.bits_per_char == pytest.approx(result.loss / math.log(2))
    assert result.perplexity == pytest.approx(math.exp(result.loss))
    assert (result.text, result.part, result.protocol) == ("words", "whole text", "carried")
    assert (result.chars, result.unknown, result.ladder) == (len(text) - 1, {}, ())


def test_unknown_characters_are_counted_and_left_out_where_there_is_no_unknown_symbol() -> None:
    result = scoring.evaluate_on(random_checkpoint(), None, sources.from_text("abZcdZe?fg"))
    assert result.unknown == {"Z": 2, "?": 1}
    assert result.chars == len("abcdefg") - 1
    assert result.loss == pytest.approx(loss_of(random_checkpoint(), "abcdefg"), abs=1e-5)


def test_unknown_characters_are_counted_and_scored_as_the_unknown_symbol() -> None:
    checkpoint = random_checkpoint("\n abcdefg\ufffd", unknown=9)
    result = scoring.evaluate_on(checkpoint, None, sources.from_text("abZcdZe?fg"))
    assert result.unknown == {"Z": 2, "?": 1}
    assert result.chars == len("abZcdZe?fg") - 1
    assert result.loss == pytest.approx(loss_of(checkpoint, "ab\ufffdcd\ufffde\ufffdfg"), abs=1e-5)


def test_a_text_is_scored_by_the_network_s_own_numbering() -> None:
    checkpoint = random_checkpoint("jihgfedcba \n")
    text = made_up_text()
    result = scoring.evaluate_on(checkpoint, None, sources.from_text(text))
    assert result.loss == pytest.approx(loss_of(checkpoint, text), abs=1e-5)


def test_windows_are_named_with_their_length() -> None:
    text = made_up_text()
    result = scoring.evaluate_on(random_checkpoint(), None, sources.from_text(text), window=50)
    ids = np.array([SYMBOLS.index(symbol) for symbol in text], np.uint8)
    checkpoint = random_checkpoint()
    assert result.protocol == "window 50"
    assert result.loss == pytest.approx(slow_window_loss(checkpoint.model, checkpoint.tensors, ids, 50), abs=1e-5)


@pytest.mark.parametrize("window", [1, 0, -5])
def test_a_window_without_a_character_to_score_is_refused(window: int) -> None:
    with pytest.raises(UserError, match="--window must be at least 2"):
        scoring.evaluate_on(random_checkpoint(), None, sources.from_text("abc"), window=window)


@pytest.mark.parametrize("text", ["a", "aZ", "ZZZZ", "\u4e16\u754c"])
def test_a_text_that_the_network_hardly_knows_is_told_by_name(text: str) -> None:
    with pytest.raises(UserError, match="'greeting' has fewer than two characters that the network knows"):
        scoring.evaluate_on(random_checkpoint(), None, sources.from_text(text, "greeting"))


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40), st.none() | st.integers(2, 50))
def test_any_text_is_scored_or_told_in_a_sentence(text: str, window: int | None) -> None:
    checkpoint = random_checkpoint("abcdefg\ufffd", unknown=7)
    try:
        corpus = sources.from_text(text)
        result = scoring.evaluate_on(checkpoint, None, corpus, window)
    except UserError as error:
        assert str(error).endswith(".")  # noqa: PT017 - whatever else is raised fails the test
    else:
        assert math.isfinite(result.loss)
        assert sum(result.unknown.values()) == sum(symbol not in "abcdefg\ufffd" for symbol in corpus.text())


def run_of(corpus: Corpus, **changes: Any) -> RunCard:
    return RunCard(1, TrainingConfig(**changes), corpus.provenance, corpus.shape, {}, 0.0)


def corpus_in_a_file(folder: Path, text: str) -> Corpus:
    (folder / "words.txt").write_text(text, encoding="utf-8")
    return sources.from_place(str(folder / "words.txt"))


def test_a_run_is_scored_on_what_it_was_held_back(home: Path, tmp_path: Path) -> None:
    del home
    text = made_up_text()
    corpus = corpus_in_a_file(tmp_path, text)
    result = scoring.evaluate_own(random_checkpoint(), run_of(corpus, val_fraction=0.2))
    held_back = text[int(len(text) * 0.8) :]
    assert (result.part, result.chars) == ("validation", len(held_back) - 1)
    assert result.loss == pytest.approx(loss_of(random_checkpoint(), held_back), abs=1e-5)
    assert [rung.name for rung in result.ladder][:3] == ["uniform", "unigram", "bigram"]
    assert result.ladder[0].bits_per_char == pytest.approx(math.log2(len(SYMBOLS)))


def test_an_unknown_character_that_wasn_t_held_back_isn_t_reported(home: Path, tmp_path: Path) -> None:
    del home
    corpus = corpus_in_a_file(tmp_path, "Z" + made_up_text() + "Q")
    assert scoring.evaluate_own(random_checkpoint(), run_of(corpus)).unknown == {"Q": 1}


def bigram_bits(result: Evaluation) -> float:
    return next(rung.bits_per_char for rung in result.ladder if rung.name == "bigram")


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_another_text_stands_beside_tables_counted_on_the_run_s_own(home: Path, tmp_path: Path) -> None:
    del home
    card = run_of(corpus_in_a_file(tmp_path, made_up_text(3000)))
    alike, unlike = (sources.from_text(text) for text in (made_up_text(), made_up_text()[::-1]))
    assert bigram_bits(scoring.evaluate_on(random_checkpoint(), card, alike)) < 2
    assert bigram_bits(scoring.evaluate_on(random_checkpoint(), card, unlike)) > 3


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_tables_counted_on_a_monotonous_text_have_finite_figures(home: Path, tmp_path: Path) -> None:
    del home
    card = run_of(corpus_in_a_file(tmp_path, "ab" * 3000 + "aabb" * 150))
    result = scoring.evaluate_own(random_checkpoint(), card)
    assert all(math.isfinite(rung.bits_per_char) for rung in result.ladder)


def test_a_text_that_has_changed_since_the_run_is_not_scored(home: Path, tmp_path: Path) -> None:
    del home
    card = run_of(corpus_in_a_file(tmp_path, made_up_text()))
    (tmp_path / "words.txt").write_text(made_up_text()[::-1], encoding="utf-8")
    with pytest.raises(UserError, match="has changed since the run began"):
        scoring.evaluate_own(random_checkpoint(), card)


def test_a_run_that_held_nothing_back_asks_for_another_text(home: Path, tmp_path: Path) -> None:
    del home
    card = run_of(corpus_in_a_file(tmp_path, made_up_text()), val_fraction=0.0)
    with pytest.raises(UserError, match="Nothing of the text was held out"):
        scoring.evaluate_own(random_checkpoint(), card)


def test_another_text_is_scored_although_the_run_s_own_is_gone(home: Path, tmp_path: Path) -> None:
    del home
    card = run_of(corpus_in_a_file(tmp_path, made_up_text()))
    (tmp_path / "words.txt").unlink()
    result = scoring.evaluate_on(random_checkpoint(), card, sources.from_text("abcabc"))
    assert (result.chars, result.ladder) == (5, ())


def test_another_text_is_scored_although_the_run_s_own_is_kept_no_more(home: Path) -> None:
    card = run_of(sources.from_text(made_up_text()))
    shutil.rmtree(home / "cache")
    result = scoring.evaluate_on(random_checkpoint(), card, sources.from_text("abcabc"))
    assert (result.chars, result.ladder) == (5, ())


def test_an_estimate_is_the_mean_over_the_beginnings_of_equal_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "MIN_ROW", 50)
    model = CharacterModel(ModelConfig("ff", hidden_size=8, embedding_size=4, context=1), 7)
    model.initialise(1)
    model.eval()
    ids = np.random.default_rng(0).integers(0, 7, 1001).astype(np.uint8)
    with torch.no_grad():
        text = torch.from_numpy(ids.astype(np.int64))[:, None]
        logits, _ = model(text[:-1], model.initial_state(1))
        each = torch.nn.functional.cross_entropy(logits[:, 0].double(), text[1:, 0], reduction="none").numpy()
    score = evaluation.carried_score(model, ids, 200)
    assert score.chars == 200
    assert score.loss == pytest.approx(
        np.concatenate([each[begin : begin + 50] for begin in (0, 250, 500, 750)]).mean()
    )
