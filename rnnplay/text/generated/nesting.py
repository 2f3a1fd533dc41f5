"""Lines that nest: brackets, strings of brackets to be judged, and JSON."""

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from math import comb

from rnnplay.text.generated.choices import Choice, Line, Source
from rnnplay.text.generated.dials import Dials
from rnnplay.text.generated.letters import letters_and

PAIRS = ("()", "[]", "{}", "<>")


def brackets(dials: Dials) -> Line:
    """Write balanced brackets of the first so many `kinds`, at most `depth` deep.

    The first opens. After it, where none is open: one opens or the line ends, with one half each; where `depth` are
    open: the last closes; else one opens or the last closes, with one half each. The kind that opens is uniform.
    """
    pairs, deepest = PAIRS[: dials["kinds"]], dials["depth"]
    opening = {pair[0]: 1 / len(pairs) for pair in pairs}
    closer = {pair[0]: pair[1] for pair in pairs}
    first, outside = Choice(opening), Choice(opening | {"\n": 1})
    inside = {pair[0]: Choice(opening | {pair[1]: 1}) for pair in pairs}

    def line(source: Source) -> None:
        still_open = source.choose(first)
        while True:
            if len(still_open) == deepest:
                source.write(closer[still_open[-1]])
                still_open = still_open[:-1]
                continue
            symbol = source.choose(inside[still_open[-1]] if still_open else outside)
            if symbol == "\n":
                return
            still_open = still_open + symbol if symbol in closer else still_open[:-1]

    return line


BROKEN = -1  # the height of a string in which one closed that had not opened


def balanced(dials: Dials) -> Line:
    """Write a string of round brackets, "=", and Y where it is balanced, else N.

    The number of pairs n is uniform from 1 to `pairs`. With one half each, the string is one of the Catalan(n) balanced
    ones of 2n brackets or one of the others, all equally likely. Each next bracket is drawn with the probability that
    this leaves it after those before it, so that nothing tells before its time which half the string is of.
    """
    most = dials["pairs"]

    @cache
    def mass(length: int, height: int, ended: bool) -> Fraction:
        """Return `most` times the probability of a string that begins so, or, where it has ended, that is so."""
        total = Fraction(0)
        for pairs in range((length + 1) // 2, most + 1):
            left = 2 * pairs - length
            if pairs == 0 or (ended and left):
                continue
            good = _ways_home(left, height)
            catalan = _ways_home(2 * pairs, 0)
            total += Fraction(good, 2 * catalan) + Fraction(2**left - good, 2 * (4**pairs - catalan))
        return total

    @cache
    def choice(length: int, height: int) -> Choice:
        up = BROKEN if height == BROKEN else height + 1
        down = BROKEN if height == BROKEN else height - 1
        weights = {
            "(": mass(length + 1, up, False),
            ")": mass(length + 1, down, False),
            "=": mass(length, height, True),
        }
        return Choice({symbol: float(weight) for symbol, weight in weights.items() if weight})

    def line(source: Source) -> None:
        length = height = 0
        while (symbol := source.choose(choice(length, height))) != "=":
            length += 1
            if height != BROKEN:
                height += 1 if symbol == "(" else -1
        source.write("Y\n" if height == 0 else "N\n")

    return line


def _ways_home(steps: int, height: int) -> int:
    """Return how many strings of so many brackets close all that are open and never one more (the ballot problem)."""
    if height < 0 or height > steps or (steps - height) % 2:
        return 0
    closing = (steps + height) // 2
    return comb(steps, closing) - comb(steps, closing + 1)


SCALARS: dict[str, tuple[str, ...]] = {'"id": ': tuple(map(str, range(100))), '"open": ': ("false", "null", "true")}
NAME, LIST, OBJECT = '"name": ', '"tags": ', '"part": '
LETTERS, SHORTEST, LONGEST = "abcdefghiklmnoprstu", 4, 11  # of a string
LONGEST_LIST = 6


def json(dials: Dials) -> Line:
    """Write a JSON object, with others in it so that at most `depth` stand one in another.

    An object has at least one member. Each member's key is uniform among id, open, name, tags and part that the object
    doesn't have yet; part only where it may nest further. After a member, where a key is left: ", " or "}", with one
    half each. An id is uniform from 0 to 99; open is false, null or true; a name is a string; tags is a list whose
    length is uniform from 0 to `LONGEST_LIST`, of strings; part is an object. A string's length is uniform from
    `SHORTEST` to `LONGEST`, and its letters are uniform among `LETTERS`.

    Only what follows a number tells that it has ended. So a value of one piece and what follows it are one choice.
    """
    ends: dict[bool, Mapping[str, float]] = {True: {", ": 1, "}": 1}, False: {"}": 1}}
    scalars = {
        (key, more): Choice({value + end: weight for value in values for end, weight in ends[more].items()})
        for key, values in SCALARS.items()
        for more in ends
    }
    endings = {more: Choice(weights) for more, weights in ends.items()}
    keys_among = cache(lambda keys: Choice(dict.fromkeys(sorted(keys), 1)))
    string = letters_and('"', LETTERS, SHORTEST, LONGEST)
    starts = [Choice({'"': LONGEST_LIST, "]": 1})]
    starts += [Choice({', "': left, "]": 1}) for left in range(LONGEST_LIST - 1, 0, -1)]

    def a_list(source: Source) -> None:
        source.write("[")
        for start in starts:
            if source.choose(start) == "]":
                return
            string(source)
        source.write("]")

    def an_object(source: Source, depth: int) -> None:
        source.write("{")
        keys = frozenset([*SCALARS, NAME, LIST, *([OBJECT] if depth > 1 else [])])
        end = ", "
        while end != "}":
            key = source.choose(keys_among(keys))
            keys -= {key}
            if key in SCALARS:
                end = source.choose(scalars[key, bool(keys)])[-1]
                continue
            if key == NAME:
                source.write('"')
                string(source)
            elif key == LIST:
                a_list(source)
            else:
                an_object(source, depth - 1)
            end = source.choose(endings[bool(keys)])

    def line(source: Source) -> None:
        an_object(source, dials["depth"])
        source.write("\n")

    return line
