"""What is copied, and what lines are worth, in a few words."""

from collections.abc import Iterator

from rnnplay.console.numbers import real_words
from rnnplay.sampling.records import Checked, CopyReport, Grades
from rnnplay.sampling.words import MIN_CHARS, WordCounts
from rnnplay.text.display import one_line

SHOWN = 60  # characters of a copied run
WRONG = 3  # lines that are shown as examples


class Tally:
    """What was told of texts, summed up."""

    def __init__(self) -> None:
        self._longest: CopyReport | None = None
        self._runs: dict[int, tuple[float, int]] = {}  # by length: the new ones, and all
        self._places: list[int] | None = None
        self._grades: list[int] | None = None
        self._wrong: dict[str, None] = {}
        self._word_chars = self._words = self._real_words = 0

    def take(self, checked: Checked) -> None:
        """Count what was told of a text in."""
        copies = checked.copies
        if self._longest is None or copies.longest > self._longest.longest:
            self._longest = copies
        for length, share in copies.new_shares:
            new, runs = self._runs.get(length, (0.0, 0))
            count = copies.chars - length + 1
            self._runs[length] = new + share * count, runs + count
        if copies.lines is not None:
            places = copies.lines.training, copies.lines.validation, copies.lines.new
            self._places = [before + now for before, now in zip(self._places or (0, 0, 0), places, strict=True)]
        self.take_grades(checked.grades)

    def take_words(self, chars: int, counts: WordCounts | None) -> None:
        """Count the words of a text of so many characters in."""
        if counts is not None:
            self._word_chars += chars
            self._words += counts.all
            self._real_words += counts.real

    def take_grades(self, grades: Grades | None) -> None:
        """Count what the lines of a text are worth in."""
        if grades is None:
            return
        counts = grades.new, grades.copied, grades.wrong
        self._grades = [before + now for before, now in zip(self._grades or (0, 0, 0), counts, strict=True)]
        for line, grade in grades.lines:
            if grade == "wrong" and len(self._wrong) < WRONG:
                self._wrong[line] = None

    def lines(self) -> Iterator[str]:
        """Yield what it comes to."""
        if self._longest is not None:
            told = f": '{one_line(self._longest.copied, SHOWN)}'" if self._longest.longest else ""
            yield f"copied: at most {self._longest.longest:,} characters in a row stand in the training text{told}"
        if self._runs:
            shares = [f"{new / runs:.0%} of {length}" for length, (new, runs) in sorted(self._runs.items())]
            yield f"new: of the runs of so many characters, {', '.join(shares)}"
        if self._words and self._word_chars >= MIN_CHARS:
            share = real_words(self._real_words / self._words)
            yield f"real words: {share} of {self._words:,} complete words occur in the training text"
        if self._places is not None:
            training, validation, new = self._places
            yield (
                f"whole lines: {training:,} stand in the training part, {validation:,} in the validation part, "
                f"{new:,} are new"
            )
        if self._grades is not None:
            yield from self._graded(*self._grades)

    def _graded(self, new: int, copied: int, wrong: int) -> Iterator[str]:
        count = new + copied + wrong
        if not count:
            yield "right by the text's rule: there is no whole line to tell by"
            return
        yield (
            f"right by the text's rule: {new + copied:,} of {count:,} lines ({new:,} new, {copied:,} copied), "
            f"{wrong:,} wrong"
        )
        if self._wrong:
            yield f"wrong, for instance: {'  '.join(one_line(line, SHOWN) for line in self._wrong)}"
