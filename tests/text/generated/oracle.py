"""How likely each generator's lines are, told anew from what the lines say: nothing here makes a choice."""

import datetime
import itertools
import json
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

Dials = dict[str, int]


def count(line: str, dials: Dials) -> float:
    return 1 / dials["longest"]


def letters(word: str, shortest: int, longest: int, kinds: int) -> float:
    return 1 / (longest - shortest + 1) / math.prod([kinds] * len(word))


def copy(line: str, dials: Dials) -> float:
    return letters(re.split("[<>]", line)[0], dials["shortest"], dials["longest"], dials["letters"])


def brackets(line: str, dials: Dials) -> float:
    probability, depth = 1.0, 0
    for place, symbol in enumerate(line):
        free = place > 0 and depth < dials["depth"]
        opens = symbol in "([{<"
        probability *= (0.5 if free else 1.0) / (dials["kinds"] if opens else 1)
        depth += 1 if opens else -1
    return probability / 2  # the end


def sums(line: str, dials: Dials) -> float:
    return 1 / (dials["largest"] + 1) / (dials["largest"] + 1)


def dates(line: str, dials: Dials) -> float:
    days = datetime.date(dials["last"], 12, 31) - datetime.date(dials["first"], 1, 1)
    return 1 / (days.days + 1)


def lag(line: str, dials: Dials) -> float:
    return 1 / 3 * 0.5 ** dials["distance"]


def wolf_or_dog(line: str, dials: Dials) -> float:
    words = len(line.split()) - 4  # two animals, the mark and the answer
    return 1 / 2 / 4 / 4 / (dials["distractors"] + 1) * 0.125**words


def balanced(line: str, dials: Dials) -> float:
    pairs = (len(line) - 2) // 2
    catalan = math.prod(range(pairs + 2, 2 * pairs + 1)) // math.factorial(pairs)
    alike = catalan if line[-1] == "Y" else 4**pairs - catalan
    return 0.5 / dials["pairs"] / alike


def tunes(line: str, dials: Dials) -> float:
    scale = "cdegaCDEGA"[: dials["notes"]]
    probability = 1.0
    for strain in (line[:20], line[40:60]):
        places = [scale.index(note) for note in strain.replace("|", "")]
        probability /= len(scale)
        for place in places[:-1]:
            probability /= sum(abs(place - other) <= 1 for other in range(len(scale)))
    return probability


def agreement(line: str, dials: Dials) -> float:
    places, clauses = len(re.findall("behind|near|under", line)), line.split().count("that")
    of_additions = (1 / 2 / 3 / 16) ** places * (1 / 2 / 16 / 4) ** clauses
    return 1 / 16 / (dials["attractors"] + 1) * of_additions / 4


def json_objects(line: str, dials: Dials) -> float:
    return _of_object(json.loads(line, object_pairs_hook=tuple), dials["depth"])


def _of_object(members: tuple[tuple[str, Any], ...], depth: int) -> float:
    probability, left = 1.0, 5 if depth > 1 else 4
    for place, (key, value) in enumerate(members):
        probability /= left
        probability *= _of_value(key, value, depth)
        left -= 1
        if left:
            probability /= 2
        else:
            assert place == len(members) - 1
    return probability


def _of_value(key: str, value: Any, depth: int) -> float:
    if key == "part":
        return _of_object(value, depth - 1)
    if key == "tags":
        return math.prod(letters(tag, 4, 11, 19) for tag in value) / 7
    return letters(value, 4, 11, 19) if key == "name" else {"id": 1 / 100, "open": 1 / 3}[key]


PROBABILITY: dict[str, Callable[[str, Dials], float]] = {
    "count": count,
    "copy": copy,
    "reverse": copy,
    "brackets": brackets,
    "sums": sums,
    "dates": dates,
    "lag": lag,
    "wolf-or-dog": wolf_or_dog,
    "json": json_objects,
    "balanced": balanced,
    "tunes": tunes,
    "agreement": agreement,
}


def closes(text: str) -> bool:
    """Tell whether brackets are balanced, by striking out what is closed at once."""
    before = ""
    while before != text:
        before, text = text, re.sub(r"\(\)|\[\]|\{\}|<>", "", text)
    return text == ""


def strings(symbols: str, length: int) -> Iterator[str]:
    """Yield all strings of so many symbols."""
    return map("".join, itertools.product(symbols, repeat=length))
