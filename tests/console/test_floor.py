"""The optimum on a chart: a line of its own, named with its figure, told also where it lies below the chart."""

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from rnnplay.app.widgets.figures import figures
from rnnplay.console.chart.curves import Curve, View
from rnnplay.console.chart.drawing import Drawing, draw
from rnnplay.console.chart.floor import DASH, draw_floor, levels_of
from rnnplay.runs.history import History
from rnnplay.text.records import OPTIMUM, Baseline
from tests.app.made import course, started
from tests.app.test_chart import LADDER, LOSS, VIEWS, inked, learning, points, rows


def drawn(optimum: float, view: View | None = None, width: int = 90, height: int = 30, end: float = 1.5) -> Drawing:
    levels = levels_of((*LADDER, Baseline(OPTIMUM, optimum)))
    drawing = draw([Curve("a", learning(end=end))], levels, view or View(), width, height)
    draw_floor(drawing, levels, view or View())
    return drawing


@pytest.mark.parametrize("view", [View(), View(y_unit="bits"), View(log=True)])
def test_it_is_in_its_row_with_its_own_dash_and_figure(view: View) -> None:
    drawing = drawn(1.9, view)
    row = drawing.row_of(1.9 if view.y_unit == "bits" else 1.9 * math.log(2))
    assert row is not None
    text = drawing.sheet.text(row)
    assert "a perfect network 1.900 bits" in text
    assert DASH * 10 in text
    assert not any(DASH in drawing.sheet.text(other) for other in range(drawing.sheet.height) if other != row)
    assert "┄┄┄" in "\n".join(rows(drawing))


def test_below_the_chart_it_is_told_at_the_bottom_and_hides_no_curve() -> None:
    levels = levels_of((*LADDER, Baseline(OPTIMUM, 0.1)))
    drawing = drawn(0.1)
    assert "\u2193 a perfect network 0.100 bits" in drawing.sheet.text(drawing.row + drawing.height - 1)
    assert inked(drawing, "main") == inked(draw([Curve("a", learning())], levels, View(), 90, 30), "main")


def test_once_it_is_reached_its_name_stands_beside_the_curve() -> None:
    levels = levels_of((*LADDER, Baseline(OPTIMUM, 1.5 / math.log(2))))
    drawing = draw([Curve("a", points([1.5] * 300))], levels, View(), 90, 30)
    before = inked(drawing, "main")
    draw_floor(drawing, levels, View())
    assert "a perfect network 2.164 bits" in "\n".join(rows(drawing))
    assert inked(drawing, "main") == before


def test_other_texts_have_none() -> None:
    assert [level.name for level in levels_of(LADDER)] == ["guessing", "pairs of letters", "4-gram", "xz compression"]
    drawing = draw([Curve("a", learning())], levels_of(LADDER), View(), 90, 30)
    before = rows(drawing)
    draw_floor(drawing, levels_of(LADDER), View())
    assert rows(drawing) == before


def test_a_baseline_of_that_name_is_no_optimum() -> None:
    levels = levels_of((Baseline("a perfect network", 2.1),))
    drawing = draw([Curve("a", learning())], levels, View(), 90, 30)
    draw_floor(drawing, levels, View())
    assert DASH not in "".join(rows(drawing))


@settings(max_examples=60, deadline=None)
@given(st.lists(LOSS, max_size=40), LOSS, VIEWS, st.integers(0, 120), st.integers(0, 30))
def test_nothing_is_too_odd_to_be_drawn(
    losses: list[Any], bits: float | None, view: View, width: int, height: int
) -> None:
    levels = levels_of((*LADDER, Baseline(OPTIMUM, math.nan if bits is None else bits)))
    drawing = draw([Curve("a", points(losses))], levels, view, width, height)
    draw_floor(drawing, levels, view)
    assert all(cell_len(row) == width for row in rows(drawing))


def test_the_figures_tell_the_excess_of_a_generated_text_alone() -> None:
    plain, generated = History(), History()
    plain.take(course(100))
    begin = msgspec.structs.replace(started(), ladder=(*LADDER, Baseline(OPTIMUM, 1.0)))
    generated.take([begin, *list(course(100))[1:]])
    assert "excess" not in {figure.name for figure in figures(plain)}
    (excess,) = (figure for figure in figures(generated) if figure.name == "excess")
    assert excess.brief == f"excess {(1.5 + 2.8 * 0.985**100) / math.log(2) - 1:.3f} bits"
    assert excess.value.endswith("bits above the optimum")
