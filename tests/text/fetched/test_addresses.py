"""Texts from an address: fetched whole and kept, or refused in a sentence with nothing left."""

import hashlib
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rnnplay.errors import UserError
from rnnplay.text import catalogue
from rnnplay.text.fetched import fetching
from rnnplay.text.own import mine
from tests.text.fetched import served

WORDS = b"Some words from far away, and some more.\n"

AWAY = {
    "/letters.txt": served.sends(WORDS),
    "/unannounced.txt": served.sends_unannounced(WORDS),
    "/": served.sends(WORDS),
    "/a%20b%2Fc.txt?x=1": served.sends(WORDS),
    "/wide.txt": served.sends("déjà vu\r\n".encode("utf-16")),
    "/page.txt": served.sends(b"\n\n<!DOCTYPE html>\n<html><body>Not the file, but a page around it.</body></html>"),
    "/nothing.txt": served.sends(b""),
    "/picture.png": served.sends(bytes(range(256)) * 50),
    "/short.txt": served.breaks_off(WORDS, 1000),
    "/endless.txt": served.never_ends,
    "/huge.txt": served.breaks_off(WORDS, 10**12),
    "/dripping.txt": served.drips,
    "/chunks.txt": served.drips_in_chunks,
    "/head.txt": served.drips_its_head,
    "/continues.txt": served.continues,
    "/trailers.txt": served.drips_trailers,
    "/silent.txt": served.falls_silent,
    "/mute.txt": served.says_nothing,
    "/locked.txt": served.answers(403),
    "/broken.txt": served.answers(500),
    "/empty.txt": served.answers(204),
    "/strange.txt": served.answers(299),
    "/packed.txt": served.answers(200, Content_Encoding="gzip"),
    "/moved.txt": served.leads_to("/letters.txt"),
    "/moved-for-good.txt": served.leads_to("letters.txt", 308),
    "/circle.txt": served.leads_to("/circle.txt"),
    "/one.txt": served.leads_to("/two.txt"),
    "/two.txt": served.leads_to("/one.txt"),
    "/file.txt": served.leads_to("file:///etc/hostname"),
    "/ftp.txt": served.leads_to("ftp://127.0.0.1/letters.txt"),
    "/secret.txt": served.leads_to("http://someone:secret@127.0.0.1/letters.txt"),
    "/nowhere.txt": served.leads_to("http://127.0.0.2:1/letters.txt"),
    "/senseless.txt": served.leads_to("http://[::1/letters.txt"),
    "/undecided.txt": served.answers(200, content_length=7),
}


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def away(home: Path) -> Iterator[served.Server]:
    """A server beside an empty data folder."""
    with served.serving(AWAY) as server:
        yield server


def added(url: str, sha256: str | None = None, name: str | None = None) -> str:
    """Fetch to the end and return the name."""
    steps = mine.from_address(url, sha256, None, name)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return str(end.value)


def refusal(url: str, home: Path, sha256: str | None = None, name: str | None = None) -> str:
    """Return the sentence with which an address is refused; nothing is left of it."""
    with pytest.raises(UserError) as refused:
        added(url, sha256, name)
    assert kept(home) == []
    assert mine.all_mine() == {}
    sentence = str(refused.value)
    assert "\n" not in sentence
    assert sentence.endswith((".", "?"))
    return sentence


def kept(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "texts").glob("*")) if home.exists() else []


# What can be fetched


@pytest.mark.parametrize("path", ["/letters.txt", "/unannounced.txt", "/moved.txt", "/moved-for-good.txt"])
def test_a_text_is_fetched_and_read_by_its_name(path: str, away: served.Server, home: Path) -> None:
    name = added(away.address(path))
    assert name == Path(path).stem
    assert catalogue.load(name).text().encode() == WORDS
    assert kept(home) == [f"{name}.txt"]


def test_where_it_came_from_and_what_came_is_recorded(away: served.Server) -> None:
    url = away.address("/letters.txt")
    added(url)
    own = mine.all_mine()["letters"]
    assert (own.kind, own.url, own.location) == ("url", url, None)
    assert own.fetched_sha256 == own.sha256 == hashlib.sha256(WORDS).hexdigest()


def test_what_came_is_kept_as_it_came(away: served.Server) -> None:
    name = added(away.address("/wide.txt"))
    assert mine.pasted_file(name).read_bytes() == "déjà vu\r\n".encode("utf-16")
    assert catalogue.load(name).text() == "déjà vu\n"
    assert mine.all_mine()[name].sha256 == catalogue.load(name).provenance.sha256


@pytest.mark.parametrize(("path", "name"), [("/", "127.0.0.1"), ("/a%20b%2Fc.txt?x=1", "c")])
def test_a_name_is_made_from_the_address(path: str, name: str, away: served.Server) -> None:
    assert added(away.address(path)) == name


