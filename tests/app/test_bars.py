"""The bars: characters are seen whatever they are, numbers stand beside them, and one may be chosen."""

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult

from rnnplay.app.widgets.bars import CUT, Bar, Bars

PAIRS = (("e", 0.61), (" ", 0.22), ("\n", 0.07), ("\x1b", 0.05), ("[", 0.0001))
BARS = tuple(Bar(character, share, share) for character, share in PAIRS)


class Shown(App[None]):
    CSS = "Bars { width: 40; }"

    def __init__(self) -> None:
        super().__init__()
        self.bars = Bars(5)
        self.chosen: list[str | None] = []

    def compose(self) -> ComposeResult:
        yield self.bars

    def on_bars_chosen(self, message: Bars.Chosen) -> None:
        assert message.control is self.bars
        self.chosen.append(message.character)

    @property
    def lines(self) -> list[str]:
        strips = self.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip).rstrip() for strip in strips[:5]]


async def test_each_row_shows_a_character_a_bar_and_its_probability() -> None:
    app = Shown()
    async with app.run_test() as pilot:
        app.bars.bars = BARS
        await pilot.pause()
        assert [line.split()[0] for line in app.lines] == ["e", "␣", "↵", "␛", "["]
        assert [line.split()[-1] for line in app.lines] == ["0.610", "0.220", "0.070", "0.050", "0.000"]
        assert [line.split()[-2] for line in app.lines] == ["0.610", "0.220", "0.070", "0.050", "0.000"]
        lengths = [line.count("█") for line in app.lines]
        assert lengths == sorted(lengths, reverse=True)
        assert "▏" in app.lines[-1]


async def test_the_probability_without_settings_is_a_ghost_behind_the_bar() -> None:
    app = Shown()
    async with app.run_test() as pilot:
        app.bars.bars = (Bar("e", 0.5, 0.9), Bar("a", 0.5, 0.1), Bar("o", 0.5, 0.5), Bar("u", 0.5, 0.0), Bar("i", 0.5))
        await pilot.pause()
        drawn = [line.split(maxsplit=1)[1] for line in app.lines]
        room = 40 - 3 - 12  # a mark, a letter and a space before the bar, two numbers behind it
        half = room // 2
        assert drawn[0].startswith("█" * half + "│" + "█" * (round(0.9 * room) - half - 1))
        assert drawn[1].startswith("██▌" + "░" * (half - 3) + " ")
        assert drawn[2].startswith("█" * half)
        assert "░" not in drawn[2]
        assert drawn[3].startswith("░" * half)
        assert [line[-11:].split() for line in app.lines[:4]] == [
            ["0.900", "0.500"],
            ["0.100", "0.500"],
            ["0.500"] * 2,
            ["cut", "0.500"],
        ]
        assert app.lines[4].split()[-1] == "0.500"  # with settings it isn't known: only the ghost
        assert "█" not in app.lines[4]
        assert [line[0] for line in app.lines] == [" ", " ", " ", CUT, " "]


async def test_a_character_that_is_cut_is_struck_through() -> None:
    app = Shown()
    async with app.run_test() as pilot:
        app.bars.bars = (Bar("e", 0.5, 1.0), Bar("a", 0.5, 0.0))
        await pilot.pause()
        struck = [
            segment.text.strip()
            for strip in app.screen._compositor.render_strips()
            for segment in strip
            if segment.style is not None and segment.style.strike
        ]
        assert struck == ["a"]


async def test_in_little_room_the_bar_is_kept_and_the_second_number_is_not() -> None:
    app = Shown()
    async with app.run_test() as pilot:
        app.bars.styles.width = 20
        app.bars.bars = (Bar("\ue000", 0.25, 0.75),)
        app.bars.caption = ("", True)
        await pilot.pause()
        assert app.lines[0].split()[-1] == "0.750"
        assert "0.250" not in app.lines[0]
        assert "█" in app.lines[0]


async def test_nothing_is_offered_where_there_is_nothing() -> None:
    app = Shown()
    async with app.run_test() as pilot:
        app.bars.offer()
        await pilot.pause()
        assert app.bars.chosen is None
        assert app.focused is None


async def test_it_takes_the_same_rows_however_many_characters_there_are() -> None:
    app = Shown()
    async with app.run_test() as pilot:
        for bars in ((), BARS[:1], BARS * 3):
            app.bars.bars = bars
            await pilot.pause()
            assert app.bars.size.height == 6


async def test_one_is_chosen_with_the_keys() -> None:
    app = Shown()
    async with app.run_test() as pilot:
        app.bars.bars = BARS
        await pilot.press("tab", "down", "enter")
        assert app.chosen == []
        app.bars.taken = "e"
        app.bars.offer()
        assert app.bars.chosen == 1
        await pilot.press("down", "down", "up", "enter")
        assert app.chosen == ["\n"]
        await pilot.press("escape")
        assert app.chosen == ["\n", None]
        app.bars.withdraw()
        await pilot.press("enter")
        assert app.chosen == ["\n", None]


async def test_one_is_chosen_with_the_mouse_only_where_one_may_choose() -> None:
    app = Shown()
    async with app.run_test() as pilot:
        app.bars.bars = BARS
        await pilot.click(Bars, offset=(2, 2))
        assert app.chosen == []
        app.bars.offer()
        await pilot.click(Bars, offset=(2, 2))
        assert app.chosen == ["\n"]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.builds(Bar, st.characters(exclude_categories=()), st.floats(), st.none() | st.floats()), max_size=7))
async def test_no_character_and_no_number_breaks_it(bars: list[Bar]) -> None:
    app = Shown()
    async with app.run_test(size=(40, 8)) as pilot:
        app.bars.bars = tuple(bars)
        await pilot.pause()
        app.bars.taken = bars[0].character if bars else None
        app.bars.offer()
        await pilot.press("down")
        await pilot.pause()
        for strip in app.screen._compositor.render_strips():
            assert sum(cell_len(segment.text) for segment in strip) == 40
