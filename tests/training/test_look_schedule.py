"""When the validation loss is looked at, by a simulated clock."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from rnnplay.training import look_schedule
from rnnplay.training.look_schedule import EVEN, FIRST, SHARE, SHARE_AT_MOST


def always(seconds: float) -> Callable[[float], float]:
    return lambda _: seconds


@dataclass
class Simulation:
    """A training that steps and looks; times in seconds.

    Attributes:
        step, look: How long the one at a time takes.
        looks: When each began.
    """

    budget: float = 60.0
    step: Callable[[float], float] = lambda _: 0.02
    look: Callable[[float], float] = lambda _: 0.03
    limited: bool = True
    now: float = 0.0
    last: float | None = None
    looks: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)

    def run(self, until: float | None = None) -> "Simulation":
        until = self.budget if until is None else until
        while self.now < until:
            cost = min(self.costs[-3:], default=self.look(0.0)) / self.budget
            if look_schedule.is_due(self.now / self.budget, self.last, cost, limited=self.limited):
                self.looks.append(self.now)
                self.costs.append(self.look(self.now))
                self.last = self.now / self.budget
                self.now += self.costs[-1]
            self.now += self.step(self.now)
        return self

    @property
    def gaps(self) -> list[float]:
        """The distances between looks and to the end, as shares of the budget."""
        return [(right - left) / self.budget for left, right in itertools.pairwise([*self.looks, self.budget])]

    @property
    def share(self) -> float:
        return sum(self.costs) / self.budget


@pytest.mark.parametrize("budget", [10.0, 60.0, 3600.0])
def test_cheap_looks_are_spread_evenly_over_the_whole_budget(budget: float) -> None:
    found = Simulation(budget, step=lambda _: budget / 5000, look=lambda _: budget / 5000).run()
    assert found.looks[0] / budget == pytest.approx(FIRST, abs=0.001)
    assert max(found.gaps) < 1.5 * EVEN
    assert min(found.gaps) > 0.9 * FIRST
    assert min(found.gaps[3:-1]) > 0.95 * EVEN
    assert 24 <= len(found.looks) <= 28
    assert found.share < SHARE


@pytest.mark.parametrize("look", [0.1, 0.2, 0.3])
def test_dear_looks_are_fewer_and_as_even(look: float) -> None:
    found = Simulation(look=lambda _: look).run()
    assert len(found.looks) >= 4
    assert found.share <= SHARE + 1.5 * look / 60
    assert max(found.gaps) < 1.6 * min(found.gaps[:-1])


def test_very_dear_looks_are_four_and_never_take_more_than_a_tenth() -> None:
    assert len(Simulation(look=lambda _: 1.0).run().looks) == 4
    shares = [Simulation(look=always(seconds)).run().share for seconds in (1.0, 1.5, 3.0, 5.0)]
    assert max(shares) <= SHARE_AT_MOST + 0.01
    assert Simulation(look=lambda _: 7.0).run().looks == []


def test_with_a_budget_in_work_there_are_four_looks_however_dear() -> None:
    assert len(Simulation(look=lambda _: 20.0, limited=False).run().looks) >= 2
    assert len(Simulation(10.0, step=lambda _: 1.0, look=lambda _: 0.0, limited=False).run().looks) >= 4


def test_a_machine_that_gets_slow_and_fast_again_sees_no_bunch_of_looks() -> None:
    def slow(now: float) -> float:
        return 8.0 if 20 < now < 40 else 1.0

    found = Simulation(step=lambda now: 0.02 * slow(now), look=lambda now: 0.05 * slow(now)).run()
    assert min(found.gaps[3:-1]) > 0.9 * EVEN
    assert max(found.gaps) < 0.4 / 60 / SHARE + 3 * EVEN
    assert found.share < 2 * SHARE


def test_one_long_step_is_not_made_up_for() -> None:
    found = Simulation(step=lambda now: 12.0 if 20 < now < 20.1 else 0.02).run()
    assert min(found.gaps[3:-1]) > 0.9 * EVEN
    assert sorted(found.gaps)[-1] == pytest.approx(0.2 + EVEN, abs=EVEN)
    assert sorted(found.gaps)[-2] < 1.5 * EVEN


def test_one_look_that_the_machine_held_up_puts_off_no_others() -> None:
    found = Simulation(look=lambda now: 3.0 if 20 < now < 21.5 else 0.03).run()
    assert max(found.gaps) < 3.0 / 60 + 1.5 * EVEN


def test_after_an_extension_looks_are_even_over_the_new_budget() -> None:
    first = Simulation().run(until=58.0)
    more = Simulation(180.0, now=first.now, last=(first.last or 0.0) * 60 / 180).run()
    assert more.looks[0] < 60 + 180 * EVEN
    assert max(more.gaps) < 1.5 * EVEN
    assert min(more.gaps[:-1]) > 0.9 * EVEN


def test_after_a_resumption_looks_come_where_they_would_have_come() -> None:
    whole = Simulation().run()
    first = Simulation().run(until=30.0)
    second = Simulation(now=first.now, last=first.last, costs=first.costs).run()
    assert [*first.looks, *second.looks] == whole.looks


def test_none_comes_right_before_the_end() -> None:
    assert max(Simulation().run().looks) <= 60 * (1 - EVEN / 2)
