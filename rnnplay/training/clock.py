"""How much of the budget is spent, and when it is time to look at the validation loss."""

import time
from collections import deque

from rnnplay.training import look_schedule
from rnnplay.training.config import Budget
from rnnplay.training.evaluation import reading_cost
from rnnplay.training.trainer import ESTIMATE_CHARS, Trainer

LATEST_LOOKS = 3  # of which the fastest tells what one takes: what else the machine did then doesn't put off all others
FORWARD_SHARE = 1 / 3  # of a character's training arithmetic that reading it alone takes
FP32_SLOWER = 1.6  # than bf16, for reading alone
FINAL_SHARE = 0.03  # of the time, for the last pass over the validation text …
FINAL_SECONDS = 1.0  # … which may take this long in any case, …
RESERVE_AT_MOST = 0.15  # … unless that is more than this share of a budget in minutes
FINAL_CHARS = 4096  # characters that the last pass scores at least


class Clock:
    """Counts what is spent of a budget, and what goes to other things than steps."""

    def __init__(self, trainer: Trainer, budget: Budget) -> None:
        self._trainer = trainer
        self.budget = budget
        self._before = trainer.record.seconds
        self._chars_before = trainer.record.chars
        self._begun = time.monotonic()
        self._stood = 0.0
        self._paused_at: float | None = None
        self._looks: deque[float] = deque(maxlen=LATEST_LOOKS)
        self._estimates: deque[float] = deque(maxlen=LATEST_LOOKS)
        self.aside_seconds = 0.0

    @property
    def paused(self) -> bool:
        """Whether the clock stands."""
        return self._paused_at is not None

    def pause(self) -> None:
        """Let the clock stand."""
        if self._paused_at is None:
            self._paused_at = time.monotonic()

    def unpause(self) -> None:
        """Let it go on."""
        if self._paused_at is not None:
            self._stood += time.monotonic() - self._paused_at
            self._paused_at = None

    def seconds(self) -> float:
        """Return the seconds of the budget that are spent: over all sittings, without pauses."""
        now = self._paused_at or time.monotonic()
        return self._before + now - self._begun - self._stood

    def busy_seconds(self) -> float:
        """Return the seconds of this sitting that went to steps."""
        return self.seconds() - self._before - self.aside_seconds

    def spent(self) -> float:
        """Return the share of the budget that is spent; 1 or more when there is only the last pass left to do."""
        amount = self.budget.amount
        if self.budget.unit == "steps":
            return self._trainer.record.step / amount
        if self.budget.unit == "epochs":
            return self._trainer.streams.epochs / amount
        return self.seconds() / self._seconds_for_steps()

    def _seconds_for_steps(self) -> float:
        """Return the seconds of a budget in minutes, less what the last pass takes."""
        whole = 60 * self.budget.amount
        last = self._look_cost() + min(self._final_seconds(), self._final_allowance(whole))
        return whole - min(last, RESERVE_AT_MOST * whole)

    def aside(self, seconds: float) -> None:
        """Note that time went to validation, samples or saving."""
        self.aside_seconds += seconds

    def looked(self, seconds: float, estimate_seconds: float) -> None:
        """Note how long a look took, with what it kept and the sample, and how long the estimate in it."""
        self._looks.append(seconds)
        self._estimates.append(estimate_seconds)

    def look_is_due(self, spent: float) -> bool:
        """Tell whether to estimate the validation loss now.

        With a budget in steps or epochs this depends on the text and the step alone, so that a resumed training looks
        where one that never stopped would.
        """
        limited = self.budget.unit == "minutes"
        return look_schedule.is_due(spent, self._last_look(), self._look_share(), limited=limited)

    def _last_look(self) -> float | None:
        """Return the share of the budget at which the last look was, in this sitting or an earlier one."""
        curve = self._trainer.record.curve
        if not curve:
            return None
        if self.budget.unit == "steps":
            return curve[-1].step / self.budget.amount
        if self.budget.unit == "epochs":
            return curve[-1].step / (self._trainer.streams.windows_per_epoch * self.budget.amount)
        return curve[-1].seconds / self._seconds_for_steps()

    def _look_share(self) -> float:
        """Return what share of the whole budget one estimate takes."""
        amount = self.budget.amount
        if self.budget.unit == "minutes":
            return self._look_cost() / (60 * amount)
        streams = self._trainer.streams
        steps = amount if self.budget.unit == "steps" else amount * streams.windows_per_epoch
        chars = steps * streams.batch_size * streams.row_length / streams.windows_per_epoch
        return FORWARD_SHARE * min(ESTIMATE_CHARS, len(self._trainer.validation)) / chars

    def _look_cost(self) -> float:
        """Return how many seconds a look takes: by the latest ones, or by the speed of the steps so far."""
        if self._looks:
            return min(self._looks)
        chars = self._trainer.record.chars - self._chars_before
        if not chars or not len(self._trainer.validation):
            return 0.0
        return FORWARD_SHARE * min(ESTIMATE_CHARS, len(self._trainer.validation)) * self.busy_seconds() / chars

    def final_chars(self) -> int | None:
        """Return how many characters the last pass may score, or None for all of them."""
        needed, allowed = self._final_seconds(), self._final_allowance(self.seconds())
        if needed <= allowed:
            return None
        return max(int(len(self._trainer.validation) * allowed / needed), FINAL_CHARS)

    def _final_seconds(self) -> float:
        """Return how long a pass over the whole validation text takes in fp32, judging by the latest estimates."""
        slower = FP32_SLOWER if self._trainer.config.precision == "bf16" else 1
        validation = len(self._trainer.validation)
        estimate = min(self._estimates, default=0.0) or self._look_cost()
        return slower * estimate * reading_cost(validation) / reading_cost(min(ESTIMATE_CHARS, validation))

    def _final_allowance(self, whole: float) -> float:
        if self.budget.unit != "minutes":
            return max(FINAL_SECONDS, FINAL_SHARE * whole)
        return min(max(FINAL_SECONDS, FINAL_SHARE * whole), RESERVE_AT_MOST * 60 * self.budget.amount)
