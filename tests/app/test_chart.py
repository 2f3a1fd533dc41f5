import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult

from rnnplay.app.widgets.chart.loss_chart import LossChart
from rnnplay.console.chart import axes
from rnnplay.console.chart.axes import GREATEST, X_UNITS, Axis
from rnnplay.console.chart.curves import CIRCLE, Curve, Level, View, inks_of, ladder_levels, text_note
from rnnplay.console.chart.drawing import Drawing, draw
from rnnplay.console.chart.raster import BLANK, DASHED, DOTTED, SOLID, Canvas, Place
from rnnplay.runs.curve import Point
from rnnplay.text.records import Baseline, Provenance

ANY = st.floats(allow_nan=True, allow_infinity=True)
NEAR = st.floats(-300, 300)
LADDER = (Baseline("uniform", 6.0), Baseline("bigram", 3.6), Baseline("4-gram", 2.5), Baseline("xz", 2.6))


LETTERED = (("small", 1.5, "A"), ("large", 2.5, "B"))


def points(losses: Sequence[float | None]) -> list[Point]:
    return [Point(10 * place, 640 * place, 0.1 * place, loss) for place, loss in enumerate(losses)]


def learning(count: int = 300, end: float = 1.5) -> list[Point]:
    return points([end + (4.2 - end) * math.exp(-place / 20) for place in range(count)])


def rows(drawing: Drawing) -> list[str]:
    return [drawing.sheet.text(row) for row in range(drawing.sheet.height)]


def inked(drawing: Drawing, ink: str) -> set[tuple[int, int]]:
    sheet = drawing.sheet
    return {(x, y) for y in range(sheet.height) for x in range(sheet.width) if sheet.ink(x, y) == ink}


def dots(canvas: Canvas) -> set[tuple[int, int]]:
    """The dots of a canvas, by the numbers that Unicode gives them."""
    places = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]
    return {
        (2 * column + x, 4 * row + y)
        for row in range(canvas.height)
        for column, character in canvas.row(row)
        for bit, (x, y) in enumerate(places)
        if (ord(character) - BLANK) >> bit & 1
    }


# Notes


@pytest.mark.parametrize(
    ("texts", "note"),
    [
        ([], ""),
        ([("play", "1"), ("play", "1"), None], ""),
        ([("play", "1"), ("copy of play", "1")], ""),
        ([("play", ""), ("play", "1")], ""),
        ([("play", "1"), ("prose", "2")], "different texts: losses don't compare (play, prose)"),
        ([("play", ""), ("prose", "2")], "different texts: losses don't compare (play, prose)"),
        ([("notes\n", "1"), ("notes\n", "2")], "different texts: losses don't compare (all called notes↵)"),
    ],
)
def test_curves_of_different_texts_are_noted(texts: Sequence[tuple[str, str] | None], note: str) -> None:
    corpora = [None if text is None else Provenance("file", text[0], sha256=text[1]) for text in texts]
    assert text_note([Curve("run", learning(), corpus=corpus) for corpus in corpora]) == note


def test_curves_with_letters_are_told_apart_without_colour() -> None:
    curves = [Curve(name, learning(end=end), learning(end=end)[::50], mark=mark) for name, end, mark in LETTERED]
    drawn = rows(draw(curves, (), View(), 90, 20))
    for name, _, mark in LETTERED:
        assert re.search(rf"{mark} .{{4}} {name}", drawn[0])
        assert sum(row.count(mark) for row in drawn[1:]) >= 4
    assert "A B validation" in drawn[0]


# Dots and lines


@given(st.integers(0, 9), st.integers(0, 11))
def test_a_dot_is_where_it_was_set(x: int, y: int) -> None:
    canvas = Canvas(5, 3)
    canvas.dot(x + 0.4, y + 0.7)
    assert dots(canvas) == {(x, y)}


