"""The bits of a line are those of the process that is told of, and no two ways of choosing lead to the same text."""

import contextlib
import itertools
import math
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest

from rnnplay.text import catalogue, generated
from rnnplay.text.generated.choices import Choice, Die
from rnnplay.text.measured import optimum
from tests.text.generated import oracle

EVERY = pytest.mark.parametrize("name", generated.NAMES)

# Dials by which there are few lines.
SMALL = [
    "count:longest=7",
    "copy:shortest=1,longest=3,letters=3",
    "copy:shortest=2,longest=2,letters=2",
    "reverse:shortest=1,longest=4,letters=2",
    "brackets:kinds=1,depth=1",
    "brackets:kinds=1,depth=3",
    "brackets:kinds=2,depth=2",
    "sums:largest=12",
    "sums:largest=12,reversed=1",
    "dates:first=1999,last=2001",
    "lag:distance=4",
    "wolf-or-dog:distractors=0",
    "wolf-or-dog:distractors=2",
    "balanced:pairs=1",
    "balanced:pairs=5",
    "tunes:notes=2",
    "agreement:attractors=0",
    "agreement:attractors=1",
    "json:depth=1",
]
ENDLESS = ("brackets", "tunes", "json")
OTHERS = ["sums:largest=999", "balanced:pairs=3", "tunes:notes=3", "agreement:attractors=5"]


LONG = 12  # characters after which an endless line is left alone


class LongEnoughError(Exception):
    """The line need not be followed any further."""


class Scripted:
    """Chooses as it is told, and the first string where nothing is told any more."""

    def __init__(self, script: list[int], at_most: float) -> None:
        self.script = script
        self.at_most = at_most
        self.sizes: list[int] = []
        self.text = ""
        self.probability = 1.0

    def choose(self, choice: Choice) -> str:
        if len(self.text) >= self.at_most:
            raise LongEnoughError
        place = self.script[len(self.sizes)] if len(self.sizes) < len(self.script) else 0
        self.sizes.append(len(choice.options))
        option = choice.options[place]
        weights = [right - left for left, right in itertools.pairwise([0, *choice.reach, choice.total])]
        self.probability *= weights[place] / choice.total
        self.text += option
        return option

    def write(self, text: str) -> None:
        self.text += text


@cache
def every_text(spec: str) -> dict[str, float]:
    """Return all lines that can be chosen, with the probability of the choices; endless ones by their beginnings."""
    line, texts = generated.parsed(spec).line, dict[str, float]()
    script: list[int] = []
    while True:
        source = Scripted(script, LONG if spec.startswith(ENDLESS) else math.inf)
        with contextlib.suppress(LongEnoughError):
            line(source)
        assert source.text not in texts, "two ways of choosing lead to one text"
        texts[source.text] = source.probability
        script = [*script, *[0] * (len(source.sizes) - len(script))]
        while script and script[-1] + 1 == source.sizes[len(script) - 1]:
            script.pop()
        if not script:
            return texts
        script[-1] += 1


# Against the process, told anew


@EVERY
def test_a_line_has_the_bits_of_the_process_that_is_told_of(name: str) -> None:
    check_bits(f"{name}:size=20000")


@pytest.mark.parametrize("spec", [*SMALL, *OTHERS])
def test_the_bits_follow_the_dials(spec: str) -> None:
    check_bits(spec + (",size=5000" if ":" in spec else ":size=5000"))


def check_bits(spec: str) -> None:
    setting = generated.parsed(spec)
    probability = oracle.PROBABILITY[setting.generator.name]
    for line in set(generated.written(setting).splitlines()):
        bits = generated.bits_of(setting, line)
        assert bits is not None
        assert len(bits) == len(line) + 1
        assert math.fsum(bits) == pytest.approx(-math.log2(probability(line, dict(setting.dials))), abs=1e-9)


@pytest.mark.parametrize("spec", SMALL)
def test_all_texts_together_are_certain_and_no_two_ways_lead_to_one(spec: str) -> None:
    texts = every_text(spec)
    assert math.fsum(texts.values()) == pytest.approx(1, abs=1e-9)
    for text, probability in texts.items():
        bits = generated.bits_so_far(generated.parsed(spec), text)
        assert bits is not None
        assert 2 ** -math.fsum(bits) == pytest.approx(probability, rel=1e-9)


@pytest.mark.parametrize("spec", SMALL)
def test_the_bits_of_a_character_are_those_given_what_stands_before_it(spec: str) -> None:
    mass: defaultdict[str, float] = defaultdict(float)
    for text, probability in every_text(spec).items():
        for end in range(len(text) + 1):
            mass[text[:end]] += probability
    for text in every_text(spec):
        bits = generated.bits_so_far(generated.parsed(spec), text)
        expected = [-math.log2(mass[text[: place + 1]] / mass[text[:place]]) for place in range(len(text))]
        assert bits == pytest.approx(expected, abs=1e-9)


