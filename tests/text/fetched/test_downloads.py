"""The catalogue's downloads: what is kept is what the catalogue says, whatever a server sends."""

import hashlib
import io
import re
import struct
import threading
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rnnplay import places
from rnnplay.errors import UserError
from rnnplay.text import catalogue, shipped
from rnnplay.text.fetched import downloads
from rnnplay.text.fetched.fetching import Arrived
from rnnplay.text.own import mine
from tests.text.fetched import served

WORDS = b"to be fetched or not to be fetched\n" * 300
OTHER = b"to be changed or not to be changed\n" * 300
LONG = WORDS * 40


def packed(name: str = "words", content: bytes = WORDS, method: int = zipfile.ZIP_DEFLATED, times: int = 1) -> bytes:
    """Return a zip archive with one member."""
    file = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(file, "w", method) as archive:
        for _ in range(times):
            archive.writestr(name, content)
    return file.getvalue()


def lying(archive: bytes, size: int) -> bytes:
    """Return an archive whose directory says that its member is of another size."""
    place = archive.index(b"PK\x01\x02")
    return archive[: place + 24] + struct.pack("<I", size) + archive[place + 28 :]


def locked(archive: bytes) -> bytes:
    """Return an archive that says that its member needs a password."""
    place = archive.index(b"PK\x01\x02")
    return archive[: place + 8] + b"\x01" + archive[place + 9 :]


def in_method(archive: bytes, method: int) -> bytes:
    """Return an archive that says that its member is packed in another way."""
    place = archive.index(b"PK\x01\x02")
    archive = archive[: place + 10] + struct.pack("<H", method) + archive[place + 12 :]
    return archive[:8] + struct.pack("<H", method) + archive[10:]


ARCHIVES = {
    "words.zip": packed(),
    "bomb.zip": packed(content=b"\0" * 50_000_000),
    "lying-bomb.zip": lying(packed(content=b"\0" * 50_000_000), len(WORDS)),
    "longer.zip": lying(packed(content=WORDS + b"!"), len(WORDS)),
    "shorter.zip": lying(packed(content=WORDS[:-1]), len(WORDS)),
    "other.zip": packed("other"),
    "outside.zip": packed("../words"),
    "twice.zip": packed(times=2),
    "wrong.zip": packed(content=OTHER),
    "locked.zip": locked(packed()),
    "strange.zip": in_method(packed(), 97),
    "greedy.zip": packed(method=zipfile.ZIP_LZMA),
    "damaged.zip": packed()[:60] + b"\xff" * 8 + packed()[68:],
    "torn.zip": packed()[:-30],
    "no.zip": b"this is no archive at all",
}


