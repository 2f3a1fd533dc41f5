"""Files, folders, globs and pipes, the hostile ones too: each works or is refused in one sentence that names it."""

import io
import os
import socket
import stat
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest

from rnnplay import places
from rnnplay.errors import UserError
from rnnplay.text.catalogue import reload
from rnnplay.text.corpus import Corpus
from rnnplay.text.sources import from_place, from_stdin, from_text

WORDS = "Some words of my own.\n"

posix = pytest.mark.skipif(os.name != "posix", reason="a file of a kind that only POSIX knows")
not_root = pytest.mark.skipif(
    os.name != "posix" or os.geteuid() == 0, reason="nothing is forbidden to this user, or not in this way"
)


@pytest.fixture(autouse=True)
def here(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder beside the data folder."""
    folder = home.parent / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def mapped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every text counts as large."""
    monkeypatch.setattr("rnnplay.text.encoding.MAPPED_FROM", 1)


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file may grow beyond 64 KiB, which is told as a full disk is."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def written(name: str, content: str | bytes = WORDS) -> str:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return name


def refusal(place: str, extensions: Sequence[str] = ()) -> str:
    """Return the sentence with which a place is refused; it names the place."""
    with pytest.raises(UserError) as refused:
        from_place(place, extensions=extensions).split(0.1)
    sentence = str(refused.value)
    assert place in sentence or Path(place).stem in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def noise(size: int = 1 << 14) -> bytes:
    return np.random.default_rng(5).bytes(size)


# A file


def test_a_file_is_read() -> None:
    assert from_place(written("mine.txt")).text() == WORDS


def test_a_file_gives_the_corpus_its_name() -> None:
    assert from_place(written("mine.txt")).name == "mine"


def test_where_a_file_is_is_kept_in_full(here: Path) -> None:
    assert from_place(written("mine.txt")).provenance.location == str(here / "mine.txt")


def test_one_line_is_a_text() -> None:
    assert from_place(written("line.txt", "one line and no more")).line_count == 1


def test_one_distinct_character_is_a_text() -> None:
    assert from_place(written("x.txt", "x" * 100)).alphabet == ("x",)


def test_one_character_is_too_short() -> None:
    assert "too short" in refusal(written("x.txt", "x"))


def test_an_empty_file_is_refused() -> None:
    assert "is empty" in refusal(written("empty.txt", ""))


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf", b"\0", b"\x1b", b"\xff\xfe", b"\xef\xbf\xbd"])
def test_a_file_of_which_nothing_stays_is_refused(content: bytes) -> None:
    assert refusal(written("nothing.txt", content))


def test_a_program_is_refused() -> None:
    assert "doesn't look like text" in refusal(written("program", noise()))


def test_a_file_of_zeros_is_refused() -> None:
    Path("zeros").touch()
    os.truncate("zeros", 1 << 24)
    assert "doesn't look like text" in refusal("zeros")


@pytest.mark.parametrize("name", ["with spaces.txt", "[1] brackets.txt", "-dash.txt", "--", "né.txt", "it's.txt"])
def test_a_file_is_read_whatever_its_name(name: str) -> None:
    assert from_place(written(name)).text() == WORDS


@posix
@pytest.mark.parametrize("name", ["star*.txt", "que?stion", 'quo"te', "new\nline", "\x1b[2J"])
def test_a_file_is_read_whatever_its_name_on_posix(name: str) -> None:
    assert from_place(written(name)).text() == WORDS


@pytest.mark.parametrize("name", ["[1] brackets.txt", "-dash.txt"])
def test_a_file_is_read_again_whatever_its_name(name: str) -> None:
    corpus = from_place(written(name))
    assert reload(corpus.provenance, corpus.shape).text() == WORDS


def test_a_file_whose_name_begins_with_a_tilde_is_read() -> None:
    assert from_place(written("~draft.txt")).text() == WORDS


def test_the_home_of_nobody_is_refused() -> None:
    assert refusal("~nobody-of-this-name/text.txt")


def test_a_tilde_is_the_home(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(here))
    monkeypatch.setenv("USERPROFILE", str(here))
    written("mine.txt")
    assert from_place("~/mine.txt").text() == WORDS


@posix
@pytest.mark.skipif(sys.platform == "darwin", reason="macOS refuses such names")
def test_a_file_whose_name_is_not_utf_8_can_be_written_into_a_run() -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    corpus = from_place(written(name))
    kept = msgspec.json.decode(msgspec.json.encode(corpus.provenance), type=type(corpus.provenance))
    assert reload(kept, corpus.shape).text() == WORDS


def test_a_file_that_is_not_there_is_refused() -> None:
    assert "is not a file" in refusal("nowhere.txt")


def test_a_place_below_a_file_is_refused() -> None:
    assert refusal(str(Path(written("mine.txt"), "below")))


def test_a_name_longer_than_any_file_s_is_refused() -> None:
    assert refusal("once upon a time " * 30)


def test_a_name_with_a_nul_is_refused() -> None:
    with pytest.raises(UserError):
        from_place("mine\0.txt")


@not_root
def test_a_file_without_permission_is_refused() -> None:
    Path(written("locked.txt")).chmod(0)
    assert "no permission" in refusal("locked.txt")


@not_root
def test_a_folder_without_permission_is_refused() -> None:
    Path("locked").mkdir(mode=0)
    assert refusal("locked")


@not_root
def test_a_file_in_a_folder_without_permission_is_refused() -> None:
    Path("locked").mkdir(mode=0)
    assert "no permission" in refusal("locked/mine.txt")


# What isn't a file


@posix
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/random"])
def test_a_device_is_refused(device: str) -> None:
    if not (Path(device).exists() and stat.S_ISCHR(Path(device).stat().st_mode)):
        pytest.skip("no such device here")
    assert "is a device" in refusal(device)


@posix
def test_a_pipe_with_a_name_is_refused_with_a_way_out() -> None:
    os.mkfifo("pipe")
    assert "standard input" in refusal("pipe")


@posix
def test_a_socket_is_refused(here: Path) -> None:
    with socket.socket(socket.AF_UNIX) as door:
        try:
            door.bind("door")
        except OSError:
            pytest.skip(f"no socket can stand in {here}")
        assert refusal("door")


@posix
def test_a_link_that_leads_to_itself_is_refused() -> None:
    Path("loop").symlink_to("loop")
    assert refusal("loop")


@posix
def test_a_link_that_leads_nowhere_is_refused() -> None:
    Path("broken").symlink_to("gone")
    assert "is not a file" in refusal("broken")


@posix
def test_a_link_to_a_text_is_read() -> None:
    Path("link").symlink_to(written("mine.txt"))
    assert from_place("link").text() == WORDS


# A folder


def test_the_files_of_a_folder_are_read_in_order_of_their_names() -> None:
    for name in ("b", "c", "a"):
        written(f"books/{name}.txt", f"{name}\n")
    assert from_place("books").text() == "a\nb\nc\n"


def test_a_folder_is_read_to_its_depth() -> None:
    written("books/old/very/deep.txt")
    assert from_place("books").text() == WORDS


def test_a_newline_stands_between_files_that_have_none() -> None:
    written("books/1", "one")
    written("books/2", "two")
    assert from_place("books").text() == "one\ntwo"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_no_newline_is_added_where_there_is_one(end: str) -> None:
    written("books/1", f"the first line{end}")
    written("books/2", "two")
    assert from_place("books").text() == "the first line\ntwo"


def test_an_empty_file_adds_nothing_to_a_folder() -> None:
    written("books/1", "one\n")
    written("books/2", "")
    written("books/3", "three\n")
    assert from_place("books").text() == "one\nthree\n"


def test_marks_at_the_beginning_of_files_are_taken_away() -> None:
    written("books/1", b"\xef\xbb\xbfone\n")
    written("books/2", "two\n".encode("utf-16"))
    assert from_place("books").text() == "one\ntwo\n"


def test_hidden_files_are_passed_over() -> None:
    written("books/kept.txt")
    written("books/.hidden.txt", "not this")
    assert from_place("books").text() == WORDS


def test_hidden_folders_are_passed_over() -> None:
    written("books/kept.txt")
    written("books/.git/config", "not this")
    assert from_place("books").text() == WORDS


def test_a_hidden_folder_that_was_asked_for_is_read() -> None:
    written(".books/kept.txt")
    assert from_place(".books").text() == WORDS


def test_a_folder_with_a_bracket_in_its_name_is_read() -> None:
    written("books [old]/kept.txt")
    assert from_place("books [old]").text() == WORDS


def test_the_working_folder_gives_the_corpus_its_own_name(here: Path) -> None:
    written("kept.txt")
    assert from_place(".").name == here.name


def test_a_folder_without_a_file_is_refused() -> None:
    Path("books").mkdir()
    assert "holds no file" in refusal("books")


def test_a_folder_with_binaries_alone_is_refused() -> None:
    written("books/picture", noise())
    assert "no text" in refusal("books")


def test_binaries_among_texts_are_left_out() -> None:
    written("books/1.txt")
    written("books/2.png", noise())
    assert from_place("books").text() == WORDS


def test_binaries_that_were_left_out_are_told() -> None:
    written("books/1.txt")
    written("books/2.png", noise())
    written("books/3.png", noise())
    assert from_place("books").notes == ("2 files that don't look like text were left out.",)


@posix
def test_pipes_and_broken_links_in_a_folder_are_passed_over() -> None:
    written("books/1.txt")
    os.mkfifo("books/pipe")
    Path("books/broken").symlink_to("gone")
    assert from_place("books").text() == WORDS


@posix
def test_a_folder_that_links_to_itself_is_read_once() -> None:
    written("books/1.txt")
    Path("books/again").symlink_to(".", target_is_directory=True)
    assert from_place("books").text() == WORDS


@pytest.mark.parametrize("extension", ["md", ".md"])
def test_a_filter_takes_only_files_that_end_so(extension: str) -> None:
    written("books/1.md", "kept\n")
    written("books/2.txt", "not kept\n")
    written("books/3md", "not kept\n")
    assert from_place("books", extensions=[extension]).text() == "kept\n"


def test_a_filter_may_have_several_ends() -> None:
    for name in ("1.md", "2.txt", "3.py"):
        written(f"books/{name}", f"{name}\n")
    assert from_place("books", extensions=["md", "py"]).text() == "1.md\n3.py\n"


def test_a_filter_that_nothing_passes_is_named() -> None:
    written("books/1.md")
    assert ".rst or .tex" in refusal("books", extensions=["rst", ".tex"])


# A glob


def test_a_glob_takes_what_it_matches_in_order() -> None:
    for name in ("b.txt", "a.txt", "c.md"):
        written(name, f"{name}\n")
    assert from_place("*.txt").text() == "a.txt\nb.txt\n"


def test_a_glob_reaches_into_folders() -> None:
    written("one/two/deep.txt")
    assert from_place("**/*.txt").text() == WORDS


def test_a_glob_from_the_root_is_read(here: Path) -> None:
    written("mine.txt")
    assert from_place(str(here / "*.txt")).text() == WORDS


def test_a_glob_takes_a_filter() -> None:
    written("a1.md", "kept")
    written("a2.txt", "not kept")
    assert from_place("a*", extensions=["md"]).text() == "kept"


def test_a_glob_passes_over_folders() -> None:
    written("a1.txt")
    written("a2/below.txt", "not this")
    assert from_place("a*").text() == WORDS


@pytest.mark.parametrize("pattern", ["*.nothing", "[", "[!", "**/none"])
def test_a_glob_that_matches_nothing_is_refused(pattern: str) -> None:
    assert "holds no file" in refusal(pattern)


def test_a_glob_is_refused_where_only_binaries_match() -> None:
    written("a.bin", noise())
    assert "no text" in refusal("*.bin")


def test_a_file_that_a_glob_finds_twice_is_read_once() -> None:
    written("one/two/deep.txt")
    assert from_place("**/**/*.txt").text() == WORDS


# Standard input


class Terminal(io.BytesIO):
    """Standard input that nobody has piped anything into."""

    def isatty(self) -> bool:
        """Tell that someone sits there."""
        return True


def test_standard_input_is_read() -> None:
    assert from_stdin(stream=io.BytesIO(WORDS.encode())).text() == WORDS


def test_standard_input_is_decoded_as_a_file_is() -> None:
    assert from_stdin(stream=io.BytesIO("one\r\ntwo".encode("utf-16"))).text() == "one\ntwo"


def test_standard_input_has_the_hash_of_a_file_with_that_text() -> None:
    piped = from_stdin(stream=io.BytesIO(WORDS.encode()))
    assert piped.provenance.sha256 == from_place(written("mine.txt")).provenance.sha256


def test_standard_input_takes_a_shape() -> None:
    assert from_stdin(stream=io.BytesIO(b"one\ntwo\n"), shape="lines").shape == "lines"


@pytest.mark.parametrize(
    ("stream", "told"),
    [
        (io.BytesIO(b""), "Standard input is empty"),
        (io.BytesIO(b"\xef\xbb\xbf"), "Standard input is empty"),
        (io.BytesIO(noise()), "'standard input' can't be used"),
        (Terminal(b"typed"), "nothing is piped in"),
    ],
    ids=["empty", "only a mark", "binary", "terminal"],
)
def test_standard_input_without_a_text_is_refused(stream: io.BytesIO, told: str) -> None:
    with pytest.raises(UserError, match=told):
        from_stdin(stream=stream)


def test_standard_input_that_is_closed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(UserError):
        from_stdin()


# A string


@pytest.mark.parametrize("text", ["", "\ufeff", "\0\0", "\ud800"])
def test_a_string_of_which_nothing_stays_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="'mine' is empty"):
        from_text(text, "mine")


