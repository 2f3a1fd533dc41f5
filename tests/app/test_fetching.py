"""Texts that come from elsewhere, in Corpus: downloads, addresses, and files that change."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from rnnplay import places
from rnnplay.app.screens.corpus import CorpusPlace
from rnnplay.app.screens.corpus_add import AddText
from rnnplay.app.screens.corpus_fetch import FetchText
from rnnplay.app.screens.dialogs import Confirm
from rnnplay.app.widgets.text_list import TextList
from rnnplay.engine.fake import FakeEngine
from rnnplay.engine.protocol import Describe, Fetch, Keep
from rnnplay.text import shelf, shipped
from rnnplay.text.own import mine
from tests.app.corpus_place import highlighted, opened, said, toasts, told, words
from tests.app.made import playground
from tests.app.text_engine import TextEngine
from tests.app.waiting import eventually
from tests.text.fetched import served

WORDS = b"to be fetched or not to be fetched\n" * 300


@pytest.fixture
def away(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[served.Server]:
    """A server, and a catalogue with one text, 'words', that it should have."""
    for name in ("http_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with served.serving({"/words.txt": served.sends(WORDS)}) as server:
        folder = home.parent / "package" / "_shipped" / "corpora"
        folder.mkdir(parents=True)
        (folder / "catalogue.toml").write_text(
            f"""[words]
            kind = "download"
            about = "Words [b]of somebody"
            good_for = "Trying"
            download.url = "{server.address("/words.txt")}"
            download.bytes = {len(WORDS)}
            download.sha256 = "{hashlib.sha256(WORDS).hexdigest()}"
            download.licence = "the somebody licence"
            """,
            encoding="utf-8",
        )
        monkeypatch.setattr(places, "PACKAGE", home.parent / "package")
        shipped.table.cache_clear()
        yield server
    shipped.table.cache_clear()


@pytest.fixture
def here(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder beside the data folder."""
    folder = home.parent / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


async def asking(pilot: Pilot[Any]) -> FetchText:
    """Ask for 'words'."""
    place = await opened(pilot)
    await pilot.press(*"words")
    await eventually(pilot, lambda: highlighted(place) == "words")
    await pilot.press("enter")
    await eventually(pilot, lambda: isinstance(pilot.app.screen, FetchText) and pilot.app.screen.query("#leave"))
    assert isinstance(pilot.app.screen, FetchText)
    return pilot.app.screen


async def adding(pilot: Pilot[Any], place: str) -> AddText:
    """Open the dialog that adds, with a place in its field."""
    await opened(pilot)
    await pilot.press("plus")
    await eventually(pilot, lambda: isinstance(pilot.app.screen, AddText))
    assert isinstance(pilot.app.screen, AddText)
    pilot.app.screen.query_one("#path", Input).value = place
    return pilot.app.screen


def lying(home: Path) -> list[str]:
    """Return what lies in the folders of what is kept, but for the locks."""
    folders = (home / "downloads", home / "texts")
    return sorted(path.name for folder in folders for path in folder.glob("*") if not path.name.endswith(".lock"))


# Downloads


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_what_is_not_here_is_marked_and_says_how_it_can_be_had(
    away: served.Server, size: tuple[int, int]
) -> None:
    engine = FakeEngine()
    app = playground(engine)
    async with app.run_test(size=size) as pilot:
        place = await opened(pilot)
        await pilot.press(*"words")
        await eventually(pilot, lambda: "↓ words" in words(app))
        assert "10.5 k" in words(app)
        await eventually(pilot, lambda: "Not fetched yet" in said(app, "#trouble"))
        assert "10.5 kB, from 127.0.0.1; the somebody licence. Enter fetches it." in said(app, "#trouble")
        assert Describe("words") not in engine.asked
        assert highlighted(place) == "words"


