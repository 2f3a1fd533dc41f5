"""From bytes to clean characters, against what decoding, cleaning and normalising the whole at once gives."""

import codecs
import hashlib
import itertools
import tempfile
import tracemalloc
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rnnplay.errors import UserError
from rnnplay.text import encoding
from rnnplay.text.corpus import Corpus
from rnnplay.text.encoding import Encoded
from rnnplay.text.reading import ReadingReport, decoded
from rnnplay.text.sources import from_place, from_text

HEAD = 8  # bytes from which, in these tests, the encoding is told
PLAIN = "Plain words first. "  # longer than HEAD, so that a text without a mark is taken for UTF-8

few = settings(max_examples=60, deadline=None)
many = settings(max_examples=150, deadline=None)

# What a cut may not separate, and what has to go.
MARKS = "e\u0301\u0316\u0345\u0327" + "\u09c7\u09be" + "\u1100\u1161\u11a8\uac00" + "\u212b\u2126\u0958\U0001d15e"
NEWLINES = ["\n", "\r", "\r\n", "\n\r", "\r\r\n"]
UNWANTED = "\0\x0b\x0c\x1a\x1b\x7f\x80\x85\x9f\ufeff\ufffd\ufffe\ud800\udbff\udc00\udfff"
characters = st.one_of(
    st.sampled_from([*MARKS, *NEWLINES, *UNWANTED, "\t", " ", "\u2028", "a", "\xe9", "\u6f22", "\U0001f642"]),
    st.characters(),
)
texts = st.lists(characters, max_size=40).map("".join)
piece_sizes = st.lists(st.integers(1, 6), min_size=1, max_size=6)
marked = st.sampled_from(
    [
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-32-le", codecs.BOM_UTF32_LE),
        ("utf-32-be", codecs.BOM_UTF32_BE),
    ]
)

LATIN = {
    "German": "Der Müller zählte die Säcke und öffnete langsam die große Tür. Über den Dächern lag Nebel. ",
    "French": "La maison était vide. Personne n'avait dormi là depuis l'été précédent, et les volets, fermés à la "
    "hâte, battaient contre le mur. Élise poussa la porte et appela son frère. ",
}
MISREAD = {
    "Spanish": "El niño corrió hasta la montaña; allí encontró un árbol pequeño y una canción que nadie sabía. ",
    "French": "Il était une fois une poule qui ne voulait pas traverser la forêt. Sa mère lui répétait chaque soir que "
    "le chemin était sûr, mais la poule préférait rêver près du poêle. ",
    "quotes": "Le vieux marchand posa sa lanterne près de la fenêtre et regarda la mer. Où étaient passés "
    "les bateaux ? « Ils reviendront demain à l'aube », répondit l'élève, déjà fatiguée. ",
}


def is_dropped(character: str) -> bool:
    if character in "\n\t":
        return False
    return unicodedata.category(character) in {"Cc", "Cs"} or character in "\ufeff\ufffd"


def with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def cleaned(text: str) -> str:
    """Return what a text should come to: newlines to LF, unwanted characters left out, NFC."""
    return unicodedata.normalize("NFC", "".join(c for c in with_line_feeds(text) if not is_dropped(c)))


def pieces_of(whole: str, sizes: Sequence[int]) -> Iterator[str]:
    start = 0
    for size in itertools.cycle(sizes):
        if start >= len(whole):
            return
        yield whole[start : start + size]
        start += size


def text_of(encoded: Encoded) -> str:
    return "".join(encoded.alphabet[number] for number in encoded.ids.tolist())


def encoded_pieces(pieces: Iterable[str]) -> Encoded:
    return encoding.encode(pieces, ReadingReport())


