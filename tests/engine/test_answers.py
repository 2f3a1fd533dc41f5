"""What the engine answers, asked without a process."""

import dataclasses
import os
import socket
import subprocess
import sys
import time
import unicodedata
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnplay import places
from rnnplay.engine import machine
from rnnplay.engine.answers import Answers, unknown_places
from rnnplay.engine.protocol import (
    Check,
    Counted,
    Describe,
    Described,
    Expect,
    Expected,
    Judged,
    Measure,
    Measured,
    Open,
    Opened,
    Question,
    Reply,
    Working,
    Wrote,
)
from rnnplay.errors import UserError
from rnnplay.model import checkpoint as checkpoints
from rnnplay.model.checkpoint import CorpusCard
from rnnplay.model.config import CELLS, ModelConfig
from rnnplay.runs import folder
from rnnplay.runs.folder import RUN_FORMAT, Owner, RunCard
from rnnplay.sampling.filters import softmax
from rnnplay.sampling.records import Checked, SampleSettings
from rnnplay.sampling.sampler import Writer, sample
from rnnplay.sampling.stepper import Stepper
from rnnplay.text import catalogue
from rnnplay.text.measured.about import about, figures
from rnnplay.text.records import Provenance
from rnnplay.text.vocabulary import Vocabulary
from rnnplay.training.config import TrainingConfig
from rnnplay.training.events import Progress, Sizes, Started, encode_line
from tests.engine.small import CONFIGS, SYMBOLS, checkpoint, saved, text_of, write

every_cell = pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.cell)


def answer(question: Question, answers: Answers | None = None) -> list[Reply]:
    return [reply for reply in (answers or Answers()).to(question) if reply is not None]


def expectation(model: str, text: str, answers: Answers | None = None) -> Expected:
    (reply,) = answer(Expect(model, "best", text), answers)
    assert isinstance(reply, Expected)
    return reply


@pytest.fixture
def model(home: Path, tmp_path: Path) -> str:
    return saved(tmp_path / "small.safetensors", checkpoint())


# Opening


def test_a_network_says_what_it_is(model: str) -> None:
    one = checkpoint()
    numbers = sum(tensor.size for tensor in one.tensors.values())
    expected = Opened(model, "best", "small.safetensors", None, one.model, numbers, tuple(SYMBOLS), 7, 1.5, "small")
    assert answer(Open(model)) == [expected]


def test_without_a_run_there_is_the_network_that_ships(home: Path) -> None:
    (opened,) = answer(Open())
    assert isinstance(opened, Opened)
    assert (opened.spec, opened.run) == ("shipped:play", None)
    assert text_of(answer(write(opened.spec, "The ")))


def test_a_network_that_there_is_none_of_is_refused_in_a_sentence(home: Path) -> None:
    with pytest.raises(UserError, match="There is no run 'nobody'"):
        answer(Open("nobody"))


def test_a_network_that_a_training_writes_anew_is_read_anew(model: str) -> None:
    answers = Answers()
    before = text_of(answer(write(model), answers))
    saved(Path(model), checkpoint(seed=5))
    assert text_of(answer(write(model), answers)) != before
    assert text_of(answer(write(model), answers)) == text_of(answer(write(model)))


# Writing


@every_cell
@pytest.mark.parametrize("changes", [{}, {"temperature": 0.0}, {"stop": "b"}, {"top_k": 2, "seed": 3}], ids=str)
def test_what_is_written_is_what_the_sampler_writes(
    tmp_path: Path, config: ModelConfig, changes: dict[str, Any]
) -> None:
    model = saved(tmp_path / "small.safetensors", checkpoint(config))
    question = write(model, alternatives=3, **changes)
    found = [one for reply in answer(question) if isinstance(reply, Wrote) for one in reply.characters]
    assert found == list(sample(checkpoint(config), "ab", question.settings))


@every_cell
@pytest.mark.parametrize("temperature", [0.0, 0.8, 3.0])
def test_text_goes_on_as_if_it_had_never_stopped(tmp_path: Path, config: ModelConfig, temperature: float) -> None:
    model = saved(tmp_path / "small.safetensors", checkpoint(config))
    whole = text_of(answer(write(model, length=200, temperature=temperature)))
    answers = Answers()
    half = text_of(answer(write(model, length=100, temperature=temperature), answers))
    for other in (answers, Answers()):  # one that remembers the text, and one that reads it again
        rest = text_of(answer(write(model, written=half, length=100, temperature=temperature), other))
        assert half + rest == whole


