"""Characters and their ids."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnplay.text.vocabulary import UNKNOWN_SYMBOL, Vocabulary, code_points, smallest_dtype

LETTERS = "abcdé漢🙂\n"

few = settings(max_examples=80, deadline=None)
texts = st.text(st.sampled_from(LETTERS), max_size=30)
alphabets = st.sets(st.sampled_from(LETTERS), min_size=1).map(lambda kept: tuple(sorted(kept)))


def with_unknown(symbols: tuple[str, ...]) -> Vocabulary:
    whole = tuple(sorted((*symbols, UNKNOWN_SYMBOL)))
    return Vocabulary(whole, whole.index(UNKNOWN_SYMBOL))


def counted(text: str, min_count: int) -> Vocabulary:
    alphabet = sorted(set(text))
    return Vocabulary.of_counts(alphabet, np.array([text.count(symbol) for symbol in alphabet]), min_count)


@few
@given(texts)
def test_decoding_what_was_encoded_gives_the_text_back(text: str) -> None:
    vocabulary = Vocabulary(tuple(sorted(LETTERS)))
    assert vocabulary.decode(vocabulary.encode(text)) == text


@few
@given(texts, alphabets)
def test_unknown_characters_are_left_out_where_there_is_no_unknown_symbol(text: str, alphabet: tuple[str, ...]) -> None:
    vocabulary = Vocabulary(alphabet)
    expected = "".join(symbol for symbol in text if symbol in alphabet)
    assert vocabulary.decode(vocabulary.encode(text)) == expected


@few
@given(texts, alphabets)
def test_unknown_characters_fold_into_the_unknown_symbol(text: str, alphabet: tuple[str, ...]) -> None:
    vocabulary = with_unknown(alphabet)
    expected = "".join(symbol if symbol in alphabet else UNKNOWN_SYMBOL for symbol in text)
    assert vocabulary.decode(vocabulary.encode(text)) == expected


@few
@given(texts, alphabets, st.booleans())
def test_translating_ids_equals_encoding_the_text_they_stand_for(
    text: str, alphabet: tuple[str, ...], unknown: bool
) -> None:
    vocabulary = with_unknown(alphabet) if unknown else Vocabulary(alphabet)
    source = Vocabulary(tuple(sorted(LETTERS)))
    translated = vocabulary.translate(source.encode(text), source.symbols)
    assert translated.tolist() == vocabulary.encode(text).tolist()


@few
@given(texts.filter(bool))
def test_an_id_is_the_place_of_its_symbol(text: str) -> None:
    vocabulary = Vocabulary(tuple(sorted(LETTERS, reverse=True)))
    assert [vocabulary.symbols[number] for number in vocabulary.encode(text)] == list(text)


def test_ids_that_mean_the_same_are_not_copied() -> None:
    ids = np.array([0, 1, 2], dtype=np.uint8)
    assert Vocabulary(("a", "b", "c", "d")).translate(ids, ("a", "b", "c")) is ids


@few
@given(texts.filter(bool), st.integers(1, 4))
def test_a_character_stays_exactly_if_it_stands_often_enough(text: str, min_count: int) -> None:
    kept = {symbol for symbol in text if text.count(symbol) >= min_count}
    assert set(counted(text, min_count).symbols) - {UNKNOWN_SYMBOL} == kept


@few
@given(texts.filter(bool), st.integers(1, 4))
def test_there_is_an_unknown_symbol_exactly_if_something_was_folded(text: str, min_count: int) -> None:
    folded = any(text.count(symbol) < min_count for symbol in text)
    assert (counted(text, min_count).unknown is not None) == folded


@few
@given(texts.filter(bool), st.integers(1, 4))
def test_symbols_stand_in_code_point_order_once_each(text: str, min_count: int) -> None:
    symbols = counted(text, min_count).symbols
    assert list(symbols) == sorted(set(symbols))


def test_the_unknown_id_is_that_of_the_unknown_symbol() -> None:
    vocabulary = counted("aaab🙂🙂", 2)
    assert vocabulary.unknown is not None
    assert vocabulary.symbols[vocabulary.unknown] == UNKNOWN_SYMBOL


def test_a_minimum_that_nothing_reaches_leaves_the_unknown_symbol_alone() -> None:
    assert counted("abc", 5).symbols == (UNKNOWN_SYMBOL,)


def test_unknown_characters_are_named_once_in_order_of_use() -> None:
    assert Vocabulary(("a", "b")).unknown_in("bzaxz") == ("z", "x")


def test_an_unknown_character_has_no_id_of_its_own() -> None:
    assert with_unknown(("a", "b")).id_of("z") is None


def test_a_known_character_is_in_the_vocabulary() -> None:
    assert "b" in Vocabulary(("a", "b"))


def test_lookup_marks_what_is_missing() -> None:
    assert Vocabulary(("a", "b")).lookup(["b", "z"]).tolist() == [1, -1]


def test_lookup_gives_the_unknown_id_for_what_is_missing() -> None:
    assert Vocabulary(("a", UNKNOWN_SYMBOL), unknown=1).lookup(["z", "a"]).tolist() == [1, 0]


@pytest.mark.parametrize("size", [1, 255, 256, 257, 65535, 65536, 65537, 0x110000])
def test_the_smallest_type_holds_the_largest_id_and_a_narrower_one_would_not(size: int) -> None:
    dtype = smallest_dtype(size)
    assert np.iinfo(dtype).max >= size - 1
    assert dtype.itemsize == 1 or size - 1 > np.iinfo(f"u{dtype.itemsize // 2}").max


def test_code_points_are_those_of_the_text_even_of_lone_surrogates() -> None:
    assert code_points("aé🙂\ud800").tolist() == [0x61, 0xE9, 0x1F642, 0xD800]
