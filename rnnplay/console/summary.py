"""What a training came to, in a few lines."""

import math
from collections.abc import Iterator, Sequence

from rnnplay.console.numbers import above_optimum, both, clock, decimals, table_name
from rnnplay.runs.compare import excess
from rnnplay.text.records import OPTIMUM, Baseline, optimum_in
from rnnplay.training.events import Finished

_REASONS = {
    "budget": "done",
    "stopped": "stopped",
    "patience": "stopped: no better for a while",
    "diverged": "given up",
}


def summary(name: str, finished: Finished, ladder: Sequence[Baseline]) -> Iterator[str]:
    """Say how it ended, what it reached beside the baselines, and what to try next."""
    yield (
        f"{name}: {_REASONS[finished.reason]} after {clock(finished.seconds)}, {finished.step:,} steps, "
        f"{finished.chars:,} characters"
    )
    if finished.loss is not None:
        part = ", on a part of it" if finished.estimate else ""
        yield f"validation {both(finished.loss)} per character{part}{standing(finished.loss, ladder)}"
    yield finished.summary


def standing(loss: float, ladder: Sequence[Baseline]) -> str:
    """Say which baseline a loss in nats is just below, or how far above the optimum, where the text has one."""
    over = excess(loss, optimum_in(ladder))
    if over is not None:
        return f": {above_optimum(over)}"
    below = [rung for rung in ladder if rung.name != OPTIMUM and loss / math.log(2) < rung.bits_per_char]
    if not below:
        return ""
    hardest = min(below, key=lambda rung: rung.bits_per_char)
    return f": beats {table_name(hardest.name)} ({decimals(hardest.bits_per_char)} bits)"
