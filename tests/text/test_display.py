"""Text from elsewhere is shown, never obeyed."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnplay.text.display import one_line, visible

BIDIRECTIONAL = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
INVISIBLE = "\u200b\u200d\u2060\ufeff\u00ad\U000e0041\u2028\u2029"

hostile = st.sampled_from(
    [*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA1)), *BIDIRECTIONAL, *INVISIBLE, "\ud800", "\udfff", "\x1b[2J"]
)
texts = st.lists(st.one_of(hostile, st.characters(), st.text(max_size=3)), max_size=30).map("".join)
many = settings(max_examples=200, deadline=None)


@many
@given(texts)
def test_no_control_character_comes_through_but_newline_and_tab(text: str) -> None:
    assert not [symbol for symbol in visible(text) if unicodedata.category(symbol) == "Cc" and symbol not in "\n\t"]


@many
@given(texts)
def test_no_bidirectional_mark_comes_through(text: str) -> None:
    assert not set(visible(text)) & set(BIDIRECTIONAL)


@many
@given(texts)
def test_nothing_comes_through_that_is_not_seen(text: str) -> None:
    assert not [symbol for symbol in visible(text) if unicodedata.category(symbol) in {"Cf", "Cs", "Zl", "Zp"}]


@many
@given(texts)
def test_what_is_shown_can_be_written_to_a_terminal(text: str) -> None:
    visible(text).encode("utf-8")


@many
@given(texts)
def test_what_was_made_visible_is_left_alone(text: str) -> None:
    assert visible(visible(text)) == visible(text)


@many
@given(st.text(st.sampled_from("aZ09 .,;:!?-'\"()[]{}\n\té漢🙂\u0301"), max_size=40))
def test_plain_text_is_shown_as_it_is(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize("code", [code for code in range(0x110000) if unicodedata.category(chr(code)) == "Cc"])
def test_no_control_character_of_unicode_is_shown_raw(code: int) -> None:
    assert (visible(chr(code)) == chr(code)) == (chr(code) in "\n\t")


@pytest.mark.parametrize(
    ("character", "shown"),
    [
        ("\0", "\u2400"),
        ("\x1b", "\u241b"),
        ("\r", "\u240d"),
        ("\x7f", "\u2421"),
        ("\x9b", "\\u{9b}"),
        ("\u202e", "\\u{202e}"),
        ("\ud800", "\\u{d800}"),
    ],
)
def test_a_symbol_stands_where_the_control_stood(character: str, shown: str) -> None:
    assert visible(f"a{character}b") == f"a{shown}b"


@many
@given(texts, st.integers(1, 40))
def test_one_line_is_no_longer_than_its_width(text: str, width: int) -> None:
    assert len(one_line(text, width)) <= width


@many
@given(texts)
def test_one_line_has_neither_newline_nor_tab(text: str) -> None:
    assert not set(one_line(text, 1000)) & set("\n\t")


def test_one_line_shows_newlines_and_tabs_as_arrows() -> None:
    assert one_line("a\nb\tc", 10) == "a\u21b5b\u2192c"


def test_a_line_that_fits_is_whole() -> None:
    assert one_line("four", 4) == "four"


def test_a_line_that_was_cut_ends_with_an_ellipsis() -> None:
    assert one_line("fives", 4) == "fiv\u2026"
