"""A text as ids, and how it is split."""

import itertools
import math
import tracemalloc
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnplay.errors import UserError
from rnnplay.text import lines
from rnnplay.text.corpus import Corpus, likely_shape
from rnnplay.text.measured.about import about
from rnnplay.text.sources import from_text
from rnnplay.text.vocabulary import Ids

few = settings(max_examples=80, deadline=None)
streams = st.text(st.sampled_from("abc é\n"), min_size=4, max_size=80)
lists = st.lists(st.text(st.sampled_from("ab é"), max_size=4), min_size=4, max_size=40).filter(
    lambda lines: len(set(lines)) >= 4
)
fractions = st.sampled_from([0.0, 0.05, 0.1, 0.25, 0.5])


def line_corpus(lines: list[str]) -> Corpus:
    return from_text("".join(f"{line}\n" for line in lines), shape="lines")


def text_of(ids: Ids, corpus: Corpus) -> str:
    return "".join(corpus.alphabet[number] for number in ids.tolist())


def split_lines(corpus: Corpus, fraction: float, seed: int = 0) -> tuple[list[str], list[str]]:
    parts = corpus.split(fraction, seed)
    train, validation = text_of(parts.train, corpus), text_of(parts.validation, corpus)
    return train.split("\n")[:-1], validation.split("\n")[:-1]


def documented_split(lines: list[str], fraction: float, seed: int) -> tuple[list[str], list[str]]:
    """Split lines by the rule in the docstring of `Corpus.split`."""
    order = np.random.Generator(np.random.PCG64(seed)).permutation(len(lines))
    shuffled = [lines[place] for place in order]
    distinct: list[str] = []
    for line in shuffled:
        if line not in distinct:
            distinct.append(line)
    learnt = set(distinct[: int(len(distinct) * (1 - fraction))])
    held_out = [line for line in shuffled if line not in learnt]
    if sum(len(line) + 1 for line in held_out) < 2:
        held_out = []
    return [line for line in shuffled if line in learnt], held_out


# What a corpus says of itself


@few
@given(streams, st.integers(0, 90), st.integers(0, 90))
def test_a_part_of_the_text_is_that_part(text: str, start: int, stop: int) -> None:
    assert from_text(text).text(start, stop) == text[start:stop]


@few
@given(streams)
def test_a_text_is_as_long_as_its_characters(text: str) -> None:
    assert len(from_text(text)) == len(text)


@few
@given(streams)
def test_lines_are_counted_with_a_last_one_that_has_no_newline(text: str) -> None:
    assert from_text(text).line_count == len(text.removesuffix("\n").split("\n"))


@few
@given(streams)
def test_counts_are_those_of_the_alphabet(text: str) -> None:
    corpus = from_text(text)
    assert dict(zip(corpus.alphabet, corpus.counts.tolist(), strict=True)) == Counter(text)


def test_a_text_taken_as_lines_keeps_its_ids() -> None:
    corpus = from_text("one\ntwo\nthree\n", shape="stream")
    assert corpus.shaped("lines").ids is corpus.ids


def test_a_text_taken_as_lines_has_that_shape() -> None:
    assert from_text("one\ntwo\nthree\n", shape="stream").shaped("lines").shape == "lines"


# A stream is cut by position


@few
@given(streams, fractions)
def test_a_stream_is_cut_by_position(text: str, fraction: float) -> None:
    corpus, cut = from_text(text, shape="stream"), int(len(text) * (1 - fraction))
    assert text_of(corpus.split(fraction).train, corpus) == text[:cut]


@few
@given(streams, fractions)
def test_what_is_held_out_of_a_stream_follows_what_is_learnt(text: str, fraction: float) -> None:
    corpus = from_text(text, shape="stream")
    parts = corpus.split(fraction)
    held_out = text[len(parts.train) :]
    assert text_of(parts.validation, corpus) == (held_out if len(held_out) >= 2 else "")


