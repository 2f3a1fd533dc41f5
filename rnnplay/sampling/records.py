"""How text is drawn, and what is told of each character: records that cross walls, with no numpy."""

import math
from collections.abc import Iterable
from typing import Literal

import msgspec

from rnnplay.errors import UserError


class SampleSettings(msgspec.Struct, frozen=True):
    """How text is drawn.

    Attributes:
        length: Characters at most, the prompt not counted.
        temperature: What logits are divided by; 0 always takes the likeliest character.
        top_k, top_p, min_p: See `sample_filters`; None for no filter.
        seed: Of the random draws.
        stop: End after writing this text; "" for never.
        alternatives: How many of the likeliest characters to tell at each place.
    """

    length: int = 500
    temperature: float = 0.8
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    seed: int = 0
    stop: str = ""
    alternatives: int = 0

    def checked(self) -> "SampleSettings":
        """Return the settings.

        Raises:
            UserError: One of them is out of its range.
        """
        if self.length < 0:
            raise UserError(f"--length must be at least 0, not {self.length}.")
        if not 0 <= self.temperature <= 100:
            raise UserError(f"--temperature must be from 0 to 100, not {self.temperature:g}.")
        if self.top_k is not None and self.top_k < 1:
            raise UserError(f"--top-k must be at least 1, not {self.top_k}.")
        for name, share in (("top-p", self.top_p), ("min-p", self.min_p)):
            if share is not None and not 0 <= share <= 1:
                raise UserError(f"--{name} must be from 0 to 1, not {share:g}.")
        if self.alternatives < 0:
            raise UserError(f"The number of alternatives must be at least 0, not {self.alternatives}.")
        if not 0 <= self.seed < 1 << 63:
            raise UserError(f"--seed must be from 0 to 2^63 - 1, not {self.seed}.")
        return self


class SampledChar(msgspec.Struct, frozen=True, tag="sampled_char"):
    """One character that was written.

    Attributes:
        probability: What the network gave it, before temperature and filters.
        surprisal: -log2 of that, in bits.
        drawn: The probability with which it was drawn, after temperature and filters.
        alternatives: The likeliest characters and their probabilities before temperature and filters.
    """

    character: str
    probability: float
    surprisal: float
    drawn: float
    alternatives: tuple[tuple[str, float], ...] = ()

    def instead(self, character: str) -> "SampledChar":
        """Return what would be told here of one of the alternatives, taken by hand.

        The character that was drawn stays as it was told, whether it is one of them or not.

        Raises:
            KeyError: It isn't one of them.
        """
        if character == self.character:
            return self
        probability = dict(self.alternatives)[character]
        surprisal = max(-math.log2(probability), 0.0) if probability > 0 else math.inf
        return SampledChar(character, probability, surprisal, 1.0, self.alternatives)


class MeanSurprisal:
    """The mean surprisal of characters, kept while they come.

    Attributes:
        count: How many there were.
    """

    def __init__(self) -> None:
        self.count = 0
        self._bits = 0.0

    @property
    def bits_per_char(self) -> float | None:
        """The mean in bits; None before the first character."""
        return self._bits / self.count if self.count else None

    def take(self, characters: Iterable[SampledChar]) -> None:
        """Count further characters in."""
        for told in characters:
            self.count += 1
            self._bits += told.surprisal


# Where a whole line stands: in the training part of the text that was learned from, in its validation part, in neither.
Standing = Literal["training", "validation", "new"]


class LineCounts(msgspec.Struct, frozen=True):
    """Whole lines, by where they stand in the text that a network learned from."""

    training: int = 0
    validation: int = 0
    new: int = 0

    @property
    def count(self) -> int:
        """How many there are."""
        return self.training + self.validation + self.new


LONG = 20  # characters from which on a copied run is told by its place


class CopyReport(msgspec.Struct, frozen=True):
    """What of a text stands word for word in the text that a network learned from.

    Attributes:
        chars: Of the text.
        longest: Characters of the longest run that stands there.
        start: Where that run begins in the text.
        copied: The run itself.
        new_shares: For some lengths, the share of the text's runs of that length that don't stand there.
        lines: Of a text of independent lines, where the whole lines stand.
        stretches: The runs of at least `LONG` characters that stand there, none of which goes on to either side: where
            each begins, and its characters. None is within another, but they may overlap.
    """

    chars: int
    longest: int
    start: int
    copied: str
    new_shares: tuple[tuple[int, float], ...]
    lines: LineCounts | None = None
    stretches: tuple[tuple[int, int], ...] = ()


# Valid and in neither part of the text that was learned from; valid, and in it; not valid.
Grade = Literal["new", "copied", "wrong"]


class Grades(msgspec.Struct, frozen=True):
    """What the whole lines of a text are worth, by the rule of the generated text that a network learned from.

    Attributes:
        lines: Each of them with its grade.
    """

    new: int
    copied: int
    wrong: int
    lines: tuple[tuple[str, Grade], ...]

    @property
    def count(self) -> int:
        """How many there are."""
        return self.new + self.copied + self.wrong


class Checked(msgspec.Struct, frozen=True):
    """A written text beside the one that was learned from.

    Attributes:
        grades: What its whole lines are worth; None where the text that was learned from has no rule.
        standing: Where each of them stands; empty where that isn't a text of independent lines.
        real_words: The share of its complete words that occur in the training part of that text, from 0 to 1; None
            where it has fewer than 2,000 characters or that text has no words (see `rnnplay.sampling.words`).
    """

    copies: CopyReport
    grades: Grades | None = None
    standing: tuple[Standing, ...] = ()
    real_words: float | None = None


class SampledText(msgspec.Struct, frozen=True, tag="sampled_text"):
    """A whole text that was written, and how.

    Attributes:
        copies: What of it stands in the text that was learned from, where that was asked for.
        grades: What its lines are worth, where that text has a rule.
        real_words: As in `Checked`, where copies were asked for.
    """

    model: str
    prompt: str
    text: str
    settings: SampleSettings
    copies: CopyReport | None = None
    grades: Grades | None = None
    real_words: float | None = None
