"""What one may ask of a training while it runs."""

from typing import Protocol

import msgspec


class Pause(msgspec.Struct, tag="pause", frozen=True):
    """Stand still until unpaused; the budget stands still too."""

    id: str


class Unpause(msgspec.Struct, tag="unpause", frozen=True):
    """Go on."""

    id: str


class Stop(msgspec.Struct, tag="stop", frozen=True):
    """Save, evaluate and finish."""

    id: str


class SetLearningRate(msgspec.Struct, tag="set_learning_rate", frozen=True):
    """Train with another rate: the schedule's height, of which its shape takes its share."""

    id: str
    learning_rate: float


class Sample(msgspec.Struct, tag="sample", frozen=True):
    """Write a sample now."""

    id: str


class Save(msgspec.Struct, tag="save", frozen=True):
    """Save now."""

    id: str


Request = Pause | Unpause | Stop | SetLearningRate | Sample | Save


class Inbox(Protocol):
    """Where a training finds its requests."""

    def poll(self) -> list[Request]:
        """Return the requests that came since the last call, in order."""
        ...


class NoRequests:
    """An inbox that stays empty."""

    def poll(self) -> list[Request]:
        """Return nothing."""
        return []
