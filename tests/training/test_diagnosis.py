"""What is said of a training while it runs and at its end, by a table of courses made by hand."""

import itertools
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnplay.training.diagnosis import Course, Standing, diagnosis, so_far
from rnnplay.training.learning_curve import POINTS_AT_MOST, CourseRecorder, CurvePoint, add_point
from rnnplay.training.verdict import Guessing

GUESSING = Guessing(uniform=4.16, unigram=3.3)  # of 64 characters
Row = tuple[float, float | None, float | None]  # share of the budget, training loss, validation loss


def points(*rows: Row, steps: int = 1000) -> tuple[CurvePoint, ...]:
    return tuple(CurvePoint(round(share * steps), share * 60, train, loss) for share, train, loss in rows)


def said_of(*rows: Row, steps: int = 1000, **changes: Any) -> str:
    changes = {"reason": "budget", "epochs": 3.0, "guessing": GUESSING, **changes}
    return diagnosis(Course(points=points(*rows, steps=steps), **changes))


def smooth(first: float, last: float, count: int = 20, *, bend: float = 0.2) -> list[float]:
    """Return losses that fall from one to the other, faster at first."""
    return [last + (first - last) * math.exp(-place / (bend * count)) for place in range(count)]


def rows_of(trains: list[float], losses: list[float]) -> list[Row]:
    pairs = zip(trains, losses, strict=True)
    return [((place + 1) / len(trains), train, loss) for place, (train, loss) in enumerate(pairs)]


FALLING = rows_of(smooth(3.5, 1.3, bend=0.5), smooth(3.2, 1.4, bend=0.5))
LEVEL = rows_of(smooth(3.5, 1.46, bend=0.08), smooth(3.2, 1.5, bend=0.08))
SPIKE: list[Row] = [(0.42, 5.5, 5.0), (0.46, 2.9, 2.8)]

