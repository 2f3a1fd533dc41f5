"""What a training came to, in words."""

import math

import msgspec
import pytest

from rnnplay.console.chart.curves import ladder_levels
from rnnplay.console.numbers import above_optimum, both, clock, counted, decimals, nats, table_name
from rnnplay.console.progress import PlainLines
from rnnplay.console.summary import standing, summary
from rnnplay.text.records import OPTIMUM, Baseline
from tests.runs.told import evaluated, finished, progress, started

LADDER = (Baseline("uniform", 6.0), Baseline("bigram", 3.6), Baseline("6-gram", 2.5))
KNOWN = (*LADDER, Baseline(OPTIMUM, 2.0))


@pytest.mark.parametrize(
    ("bits", "told"),
    [
        (2.04, "0.04 bits above the optimum"),
        (2.0, "at the optimum"),
        (1.99, "at the optimum"),
        (7.0, "5.00 bits above"),
    ],
)
def test_on_a_generated_text_the_excess_is_told_and_nothing_beats_the_optimum(bits: float, told: str) -> None:
    said = standing(bits * math.log(2), KNOWN)
    assert told in said
    assert "beats" not in said


def test_elsewhere_the_hardest_baseline_that_is_beaten_is_told() -> None:
    assert "beats pairs of letters" in standing(3.0 * math.log(2), LADDER)
    assert standing(7.0 * math.log(2), LADDER) == ""


def test_the_end_of_a_training_tells_it_too() -> None:
    lines = list(summary("run", finished(10, 2.04 * math.log(2)), KNOWN))
    assert any(line.endswith(": 0.04 bits above the optimum") for line in lines)


def test_the_optimum_has_a_plain_name_on_every_chart() -> None:
    assert table_name(OPTIMUM) == "optimum"
    assert ladder_levels(KNOWN)[-1].name == "optimum"
    assert above_optimum(0.001) == "at the optimum"


def test_a_fine_tuning_tells_what_its_weights_reach_before_the_first_step(capsys: pytest.CaptureFixture[str]) -> None:
    lines = PlainLines()
    lines.show(msgspec.structs.replace(started(), ladder=KNOWN))
    lines.show(evaluated(0, 2.5 * math.log(2)))
    lines.show(progress(10))
    lines.show(evaluated(20, 2.1 * math.log(2)))
    *_, before, after = capsys.readouterr().err.splitlines()
    assert "before the first step" in before
    assert "0.50 bits above the optimum" in before
    assert "step 20" in after
    assert "0.10 bits above the optimum" in after


@pytest.mark.parametrize("number", [1e6, 1e15, 1e308, -1e308, float("inf"), float("nan")])
def test_a_huge_number_is_short(number: float) -> None:
    for text in (nats(number), decimals(number), counted(number), clock(number), above_optimum(number)):
        assert len(text) < 40
    assert len(both(number)) < 50


def test_usual_numbers_have_all_their_digits() -> None:
    assert (nats(12.3456), decimals(99_999.5, 2), counted(1_234_567), clock(3661)) == (
        "12.346",
        "99999.50",
        "1,234,567",
        "1:01:01",
    )