def test_text_that_was_left_off_in_the_middle_goes_on_as_if_it_had_never_stopped(model: str) -> None:
    whole = text_of(answer(write(model, length=3000)))
    answers, written = Answers(), ""
    replies = answers.to(write(model, length=3000))
    while len(written) < 500:
        written += text_of([next(replies)])
    replies.close()
    assert written + text_of(answer(write(model, written=written, length=3000 - len(written)), answers)) == whole


def test_the_first_character_comes_alone_and_the_others_in_batches(model: str) -> None:
    sizes = [len(reply.characters) for reply in answer(write(model, length=1000)) if isinstance(reply, Wrote)]
    assert sizes[0] == 1
    assert sum(sizes) == 1000
    assert max(sizes) <= 64
    assert len(sizes) < 500


def test_characters_that_the_network_does_not_know_are_no_hindrance_in_what_was_written(model: str) -> None:
    assert len(text_of(answer(write(model, "?\u20ac", written="\x1b[\U0001f600B")))) == 60


def test_a_network_whose_training_has_diverged_says_so(tmp_path: Path) -> None:
    broken = checkpoint()
    broken.tensors["head.bias"][:] = np.nan
    model = saved(tmp_path / "broken.safetensors", broken)
    for question in (write(model), Expect(model, "best", "ab")):
        with pytest.raises(UserError, match="diverged"):
            answer(question)


def test_a_long_text_is_read_with_word_of_how_far_it_is_and_can_be_left_off(model: str) -> None:
    replies = Answers().to(write(model, "abc" * 100_000))
    shares = [reply.share for reply in (next(replies) for _ in range(200)) if isinstance(reply, Working)]
    assert shares == sorted(shares, key=float)  # type: ignore[arg-type]
    assert shares
    replies.close()


# Expecting


@every_cell
@pytest.mark.parametrize("text", ["", "a", "abc de\n", "ab" * 400])
def test_what_is_expected_is_what_the_network_computes(tmp_path: Path, config: ModelConfig, text: str) -> None:
    one = checkpoint(config)
    writer = Writer(one, SampleSettings())
    writer.read(one.vocabulary.encode(text or "\n"))
    own = softmax(writer.place.logits)
    found = expectation(saved(tmp_path / "small.safetensors", one), text).likeliest
    assert dict(found) == pytest.approx(dict(zip(SYMBOLS, own.tolist(), strict=True)), abs=1e-6)
    assert [share for _, share in found] == sorted((share for _, share in found), reverse=True)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(SYMBOLS, max_size=5) | st.integers(1, 4), max_size=20))
def test_a_text_that_is_edited_is_expected_like_one_that_was_there_at_once(
    tmp_path_factory: pytest.TempPathFactory, edits: list[str | int]
) -> None:
    model = saved(tmp_path_factory.mktemp("model") / "small.safetensors", checkpoint())
    answers, text = Answers(), ""
    for edit in edits:  # typed, or so many characters taken back
        text = text + edit if isinstance(edit, str) else text[:-edit]
        assert expectation(model, text, answers) == expectation(model, text)


def test_a_typed_character_costs_one_step_however_long_the_text_is(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answers, text = Answers(), "ab" * 700
    expectation(model, text, answers)
    steps, step = [], Stepper.step

    def counting(self: Stepper, character: int, state: object) -> object:
        steps.append(character)
        return step(self, character, state)  # type: ignore[arg-type]

    monkeypatch.setattr(Stepper, "step", counting)
    for typed in "cde":
        text += typed
        expectation(model, text, answers)
    assert len(steps) == 3


def test_of_a_very_long_text_the_last_thousands_count(model: str) -> None:
    tail = "abc de" * 600
    assert expectation(model, "a" * 50_000 + tail).likeliest == expectation(model, "d" * 50_000 + tail).likeliest


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("abc", ()),
        ("xaby", (0, 3)),
        ("a\U0001f600b\x1b", (1, 3)),
        ("\u00e9", ()),
        ("e\u0301", ()),  # composes to one that is known
        ("ae\u0302b", (2,)),  # composes to one that isn't; the letter alone would be known
        ("a\r\nb\r", ()),
    ],
)
def test_characters_that_the_network_does_not_know_are_marked_where_they_were_typed(
    text: str, places: tuple[int, ...]
) -> None:
    assert unknown_places(text, Vocabulary(tuple(SYMBOLS))) == places