@given(st.tuples(NEAR, NEAR), st.tuples(NEAR, NEAR))
def test_a_line_sets_the_dots_along_it_and_no_others(start: Place, end: Place) -> None:
    canvas = Canvas(20, 10)
    canvas.line(start, end)
    drawn = dots(canvas)
    for share in (part / 600 for part in range(601)):
        x, y = start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
        if 0.01 < x < 39.99 and 0.01 < y < 39.99:
            assert any((math.floor(x) + dx, math.floor(y) + dy) in drawn for dx in (-1, 0, 1) for dy in (-1, 0, 1))
    length = math.dist(start, end)
    for x, y in drawn:
        middle = (x + 0.5, y + 0.5)
        along = (middle[0] - start[0]) * (end[0] - start[0]) + (middle[1] - start[1]) * (end[1] - start[1])
        share = min(max(along / length**2, 0), 1) if length > 1e-3 else 0
        near = (start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1]))
        assert math.dist(middle, near) < 1.6


@given(st.lists(st.one_of(st.none(), st.tuples(ANY, ANY)), max_size=8), st.sampled_from([SOLID, DASHED, DOTTED]))
def test_nothing_that_is_joined_by_lines_is_too_odd(places: list[Place | None], dashes: tuple[bool, ...]) -> None:
    canvas = Canvas(7, 3)
    canvas.curve(places, dashes)
    assert all(0 <= x < 14 and 0 <= y < 12 and dashes[x % len(dashes)] for x, y in dots(canvas))


def test_a_gap_in_a_curve_stays_empty() -> None:
    canvas = Canvas(10, 1)
    canvas.curve([(0, 1), (4, 1), None, (15, 1), (19, 1)])
    assert {x for x, _ in dots(canvas)} == {*range(5), *range(15, 20)}


def test_line_styles_can_be_told_apart_without_colour() -> None:
    drawn = set()
    for dashes in (SOLID, DASHED, DOTTED):
        canvas = Canvas(10, 1)
        canvas.line((0, 1), (19, 1), dashes)
        drawn.add(frozenset(dots(canvas)))
    assert len(drawn) == 3


# Axes


@given(ANY, ANY, ANY, st.booleans())
def test_an_axis_places_every_value_or_none(low: float, high: float, value: float, log: bool) -> None:
    axis = Axis.over(low, high, log=log)
    assert axis.low < axis.high
    share = axis.share(value)
    if share is not None and 0 <= share <= 1:
        assert math.isclose(axis.value(share), value, rel_tol=1e-5, abs_tol=1e-6 * (axis.high - axis.low))


@given(st.floats(0, 1e6), st.floats(1e-3, 1e6), st.floats(0.1, 10), st.floats(0, 1), st.booleans())
def test_zooming_keeps_the_value_under_the_mouse(low: float, span: float, factor: float, at: float, log: bool) -> None:
    axis = Axis.over(low, low + span, log=log)
    zoomed = axis.zoomed(factor, at)
    wide = all(one.high - one.low > 1e-4 * one.high for one in (axis, zoomed))  # enough to tell its values apart
    if wide and zoomed.high < 0.9 * GREATEST and zoomed.low > 1e-3:
        assert math.isclose(zoomed.value(at), axis.value(at), rel_tol=1e-3)


@given(st.floats(-50, 150), st.floats(1, 300))
def test_an_axis_is_moved_to_where_there_is_something(low: float, span: float) -> None:
    inside = Axis.over(low, low + span).within(Axis(0.0, 100.0))
    assert inside.low >= -1e-9
    assert inside.high <= 100 + 1e-9
    assert math.isclose(inside.high - inside.low, min(span, 100), rel_tol=1e-6)


@given(st.floats(0, 1e7), st.floats(1e-3, 1e7), st.integers(1, 30), st.booleans())
def test_ticks_are_few_round_and_on_the_axis(low: float, span: float, most: int, log: bool) -> None:
    axis = Axis.over(low, low + span, log=log)
    values, step = axes.ticks(axis, most)
    assert len(values) <= most + 1 or axis.log
    assert values == sorted(set(values))
    assert all(-1e-6 * span <= value - axis.low and value - axis.high <= 1e-6 * axis.high for value in values)
    if not log:
        assert f"{step:.0e}"[0] in "125"
        assert all(math.isclose(value / step, round(value / step), abs_tol=1e-6) for value in values)