def test_a_name_may_be_chosen(away: served.Server) -> None:
    assert added(away.address("/letters.txt"), name="far") == "far"


def test_a_name_that_is_taken_is_refused_before_anything_is_fetched(away: served.Server, home: Path) -> None:
    assert "already" in refusal(away.address("/letters.txt"), home, name="play")
    assert "but 'a-b' would be" in refusal(away.address("/letters.txt"), home, name="a b")
    assert away.asked == []


def test_the_same_address_again_keeps_its_name_and_loses_nothing(away: served.Server, home: Path) -> None:
    name = added(away.address("/letters.txt"))
    mine.pasted_file(name).write_text("changed by hand", encoding="utf-8")
    assert added(away.address("/letters.txt")) == name
    assert catalogue.load(name).text().encode() == WORDS
    assert [path.read_text(encoding="utf-8") for path in (home / "trash").iterdir()] == ["changed by hand"]


def test_a_forgotten_one_lies_in_the_trash(away: served.Server, home: Path) -> None:
    mine.forget(added(away.address("/letters.txt")))
    assert kept(home) == []
    assert [path.read_bytes() for path in (home / "trash").iterdir()] == [WORDS]


@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_a_hash_that_fits_is_no_hindrance(case: object, away: served.Server) -> None:
    right = hashlib.sha256(WORDS).hexdigest()
    assert added(away.address("/letters.txt"), right.upper() if case is str.upper else right) == "letters"


def test_how_far_it_is_is_told(away: served.Server) -> None:
    last = list(mine.from_address(away.address("/letters.txt")))[-1]
    assert (last.bytes, last.total) == (len(WORDS), len(WORDS))


@pytest.mark.parametrize(("path", "page"), [("/page.txt", True), ("/letters.txt", False)])
def test_a_web_page_is_told_from_a_text(path: str, page: bool, away: served.Server) -> None:
    assert mine.is_page(added(away.address(path))) is page


# What can't


def test_a_wrong_hash_is_told_with_both_and_nothing_is_kept(away: served.Server, home: Path) -> None:
    sentence = refusal(away.address("/letters.txt"), home, "0" * 64)
    assert "0" * 64 in sentence
    assert hashlib.sha256(WORDS).hexdigest() in sentence


@pytest.mark.parametrize("sha256", ["", "abc", "g" * 64, "0" * 63, "0" * 65])
def test_what_is_no_hash_is_refused_before_anything_is_fetched(sha256: str, away: served.Server, home: Path) -> None:
    assert "no SHA-256" in refusal(away.address("/letters.txt"), home, sha256)
    assert away.asked == []


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/nosuch.txt", "404 (Not Found)"),
        ("/locked.txt", "403 (Forbidden)"),
        ("/broken.txt", "500 (Internal Server Error)"),
        ("/empty.txt", "204 (No Content)"),
        ("/strange.txt", "answers 299"),
        ("/packed.txt", "packed"),
        ("/short.txt", "broke off before all of the 1,000 bytes"),
        ("/huge.txt", "longer than 200,000,000 bytes"),
        ("/circle.txt", "from one address to the next"),
        ("/one.txt", "from one address to the next"),
        ("/file.txt", "/file.txt' leads elsewhere: 'file:///etc/hostname' can't be fetched: only addresses that begin"),
        ("/ftp.txt", "only addresses that begin with https://"),
        ("/secret.txt", "/secret.txt' leads elsewhere: An address with a user's name or password"),
        ("/nowhere.txt", "there is no connection to 127.0.0.2"),
        ("/senseless.txt", "leads to 'http://[::1/letters.txt', which is no address"),
        ("/undecided.txt", "127.0.0.1 gives no answer that makes sense"),
        ("/nothing.txt", "is empty"),
        ("/picture.png", "look like text"),
    ],
)
def test_every_failure_is_a_sentence_and_leaves_nothing(path: str, told: str, away: served.Server, home: Path) -> None:
    assert told in refusal(away.address(path), home)


def test_what_never_ends_is_cut_at_the_limit(away: served.Server, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mine, "FETCHED_AT_MOST", 100_000)
    assert "longer than 100,000 bytes" in refusal(away.address("/endless.txt"), home)
    assert away.left.wait(10)


SLOW = ["/silent.txt", "/mute.txt", "/dripping.txt", "/chunks.txt", "/head.txt", "/continues.txt", "/trailers.txt"]


@pytest.mark.parametrize("path", SLOW)
def test_a_server_that_sends_too_little_is_given_up(
    path: str, away: served.Server, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "SILENCE", 0.3)
    sentence = refusal(away.address(path), home)
    assert "sent nothing for 0.3 seconds" in sentence or "doesn't answer" in sentence or "broke off" in sentence


