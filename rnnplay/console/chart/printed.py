"""The loss chart on a console, in colour where there is some."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from rnnplay.console.chart.curves import MAIN, OTHERS, Curve, Level, View
from rnnplay.console.chart.drawing import AXIS, LEVEL, LEVEL_NAME, RAW, draw
from rnnplay.console.chart.floor import draw_floor

_STYLES = {
    AXIS: "dim",
    LEVEL: "dim",
    LEVEL_NAME: "dim italic",
    RAW: "dim",
    MAIN: "bold cyan",
    **dict(zip(OTHERS, ("yellow", "magenta", "green", "red"), strict=True)),
}


def chart_lines(
    curves: Sequence[Curve], levels: Sequence[Level], view: View, width: int, height: int
) -> Iterator[Text]:
    """Return the rows of a chart of so many cells."""
    drawing = draw(curves, levels, view, width, height)
    draw_floor(drawing, levels, view)
    sheet = drawing.sheet
    for row in range(sheet.height):
        yield Text.assemble(*((text, _STYLES.get(ink, "")) for text, ink in sheet.runs(row)))


def style(ink: str) -> str:
    """Return how a console shows an ink."""
    return _STYLES.get(ink, "")
