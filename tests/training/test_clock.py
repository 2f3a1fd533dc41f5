"""When a training is looked at."""

import pytest

from rnnplay.training.clock import Clock
from rnnplay.training.config import Budget
from tests.training.tiny import trainer


def due(clock: Clock, *, looked: int) -> bool:
    """Tell whether, after so many looks, there is another before the budget's end."""
    clock._trainer.record.evaluations = looked
    return any(clock.look_is_due(percent / 100) for percent in range(100))


def clock() -> Clock:
    return Clock(trainer(), Budget("minutes", 1))


@pytest.mark.parametrize("slow", [1, 2])
def test_looks_that_the_machine_held_up_put_off_no_others(slow: int) -> None:
    one = clock()
    for seconds in [0.05, *[3.0] * slow]:
        one.looked(seconds, seconds / 2)
    assert due(one, looked=1 + slow)


def test_looks_that_all_take_long_are_few() -> None:
    one = clock()
    for _ in range(3):
        one.looked(3.0, 1.5)
    assert not due(one, looked=3)


def test_a_last_look_that_the_machine_held_up_leaves_out_nothing_of_the_last_pass() -> None:
    one = clock()
    one.looked(0.05, 0.02)
    one.looked(3.0, 2.9)
    assert one.final_chars() is None
    for _ in range(3):
        one.looked(3.0, 2.9)
    assert one.final_chars() is not None
