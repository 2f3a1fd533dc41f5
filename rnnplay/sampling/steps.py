"""Work that is done a step at a time, so that one may leave off."""

from collections.abc import Generator
from typing import TypeVar

_Result = TypeVar("_Result")


def last(work: Generator[object, None, _Result]) -> _Result:
    """Do all of it, and return what it comes to."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: _Result = end.value
            return result
