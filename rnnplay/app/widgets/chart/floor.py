"""The level that no network gets below: named with its figure, and drawn with a line of its own."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rnnplay.console.chart.curves import Level, View, ladder_levels
from rnnplay.console.chart.drawing import LEVEL, Drawing
from rnnplay.text.records import Baseline, optimum_in

PERFECT = "a perfect network"
DASH = "═"  # the other levels' is ┄


@dataclass(frozen=True)
class Floor(Level):
    """What a perfect predictor reaches."""


def levels_of(ladder: Iterable[Baseline]) -> tuple[Level, ...]:
    """Return the level lines of a text's baselines; the optimum's, which a generated text has, tells its figure."""
    rungs = tuple(ladder)
    best = optimum_in(rungs)
    others = ladder_levels(rung for rung in rungs if optimum_in((rung,)) is None)
    return others if best is None else (*others, Floor(f"{PERFECT} {best:.3f} bits", best))


def draw_floor(drawing: Drawing, levels: Sequence[Level], view: View) -> None:
    """Draw the optimum's line with its own dash, where it is in sight."""
    floor = next((level for level in levels if isinstance(level, Floor)), None)
    row = None if floor is None else drawing.row_of(floor.bits_per_char * math.log(2) * view.scale)
    if row is None:
        return
    for column in range(drawing.column, drawing.column + drawing.width):
        if drawing.sheet.ink(column, row) == LEVEL:
            drawing.sheet.put(column, row, DASH, LEVEL)
