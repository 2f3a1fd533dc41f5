from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnplay.training.diagnosis import Course, Standing, diagnosis, so_far

COURSE = Course("budget", epochs=6.0, train_loss=1.45, last_loss=1.5, best_loss=1.5, best_step=90)


def said_of(**changes: Any) -> str:
    return diagnosis(replace(COURSE, **changes))


def test_a_loss_far_above_its_best_is_overfitting_and_the_best_is_kept() -> None:
    said = said_of(last_loss=1.7, best_loss=1.6, best_step=1234)
    assert said.startswith("Overfitting")
    assert "best at step 1,234 (1.600 nats) and rose to 1.700" in said
    assert "the best weights are kept" in said


def test_a_loss_just_above_its_best_is_not_overfitting() -> None:
    assert not said_of(last_loss=1.505).startswith("Overfitting")


@pytest.mark.parametrize("reason", ["budget", "stopped", "patience"])
def test_overfitting_is_told_however_the_training_ended(reason: str) -> None:
    assert said_of(reason=reason, last_loss=1.9).startswith("Overfitting")


def test_a_loss_far_lower_on_its_own_text_is_memorising() -> None:
    said = said_of(train_loss=0.8)
    assert said.startswith("Nearly memorising: 0.80 nats on its own text, 1.50 on new text.")


def test_a_text_read_a_few_times_only_is_worth_more_time() -> None:
    assert said_of(epochs=1.25).startswith("Still improving: it has read the text 1.2 times")
    assert said_of(epochs=0.031).startswith("Still improving: it has read 3% of the text")
    assert said_of(epochs=1.25, excess=0.03).startswith("Nearly perfect")
    assert said_of(epochs=1.25, excess=0.3).startswith("Still improving")


def test_a_text_read_often_without_a_gap_is_close_to_converged() -> None:
    assert said_of(epochs=12.0).startswith("Close to converged after 12.0 epochs")


def test_a_training_that_was_stopped_isn_t_judged_by_where_it_stood() -> None:
    assert said_of(reason="stopped", epochs=1.0).startswith("Stopped early")


def test_a_training_that_diverged_says_so_and_names_the_rate() -> None:
    said = said_of(reason="diverged", last_loss=None, best_loss=None)
    assert said.startswith("Diverged")
    assert "--lr" in said


def test_without_a_text_to_measure_on_nothing_is_claimed() -> None:
    said = said_of(last_loss=None, best_loss=None)
    assert said.startswith("Nothing was held out")
    assert "--val-fraction" in said


def test_a_training_loss_that_isn_t_known_is_not_compared() -> None:
    assert said_of(train_loss=None, epochs=12.0).startswith("Close to converged")


def test_a_training_that_lost_patience_isn_t_said_to_be_still_improving() -> None:
    assert "Still improving" not in said_of(reason="patience", epochs=1.2, last_loss=1.505)


def test_a_last_loss_that_was_no_number_is_not_said_to_be_for_want_of_a_text() -> None:
    assert "Nothing was held out" not in said_of(last_loss=None, best_loss=1.5)


losses = st.none() | st.floats(0, 100)


@settings(max_examples=200, deadline=None)
@given(
    reason=st.sampled_from(["budget", "stopped", "patience", "diverged"]),
    epochs=st.floats(0, 1e6),
    train_loss=losses,
    last_loss=losses,
    best_loss=losses,
    best_step=st.integers(0, 10**9),
)
def test_whatever_a_training_came_to_is_told_in_a_line(**course: Any) -> None:
    said = diagnosis(Course(**course))
    assert said.endswith((".", ")."))
    assert "\n" not in said
    assert "None" not in said
    assert "nan" not in said


# While it runs.

STANDING = Standing(
    spent=0.2, rising=False, flat=0.3, number=True, held_out=True, train_loss=1.9, looks=((10, 2.5), (20, 2.45))
)


