"""The user's own texts: named, read, forgotten, and never lost."""

import hashlib
import multiprocessing
import os
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnnplay.errors import UserError
from rnnplay.text import catalogue
from rnnplay.text.own import mine

WORDS = "Some words of my own, and some more.\n"

posix = pytest.mark.skipif(os.name != "posix", reason="a name or a right that only POSIX knows")


@pytest.fixture(autouse=True)
def here(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder beside the data folder."""
    folder = home.parent / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def written(name: str, content: str | bytes = WORDS) -> str:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return name


def refusal(place: str, extensions: Sequence[str] = (), name: str | None = None) -> str:
    """Return the sentence with which a text is refused; the list stays as it was."""
    before = mine.all_mine()
    with pytest.raises(UserError) as refused:
        mine.add(place, extensions, name=name)
    assert mine.all_mine() == before
    sentence = str(refused.value)
    assert "\n" not in sentence
    assert sentence[-1] in ".?"
    return sentence


# Adding


def test_there_is_nothing_at_first() -> None:
    assert mine.all_mine() == {}


def test_a_file_is_known_by_its_stem() -> None:
    assert mine.add(written("my novel.txt")) == "my-novel"
    assert catalogue.load("my-novel").text() == WORDS


def test_a_name_may_be_chosen() -> None:
    assert mine.add(written("draft3.txt"), name="novel") == "novel"
    assert catalogue.load("novel").name == "novel"


def test_a_relative_path_is_read_from_anywhere(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = mine.add(written("a.txt"))
    monkeypatch.chdir(here.parent)
    assert catalogue.load(name).text() == WORDS


def test_a_home_is_found(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(here))
    monkeypatch.setenv("USERPROFILE", str(here))
    written("a.txt")
    assert catalogue.load(mine.add("~/a.txt")).text() == WORDS


def test_a_folder_keeps_its_filter() -> None:
    written("poems/a.md", "kept")
    written("poems/b.txt", "not kept")
    assert mine.add("poems", ["md"]) == "poems"
    assert catalogue.load("poems").text() == "kept"


def test_a_glob_is_known_by_its_folder_and_read_from_anywhere(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written("poems/a.md", "kept")
    name = mine.add("poems/*.md")
    monkeypatch.chdir(here.parent)
    assert (name, catalogue.load(name).text()) == ("poems", "kept")


def test_a_shape_is_kept() -> None:
    mine.add(written("people.txt", "ada\nbo\ncy\n"), (), "lines")
    assert catalogue.load("people").shape == "lines"


def test_a_place_that_is_added_again_keeps_its_name() -> None:
    mine.add(written("a.txt"))
    assert mine.add("a.txt", (), "lines") == "a"
    assert list(mine.all_mine()) == ["a"]
    assert mine.all_mine()["a"].shape == "lines"


def test_two_places_of_one_name_get_two_names() -> None:
    names = [mine.add(written(f"{folder}/text.txt", folder * 5)) for folder in ("a", "b", "c")]
    assert names == ["text", "text-2", "text-3"]
    assert [catalogue.load(name).text() for name in names] == ["aaaaa", "bbbbb", "ccccc"]


def test_texts_stand_in_the_order_in_which_they_were_added() -> None:
    names = [mine.add(written(f"{letter}.txt")) for letter in "zam"]
    assert list(mine.all_mine()) == names


@pytest.mark.parametrize("name", ["play", "names", "lag"])
def test_a_name_of_the_catalogue_is_not_taken(name: str) -> None:
    assert mine.add(written(f"{name}.txt")) == f"{name}-2"
    assert "already" in refusal(f"{name}.txt", name=name.title())


def test_a_name_is_not_taken_twice() -> None:
    mine.add(written("a.txt"))
    assert "'A' already" in refusal(written("b.txt"), name="A")


@pytest.mark.parametrize("name", ["a b", "../a", "a/b", "-a", ".a", "con", "x" * 41, "a\x1b[2Jb", "a*"])
def test_a_name_that_is_no_word_is_refused_with_a_better_one(name: str) -> None:
    written("a.txt")
    better = refusal("a.txt", name=name).split("'")[-2]
    assert mine.add("a.txt", name=better) == better


@pytest.mark.parametrize(
    ("content", "told"),
    [(bytes(range(256)) * 50, "look like text"), (b"", "is empty")],
    ids=["binary", "empty"],
)
def test_what_is_no_text_is_not_added(content: bytes, told: str) -> None:
    written("odd.bin", content)
    assert told in refusal("odd.bin")
    written("odd/a.bin", content)
    assert refusal("odd")


@pytest.mark.parametrize("place", ["nosuch.txt", "nosuch/*.txt", "", "  ", "a\0b", "\ud800", "x" * 5000])
def test_a_place_where_there_is_nothing_is_refused(place: str) -> None:
    refusal(place)


@pytest.mark.parametrize("name", ["play", "lag-of-mine"])
def test_what_has_a_name_already_is_told_so(name: str) -> None:
    mine.add("lag:distance=3", name="lag-of-mine")
    with pytest.raises(UserError, match=f"'rnnplay train {name}' learns from it"):
        mine.add(name)


def test_a_filter_that_lets_nothing_through_is_told() -> None:
    written("poems/a.md")
    assert "ends in .txt" in refusal("poems", ["txt"])


def test_a_folder_with_one_text_among_pictures_will_do() -> None:
    written("mixed/a.png", bytes(range(256)) * 50)
    written("mixed/b.txt")
    assert catalogue.load(mine.add("mixed")).text() == WORDS


@posix
def test_a_name_that_is_no_utf8_is_kept() -> None:
    place = os.fsdecode(b"caf\xe9.txt")
    written(place)
    assert catalogue.load(mine.add(place)).text() == WORDS


@pytest.mark.parametrize(
    "name", ["[bold]a[/bold]", "a\x1b[31mb", "\u202eevil", "\u0645\u0631\u062d\u0628\u0627", "日本"]
)
def test_an_odd_file_gets_a_plain_name(name: str) -> None:
    added = mine.add(written(f"{name}.txt"))
    assert all(character.isalnum() or character in "-._" for character in added)
    assert catalogue.load(added).text() == WORDS


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_a_safe_name_is_safe_and_stays_so(name: str) -> None:
    safe = mine.safe_name(name)
    assert safe == mine.safe_name(safe)
    assert len(safe) <= mine.NAME_LENGTH
    assert not {*safe} & {*'/\\:*?[]"<>|\0 \n'}
    assert unicodedata.is_normalized("NFC", safe)


# Pasting


def test_a_pasted_text_is_kept_under_its_first_words() -> None:
    assert mine.paste("Call me Ishmael. Some years ago") == "call-me-ishmael-some"
    assert catalogue.load("call-me-ishmael-some").text() == "Call me Ishmael. Some years ago"


def test_a_pasted_text_is_a_file_of_its_own(home: Path) -> None:
    name = mine.paste(WORDS, "mine")
    assert (home / "texts" / f"{name}.txt").read_text(encoding="utf-8") == WORDS


def test_a_pasted_text_is_cleaned_as_a_file_is() -> None:
    dirty = "\ufeffone\r\ntwo\rthree\0\x1b[31m \ud800e\u0301" * 20_000
    name = mine.paste(dirty)
    Path("dirty.txt").write_bytes(dirty.encode("utf-8", "surrogatepass"))
    kept = mine.pasted_file(name).read_text(encoding="utf-8")
    assert kept == "one\ntwo\nthree[31m \u00e9" * 20_000
    assert catalogue.load(name).notes == ()


@pytest.mark.parametrize("text", ["", " \n\t ", "\0\x1b\ud800"])
def test_nothing_is_not_kept(text: str) -> None:
    with pytest.raises(UserError, match="no text to keep"):
        mine.paste(text)
    assert mine.all_mine() == {}


def test_the_same_text_pasted_twice_is_two_texts() -> None:
    assert [mine.paste("one two"), mine.paste("one two")] == ["one-two", "one-two-2"]


def test_a_text_without_a_word_gets_a_name_all_the_same() -> None:
    assert mine.paste("... !!!") == "text"


# Forgetting


def test_a_forgotten_file_stays_where_it_is() -> None:
    name = mine.add(written("a.txt"))
    mine.forget(name)
    assert mine.all_mine() == {}
    assert Path("a.txt").read_text(encoding="utf-8") == WORDS


def test_a_forgotten_pasted_text_lies_in_the_trash(home: Path) -> None:
    mine.forget(mine.paste(WORDS, "mine"))
    assert not (home / "texts" / "mine.txt").exists()
    assert [path.read_text(encoding="utf-8") for path in (home / "trash").iterdir()] == [WORDS]


def test_texts_of_one_name_lie_in_the_trash_side_by_side(home: Path) -> None:
    for text in ("one", "two", "three"):
        mine.forget(mine.paste(text, "mine"))
    assert {path.read_text(encoding="utf-8") for path in (home / "trash").iterdir()} == {"one", "two", "three"}


def test_a_pasted_text_whose_file_is_gone_can_be_forgotten() -> None:
    name = mine.paste(WORDS)
    mine.pasted_file(name).unlink()
    mine.forget(name)
    assert mine.all_mine() == {}


@pytest.mark.parametrize(("name", "told"), [("play", "no text 'play'"), ("minne", "Did you mean 'mine'")])
def test_only_ones_own_texts_can_be_forgotten(name: str, told: str) -> None:
    mine.paste(WORDS, "mine")
    with pytest.raises(UserError, match=told):
        mine.forget(name)


# The list


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"[]", b'{"corpora": {"a": 1}}', b'{"corpora": {"a": {"kind": "moon"}}}']
)
def test_a_damaged_list_is_told_once_and_kept(content: bytes, home: Path) -> None:
    home.mkdir()
    (home / "corpora.json").write_bytes(content)
    with pytest.raises(UserError, match="damaged") as refused:
        mine.all_mine()
    assert "\n" not in str(refused.value)
    assert [path.read_bytes() for path in home.glob("corpora-damaged-*.json")] == [content]
    assert mine.all_mine() == {}
    assert mine.add(written("a.txt")) == "a"


def test_two_damaged_lists_are_both_kept(home: Path) -> None:
    home.mkdir()
    for content in (b"{", b"["):
        (home / "corpora.json").write_bytes(content)
        with pytest.raises(UserError):
            mine.all_mine()
    assert {path.read_bytes() for path in home.glob("corpora-damaged-*.json")} == {b"{", b"["}


def test_a_list_of_a_later_rnnplay_is_refused_and_left_alone(home: Path) -> None:
    home.mkdir()
    content = b'{"format": 3, "corpora": ["all", "else"]}'
    (home / "corpora.json").write_bytes(content)
    with pytest.raises(UserError, match="has format 3"):
        mine.all_mine()
    with pytest.raises(UserError, match="has format 3"):
        mine.add(written("a.txt"))
    assert (home / "corpora.json").read_bytes() == content


def test_a_damaged_list_is_in_the_way_of_no_text_of_the_catalogue(home: Path) -> None:
    home.mkdir()
    (home / "corpora.json").write_bytes(b"{")
    assert len(catalogue.load("play")) > 100_000


def test_the_list_is_what_the_page_of_formats_says(home: Path) -> None:
    mine.add(written("a.txt"), (), "stream")
    mine.paste(WORDS, "b")
    mine.add("lag:distance=40", name="far")
    listed = msgspec.json.decode((home / "corpora.json").read_bytes())
    assert listed["format"] == 2
    found = Path("a.txt").resolve()
    for name, path in (("a", found), ("b", home / "texts" / "b.txt")):
        assert listed["corpora"][name].pop("stamp") == [1, len(WORDS), path.stat().st_mtime_ns // 1000]
    sha256 = hashlib.sha256(WORDS.encode()).hexdigest()
    common: dict[str, object] = {"extensions": [], "added": None, "url": None, "fetched_sha256": ""}
    assert [{**fields, "added": None} for fields in listed["corpora"].values()] == [
        {"kind": "file", "location": str(found), "shape": "stream", "sha256": sha256} | common,
        {"kind": "pasted", "location": None, "shape": None, "sha256": sha256} | common,
        {"kind": "generated", "location": "lag:distance=40", "shape": None, "sha256": "", "stamp": None} | common,
    ]


def test_a_list_of_the_first_format_is_read_and_goes_on(home: Path) -> None:
    home.mkdir()
    path = str(Path(written("a.txt")).resolve())
    first: dict[str, object] = {"kind": "file", "location": path, "extensions": [], "shape": None, "added": 1.5}
    content = {"format": 1, "corpora": {"a": first}}
    (home / "corpora.json").write_bytes(msgspec.json.encode(content))
    assert catalogue.load("a").notes == ()
    assert [(item.spec, item.changed) for item in catalogue.groups()[-1].items] == [("a", False)]
    mine.paste(WORDS, "b")
    assert list(mine.all_mine()) == ["a", "b"]


@posix
@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="nothing is forbidden to this user")
def test_a_home_that_can_not_be_written_is_told(home: Path) -> None:
    written("a.txt")
    home.mkdir(mode=0o500)
    assert "permission" in refusal("a.txt")


def test_a_home_that_is_a_file_is_told(home: Path) -> None:
    home.write_text("in the way", encoding="utf-8")
    with pytest.raises(UserError, match="can't be used"):
        mine.paste(WORDS)


def _paste_many(names: Sequence[str]) -> None:
    for name in names:
        mine.paste(WORDS, name)


def test_what_several_processes_add_at_once_is_all_kept() -> None:
    spawn = multiprocessing.get_context("spawn")
    names = [[f"{letter}{number}" for number in range(5)] for letter in "abc"]
    processes = [spawn.Process(target=_paste_many, args=(some,)) for some in names]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert sorted(mine.all_mine()) == sorted(name for some in names for name in some)


@given(place=st.text(min_size=1, max_size=30))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_place_is_more_than_a_sentence(place: str, here: Path) -> None:
    with suppress(UserError):
        mine.add(place)
