"""Whether a line is right, told anew: by other means than the rules."""

import datetime
from collections.abc import Callable

import msgspec

from tests.text.generated.oracle import closes


def count(line: str) -> bool:
    parts = line.split("|")
    return len(parts) == 2 and line != "|" and parts[0].replace("a", "b") == parts[1] and {*parts[0]} == {"a"}


def letters(word: str) -> bool:
    return word.isascii() and word.isalpha() and word.islower()


def copy(line: str) -> bool:
    parts = line.split(">")
    return len(parts) == 2 and parts[0] == parts[1] and letters(parts[0])


def reverse(line: str) -> bool:
    return line == line[::-1] and line.count("<") == 1 and letters(line.replace("<", "")) and line[0] != "<"


def brackets(line: str) -> bool:
    return line != "" and closes(line)


def sums(line: str) -> bool:
    try:
        first, rest = line.split("+")
        second, total = rest.split("=")
        numbers = [int(first), int(second)]
        return line == f"{numbers[0]}+{numbers[1]}={sum(numbers)}" and total.isdigit()
    except ValueError:
        return False


def dates(line: str) -> bool:
    try:
        day = datetime.date.fromisoformat(line[:10])
    except ValueError:
        return False
    name = "MondayTuesdayWednesdayThursdayFridaySaturdaySunday".split("day")[(day.toordinal() - 1) % 7] + "day"
    return line == f"{day.isoformat()} = {name}, {day.day} {day:%B} {line[:4]}"


def lag(line: str) -> bool:
    return len(line) > 2 and {*line[1:-1]} <= {*"ab"} and line[0] + line[-1] in {"xX", "yY", "zZ"}


def wolf_or_dog(line: str) -> bool:
    words = line.split(" ")
    marks = "".join(
        "w" if word in "bear fox lion stag".split() else
        "d" if word in "cat goat hen sheep".split() else
        "-" if word in "brook cloud field hill meadow path ridge stone".split() else
        {"?": "?", "wolf": "W", "dog": "D"}.get(word, "!")
        for word in words
    )  # fmt: skip
    shape = marks.replace("-", "")
    return (
        "-w" not in marks
        and "-d" not in marks
        and "?" not in marks[:1]
        and (
            (marks.endswith("?W") and set(shape) == {"w", "?", "W"} and shape.count("?") == shape.count("W") == 1)
            or (marks.endswith("?D") and set(shape) == {"d", "?", "D"} and shape.count("?") == shape.count("D") == 1)
        )
    )


def json(line: str) -> bool:
    try:
        msgspec.json.decode(line.encode(), type=dict)
    except msgspec.DecodeError:
        return False
    return True


def balanced(line: str) -> bool:
    text, equals, verdict = line.rpartition("=")
    return (equals, verdict) == ("=", "Y" if closes(text) else "N") and text != "" and {*text} <= {*"()"}


def tunes(line: str) -> bool:
    bars = line.split("|")
    whole = len(bars) == 17 and bars[16] == "" and all(len(bar) == 4 and {*bar} <= {*"cdegaCDEGA"} for bar in bars[:16])
    return whole and bars[0:4] == bars[4:8] == bars[12:16]


MANY = {"farmer": "farmers", "sister": "sisters", "child": "children", "goose": "geese", "mouse": "mice"} | {
    "boat": "boats",
    "lamp": "lamps",
    "knife": "knives",
}


def agreement(line: str) -> bool:
    """Walk through the words, and say of each what may follow."""
    words = line.split(" ")
    number = {**dict.fromkeys(MANY, "s"), **dict.fromkeys(MANY.values(), "")}

    def noun(at: int) -> str | None:
        return number.get(words[at + 1]) if words[at : at + 1] == ["the"] and at + 1 < len(words) else None

    def verb(at: int, ending: str, *verbs: str) -> bool:
        return at < len(words) and words[at] in [known + ending for known in verbs]

    subject, at = noun(0), 2
    while subject is not None and at < len(words) - 1:
        own = noun(at + 1)
        if own is None:
            return False
        if words[at] in {"behind", "near", "under"}:
            at += 3
        elif words[at] == "that" and verb(at + 3, own, "see", "hear", "like", "follow"):
            at += 4
        else:
            return False
    return subject is not None and at == len(words) - 1 and verb(at, subject, "wait", "sing", "fall", "shine")


JUDGES: dict[str, Callable[[str], bool]] = {
    "count": count,
    "copy": copy,
    "reverse": reverse,
    "brackets": brackets,
    "sums": sums,
    "dates": dates,
    "lag": lag,
    "wolf-or-dog": wolf_or_dog,
    "json": json,
    "balanced": balanced,
    "tunes": tunes,
    "agreement": agreement,
}