def said_now(*losses: float | None, **changes: Any) -> str:
    if losses:
        changes["looks"] = tuple((10 * number, loss) for number, loss in enumerate(losses, 1))
        changes.setdefault("train_loss", next((loss for loss in reversed(losses) if loss is not None), None))
    return so_far(replace(STANDING, **changes))


def test_a_training_that_stands_still_says_so_whatever_else_is_true() -> None:
    assert said_now(paused=True, number=False, rolled_back=True).startswith("Paused")


def test_a_loss_that_is_no_number_is_told_before_all_but_a_pause() -> None:
    assert said_now(number=False).startswith("The loss is no number now")
    assert said_now(rolled_back=True).startswith("The loss had stopped being a number")


def test_before_the_rate_is_at_its_height_it_is_warming_up() -> None:
    assert said_now(spent=0.03, rising=True, looks=()).startswith("Warming up")
    assert not said_now(spent=0.06, looks=()).startswith("Warming up")


def test_a_loss_that_falls_by_much_is_falling_fast() -> None:
    assert said_now(3.0, 2.5).startswith("Falling fast")
    assert said_now(3.0, 2.95).startswith("Still improving")


def test_when_the_rate_falls_it_says_that_most_of_the_gain_comes_now() -> None:
    assert said_now(2.0, 1.95, spent=0.31) == ("The learning rate is falling now: most of the gain comes in this part.")


def test_a_validation_loss_that_rises_while_the_training_loss_is_lower_is_overfitting() -> None:
    said = said_now(2.0, 1.5, 1.6, 1.7, train_loss=1.2)
    assert said.startswith("Overfitting")
    assert "step 20 (1.500 nats)" in said


def test_one_look_above_the_best_is_not_overfitting() -> None:
    assert not said_now(2.0, 1.5, 1.6, train_loss=1.2).startswith("Overfitting")


def test_a_validation_loss_that_rises_with_the_training_loss_is_not_called_overfitting() -> None:
    said = said_now(1.5, 2.0, 2.1, train_loss=2.05)
    assert "Overfitting" not in said
    assert "rate may be too high" in said


def test_a_training_loss_far_below_the_validation_loss_is_memorising_while_it_runs_too() -> None:
    assert said_now(2.0, 1.9, train_loss=1.4).startswith("Nearly memorising: 1.40 nats on its own text, 1.90 on new")


def test_a_loss_that_stays_where_it_is_is_level() -> None:
    assert said_now(1.5, 1.5, 1.501, 1.499).startswith("Level at this rate")
    assert said_now(1.5, 1.5, 1.501, 1.499, spent=0.8).startswith("Level: the last 4 looks")
    assert not said_now(1.5, 1.501, 1.499).startswith("Level")


def test_without_a_validation_text_that_is_said() -> None:
    assert said_now(looks=(), held_out=False).startswith("Nothing is held out")


def test_a_last_look_that_was_no_number_is_told() -> None:
    assert said_now(2.0, None).startswith("The last validation loss was no number")


def test_the_last_pass_is_told() -> None:
    assert said_now(spent=1.0).startswith("The budget is spent")


def test_between_two_looks_in_one_phase_the_sentence_stays() -> None:
    assert len({said_now(2.0, 1.9, spent=share / 100) for share in range(6, 30)}) == 1


@settings(max_examples=300, deadline=None)
@given(
    spent=st.floats(0, 2),
    rising=st.booleans(),
    flat=st.floats(0, 0.99),
    number=st.booleans(),
    held_out=st.booleans(),
    train_loss=losses,
    looks=st.lists(st.tuples(st.integers(0, 10**9), losses), max_size=8).map(tuple),
    rolled_back=st.booleans(),
    paused=st.booleans(),
)
def test_wherever_a_training_is_it_is_told_in_a_line(**standing: Any) -> None:
    said = so_far(Standing(**standing))
    assert said.endswith(".")
    assert len(said) < 160
    assert "\n" not in said
    assert "None" not in said
    assert "nan" not in said
