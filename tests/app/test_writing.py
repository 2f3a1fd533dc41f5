"""The text that is being written: wrapped as an oracle wraps, harmless whatever it says, and walked over."""

import unicodedata
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.message import Message

from rnnplay.app.widgets import heat
from rnnplay.app.widgets.glyphs import ROW_MARK, fenced, glyph, named
from rnnplay.app.widgets.wrapping import Rows
from rnnplay.app.widgets.writing import CARET, HEATS, Heat, Writing
from rnnplay.sampling.records import SampledChar
from tests.app.foreign import foreign_text

widths = st.integers(2, 30)


def told(text: str, surprisal: float = 0.5) -> list[SampledChar]:
    return [SampledChar(character, 2**-surprisal, surprisal, 1.0) for character in text]


def rows_of(text: str, width: int) -> list[str]:
    rows = Rows(width)
    rows.append(text)
    return ["".join(rows.characters[slice(*rows.span(row))]) for row in range(len(rows))]


def wrapped(text: str, width: int) -> list[str]:
    """Wrap plain letters, spaces and newlines, written another way: paragraph by paragraph, from each row's end."""
    rows = []
    paragraphs = text.split("\n")
    for number, paragraph in enumerate(paragraphs):
        rest = paragraph
        while True:
            room = width + 1 if rest[width : width + 1] == " " else width
            if len(rest) <= room:
                break
            space = rest.rfind(" ", 0, room)
            cut = space + 1 if space >= 0 else room
            rows.append(rest[:cut])
            rest = rest[cut:]
        rows.append(rest + ("\n" if number < len(paragraphs) - 1 else ""))
    return rows


@given(st.text("ab \n", max_size=200), widths)
def test_rows_are_broken_as_the_oracle_breaks_them(text: str, width: int) -> None:
    assert rows_of(text, width) == wrapped(text, width)


@given(st.lists(foreign_text, max_size=5), widths)
def test_text_in_batches_makes_the_same_rows_as_at_once(batches: list[str], width: int) -> None:
    rows = Rows(width)
    for batch in batches:
        rows.append(batch)
    whole = Rows(width)
    whole.append("".join(batches))
    assert [rows.span(row) for row in range(len(rows))] == [whole.span(row) for row in range(len(whole))]


@given(foreign_text, widths, widths)
def test_another_width_makes_the_rows_of_that_width(text: str, width: int, other: int) -> None:
    rows = Rows(width)
    rows.append(text)
    rows.resize(other)
    assert ["".join(rows.characters[slice(*rows.span(row))]) for row in range(len(rows))] == rows_of(text, other)


@given(foreign_text, widths)
def test_a_row_holds_its_cells_and_one_space_or_newline_more(text: str, width: int) -> None:
    rows = Rows(width)
    rows.append(text)
    assert "".join(rows_of(text, width)) == text
    for row in range(len(rows)):
        drawn = [rows.drawn(index) for index in range(*rows.span(row))]
        body = [one for one in drawn if one.kind != "newline"]
        assert cell_len("".join(one.text for one in body)) == sum(one.width for one in body)
        while body and body[-1].kind == "space":
            body.pop()
        assert sum(one.width for one in body) <= width
        assert sum(one.width for one in drawn if one.kind != "newline") <= width + 1


@given(foreign_text, widths)
def test_a_cell_leads_to_its_character_and_back(text: str, width: int) -> None:
    rows = Rows(width)
    rows.append(text)
    for index in range(len(text)):
        row = rows.row_of(index)
        start, end = rows.span(row)
        assert start <= index < end
        found = rows.index_at(row, rows.column_of(index))
        assert found is not None
        if rows.drawn(index).width:
            assert found == index
        else:  # a mark stands where its letter stands
            assert found < index
            assert all(rows.drawn(between).width == 0 for between in range(found + 1, index + 1))