@given(st.floats(0, 1e5), st.floats(1e-2, 1e5), st.integers(1, 30))
def test_labels_across_differ(low: float, span: float, most: int) -> None:
    for unit in X_UNITS:
        labels = [label for _, label in axes.x_ticks(Axis.over(low, low + span), unit, most)]
        assert len(labels) <= most + 1
    counts = [label for _, label in axes.x_ticks(Axis.over(0, span), "steps", most)]
    assert len(set(counts)) == len(counts)


@pytest.mark.parametrize(
    ("value", "step", "label"),
    [(0, 500, "0"), (500, 500, "500"), (12_000, 2_000, "12 k"), (1_500_000, 500_000, "1.5 M"), (7_500, 500, "7,500")],
)
def test_counts_are_written_short(value: float, step: float, label: str) -> None:
    assert axes.count_label(value, step) == label


def test_the_first_high_losses_do_not_squash_the_rest() -> None:
    losses = [loss for *_, loss in learning(1000) if loss is not None]
    low, high = axes.loss_range([losses], [], whole=False)
    assert low < min(losses)
    assert high < 3
    assert axes.loss_range([losses], [], whole=True)[1] >= max(losses)


@given(st.lists(st.lists(st.floats(0, 1e6), max_size=30), max_size=4), st.lists(st.floats(0, 20), max_size=6))
def test_the_range_of_losses_holds_the_lowest_of_all(curves: list[list[float]], levels: list[float]) -> None:
    low, high = axes.loss_range(curves, levels, whole=False)
    assert low <= high
    everything = [loss for curve in curves for loss in curve]
    if everything:
        assert low <= min(everything) <= high


# The drawing

LOSS = st.one_of(st.none(), st.floats(0, 30), st.sampled_from([math.nan, math.inf, -math.inf, 1e300, -1.0]))
VIEWS = st.builds(
    View,
    x_unit=st.sampled_from(X_UNITS),
    y_unit=st.sampled_from(["nats", "bits"]),
    log=st.booleans(),
    across=st.one_of(st.none(), st.builds(Axis.over, ANY, ANY)),
    whole=st.booleans(),
)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.text(max_size=30), st.lists(LOSS, max_size=50), st.lists(LOSS, max_size=9)), max_size=4),
    VIEWS,
    st.integers(0, 170),
    st.integers(0, 40),
)
def test_nothing_is_too_odd_to_be_drawn(curves: list[Any], view: View, width: int, height: int) -> None:
    drawn = [Curve(name, points(losses), points(looks)) for name, losses, looks in curves]
    drawing = draw(drawn, ladder_levels(LADDER), view, width, height)
    assert len(rows(drawing)) == height
    assert all(cell_len(row) == width for row in rows(drawing))


def test_a_level_line_is_in_the_row_of_its_loss_and_named() -> None:
    drawing = draw([Curve("a", learning())], ladder_levels(LADDER), View(), 90, 30)
    row = drawing.row_of(2.5 * math.log(2))
    assert row is not None
    assert "┄┄┄" in drawing.sheet.text(row)
    assert "4-gram" in drawing.sheet.text(row)
    bits = draw([Curve("a", learning())], ladder_levels(LADDER), View(y_unit="bits"), 90, 30)
    row = bits.row_of(2.5)
    assert row is not None
    assert "4-gram" in bits.sheet.text(row)


def test_levels_in_one_row_share_it() -> None:
    levels = [Level("one", 2.3), Level("two", 2.301), Level("three", 2.8)]
    drawing = draw([Curve("a", learning())], levels, View(), 90, 24)
    text = "\n".join(rows(drawing))
    assert "one · two" in text
    assert "three" in text


def test_a_level_name_hides_no_curve() -> None:
    curve = Curve("a", points([1.7 + 0.001 * (place % 2) for place in range(400)]))
    without = inked(draw([curve], [], View(), 90, 24), "main")
    level = [Level("right on the curve", 1.7 / math.log(2))]
    drawing = draw([curve], level, View(up=Axis(1.0, 2.4)), 90, 24)
    assert inked(drawing, "main") == inked(draw([curve], [], View(up=Axis(1.0, 2.4)), 90, 24), "main")
    assert without