@given(st.text(st.characters() | st.sampled_from(SYMBOLS + "\u0301\r")))
def test_a_text_without_a_mark_is_read_without_a_note(text: str) -> None:
    vocabulary = Vocabulary(tuple(SYMBOLS))
    places = unknown_places(text, vocabulary)
    assert all(0 <= place < len(text) and text[place] not in vocabulary for place in places)
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    if all(symbol in vocabulary for symbol in text):
        assert places == ()
    if all(symbol in SYMBOLS or symbol == "\r" for symbol in text):
        assert (places == ()) == all(symbol in vocabulary for symbol in composed)


def test_how_unknown_characters_are_read_is_told(model: str) -> None:
    (note,) = expectation(model, "aBx").notes
    assert "'B' (read as 'b')" in note
    assert "'x' (left out)" in note


# Checking


def learned(path: Path, corpus: str, **told: str) -> str:
    """Write a network that says that it learned from a text of the catalogue."""
    text = catalogue.load(corpus)
    one = checkpoint()
    card = CorpusCard(**({"name": corpus, "sha256": text.provenance.sha256} | told))
    return saved(path, dataclasses.replace(one, corpus=card))


def judged(model: str, text: str, prompt: str = "", answers: Answers | None = None) -> Checked:
    (reply,) = answer(Check(model, "best", prompt, text), answers)
    assert isinstance(reply, Judged)
    return reply.checked


def test_what_is_copied_from_the_text_that_a_network_learned_is_told_with_its_place(home: Path, tmp_path: Path) -> None:
    model = learned(tmp_path / "small.safetensors", "household")
    known = catalogue.load("household").text()
    text = f"#@{known[500:530]}@#"
    copies = judged(model, text).copies
    assert (copies.start, copies.longest, copies.copied) == (2, 30, known[500:530])
    assert copies.stretches == ((2, 30),)
    assert judged(model, "@@").copies.longest == 0


def test_the_share_of_real_words_in_a_short_text_is_that_of_the_text_it_would_become(home: Path) -> None:
    network = checkpoints.load(places.shipped("checkpoints") / "play.safetensors")
    drawn = SampleSettings(length=2_000, min_p=0.1, seed=5)
    text = "".join(one.character for one in sample(network, "WIDOW:\n", drawn))
    whole = judged("shipped:play", text, "WIDOW:\n").real_words
    assert whole is not None
    assert 0.5 < whole < 1
    short = Check("shipped:play", "best", "WIDOW:\n", text[:600], drawn)
    (reply,) = answer(short)
    assert isinstance(reply, Judged)
    assert reply.checked.real_words == whole
    assert judged("shipped:play", text[:600], "WIDOW:\n").real_words is None


def test_lines_of_a_generated_text_are_judged_by_its_rule_with_what_the_prompt_begins(
    home: Path, tmp_path: Path
) -> None:
    model = learned(tmp_path / "small.safetensors", "sums:size=20000")
    known = catalogue.load("sums:size=20000").text().split("\n")[0]
    grades = judged(model, f"3\n{known}\n1+1=3\n4+", "1+2=").grades
    assert grades is not None
    assert [grade == "wrong" for _, grade in grades.lines] == [False, False, True]
    assert grades.lines[0][0] == "1+2=3"
    assert grades.lines[1] == (known, "copied")


def test_a_run_s_text_counts_by_how_it_was_split(home: Path, tmp_path: Path) -> None:
    source = tmp_path / "words.txt"
    source.write_text("".join(f"w{number:03}x\n" for number in range(200)), encoding="utf-8")
    corpus = catalogue.load(str(source), shape="lines")
    network = dataclasses.replace(checkpoint(), corpus=CorpusCard(corpus.name, corpus.provenance.sha256))
    config = TrainingConfig(network.model, val_fraction=0.2, seed=3)
    card = RunCard(RUN_FORMAT, config, corpus.provenance, "lines", {}, 0.0)
    run = folder.created("words", {"run.json": msgspec.json.encode(card)})
    saved(run.checkpoint("best"), network)
    ids = corpus.split(0.2, 3).validation.tolist()
    held = "".join(corpus.alphabet[number] for number in ids).split("\n")[0]
    seen = next(line for line in source.read_text(encoding="utf-8").split("\n") if line not in held)
    assert judged("words", f"{held}\n{seen}\nnothing\n").standing == ("validation", "training", "new")