async def test_before_a_download_its_size_licence_and_source_are_told(away: served.Server, home: Path) -> None:
    engine = TextEngine()
    app = playground(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await asking(pilot)
        for fact in ("10.5 kB", "the somebody licence", away.address("/words.txt"), "Words [b]of somebody", "kept in"):
            assert fact in words(app)
        await pilot.press("escape")
        await eventually(pilot, lambda: isinstance(app.screen, CorpusPlace))
        assert not away.asked
        assert app.desk.corpus == "play"


async def test_a_download_is_fetched_and_then_read_like_any_text(away: served.Server, home: Path) -> None:
    app = playground(TextEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await asking(pilot)
        await pilot.press("enter")
        await eventually(pilot, lambda: isinstance(app.screen, CorpusPlace))
        assert isinstance(app.screen, CorpusPlace)
        await told(pilot, app.screen, "words")
        assert "↓" not in words(app)
        assert (home / "downloads" / "words.txt").read_bytes() == WORDS
        await pilot.press("enter")
        await eventually(pilot, lambda: app.desk.corpus == "words")


async def test_a_download_is_left_off_by_escape_and_nothing_of_it_stays(away: served.Server, home: Path) -> None:
    away.routes = {"/words.txt": served.drips}
    engine = TextEngine()
    app = playground(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await asking(pilot)
        await pilot.press("enter")
        await eventually(pilot, lambda: "▕" in said(app, "#told"))
        assert lying(home)
        await pilot.press("escape")
        await eventually(pilot, lambda: not lying(home))
        assert app.screen is dialog
        assert said(app, "#told") == "Left off."
        await pilot.press("escape")
        await eventually(pilot, lambda: isinstance(app.screen, CorpusPlace))
        assert shelf.groups()[3].items[0].missing


async def test_a_download_that_fails_is_a_sentence_and_can_be_tried_again(away: served.Server, home: Path) -> None:
    away.routes = {"/words.txt": served.sends(WORDS[:-1] + b"!")}
    app = playground(TextEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await asking(pilot)
        await pilot.press("enter")
        await eventually(pilot, lambda: "It was deleted." in said(app, "#told"))
        assert "deleted" in words(app)
        assert app.screen.query("#told.wrong")
        assert not lying(home)
        away.routes = {"/words.txt": served.sends(WORDS)}
        await eventually(pilot, lambda: not app.screen.query("#fetch.-active"))  # a button that was just pressed rests
        await pilot.press("enter")
        await eventually(pilot, lambda: lying(home) == ["words.txt"] and isinstance(app.screen, CorpusPlace))


async def test_an_engine_that_dies_while_it_fetches_is_told(away: served.Server) -> None:
    engine = FakeEngine()
    engine.gate.clear()
    app = playground(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await asking(pilot)
        await pilot.press("enter")
        await eventually(pilot, lambda: Fetch("words") in engine.asked)
        engine.die("The engine was [killed].")
        await eventually(pilot, lambda: "The engine was [killed]. ctrl+r" in said(app, "#told"))
        assert app.screen is dialog


async def test_a_download_is_removed_from_the_machine_after_a_question(away: served.Server, home: Path) -> None:
    app = playground(TextEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await asking(pilot)
        await pilot.press("enter")
        await eventually(pilot, lambda: isinstance(app.screen, CorpusPlace) and lying(home))
        assert isinstance(app.screen, CorpusPlace)
        await told(pilot, app.screen, "words")
        await pilot.press("ctrl+d")
        await eventually(pilot, lambda: isinstance(app.screen, Confirm))
        assert "Remove 'words' from this machine?" in words(app)
        await pilot.press("y")
        await eventually(pilot, lambda: "↓ words" in words(app))
        assert not lying(home)
        assert list((home / "trash").iterdir())


async def test_a_download_that_is_not_here_can_not_be_removed(away: served.Server) -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        await pilot.press(*"words")
        await eventually(pilot, lambda: highlighted(place) == "words")
        await pilot.press("ctrl+d")
        await pilot.pause()
        assert app.screen is place


# Addresses


async def test_an_address_is_fetched_and_kept_under_a_name(away: served.Server, home: Path) -> None:
    app = playground(TextEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await adding(pilot, away.address("/words.txt"))
        await eventually(pilot, lambda: "an address: enter fetches" in said(app, "#told"))
        assert not away.asked
        await pilot.press("enter")
        await eventually(pilot, lambda: isinstance(app.screen, CorpusPlace))
        (name,) = mine.all_mine()
        assert isinstance(app.screen, CorpusPlace)
        await told(pilot, app.screen, name)
        assert (mine.all_mine()[name].kind, mine.all_mine()[name].url) == ("url", away.address("/words.txt"))


async def test_a_page_where_a_text_was_wanted_is_noted(away: served.Server) -> None:
    away.routes = {"/page": served.sends(b"<!DOCTYPE html><p>words, words, words</p>\n" * 9)}
    app = playground(TextEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await adding(pilot, away.address("/page"))
        await pilot.press("enter")
        await eventually(pilot, lambda: "is a web page, with all its markup" in toasts(app))


@pytest.mark.parametrize("path", ["/nothing-here.txt", "/endless.txt"])
async def test_an_address_that_has_no_text_is_a_sentence(away: served.Server, home: Path, path: str) -> None:
    away.routes = {"/endless.txt": served.breaks_off(b"", 300_000_000)}
    app = playground(TextEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await adding(pilot, away.address(path))
        await pilot.press("enter")
        await eventually(pilot, lambda: dialog.query("#told.wrong") and "can't be fetched" in said(app, "#told"))
        assert app.screen is dialog
        assert not lying(home)


async def test_an_address_is_left_off_by_escape(away: served.Server, home: Path) -> None:
    away.routes = {"/words.txt": served.drips}
    app = playground(TextEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await adding(pilot, away.address("/words.txt"))
        await pilot.press("enter")
        await eventually(pilot, lambda: "esc leaves it off" in said(app, "#told"))
        await pilot.press("escape")
        await eventually(pilot, lambda: not lying(home))
        assert app.screen is dialog
        assert mine.all_mine() == {}
        await pilot.press("escape")
        await eventually(pilot, lambda: isinstance(app.screen, CorpusPlace))


async def test_what_is_added_is_the_engines_work_and_told_while_it_lasts(here: Path) -> None:
    engine = FakeEngine()
    engine.gate.clear()
    app = playground(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await adding(pilot, "[b]poems")
        dialog.query_one("#endings", Input).value = "md, .txt"
        dialog.query_one("#name", Input).value = "verse"
        await pilot.press("enter")
        question = Keep("[b]poems", ("md", ".txt"), None, "verse")
        await eventually(pilot, lambda: question in engine.asked)
        await pilot.press("enter", "enter")  # a key that is held down begins nothing anew
        assert engine.asked.count(question) == 1
        await pilot.press("escape")
        await eventually(pilot, lambda: question in engine.left)
        assert app.screen is dialog
        engine.gate.set()
        await pilot.press("enter")
        await eventually(pilot, lambda: isinstance(app.screen, CorpusPlace))
        assert "'verse' is on the list." in toasts(app)


# What has changed


async def test_a_changed_text_is_marked_and_taken_as_it_is_now_by_a_key(here: Path) -> None:
    (here / "draft.txt").write_bytes(WORDS)
    mine.add("draft.txt", shape="lines")
    (here / "draft.txt").write_bytes(WORDS * 2)
    app = playground(TextEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        await pilot.press("end")
        await told(pilot, place, "draft")
        assert "≠ draft" in words(app)
        assert "changed" in words(app)
        assert "^n as it is now" in words(app)
        await pilot.press("ctrl+n")
        await eventually(pilot, lambda: "≠" not in words(app))
        assert "'draft' is taken as it is now." in toasts(app)
        own = mine.all_mine()["draft"]
        assert (own.sha256, own.shape) == (hashlib.sha256(WORDS * 2).hexdigest(), "lines")
        assert "as it is now" not in words(app)


async def test_what_was_noted_of_a_changed_text_goes_once_it_is_taken_as_it_is_now(here: Path) -> None:
    (here / "draft.txt").write_bytes(WORDS)
    mine.add("draft.txt")
    (here / "draft.txt").write_bytes(WORDS * 2)
    engine = TextEngine()
    app = playground(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        await pilot.press("end")
        await told(pilot, place, "draft")
        before = sum(isinstance(question, Describe) for question in engine.asked)
        await pilot.press("ctrl+n")
        await eventually(pilot, lambda: sum(isinstance(one, Describe) for one in engine.asked) > before)


async def test_a_text_that_is_what_it_was_is_left_alone(here: Path) -> None:
    (here / "draft.txt").write_bytes(WORDS)
    mine.add("draft.txt")
    engine = TextEngine()
    app = playground(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        await pilot.press("end", "ctrl+n")
        await told(pilot, place, "draft")
        assert not any(isinstance(question, Keep) for question in engine.asked)
        assert "≠" not in words(app)


async def test_what_came_from_an_address_is_taken_anew_from_there(away: served.Server, home: Path) -> None:
    for _ in mine.from_address(away.address("/words.txt"), name="mine-own"):
        pass
    mine.pasted_file("mine-own").write_bytes(b"scribbled over\n")
    app = playground(TextEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        await pilot.press("end")
        await eventually(pilot, lambda: highlighted(place) == "mine-own" and "≠ mine-own" in words(app))
        await pilot.press("ctrl+n")
        await eventually(pilot, lambda: mine.pasted_file("mine-own").read_bytes() == WORDS)
        await eventually(pilot, lambda: "≠" not in words(app))


# The long list


async def test_groups_are_walked_and_their_headings_stay_in_sight(home: Path) -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        steps = [("topics", "on this machine"), ("count", "generated"), ("tinyshakespeare", "to download")]
        for first, heading in steps:
            await pilot.press("shift+down")
            await pilot.pause()
            assert highlighted(place) == first
            assert heading in words(app)
        await pilot.press("shift+up", "shift+up", "shift+up")
        await pilot.pause()
        assert highlighted(place) == "play"
        assert "shipped · 3" in words(app)


async def test_a_name_that_is_typed_whole_is_highlighted_though_others_hold_it(home: Path) -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        await pilot.press(*"names")
        await eventually(pilot, lambda: highlighted(place) == "names")
        assert place.query_one(TextList).option_count > 2