# The cache


@pytest.mark.usefixtures("mapped")
def test_a_copy_that_was_cut_short_is_made_again() -> None:
    from_place(written("mine.txt", WORDS * 9))
    for copy in places.cache_folder().glob("*.ids"):
        os.truncate(copy, 3)
    assert from_place("mine.txt").text() == WORDS * 9


@pytest.mark.usefixtures("mapped")
@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"[]", b"\xff"])
def test_a_copy_with_a_spoilt_card_is_made_again(content: bytes) -> None:
    from_place(written("mine.txt"))
    for card in places.cache_folder().glob("*.json"):
        card.write_bytes(content)
    assert from_place("mine.txt").text() == WORDS


@pytest.mark.usefixtures("mapped")
def test_what_was_noted_of_a_large_text_is_noted_again_from_its_copy() -> None:
    written("mine.txt", WORDS * 9 + "\0")
    assert from_place("mine.txt").notes == from_place("mine.txt").notes != ()


@pytest.mark.usefixtures("mapped")
def test_texts_that_differ_in_one_byte_are_not_taken_for_one_another() -> None:
    first, second = (from_place(written("mine.txt", text)).text() for text in ("one text", "One text"))
    assert (first, second) == ("one text", "One text")


@pytest.mark.usefixtures("mapped")
def test_files_that_share_their_bytes_otherwise_are_not_taken_for_one_another() -> None:
    written("a/1", "one\n")
    written("a/2", "two\n")
    written("b/1", "one\ntwo\n")
    written("b/2", "three\n")
    written("c/1", "one\n")
    written("c/2", "two\nthree\n")
    assert [from_place(folder).text() for folder in "abc"] == ["one\ntwo\n", *["one\ntwo\nthree\n"] * 2]