def test_the_seed_does_not_move_the_cut_of_a_stream() -> None:
    corpus = from_text("abcdefghij" * 5, shape="stream")
    assert corpus.split(0.1, seed=1).train.tolist() == corpus.split(0.1, seed=2).train.tolist()


def test_a_tenth_of_a_hundred_characters_is_ten() -> None:
    assert len(from_text("abcdefghij" * 10).split(0.1).validation) == 10


def test_lines_without_a_single_newline_are_cut_by_position() -> None:
    corpus = from_text("abcdefghij" * 10, shape="lines")
    assert text_of(corpus.split(0.1).train, corpus) == "abcdefghij" * 9


@pytest.mark.parametrize("fraction", [-0.1, 1.0, 1.5, math.nan])
def test_a_fraction_that_is_none_is_refused(fraction: float) -> None:
    with pytest.raises(UserError, match="at least 0 and below 1"):
        from_text("abcdefghij").split(fraction)


@pytest.mark.parametrize("text", ["a", "ab"])
def test_a_text_with_nothing_to_learn_from_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="'tiny' is too short"):
        from_text(text, "tiny").split(0.1)


# Lines are dealt out


@few
@given(lists, fractions, st.integers(0, 2**32))
def test_lines_are_split_by_the_documented_rule(lines: list[str], fraction: float, seed: int) -> None:
    if sum(len(line) + 1 for line in documented_split(lines, fraction, seed)[0]) < 2:
        return
    assert split_lines(line_corpus(lines), fraction, seed) == documented_split(lines, fraction, seed)


def test_many_lines_are_worked_on_in_pieces_by_the_same_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    text = [f"{number % 300:0{number % 23}}" for number in range(2000)]
    monkeypatch.setattr(lines, "PIECE", 50)
    assert split_lines(line_corpus(text), 0.1, seed=5) == documented_split(text, 0.1, seed=5)


def test_lines_longer_than_a_piece_are_told_apart_by_the_same_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    text = ["ab" * (number % 40) + "abcd"[number % 4] for number in range(300)]
    monkeypatch.setattr(lines, "PIECE", 7)
    assert split_lines(line_corpus(text), 0.3, seed=5) == documented_split(text, 0.3, seed=5)


