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
from rnnplay.sampling.records import SampledChar, SampleSettings
from rnnplay.sampling.stepper import Stepper, StepState
from rnnplay.text.vocabulary import Vocabulary


@dataclass(frozen=True)
class ReadPrompt:
    """A prompt as a network reads it."""

    text: str
    notes: tuple[str, ...]


def read_prompt(prompt: str, vocabulary: Vocabulary) -> ReadPrompt:
    """Fold the characters that a network doesn't know, and name them.

    Each becomes its other case or its base letter where the network knows that, else the unknown symbol, else nothing.
    """
    prompt = unicodedata.normalize("NFC", prompt.replace("\r\n", "\n").replace("\r", "\n"))
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


class Writer:
    """A network in the middle of a text: reads, draws, and goes on from where it is."""

    def __init__(self, checkpoint: Checkpoint, settings: SampleSettings) -> None:
        self.vocabulary = checkpoint.vocabulary
        self.settings = settings.checked()
        self._stepper = Stepper(checkpoint.model, checkpoint.tensors)
        self._random = np.random.Generator(np.random.PCG64(settings.seed))
        self._state: StepState = self._stepper.start()
        self._logits: NDArray[np.float64] = self._stepper.unprompted().astype(np.float64)

    def read(self, ids: NDArray[np.unsignedinteger]) -> None:
        """Take characters as the text so far."""
        for character in ids.tolist():
            self._read_one(character)

    def _read_one(self, character: int) -> None:
        logits, self._state = self._stepper.step(character, self._state)
        self._logits = logits.astype(np.float64)

    def write(self) -> SampledChar:
        """Draw the next character and read it."""
        if not np.isfinite(self._logits).all():
            raise UserError("This network computes no numbers any more: its training has diverged.")
        own = softmax(self._logits)
        chosen, drawn = self._draw()
        told = np.argsort(-own, kind="stable")[: self.settings.alternatives].tolist()
        symbols = self.vocabulary.symbols
        surprisal = self._surprisal(chosen)
        self._read_one(chosen)
        return SampledChar(
            symbols[chosen],
            float(own[chosen]),
            surprisal,
            drawn,
            tuple((symbols[number], float(own[number])) for number in told),
        )

    def _surprisal(self, chosen: int) -> float:
        """Return -log2 of the network's probability, from the logits: it stays finite where the probability doesn't."""
        top = self._logits.max()
        log_sum = top + math.log(np.exp(self._logits - top).sum())
        return max(float(log_sum - self._logits[chosen]) / math.log(2), 0.0)

    def _draw(self) -> tuple[int, float]:
        """Return an id and the probability with which it was drawn. The unknown symbol is never drawn."""
        settings, logits = self.settings, self._logits
        if self.vocabulary.unknown is not None and len(self.vocabulary) > 1:
            logits = logits.copy()
            logits[self.vocabulary.unknown] = -np.inf
        if settings.temperature == 0:
            return int(np.argmax(logits)), 1.0
        with np.errstate(over="ignore"):  # far behind at a temperature near zero is minus infinity, and that is right
            scores = (logits - logits.max()) / settings.temperature
        probabilities = sample_filters(scores, settings.top_k, settings.top_p, settings.min_p)
        reached = np.cumsum(probabilities)
        chosen = int(np.searchsorted(reached, self._random.random() * reached[-1], side="right"))
        return chosen, float(probabilities[chosen])


def sample(checkpoint: Checkpoint, prompt: str = "", settings: SampleSettings | None = None) -> Iterator[SampledChar]:
    r"""Write text after a prompt, one character at a time.

    Without a prompt the network is told that a line begins: it reads "\n", where it knows that.

    Args:
        checkpoint: The network.
        prompt: What the text begins with; unknown characters are folded as `read_prompt` tells.
        settings: How text is drawn.

    Raises:
        UserError: A setting is out of its range.
    """
    settings = settings or SampleSettings()
    writer = Writer(checkpoint, settings)
    beginning = "\n" if "\n" in checkpoint.vocabulary else ""
    writer.read(checkpoint.vocabulary.encode(read_prompt(prompt, checkpoint.vocabulary).text or beginning))
    return _written(writer, settings)


def _written(writer: Writer, settings: SampleSettings) -> Iterator[SampledChar]:
    tail = ""
    for _ in range(settings.length):
        character = writer.write()
        yield character
        if settings.stop:
            tail = (tail + character.character)[-len(settings.stop) :]
            if tail == settings.stop:
                return
