"""Networks beside each other, in words: their losses on one text, what differs in their settings, and what to mind."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from textual.content import Content

from rnnplay.app.widgets.run_columns import fit
from rnnplay.app.widgets.told import QUIET
from rnnplay.console.comparison import letter
from rnnplay.console.numbers import decimals
from rnnplay.runs.compare import Compared, Comparison
from rnnplay.text.display import one_line

NAME = 28  # cells of a run's name
VALUES, LETTERED, LEAST = 72, 4, 10  # cells of all values of a setting, of what stands before each, and of the shortest
NOTE = 400  # characters
LABEL = 14  # cells of what a setting is called
GAP = "  "


def table(comparison: Comparison) -> Content:
    """Return all that is to be said of a comparison, as lines that may be wrapped."""
    parts = [list(_losses(comparison)), list(_differences(comparison)), list(_notes(comparison))]
    return Content("\n\n").join(Content("\n").join(lines) for lines in parts if lines)


def _losses(comparison: Comparison) -> Iterator[Content]:
    if comparison.text is None:
        yield Content.assemble(("run", QUIET))
        for place, run in enumerate(comparison.runs):
            yield Content.assemble((f"{letter(place)} ", "bold"), Content(fit(run.label, NAME)))
        return
    yield Content(_heading(comparison))
    yield Content()
    rows = [_TITLES, *(_cells(place, run) for place, run in enumerate(comparison.runs))]
    kept = [column for column in range(len(_TITLES)) if column not in _OPTIONAL or any(row[column] for row in rows[1:])]
    widths = {column: max(cell_len(row[column]) for row in rows) for column in kept}
    for number, row in enumerate(rows):
        line = GAP.join(_filled(row[column], widths[column], left=column <= 1) for column in kept)
        yield Content.styled(line, QUIET) if number == 0 else Content(line)


_TITLES = ("", "run", "nats", "bits", "perplexity", "unknown", "excess")
_OPTIONAL = {5, 6}  # columns that are left out where nothing stands in them


def _cells(place: int, run: Compared) -> tuple[str, ...]:
    score, name = run.score, fit(run.label, NAME)
    if score is None:
        return (letter(place), name, "-", "-", "-", "", "")
    unknown = sum(score.unknown.values())
    return (
        letter(place),
        name,
        decimals(score.loss),
        decimals(score.bits_per_char),
        decimals(score.perplexity),
        f"{unknown:,}" if unknown else "",
        "" if run.excess is None else decimals(run.excess),
    )


def _heading(comparison: Comparison) -> str:
    chars = max((run.score.chars for run in comparison.runs if run.score is not None), default=0)
    best = "" if comparison.optimum is None else f"; a perfect network comes to {decimals(comparison.optimum)} bits"
    way = "in one go" if comparison.protocol == "carried" else f"in fresh pieces ({comparison.protocol})"
    return f"On '{one_line(comparison.text or '', 60)}', {comparison.part}: {chars:,} characters, read {way}{best}."


def _differences(comparison: Comparison) -> Iterator[Content]:
    if len(comparison.settled) < 2:
        return
    if not comparison.differences:
        yield Content("Their settings are the same.")
        return
    yield Content.styled("what differs", QUIET)
    room = max(VALUES // len(comparison.settled) - LETTERED, LEAST)
    rows = [(name, [fit(value, room) for value in values]) for name, values in comparison.differences]
    widths = [max(cell_len(values[place]) for _, values in rows) for place in range(len(comparison.settled))]
    for name, values in rows:
        yield Content.assemble((f"{name:<{LABEL}}", QUIET), Content(_lettered(comparison.settled, values, widths)))


def _lettered(places: Sequence[int], values: Sequence[str], widths: Sequence[int]) -> str:
    """Return the values of a setting, each after the letter of its run."""
    cells = zip(places, values, widths, strict=True)
    return GAP.join(f"{letter(place)} {_filled(value, width, left=True)}" for place, value, width in cells)


def _notes(comparison: Comparison) -> Iterator[Content]:
    for note in comparison.notes:
        yield Content.assemble(("mind: ", "bold"), Content(one_line(note, NOTE)))


def _filled(text: str, width: int, *, left: bool) -> str:
    room = " " * (width - cell_len(text))
    return text + room if left else room + text