@contextmanager
def file_of(content: bytes, *, piece: int = 1 << 20, head: int = HEAD, mapped: bool = False) -> Iterator[str]:
    """Write a file that is then read in small pieces, through memory or through the cache."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("RNNPLAY_HOME", folder)
        patch.setattr("rnnplay.text.reading.SAMPLE_BYTES", head)
        patch.setattr("rnnplay.text.sources.PIECE_BYTES", piece)
        patch.setattr("rnnplay.text.encoding.MAPPED_FROM", 0 if mapped else 1 << 60)
        path = Path(folder, "text.txt")
        path.write_bytes(content)
        yield str(path)


def read_or_nothing(place: str) -> str:
    """Return the text that a file comes to; nothing where it is refused for being empty."""
    try:
        return from_place(place, shape="stream").text()
    except UserError as error:
        if "is empty" not in str(error):
            raise
        return ""


# From pieces of text to ids


@many
@given(texts, piece_sizes)
@example("e\u0301", [1])
@example("e\0\u0301", [1])
@example("e\ud800\u0316\u0301", [1])
@example("\u1100\u1161\u11a8", [2])
@example("e\u0301", [2])
@example("\u0301\u0316", [1])
def test_a_text_in_pieces_comes_to_what_the_whole_comes_to(text: str, sizes: list[int]) -> None:
    text = with_line_feeds(text)
    assert text_of(encoded_pieces(pieces_of(text, sizes))) == cleaned(text)


@many
@given(texts, piece_sizes)
def test_what_was_left_out_is_counted_wherever_the_text_is_cut(text: str, sizes: list[int]) -> None:
    text, report = with_line_feeds(text), ReadingReport()
    encoding.encode(pieces_of(text, sizes), report)
    assert report.dropped == Counter(filter(is_dropped, text))


@few
@given(texts, piece_sizes)
def test_the_hash_is_that_of_the_clean_text(text: str, sizes: list[int]) -> None:
    text = with_line_feeds(text)
    assert encoded_pieces(pieces_of(text, sizes)).sha256 == hashlib.sha256(cleaned(text).encode()).hexdigest()


@few
@given(texts, piece_sizes)
def test_the_alphabet_is_the_distinct_characters_in_code_point_order(text: str, sizes: list[int]) -> None:
    text = with_line_feeds(text)
    assert list(encoded_pieces(pieces_of(text, sizes)).alphabet) == sorted(set(cleaned(text)))


@few
@given(texts, piece_sizes)
def test_every_character_is_counted(text: str, sizes: list[int]) -> None:
    text = with_line_feeds(text)
    found = encoded_pieces(pieces_of(text, sizes))
    assert dict(zip(found.alphabet, found.counts.tolist(), strict=True)) == Counter(cleaned(text))


def test_no_cut_separates_two_characters_that_make_one() -> None:
    pairs = [
        tuple(chr(int(point, 16)) for point in unicodedata.decomposition(chr(code)).split())
        for code in range(0x110000)
        if len(unicodedata.decomposition(chr(code)).split()) == 2 and "<" not in unicodedata.decomposition(chr(code))
    ]
    syllables = [("\u1100", "\u1161"), ("\uac00", "\u11a8"), ("\u1112", "\u1175"), ("\ud788", "\u11c2")]
    parts = [part for first, second in [*pairs, *syllables] for part in (f"x{first}", second, f"x{first}{second}")]
    assert text_of(encoded_pieces(parts)) == unicodedata.normalize("NFC", "".join(parts))


# From the bytes of a file to its text


@many
@given(texts, marked, st.integers(1, 7), st.booleans())
def test_a_text_with_a_mark_is_read_by_it_in_pieces_of_any_size(
    text: str, encoded: tuple[str, bytes], piece: int, mapped: bool
) -> None:
    codec, mark = encoded
    body = ("." + text).encode(codec, "surrogatepass")
    with file_of(mark + body, piece=piece, mapped=mapped) as place:
        assert read_or_nothing(place) == cleaned(body.decode(codec, "replace"))


@many
@given(st.binary(max_size=60), marked, st.integers(1, 7))
@example(b"\xff\r\n\xe9\r", ("utf-8", codecs.BOM_UTF8), 1)
@example(b"\x3d\xd8", ("utf-16-le", codecs.BOM_UTF16_LE), 1)
def test_bytes_that_the_marked_encoding_does_not_know_are_left_out(
    noise: bytes, encoded: tuple[str, bytes], piece: int
) -> None:
    codec, mark = encoded
    body = "abc".encode(codec) + noise
    with file_of(mark + body, piece=piece) as place:
        assert read_or_nothing(place) == cleaned(body.decode(codec, "replace"))


@many
@given(st.binary(max_size=60), st.integers(1, 7), st.booleans())
@example("e\u0301\r\n".encode(), 1, False)
@example(b"\r\n\r", 1, True)
@example(b"\xed\xa0\xbd\xed\xb8\x80", 1, False)
def test_utf_8_with_broken_bytes_is_read_in_pieces_of_any_size(noise: bytes, piece: int, mapped: bool) -> None:
    body = PLAIN.encode() + noise
    with file_of(body, piece=piece, mapped=mapped) as place:
        assert read_or_nothing(place) == cleaned(body.decode("utf-8", "replace"))


@few
@given(texts, st.integers(1, 7))
def test_memory_and_cache_come_to_the_same(text: str, piece: int) -> None:
    content = (PLAIN + text).encode("utf-8", "surrogatepass")
    with file_of(content, piece=piece) as place:
        small = from_place(place)
    with file_of(content, piece=piece, mapped=True) as place:
        large, again = from_place(place), from_place(place)
    for other in (large, again):
        assert told(other) == told(small)


def told(corpus: Corpus) -> tuple[object, ...]:
    ids = (corpus.ids.tolist(), corpus.ids.dtype, corpus.alphabet, corpus.counts.tolist())
    return (*ids, corpus.provenance.sha256, corpus.notes, corpus.shape)


@few
@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=2), st.sampled_from(["le", "be"]))
def test_western_text_in_two_bytes_a_character_needs_no_mark(text: str, order: str) -> None:
    with file_of(text.encode(f"utf-16-{order}"), head=1 << 20) as place:
        assert from_place(place).text() == text


@few
@given(st.sampled_from([*LATIN.values(), *MISREAD.values()]), st.integers(1, 4), st.integers(1, 200))
def test_the_text_is_what_the_guessed_encoding_makes_of_the_bytes(text: str, times: int, piece: int) -> None:
    content, report = text.encode("latin-1") * times, ReadingReport()
    found = "".join(decoded((content[start : start + piece] for start in range(0, len(content), piece)), report))
    (guess,) = report.guesses
    assert found == content.decode(guess, "replace")


@pytest.mark.parametrize("text", LATIN.values(), ids=LATIN.keys())
@pytest.mark.parametrize("codec", ["latin-1", "cp1252"])
def test_western_text_in_one_byte_a_character_is_guessed(text: str, codec: str) -> None:
    with file_of(text.encode(codec) * 3, head=1 << 20) as place:
        assert from_place(place).text() == text * 3


@pytest.mark.parametrize("text", MISREAD.values(), ids=MISREAD.keys())
def test_western_text_is_not_guessed_to_be_eastern(text: str) -> None:
    with file_of(text.encode("latin-1") * 3, head=1 << 20) as place:
        assert from_place(place).text() == text * 3


def test_a_guess_is_told() -> None:
    with file_of(LATIN["German"].encode("latin-1"), head=1 << 20) as place:
        assert "a guess" in from_place(place).notes[0]


def test_plain_utf_8_needs_no_note() -> None:
    with file_of("Grün, 漢字, plain.\n".encode()) as place:
        assert from_place(place).notes == ()


def test_a_byte_order_mark_at_the_beginning_needs_no_note() -> None:
    with file_of(codecs.BOM_UTF8 + b"plain") as place:
        assert from_place(place).notes == ()


def test_nul_bytes_are_left_out_and_told() -> None:
    with file_of(PLAIN.encode() * 4 + b"\0and\0more") as place:
        corpus = from_place(place)
    assert corpus.text() == f"{PLAIN * 4}andmore"
    assert corpus.notes == ("Control characters were left out: NUL (2x).",)


def test_broken_utf_8_is_left_out_and_told() -> None:
    with file_of("é".encode() * 30 + b"\xff\xfe end") as place:
        corpus = from_place(place)
    assert corpus.text() == "é" * 30 + " end"
    assert "2 characters that can't be decoded" in corpus.notes[0]


def test_one_lost_character_is_told_in_the_singular() -> None:
    with file_of("é".encode() * 30 + b"\xff end") as place:
        assert "1 characters" not in from_place(place).notes[0]


def test_utf_8_that_is_cut_in_the_sample_is_still_utf_8() -> None:
    content = ("a" * (HEAD - 1) + "漢字かな" * 5).encode()
    with file_of(content, piece=HEAD) as place:
        assert from_place(place).text() == content.decode()


@pytest.mark.parametrize("newline", ["\r\n", "\r"], ids=["CRLF", "CR"])
def test_short_lines_are_a_text_whatever_ends_them(newline: str) -> None:
    with file_of(f"Anna{newline}Bert{newline}Cleo{newline}".encode() * 50) as place:
        assert from_place(place).text() == "Anna\nBert\nCleo\n" * 50


def test_a_program_is_not_a_text() -> None:
    with (
        file_of(bytes(np.random.default_rng(3).integers(0, 256, 1 << 14, dtype=np.uint8)), head=1 << 20) as place,
        pytest.raises(UserError, match="doesn't look like text"),
    ):
        from_place(place)


def test_sound_samples_are_not_a_text() -> None:
    samples = np.random.default_rng(4).integers(0, 256, 1 << 13).astype("<u2").tobytes()
    with file_of(samples, head=1 << 20) as place, pytest.raises(UserError, match="doesn't look like text"):
        from_place(place)


# Strings


@many
@given(texts)
def test_a_string_is_cleaned_as_a_file_would_be(text: str) -> None:
    assert from_text("." + text).text() == cleaned("." + text)


# Width and memory


@pytest.mark.parametrize(("distinct", "width"), [(256, 1), (257, 2), (65536, 2), (65537, 4)])
@pytest.mark.parametrize("mapped", [False, True])
def test_ids_are_no_wider_than_the_alphabet_needs(distinct: int, width: int, mapped: bool) -> None:
    letters = filter(lambda c: unicodedata.category(c) == "Lo", map(chr, range(0x21, 0x110000)))
    text = "".join(itertools.islice(filter(lambda c: unicodedata.is_normalized("NFD", c), letters), distinct))
    with file_of(text.encode(), mapped=mapped) as place:
        corpus = from_place(place)
    assert corpus.ids.dtype.itemsize == width
    assert corpus.text() == text


def test_a_large_text_is_mapped_and_not_held() -> None:
    with file_of(PLAIN.encode() * 100, mapped=True) as place:
        assert isinstance(from_place(place).ids, np.memmap)


def test_a_large_text_read_again_is_mapped_from_the_cache() -> None:
    with file_of(PLAIN.encode() * 100, mapped=True) as place:
        from_place(place)
        assert isinstance(from_place(place).ids, np.memmap)


def peak_memory(content: bytes, *, times: int, tail: int = 0) -> int:
    """Return the most that reading a large text takes; its tail is a hole in the file, read as zeros."""
    with file_of(content * times, piece=1 << 16, mapped=True) as place:
        with Path(place).open("r+b") as file:
            file.truncate(len(content) * times + tail)
        tracemalloc.start()
        try:
            from_place(place)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


def test_a_longer_text_takes_no_more_memory_to_read() -> None:
    lines = "Words and words, and é.\n".encode() * 1000
    assert peak_memory(lines, times=400) < peak_memory(lines, times=40) + 2_000_000


def test_a_longer_text_without_a_newline_takes_no_more_memory_to_read() -> None:
    words = "Words and words, and é. ".encode() * 1000
    assert peak_memory(words, times=200) < peak_memory(words, times=40) + 2_000_000


def test_a_hole_at_the_end_of_a_text_takes_no_memory_to_read() -> None:
    lines = b"Words and words.\n" * 1000
    assert peak_memory(lines, times=10, tail=500_000) < peak_memory(lines, times=10) + 1_000_000