@pytest.mark.parametrize("unit", X_UNITS)
def test_the_whole_curve_is_shown_while_not_zoomed(unit: str) -> None:
    for count in (2, 50, 4096):
        view = View(x_unit=unit)  # type: ignore[arg-type]
        drawing = draw([Curve("a", learning(count), live=True)], [], view, 100, 24)
        columns = {x for x, _ in inked(drawing, "main")}
        assert min(columns) <= drawing.column + 2
        assert max(columns) >= 0.94 * (drawing.column + drawing.width)


def test_validation_losses_are_hollow_circles_in_their_rows() -> None:
    looks = [Point(500, 0, 5.0, 2.0), Point(2500, 0, 25.0, 1.6), Point(2900, 0, 29.0, None)]
    drawing = draw([Curve("a", learning(), looks)], [], View(), 90, 24)
    plot = rows(drawing)[drawing.row : drawing.row + drawing.height]
    assert sum(row.count(CIRCLE) for row in plot) == 2
    row = drawing.row_of(1.6)
    assert row is not None
    assert CIRCLE in drawing.sheet.text(row)


def test_each_run_has_a_line_of_its_own_and_a_name() -> None:
    runs = [Curve(f"run-{end}", learning(200, end), live=end == 2) for end in (1.5, 2, 2.5)]
    drawing = draw(runs, [], View(), 120, 30)
    assert inks_of(runs) == ["other-1", "main", "other-2"]
    for curve in runs:
        assert curve.name in drawing.sheet.text(0)
        assert curve.name in "\n".join(rows(drawing)[1:])
    first, _, third = (inked(drawing, ink) for ink in inks_of(runs))
    assert first
    assert third


def test_a_legend_without_room_says_how_many_are_left_out() -> None:
    runs = [Curve(f"a-rather-long-name-{number}", learning(50)) for number in range(6)]
    assert "+4" in draw(runs, [], View(), 70, 20).sheet.text(0)


def test_on_a_logarithmic_axis_the_first_losses_are_in_sight() -> None:
    drawing = draw([Curve("a", learning(1000))], [], View(log=True), 90, 24)
    assert drawing.up.high >= 4
    assert "log" in drawing.sheet.text(0)


# The widget


@dataclass
class Shown:
    app: App[None]
    chart: LossChart

    @property
    def text(self) -> str:
        return "\n".join(self.chart.render_line(y).text for y in range(self.chart.size.height))


class Charting(App[None]):
    def __init__(self, *curves: Curve) -> None:
        super().__init__()
        self.curves = curves

    def compose(self) -> ComposeResult:
        yield LossChart()

    def on_mount(self) -> None:
        chart = self.query_one(LossChart)
        chart.curves, chart.levels = self.curves, ladder_levels(LADDER)
        chart.focus()

    @property
    def shown(self) -> Shown:
        return Shown(self, self.query_one(LossChart))


async def test_keys_zoom_pan_and_show_all_again() -> None:
    app = Charting(Curve("a", learning(), live=True))
    async with app.run_test(size=(90, 24)) as pilot:
        whole = app.shown.text
        await pilot.press("plus", "plus")
        across = app.shown.chart.view.across
        assert across is not None
        assert "r shows all" in app.shown.text
        await pilot.press("left")
        earlier = app.shown.chart.view.across
        assert earlier is not None
        assert earlier.low < across.low
        await pilot.press("right", "up", "shift+up")
        assert app.shown.chart.view.up is not None
        await pilot.press("r")
        assert app.shown.text == whole
        await pilot.press("plus", "home")
        assert app.shown.text == whole


async def test_zooming_out_of_the_whole_shows_the_first_high_losses() -> None:
    app = Charting(Curve("a", learning(1000)))
    async with app.run_test(size=(90, 24)) as pilot:
        before = app.shown.text
        await pilot.press("minus")
        assert "4.0" in app.shown.text
        assert "4.0" not in before
        await pilot.press("plus")
        assert app.shown.text == before


async def test_keys_change_units_and_scale() -> None:
    app = Charting(Curve("a", learning(), live=True))
    async with app.run_test(size=(90, 24)) as pilot:
        assert "steps" in app.shown.text
        await pilot.press("a")
        assert "characters" in app.shown.text
        await pilot.press("a")
        assert "time" in app.shown.text
        await pilot.press("u")
        assert app.shown.text.startswith("bits")
        await pilot.press("l")
        assert app.shown.text.startswith("bits, log")
        await pilot.press("a", "u", "l")
        assert app.shown.text.startswith("nats ")


