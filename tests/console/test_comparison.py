"""Runs beside each other on a console."""

import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from rnnplay.console.comparison import chart, differing, figures
from rnnplay.runs.compare import Compared, Comparison, Score
from rnnplay.runs.curve import Point
from rnnplay.text.records import OPTIMUM, Baseline

OBEYED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # categories of what a terminal may take for more than a character


def one(
    label: str, end: float = 1.5, *, unknown: int = 0, excess: float | None = None, scored: bool = True, looks: int = 12
) -> Compared:
    points = tuple(Point(10 * n, 640 * n, float(n), end + 2 * math.exp(-n / 3)) for n in range(1, looks + 1))
    score = Score(1000, end, end / math.log(2), math.exp(end), {"?": unknown} if unknown else {})
    return Compared(label, "lstm 1x16", "play", 100, 6400, 10.0, points, score if scored else None, excess)


def made(*runs: Compared, **changes: object) -> Comparison:
    whole: dict[str, object] = {
        "text": "play",
        "part": "the validation part",
        "protocol": "carried",
        "optimum": None,
        "runs": runs,
        "differences": (("width", tuple(str(number) for number in range(len(runs)))),),
        "settled": tuple(range(len(runs))),
        "ladder": (),
        "notes": (),
        **changes,
    }
    return Comparison(**whole)  # type: ignore[arg-type]


def told(lines: object) -> str:
    return "\n".join(line.plain for line in lines)  # type: ignore[attr-defined]


def test_each_curve_has_a_letter_and_the_legend_and_the_table_name_it() -> None:
    comparison = made(one("tide-lamp", 1.2), one("moss-owl", 2.0), one("dawn-gate", 2.6))
    drawn, table = told(chart(comparison, "steps", 90, 20)), told(figures(comparison))
    for letter, name in zip("ABC", ("tide-lamp", "moss-owl", "dawn-gate"), strict=True):
        assert sum(line.count(letter) for line in drawn.splitlines()[1:-1]) > 3
        assert f"{letter} " in drawn.splitlines()[0]
        assert name in drawn.splitlines()[0]
        assert any(line.startswith(f"{letter} ") and name in line for line in table.splitlines())


def test_dashes_differ_and_are_the_same_in_the_legend_and_in_the_table() -> None:
    comparison = made(*(one(name, 1.0 + number) for number, name in enumerate("pqr")))
    legend = told(chart(comparison, "steps", 90, 20)).splitlines()[0]
    pieces = [line[:6] for line in told(figures(comparison)).splitlines()[2:]]
    assert len({piece[1:] for piece in pieces}) == 3
    assert all(piece in legend for piece in pieces)


def test_the_level_of_the_optimum_is_in_the_chart() -> None:
    ladder = (Baseline("bigram", 4.0), Baseline(OPTIMUM, 2.0))
    drawn = told(chart(made(one("a", 1.5), one("b", 1.6), ladder=ladder), "steps", 90, 20))
    assert " a perfect network 2.000 bits " in drawn


def test_the_table_tells_the_same_figures_for_all() -> None:
    comparison = made(one("a", 1.2, excess=0.25), one("b", 2.0, unknown=1234), optimum=1.48)
    heading, head, first, second = told(figures(comparison)).splitlines()
    assert heading == "play, the validation part: 1,000 characters, carried; the optimum is 1.480 bits"
    assert head.split() == "run network text step time nats bits perplexity unknown above optimum".split()
    assert first.split()[-5:] == ["1.200", f"{1.2 / math.log(2):.3f}", f"{math.exp(1.2):.3f}", "0", "0.250"]
    assert second.split()[-2:] == ["1,234", "-"]


def test_without_an_optimum_there_is_no_column_for_it_and_without_figures_there_are_none() -> None:
    assert "optimum" not in told(figures(made(one("a"), one("b"))))
    unscored = told(figures(made(one("a", scored=False), one("b", scored=False), text=None)))
    assert "nats" not in unscored
    assert "lstm 1x16" in unscored


def test_a_network_without_a_curve_is_in_the_table_alone() -> None:
    comparison = made(one("a"), one("file", looks=0))
    assert "file" not in told(chart(comparison, "steps", 90, 20))
    assert any(line.startswith("B  ") and "file" in line for line in told(figures(comparison)).splitlines())
    assert told(chart(made(one("a", looks=0), one("b", looks=0)), "steps", 90, 20)) == ""


def test_what_differs_is_a_column_for_each_run_whose_settings_are_known() -> None:
    comparison = made(one("a"), one("b"), one("c"), settled=(0, 2), differences=(("width", ("16", "384")),))
    assert [line.split() for line in told(differing(comparison)).splitlines()] == [
        ["what", "differs", "A", "C"],
        ["width", "16", "384"],
    ]
    assert told(differing(made(one("a"), one("b"), differences=()))) == "Their settings are the same."
    assert told(differing(made(one("a"), one("b"), settled=(0,)))) == ""


@pytest.mark.parametrize("unit", ["steps", "characters", "seconds"])
def test_the_axis_across_is_what_was_asked_for(unit: str) -> None:
    last = told(chart(made(one("a"), one("b")), unit, 90, 20)).splitlines()[-1]  # type: ignore[arg-type]
    assert last.endswith({"seconds": "time"}.get(unit, unit))


@given(label=st.text(max_size=30), width=st.integers(0, 200), height=st.integers(0, 60))
def test_whatever_a_name_is_nothing_in_it_is_obeyed(label: str, width: int, height: int) -> None:
    comparison = made(one(label), one("b"), differences=(("text", (label, label)),))
    lines = [*chart(comparison, "steps", width, height), *figures(comparison), *differing(comparison)]
    assert all(isinstance(line, Text) for line in lines)
    for line in lines:
        assert not [character for character in line.plain if unicodedata.category(character) in OBEYED]
