"""What the engine tells of texts that are generated, and what it keeps."""

import os
from pathlib import Path

import pytest

from rnnplay.engine.protocol import Counted, Describe, Keep, Kept
from rnnplay.engine.texts import Texts, kept
from rnnplay.text import catalogue
from rnnplay.text.measured.about import about
from rnnplay.text.own import mine
from rnnplay.text.records import OPTIMUM, to_json

posix = pytest.mark.skipif(os.name != "posix", reason="a name that only POSIX knows")


def ladders(spec: str) -> list[tuple[str, ...]]:
    """Return the names of the rungs, each time that some are told."""
    replies = Texts().described(Describe(spec))
    return [tuple(rung.name for rung in reply.ladder) for reply in replies if isinstance(reply, Counted)]


def test_the_optimum_is_told_before_anything_is_counted_and_stands_last(home: Path) -> None:
    first, *others = ladders("lag:size=20000")
    assert first == (OPTIMUM,)
    assert all(ladder[-1] == OPTIMUM for ladder in others)
    assert others[-1] == tuple(rung.name for rung in about(catalogue.load("lag:size=20000")).ladder)


def test_a_text_of_other_making_has_no_optimum(home: Path) -> None:
    assert not any(OPTIMUM in ladder for ladder in ladders("household"))


@posix
def test_a_file_whose_name_is_no_text_is_kept(home: Path, tmp_path: Path) -> None:
    place = str(tmp_path / os.fsdecode(b"g\xff.txt"))
    Path(place).write_text("some words\n" * 20, encoding="utf-8")
    *_, reply = kept(Keep(to_json(place), name="odd"))
    assert reply == Kept("odd")
    assert mine.all_mine()["odd"].location == to_json(place)