@pytest.mark.parametrize(("name", "sha256"), [("", ""), ("nowhere.txt", "0"), ("household", "0")])
def test_where_the_text_is_not_known_that_is_said(home: Path, tmp_path: Path, name: str, sha256: str) -> None:
    model = learned(tmp_path / "small.safetensors", "household", name=name, sha256=sha256)
    with pytest.raises(UserError, match="doesn't know its text"):
        judged(model, "some text")


def test_a_text_that_was_learned_from_is_read_once(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = learned(tmp_path / "small.safetensors", "household")
    answers = Answers()
    first = judged(model, "the kettle", answers=answers)
    monkeypatch.setattr(catalogue, "load", None)
    assert judged(model, "the kettle", answers=answers) == first


def test_a_check_can_be_left_off_before_the_texts_are_held_beside_each_other(home: Path, tmp_path: Path) -> None:
    replies = Answers().to(Check(learned(tmp_path / "small.safetensors", "household"), "best", "", "a text"))
    assert next(replies) is None
    replies.close()


# Describing


def test_a_text_is_described_before_it_is_counted(home: Path) -> None:
    corpus = catalogue.load("household")
    replies = answer(Describe("household"))
    kinds = [type(reply) for reply in replies]
    assert kinds[:2] == [Working, Described]
    assert kinds[2:] == [Working, Counted] * 7
    described, known = replies[1], figures(corpus)
    assert isinstance(described, Described)
    for name in ("name", "shape", "chars", "lines", "vocabulary", "train_chars", "commonest", "preview", "notes"):
        assert getattr(described, name) == getattr(known, name)
    assert (described.kind, described.location) == ("shipped", None)


def test_baselines_come_one_by_one_up_to_the_whole_ladder(home: Path) -> None:
    ladders = [reply.ladder for reply in answer(Describe("household")) if isinstance(reply, Counted)]
    whole = about(catalogue.load("household")).ladder
    assert ladders == [whole[:length] for length in range(2, 9)]


def test_what_is_being_counted_is_told_with_how_far_it_is(home: Path) -> None:
    told = [reply for reply in answer(Describe("household")) if isinstance(reply, Working)]
    shares = [one.share for one in told[1:]]
    assert told[0].what == "reading 'household'"
    assert len({one.what for one in told}) == len(told)
    assert shares[0] == 0
    assert shares == sorted(shares, key=float)  # type: ignore[arg-type]


def test_a_text_that_was_counted_lately_is_not_counted_again(home: Path) -> None:
    answers = Answers()
    first = answer(Describe("household"), answers)
    again = answer(Describe("household"), answers)
    assert [type(reply) for reply in again] == [Working, Described, Counted]
    assert again[-1] == first[-1]


def test_a_text_that_was_left_off_is_counted_when_it_is_asked_for_again(home: Path) -> None:
    answers = Answers()
    replies = answers.to(Describe("household"))
    while not isinstance(next(replies), Counted):
        pass
    replies.close()
    assert answer(Describe("household"), answers) == answer(Describe("household"))


def test_a_text_too_short_for_a_validation_part_has_the_compressor_alone(home: Path, tmp_path: Path) -> None:
    (tmp_path / "short.txt").write_text("abcde", encoding="utf-8")
    ladders = [reply.ladder for reply in answer(Describe(str(tmp_path / "short.txt"))) if isinstance(reply, Counted)]
    assert [[rung.name for rung in ladder] for ladder in ladders] == [["xz"]]


@pytest.mark.parametrize(("corpus", "words"), [("nothing.txt", "nothing.txt"), ("-", "Standard input"), ("", "empty")])
def test_a_text_that_cannot_be_had_is_refused_in_a_sentence(home: Path, corpus: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        answer(Describe(corpus))


# Measuring


def kept_run(name: str, cell: str = "lstm", speed: float = 1000.0, *, host: str = "", hidden: int = 256) -> None:
    """Leave a run's log as a training on this machine would."""
    place = places.runs_folder() / name
    place.mkdir(parents=True)
    (place / "run.json").write_text("{}", encoding="utf-8")
    (place / "owner.json").write_bytes(msgspec.json.encode(Owner(1, host or socket.gethostname(), 0.0)))
    context = 8 if cell == "ff" else None
    config = TrainingConfig(ModelConfig(cell, 1, hidden, context=context), device="cpu")  # type: ignore[arg-type]
    started = Started(0.0, 0, config, Provenance("file", "x"), Sizes(1000, 100, 10, 99, 5000), "CPU", {})
    speeds = [
        9 * speed,
        speed,
        2 * speed,
        speed,
        speed,
        speed / 2,
        speed,
    ]  # a slow moment counts no more than a fast one
    steps = (Progress(step, 0.1, 1, 1.0, 0.1, 2.0, 1e-3, 1.0, rate) for step, rate in enumerate(speeds, start=1))
    (place / "events.jsonl").write_bytes(encode_line(started) + b"".join(map(encode_line, steps)))
    os.utime(place / "run.json", (time.time(), time.time() + len(list(place.parent.iterdir()))))


def measured() -> Measured:
    *_, last = answer(Measure())
    assert isinstance(last, Measured)
    return last


def test_on_a_new_machine_the_speed_is_tried(home: Path) -> None:
    found = measured()
    assert "trial" in found.source
    assert set(found.rates) == set(CELLS)
    assert all(rate > 1e6 for rate in found.rates.values())
    assert found.devices[0] == "cpu"


def test_the_newest_run_of_a_cell_tells_its_speed(home: Path) -> None:
    kept_run("older", speed=10)
    kept_run("newer", speed=3000)
    kept_run("another", "gru", speed=300)
    found = measured()
    assert "trainings" in found.source
    alone = {"lstm": 3000 * 5000, "gru": 300 * 5000}  # if products took all of the time
    assert {cell: round(found.rates[cell] / rate, 2) for cell, rate in alone.items()} == {"lstm": 1.01, "gru": 1.0}
    assert found.rates["ff"] > 0


def test_a_cell_that_was_never_trained_is_told_from_the_others(home: Path) -> None:
    kept_run("one", speed=1000)
    slow = measured().rates["gru"]
    kept_run("two", speed=2000)
    assert measured().rates["gru"] == pytest.approx(2 * slow, rel=0.02)


def test_runs_of_other_machines_and_tiny_ones_tell_nothing(home: Path) -> None:
    kept_run("elsewhere", host="elsewhere.example")
    kept_run("tiny", hidden=16)
    assert "trial" in measured().source


def test_damaged_runs_tell_nothing_and_are_no_hindrance(home: Path) -> None:
    kept_run("good", speed=1000)
    for name, content in (("torn", b'{"type": "sta'), ("empty", b""), ("odd", b"\x00\n[]\n" * 5)):
        kept_run(name)
        (places.runs_folder() / name / "events.jsonl").write_bytes(content)
    assert measured().rates["lstm"] == pytest.approx(1000 * 5000, rel=0.02)


def test_torch_is_asked_for_its_devices_in_a_process_of_its_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "may_have_gpu", lambda: True)
    monkeypatch.setattr(machine, "_ASK_TORCH", """print('["cuda", "mps"]')""")
    found = measured()
    assert found.devices == ("cpu", "cuda", "mps")
    assert found.rates == {}
    monkeypatch.setattr(machine, "_ASK_TORCH", "raise SystemExit(1)")
    assert measured().devices == ("cpu",)


# No torch


def test_no_answer_imports_torch(model: str) -> None:
    code = f"""
import sys
from rnnplay.engine.answers import Answers
from rnnplay.engine.protocol import *
from rnnplay.sampling.records import Checked, SampleSettings
import rnnplay.engine.server, rnnplay.engine.process, rnnplay.engine.client, rnnplay.engine.trainers
model = {model!r}
for question in (Open(model), Write(model, "best", "a", SampleSettings()), Expect(model, "best", "a"),
                 Check("shipped:play", "best", "", "some text"), Describe("household"), Measure(), Ping(), Cancel(1)):
    list(Answers().to(question))
print("torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
