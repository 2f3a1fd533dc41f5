"""What is asked before something is done to a run, and what is wrong with an answer."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from rnnplay.app import budgets
from rnnplay.errors import UserError
from rnnplay.runs import folder
from rnnplay.runs.folder import Run
from rnnplay.training.config import Budget

if TYPE_CHECKING:
    from rnnplay.runs.overview import Glance


def last_budget(run: Run) -> Budget | None:
    """Return the budget that a run was last given; None where its log doesn't tell."""
    from rnnplay.runs.overview import last_budget as told

    return told(run)


def more_than(glance: "Glance", last: Budget, *, spent: bool) -> Callable[[str], str]:
    """Return what tells whether a typed budget leaves anything to do."""
    done = {"minutes": glance.seconds / 60, "steps": float(glance.step), "epochs": 0.0}
    if spent:  # the last pass took what was left of the minutes
        done[last.unit] = max(done[last.unit], last.amount)

    def wrong(typed: str) -> str:
        try:
            budget = budgets.parsed(typed, last.unit)
        except UserError as error:
            return str(error)
        if budget.amount <= done[budget.unit]:
            return f"It has done that much already: more than {done[budget.unit]:,.10g} {budget.unit}, please."
        return ""

    return wrong


def wrong_name(run: Run) -> Callable[[str], str]:
    """Return what tells what is wrong with a new name; the old one is none."""

    def wrong(typed: str) -> str:
        try:
            return "" if typed == run.name else folder.checked_name(typed) and ""
        except UserError as error:
            return str(error)

    return wrong