TABLE: dict[str, tuple[str, list[Row], dict[str, Any]]] = {
    "as with --steps 40 --lr 9": (
        "Diverged", [(0.05, 4.3, 4.6), (0.3, 9.2, 8.0), (1, 15.8, 15.2)], {"steps": 40, "epochs": 0.5},
    ),
    "above guessing all the time": (
        "Diverged", [(0.05, 30.0, 33.0), (0.5, 20.0, 21.0), (1, 15.0, 15.5)], {},
    ),
    "late, to worse than guessing": ("Diverged", [*FALLING[:15], (0.9, 4.9, 5.1), (1, 5.0, 5.2)], {}),
    "late, and still better than guessing": ("Diverged", [*FALLING[:15], (0.9, 2.6, 2.7), (1, 2.7, 2.9)], {}),
    "after it had overfitted": (
        "Diverged", [(0.3, 1.7, 1.8), (0.6, 0.9, 1.9), (0.9, 0.3, 2.2), (1, 1.3, 3.0)], {"epochs": 30.0},
    ),
    "with nothing held out": ("Diverged", [(0.1, 4.0, None), (0.5, 2.0, None), (1, 6.0, None)], {"held_out": False}),
    "late, with nothing held out": (
        "Diverged", [(0.1, 3.0, None), (0.5, 1.8, None), (1, 2.6, None)], {"held_out": False},
    ),
    "a spike that recovered": ("Still improving", [*FALLING[:8], *SPIKE, *FALLING[9:]], {}),
    "a spike of the training loss alone": ("Still improving", [*FALLING[:8], (0.42, 5.5, 2.2), *FALLING[8:]], {}),
    "both somewhat above their best": (
        "Unstable", [(0.2, 2.4, 2.3), (0.5, 1.70, 1.60), (0.8, 1.78, 1.66), (1, 1.82, 1.68)], {},
    ),
    "rises while the training loss falls": (
        "Overfitting", rows_of(smooth(3.0, 0.5), [*smooth(3.0, 1.6, 10), *(1.6 + 0.02 * k for k in range(1, 11))]), {},
    ),
    "the same in the very first steps of a small text": (
        "Overfitting", [(0.2, 2.5, 2.4), (0.5, 1.4, 2.1), (1, 0.5, 2.4)], {"steps": 60, "epochs": 20.0},
    ),
    "rises while a training loss with much dropout falls": (
        "Overfitting", [(0.2, 2.6, 2.2), (0.5, 1.9, 1.6), (0.8, 1.8, 1.65), (1, 1.75, 1.7)], {},
    ),
    "overfitting, and stopped by hand": (
        "Overfitting", [(0.2, 2.5, 2.4), (0.5, 1.4, 1.9), (1, 0.9, 2.1)], {"reason": "stopped", "spent": 0.4},
    ),
    "overfitting, and out of patience": (
        "Overfitting", [(0.2, 2.5, 2.4), (0.5, 1.4, 1.9), (1, 0.9, 2.1)], {"reason": "patience"},
    ),
    "level for most of it while the training loss falls": (
        "No longer generalizing", rows_of(smooth(3.0, 0.9), smooth(3.0, 1.5, bend=0.05)), {"epochs": 12.0},
    ),
    "resumed, and level since": (
        "No longer generalizing",
        [(0.1, 2.6, 2.4), (0.25, 1.9, 1.8), (49 / 119, 1.6, 1.52), (0.6, 1.4, 1.525), (0.8, 1.2, 1.518), (1, 1, 1.521)],
        {"epochs": 9.0},
    ),
    "level for most of it, and stopped": (
        "No longer generalizing",
        rows_of(smooth(3.0, 0.9), smooth(3.0, 1.5, bend=0.05)), {"reason": "stopped", "spent": 0.5},
    ),
    "out of patience while the training loss falls": (
        "No longer generalizing", [(0.3, 2.0, 1.9), (0.8, 1.5, 1.6), (0.9, 1.4, 1.601), (1, 1.3, 1.602)],
        {"reason": "patience"},
    ),
    "both level": ("Converged", LEVEL, {"epochs": 12.0}),
    "both level although little of a long text was read": ("Converged", LEVEL, {"epochs": 0.3}),
    "out of patience": (
        "Converged", [(0.3, 2.0, 1.9), (0.8, 1.5, 1.6), (0.9, 1.5, 1.601), (1, 1.49, 1.602)], {"reason": "patience"},
    ),
    "the last third gains little": (
        "Close to converged", [(0.2, 2.0, 1.9), (0.6, 1.6, 1.55), (0.8, 1.58, 1.541), (1, 1.56, 1.53)], {},
    ),
    "the last third gains little, and its own text is known far better": (
        "Nearly memorizing", [(0.2, 2.0, 1.9), (0.6, 1.3, 1.55), (0.8, 1.2, 1.541), (1, 1.1, 1.53)], {},
    ),
    "both fall to the end": ("Still improving", FALLING, {}),
    "both fall to the end after many epochs": ("Still improving", FALLING, {"epochs": 40.0}),
    "resumed, and falling again": (
        "Still improving",
        [(0.1, 2.6, 2.4), (0.3, 1.9, 1.8), (0.4, 1.7, 1.7), (0.6, 1.75, 1.69), (0.8, 1.6, 1.6), (1, 1.4, 1.5)], {},
    ),
    "a dozen steps": ("Too short", [(0.3, 4.0, 3.9), (0.6, 3.8, 3.7), (1, 3.6, 3.5)], {"steps": 12, "epochs": 0.02}),
    "one look": ("Too few validation losses", [(1, 3.6, 3.5)], {}),
    "no better than letters": (
        "Stuck", [(0.1, 3.4, 3.35), (0.3, 3.32, 3.31), (0.6, 3.31, 3.302), (1, 3.3, 3.301)], {},
    ),
    "a last loss that was no number": ("The last validation loss was no number", [*FALLING[:5], (0.5, 2.0, None)], {}),
    "no loss that was a number": ("No validation loss was a number", [(0.1, None, None), (1, None, None)], {}),
    "rolled back too often": ("Diverged: the loss stopped being a number", FALLING, {"reason": "diverged"}),
    "stopped by hand": ("Stopped early, at 40%", FALLING[:8], {"reason": "stopped", "spent": 0.4}),
    "stopped by hand as it was level": ("Stopped early", LEVEL, {"reason": "stopped", "spent": 0.4}),
    "stopped by hand at the very end": ("Still improving", FALLING, {"reason": "stopped", "spent": 0.97}),
    "fine-tuned, and worse": ("No gain", [(0, None, 1.5), (0.4, 1.4, 1.6), (0.7, 1.3, 1.6), (1, 1.2, 1.7)], {}),
    "fine-tuned, and worse at first": ("No gain", [(0, None, 1.5), (0.4, 2.4, 2.4), (1, 2.0, 2.0)], {}),
    "fine-tuned, and no better": ("No gain", [(0, None, 1.5), (0.4, 1.5, 1.52), (1, 1.5, 1.498)], {}),
    "fine-tuned, and diverged": ("Diverged", [(0, None, 1.5), (0.1, 1.6, 1.7), (0.5, 3.0, 3.1), (1, 3.1, 3.2)], {}),
    "fine-tuned from a far text": ("Still improving", [(0, None, 6.5), (0.3, 5.4, 5.0), (1, 4.6, 4.4)], {}),
    "fine-tuned, and better": (
        "Still improving", [(0, None, 2.5), (0.3, 2.1, 2.0), (0.6, 1.9, 1.8), (1, 1.5, 1.6)], {},
    ),
    "fine-tuned, better and then overfitting": (
        "Overfitting", [(0, None, 2.5), (0.3, 2.1, 2.0), (0.6, 1.4, 2.1), (1, 1.0, 2.3)], {},
    ),
    "nothing held out": ("Nothing was held out", [(0.5, 2.0, None), (1, 1.8, None)], {"held_out": False}),
    "stopped before all looks": ("Nothing was held out", [], {"held_out": False}),
    "at the optimum": ("As good as perfect", LEVEL, {"excess": 0.004}),
    "below the optimum of a sample": ("As good as perfect", FALLING, {"excess": -0.01}),
    "close to the optimum": ("Nearly perfect", FALLING, {"excess": 0.03}),
    "far from the optimum": ("Still improving", FALLING, {"excess": 0.3}),
    "far from the optimum, and level": ("Converged", LEVEL, {"excess": 0.3}),
    "diverged far from the optimum": ("Diverged", [(0.3, 2.0, 2.0), (1, 7.0, 7.0)], {"excess": 0.9}),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_the_end_of_a_course_is_told_by_both_losses(name: str) -> None:
    begins, rows, changes = TABLE[name]
    assert said_of(*rows, **changes).startswith(begins)


@pytest.mark.parametrize("factor", [0.5, 10])
@pytest.mark.parametrize("name", [name for name, (_, _, changes) in TABLE.items() if "steps" not in changes])
def test_the_length_of_a_course_changes_nothing(name: str, factor: float) -> None:
    begins, rows, changes = TABLE[name]
    assert said_of(*rows, steps=round(1000 * factor), **changes).startswith(begins)


def test_the_figures_are_in_the_sentence() -> None:
    said = said_of((0.2, 2.5, 2.4), (0.5, 1.4, 1.9), (1, 0.9, 2.1), steps=2468)
    assert "best at step 1,234 (1.900 nats) and rose to 2.100" in said
    assert "the best weights are kept" in said
    assert "15.80 nats" in said_of(*TABLE["as with --steps 40 --lr 9"][1], steps=40)
    assert "after step 412, in 59% of the training" in said_of(*TABLE["resumed, and level since"][1])


def test_a_loss_just_above_its_best_is_not_overfitting() -> None:
    assert said_of(*FALLING[:-1], (1, 1.3, FALLING[-2][2] + 0.01)).startswith("Still improving")  # type: ignore[operator]


def test_a_loss_of_its_own_text_far_below_is_told_while_it_improves() -> None:
    said = said_of((0.2, 2.0, 1.9), (0.6, 1.2, 1.65), (0.8, 1.0, 1.6), (1, 0.8, 1.5), epochs=12.7)
    assert said.startswith("Still improving: it has read the text 12.7 times")
    assert "it comes to 0.80 on its own text" in said


def test_how_much_was_read_is_told() -> None:
    assert "it has read 3% of the text in 1,000 steps" in said_of(*FALLING, epochs=0.031)


def test_going_back_from_a_loss_that_is_no_number_is_told() -> None:
    said = said_of(*FALLING, rollbacks=2)
    assert said.startswith("Still improving")
    assert "stopped being a number 2 times" in said


losses = st.none() | st.floats(0, 100) | st.floats()
curves = st.lists(st.tuples(st.integers(0, 10**9), losses, losses), max_size=12).map(
    lambda rows: tuple(CurvePoint(step, 1.0, train, loss) for step, train, loss in sorted(rows, key=lambda row: row[0]))
)


@settings(max_examples=400, deadline=None)
@given(
    reason=st.sampled_from(["budget", "stopped", "patience", "diverged"]),
    points=curves,
    epochs=st.floats(0, 1e6),
    spent=st.floats(0, 1),
    guessing=st.builds(Guessing, losses, losses),
    excess=st.none() | st.floats(-1, 10),
    rollbacks=st.integers(0, 3),
    held_out=st.booleans(),
)
def test_whatever_a_training_came_to_is_told_in_a_line(**course: Any) -> None:
    said = diagnosis(Course(**course))
    assert said.endswith((".", ")."))
    assert len(said) < 420
    assert "\n" not in said
    assert "None" not in said
    assert "nan" not in said


# The course itself.


def test_the_mean_of_training_losses_counts_steps() -> None:
    course, kept = CourseRecorder(10), list[CurvePoint]()
    course.add_training_loss(1.0, 13)
    course.add_training_loss(2.0, 14)
    course.add_look(kept, 1.0, 2.1)
    course.add_training_loss(math.nan, 15)
    course.add_look(kept, 2.0, None)
    assert kept == [CurvePoint(14, 1.0, 1.25, 2.1), CurvePoint(15, 2.0, None, None)]


def test_a_course_is_kept_in_bounded_memory_from_its_first_point_to_its_last() -> None:
    kept: list[CurvePoint] = []
    for step in range(5 * POINTS_AT_MOST):
        add_point(kept, CurvePoint(step, step, 1.0, 1.0))
    gaps = [right.step - left.step for left, right in itertools.pairwise(kept)]
    assert len(kept) == POINTS_AT_MOST
    assert (kept[0].step, kept[-1].step) == (0, 5 * POINTS_AT_MOST - 1)
    assert max(gaps) <= 16


def test_a_second_look_at_one_step_keeps_the_training_loss_of_the_first() -> None:
    kept: list[CurvePoint] = []
    add_point(kept, CurvePoint(5, 1.0, 2.0, 2.1))
    add_point(kept, CurvePoint(5, 1.5, None, 2.05))
    assert kept == [CurvePoint(5, 1.5, 2.0, 2.05)]


# While it runs.

STANDING = Standing(
    spent=0.2,
    rising=False,
    flat=0.3,
    number=True,
    held_out=True,
    points=points((0.01, 3.0, 2.5), (0.02, 1.9, 2.45)),
    guessing=GUESSING,
)


def said_now(*losses: float | None, trains: tuple[float, ...] | None = None, **changes: Any) -> str:
    """Return what is said after such validation losses at even distances, the training losses close to them or given.

    The training losses given are the last ones; before them it is that of the validation.
    """
    if losses:
        known = [0.0 if loss is None else loss for loss in losses]
        own = [*known[: len(known) - len(trains)], *trains] if trains else known
        rows = zip(own, losses, strict=True)
        changes["points"] = points(*((place / 100, train, loss) for place, (train, loss) in enumerate(rows, 1)))
    return so_far(replace(STANDING, **changes))


def test_a_training_that_stands_still_says_so_whatever_else_is_true() -> None:
    assert said_now(paused=True, number=False, rolled_back=True).startswith("Paused")


def test_a_loss_that_is_no_number_is_told_before_all_but_a_pause() -> None:
    assert said_now(number=False).startswith("The loss is no number now")
    assert said_now(rolled_back=True).startswith("The loss had stopped being a number")


def test_before_the_rate_is_at_its_height_it_is_warming_up() -> None:
    assert said_now(spent=0.03, rising=True, points=()).startswith("Warming up")
    assert not said_now(spent=0.06, points=()).startswith("Warming up")


def test_a_loss_that_falls_by_much_is_falling_fast() -> None:
    assert said_now(3.0, 2.5).startswith("Falling fast")
    assert said_now(3.0, 2.95).startswith("Still improving")


def test_when_the_rate_falls_it_says_that_most_of_the_gain_comes_now() -> None:
    assert said_now(2.0, 1.95, spent=0.31) == ("The learning rate is falling now: most of the gain comes in this part.")


def test_a_validation_loss_that_rises_while_the_training_loss_is_lower_is_overfitting() -> None:
    said = said_now(2.0, 1.5, 1.6, 1.7, trains=(1.4, 1.3, 1.2))
    assert said.startswith("Overfitting")
    assert "step 20 (1.500 nats)" in said


def test_one_look_above_the_best_is_not_overfitting() -> None:
    assert not said_now(2.0, 1.5, 1.6, trains=(1.4, 1.2)).startswith("Overfitting")


def test_a_validation_loss_that_rises_with_the_training_loss_is_not_called_overfitting() -> None:
    said = said_now(2.0, 1.5, 1.56, 1.6, trains=(1.5, 1.65, 1.7))
    assert "Overfitting" not in said
    assert "rate may be too high" in said


def test_two_looks_at_losses_worse_than_guessing_are_diverging_even_while_the_rate_rises() -> None:
    said = said_now(4.6, 8.0, 15.0, trains=(4.3, 9.0, 15.8), rising=True)
    assert said.startswith("Diverging: the training loss is at 15.80 nats")
    assert said_now(4.6, 8.0, trains=(4.3, 9.0), rising=True).startswith("Warming up")


def test_fine_tuning_that_gains_nothing_says_so_while_it_runs() -> None:
    rows: list[Row] = [(0, None, 1.5), (0.1, 1.6, 1.7), (0.2, 1.6, 1.65)]
    assert said_now(points=points(*rows)).startswith("No gain yet")


def test_a_training_loss_that_falls_alone_is_memorizing_while_it_runs_too() -> None:
    said = said_now(2.0, 1.9, 1.9, 1.9, 1.9, trains=(1.9, 1.7, 1.6, 1.4))
    assert said.startswith("No longer generalizing: 1.40 nats on its own text, and no better than 1.90 on new text")


def test_a_loss_that_stays_where_it_is_is_level() -> None:
    level = (2.0, 1.5, 1.5, 1.501, 1.499)
    assert said_now(*level).startswith("Level at this rate")
    assert said_now(*level, spent=0.8).startswith("Level: no look since step 20")
    assert not said_now(*level[:-1]).startswith("Level")


def test_without_a_validation_text_that_is_said() -> None:
    assert said_now(points=(), held_out=False).startswith("Nothing is held out")


def test_a_last_look_that_was_no_number_is_told() -> None:
    assert said_now(2.0, None).startswith("The last validation loss was no number")


def test_the_last_pass_is_told() -> None:
    assert said_now(spent=1.0).startswith("The budget is spent")


def test_between_two_looks_in_one_phase_the_sentence_stays() -> None:
    assert len({said_now(2.0, 1.9, spent=share / 100) for share in range(6, 30)}) == 1


@pytest.mark.parametrize("name", TABLE)
def test_while_it_runs_nothing_else_is_said_than_at_the_end(name: str) -> None:
    """Trouble that two looks agree on is told at the end as well, and no other."""
    begins, rows, changes = TABLE[name]
    if len(rows) < 2 or changes.get("excess") is not None or changes.get("reason", "budget") != "budget":
        return
    again = (*rows, (rows[-1][0] + 0.01, *rows[-1][1:]))
    now = said_now(points=points(*again, steps=changes.get("steps", 1000)), spent=0.99, guessing=GUESSING)
    for word, live in (("Diverged", "Diverging"), ("Overfitting", "Overfitting"), ("No gain", "No gain yet")):
        if changes.get("held_out", True):
            assert begins.startswith(word) == now.startswith(live)


@settings(max_examples=400, deadline=None)
@given(
    spent=st.floats(0, 2),
    rising=st.booleans(),
    flat=st.floats(0, 0.99),
    number=st.booleans(),
    held_out=st.booleans(),
    points=curves,
    guessing=st.builds(Guessing, losses, losses),
    rolled_back=st.booleans(),
    paused=st.booleans(),
)
def test_wherever_a_training_is_it_is_told_in_a_line(**standing: Any) -> None:
    said = so_far(Standing(**standing))
    assert said.endswith(".")
    assert len(said) < 170
    assert "\n" not in said
    assert "None" not in said
    assert "nan" not in said
