"""Waiting for what an app does in its own time."""

import time
from collections.abc import Callable
from typing import Any

from textual.pilot import Pilot

PATIENCE = 20.0  # seconds after which it counts as never


async def eventually(pilot: Pilot[Any], happened: Callable[[], object]) -> None:
    """Let the app go on until something has happened.

    Raises:
        AssertionError: It never did.
    """
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        await pilot.pause(0.02)
