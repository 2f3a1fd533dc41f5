"""The place where one chooses a text: every key of it, at both sizes, with texts from friends and foes."""

import asyncio
import os
import threading
import unicodedata
from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from rnnplay.app.aside import aside
from rnnplay.app.place import Place
from rnnplay.app.screens.corpus import CorpusPlace
from rnnplay.app.screens.corpus_add import AddText
from rnnplay.app.screens.corpus_paste import PasteText
from rnnplay.app.screens.dialogs import Confirm
from rnnplay.app.widgets.ladder import Ladder
from rnnplay.app.widgets.path_field import SHOWN_AT_MOST, Folders, PathField, completions
from rnnplay.app.widgets.preview import Preview
from rnnplay.app.widgets.text_list import Search, TextList
from rnnplay.engine.fake import FakeEngine
from rnnplay.engine.protocol import Describe, Described, Question, Reply
from rnnplay.text.generated import NAMES
from rnnplay.text.own import mine
from rnnplay.text.records import Baseline
from tests.app.corpus_place import highlighted, is_seen, listed, opened, said, toasts, told, words
from tests.app.made import playground
from tests.app.text_engine import TextEngine
from tests.app.waiting import eventually

SIZES = [(80, 24), (160, 50)]
CATALOGUE = ["play", "prose", "household", "topics", "stdlib", "unicode-names", *NAMES]
CATALOGUE += ["tinyshakespeare", "names", "shakespeare", "anna", "text8", "enwik8"]
WORDS = "Some words of my own, and some more.\n"
HOSTILE = "\x1b[2J\x1b]0;owned\x07[/bold][@click=app.quit]\u202eevil\x9b31m\x00 caf\u0301 \U0001f600\u05d0\u05d1 \ud800"

posix = pytest.mark.skipif(os.name != "posix", reason="a name that only POSIX knows")