@pytest.fixture
def away(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[served.Server]:
    """A server, and a catalogue of texts that it has."""
    for name in ("http_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    routes = {
        "/words.txt": served.sends(WORDS),
        "/long.txt": served.sends(LONG),
        "/other.txt": served.sends(OTHER),
        "/short.txt": served.sends_unannounced(WORDS[:-1]),
        "/torn.txt": served.breaks_off(WORDS[:-1], len(WORDS)),
        "/longer.txt": served.sends_unannounced(WORDS + b"!"),
        "/endless.txt": served.never_ends,
        "/dripping.txt": served.drips,
        "/silent.txt": served.falls_silent,
        "/moved.txt": served.leads_to("/words.txt"),
        "/astray.txt": served.leads_to("/other.txt"),
    }
    archives = {f"/{name}": served.sends(content) for name, content in ARCHIVES.items()}
    with served.serving(routes | archives) as server:
        folder = home.parent / "package" / "_shipped" / "corpora"
        folder.mkdir(parents=True)
        (folder / "catalogue.toml").write_text("".join(_rows(server)), encoding="utf-8")
        monkeypatch.setattr(places, "PACKAGE", home.parent / "package")
        shipped.table.cache_clear()
        yield server
    shipped.table.cache_clear()


def _rows(server: served.Server) -> Iterator[str]:
    for path in server.routes:
        name, _, ending = path.removeprefix("/").partition(".")
        archive = ending == "zip"
        expected = ARCHIVES[f"{name}.zip"] if archive else LONG if name == "long" else WORDS
        row = f"""[{name}{"-zip" if archive else ""}]
            kind = "download"
            about = "Words"
            good_for = "Trying"
            download.url = "{server.address(path)}"
            download.bytes = {len(expected)}
            download.sha256 = "{hashlib.sha256(expected).hexdigest()}"
            download.licence = "ours"
        """
        if archive:
            row += f"""    download.member = "words"
            download.unpacked_bytes = {len(WORDS)}
            download.unpacked_sha256 = "{hashlib.sha256(WORDS).hexdigest()}"
        """
        yield row.replace("            ", "") + "\n"


def fetched(name: str) -> list[Arrived]:
    return list(downloads.fetch(name))


def kept(home: Path) -> list[str]:
    """Return what lies in the folder of downloads, but for the locks."""
    return sorted(path.name for path in (home / "downloads").glob("*") if not path.name.endswith(".lock"))


def refusal(what: Callable[[], object]) -> str:
    with pytest.raises(UserError) as refused:
        what()
    sentence = str(refused.value)
    assert "\n" not in sentence
    assert sentence.endswith((".", "?"))
    return sentence


# The catalogue as it ships


@pytest.mark.parametrize("name", sorted(downloads.known()))
def test_an_entry_says_all_that_protects_it(name: str) -> None:
    entry = downloads.known()[name]
    assert entry.url.startswith("https://")
    assert re.fullmatch("[0-9a-f]{64}", entry.text_sha256)
    assert re.fullmatch("[0-9a-f]{64}", entry.sha256)
    assert 0 < entry.bytes <= entry.text_bytes
    assert (entry.member is not None) == entry.url.endswith(".zip")
    assert entry.licence


def test_tiny_shakespeare_and_names_are_there() -> None:
    assert {"tinyshakespeare", "names", "text8", "enwik8"} <= set(downloads.known())


# Fetching


@pytest.mark.parametrize("name", ["words", "words-zip", "moved"])
def test_a_download_is_fetched_kept_and_read(name: str, away: served.Server, home: Path) -> None:
    told = fetched(name)
    assert kept(home) == [f"{name}.txt"]
    corpus = catalogue.load(name)
    assert corpus.text().encode() == WORDS
    assert (corpus.provenance.kind, corpus.provenance.name, corpus.provenance.location) == ("download", name, None)
    assert told[-1].bytes == told[-1].total


def test_how_far_it_is_only_grows(away: served.Server) -> None:
    counts = [progress.bytes for progress in downloads.fetch("long") if progress.words == "fetching"]
    assert counts == sorted(counts)
    assert counts[-1] == len(LONG)


def test_what_is_there_is_not_fetched_again(away: served.Server) -> None:
    fetched("words")
    assert [progress.words for progress in fetched("words")] == ["already there"]
    assert away.asked == ["/words.txt"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("other", "It was deleted"),
        ("short", "It was deleted"),
        ("astray", "It was deleted"),
        ("torn", "broke off"),
        ("longer", f"longer than {len(WORDS):,} bytes"),
        ("endless", f"longer than {len(WORDS):,} bytes"),
        ("bomb-zip", "has 50,000,000 bytes, not"),
        ("lying-bomb-zip", "archive"),
        ("longer-zip", "archive"),
        ("shorter-zip", "archive"),
        ("other-zip", "no single file 'words'"),
        ("outside-zip", "no single file 'words'"),
        ("twice-zip", "no single file 'words'"),
        ("wrong-zip", "something else"),
        ("locked-zip", "archive is damaged or packed"),
        ("strange-zip", "packed in a way that isn't unpacked here"),
        ("greedy-zip", "packed in a way that isn't unpacked here"),
        ("damaged-zip", "archive is damaged or packed"),
        ("torn-zip", "archive is damaged or packed"),
        ("no-zip", "archive is damaged or packed"),
    ],
)
def test_what_is_not_the_text_is_told_and_not_kept(name: str, told: str, away: served.Server, home: Path) -> None:
    assert told in refusal(lambda: fetched(name))
    assert kept(home) == []
    assert not list(home.parent.rglob("words"))


def test_a_wrong_text_is_told_with_both_hashes(away: served.Server) -> None:
    sentence = refusal(lambda: fetched("other"))
    assert {hashlib.sha256(text).hexdigest() for text in (WORDS, OTHER)} == {*re.findall("[0-9a-f]{64}", sentence)}


def test_no_more_of_a_bomb_is_written_than_the_text_has(away: served.Server, home: Path) -> None:
    seen = [0]

    def watched() -> None:
        for _ in downloads.fetch("lying-bomb-zip"):
            seen.extend(path.stat().st_size for path in (home / "downloads").glob(".*.part"))

    with pytest.raises(UserError):
        watched()
    assert max(seen) <= max(len(WORDS), len(ARCHIVES["lying-bomb.zip"]))


@pytest.mark.parametrize("name", ["silent", "dripping"])
def test_closing_the_generator_leaves_nothing(name: str, away: served.Server, home: Path) -> None:
    steps = downloads.fetch(name)
    next(steps)
    steps.close()
    assert kept(home) == []
    fetched("words")
    assert kept(home) == ["words.txt"]


def test_one_that_was_cancelled_can_be_fetched(away: served.Server, home: Path) -> None:
    steps = downloads.fetch("long")
    next(steps)
    steps.close()
    fetched("long")
    assert catalogue.load("long").text().encode() == LONG


