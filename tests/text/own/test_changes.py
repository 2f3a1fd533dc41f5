"""A text that isn't what was added any more: noticed and said, by its hash where it is read, by a look where not."""

import os
import time
from pathlib import Path

import pytest

from rnnplay.errors import UserError
from rnnplay.text import catalogue
from rnnplay.text.own import mine
from rnnplay.text.shelf import Item

WORDS = "Some words of my own, and some more.\n"


@pytest.fixture(autouse=True)
def _here(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = home.parent / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)


def written(name: str, content: str = WORDS, at: int = 1_700_000_000) -> str:
    """Write a file that was last written at a time of its own."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    os.utime(path, (at, at))
    return name


def note(name: str) -> str:
    return f"'{name}' has changed since it was added on {time.strftime('%Y-%m-%d')}."


def item(name: str) -> Item:
    return next(item for item in catalogue.groups()[-1].items if item.spec == name)


def test_a_text_that_is_what_it_was_has_nothing_to_note() -> None:
    mine.add(written("letters.txt"))
    assert catalogue.load("letters").notes == ()
    assert not item("letters").changed


def test_a_changed_file_is_noted_where_it_is_read_and_in_the_list() -> None:
    mine.add(written("letters.txt"))
    written("letters.txt", WORDS * 2, at=1_700_000_001)
    assert catalogue.load("letters").notes == (note("letters"),)
    assert item("letters").changed


def test_a_change_that_no_look_can_see_is_noted_where_it_is_read() -> None:
    mine.add(written("letters.txt"))
    written("letters.txt", WORDS.upper())
    assert not item("letters").changed
    assert catalogue.load("letters").notes == (note("letters"),)


def test_a_file_that_was_only_written_again_has_nothing_to_note() -> None:
    mine.add(written("letters.txt"))
    written("letters.txt", at=1_700_000_001)
    assert catalogue.load("letters").notes == ()


def test_a_text_that_is_added_again_is_as_it_should_be() -> None:
    mine.add(written("letters.txt"))
    written("letters.txt", WORDS * 2, at=1_700_000_001)
    assert mine.add("letters.txt") == "letters"
    assert catalogue.load("letters").notes == ()
    assert not item("letters").changed


@pytest.mark.parametrize("place", ["poems", "poems/*.md"])
def test_a_file_more_in_a_folder_is_a_change(place: str) -> None:
    written("poems/a.md")
    name = mine.add(place, ["md"])
    written("poems/b.txt")
    written("poems/.hidden.md") if place == "poems" else None
    assert not item(name).changed
    assert catalogue.load(name).notes == ()
    written("poems/b.md")
    assert item(name).changed
    assert catalogue.load(name).notes == (note(name),)


def test_a_pasted_text_that_was_edited_by_hand_is_noted() -> None:
    name = mine.paste(WORDS)
    assert not item(name).changed
    mine.pasted_file(name).write_text(WORDS * 2, encoding="utf-8")
    assert item(name).changed
    assert catalogue.load(name).notes == (note(name),)


def test_another_filter_is_another_text_and_no_change() -> None:
    written("poems/a.md")
    written("poems/b.txt")
    mine.add("poems", ["md"])
    assert catalogue.load("poems", extensions=["txt"]).notes == ()


def test_a_text_too_large_to_be_read_when_it_is_added_is_watched_by_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mine, "HASHED_AT_MOST", 10)
    mine.add(written("letters.txt"))
    assert mine.all_mine()["letters"].sha256 == ""
    assert catalogue.load("letters").notes == ()
    written("letters.txt", WORDS * 2, at=1_700_000_001)
    assert catalogue.load("letters").notes == (note("letters"),)


def test_a_text_that_is_gone_is_gone_and_not_changed() -> None:
    mine.add(written("letters.txt"))
    Path("letters.txt").unlink()
    assert (item("letters").missing, item("letters").changed) == ("it is gone", False)


# Generated texts, kept by what they are made by


def test_a_generated_text_is_kept_by_its_spec_and_read_by_its_name() -> None:
    assert mine.add("lag:seed=3,size=2000,distance=40", name="far") == "far"
    assert mine.all_mine()["far"].location == "lag:distance=40,seed=3,size=2000"
    corpus = catalogue.load("far")
    assert corpus.name == "far"
    assert corpus.text() == catalogue.load("lag:distance=40,seed=3,size=2000").text()
    assert (item("far").size, item("far").missing, item("far").changed) == (2000, "", False)


def test_a_run_on_it_goes_on_after_it_was_forgotten() -> None:
    corpus = catalogue.load(mine.add("lag:size=2000", name="far"))
    mine.forget("far")
    assert catalogue.reload(corpus.provenance, corpus.shape).text() == corpus.text()


def test_a_name_is_made_from_the_spec() -> None:
    assert mine.add("copy:seed=3") == "copy-seed-3"
    assert mine.add("copy:seed=3") == "copy-seed-3"


def test_a_spec_with_a_dial_that_is_none_is_refused() -> None:
    with pytest.raises(UserError, match="no dial 'distanc'"):
        mine.add("lag:distanc=3")
    assert mine.all_mine() == {}


def test_a_spec_of_a_later_rnnplay_is_no_hindrance_to_the_list(home: Path) -> None:
    mine.add("lag:seed=3", name="far")
    listed = home / "corpora.json"
    listed.write_text(listed.read_text(encoding="utf-8").replace("lag:seed=3", "moon:seed=3"), encoding="utf-8")
    assert item("far").missing == "this rnnplay can't generate it"
    with pytest.raises(UserError, match="moon"):
        catalogue.load("far")
