"""How a line comes about: choices among strings, made by a die or read off a text.

A generator is a procedure that makes one choice after another. Each is among strings of which none is the beginning of
another (prefix-free), and the chosen string is written at once. So a text tells which string was chosen, then which
choice came next, and so on to its end: different choices make different texts, and the probability of a text is the
product of the probabilities of its choices. The same procedure writes, where a `Die` chooses, and reads, where a
`Reader` does; there is no second description of the process that could differ.
"""

import math
import random
from bisect import bisect_right
from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import Protocol

Trie = dict[str, tuple[float, "Trie"]]  # for each next character its bits, and what may follow; nothing after the last


class Choice:
    """Strings of which one is written next.

    Attributes:
        options: The strings.
        bits: The surprise -log2 p of each.
        reach: The sum of the weights up to and with each but the last.
        total: The sum of all weights.
        trie: The strings by their characters. The bits of a character are -log2 P(beginning with it) / P(beginning),
            so that those of a string sum up to its own.
    """

    __slots__ = ("bits", "options", "reach", "total", "trie")

    def __init__(self, weights: Mapping[str, float]) -> None:
        """Take strings with their weights; each is chosen with its share of the sum.

        Raises:
            ValueError: A string is the beginning of another, or a weight isn't above zero.
        """
        if any(weight <= 0 for weight in weights.values()):
            raise ValueError("every string that can be chosen needs a weight above zero")
        self.options = tuple(weights)
        *self.reach, self.total = accumulate(weights.values())
        self.bits = tuple(math.log2(self.total / weight) for weight in weights.values())
        self.trie = _trie(weights)


def _trie(weights: Mapping[str, float]) -> Trie:
    """Return the trie of strings that are prefix-free."""
    beginnings: dict[str, dict[str, float]] = {}
    for string, weight in weights.items():
        beginnings.setdefault(string[:1], {})[string[1:]] = weight
    if "" in beginnings:
        raise ValueError("a string that can be chosen is the beginning of another")
    total = sum(weights.values())
    return {
        symbol: (math.log2(total / sum(rest.values())), {} if rest.keys() == {""} else _trie(rest))
        for symbol, rest in beginnings.items()
    }


class Source(Protocol):
    """Whoever makes the choices."""

    def choose(self, choice: Choice) -> str:
        """Return the string that comes next."""

    def write(self, text: str) -> None:
        """Go on with the only text that can come next."""


Line = Callable[[Source], None]
"""A procedure that writes one line, its newline included."""


class Die:
    """Chooses at random.

    Attributes:
        bits: The surprise of all its choices so far.
    """

    def __init__(self, seed: int) -> None:
        self.bits = 0.0
        self._random = random.Random(seed).random  # noqa: S311 - a text is no secret; alone stable over Python's versions
        self._written: list[str] = []

    def choose(self, choice: Choice) -> str:
        """Return a string, drawn by the weights."""
        place = bisect_right(choice.reach, self._random() * choice.total)
        self.bits += choice.bits[place]
        self._written.append(choice.options[place])
        return choice.options[place]

    def write(self, text: str) -> None:
        """Go on with the only text that can come next."""
        self._written.append(text)

    def taken(self) -> str:
        """Return what was written since this was last asked."""
        text = "".join(self._written)
        self._written.clear()
        return text


class EndOfTextError(Exception):
    """The text ends before the line does."""


class OtherTextError(Exception):
    """The text can't have come about this way."""


class Reader:
    """Makes the choices by which a text came about.

    Attributes:
        bits: The surprise of each character read so far, given those before it.
    """

    def __init__(self, text: str) -> None:
        self.bits: list[float] = []
        self._text = text

    @property
    def at_end(self) -> bool:
        """Whether all of the text was read."""
        return len(self.bits) == len(self._text)

    def choose(self, choice: Choice) -> str:
        """Return the string that stands next in the text.

        Raises:
            EndOfTextError: The text ends within it.
            OtherTextError: None of the strings stands there.
        """
        bits, text, start = self.bits, self._text, len(self.bits)
        trie, place = choice.trie, start
        while trie:
            if place == len(text):
                raise EndOfTextError
            step = trie.get(text[place])
            if step is None:
                raise OtherTextError
            surprise, trie = step
            bits.append(surprise)
            place += 1
        return text[start:place]

    def write(self, text: str) -> None:
        """Read the only text that can come next.

        Raises:
            EndOfTextError: The text ends within it.
            OtherTextError: Something else stands there.
        """
        start = len(self.bits)
        found = self._text[start : start + len(text)]
        if not text.startswith(found):
            raise OtherTextError
        self.bits.extend([0.0] * len(found))
        if len(found) < len(text):
            raise EndOfTextError
