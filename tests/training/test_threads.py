"""How many threads a training uses while other programs come and go."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from rnnplay.training import threads
from rnnplay.training.threads import LONGEST_WAIT, Threads
from rnnplay.training.trainer import Trainer
from tests.training.tiny import begun, finished, settings

ALONE = {1: 0.05, 2: 0.03, 4: 0.02}  # seconds of a step by threads, on a machine that does nothing else
BESIDE_ANOTHER = {1: 0.05, 2: 0.08, 4: 0.1}


class Machine:
    """Steps that take as long as a table says, and how the number of threads changed."""

    def __init__(self, used: int, most: int) -> None:
        self.numbers = [used]
        self.threads = Threads(used, most, self.numbers.append)

    def run(self, seconds: Callable[[int], float], until: float) -> None:
        passed = 0.0
        while passed < until:
            taken = seconds(self.threads.used)
            passed += taken
            self.threads.record(taken)


def test_on_a_quiet_machine_nothing_changes() -> None:
    machine = Machine(4, 4)
    machine.run(ALONE.__getitem__, 300.0)
    assert machine.numbers == [4]


def test_fewer_are_used_beside_a_busy_program_and_all_again_after_it() -> None:
    machine = Machine(4, 4)
    machine.run(ALONE.__getitem__, 5.0)
    machine.run(BESIDE_ANOTHER.__getitem__, 10.0)
    assert machine.threads.used == 1
    machine.run(ALONE.__getitem__, 200.0)
    assert machine.threads.used == 4


def test_a_training_that_begins_beside_a_busy_program_gets_more_later() -> None:
    machine = Machine(1, 2)
    machine.run(BESIDE_ANOTHER.__getitem__, 60.0)
    assert machine.threads.used == 1
    machine.run(ALONE.__getitem__, 100.0)
    assert machine.threads.used == 2


def test_where_no_other_number_helps_it_is_tried_ever_more_rarely() -> None:
    machine = Machine(2, 2)
    machine.run(ALONE.__getitem__, 5.0)
    slow = {threads: 2 * seconds for threads, seconds in ALONE.items()}
    machine.run(slow.__getitem__, 60.0)
    assert machine.numbers == [2, 1, 2]
    lone = Machine(1, 2)
    lone.run({1: 0.03, 2: 0.05}.__getitem__, 600.0)
    assert lone.threads.used == 1
    assert lone.numbers.count(2) <= 4 + 600.0 / LONGEST_WAIT


@pytest.mark.parametrize(("unit", "amount", "gives_way"), [("minutes", 0.02, True), ("steps", 100, False)])
def test_a_training_in_minutes_gives_way_and_one_in_steps_stays_as_it_is(
    home: Path, monkeypatch: pytest.MonkeyPatch, unit: str, amount: float, gives_way: bool
) -> None:
    monkeypatch.setenv("GOMP_SPINCOUNT", "1000")  # so that nothing else sets torch's threads
    numbers, steps, used = [2], [0], set()

    def step(self: Trainer, spent: float) -> None:
        steps[0] += 1
        used.add(numbers[-1])
        self.record.step += 1
        time.sleep(0.001 if steps[0] < 20 or numbers[-1] == 1 else 0.01)

    current = begun("busy", settings(amount, unit=unit, threads=2))
    monkeypatch.setattr(Trainer, "step", step)
    monkeypatch.setattr(torch, "set_num_threads", numbers.append)
    monkeypatch.setattr(threads, "WAIT", 0.01)
    finished(current)
    assert (1 in used) is gives_way
