"""Looking at all runs again and again, beside the app's thread."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rnnplay.runs.overview import Glance, Overview

EVERY = 1.0  # seconds
REST = 4.0  # times as long as a look took, after which there may be another


class RunLooks:
    """Looks at all runs, one look at a time, and not as often where there are so many that a look takes long."""

    def __init__(self, tell: "Callable[[list[Glance]], Awaitable[None]]") -> None:
        """Begin.

        Args:
            tell: Takes what a look came to; it is part of the look.
        """
        self._tell = tell
        self._overview: Overview | None = None
        self._lock = asyncio.Lock()
        self._rest_until = 0.0

    @property
    def busy(self) -> bool:
        """Whether a look goes on."""
        return self._lock.locked()

    @property
    def due(self) -> bool:
        """Whether the last look is so long ago that there may be another."""
        return time.monotonic() >= self._rest_until

    async def look(self) -> None:
        """Look at all runs, after the look that goes on."""
        async with self._lock:
            begun = time.monotonic()
            await self._tell(await asyncio.to_thread(self._all))
            self._rest_until = time.monotonic() + REST * (time.monotonic() - begun)

    def _all(self) -> "list[Glance]":
        from rnnplay.runs.overview import Overview  # with numpy, whose import is not this thread's that draws

        if self._overview is None:
            self._overview = Overview()
        return self._overview.look()
