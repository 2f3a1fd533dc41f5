"""Texts that have a name, and the way from what was typed to a text."""

import io
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from rnnplay import places
from rnnplay.errors import UserError
from rnnplay.text import catalogue, generated, sources
from rnnplay.text.catalogue import load, reload
from rnnplay.text.measured import about
from rnnplay.text.own import mine
from rnnplay.text.records import Shape


def entries() -> list[catalogue.Entry]:
    """Return every text that has a name."""
    return [item.entry for group in catalogue.groups() for item in group.items]


SHIPPED = [entry.name for entry in entries() if entry.kind == "shipped"]
LOCAL = [entry.name for entry in entries() if entry.kind == "local"]
DOWNLOADS = [entry.name for entry in entries() if entry.kind == "download"]
SMALLEST = {"play": 200_000}  # characters that the plan demands; 60,000 of the others
TOPICS = "pydoc_data.topics"


@pytest.fixture
def here(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder beside the data folder."""
    folder = home.parent / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def written(path: Path, text: str = "A text of my own, about nothing.\n") -> Path:
    path.write_text(text, encoding="utf-8")
    return path


# What ships


def test_three_texts_ship() -> None:
    assert len(SHIPPED) == 3


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_text_is_long_enough_to_learn_from(name: str) -> None:
    assert len(load(name)) >= SMALLEST.get(name, 60_000)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_text_is_plain_ascii(name: str) -> None:
    assert all(symbol == "\n" or " " <= symbol <= "~" for symbol in load(name).alphabet)


@pytest.mark.parametrize("name", SHIPPED)
def test_no_paragraph_of_a_shipped_text_is_repeated(name: str) -> None:
    paragraphs = [" ".join(part.split()) for part in load(name).text().split("\n\n")]
    long = [paragraph for paragraph in paragraphs if len(paragraph) >= 60]
    assert len(long) == len(set(long)) > 100


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_text_is_read_as_it_was_written(name: str) -> None:
    assert load(name).text().encode() == (places.shipped("corpora") / f"{name}.txt").read_bytes()


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_text_is_a_stream_with_nothing_to_note(name: str) -> None:
    corpus = load(name)
    assert (corpus.shape, corpus.notes) == ("stream", ())


def test_no_text_means_the_play() -> None:
    assert load().provenance == load("play").provenance


def test_the_play_has_speakers_and_directions_in_brackets() -> None:
    text = load("play").text()
    assert text.count("[") == text.count("]") > 100
    speakers = [line for line in text.split("\n") if line.strip(".: ").isupper()]
    assert len(speakers) > 10 * len(set(speakers)) > 0


def test_the_prose_closes_what_it_opens() -> None:
    text = load("prose").text()
    assert text.count("(") == text.count(")") > 20
    assert text.count('"') > 200


def test_every_entry_says_what_it_is_and_what_it_is_good_for() -> None:
    assert all(entry.about and entry.good_for for entry in entries())


# On this machine


@pytest.mark.parametrize("name", LOCAL)
def test_a_local_text_is_long_enough_to_learn_from(name: str) -> None:
    if name == "topics":
        pytest.importorskip(TOPICS)
    assert len(load(name)) > 200_000


@pytest.mark.parametrize("name", LOCAL)
def test_a_local_text_is_the_same_each_time(name: str) -> None:
    if name == "topics":
        pytest.importorskip(TOPICS)
    assert load(name).provenance.sha256 == load(name).provenance.sha256


@pytest.mark.parametrize("name", LOCAL)
def test_a_local_text_does_not_stand_in_the_repository(name: str) -> None:
    assert not (places.shipped("corpora") / f"{name}.txt").exists()


def test_code_is_plain_ascii() -> None:
    assert load("stdlib").text().isascii()


def test_unicode_names_are_lines_that_unicode_knows() -> None:
    corpus = load("unicode-names")
    lines = corpus.text().split("\n")[:-1]
    assert corpus.shape == "lines"
    assert all(unicodedata.lookup(line) for line in lines[::97])


def test_a_text_that_this_python_lacks_is_told_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, TOPICS, None)  # as on a Python that was installed without it
    with pytest.raises(UserError, match=r"^This Python came without the text 'topics'; .*corpora list") as refused:
        load("topics")
    assert "\n" not in str(refused.value)


# From what was typed to a text


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("plya", "play"),
        ("Play", "play"),
        ("proze", "prose"),
        ("houshold", "household"),
        ("unicode_names", "unicode-names"),
    ],
)
def test_an_unknown_name_suggests_the_nearest(typed: str, nearest: str) -> None:
    with pytest.raises(UserError, match=f"'{typed}' is not a file.*Did you mean '{nearest}'"):
        load(typed)


@pytest.mark.usefixtures("here")
def test_a_name_near_to_none_suggests_none_but_the_list() -> None:
    with pytest.raises(UserError, match="'rnnplay corpora list'") as refused:
        load("xylophone-zebra-quartz")
    assert "Did you mean" not in str(refused.value)


def test_a_name_of_the_catalogue_wins_over_a_file_of_that_name(here: Path) -> None:
    written(here / "play")
    assert load("play").provenance.kind == "shipped"


def test_a_file_with_the_name_of_a_text_is_reached_by_its_path(here: Path) -> None:
    written(here / "play")
    assert load("./play").text() == "A text of my own, about nothing.\n"


def test_a_folder_is_read_with_its_filter(here: Path) -> None:
    written(here / "a.md", "kept")
    written(here / "b.txt", "not kept")
    assert load(".", extensions=["md"]).text() == "kept"


@pytest.mark.usefixtures("here")
def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"piped words")))
    assert load("-").text() == "piped words"


@pytest.mark.usefixtures("here")
def test_the_shape_that_was_asked_for_is_taken() -> None:
    assert load("household", shape="lines").shape == "lines"


def test_an_empty_name_is_no_text(here: Path) -> None:
    written(here / "private.txt")
    with pytest.raises(UserError):
        load("")


# Read again, for a run that goes on


def test_a_file_is_read_again_from_anywhere(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(here / "mine.txt")
    corpus = load("mine.txt")
    monkeypatch.chdir(here.parent)
    assert reload(corpus.provenance, corpus.shape).text() == corpus.text()


def test_a_folder_is_read_again_with_its_filter(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(here / "a.md", "kept and read again")
    written(here / "b.txt", "not kept")
    corpus = load(".", extensions=["md"])
    monkeypatch.chdir(here.parent)
    assert reload(corpus.provenance, corpus.shape).text() == "kept and read again"


def test_a_glob_is_read_again_from_anywhere(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(here / "a.md", "kept and read again")
    corpus = load("*.md")
    monkeypatch.chdir(here.parent)
    assert reload(corpus.provenance, corpus.shape).text() == "kept and read again"


def test_a_glob_in_a_folder_with_brackets_is_read_again(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = here / "drafts [old]"
    folder.mkdir()
    written(folder / "a.md", "kept and read again")
    monkeypatch.chdir(folder)
    corpus = load("*.md")
    assert reload(corpus.provenance, corpus.shape).text() == "kept and read again"


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_text_is_read_again(name: str) -> None:
    corpus = load(name)
    assert reload(corpus.provenance, corpus.shape).provenance == corpus.provenance


@pytest.mark.usefixtures("here")
def test_standard_input_is_read_again_from_what_was_kept() -> None:
    corpus = sources.from_stdin(stream=io.BytesIO(b"piped words, kept"))
    assert reload(corpus.provenance, corpus.shape).text() == "piped words, kept"


@pytest.mark.usefixtures("here")
def test_standard_input_whose_copy_is_gone_is_asked_for_again() -> None:
    corpus = sources.from_stdin(stream=io.BytesIO(b"piped words, lost"))
    for kept in places.cache_folder().iterdir():
        kept.unlink()
    with pytest.raises(UserError, match="'stdin' wasn't kept; give it again"):
        reload(corpus.provenance, corpus.shape)


@pytest.mark.usefixtures("here")
def test_a_string_that_is_gone_from_the_cache_is_asked_for_again() -> None:
    corpus = sources.from_text("words that stand nowhere")
    assert reload(corpus.provenance, corpus.shape).text() == "words that stand nowhere"
    shutil.rmtree(places.cache_folder())
    with pytest.raises(UserError, match="'text' wasn't kept; give it again"):
        reload(corpus.provenance, corpus.shape)


@pytest.mark.parametrize("shape", ["stream", "lines"])
def test_a_text_is_read_again_in_the_shape_that_it_was_learnt_in(here: Path, shape: Shape) -> None:
    written(here / "mine.txt", "one\ntwo\nthree\n")
    corpus = load("mine.txt", shape=shape)
    assert reload(corpus.provenance, corpus.shape).shape == shape


def test_a_text_that_has_changed_is_refused(here: Path) -> None:
    path = written(here / "mine.txt", "what it was")
    corpus = load("mine.txt")
    written(path, "what it is now")
    with pytest.raises(UserError, match=r"mine\.txt' has changed since the run began"):
        reload(corpus.provenance, corpus.shape)


def test_a_large_text_that_has_changed_is_refused(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnnplay.text.encoding.MAPPED_FROM", 1)
    path = written(here / "mine.txt", "what it was")
    corpus = load("mine.txt")
    written(path, "what it is.")
    with pytest.raises(UserError, match=r"mine\.txt' has changed since the run began"):
        reload(corpus.provenance, corpus.shape)


def test_a_folder_with_a_file_more_is_refused(here: Path) -> None:
    written(here / "a.txt")
    corpus = load(".")
    written(here / "b.txt")
    with pytest.raises(UserError, match="has changed since the run began"):
        reload(corpus.provenance, corpus.shape)


def test_a_text_that_is_gone_is_refused_by_its_path(here: Path) -> None:
    path = written(here / "mine.txt")
    corpus = load("mine.txt")
    path.unlink()
    with pytest.raises(UserError, match=r"mine\.txt' is not a file"):
        reload(corpus.provenance, corpus.shape)


def test_new_line_ends_alone_are_no_change(here: Path) -> None:
    path = written(here / "mine.txt", "the first line\nthe second\n")
    corpus = load("mine.txt")
    path.write_bytes(b"the first line\r\nthe second\r\n")
    assert reload(corpus.provenance, corpus.shape).text() == corpus.text()


# The user's own


def test_ones_own_texts_stand_behind_the_catalogue(here: Path) -> None:
    written(here / "novel.txt")
    mine.add("novel.txt")
    named = [*SHIPPED, *LOCAL, *generated.NAMES, *DOWNLOADS, "novel"]
    assert [entry.name for entry in entries()] == named
    entry = entries()[-1]
    assert (entry.kind, entry.location) == ("yours", str(here / "novel.txt"))


def test_what_was_added_a_moment_ago_is_there(here: Path) -> None:
    before = len(entries())
    written(here / "novel.txt")
    mine.add("novel.txt")
    assert len(entries()) == before + 1


def test_ones_own_name_wins_over_a_file_of_that_name(here: Path) -> None:
    written(here / "novel", "the file")
    mine.paste("the text", "novel")
    assert load("novel").text() == "the text"
    assert load("./novel").text() == "the file"


def test_a_name_near_to_ones_own_suggests_it(here: Path) -> None:
    mine.paste("the text", "my-novel")
    with pytest.raises(UserError, match="Did you mean 'my-novel'"):
        load("my-navel")


def test_a_run_on_ones_own_text_resumes_after_it_was_forgotten(here: Path) -> None:
    written(here / "draft.txt")
    corpus = load(mine.add("draft.txt", name="novel"))
    mine.forget("novel")
    assert reload(corpus.provenance, corpus.shape).text() == corpus.text()


def test_a_run_on_a_pasted_text_resumes(here: Path) -> None:
    corpus = load(mine.paste("words that were pasted"))
    assert reload(corpus.provenance, corpus.shape).text() == "words that were pasted"


def test_ones_own_text_that_is_gone_is_told_by_its_name(here: Path) -> None:
    written(here / "draft.txt")
    mine.add("draft.txt", name="novel")
    (here / "draft.txt").unlink()
    with pytest.raises(UserError, match="Your text 'novel' is gone") as refused:
        load("novel")
    assert "\n" not in str(refused.value)


def test_groups_hold_every_text_by_its_kind(here: Path) -> None:
    mine.paste("the text", "novel")
    found = {group.kind: [item.spec for item in group.items] for group in catalogue.groups()}
    known = {"shipped": SHIPPED, "local": LOCAL, "generated": [*generated.NAMES], "download": DOWNLOADS}
    assert found == {**known, "yours": ["novel"]}


def test_groups_tell_what_is_missing_without_reading(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, TOPICS, None)
    written(here / "draft.txt")
    mine.add("draft.txt")
    mine.paste("the text", "novel")
    (here / "draft.txt").unlink()
    missing = {item.spec: item.missing for group in catalogue.groups() for item in group.items}
    assert [spec for spec, why in missing.items() if why] == ["topics", *DOWNLOADS, "draft"]
    assert (missing["topics"], missing["draft"]) == ("this Python came without it", "it is gone")


def test_groups_tell_the_size_of_what_is_one_file(here: Path) -> None:
    mine.paste("the text", "novel")
    sizes = {item.spec: item.size for group in catalogue.groups() for item in group.items}
    assert sizes["novel"] == len("the text")
    assert sizes["play"] == len(load("play"))
    assert sizes["stdlib"] is None
    assert sizes["lag"] == generated.parsed("lag").dials["size"]


def test_texts_are_listed_without_numpy() -> None:
    listing = "import sys; from rnnplay.text import shelf; shelf.groups(); sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", listing], check=False).returncode == 0


# Its figures


def test_the_commonest_characters_come_first() -> None:
    found = about.figures(sources.from_text("aab" * 10 + "\n\n\n"))
    assert found.commonest == (("a", 20), ("b", 10), ("\n", 3))


def test_figures_agree_with_the_text() -> None:
    corpus = load("unicode-names")
    found = about.figures(corpus, preview=50)
    assert (found.chars, found.lines, found.preview) == (len(corpus), corpus.line_count, corpus.text(0, 50))
    assert found.train_chars + found.validation_chars == found.chars
    assert found.vocabulary == "".join(corpus.alphabet)
    assert sum(count for _, count in found.commonest) <= found.chars
