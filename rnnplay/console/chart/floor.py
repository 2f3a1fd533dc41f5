"""The level that no network gets below: named with its figure, and drawn with a line of its own."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from rnnplay.console.chart.curves import MAIN, OTHERS, Level, View, ladder_levels
from rnnplay.console.chart.drawing import LEVEL, LEVEL_NAME, Drawing
from rnnplay.console.numbers import decimals
from rnnplay.text.records import Baseline, optimum_in

PERFECT = "a perfect network"
DASH = "═"  # the other levels' is ┄
TAKEN = frozenset((MAIN, *OTHERS, LEVEL_NAME))  # inks that nothing may hide


@dataclass(frozen=True)
class Floor(Level):
    """What a perfect predictor reaches."""


def levels_of(ladder: Iterable[Baseline]) -> tuple[Level, ...]:
    """Return the level lines of a text's baselines; the optimum's, which a generated text has, tells its figure."""
    rungs = tuple(ladder)
    best = optimum_in(rungs)
    others = ladder_levels(rung for rung in rungs if optimum_in((rung,)) is None)
    return others if best is None else (*others, _floor(best))


def _floor(bits: float) -> Floor:
    return Floor(f"{PERFECT} {decimals(bits)} bits", bits)


def draw_floor(drawing: Drawing, levels: Sequence[Level], view: View) -> None:
    """Draw the optimum's line with its own dash; where it lies below all that is shown, say so at the bottom."""
    floor = next((level for level in levels if isinstance(level, Floor)), None)
    if floor is None or drawing.width < 1 or drawing.height < 1:
        return
    height = floor.bits_per_char * math.log(2) * view.scale
    row, last = drawing.row_of(height), drawing.row + drawing.height - 1
    if row is None:
        if height < drawing.up.low:
            _name(drawing, f" \u2193 {floor.name} ", (last,))
        return
    for column in range(drawing.column, drawing.column + drawing.width):
        if drawing.sheet.ink(column, row) == LEVEL:
            drawing.sheet.put(column, row, DASH, LEVEL)
    if not any(floor.name in label for label, _ in drawing.labels):  # a curve lies all along it: it was reached
        _name(drawing, f" {floor.name} ", [beside for beside in (row + 1, row - 1) if drawing.row <= beside <= last])


def _name(drawing: Drawing, label: str, rows: Iterable[int]) -> None:
    """Write a label on the first of some rows that has room for it, where no curve and no other name is."""
    length = cell_len(label)
    for row in rows:
        for column in range(drawing.column + 1, drawing.column + drawing.width - length + 1):
            if drawing.sheet.is_free(column, row, length, TAKEN):
                drawing.sheet.write(column, row, label, LEVEL_NAME)
                return