@given(st.characters(exclude_categories=()))
def test_no_character_is_obeyed_and_each_has_the_width_that_it_is_drawn_with(character: str) -> None:
    drawn = glyph(character)
    for part in drawn.text + named(character):
        assert unicodedata.category(part) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert cell_len(f"a{drawn.text}b") == drawn.width + 2
    assert cell_len(named(character)) >= 1


def test_a_mark_joins_its_letter_but_a_heap_of_marks_does_not() -> None:
    assert rows_of("xe\u0301y", 2) == ["xe\u0301", "y"]
    assert len(rows_of("e" + "\u0301" * 500, 20)) > 20


def test_right_to_left_letters_are_fenced_in_without_taking_cells() -> None:
    assert fenced("abc") == "abc"
    assert fenced("a שלום").strip(ROW_MARK) == "a שלום"
    assert cell_len(fenced("a שלום")) == cell_len("a שלום")


def test_surprise_has_five_steps_and_takes_any_number() -> None:
    assert [heat.level(bits) for bits in (0, 0.9, 1, 2, 4, 6, 60)] == [0, 0, 1, 2, 3, 4, 4]
    assert heat.level(float("nan")) == heat.level(float("inf")) == 4


# The widget


class Shown(App[None]):
    CSS = "Writing { width: 1fr; height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self.writing = Writing()
        self.heard: list[Message] = []

    def compose(self) -> ComposeResult:
        yield self.writing

    def on_writing_moved(self, message: Writing.Moved) -> None:
        self.heard.append(message)

    def on_writing_branch(self, message: Writing.Branch) -> None:
        self.heard.append(message)

    @property
    def lines(self) -> list[str]:
        strips = self.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip).rstrip() for strip in strips]

    def at_cursor(self) -> str | None:
        cursor = self.writing.cursor
        return None if cursor is None else self.writing.text[cursor]


async def test_it_shows_the_prompt_and_what_is_written_after_it() -> None:
    app = Shown()
    async with app.run_test(size=(20, 6)) as pilot:
        app.writing.show("ROMEO:\n", told("what say"))
        await pilot.pause()
        app.writing.append(told(" you"))
        app.writing.live = True
        await pilot.pause()
        assert app.lines[:2] == ["ROMEO:", "what say you" + CARET]
        assert app.writing.text == "ROMEO:\nwhat say you"


async def test_it_follows_the_end_unless_someone_has_scrolled_up() -> None:
    app = Shown()
    async with app.run_test(size=(20, 6)) as pilot:
        app.writing.show("", told("".join(f"line {number}\n" for number in range(50))))
        await pilot.pause()
        assert "line 49" in app.lines
        app.writing.focus()
        await pilot.press("pageup", "pageup")
        await pilot.pause()
        before = [line[:19].rstrip() for line in app.lines]  # the scroll bar moves
        assert "line 49" not in before
        app.writing.append(told("more\n" * 20))
        await pilot.pause()
        assert [line[:19].rstrip() for line in app.lines] == before
        await pilot.press(*["pagedown"] * 10)
        app.writing.append(told("the end"))
        await pilot.pause()
        assert "the end" in app.lines


async def test_every_key_walks_and_tells_where_the_cursor_is() -> None:
    app = Shown()
    async with app.run_test(size=(20, 8)) as pilot:
        app.writing.show("P:", told("abc\ndef\nghi"))
        app.writing.focus()
        visited = []
        for key in (
            "left",
            "left",
            "up",
            "home",
            "right",
            "end",
            "down",
            "ctrl+home",
            "ctrl+end",
            "pageup",
            "pagedown",
        ):
            await pilot.press(key)
            visited.append(app.at_cursor())
        assert visited == ["i", "h", "e", "d", "e", "\n", "i", "P", "i", "a", "i"]
        await pilot.press("enter")
        last = app.heard[-1]
        assert isinstance(last, Writing.Branch)
        assert last.index == len("P:abc\ndef\nghi") - 1
        await pilot.press("escape")
        assert app.writing.cursor is None
        moved = [message.index for message in app.heard if isinstance(message, Writing.Moved)]
        assert moved[1:4] == [12, 11, 7]
        assert moved[-1] is None


