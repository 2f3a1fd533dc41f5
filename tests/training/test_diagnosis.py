from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnplay.training.diagnosis import Course, diagnosis

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
