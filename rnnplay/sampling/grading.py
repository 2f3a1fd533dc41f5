"""What a network wrote beside the text that it learned from: copied, known or new, and right by that text's rule."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

import msgspec

from rnnplay.sampling import steps
from rnnplay.sampling.copies import CopyIndex
from rnnplay.sampling.records import Checked, CopyReport, Grade, Grades, LineCounts, Standing
from rnnplay.sampling.words import RealWords
from rnnplay.text import generated
from rnnplay.text.corpus import Corpus
from rnnplay.text.vocabulary import Ids, Vocabulary

PIECE = 1 << 20  # characters of the text that was learned from whose lines are looked at at once


def whole_lines(text: str, prompt: str = "") -> list[str]:
    """Return the lines that a network brought to their ends, without their newlines.

    What the prompt says of the first line belongs to it. A last line without a newline isn't there yet.
    """
    begun = prompt[prompt.rfind("\n") + 1 :]
    return (begun + text).split("\n")[:-1]


def training_words(corpus: Corpus, train: Ids) -> RealWords | None:
    """Return the words of the training part of a text; None of a generated text, whose words mean nothing."""
    if generated.setting_of(corpus.provenance) is not None:
        return None
    alphabet = Vocabulary(corpus.alphabet)
    return RealWords(lambda: alphabet.decode_pieces(train), lines=corpus.shape == "lines")


class Checker:
    """A text that a network learned from, ready to be asked about any text.

    Attributes:
        words: Those of its training part; None of a generated text.
    """

    def __init__(self, corpus: Corpus, train: Ids, validation: Ids) -> None:
        """Take a text and its two parts."""
        self._corpus, self._train, self._validation = corpus, train, validation
        self._index = CopyIndex(train, corpus.alphabet)
        self.words = training_words(corpus, train)
        setting = generated.setting_of(corpus.provenance)
        self._rule = None if setting is None else setting.spec

    @classmethod
    def of(cls, corpus: Corpus, val_fraction: float, seed: int) -> "Checker":
        """Take a text as it is split for a training with these settings.

        Raises:
            UserError: There is nothing left to learn from.
        """
        split = corpus.split(val_fraction, seed)
        return cls(corpus, split.train, split.validation)

    def report(self, text: str, prompt: str = "") -> Checked:
        """Return what of a text is copied, and what its lines are worth.

        Args:
            text: What a network wrote.
            prompt: What it wrote that after: the beginning of its first line.
        """
        return steps.last(self.reporting(text, prompt))

    def reporting(self, text: str, prompt: str = "") -> Generator[None, None, Checked]:
        """Return the same, a step at a time: after each one may leave off."""
        lines = whole_lines(text, prompt)
        copies = yield from self._index.reporting(text)
        held = yield from self._held(lines)
        return self._checked(text, copies, lines, held)

    def reports(self, texts: Sequence[str], prompt: str = "") -> list[Checked]:
        """Return the same of many texts after one prompt: the text that was learned from is read through once."""
        lines = [whole_lines(text, prompt) for text in texts]
        held = steps.last(self._held(line for some in lines for line in some))
        copies = self._index.reports(texts)
        return [self._checked(*one, held) for one in zip(texts, copies, lines, strict=True)]

    def grades(self, texts: Sequence[str], prompt: str = "") -> list[Grades | None]:
        """Return what the lines of texts are worth, without a look at what is copied; None for each without a rule."""
        lines = [whole_lines(text, prompt) for text in texts]
        held = steps.last(self._held(line for some in lines for line in some))
        return [self._graded(some, held) for some in lines]

    def _checked(self, text: str, copies: CopyReport, lines: Sequence[str], held: "_Held") -> Checked:
        grades = self._graded(lines, held)
        real_words = None if self.words is None else self.words.share(text)
        if self._corpus.shape != "lines":
            return Checked(copies, grades, real_words=real_words)
        standing = tuple(map(held.standing, lines))
        counts = LineCounts(*map(standing.count, ("training", "validation", "new")))
        return Checked(msgspec.structs.replace(copies, lines=counts), grades, standing, real_words)

    def _graded(self, lines: Sequence[str], held: "_Held") -> Grades | None:
        return None if self._rule is None else graded(lines, self._rule, held.__contains__)

    def _held(self, lines: Iterable[str]) -> Generator[None, None, "_Held"]:
        """Find which of some lines stand where, a step at a time."""
        wanted = set(lines)
        parts = self._train, self._validation
        found: list[set[str]] = [set(), set()]
        for here, ids in zip(found, parts, strict=True):
            for piece in self._pieces(ids) if wanted else ():
                here.update(wanted.intersection(piece))
                yield
        return _Held(*found)

    def _pieces(self, ids: Ids) -> Iterator[list[str]]:
        """Yield the whole lines of a part of the text, many at a time."""
        left = ""
        for piece in Vocabulary(self._corpus.alphabet).decode_pieces(ids, PIECE):
            *lines, left = (left + piece).split("\n")
            yield lines
        if left:  # a last line without its newline
            yield [left]


class _Held:
    """Which of some lines stand in the text that was learned from."""

    def __init__(self, training: set[str], validation: set[str]) -> None:
        self._training, self._validation = training, validation

    def __contains__(self, line: str) -> bool:
        return line in self._training or line in self._validation

    def standing(self, line: str) -> Standing:
        """Return where a line stands."""
        return "training" if line in self._training else "validation" if line in self._validation else "new"


def graded(lines: Sequence[str], rule: str, held: Callable[[str], bool]) -> Grades:
    """Return what lines are worth.

    Args:
        lines: Without their newlines.
        rule: The spec of the generated text whose rule they shall keep.
        held: Whether a line stands in the text that was learned from.
    """
    known: dict[str, Grade] = {}
    for line in lines:
        if line not in known:
            known[line] = ("copied" if held(line) else "new") if generated.holds(rule, line) else "wrong"
    told = tuple((line, known[line]) for line in lines)
    counts = {grade: sum(one == grade for _, one in told) for grade in ("new", "copied", "wrong")}
    return Grades(counts["new"], counts["copied"], counts["wrong"], told)