def test_a_line_without_end_takes_no_more_memory_than_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 400_000
    corpus = line_corpus(["ab" * (count // 2), "b"])
    monkeypatch.setattr(lines, "PIECE", 1 << 12)
    tracemalloc.start()
    try:
        corpus.split(0.5)
        assert tracemalloc.get_traced_memory()[1] < 4 * count  # one place of a character alone takes 8 bytes
    finally:
        tracemalloc.stop()


def test_lines_of_the_same_characters_in_another_order_are_different_lines() -> None:
    text = ["".join(order) for order in itertools.permutations("abcdef")]
    assert split_lines(line_corpus(text), 0.3) == documented_split(text, 0.3, seed=0)


@few
@given(lists, fractions)
def test_no_line_is_on_both_sides(lines: list[str], fraction: float) -> None:
    train, validation = split_lines(line_corpus([f"{line}!" for line in lines]), fraction)
    assert not set(train) & set(validation)


@few
@given(lists, fractions)
def test_no_line_and_no_copy_is_lost(lines: list[str], fraction: float) -> None:
    lines = [f"{line}!" for line in lines]
    train, validation = split_lines(line_corpus(lines), fraction)
    assert Counter(train + validation) == Counter(lines)


def test_copies_of_a_line_go_together() -> None:
    lines = [f"line {number % 10}" for number in range(200)]
    train, validation = split_lines(line_corpus(lines), 0.5)
    assert sorted(Counter(train + validation).values()) == [20] * 10
    assert len(set(train)) == len(set(validation)) == 5


def test_the_same_seed_gives_the_same_split() -> None:
    lines = [f"line {number}" for number in range(50)]
    assert split_lines(line_corpus(lines), 0.2, seed=3) == split_lines(line_corpus(lines), 0.2, seed=3)


def test_another_seed_gives_another_split() -> None:
    corpus = line_corpus([f"line {number}" for number in range(50)])
    assert split_lines(corpus, 0.2, seed=3) != split_lines(corpus, 0.2, seed=4)


def test_a_last_line_without_a_newline_gets_one() -> None:
    corpus = from_text("one\ntwo\nthree\nfour", shape="lines")
    train, validation = split_lines(corpus, 0.25)
    assert sorted(train + validation) == ["four", "one", "three", "two"]


def test_a_tenth_of_the_lines_is_held_out() -> None:
    assert len(split_lines(line_corpus([f"line {number}" for number in range(100)]), 0.1)[1]) == 10


def test_parts_of_lines_have_ids_of_the_corpus_width() -> None:
    corpus = line_corpus([chr(0x4E00 + number) * 2 for number in range(300)])
    assert corpus.split(0.1).train.dtype == corpus.ids.dtype == np.uint16


# Which texts are lists


def names(count: int) -> list[str]:
    syllables = ["ba", "ko", "ri", "mu", "ten", "sha", "lo", "vi", "ner", "ash"]
    return [syllables[n % 10] + syllables[n // 10 % 10] + syllables[n // 100 % 10] for n in range(count)]


def test_a_list_of_names_is_lines() -> None:
    assert likely_shape("\n".join(names(300))) == "lines"


def test_a_list_of_sums_is_lines() -> None:
    assert likely_shape("".join(f"{n}+{n * 7 % 31}={n + n * 7 % 31}\n" for n in range(300))) == "lines"


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(names(50)),
        "\n".join([*names(200), "", *names(200)]),
        "".join(f"{name} went to the market, and {name} came back with a fish.\n" for name in names(200)),
        "".join(f"The {name} sings,\n" for name in names(200)),
        "".join(f"    {name} = {name}\n" for name in names(200)),
        "yes\nno\n" * 200,
        "".join(f"{name * 8}\n" for name in names(200)),
        "".join(names(200)),
        "",
    ],
    ids=["few", "a blank line", "prose", "verse", "code", "repeated", "long", "one line", "empty"],
)
def test_other_texts_are_streams(text: str) -> None:
    assert likely_shape(text) == "stream"


def test_a_list_that_was_told_by_its_looks_says_so() -> None:
    assert "taken as independent" in from_text("\n".join(names(300))).notes[0]


def test_a_list_that_was_asked_for_needs_no_note() -> None:
    assert from_text("\n".join(names(300)), shape="lines").notes == ()


def test_a_shape_that_was_asked_for_wins_over_the_looks() -> None:
    assert from_text("\n".join(names(300)), shape="stream").shape == "stream"


# Entropy


# What is told of a text before a training


def test_the_figures_of_a_text_are_those_of_its_split() -> None:
    found = about(from_text("abcdefghij" * 100))
    assert (found.chars, found.train_chars, found.validation_chars) == (1000, 900, 100)


def test_the_ladder_of_a_text_ends_with_xz_over_the_whole() -> None:
    assert about(from_text("abcdefghij" * 100)).ladder[-1].name == "xz"


def test_the_vocabulary_of_a_text_is_told_in_code_point_order() -> None:
    assert about(from_text("bca\n" * 20)).vocabulary == "\nabc"


def test_a_preview_is_how_the_text_begins() -> None:
    text = "".join(f"{number} bottles, " for number in range(500))
    assert text.startswith(about(from_text(text)).preview)


def test_a_text_of_one_distinct_character_has_figures() -> None:
    assert about(from_text("x" * 100)).vocabulary == "x"


def test_a_list_of_two_lines_has_figures() -> None:
    assert about(from_text("a\nbb\n", shape="lines")).lines == 2


def test_many_copies_of_one_line_are_something_to_learn_from() -> None:
    assert len(line_corpus(["hello"] * 1000).split(0.1).train) > 0