def test_several_at_once_fetch_it_once(away: served.Server, home: Path) -> None:
    told: list[list[Arrived]] = []
    threads = [threading.Thread(target=lambda: told.append(fetched("long"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert away.asked == ["/long.txt"]
    assert len(told) == 4
    assert kept(home) == ["long.txt"]


def test_one_that_waits_says_so_and_can_be_cancelled(away: served.Server) -> None:
    first, second = downloads.fetch("dripping"), downloads.fetch("dripping")
    next(first)
    assert next(second).words.startswith("waiting")
    second.close()
    first.close()


def test_a_full_disk_is_told(away: served.Server, home: Path) -> None:
    home.mkdir()
    (home / "downloads").write_text("in the way", encoding="utf-8")
    assert "can't be used" in refusal(lambda: fetched("words"))


@pytest.mark.parametrize("name", ["nosuch", "wrods", "../words", ""])
def test_an_unknown_download_is_told(name: str, away: served.Server) -> None:
    assert "no download" in refusal(lambda: fetched(name))


def test_a_near_name_is_suggested(away: served.Server) -> None:
    assert "Did you mean 'words'" in refusal(lambda: fetched("wrods"))


def test_what_ships_needs_no_fetching(home: Path) -> None:
    assert "needs no fetching" in refusal(lambda: fetched("play"))


# A local copy


@pytest.mark.parametrize("name", ["words", "words-zip"])
def test_a_local_copy_is_taken_in(name: str, away: served.Server, home: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.txt"
    copy.write_bytes(WORDS)
    assert mine.add(str(copy), name=name) == name
    assert copy.read_bytes() == WORDS
    assert catalogue.load(name).provenance.kind == "download"
    assert mine.all_mine() == {}
    assert away.asked == []


def test_a_local_archive_is_taken_in(away: served.Server, tmp_path: Path) -> None:
    copy = tmp_path / "copy.zip"
    copy.write_bytes(ARCHIVES["words.zip"])
    downloads.adopt("words-zip", str(copy))
    assert catalogue.load("words-zip").text().encode() == WORDS


def test_another_file_is_not_taken_in(away: served.Server, home: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.txt"
    copy.write_bytes(OTHER)
    sentence = refusal(lambda: mine.add(str(copy), name="words"))
    assert {hashlib.sha256(text).hexdigest() for text in (WORDS, OTHER)} == {*re.findall("[0-9a-f]{64}", sentence)}
    assert kept(home) == []


@pytest.mark.parametrize("place", ["nosuch.txt", "."])
def test_what_is_no_file_is_not_taken_in(place: str, away: served.Server, home: Path) -> None:
    assert "is not a file" in refusal(lambda: downloads.adopt("words", place))


# What is kept


def test_one_that_is_not_there_is_told_with_the_way_to_it(away: served.Server) -> None:
    sentence = refusal(lambda: catalogue.load("words"))
    assert "'rnnplay corpora fetch words'" in sentence
    assert "10.5 kB" in sentence


def test_one_that_was_changed_is_told_and_fetched_anew(away: served.Server, home: Path) -> None:
    fetched("words")
    downloads.file_of("words").write_bytes(OTHER)
    assert "has changed since it was fetched" in refusal(lambda: catalogue.load("words"))
    fetched("words")
    assert catalogue.load("words").text().encode() == WORDS
    assert [path.read_bytes() for path in (home / "trash").iterdir()] == [OTHER]


def test_a_run_reads_it_again_or_is_told_why_not(away: served.Server) -> None:
    fetched("words")
    corpus = catalogue.load("words")
    assert catalogue.reload(corpus.provenance, corpus.shape).text() == corpus.text()
    downloads.remove("words")
    assert "'rnnplay corpora fetch words'" in refusal(lambda: catalogue.reload(corpus.provenance, corpus.shape))


def test_a_removed_one_lies_in_the_trash(away: served.Server, home: Path) -> None:
    fetched("words")
    downloads.remove("words")
    assert kept(home) == []
    assert [path.read_bytes() for path in (home / "trash").iterdir()] == [WORDS]
    assert "nothing to remove" in refusal(lambda: downloads.remove("words"))


def test_the_list_tells_which_are_there_without_reading(away: served.Server) -> None:
    fetched("words")
    fetched("words-zip")
    fetched("moved")
    downloads.file_of("moved").write_bytes(WORDS[:-1])
    group = next(group for group in catalogue.groups() if group.kind == "download")
    missing = {item.spec: item.missing for item in group.items}
    assert (missing["words"], missing["words-zip"]) == ("", "")
    assert missing["moved"] == "changed since it was fetched"
    assert missing["long"] == "not fetched yet: 0.4 MB"
    assert {item.size for item in group.items if item.spec.endswith("-zip")} == {len(WORDS)}
