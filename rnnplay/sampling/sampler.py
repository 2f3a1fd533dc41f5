"""Drawing text, character by character."""

import math
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnnplay.errors import UserError
from rnnplay.model.checkpoint import Checkpoint
from rnnplay.sampling.filters import sample_filters, softmax
from rnnplay.sampling.reader import Place, Reader
from rnnplay.sampling.records import SampledChar, SampleSettings
from rnnplay.text.vocabulary import Ids, Vocabulary

NUMBERS = 64  # that are drawn at once, for characters to come
# The lowest temperature that scores are divided by. Logits of single precision differ by 1e-45 at least: from here on
# down only the likeliest is drawn. They are 7e38 behind at most: the quotient is a number.
COLDEST = 1e-60
SAFE = 300.0  # e to this power, and the sum of many such, are numbers, and so are their inverses
_LN_2 = math.log(2)


@dataclass(frozen=True)
class ReadPrompt:
    """A prompt as a network reads it."""

    text: str
    notes: tuple[str, ...]


def as_read(text: str) -> str:
    """Return a text as texts are read here: composed characters, and newlines alone at the ends of lines."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


def read_prompt(prompt: str, vocabulary: Vocabulary) -> ReadPrompt:
    """Fold the characters that a network doesn't know, and name them.

    Each becomes its other case or its base letter where the network knows that, else the unknown symbol, else nothing.
    """
    prompt = as_read(prompt)
    folded = {character: _folded(character, vocabulary) for character in vocabulary.unknown_in(prompt)}
    told = [f"{_named(character)} ({_as(stand_in)})" for character, stand_in in folded.items()]
    note = (f"The network doesn't know {', '.join(told[:8])}{' and others' if len(told) > 8 else ''}.",) if told else ()
    return ReadPrompt("".join(folded.get(character, character) for character in prompt), note)


def _folded(character: str, vocabulary: Vocabulary) -> str:
    base = unicodedata.normalize("NFKD", character)[0]
    for stand_in in (character.lower(), character.upper(), base, base.lower(), base.upper()):
        if stand_in in vocabulary:
            return stand_in
    return "" if vocabulary.unknown is None else vocabulary.symbols[vocabulary.unknown]


def _named(character: str) -> str:
    return repr(character) if character.isprintable() else f"U+{ord(character):04X}"


def _as(stand_in: str) -> str:
    if not stand_in:
        return "left out"
    return f"read as {stand_in!r}" if stand_in.isprintable() else "read as unknown"


def ids_before(prompt: str, written: str, vocabulary: Vocabulary) -> Ids:
    r"""Return what a network reads before it writes: the prompt, and what was written after it already.

    Without either it is told that a line begins: it reads "\n", where it knows that. In what was written, only the
    characters that the network doesn't know are folded; the others are its own and stay as they are.
    """
    own = "".join(symbol if symbol in vocabulary else _folded(symbol, vocabulary) for symbol in written)
    beginning = read_prompt(prompt, vocabulary).text or ("\n" if "\n" in vocabulary else "")
    return vocabulary.encode(beginning + own)


class Writer:
    """A network in the middle of a text: reads, draws, and goes on from where it is.

    Attributes:
        place: Where it is.
    """

    def __init__(
        self, checkpoint: Checkpoint, settings: SampleSettings, reader: Reader | None = None, written: int = 0
    ) -> None:
        """Begin before any text.

        Args:
            checkpoint: The network.
            settings: How text is drawn.
            reader: Of the same network, if there is one already.
            written: How many characters of this text were drawn before: the next draw is the one after theirs.

        Raises:
            UserError: A setting is out of its range.
        """
        self.vocabulary = checkpoint.vocabulary
        self.settings = settings.checked()
        self._reader = reader or Reader(checkpoint)
        self._numbers = _numbers(settings.seed, written)
        self._ones = np.ones(len(self.vocabulary))
        self._temperature = np.array(max(settings.temperature, COLDEST))  # numpy takes an array sooner than a number
        # Whether powers of the scores are numbers as they are, not only behind the likeliest one's.
        self._bounded = bool(self._reader.stepper.bound < SAFE * min(float(self._temperature), 1.0))
        barred = never_drawn(self.vocabulary)
        self._barred = None if barred is None else self.vocabulary.unknown
        self.place: Place = self._reader.start()

    def read(self, ids: NDArray[np.unsignedinteger]) -> None:
        """Take characters as the text so far."""
        for character in ids.tolist():
            self.place = self._reader.step(self.place, character)

    def write(self) -> SampledChar:
        """Draw the next character and read it.

        Raises:
            UserError: The network computes no numbers any more.
        """
        logits, vocabulary = self.place.logits, self.vocabulary
        behind = logits
        if not self._bounded:
            _check(logits)
            behind = _behind(logits)
        weights = np.exp(behind)
        # The network's own probability, before temperature and filters. The surprisal is taken from the logits: it
        # stays finite where the probability is too small for a number.
        whole = float(weights.dot(self._ones))
        if math.isnan(whole):
            raise _diverged()
        chosen, drawn = self._draw(behind)
        surprisal = max((math.log(whole) - behind.item(chosen)) / _LN_2, 0.0)
        told = likeliest(logits, self.settings.alternatives, vocabulary) if self.settings.alternatives else ()
        self.place = self._reader.step(self.place, chosen)
        return SampledChar(vocabulary.symbols[chosen], weights.item(chosen) / whole, surprisal, drawn, told)

    def write_on(self, written: str = "") -> Iterator[SampledChar]:
        """Draw and read characters up to the length that is set, or to the text that ends it.

        Args:
            written: What was written before, in which the text that ends it may have begun.
        """
        stop = self.settings.stop
        tail = written
        for _ in range(self.settings.length):
            character = self.write()
            yield character
            if stop:
                tail = (tail + character.character)[-len(stop) :]
                if tail == stop:
                    return

    def _draw(self, behind: NDArray[np.float64]) -> tuple[int, float]:
        """Return an id and the probability with which it was drawn.

        Args:
            behind: Each character's score, or how far it is behind the likeliest one's, shape [vocabulary].
        """
        settings = self.settings
        if self._barred is not None:
            behind = behind.copy()
            behind[self._barred] = -np.inf
            behind = behind if self._bounded else _behind(behind)
        if settings.temperature == 0:
            return int(behind.argmax()), 1.0
        weights = np.exp(behind / self._temperature)
        left = sample_filters(weights, settings.top_k, settings.top_p, settings.min_p)
        reached = np.add.accumulate(left)
        whole = reached.item(-1)
        chosen = int(reached.searchsorted(next(self._numbers) * whole, "right"))
        return chosen, left.item(chosen) / whole


def _numbers(seed: int, written: int) -> Iterator[float]:
    """Yield the numbers from 0 to 1 that a text is drawn by, one a character, from so many characters on."""
    random = np.random.Generator(np.random.PCG64(seed).advance(written))
    while True:
        yield from random.random(NUMBERS).tolist()


def _behind(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far each score is behind the highest: zero for that one, below zero for the others."""
    behind: NDArray[np.float64] = logits - logits[logits.argmax()]
    return behind


