"""The bars: characters are seen whatever they are, numbers stand beside them, and one may be chosen."""

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult

from rnnplay.app.widgets.bars import Bars

SHARES = (("e", 0.61), (" ", 0.22), ("\n", 0.07), ("\x1b", 0.05), ("[", 0.0001))


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
        app.bars.shares = SHARES
        await pilot.pause()
        assert [line.split()[0] for line in app.lines] == ["e", "␣", "↵", "␛", "["]
        assert [line.split()[-1] for line in app.lines] == ["0.610", "0.220", "0.070", "0.050", "0.000"]
        lengths = [line.count("█") for line in app.lines]
        assert lengths == sorted(lengths, reverse=True)
        assert "▏" in app.lines[-1]


async def test_it_takes_the_same_rows_however_many_characters_there_are() -> None:
    app = Shown()
    async with app.run_test() as pilot:
        for shares in ((), SHARES[:1], SHARES * 3):
            app.bars.shares = shares
            await pilot.pause()
            assert app.bars.size.height == 5


async def test_one_is_chosen_with_the_keys() -> None:
    app = Shown()
    async with app.run_test() as pilot:
        app.bars.shares = SHARES
        await pilot.press("tab", "down", "enter")
        assert app.chosen == []
        app.bars.offer(SHARES, taken="e")
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
        app.bars.shares = SHARES
        await pilot.click(Bars, offset=(2, 2))
        assert app.chosen == []
        app.bars.offer(SHARES)
        await pilot.click(Bars, offset=(2, 2))
        assert app.chosen == ["\n"]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.characters(exclude_categories=()), st.floats()), max_size=7))
async def test_no_character_and_no_number_breaks_it(shares: list[tuple[str, float]]) -> None:
    app = Shown()
    async with app.run_test(size=(40, 8)) as pilot:
        app.bars.shares = tuple(shares)
        await pilot.pause()
        app.bars.offer(shares, taken=shares[0][0] if shares else None)
        await pilot.press("down")
        await pilot.pause()
        for strip in app.screen._compositor.render_strips():
            assert sum(cell_len(segment.text) for segment in strip) == 40
