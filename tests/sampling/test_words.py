"""The share of real words."""

import re
from pathlib import Path

import pytest

from rnnplay.sampling.words import JUDGED_CHARS, MAX_WORDS, MIN_CHARS, RealWords, WordCounts, has_words, words

CORPORA = Path(__file__).parents[2] / "corpora"
ENGLISH = "The quick brown fox doesn't jump over the lazy dogs, and so on.\n" * 40


def test_words_are_runs_of_letters_and_marks_with_inner_apostrophes() -> None:
    text = "'Tis Don\u2019t stop, o'er-much E\u0301TE\u0301 x2y \u00bd _a_ dogs' 12"
    assert words(text) == [
        "tis", "don\u2019t", "stop", "o'er", "much", "e\u0301te\u0301", "x", "y", "a", "dogs"
    ]  # fmt: skip


def test_case_is_folded_as_unicode_says() -> None:
    assert words("STRASSE Stra\u00dfe \u039f\u0394\u039f\u03a3 \u03bf\u03b4\u03cc\u03c2") == [
        "strasse", "strasse", "\u03bf\u03b4\u03bf\u03c3", "\u03bf\u03b4\u03cc\u03c3"
    ]  # fmt: skip


def test_the_first_and_the_last_word_of_a_sample_do_not_count() -> None:
    assert RealWords(lambda: [ENGLISH]).count("uick THE foox jumps over the laz") == WordCounts(3, 5)


def test_the_share_agrees_with_a_plain_count_on_a_shipped_text() -> None:
    text = (CORPORA / "prose.txt").read_text(encoding="utf-8")
    cut = len(text) // 2
    known = set(re.findall(r"[a-z]+(?:['\u2019][a-z]+)*", text[:cut].lower()))
    sample = text[cut : cut + 20_000]
    inside = re.findall(r"[a-z]+(?:['\u2019][a-z]+)*", sample.lower())[1:-1]
    expected = sum(word in known for word in inside) / len(inside)
    assert 0.5 < expected < 1
    assert RealWords(lambda: [text[:cut]]).share(sample) == expected


@pytest.mark.parametrize("size", [JUDGED_CHARS, JUDGED_CHARS + 7, 1 << 20])
def test_words_are_whole_wherever_the_text_is_cut(size: int) -> None:
    text = (CORPORA / "play.txt").read_text(encoding="utf-8")
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    known = RealWords(lambda: pieces).known
    assert known is not None
    assert known == set(words(text))


def test_a_short_sample_has_no_share() -> None:
    real = RealWords(lambda: [ENGLISH])
    sample = "the brown fox " * 200
    assert real.share(sample[: MIN_CHARS - 1]) is None
    assert real.share(sample[:MIN_CHARS]) == 1.0
    assert real.share("7 " * MIN_CHARS) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3.14159 26535 89793 " * 100,
        "1. e4 e5 2. Nf3 Nc6 3. Bb5 a6 4. Ba4 Nf6 " * 50,
        "GATTACAGATTACAGATTACAGATTACAGATTACA" * 100,
        "\u5409\u8f2a\u306f\u732b\u3067\u3042\u308b\u3002\u540d\u524d\u306f\u307e\u3060\u7121\u3044\u3002 " * 100,
        "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e0a\u0e32\u0e27\u0e42\u0e25\u0e01 " * 100,
        "\U00020000\U00020001\U00020002 " * 100,
    ],
)
def test_some_texts_have_no_words(text: str) -> None:
    assert not has_words(text)
    assert RealWords(lambda: [text]).share("the brown fox " * 200) is None


@pytest.mark.parametrize(
    "text",
    [
        "\uc548\ub155\ud558\uc138\uc694 \uc138\uacc4 \uc5ec\ub7ec\ubd84 " * 100,  # Korean has spaces
        "\u043c\u0438\u0440 \u0438 \u0442\u0440\u0443\u0434, \u043c\u0430\u0439! " * 100,
        "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e " * 100,
        "def main(text: str) -> None:\n    print(text)\n" * 100,
    ],
)
def test_other_scripts_and_code_have_words(text: str) -> None:
    assert has_words(text)


def test_a_list_of_single_words_has_none_and_one_of_titles_has() -> None:
    names, titles = "Emma\nOlivia\nAva\n" * 100, "The Old Sea\nWar and Peace\n" * 100
    assert not has_words(names, lines=True)
    assert has_words(titles, lines=True)
    assert has_words(names)  # as running text


def test_only_so_many_words_are_collected() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    many = [f"{a}{b}{c}{d}{e}" for a in letters for b in letters for c in letters for d in letters for e in "xy"]
    known = RealWords(lambda: (" ".join(f"{first}{word}" for word in many) + "\n" for first in letters)).known
    assert known is not None
    assert MAX_WORDS <= len(known) < MAX_WORDS + len(many)
