"""What is copied, beside a search that tries every run one after another."""

import random
import tracemalloc

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rnnplay.sampling import copies
from rnnplay.sampling.copies import LENGTHS, CopyIndex
from rnnplay.text import sources


def index(training: str) -> CopyIndex:
    corpus = sources.from_text(training, shape="stream")
    return CopyIndex(corpus.ids, corpus.alphabet)


def by_hand(text: str, training: str) -> list[int]:
    """Lengthen a run from each place for as long as Python finds it in the training text."""
    lengths = []
    for start in range(len(text)):
        length = 0
        while start + length < len(text) and text[start : start + length + 1] in training:
            length += 1
        lengths.append(length)
    return lengths


def longest(text: str, training: str) -> list[int]:
    return [int(length) for length in index(training).longest(text)]


letters = st.text("ab", min_size=2, max_size=80) | st.text("abcdefg\u00e9\U0001f600", min_size=2, max_size=80)
repeated = st.builds(lambda piece, times: piece * times, st.text("abc", min_size=1, max_size=9), st.integers(2, 12))
trainings = letters | repeated
small = {
    "PIECE": st.integers(1, 40),
    "SMALL": st.sampled_from([0, 1 << 16]),
    "TABLE": st.sampled_from([0, 4]),
    "KEYS": st.sampled_from([1, 50, 1 << 22]),
}


@st.composite
def texts_of(draw: st.DrawFn) -> tuple[str, str]:
    """A training text, and one that is partly put together from pieces of it."""
    training = draw(trainings)
    parts = []
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(training) - 1))
        parts.append(training[start : start + draw(st.integers(0, 60))])
        parts.append(draw(st.text("abz", max_size=3)))
    return training, "".join(parts)


@settings(max_examples=400, deadline=None)
@given(both=texts_of(), patched=st.fixed_dictionaries(small))
@example(("ab" * 20, "ba" * 20), {"PIECE": 7, "SMALL": 0, "TABLE": 0, "KEYS": 1})
@example(("a" * 50, "a" * 50), {"PIECE": 50, "SMALL": 0, "TABLE": 4, "KEYS": 50})
@example(("ab", ""), {"PIECE": 1, "SMALL": 0, "TABLE": 4, "KEYS": 1 << 22})
def test_every_run_is_as_long_as_a_plain_search_finds_it(both: tuple[str, str], patched: dict[str, int]) -> None:
    training, text = both
    with pytest.MonkeyPatch.context() as patch:
        for name, value in patched.items():
            patch.setattr(copies, name, value)
        assert longest(text, training) == by_hand(text, training)


@pytest.mark.parametrize("kinds", ["ab", "abcd", "abcdefghijklmnopqrstuvwxyz"])
@pytest.mark.parametrize("piece", [300, 1 << 20])
def test_runs_in_a_long_text_are_found_too(kinds: str, piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "PIECE", piece)
    chosen = random.Random(5)
    training = "".join(chosen.choices(kinds, k=6000))
    text = "".join(chosen.choices(kinds, k=200)) + training[1000:1350] + "".join(chosen.choices(kinds, k=100))
    assert longest(text, training) == by_hand(text, training)


@pytest.mark.parametrize("training", ["a" * 30_000, "ab" * 15_000, "abcdefghij" * 3_000], ids=["a", "ab", "abc"])
def test_a_training_text_that_repeats_itself_is_searched_all_the_same(training: str) -> None:
    text = training[3:900] + "z" + training[:100] + "aab" + training[5:300]
    assert longest(text, training) == by_hand(text, training)


def test_a_whole_copy_is_one_run() -> None:
    training = "".join(random.Random(0).choices("abc \n", k=20_000))
    report = index(training).report(training[7000:9000])
    assert (report.chars, report.longest, report.start, report.copied) == (2000, 2000, 0, training[7000:9000])
    assert report.new_shares == tuple((length, 0.0) for length in LENGTHS)


def test_a_long_text_that_is_one_copy_or_many_takes_little_memory() -> None:
    chosen = random.Random(0)
    training = "".join(chosen.choices("abcdefgh \n", k=200_000))
    whole = training[7000:47_000]
    parts = "#".join(training[start : start + 2_000] for start in range(0, 40_000, 4_000))
    known = index(training)
    tracemalloc.start()
    try:
        found = known.longest(whole).tolist(), known.longest(parts).tolist()
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found[0] == list(range(40_000, 0, -1))
    assert max(found[1]) == found[1][0] == 2_000
    assert most < 400e6


def test_the_report_names_the_first_longest_run_and_the_shares_of_new_ones() -> None:
    training = "the sea is wide and the night is long"
    text = "xx the night is long xx sea is wide and xx"
    report = index(training).report(text)
    assert report.copied == " the night is long" == text[report.start : report.start + report.longest]
    for length, share in report.new_shares:
        runs = [text[start : start + length] for start in range(len(text) - length + 1)]
        assert share == pytest.approx(sum(run not in training for run in runs) / len(runs))
    assert [length for length, _ in report.new_shares] == [length for length in LENGTHS if length <= len(text)]


def long_runs(text: str, training: str, least: int) -> list[tuple[int, int]]:
    """Try every part of a text, and keep those that stand in the training text and in no other part that does."""
    parts = [(start, end) for start in range(len(text)) for end in range(start + 1, len(text) + 1)]
    held = [(start, end) for start, end in parts if text[start:end] in training]
    return [
        (start, end - start)
        for start, end in held
        if end - start >= least and not any(a <= start and end <= b and (a, b) != (start, end) for a, b in held)
    ]


@settings(max_examples=200, deadline=None)
@given(both=texts_of(), least=st.integers(1, 8))
@example(("abcdefghijklmnop" * 2, "abcdefghijklmnopabcdefghijklmnop"), 20)
@example(("abcdefgXefghijk", "abcdefghijk"), 3)
def test_long_runs_are_told_by_their_places_and_none_is_within_another(both: tuple[str, str], least: int) -> None:
    training, text = both[0], both[1][:40]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copies, "LONG", least)
        assert list(index(training).report(text).stretches) == long_runs(text, training, least)


def test_a_run_of_twenty_characters_is_long_and_one_of_nineteen_is_not() -> None:
    training = "".join(random.Random(0).choices("abcdefgh \n", k=20_000))
    text = f"{training[500:519]}#{training[7000:7020]}#{training[900:919]}"
    assert index(training).report(text).stretches == ((20, 20),)


@pytest.mark.parametrize("text", ["", "zzz", "\U0010ffff\u0000"])
def test_what_shares_no_character_is_all_new(text: str) -> None:
    report = index("abcabc").report(text)
    assert (report.longest, report.start, report.copied, report.stretches) == (0, 0, "", ())


def test_a_text_longer_than_the_training_text_is_no_trouble() -> None:
    assert longest("abc" * 50, "cab") == by_hand("abc" * 50, "cab")


@settings(max_examples=60, deadline=None)
@given(training=trainings, texts=st.lists(st.text("abc", max_size=30), max_size=12), at_once=st.integers(1, 80))
def test_many_texts_at_once_are_told_as_each_is_alone(training: str, texts: list[str], at_once: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copies, "AT_ONCE", at_once)
        known = index(training)
        assert known.reports(texts) == [known.report(text) for text in texts]
