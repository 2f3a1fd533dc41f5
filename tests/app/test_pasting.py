"""What is pasted is text, whatever stands in it."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.events import Key, Paste
from textual.message import Message

from rnnplay.app.pasting import BEGIN, END, KEPT, PasteParser
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


def test_the_app_reads_its_terminal_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEXTUAL_DRIVER", raising=False)
    module = sys.modules[playground().driver_class.__module__]
    assert vars(module).get("XTermParser", PasteParser) is PasteParser