def test_no_download_takes_longer_than_it_may(away: served.Server, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "LONGEST", 0.3)
    monkeypatch.setattr(fetching, "PIECE", 1)  # each byte is a piece: never silent, never done
    assert "wasn't done" in refusal(away.address("/dripping.txt"), home)


def test_a_host_that_nobody_serves_is_told(home: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert "there is no connection to 127.0.0.1" in refusal(f"http://127.0.0.1:{port}/a.txt", home)


def test_a_server_that_speaks_no_http_is_told(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def rude() -> None:
            client, _ = listening.accept()
            with client:
                client.recv(1000)
                client.sendall(b"\x00\xff rubbish\r\n\r\n")

        thread = threading.Thread(target=rude)
        thread.start()
        sentence = refusal(f"http://127.0.0.1:{listening.getsockname()[1]}/a.txt", home)
        assert "127.0.0.1 gives no answer that makes sense" in sentence
        thread.join()


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/a.txt",
        "file:///etc/hostname",
        "javascript://x",
        "http://",
        "http:///a.txt",
        "http://[::1/a.txt",
        "http://127.0.0.1:99999/a.txt",
        "http://127.0.0.1:x/a.txt",
        "https://me:secret@127.0.0.1/a.txt",
        "http://\u0430.invalid\ud800/a.txt",
        "http://a..invalid/a.txt",
        f"http://{'a' * 300}.invalid/",
        "http://\x1b[31m/",
        "letters.txt",
    ],
)
def test_what_is_no_address_is_refused(url: str, home: Path) -> None:
    assert "secret@" not in refusal(url, home)


def test_an_address_as_a_text_is_told_how_to_be_had(home: Path) -> None:
    with pytest.raises(UserError, match=r"'rnnplay corpora add https://example\.invalid/a\.txt' fetches it"):
        catalogue.load("https://example.invalid/a.txt")


def test_a_proxy_that_refuses_is_told(away: served.Server, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", away.address(""))
    assert "the proxy" in refusal("https://letters.invalid/letters.txt", home)


@pytest.mark.skipif(os.name != "posix", reason="a right that only POSIX knows")
def test_a_folder_that_can_not_be_is_told(away: served.Server, home: Path) -> None:
    home.mkdir()
    (home / "texts").write_text("in the way", encoding="utf-8")
    with pytest.raises(UserError, match="can't be used"):
        added(away.address("/letters.txt"))


# Cancelling


@pytest.mark.parametrize("path", ["/endless.txt", *SLOW])
def test_closing_the_generator_cancels_and_leaves_nothing(
    path: str, away: served.Server, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "PARTING", 0.2)  # for the one that can't be shut before it says something
    steps = mine.from_address(away.address(path))
    next(steps)
    steps.close()
    assert kept(home) == []
    assert mine.all_mine() == {}


@pytest.mark.parametrize("path", ["/endless.txt", "/dripping.txt", "/chunks.txt"])
def test_a_cancelled_connection_is_closed(path: str, away: served.Server, home: Path) -> None:
    steps = mine.from_address(away.address(path))
    while next(steps).bytes == 0 and path == "/endless.txt":
        pass
    steps.close()
    assert away.left.wait(10)


def test_what_a_killed_process_left_goes_in_time(away: served.Server, home: Path) -> None:
    (home / "texts").mkdir(parents=True)
    old, new = (home / "texts" / f".fetching-{age}.part" for age in ("old", "new"))
    old.write_bytes(b"half")
    new.write_bytes(b"half")
    os.utime(old, (0, 0))
    added(away.address("/letters.txt"))
    assert kept(home) == [".fetching-new.part", "letters.txt"]


# TLS


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for this machine, with its key."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate with")
    files = [str(tmp_path / name) for name in ("key.pem", "certificate.pem")]
    command = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    subprocess.run(
        ["openssl", *command.split(), "-keyout", files[0], "-out", files[1]], check=True, capture_output=True
    )
    both = tmp_path / "both.pem"
    both.write_text("".join(Path(file).read_text(encoding="ascii") for file in files), encoding="ascii")
    return both


def test_https_stays_https(home: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch, away: served.Server) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    routes = {
        "/down.txt": served.leads_to(away.address("/letters.txt")),
        "/on.txt": served.leads_to("/letters.txt"),
        "/letters.txt": served.sends(WORDS),
    }
    with served.serving(routes, certificate) as server:
        assert "from https to plain http" in refusal(server.address("/down.txt", "https"), home)
        assert away.asked == []
        assert added(server.address("/on.txt", "https")) == "on"


def test_a_server_that_can_not_prove_itself_is_told(home: Path, certificate: Path) -> None:
    with served.serving({"/letters.txt": served.sends(WORDS)}, certificate) as server:
        assert "can't prove that it is localhost" in refusal(server.address("/letters.txt", "https"), home)
