"""Sentences that are shown for a while."""

from textual.notifications import Notification

SHORTEST = 0.01  # seconds


class Notice(Notification):
    """A sentence at the edge of the screen.

    Textual sets a timer for the time that is left when the sentence is drawn, which may be a moment after it has looked
    whether there is any left; with a time below zero that timer never gives the processor back.
    """

    @property
    def time_left(self) -> float:
        """Seconds until it goes, never none."""
        return max(super().time_left, SHORTEST)

    @property
    def has_expired(self) -> bool:
        """Whether its time is over."""
        return super().time_left <= 0
