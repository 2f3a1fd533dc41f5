"""When a line is right: by what it says, and not by how a generator would make it.

A rule takes a line without its newline. It knows nothing of the choices, and holds beyond them: for a longer count, a
deeper nesting, a larger sum.
"""

import datetime
import re
from itertools import takewhile
from json import JSONDecoder

from rnnplay.text.generated.dials import Dials


def count(line: str, _dials: Dials) -> bool:
    """Tell whether there are as many b as a, and at least one."""
    half = line.count("a")
    return half > 0 and line == "a" * half + "|" + "b" * half


def copy(line: str, _dials: Dials) -> bool:
    """Tell whether the same letters stand on both sides of the mark."""
    return re.fullmatch(r"([a-z]+)>\1", line) is not None


def reverse(line: str, _dials: Dials) -> bool:
    """Tell whether the letters after the mark are those before it, from the last to the first."""
    letters, _, again = line.partition("<")
    return re.fullmatch(r"[a-z]+", letters) is not None and again == letters[::-1]


def lag(line: str, _dials: Dials) -> bool:
    """Tell whether the last letter is the first as a capital, with a or b between them."""
    return re.fullmatch(r"[xyz][ab]+[XYZ]", line) is not None and line[-1] == line[0].upper()


def brackets(line: str, _dials: Dials) -> bool:
    """Tell whether every bracket is closed by its own, the last opened first; there is at least one."""
    closes = {")": "(", "]": "[", "}": "{", ">": "<"}
    still_open: list[str] = []
    for symbol in line:
        if symbol in closes.values():
            still_open.append(symbol)
        elif not still_open or still_open.pop() != closes.get(symbol):
            return False
    return bool(line) and not still_open


def balanced(line: str, _dials: Dials) -> bool:
    """Tell whether a string of brackets is rightly judged: Y where it is balanced, else N."""
    found = re.fullmatch(r"([()]+)=([YN])", line)
    return found is not None and (found[2] == "Y") == brackets(found[1], _dials)


def sums(line: str, dials: Dials) -> bool:
    """Tell whether the sum is right, and no number begins with a zero that doesn't count."""
    found = re.fullmatch(r"([0-9]{1,999})\+([0-9]{1,999})=([0-9]{1,1000})", line)
    if found is None:
        return False
    first, second, total = found.groups()
    if dials["reversed"]:
        total = total[::-1]
    plain = all(number == "0" or number[0] != "0" for number in (first, second, total))
    return plain and int(first) + int(second) == int(total)


def dates(line: str, _dials: Dials) -> bool:
    """Tell whether the date exists, its weekday is right, and the words say the same date as the figures."""
    found = re.match(r"([0-9]{4})-([0-9]{2})-([0-9]{2}) = ", line)
    if found is None:
        return False
    try:
        day = datetime.date(*map(int, found.groups()))
    except ValueError:
        return False
    weekdays = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
    months = "January February March April May June July August September October November December".split()
    words = f"{weekdays[day.weekday()]}, {day.day} {months[day.month - 1]} {found[1]}"
    return line[found.end() :] == words


def wolf_or_dog(line: str, _dials: Dials) -> bool:
    """Tell whether the answer is that for the animals, which are all of one kind and stand before the other words."""
    animals = {"bear": "wolf", "fox": "wolf", "lion": "wolf", "stag": "wolf"}
    animals |= {"cat": "dog", "goat": "dog", "hen": "dog", "sheep": "dog"}
    between = {"brook", "cloud", "field", "hill", "meadow", "path", "ridge", "stone"}
    said, _, answer = line.rpartition(" ? ")
    words = said.split(" ")
    told = list(takewhile(animals.__contains__, words))
    return {animals[word] for word in told} == {answer} and between.issuperset(words[len(told) :])


def json(line: str, _dials: Dials) -> bool:
    """Tell whether this is a JSON object."""
    try:
        return isinstance(_DECODER.decode(line), dict)
    except (ValueError, RecursionError):
        return False


def _no_json(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


_DECODER = JSONDecoder(parse_constant=_no_json)


def tunes(line: str, _dials: Dials) -> bool:
    """Tell whether these are sixteen bars of four notes, of which the first four come again as second and last four.

    The notes are those of the scale; where they go is not judged.
    """
    if re.fullmatch(r"(?:[cdegaCDEGA]{4}\|){16}", line) is None:
        return False
    strains = [line[start : start + 20] for start in range(0, 80, 20)]
    return strains[0] == strains[1] == strains[3]


def agreement(line: str, _dials: Dials) -> bool:
    """Tell whether this is a sentence of the grammar in which every verb agrees with its noun."""
    return _SENTENCE.fullmatch(line) is not None


def _sentence() -> re.Pattern[str]:
    one = "(?:farmer|sister|child|goose|mouse|boat|lamp|knife)"
    many = "(?:farmers|sisters|children|geese|mice|boats|lamps|knives)"
    place = f"(?:behind|near|under) the (?:{one}|{many})"
    clause = f"that the (?:{one} (?:sees|hears|likes|follows)|{many} (?:see|hear|like|follow))"
    between = f"(?: {place}| {clause})*"
    return re.compile(f"the (?:{one}{between} (?:waits|sings|falls|shines)|{many}{between} (?:wait|sing|fall|shine))")


_SENTENCE = _sentence()
