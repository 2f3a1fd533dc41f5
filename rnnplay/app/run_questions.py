"""What is asked before something is done to a run, and what is wrong with an answer."""

import os
from collections.abc import Callable, Mapping

from rnnplay import places
from rnnplay.app import budgets
from rnnplay.console.numbers import clock, counted
from rnnplay.errors import UserError
from rnnplay.runs import folder
from rnnplay.text.display import one_line
from rnnplay.training.config import Budget, Unit

NAME = 40  # characters of a run's name in a sentence


def how_long(name: str, done: Mapping[Unit, float], last: Budget) -> str:
    """Return the question for a larger budget.

    Args:
        name: The run's.
        done: How far it is, in each unit.
        last: The budget that it was last given.
    """
    return (
        f"How long shall '{one_line(name, NAME)}' train in all? "
        f"So far: {counted(done['steps'])} steps in {clock(60 * done['minutes'])}; its budget was {last}."
    )


def more_than(done: Mapping[Unit, float], last: Budget, *, spent: bool) -> Callable[[str], str]:
    """Return what tells whether a typed budget leaves anything to do.

    Args:
        done: How far the run is, in each unit.
        last: The budget that it was last given.
        spent: Whether that is used up.
    """
    done = dict(done)
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


def wrong_name(typed: str) -> str:
    """Return what is wrong with a new run's name, "" where nothing is."""
    try:
        folder.checked_name(typed)
    except UserError as error:
        return str(error)
    return ""


def wrong_new_folder(typed: str) -> str:
    """Return why no folder can be made at a path, "" where it can."""
    if not typed.strip():
        return "A folder needs a name."
    try:
        path = places.expanded(typed.strip())
        if os.path.lexists(path):
            return f"'{path}' exists already, and nothing is overwritten: name another."
        return "" if path.parent.is_dir() else f"There is no folder '{path.parent}'."
    except (OSError, ValueError) as error:
        return f"That is no place for a folder: {error}."


def wrong_old_folder(typed: str) -> str:
    """Return what is wrong with a path to an exported run, "" where nothing is that one sees from outside."""
    if not typed.strip():
        return "Type the folder's path."
    try:
        path = places.expanded(typed.strip())
        if not path.is_dir():
            return f"'{path}' is no folder."
        return "" if os.path.lexists(path / "run.json") else f"'{path}' is no exported run: there is no run.json in it."
    except (OSError, ValueError) as error:
        return f"That is no folder's path: {error}."
