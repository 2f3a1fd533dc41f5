"""All generators."""

from rnnplay.text.generated import figures, letters, nesting, rules, tunes, words
from rnnplay.text.generated.dials import Dial, Generator

_LETTERS = (
    Dial("shortest", 3, 1, 100, "letters at least"),
    Dial("longest", 12, 1, 100, "letters at most"),
    Dial("letters", 8, 1, 26, "different letters"),
)

GENERATORS: tuple[Generator, ...] = (
    Generator(
        "count",
        "So many a, a bar, and as many b",
        "A unit that counts: the state must hold one number.",
        "aaaa|bbbb",
        (Dial("longest", 20, 1, 200, "letters a at most"),),
        letters.count,
        rules.count,
    ),
    Generator(
        "copy",
        "Some letters, and the same letters again",
        "How much a state can hold, and for how long.",
        "gaeh>gaeh",
        _LETTERS,
        letters.copy,
        rules.copy,
        ordered=(("shortest", "longest"),),
    ),
    Generator(
        "reverse",
        "Some letters, and the same letters backwards",
        "What is easier to recall than a copy: the last letter comes first.",
        "gaeh<heag",
        _LETTERS,
        letters.reverse,
        rules.reverse,
        ordered=(("shortest", "longest"),),
    ),
    Generator(
        "brackets",
        "Brackets of several kinds, balanced",
        "A stack: how deep it stands, and which kind closes next.",
        "[()]({})",
        (Dial("kinds", 4, 1, 4, "kinds of brackets"), Dial("depth", 8, 1, 50, "brackets open at once, at most")),
        nesting.brackets,
        rules.brackets,
    ),
    Generator(
        "sums",
        "Two numbers and their sum",
        "Computing, not recalling: what is carried comes from the right, but the sum is written from the left.",
        "49+97=146",
        (
            Dial("largest", 99, 1, 9_999, "the largest number to be added"),
            Dial("reversed", 0, 0, 1, "1: the sum's digits from the right, the ones first"),
        ),
        figures.sums,
        rules.sums,
    ),
    Generator(
        "dates",
        "A date in figures, its weekday, and the date in words",
        "Copying is easy, the month's name is a table, the weekday takes arithmetic.",
        "2069-02-14 = Thursday, 14 February 2069",
        (Dial("first", 2000, 1583, 9999, "the first year"), Dial("last", 2099, 1583, 9999, "the last year")),
        figures.dates,
        rules.dates,
        ordered=(("first", "last"),),
    ),
    Generator(
        "lag",
        "A letter, some that mean nothing, and the first again as a capital",
        "A long memory with a dial: what the first letter left must last to the line's end.",
        "ybabbbbbbaabaY",
        (Dial("distance", 12, 1, 500, "letters between the first and the last"),),
        letters.lag,
        rules.lag,
    ),
    Generator(
        "wolf-or-dog",
        "Two animals, words that tell nothing, and an answer that only the animals tell",
        "What a line is about, held over words that say nothing of it.",
        "fox bear ridge path ? wolf",
        (Dial("distractors", 8, 0, 100, "words between the animals and the question, at most"),),
        words.wolf_or_dog,
        rules.wolf_or_dog,
    ),
    Generator(
        "json",
        "JSON objects, one in another",
        "Quotes, commas and brackets that must close, and keys that tell what kind of value follows.",
        '{"id": 65, "tags": []}',
        (Dial("depth", 3, 1, 20, "objects one in another, at most"),),
        nesting.json,
        rules.json,
    ),
    Generator(
        "balanced",
        "Brackets, and whether they are balanced: Y or N",
        "Many to one: all that was read decides a single letter.",
        "(()())=Y",
        (Dial("pairs", 10, 1, 40, "pairs of brackets at most"),),
        nesting.balanced,
        rules.balanced,
    ),
    Generator(
        "tunes",
        "Tunes of sixteen bars: a strain, the same again, another, and the first once more",
        "Exact repetition from far back, and bars that count to four.",
        "ddcc|dddd|dded|eddc|ddcc|dddd|dded|eddc|gagg|aaCC|DCag|gede|ddcc|dddd|dded|eddc|",
        (Dial("notes", 10, 2, 10, "notes of the scale"),),
        tunes.tunes,
        rules.tunes,
    ),
    Generator(
        "agreement",
        "Sentences whose verb agrees with a noun at their beginning",
        "Number, held past nouns of another number and past clauses with verbs of their own.",
        "the lamps near the boat that the child sees shine",
        (Dial("attractors", 2, 0, 20, "places and clauses between the noun and its verb, at most"),),
        words.agreement,
        rules.agreement,
    ),
)

NAMES = tuple(generator.name for generator in GENERATORS)