@pytest.mark.usefixtures("mapped")
def test_a_large_text_leaves_nothing_unfinished_in_the_cache() -> None:
    from_place(written("mine.txt"))
    assert sorted(path.suffix for path in places.cache_folder().iterdir()) == [".ids", ".json"]


@pytest.mark.usefixtures("mapped")
def test_a_large_file_that_is_no_text_leaves_nothing_in_the_cache() -> None:
    refusal(written("program", noise()))
    assert not places.cache_folder().exists() or not list(places.cache_folder().iterdir())


@pytest.mark.usefixtures("mapped")
def test_a_large_text_is_read_where_there_can_be_no_cache(home: Path) -> None:
    home.write_text("a file stands where the data folder should be")
    corpus = from_place(written("mine.txt"))
    assert corpus.text() == WORDS
    assert [note for note in corpus.notes if str(places.cache_folder()) in note and "in memory" in note]


def test_standard_input_is_read_where_there_can_be_no_cache(home: Path) -> None:
    home.write_text("a file stands where the data folder should be")
    assert from_stdin(stream=io.BytesIO(WORDS.encode())).text() == WORDS


@pytest.mark.usefixtures("mapped")
@pytest.mark.parametrize("characters", ["a\n", "ab", "a\u20ac", "\U0001f600b"])
def test_a_large_text_is_read_where_the_cache_s_disk_is_full(characters: str, request: pytest.FixtureRequest) -> None:
    text = characters * 1_000_000  # of one, two and four bytes a character; several pieces
    written("mine.txt", text)
    request.getfixturevalue("full_disk")
    corpus = from_place("mine.txt")
    assert corpus.text() == text
    assert [note for note in corpus.notes if "the disk is full" in note and "in memory" in note]
    assert not list(places.cache_folder().iterdir())