def _check(logits: NDArray[np.float64]) -> None:
    if not math.isfinite(logits.dot(logits)):  # as all of them are, or none of it is; the squares don't overflow
        raise _diverged()


def _diverged() -> UserError:
    return UserError("This network computes no numbers any more: its training has diverged.")


def never_drawn(vocabulary: Vocabulary) -> str | None:
    """Return the unknown symbol, which is not written unless it is all there is; None where there is none."""
    if vocabulary.unknown is None or len(vocabulary) == 1:
        return None
    return vocabulary.symbols[vocabulary.unknown]


def likeliest(logits: NDArray[np.float64], count: int, vocabulary: Vocabulary) -> tuple[tuple[str, float], ...]:
    """Return the likeliest next characters and their probabilities, the likeliest first.

    Args:
        logits: Scores for the next character, shape [vocabulary].
        count: How many.
        vocabulary: The network's.

    Raises:
        UserError: They aren't numbers: the network's training has diverged.
    """
    _check(logits)
    own = softmax(logits)
    places = (-own).argsort(kind="stable")[:count].tolist()
    return tuple((vocabulary.symbols[place], own.item(place)) for place in places)


def sample(
    checkpoint: Checkpoint, prompt: str = "", settings: SampleSettings | None = None, written: str = ""
) -> Iterator[SampledChar]:
    r"""Write text after a prompt, one character at a time.

    Without a prompt the network is told that a line begins: it reads "\n", where it knows that.

    Args:
        checkpoint: The network.
        prompt: What the text begins with; unknown characters are folded as `read_prompt` tells.
        settings: How text is drawn.
        written: What was written after the prompt already: with the same settings the text goes on as if it had never
            stopped.

    Raises:
        UserError: A setting is out of its range.
    """
    writer = Writer(checkpoint, settings or SampleSettings(), written=len(written))
    writer.read(ids_before(prompt, written, checkpoint.vocabulary))
    return writer.write_on(written)