def test_half_of_the_strings_to_be_judged_are_balanced_and_nothing_tells_which() -> None:
    spec = "balanced:pairs=3"
    for pairs in (1, 2, 3):
        for balanced in (True, False):
            texts = [text for text in oracle.strings("()", 2 * pairs) if oracle.closes(text) == balanced]
            bits = [generated.bits_of(generated.parsed(spec), f"{text}={'NY'[balanced]}") for text in texts]
            assert [2 ** -sum(line or ()) for line in bits] == pytest.approx([1 / 6 / len(texts)] * len(texts))


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("count", "a" * 21 + "|" + "b" * 21),
        ("count", "aa|bbb"),
        ("count", ""),
        ("copy", "ab>ab"),
        ("copy", "abz>abz"),
        ("brackets", "((((((((()))))))))"),
        ("brackets", "(]"),
        ("brackets", "(())\n"),
        ("sums", "1+100=101"),
        ("sums", "1+1=3"),
        ("sums", "01+1=2"),
        ("dates", "1999-12-31 = Friday, 31 December 1999"),
        ("dates", "2001-02-29 = Thursday, 29 February 2001"),
        ("lag", "xabX"),
        ("wolf-or-dog", "fox ? wolf"),
        ("json", '{"id":1}'),
        ("json", '{"id": 1, "id": 2}'),
        ("balanced", "()(=N"),
        ("agreement", "the lamp shine"),
    ],
)
def test_what_the_generator_cannot_write_has_no_bits(name: str, line: str) -> None:
    assert generated.bits_of(generated.parsed(name), line) is None


@pytest.mark.parametrize("spec", [spec for spec in SMALL if not spec.startswith(ENDLESS)])
def test_lines_come_as_often_as_they_should(spec: str) -> None:
    text = generated.written(generated.parsed(f"{spec},size=100000"))
    counts, number = Counter(text.splitlines(keepends=True)), text.count("\n")
    for line, probability in every_text(spec).items():
        spread = math.sqrt(number * probability)
        assert counts[line] == pytest.approx(number * probability, abs=5 * spread + 3)


@EVERY
def test_a_line_ends_where_it_ends(name: str) -> None:
    setting = generated.parsed(name)
    assert generated.bits_so_far(setting, f"{setting.generator.example}\n") is not None
    assert generated.bits_so_far(setting, f"{setting.generator.example}\n{setting.generator.example[:2]}") is None


@EVERY
def test_reading_a_text_finds_the_bits_of_the_die_that_wrote_it(name: str) -> None:
    setting, die = generated.parsed(name), Die(5)
    text = ""
    while len(text) < 3_000:
        setting.line(die)
        text += die.taken()
    read = [generated.bits_of(setting, line) for line in text.splitlines()]
    assert math.fsum(itertools.chain(*(line or () for line in read))) == pytest.approx(die.bits, abs=1e-6)


# Of a corpus

# Bits per character of 200,000 characters, as measured with other programs (and worked out: see the formulas below).
EXPECTED = {
    "count": 0.188,
    "copy": 1.519,
    "reverse": 1.519,
    "brackets": 1.878,
    "sums": 1.430,
    "dates": 0.410,
    "lag": 0.906,
    "wolf-or-dog": 0.511,
    "json": 1.667,
    "tunes": 0.636,
}
SYMBOLS = {"count": 4, "copy": 10, "reverse": 10, "brackets": 9, "sums": 13, "dates": 44, "lag": 9, "tunes": 12}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_optimum_by_default_is_what_it_should_be(name: str, home: Path) -> None:
    corpus = catalogue.load(name)
    assert optimum.of(corpus, corpus.ids) == pytest.approx(EXPECTED[name], abs=0.01)
    assert len(corpus.alphabet) == SYMBOLS.get(name, len(corpus.alphabet))


def test_the_optimum_of_lines_of_one_length_is_a_fraction(home: Path) -> None:
    corpus = catalogue.load("lag:distance=9,size=10000")
    lines = corpus.line_count
    bits = lines * (math.log2(3) + 9) - math.log2(3)  # the first character isn't counted
    assert optimum.of(corpus, corpus.ids) == pytest.approx(bits / (12 * lines - 1), abs=1e-12)


@EVERY
def test_the_parts_of_a_text_share_its_bits(name: str, home: Path) -> None:
    corpus = catalogue.load(f"{name}:size=20000", shape="stream")
    split = corpus.split(0.137)
    shares = [(part, optimum.of(corpus, part)) for part in (split.train, split.validation)]
    bits = sum((len(part) - 1) * (share or 0) for part, share in shares)
    first = corpus.text(len(split.train), len(split.train) + 1)
    before = corpus.text(0, len(split.train)).rsplit("\n", 1)[-1]
    of_first = (generated.bits_so_far(generated.parsed(name), before + first) or ())[-1]
    all_bits = (optimum.of(corpus, corpus.ids) or 0) * (len(corpus) - 1)
    assert bits + of_first == pytest.approx(all_bits, abs=1e-6)


def test_a_part_of_lines_begins_with_a_line(home: Path) -> None:
    corpus = catalogue.load("sums:size=20000")
    validation = corpus.split(0.1).validation
    text = "".join(corpus.alphabet[number] for number in validation.tolist())
    of_first = -math.log2(0.01 if text[0] == "0" else 0.11)  # 0; or 1, and 10 to 19
    expected = (text.count("\n") * 2 * math.log2(100) - of_first) / (len(text) - 1)
    assert optimum.of(corpus, validation) == pytest.approx(expected, abs=1e-9)


def test_no_optimum_is_known_of_a_text_from_elsewhere(home: Path) -> None:
    corpus = catalogue.load("play")
    assert optimum.of(corpus, corpus.ids) is None
    sums = catalogue.load("sums:size=2000")
    assert optimum.of(sums, sums.ids[:1]) is None
    assert optimum.of(sums, sums.ids[::-1]) is None
