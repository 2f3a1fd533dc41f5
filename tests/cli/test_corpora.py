"""`rnnplay corpora` as a process: listing, fetching, generating, and being interrupted."""

import hashlib
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from rnnplay.console.fetching import shown
from rnnplay.text import generated
from rnnplay.text.fetched.fetching import Arrived
from tests.cli.process import PATIENCE, Command, ran
from tests.text.fetched import served

WORDS = b"Some words from far away, and some more.\n"


@pytest.fixture
def away(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[served.Server]:
    """A server of texts."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    routes = {
        "/letters.txt": served.sends(WORDS),
        "/long.txt": served.sends(WORDS * 10_000),
        "/dripping.txt": served.drips,
        "mattmahoney.net:443": served.says_nothing,
    }
    with served.serving(routes) as server:
        yield server


def until(happened: Callable[[], object]) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


# Listing


def test_every_kind_of_text_is_listed_under_its_heading(home: Path) -> None:
    outcome = ran("corpora", "list")
    assert (outcome.code, outcome.err) == (0, "")
    headings = [line for line in outcome.out.splitlines() if line.endswith(":")]
    assert headings == ["shipped:", "on this machine:", "generated:", "to download:"]
    assert re.search(r"^tinyshakespeare +1\.1 MB +\(not fetched yet: 1\.1 MB\)", outcome.out, re.MULTILINE)


def test_listing_reads_no_text_and_loads_no_arrays(home: Path) -> None:
    listing = "import sys; from rnnplay.cli.corpora import show_all; show_all(); sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", listing], check=False, capture_output=True).returncode == 0


def test_the_list_as_json_has_a_row_for_every_text(home: Path, tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_bytes(WORDS)
    ran("corpora", "add", "letters.txt", folder=tmp_path)
    (tmp_path / "letters.txt").write_bytes(WORDS * 2)
    rows = {row["name"]: row for row in json.loads(ran("corpora", "list", "--json").out)}
    assert {row["kind"] for row in rows.values()} == {"shipped", "local", "generated", "download", "yours"}
    assert rows["letters"]["changed"] is True
    assert (rows["letters"]["size"], rows["play"]["changed"]) == (2 * len(WORDS), False)
    assert rows["names"]["missing"] == "not fetched yet: 0.2 MB"
    assert rows["play"]["missing"] is None


def test_a_changed_text_is_marked_and_told(home: Path, tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_bytes(WORDS)
    ran("corpora", "add", "letters.txt", folder=tmp_path)
    (tmp_path / "letters.txt").write_bytes(WORDS * 2)
    assert re.search(r"^letters +.*\(changed since it was added\)", ran("corpora", "list").out, re.MULTILINE)
    assert "note: 'letters' has changed since it was added on 20" in ran("corpora", "show", "letters").out


# Fetching


def test_an_address_is_fetched_under_a_name(away: served.Server) -> None:
    outcome = ran("corpora", "add", away.address("/letters.txt"), "--sha256", hashlib.sha256(WORDS).hexdigest())
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "added: rnnplay train letters\n")
    assert WORDS.decode() in ran("corpora", "show", "letters").out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["add", "http://127.0.0.1:1/a.txt"], "no connection to 127.0.0.1"),
        (["add", "ftp://127.0.0.1/a.txt"], "only addresses that begin with https://"),
        (["add", "https://example.invalid/a.txt", "--ext", "md"], "--ext is for folders"),
        (["add", "letters.txt", "--sha256", "0" * 64], "--sha256 is for addresses"),
        (["fetch", "nosuch"], "no download 'nosuch'"),
        (["fetch", "tinyshakespear"], "Did you mean 'tinyshakespeare'"),
        (["fetch", "play"], "needs no fetching"),
        (["remove", "text8"], "nothing to remove"),
        (["show", "text8"], "'rnnplay corpora fetch text8' fetches it (31.3 MB)"),
        (["generate", "lagg"], "Did you mean 'lag'"),
        (["generate", "lag", "--set", "distanc=3"], "Did you mean 'distance'"),
        (["generate", "lag", "--set", "distance"], "is no setting"),
        (["generate", "lag", "--size", "1"], "goes from"),
        (["generate", "lag:seed=1", "--seed", "2"], "set twice"),
        (["generate", "lag", "--name", "play"], "already"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_can_not_be_is_a_sentence(arguments: list[str], told: str, away: served.Server) -> None:
    outcome = ran("corpora", *arguments)
    assert outcome.refuses(), outcome
    assert told in outcome.err


def test_a_training_on_what_is_not_fetched_says_how_to_fetch_it(home: Path) -> None:
    outcome = ran("train", "tinyshakespeare", "--steps", "1")
    assert outcome.refuses(), outcome
    assert "'rnnplay corpora fetch tinyshakespeare' fetches it (1.1 MB)" in outcome.err


def test_no_connection_is_a_sentence(away: served.Server) -> None:
    outcome = ran("corpora", "fetch", "tinyshakespeare", environment={"https_proxy": away.address("")})
    assert outcome.refuses(), outcome
    assert "the proxy that stands between gives no connection" in outcome.err


def test_an_interrupted_fetch_leaves_nothing(away: served.Server, home: Path) -> None:
    command = Command("corpora", "fetch", "text8", environment={"https_proxy": away.address("")})
    until(lambda: "mattmahoney.net:443" in away.asked)
    command.send(signal.SIGINT)
    outcome = command.wait()
    assert (outcome.code, outcome.err) == (130, "interrupted: nothing of it was kept.\n")
    assert [path.name for path in (home / "downloads").iterdir() if path.suffix != ".lock"] == []


def test_an_interrupted_addition_leaves_nothing(away: served.Server, home: Path) -> None:
    command = Command("corpora", "add", away.address("/dripping.txt"))
    until(lambda: list((home / "texts").glob(".*.part")) and away.asked)
    command.send(signal.SIGINT)
    outcome = command.wait()
    assert (outcome.code, outcome.err) == (130, "interrupted: nothing of it was kept.\n")
    assert list((home / "texts").iterdir()) == []
    assert not (home / "corpora.json").exists()


def test_a_full_disk_is_a_sentence_and_leaves_nothing(away: served.Server, home: Path) -> None:
    outcome = ran("corpora", "add", away.address("/long.txt"), file_limit=100_000)
    assert outcome.refuses(), outcome
    assert "the disk is full" in outcome.err
    assert list((home / "texts").iterdir()) == []


def test_a_bar_shows_how_far_it_is_and_the_name_comes_back(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def steps() -> Generator[Arrived, None, str]:
        yield Arrived(0, None, "waiting")
        yield Arrived(500_000, 2_000_000)
        yield Arrived(3_000_000, 4_000_000, "unpacking")
        return "letters"

    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "100")
    assert shown(steps()) == "letters"
    said = capsys.readouterr()
    assert said.out == ""
    assert "3.0/4.0 MB" in said.err
    assert "unpacking" in said.err


# Generating


def test_a_generated_text_is_printed(home: Path) -> None:
    outcome = ran("corpora", "generate", "lag", "--set", "distance=40", "--size", "3000", "--seed", "2")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == generated.written(generated.parsed("lag:distance=40,seed=2,size=3000"))


def test_a_generated_text_is_kept_by_what_it_is_made_by(home: Path) -> None:
    outcome = ran("corpora", "generate", "lag:distance=40", "--size", "3000", "--name", "far")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "added: rnnplay train far\n")
    assert ran("corpora", "show", "far").out.startswith("far ")
    assert ran("corpora", "remove", "far").code == 0


def test_a_damaged_list_of_texts_is_no_trouble_to_the_doctor(home: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "corpora.json").write_text("{", encoding="utf-8")
    outcome = ran("doctor")
    assert outcome.code == 0, outcome.err
    assert "play, prose, household" in outcome.out
    assert (home / "corpora.json").read_text(encoding="utf-8") == "{"
