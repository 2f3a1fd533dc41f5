"""What is pasted is text, whatever stands in it."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.events import Key, Paste
from textual.message import Message

from rnnplay.app import pasting
from rnnplay.app.pasting import BEGIN, BURST, END, KEPT, PasteParser
from tests.app.made import playground


def read(*pieces: str) -> list[Message]:
    """Return what a terminal told that sent these pieces."""
    parser = PasteParser()
    return [told for piece in pieces for told in parser.feed(piece)]


def in_words(told: list[Message]) -> list[str]:
    """Return keys by their names and pastes by their text."""
    return [one.key if isinstance(one, Key) else f"paste: {one.text}" for one in told if isinstance(one, Key | Paste)]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 4096])
def test_a_paste_with_escapes_is_one_paste_and_no_key(size: int) -> None:
    sent = f"\x1b[Aa{BEGIN}x\x1b[31m\ty\x1bOQ\x03\r{BEGIN}z\x1b{END}b{BEGIN}{END}\x1b[B"
    told = read(*(sent[at : at + size] for at in range(0, len(sent), size)))
    assert in_words(told) == ["up", "a", "paste: x[31m\tyOQ\r[200~z", "b", "paste: ", "down"]


@given(st.text(), st.integers(1, 40))
def test_any_pasted_text_comes_whole_without_its_control_characters(text: str, size: int) -> None:
    sent = f"{BEGIN}{text.replace(END, '')}{END}q"
    told = in_words(read(*(sent[at : at + size] for at in range(0, len(sent), size))))
    shown = "".join(one for one in text.replace(END, "") if one in KEPT or not (one < " " or "\x7f" <= one < "\xa0"))
    assert told == [f"paste: {shown}", "q"]


@pytest.mark.parametrize("size", [1, 100, 4096])
def test_more_than_anyone_types_at_once_is_a_paste_in_a_terminal_without_marks(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pasting, "PAUSE", float("inf"))
    text = "1 quick\tbrown fox\r\x03q" * 1000
    pieces = [text[:BURST], *(text[at : at + size] for at in range(BURST, len(text), size))]
    parser = PasteParser()
    assert in_words([told for piece in pieces for told in (*parser.feed(piece), *parser.tick())]) == []
    monkeypatch.setattr(pasting, "PAUSE", 0.0)
    assert in_words(list(parser.tick())) == [f"paste: {text.replace(chr(3), '')}"]
    assert in_words([*parser.tick(), *parser.feed("q\x1b[A")]) == ["q", "up"]


def test_keys_behind_a_paste_without_marks_are_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pasting, "PAUSE", float("inf"))
    assert in_words(read("a" * BURST, "\x1b[A", "b")) == [f"paste: {'a' * BURST}", "up", "b"]
    assert in_words(read("a" * BURST, f"{BEGIN}x{END}")) == [f"paste: {'a' * BURST}", "paste: x"]
    monkeypatch.setattr(pasting, "PAUSE", 0.0)
    assert in_words(read("a" * BURST, "b")) == [f"paste: {'a' * BURST}", "b"]


def test_what_a_person_types_is_keys() -> None:
    assert in_words(read("a" * (BURST - 1), "b\r")) == ["a"] * (BURST - 1) + ["b", "enter"]


def test_the_app_reads_its_terminal_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEXTUAL_DRIVER", raising=False)
    module = sys.modules[playground().driver_class.__module__]
    assert vars(module).get("XTermParser", PasteParser) is PasteParser
