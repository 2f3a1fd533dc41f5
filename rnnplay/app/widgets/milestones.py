"""What a training has reached, with its time, and what a person should know of it."""

from collections.abc import Sequence

from textual.content import Content

from rnnplay.app.text import plain
from rnnplay.app.widgets.told import QUIET, Told
from rnnplay.console.numbers import clock, milestone
from rnnplay.runs.history import History
from rnnplay.text.display import one_line


class Milestones(Told):
    """Baselines that were beaten and shares of real words, the last ones where there isn't room for all; and notes."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._lines: Sequence[Content] = ()

    def show(self, history: History) -> None:
        """Show those of a run."""
        lines = [
            Content.assemble((f"{clock(seconds):>5}", "bold"), " ", plain(one_line(milestone(name), 46)))
            for seconds, name in history.milestones
        ]
        lines += [plain(f"step {note.step:,}: {one_line(note.text, 200)}") for note in history.notes[-3:]]
        self._lines = lines or [Content("nothing yet").stylize(QUIET)]
        self._tell()

    def on_resize(self) -> None:
        """Show as many as there is room for."""
        self._tell()

    def _tell(self) -> None:
        room = max(self.size.height, 1)
        self.tell(Content("\n").join(self._lines[-room:]))
