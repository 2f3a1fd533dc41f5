"""How long threads spin beside other programs, and that an idle team of threads shortens it."""

import os
import subprocess
import sys

import pytest

from rnnplay.model.spin_control import LONGEST_WAIT, WAIT, SpinControl

STEP = 0.05  # seconds


def run_python(code: str) -> str:
    """Run code in a process of its own with as many threads as processors, and return what it printed."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_"))}
    return subprocess.run(
        [sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=True
    ).stdout.strip()


class Machine:
    """A simulated machine: which share of its processors a process gets, and how its spinning was switched."""

    def __init__(self) -> None:
        self.switched: list[bool] = []
        self.control = SpinControl(self._switch)

    def _switch(self, *, short: bool) -> None:
        self.switched.append(short)

    def run(self, seconds: float, taken: float, threads: int = 2) -> float:
        """Work beside programs that take so many processors; return the seconds in which spinning was long."""
        long = 0.0
        for _ in range(round(seconds / STEP)):
            long += STEP * (not self.control.short)
            self.control.record(STEP, STEP * (threads - taken), threads)
        return long


@pytest.mark.parametrize("threads", [2, 4, 8, 16])
def test_threads_that_have_their_processors_to_themselves_spin(threads: int) -> None:
    machine = Machine()
    assert machine.run(60.0, 0.02, threads) == pytest.approx(60.0)
    assert machine.switched == []


@pytest.mark.parametrize("threads", [2, 4, 8, 16])
@pytest.mark.parametrize("taken", [0.5, 0.75, 1.0])
def test_beside_another_program_spinning_is_short_at_once_and_nearly_always(threads: int, taken: float) -> None:
    machine = Machine()
    machine.run(10.0, 0.0, threads)
    assert machine.run(1.0, taken, threads) <= 0.2 + STEP
    assert machine.run(60.0, taken, threads) < 0.05 * 60.0


def test_spinning_is_long_again_soon_after_the_other_program_has_ended() -> None:
    machine = Machine()
    machine.run(60.0, 0.7)
    assert machine.run(60.0, 0.0) > 60.0 - LONGEST_WAIT - STEP
    assert not machine.control.short
    machine.run(1.0, 0.7)
    assert machine.run(10.0, 0.0) > 10.0 - WAIT - STEP  # a first time alone again is seen at once


def test_another_number_of_threads_begins_with_long_spinning_and_a_lone_one_has_nobody_to_wait_for() -> None:
    machine = Machine()
    machine.run(1.0, 0.7)
    assert machine.control.short
    machine.run(5.0, 0.0, threads=1)
    assert machine.switched == [True, False]
    machine.run(STEP, 0.7, threads=2)
    assert not machine.control.short


def test_short_spinning_ends_with_the_work() -> None:
    machine = Machine()
    with machine.control:
        machine.run(1.0, 0.7)
    assert machine.switched == [True, False]


@pytest.mark.parametrize("variable", ["GOMP_SPINCOUNT", "OMP_WAIT_POLICY"])
def test_whoever_sets_how_threads_wait_has_the_last_word(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "1000")
    control = SpinControl.for_device("cpu")
    for _ in range(100):
        control.record(STEP, STEP, 2)
    assert not control.short


def test_importing_rnnplay_leaves_the_environment_alone() -> None:
    assert (
        run_python("import os; before = dict(os.environ); import rnnplay; print(before == dict(os.environ))") == "True"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="GNU OpenMP is that of torch on Linux")
def test_an_idle_team_shortens_the_spinning_of_others_until_it_is_dissolved() -> None:
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("one processor has nobody to wait for")
    code = """
import time, torch
from rnnplay.model.spin_control import IdleTeam

def spun():
    "Processor time after parallel work, when its threads wait for more of it."
    shares = []
    for _ in range(20):
        torch.empty(1 << 18).zero_()
        start = time.process_time()
        time.sleep(0.01)
        shares.append(time.process_time() - start)
    return sorted(shares)[10]

torch.set_num_threads(2)
team, figures = IdleTeam(), []
for short in (False, True, False):
    team(short=short)
    assert torch.get_num_threads() == 2
    figures.append(spun())
print(*figures)
"""
    before, meanwhile, after = map(float, run_python(code).split())
    assert meanwhile < 0.3 * before
    assert meanwhile < 0.3 * after