@pytest.fixture(autouse=True)
def here(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder beside the data folder."""
    folder = home.parent / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


class Describing(FakeEngine):
    """An engine that tells one thing of every text, and may halt on the way."""

    def __init__(self, told: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.told = told or {}
        self.until = asyncio.Event()  # while it is clear nothing comes after the figures
        self.until.set()

    async def ask(self, question: Question) -> AsyncGenerator[Reply, None]:
        """Answer, with what the test wants told put in."""
        async for reply in super().ask(question):
            if isinstance(reply, Described):
                fields = {name: getattr(reply, name) for name in reply.__struct_fields__}
                yield Described(**{**fields, **self.told})
                await self.until.wait()
            else:
                yield reply


def asked(engine: FakeEngine) -> list[str]:
    return [question.corpus for question in engine.asked if isinstance(question, Describe)]


def is_clean(screen: str) -> bool:
    """Tell whether nothing on a screen would be obeyed by a terminal."""
    return all(one.isprintable() or one in "\n\u200e" or unicodedata.category(one) == "Zs" for one in screen)


# What is seen


@pytest.mark.parametrize("size", SIZES)
async def test_every_kind_of_text_is_listed_under_its_heading(size: tuple[int, int]) -> None:
    mine.paste(WORDS, "novel")
    app = playground()
    async with app.run_test(size=size) as pilot:
        place = await opened(pilot)
        assert listed(place) == [*CATALOGUE, "novel"]
        headings = ("shipped · 3", "on this machine · 3", f"generated · {len(NAMES)}", "to download · 6", "yours · 1")
        await pilot.press("home")
        for heading in headings:
            await eventually(pilot, partial(is_seen, app, heading))
            await pilot.press("shift+down")


@pytest.mark.parametrize("size", SIZES)
async def test_the_text_and_what_is_known_of_it_stand_beside_the_list(size: tuple[int, int]) -> None:
    app = playground()
    async with app.run_test(size=size) as pilot:
        place = await opened(pilot)
        await told(pilot, place, "play")
        shown = words(app)
        for fact in ("lorem [bold]ipsum[/bold]", "41,000", "36,900", "4,100", "19", "shipped", "stream", "2.70 bits"):
            assert fact in shown
        for rung in ("guessing", "3-gram", "6-gram", "5.95", "2.41"):
            assert rung in shown
        assert "Good for:" in shown


async def test_the_commonest_characters_are_named_where_there_is_room() -> None:
    app = playground()
    async with app.run_test(size=(160, 50)) as pilot:
        place = await opened(pilot)
        await told(pilot, place, "play")
        assert all(name in words(app) for name in ("the commonest characters", "space", "newline", "12.2%"))


async def test_the_commonest_characters_are_on_a_key_where_there_is_little_room() -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        await told(pilot, place, "play")
        assert "space " not in words(app)
        await pilot.press("ctrl+l")
        await eventually(pilot, lambda: "space " in words(app))
        assert "held out" not in words(app)
        await pilot.press("ctrl+l")
        await eventually(pilot, lambda: "held out" in words(app))


async def test_rungs_appear_one_after_another_with_what_is_being_done() -> None:
    engine = Describing()
    engine.until.clear()
    app = playground(engine)
    async with app.run_test(size=(160, 50)) as pilot:
        place = await opened(pilot)
        await eventually(pilot, lambda: place.query_one(Preview).text)
        assert not place.query_one(Ladder).rungs
        assert "reading" in words(app)
        engine.until.set()
        await told(pilot, place, "play")
        assert "counting" not in words(app)


async def test_notes_of_how_a_text_was_read_are_shown() -> None:
    app = playground(Describing({"notes": ("The text is not UTF-8: read as [b]cp1252, a guess.",)}))
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await eventually(pilot, lambda: "note: The text is not UTF-8: read as [b]cp1252" in words(app))


async def test_a_text_that_this_machine_lacks_says_so(here: Path) -> None:
    (here / "draft.txt").write_text(WORDS, encoding="utf-8")
    mine.add("draft.txt")
    (here / "draft.txt").unlink()
    engine = FakeEngine()
    engine.missing.add("draft")
    app = playground(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        await pilot.press("end")
        await eventually(pilot, lambda: "missing" in words(app))
        await eventually(pilot, lambda: "There is no 'draft'." in words(app))
        await pilot.press("enter")
        await eventually(pilot, lambda: "it is gone" in toasts(app))
        assert app.screen is place


@pytest.mark.parametrize("size", SIZES)
async def test_nothing_is_cut_off(size: tuple[int, int]) -> None:
    app = playground()
    async with app.run_test(size=size) as pilot:
        place = await opened(pilot)
        await told(pilot, place, "play")
        for selector in ("#texts", "#text", "#side", "#figures", "#ladder", "#good", "#preview"):
            region = place.query_one(selector).region
            assert region.area
            assert place.region.contains_region(region), selector
        assert place.query_one(Ladder).region.height == 7
        await eventually(pilot, lambda: place.query_one("#figures").region.height == 8)
        assert place.query_one(Preview).region.height >= 6


# Walking and searching


async def test_arrows_walk_and_each_text_is_described() -> None:
    engine = FakeEngine()
    app = playground(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        for key, name in (("down", "prose"), ("down", "household"), ("up", "prose"), ("shift+down", "topics")):
            await pilot.press(key)
            await told(pilot, place, name)
        assert asked(engine)[-1] == "topics"


async def test_whoever_walks_past_a_text_leaves_its_answer_off() -> None:
    engine = Describing()
    engine.until.clear()
    app = playground(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        await eventually(pilot, lambda: place.query_one(Preview).text)
        await pilot.press("down")
        await eventually(pilot, lambda: asked(engine) == ["play", "prose"])
        assert [question.corpus for question in engine.left if isinstance(question, Describe)] == ["play"]


async def test_a_text_is_counted_once_in_a_sitting() -> None:
    engine = FakeEngine()
    app = playground(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        await told(pilot, place, "play")
        await pilot.press("down")
        await told(pilot, place, "prose")
        await pilot.press("up")
        await told(pilot, place, "play")
        assert asked(engine) == ["play", "prose"]


async def test_a_text_that_has_changed_is_counted_again(here: Path) -> None:
    (here / "draft.txt").write_text(WORDS, encoding="utf-8")
    mine.add("draft.txt")
    engine = FakeEngine()
    app = playground(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        await pilot.press("end")
        await told(pilot, place, "draft")
        (here / "draft.txt").write_text(WORDS * 2, encoding="utf-8")
        await pilot.press("home")
        await told(pilot, place, "play")
        await pilot.press("end")
        await eventually(pilot, lambda: asked(engine).count("draft") == 2)


async def test_letters_search_at_once_and_escape_clears() -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        await pilot.press(*"novella")
        await eventually(pilot, lambda: listed(place) == ["prose"])
        assert place.query_one(Search).value == "novella"
        await pilot.press("escape")
        await eventually(pilot, lambda: listed(place) == CATALOGUE)
        assert place.query_one(TextList).has_focus
        await pilot.press(*"novella")
        await eventually(pilot, lambda: listed(place) == ["prose"])
        assert place.query_one(Search).has_focus
        await pilot.press("escape", "slash")
        assert place.query_one(Search).has_focus


async def test_arrows_walk_from_the_search_too() -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        await pilot.press(*"python")
        await eventually(pilot, lambda: listed(place) == ["topics", "stdlib"])
        await pilot.press("down")
        await eventually(pilot, lambda: highlighted(place) == "stdlib")
        await pilot.press("up")
        await eventually(pilot, lambda: highlighted(place) == "topics")
        await pilot.press("pagedown", "pageup", "backspace")
        assert place.query_one(Search).value == "pytho"


async def test_a_search_that_finds_nothing_says_so_and_enter_does_nothing() -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        await pilot.press(*"xyzzy")
        await eventually(pilot, lambda: "no text of that name" in words(app))
        await pilot.press("enter", "delete")
        await pilot.pause()
        assert app.screen is place


async def test_brackets_in_the_search_are_only_letters() -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        await pilot.press(*"[/b][")
        await eventually(pilot, lambda: place.query_one(Search).value == "[/b][")


async def test_the_preview_is_leafed_through() -> None:
    app = playground(Describing({"preview": "".join(f"line {number}\n" for number in range(500))}))
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        await told(pilot, place, "play")
        place.query_one(Preview).focus()
        await pilot.press("end")
        await eventually(pilot, lambda: "line 499" in words(app))
        await pilot.press("home")
        await eventually(pilot, lambda: "line 0 " in words(app))
        await pilot.press("down", "pagedown", "pageup", "up")
        await eventually(pilot, lambda: "line 0 " in words(app))


# Choosing


@pytest.mark.parametrize("focus", ["list", "search", "preview"])
async def test_enter_takes_a_text_to_train(focus: str) -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        await pilot.press("down")
        await eventually(pilot, lambda: highlighted(place) == "prose")
        place.query_one(f"#{focus}").focus()
        await pilot.press("enter")
        await eventually(pilot, lambda: isinstance(app.screen, Place) and app.screen.NAME == "train")
        assert app.desk.corpus == "prose"


async def test_the_chosen_text_is_marked_and_highlighted() -> None:
    app = playground()
    app.desk.choose_corpus("household")
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        assert highlighted(place) == "household"
        assert "● household" in words(app)
        app.desk.choose_corpus("topics")
        await eventually(pilot, lambda: "● topics" in words(app))


async def test_a_click_shows_a_text_and_a_second_one_takes_it() -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        row = place.query_one(TextList).get_option_index("prose")
        await pilot.click(TextList, offset=(4, row))
        await eventually(pilot, lambda: highlighted(place) == "prose")
        assert app.screen is place
        await pilot.click(TextList, offset=(4, row), times=2)
        await eventually(pilot, lambda: app.desk.corpus == "prose")


async def test_a_chosen_file_without_a_name_is_listed_too(here: Path) -> None:
    app = playground()
    app.desk.choose_corpus("/some/[b]where.txt", (".txt",), "lines")
    engine = app.desk.engine
    assert isinstance(engine, FakeEngine)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await eventually(pilot, lambda: Describe("/some/[b]where.txt", (".txt",), "lines") in engine.asked)
        await pilot.press("enter")
        await eventually(pilot, lambda: app.screen.NAME == "train")  # type: ignore[attr-defined]
        assert (app.desk.state.extensions, app.desk.state.shape) == ((".txt",), "lines")


# Trouble


async def test_a_dead_engine_is_told_and_started_again_by_a_key() -> None:
    engine = FakeEngine()
    app = playground(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        await told(pilot, place, "play")
        engine.die("The engine was [killed] (signal 9).")
        await pilot.press("down")
        await eventually(pilot, lambda: "The engine was [killed] (signal 9). ctrl+r" in words(app))
        await pilot.press("ctrl+r")
        await told(pilot, place, "prose")
        assert "killed" not in words(app)


async def test_an_engine_that_starts_late_is_waited_for() -> None:
    engine = FakeEngine()
    engine.may_start.clear()
    app = playground(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        await eventually(pilot, lambda: "waiting for the engine" in words(app))
        engine.may_start.set()
        await told(pilot, place, "play")


async def test_a_text_that_can_not_be_read_is_a_sentence() -> None:
    engine = FakeEngine()
    engine.fail("'[/x]' can't be used: there is no permission.", Describe)
    app = playground(engine)
    async with app.run_test(size=(160, 50)) as pilot:
        place = await opened(pilot)
        await eventually(pilot, lambda: "'[/x]' can't be used: there is no permission." in words(app))
        engine.fail(None)
        await pilot.press("down")
        await told(pilot, place, "prose")


async def test_a_damaged_list_is_told_and_the_catalogue_stays(home: Path) -> None:
    home.mkdir(exist_ok=True)
    (home / "corpora.json").write_bytes(b"{")
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        assert listed(place) == CATALOGUE
        assert "damaged" in toasts(app)


@pytest.mark.parametrize("size", SIZES)
async def test_a_hostile_text_is_shown_and_not_obeyed(size: tuple[int, int]) -> None:
    hostile = {
        "preview": HOSTILE * 50,
        "notes": (HOSTILE, HOSTILE),
        "commonest": tuple((character, 5) for character in dict.fromkeys(HOSTILE)),
        "vocabulary": HOSTILE,
        "kind": "file",
    }
    app = playground(Describing(hostile))
    async with app.run_test(size=size) as pilot:
        place = await opened(pilot)
        await told(pilot, place, "play")
        assert is_clean(words(app))
        assert "[@click" in words(app)
        await pilot.press("ctrl+l")
        await pilot.pause()
        assert is_clean(words(app))


@given(
    preview=st.text(max_size=300),
    note=st.text(max_size=80),
    commonest=st.lists(st.tuples(st.characters(), st.integers(0, 10**12)), max_size=30),
    bits=st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=7),
)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_is_told_is_shown(
    preview: str, note: str, commonest: list[tuple[str, int]], bits: list[float], home: Path
) -> None:
    engine = Describing({"preview": preview, "notes": (note,), "commonest": tuple(commonest), "chars": 0})
    names = ("uniform", "unigram", "bigram", "3-gram", "4-gram", "5-gram", "6-gram")
    engine.ladder = tuple(Baseline(name, value) for name, value in zip(names, bits, strict=False))
    app = playground(engine)
    async with app.run_test(size=(140, 40)) as pilot:
        place = await opened(pilot)
        await eventually(pilot, lambda: not place.query_one("#side").border_subtitle)
        assert is_clean(words(app))


async def test_the_size_may_change_at_any_time() -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        for size in ((160, 50), (40, 12), (100, 30), (70, 20), (131, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            await pilot.press("down")
        await pilot.press("home")
        await told(pilot, place, "play")


# Adding


async def adding(pilot: Pilot[Any]) -> AddText:
    """Open the dialog that adds."""
    await opened(pilot)
    await pilot.press("plus")
    await eventually(pilot, lambda: isinstance(pilot.app.screen, AddText))
    assert isinstance(pilot.app.screen, AddText)
    return pilot.app.screen


@pytest.mark.parametrize("size", SIZES)
async def test_a_file_is_added_by_its_path_and_highlighted(here: Path, size: tuple[int, int]) -> None:
    (here / "novel.txt").write_text(WORDS, encoding="utf-8")
    app = playground(TextEngine())
    async with app.run_test(size=size) as pilot:
        await adding(pilot)
        await pilot.press(*"novel.txt")
        await eventually(pilot, lambda: "a file, 37B" in said(app, "#told"))
        await pilot.press("enter")
        await eventually(pilot, lambda: isinstance(app.screen, CorpusPlace))
        assert isinstance(app.screen, CorpusPlace)
        await told(pilot, app.screen, "novel")
        assert mine.all_mine()["novel"].location == str(here / "novel.txt")


async def test_a_folder_is_added_with_a_filter_a_shape_and_a_name(here: Path) -> None:
    (here / "poems").mkdir()
    (here / "poems" / "a.md").write_text(WORDS, encoding="utf-8")
    app = playground(TextEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await adding(pilot)
        await pilot.press(*"poems")
        dialog.query_one("#endings", Input).focus()
        await pilot.press(*"*.md,")
        await eventually(pilot, lambda: "a folder, 1 file" in said(app, "#told"))
        dialog.query_one("#shape").focus()
        await pilot.press("right", "right")
        dialog.query_one("#name", Input).focus()
        await pilot.press(*"verse", "enter")
        await eventually(pilot, lambda: isinstance(app.screen, CorpusPlace))
        added = mine.all_mine()["verse"]
        assert (added.kind, added.extensions, added.shape) == ("folder", (".md",), "lines")


@pytest.mark.parametrize(
    ("path", "told_of_it"), [("nosuch.txt", "is not a file"), ("odd.bin", "look like text"), ("", "Name a file")]
)
async def test_what_can_not_be_added_is_told_beside_the_field(here: Path, path: str, told_of_it: str) -> None:
    (here / "odd.bin").write_bytes(bytes(range(256)) * 50)
    app = playground(TextEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await adding(pilot)
        await pilot.press(*path, "enter")
        await eventually(pilot, lambda: told_of_it in said(app, "#told") and dialog.query("#told.wrong"))
        assert app.screen is dialog
        await pilot.press("escape")
        await eventually(pilot, lambda: isinstance(app.screen, CorpusPlace))
        assert mine.all_mine() == {}


async def test_tab_completes_a_path_and_then_goes_on(here: Path) -> None:
    (here / "novels").mkdir()
    (here / "novels" / "first.txt").write_text(WORDS, encoding="utf-8")
    (here / "novels" / "second.txt").write_text(WORDS, encoding="utf-8")
    app = playground(TextEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await adding(pilot)
        field = dialog.query_one(PathField)
        await pilot.press("n", "tab")
        await eventually(pilot, lambda: field.value == "novels/")
        await pilot.press("s", "tab")
        await eventually(pilot, lambda: field.value == "novels/second.txt")
        await pilot.press("tab")
        await eventually(pilot, lambda: not field.has_focus)


async def test_what_a_path_may_become_is_told_while_one_types(here: Path) -> None:
    for name in ("alpha.txt", "alps.txt", "beta.txt"):
        (here / name).write_text(WORDS, encoding="utf-8")
    app = playground(TextEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await adding(pilot)
        await pilot.press(*"al")
        await eventually(pilot, lambda: said(app, "#told") == "alpha.txt  alps.txt")


async def test_a_file_is_picked_in_the_tree_which_follows_the_path(here: Path) -> None:
    (here / "novels").mkdir()
    (here / "novels" / "first.txt").write_text(WORDS, encoding="utf-8")
    app = playground(TextEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await adding(pilot)
        await pilot.press(*"novels/")
        tree = dialog.query_one(Folders)
        await eventually(pilot, lambda: tree.path == (here / "novels").resolve() and len(tree.root.children) == 1)
        tree.focus()
        await pilot.press("down", "enter")
        await eventually(pilot, lambda: dialog.query_one(PathField).value == str(here / "novels" / "first.txt"))
        dialog.query_one("#add").focus()
        await pilot.press("enter")
        await eventually(pilot, lambda: "first" in mine.all_mine())


@posix
async def test_names_of_files_are_shown_and_not_obeyed(here: Path) -> None:
    for name in ("[red]a[red].txt", "b\x1b[2J.txt", "c\u202ed.txt", "e\nf.txt", os.fsdecode(b"g\xff.txt")):
        (here / name).write_text(WORDS, encoding="utf-8")
    app = playground(TextEngine())
    async with app.run_test(size=(160, 50)) as pilot:
        dialog = await adding(pilot)
        tree = dialog.query_one(Folders)
        await eventually(pilot, lambda: len(tree.root.children) == 5)
        await eventually(pilot, lambda: "[red]a[red].txt" in words(app))
        assert is_clean(words(app))
        await pilot.press("escape")
        for path in here.iterdir():
            await pilot.press("plus")
            await eventually(pilot, lambda: isinstance(app.screen, AddText))
            field = app.screen.query_one(PathField)
            field.value = str(path)
            field.focus()
            await eventually(pilot, lambda: "a file, 37B" in said(app, "#told"))
            assert is_clean(words(app))
            await pilot.press("enter")
            await eventually(pilot, lambda: isinstance(app.screen, CorpusPlace))
        assert len(mine.all_mine()) == 5
        assert is_clean(words(app))


async def test_hidden_files_are_not_offered(here: Path) -> None:
    (here / ".secret").write_text(WORDS, encoding="utf-8")
    (here / "seen.txt").write_text(WORDS, encoding="utf-8")
    assert completions("") == ["seen.txt"]
    assert completions(".s") == [".secret"]
    app = playground(TextEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        tree = (await adding(pilot)).query_one(Folders)
        await eventually(pilot, lambda: [str(child.label) for child in tree.root.children] == ["seen.txt"])


async def test_a_huge_folder_is_shown_in_part(here: Path) -> None:
    for number in range(SHOWN_AT_MOST + 50):
        (here / f"{number:05}.txt").touch()
    app = playground(TextEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        tree = (await adding(pilot)).query_one(Folders)
        await eventually(pilot, lambda: len(tree.root.children) == SHOWN_AT_MOST)
        assert str(tree.root.children[0].label) == "00000.txt"


async def test_a_folder_that_vanishes_is_no_crash(here: Path) -> None:
    (here / "sub").mkdir()
    app = playground(TextEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        tree = (await adding(pilot)).query_one(Folders)
        await eventually(pilot, lambda: tree.root.children)
        (here / "sub").rmdir()
        tree.focus()
        await pilot.press("down", "enter", "space")
        await pilot.pause()
        assert isinstance(app.screen, AddText)


@pytest.mark.parametrize("typed", ["", "~", "~/", "/", "nosuch/x", "\0", "[", "**/*", "a" * 5000, "\ud800", "//"])
def test_nothing_that_is_typed_breaks_completion(typed: str) -> None:
    assert all(found.startswith(typed) for found in completions(typed))


async def test_a_long_paste_into_a_field_is_cut() -> None:
    app = playground(TextEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        field = (await adding(pilot)).query_one(PathField)
        field.post_message(events.Paste("\n\n\x1b[2J" + "x" * 10_000_000))
        await eventually(pilot, lambda: field.value)
        assert len(field.value) <= 4096
        assert is_clean(words(app))


# Pasting


async def pasting(pilot: Pilot[Any]) -> PasteText:
    """Open the dialog that keeps a text."""
    await opened(pilot)
    await pilot.press("ctrl+v")
    await eventually(pilot, lambda: isinstance(pilot.app.screen, PasteText))
    assert isinstance(pilot.app.screen, PasteText)
    return pilot.app.screen


@pytest.mark.parametrize("size", SIZES)
async def test_a_text_is_typed_and_kept(size: tuple[int, int]) -> None:
    app = playground()
    async with app.run_test(size=size) as pilot:
        dialog = await pasting(pilot)
        await pilot.press(*"one two", "enter", *"three")
        assert "13 characters, 2 lines" in said(app, "#told")
        await pilot.press("tab", *"mine", "enter")
        await eventually(pilot, lambda: isinstance(app.screen, CorpusPlace))
        assert dialog is not app.screen
        assert mine.pasted_file("mine").read_text(encoding="utf-8") == "one two\nthree"


async def test_a_small_paste_can_be_edited_before_it_is_kept() -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await pasting(pilot)
        dialog.query_one(TextArea).post_message(events.Paste("one\rtwo"))
        await eventually(pilot, lambda: "2 lines" in said(app, "#told"))
        await pilot.press("backspace", "ctrl+o")
        await eventually(pilot, lambda: mine.all_mine())
        assert mine.pasted_file("one-tw").read_text(encoding="utf-8") == "one\ntw"


@pytest.mark.parametrize("where", ["list", "search", "preview", "typing"])
async def test_ten_megabytes_are_pasted_shown_by_their_beginning_and_kept(where: str) -> None:
    text = ("the quick brown fox [b]\r" * 450_000)[:10_000_000]
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        if where == "typing":
            await pasting(pilot)
        else:
            await opened(pilot)
        app.screen.query_one(f"#{where}").focus()
        await pilot.pause()
        app.post_message(events.Paste(text))
        await eventually(pilot, lambda: isinstance(app.screen, PasteText) and "10,000,000" in said(app, "#told"))
        assert len(app.screen.query_one(Preview).text) < 10_000
        assert app.screen.query_one(TextArea).text == ""
        assert "the quick brown fox [b]" in words(app)
        await pilot.press(*"big", "enter")
        await eventually(pilot, lambda: "big" in mine.all_mine() and isinstance(app.screen, CorpusPlace))
        assert mine.pasted_file("big").stat().st_size == 10_000_000
        assert isinstance(app.screen, CorpusPlace)
        await told(pilot, app.screen, "big")


async def test_a_short_paste_into_the_search_is_searched_for() -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        place.query_one(Search).focus()
        await pilot.pause()
        app.post_message(events.Paste("novella\n"))
        await eventually(pilot, lambda: listed(place) == ["prose"])


async def test_a_hostile_paste_is_shown_and_not_obeyed() -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        await pasting(pilot)
        app.post_message(events.Paste(HOSTILE))
        await eventually(pilot, lambda: "[@click=app.quit]" in words(app))
        assert is_clean(words(app))
        await pilot.press("ctrl+o")
        await eventually(pilot, lambda: mine.all_mine())


async def test_a_held_text_can_be_let_fall() -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        await pasting(pilot)
        app.post_message(events.Paste("x" * 30_000))
        await eventually(pilot, lambda: "30,000" in said(app, "#told"))
        await pilot.press("ctrl+x")
        await eventually(pilot, lambda: said(app, "#told") == "Paste or type.")
        await pilot.press("escape")
        await eventually(pilot, lambda: isinstance(app.screen, CorpusPlace))
        assert mine.all_mine() == {}


async def test_nothing_is_not_kept() -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await pasting(pilot)
        await pilot.press("ctrl+o")
        await eventually(pilot, lambda: "no text to keep" in said(app, "#told"))
        assert app.screen is dialog


# Forgetting


async def test_ones_own_text_is_taken_off_the_list_after_a_question(here: Path) -> None:
    (here / "[b]draft.txt").write_text(WORDS, encoding="utf-8")
    mine.add("[b]draft.txt", name="draft")
    app = playground()
    app.desk.choose_corpus("draft")
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        assert highlighted(place) == "draft"
        assert "forget" in words(app)
        await pilot.press("ctrl+d")
        await eventually(pilot, lambda: isinstance(app.screen, Confirm))
        assert "The file itself stays." in words(app)
        await pilot.press("n")
        await eventually(pilot, lambda: app.screen is place)
        assert "draft" in mine.all_mine()
        await pilot.press("delete")
        await eventually(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await eventually(pilot, lambda: "draft" not in listed(place))
        assert (here / "[b]draft.txt").exists()
        assert app.desk.corpus == "play"


async def test_a_text_of_the_catalogue_can_not_be_forgotten() -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        await pilot.press("delete", *"pl", "delete")
        await pilot.pause()
        assert app.screen is place


async def test_what_was_added_elsewhere_is_there_when_one_comes_back() -> None:
    app = playground()
    async with app.run_test(size=(80, 24)) as pilot:
        place = await opened(pilot)
        await pilot.press("f4")
        mine.paste(WORDS, "novel")
        await pilot.press("f2")
        await eventually(pilot, lambda: "novel" in listed(place))


# Beside the loop


async def test_work_aside_gives_its_result_or_its_error() -> None:
    assert await aside(lambda: 5) == 5
    with pytest.raises(ZeroDivisionError):
        await aside(lambda: 1 / 0)


async def test_work_aside_holds_nobody_up() -> None:
    gate = threading.Event()
    task = asyncio.ensure_future(aside(gate.wait))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.set()
