"""Lines of words: an animal to be recalled, and verbs that agree with their nouns."""

from rnnplay.text.generated.choices import Choice, Line, Source
from rnnplay.text.generated.dials import Dials

WILD, TAME = ("bear", "fox", "lion", "stag"), ("cat", "goat", "hen", "sheep")
BETWEEN = ("brook", "cloud", "field", "hill", "meadow", "path", "ridge", "stone")


def wolf_or_dog(dials: Dials) -> Line:
    """Write two animals of one kind, words that tell nothing, "?", and wolf after wild ones, dog after tame ones.

    The first animal is uniform among all, the second among those of its kind. The number of words between is uniform
    from 0 to `distractors`, and each is uniform.
    """
    first = Choice({f"{animal} ": 1 for animal in WILD + TAME})
    second = {animal: Choice({f"{other} ": 1 for other in kind}) for kind in (WILD, TAME) for animal in kind}
    weights = {f"{word} ": 1 / len(BETWEEN) for word in BETWEEN}
    between = [
        Choice({word: left * weight for word, weight in weights.items()} | {"? ": 1})
        for left in range(dials["distractors"], 0, -1)
    ]

    def line(source: Source) -> None:
        animal = source.choose(first)[:-1]
        source.choose(second[animal])
        if all(source.choose(choice) != "? " for choice in between):
            source.write("? ")
        source.write("wolf\n" if animal in WILD else "dog\n")

    return line


NOUNS = (
    *(("farmer", "farmers"), ("sister", "sisters"), ("child", "children"), ("goose", "geese")),
    *(("mouse", "mice"), ("boat", "boats"), ("lamp", "lamps"), ("knife", "knives")),
)
SEEING = (("sees", "see"), ("hears", "hear"), ("likes", "like"), ("follows", "follow"))
RESTING = (("waits", "wait"), ("sings", "sing"), ("falls", "fall"), ("shines", "shine"))
PLACES = ("behind", "near", "under")
SINGULAR, PLURAL = 0, 1


def agreement(dials: Dials) -> Line:
    """Write a sentence whose last verb agrees with its first noun, past others that may differ in number.

    "the", a noun, then so many additions as is uniform from 0 to `attractors`, then the verb of the noun's number. With
    one half each, an addition is a place ("near the lamps") or a clause whose verb agrees with the noun right before it
    ("that the lamps follow"). Nouns in both numbers, places and verbs are uniform.
    """
    numbers = {f"{noun[number]} ": number for noun in NOUNS for number in (SINGULAR, PLURAL)}
    noun = Choice(dict.fromkeys(numbers, 1))
    seeing = [Choice({f"{verb[number]} ": 1 for verb in SEEING}) for number in (SINGULAR, PLURAL)]
    additions = {f"{place} the ": 0.5 / len(PLACES) for place in PLACES} | {"that the ": 0.5}
    going_on = [
        [
            Choice(
                {f"{verb[number]}\n": 1 / len(RESTING) for verb in RESTING}
                | {addition: left * weight for addition, weight in additions.items() if left}
            )
            for left in range(dials["attractors"], -1, -1)
        ]
        for number in (SINGULAR, PLURAL)
    ]

    def line(source: Source) -> None:
        source.write("the ")
        for choice in going_on[numbers[source.choose(noun)]]:
            word = source.choose(choice)
            if word.endswith("\n"):
                return
            number = numbers[source.choose(noun)]
            if word == "that the ":
                source.choose(seeing[number])

    return line
