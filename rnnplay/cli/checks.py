"""What a command tells of texts beside the one that the network learned from."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from rnnplay.cli import options
from rnnplay.errors import UserError

if TYPE_CHECKING:
    from rnnplay.model.checkpoint import CorpusCard
    from rnnplay.runs.models import Model
    from rnnplay.sampling.grading import Checker
    from rnnplay.sampling.records import CopyReport, Grades


class Checks:
    """Checks texts: for copies where that is wished, by the text's rule where it has one."""

    def __init__(self, model: "Model", learned: "CorpusCard", *, copies: bool, quiet: bool) -> None:
        """Get ready.

        Args:
            model: The network that writes.
            learned: What its checkpoint says of its text.
            copies: Whether to look for what is copied.
            quiet: Tell nothing in the end.

        Raises:
            UserError: Copies are to be told, and the text that was learned from is gone, has changed, or isn't known.
        """
        from rnnplay.console.tally import Tally

        self._model, self._learned, self._copies, self._quiet = model, learned, copies, quiet
        self._tally = Tally()
        if copies:
            _ = self._checker

    @cached_property
    def _checker(self) -> "Checker | None":
        """The text that was learned from, where it is needed; it is read no sooner."""
        run = self._model.run
        if not self._copies and (run is None or run.card().corpus.kind != "generated"):
            return None
        from rnnplay.runs import learned

        try:
            with options.working("reading the text that it learned from", quiet=self._quiet):
                return learned.checker(self._model, self._learned)
        except UserError as error:
            if self._copies:
                raise
            options.say(f"note: the lines aren't graded: {error}")
            return None

    def take(self, texts: Sequence[str], prompt: str) -> "list[tuple[CopyReport | None, Grades | None, float | None]]":
        """Check texts that a network wrote after a prompt: what is copied, the grades, the share of real words."""
        from rnnplay.sampling.sampler import as_read

        if self._checker is None:
            return [(None, None, None)] * len(texts)
        if not self._copies:
            grades = self._checker.grades(texts, as_read(prompt))
            for one in grades:
                self._tally.take_grades(one)
            return [(None, one, None) for one in grades]
        checked = self._checker.reports(texts, as_read(prompt))
        for told in checked:
            self._tally.take(told)
        if self._checker.words is not None:
            for text in texts:
                self._tally.take_words(len(text), self._checker.words.count(text))
        return [(told.copies, told.grades, told.real_words) for told in checked]

    def tell(self) -> None:
        """Say on standard error what it comes to."""
        for line in () if self._quiet else self._tally.lines():
            options.say(line)