async def test_the_wheel_zooms_and_dragging_pans() -> None:
    app = Charting(Curve("a", learning(), live=True))
    async with app.run_test(size=(90, 24)) as pilot:
        chart = app.shown.chart
        await pilot._post_mouse_events([_wheel_up()], chart, offset=(80, 10))
        across = chart.view.across
        assert across is not None
        assert across.low > 0
        await pilot.mouse_down(chart, offset=(40, 10))
        await pilot.hover(chart, offset=(60, 10))
        await pilot.mouse_up(chart, offset=(60, 10))
        dragged = chart.view.across
        assert dragged is not None
        assert dragged.low < across.low


def _wheel_up() -> Any:
    from textual import events

    return events.MouseScrollUp


async def test_a_chart_of_odd_losses_is_drawn_at_every_size() -> None:
    odd = points([math.nan, 3.0, None, math.inf, 2.0, -math.inf, 2.5])
    curves = (Curve("a", odd, odd, live=True), Curve("b", []), Curve("c", odd[:1]))
    app = Charting(*curves)
    async with app.run_test(size=(90, 24)) as pilot:
        for size in ((40, 5), (1, 1), (160, 50), (20, 3), (90, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            chart = app.shown.chart
            assert [chart.render_line(y).cell_length for y in range(chart.size.height)] == [
                chart.size.width
            ] * chart.size.height
            await pilot.press("plus", "left", "minus", "minus", "u", "l", "a", "shift+down", "r")


async def test_a_run_name_of_brackets_and_escapes_is_shown() -> None:
    app = Charting(Curve("[red]\x1b[2Jé日本", learning(), live=True), Curve("[/b]", learning(90, 2)))
    async with app.run_test(size=(90, 24)) as pilot:
        await pilot.pause()
        assert "[red]␛[2Jé日本" in app.shown.text
        assert "[/b]" in app.shown.text


async def test_an_empty_chart_says_so_and_shows_the_levels() -> None:
    app = Charting()
    async with app.run_test(size=(90, 24)):
        assert "No loss yet." in app.shown.text
        assert "pairs of letters" in app.shown.text


@pytest.mark.parametrize("theme", ["ansi-dark", "textual-light"])
async def test_a_theme_changes_the_colours_and_nothing_else(theme: str) -> None:
    app = Charting(Curve("a", learning(), live=True))
    async with app.run_test(size=(90, 24)) as pilot:
        text, before = app.shown.text, app.shown.chart.render_line(10)
        app.theme = theme
        await pilot.pause()
        assert app.shown.text == text
        assert app.shown.chart.render_line(10) != before


async def test_nothing_is_drawn_again_while_nothing_changes() -> None:
    app = Charting(Curve("a", learning(), live=True))
    async with app.run_test(size=(90, 24)) as pilot:
        before = [app.shown.chart.render_line(y) for y in range(24)]
        app.shown.chart.refresh()
        await pilot.pause()
        assert all(app.shown.chart.render_line(y) is strip for y, strip in enumerate(before))
        app.shown.chart.curves = (Curve("a", learning(400), live=True),)
        await pilot.pause()
        assert app.shown.chart.render_line(10) is not before[10]


async def test_only_rows_that_look_different_are_drawn_anew() -> None:
    app = Charting(Curve("a", learning(400), live=True))
    async with app.run_test(size=(90, 24)):
        before = [app.shown.chart.render_line(y) for y in range(24)]
        app.shown.chart.curves = (Curve("a", learning(401), live=True),)
        after = [app.shown.chart.render_line(y) for y in range(24)]
        same = sum(old is new for old, new in zip(before, after, strict=True))
        assert 10 < same < 24


@settings(deadline=None, max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=12))
def test_an_odd_baseline_name_is_shown_and_never_obeyed(name: str) -> None:
    drawing = draw([], ladder_levels([Baseline(name, 2.0)]), View(), 60, 12)
    assert all(cell_len(row) == 60 for row in rows(drawing))