@pytest.mark.usefixtures("mapped")
def test_a_large_text_is_read_where_only_its_ids_find_no_room(request: pytest.FixtureRequest) -> None:
    text = "".join(map(chr, range(0x4000, 0x4000 + 300))) * 40  # two bytes a character
    written("mine.txt", text)
    request.getfixturevalue("full_disk")
    resource = pytest.importorskip("resource")
    for limit in (0, 1_000, 23_999, 24_000):  # the ids have 24,000 bytes
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        corpus = from_place("mine.txt")
        assert corpus.text() == text
        assert any("in memory" in note for note in corpus.notes) == (limit < 24_000)


@posix
@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_is_told_in_a_sentence_for_standard_input_too() -> None:
    with pytest.raises(UserError, match="the disk is full"):
        from_stdin(stream=io.BytesIO(WORDS.encode() * 10_000))


@pytest.mark.usefixtures("mapped")
def test_every_file_is_closed() -> None:
    written("mine.txt")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        from_place("mine.txt")
    assert not [warning for warning in told if issubclass(warning.category, ResourceWarning)]


# Several at once


READ = """
import sys
from rnnplay.text import encoding, sources
encoding.MAPPED_FROM = 1
sys.stdin.readline()
print(sources.from_place("mine.txt").provenance.sha256)
"""


def test_several_processes_read_one_large_text_at_once() -> None:
    written("mine.txt", WORDS * 20_000)
    readers = [
        subprocess.Popen([sys.executable, "-c", READ], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for reader in readers:
        assert reader.stdin is not None
        reader.stdin.write("go\n")
        reader.stdin.flush()
    found = {reader.communicate()[0].strip() for reader in readers}
    assert found == {from_place("mine.txt").provenance.sha256}


@pytest.mark.usefixtures("mapped")
def test_several_threads_read_one_large_text_at_once() -> None:
    found: list[Corpus | Exception] = []

    def read() -> None:
        try:
            found.append(from_place("mine.txt"))
        except Exception as error:
            found.append(error)

    for attempt in range(10):
        written("mine.txt", f"{attempt} {WORDS}" * 5000)
        readers = [threading.Thread(target=read) for _ in range(4)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
    assert [error for error in found if isinstance(error, Exception)] == []
