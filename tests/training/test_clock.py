"""When a training is looked at."""

import pytest

from rnnplay.training.clock import Clock
from rnnplay.training.config import Budget
from rnnplay.training.learning_curve import CurvePoint
from tests.training.tiny import trainer


def due(clock: Clock) -> list[int]:
    """Return the seconds at which there is a look from half of the minute on, the last one being there."""
    curve = clock._trainer.record.curve
    curve[:] = [CurvePoint(1, 30.0, None, 2.0)]
    found = []
    for second in range(30, 60):
        if clock.look_is_due(second / 60):
            found.append(second)
            curve[:] = [CurvePoint(1, float(second), None, 2.0)]
    return found


def clock() -> Clock:
    return Clock(trainer(), Budget("minutes", 1))


@pytest.mark.parametrize("slow", [1, 2])
def test_looks_that_the_machine_held_up_put_off_no_others(slow: int) -> None:
    one = clock()
    for seconds in [0.05, *[3.0] * slow]:
        one.looked(seconds, seconds / 2)
    assert len(due(one)) >= 9


def test_looks_that_all_take_long_are_few() -> None:
    one = clock()
    for _ in range(3):
        one.looked(2.0, 1.0)
    assert len(due(one)) == 1


def test_a_last_look_that_the_machine_held_up_leaves_out_nothing_of_the_last_pass() -> None:
    one = clock()
    one.looked(0.05, 0.02)
    one.looked(3.0, 2.9)
    assert one.final_chars() is None
    for _ in range(3):
        one.looked(3.0, 2.9)
    assert one.final_chars() is not None