async def test_a_click_puts_the_cursor_on_its_character() -> None:
    app = Shown()
    async with app.run_test(size=(20, 6)) as pilot:
        app.writing.show("", told("日本 abc\nxyz"))
        await pilot.pause()
        for offset, expected in (((0, 0), "日"), ((3, 0), "本"), ((5, 0), "a"), ((2, 1), "z"), ((15, 1), "z")):
            await pilot.click(Writing, offset=offset)
            assert app.at_cursor() == expected


async def test_surprise_is_shown_by_shades_and_by_digits() -> None:
    app = Shown()
    async with app.run_test(size=(20, 6)) as pilot:
        app.writing.show("ab", [*told("c", 0.1), *told("d", 3.0), *told("日", 9.0), *told("e", 1.5)])
        await pilot.pause()
        plain_styles = styles(app, "d日")
        app.writing.heat = "digits"
        await pilot.pause()
        assert app.lines[:2] == ["abcd日e", "  024 1"]
        assert styles(app, "d日") != plain_styles
        assert len(set(styles(app, "cd日e"))) == 4
        app.writing.heat = "shades"
        await pilot.pause()
        assert app.lines[1] == ""


def styles(app: Shown, characters: str) -> Sequence[object]:
    found = {}
    for segment in app.screen._compositor.render_strips()[0]:
        for character in segment.text:
            found[character] = segment.style.bgcolor if segment.style else None
    return [found[character] for character in characters]


async def test_what_is_selected_is_copied_as_it_is_and_not_as_it_is_drawn() -> None:
    app = Shown()
    async with app.run_test(size=(12, 6)) as pilot:
        text = "one\ttwo \x1b three four"
        app.writing.show("", told(text))
        await pilot.pause()
        app.screen.text_select_all()
        await pilot.pause()
        assert app.screen.get_selected_text() == text


async def test_resizing_keeps_the_end_in_sight_and_the_cursor() -> None:
    app = Shown()
    async with app.run_test(size=(60, 10)) as pilot:
        app.writing.show("", told("word " * 200 + "end"))
        await pilot.pause()
        await pilot.resize_terminal(20, 5)
        await pilot.pause()
        assert "end" in "".join(app.lines)
        app.writing.cursor = 10
        await pilot.pause()
        await pilot.resize_terminal(40, 7)
        await pilot.pause()
        assert app.writing.cursor == 10
        assert app.lines[0].startswith("word")


def test_an_append_to_a_long_text_wraps_only_what_is_new() -> None:
    rows = Rows(40)
    rows.append("some words to wrap " * 5000)
    rows._glyphs = counted = Counted(rows._glyphs)
    rows.append("and more")
    assert 0 < counted.reads < 200


class Counted(list[Any]):
    """A list that counts how often it is read."""

    reads = 0

    def __getitem__(self, place: Any) -> Any:
        self.reads += 1
        return super().__getitem__(place)


@settings(max_examples=25, deadline=None)
@given(foreign_text, foreign_text, st.sampled_from(HEATS))
async def test_no_text_breaks_the_columns_or_reaches_the_terminal_raw(prompt: str, text: str, shown: Heat) -> None:
    app = Shown()
    async with app.run_test(size=(17, 9)) as pilot:
        app.writing.show(prompt, told(text, 3.0))
        app.writing.heat = shown
        app.writing.focus()
        await pilot.pause()
        await pilot.press("ctrl+home", "down", "right", "end", "up")
        await pilot.pause()
        for strip in app.screen._compositor.render_strips():
            line = "".join(segment.text for segment in strip)
            assert sum(cell_len(segment.text) for segment in strip) == 17
            assert not any(unicodedata.category(one) in {"Cc", "Cs"} for one in line)
            assert not any(one in "\u202e\u202d\u2066\u2067\u2068\u200d" for one in line)
        assert app.writing.text == prompt + text
