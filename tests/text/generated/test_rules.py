"""A line is right by what it says, whoever wrote it."""

import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnplay.text import generated
from tests.text.generated.judges import JUDGES

EVERY = pytest.mark.parametrize("name", generated.NAMES)

RIGHT = {
    "count": ["a|b", "a" * 500 + "|" + "b" * 500],
    "copy": ["z>z", "abcdefghijklmnopqrstuvwxyz" * 9 + ">" + "abcdefghijklmnopqrstuvwxyz" * 9],
    "reverse": ["z<z", "abcxyz<zyxcba"],
    "brackets": ["(" * 400 + ")" * 400, "<>"],
    "sums": ["0+0=0", "100+900=1000", "123456789012345678901234567890+1=123456789012345678901234567891"],
    "sums:reversed=1": ["49+97=641", "5+5=01", "0+0=0"],
    "dates": ["1600-02-29 = Tuesday, 29 February 1600", "2000-01-01 = Saturday, 1 January 2000"],
    "lag": ["xaX", "z" + "ab" * 300 + "Z"],
    "wolf-or-dog": ["fox ? wolf", "hen hen hen cat path ? dog", "bear lion ? wolf"],
    "json": ["{}", '{"a":[1,2,{"b":null}],"c":1e5}', '  {"id": 7 }', '{"a": 1, "a": 2}'],
    "balanced": ["(=N", "()=Y", ")(=N", "(" * 300 + ")" * 300 + "=Y"],
    "tunes": ["cAcA|" * 16],
    "agreement": ["the geese fall", "the goose" + " near the mice" * 30 + " falls"],
}
WRONG = {
    "count": ["", "|", "aa|b", "a|bb", "ab|ab", "a|b|", "aa|bb "],
    "copy": ["", ">", "ab>abab", "ab>ba", "AB>AB", "ab>ab>ab", "12>12"],
    "reverse": ["", "<", "ab<ab", "ab<ba<ab"],
    "brackets": ["", "(", ")", "(]", "([)]", "(a)", "()\n"],
    "sums": ["", "1+1=3", "01+1=2", "1+1=02", "1+1=2=2", "1 + 1=2", "-1+2=1", "+1=1", "49+97=641", "\u0661+1=2"],
    "sums:reversed=1": ["49+97=146", "5+5=10", "5+5=1"],
    "dates": [
        "",
        "2000-01-01 = Sunday, 1 January 2000",
        "1900-02-29 = Thursday, 29 February 1900",
        "2000-13-01 = Saturday, 1 January 2000",
        "0000-01-01 = Saturday, 1 January 0000",
        "2000-01-01 = Saturday, 01 January 2000",
        "2000-01-01 = Saturday, 1 January 2001",
        "2000-01-01 = Saturday, 1 January 2000 ",
    ],
    "lag": ["", "xX", "xaY", "xaaX\n", "aabA", "xyX"],
    "wolf-or-dog": ["", "?", " ? wolf", "path ? wolf", "fox ? dog", "fox hen ? wolf", "path fox ? wolf", "fox wolf"],
    "json": ["", "{", "[]", "1", '{"a": NaN}', "{'a': 1}", '{"a": 1,}', "{} {}", "[" * 100_000, '{"a":' * 100_000],
    "balanced": ["", "=Y", "()=N", "()", "(=Y", "()=", "(a)=Y", "()=Y=Y"],
    "tunes": ["", "cccc|" * 15, "cccc|" * 12 + "dddd|" * 4, "cccc" * 16, "bbbb|" * 16],
    "agreement": ["", "the", "the goose fall", "the geese near the goose falls", "the goose that the mice sees falls"],
}


@pytest.mark.parametrize(("spec", "line"), [(spec, line) for spec, lines in RIGHT.items() for line in lines])
def test_a_right_line_may_go_beyond_the_dials(spec: str, line: str) -> None:
    assert generated.holds(spec, line)


@pytest.mark.parametrize(("spec", "line"), [(spec, line) for spec, lines in WRONG.items() for line in lines])
def test_a_wrong_line_does_not_hold(spec: str, line: str) -> None:
    assert not generated.holds(spec, line)


@EVERY
def test_whatever_is_written_is_right(name: str) -> None:
    assert all(generated.holds(name, line) for line in generated.written(generated.parsed(name)).splitlines())


@pytest.mark.parametrize(
    "spec", ["sums:reversed=1", "lag:distance=1", "balanced:pairs=1", "dates:first=1583,last=1700"]
)
def test_whatever_is_written_by_other_dials_is_right(spec: str) -> None:
    assert all(generated.holds(spec, line) for line in generated.written(generated.parsed(spec)).splitlines())


@EVERY
def test_a_damaged_line_is_judged_as_another_judge_would(name: str) -> None:
    found = {True: 0, False: 0}
    for line in damaged(name, 4_000):
        holds = generated.holds(name, line)
        assert holds == JUDGES[name](line), line
        found[holds] += 1
    assert found[False] > 1_000


def damaged(name: str, number: int) -> Iterator[str]:
    """Yield lines with a character lost, doubled, changed or moved, and lines of two halves."""
    lines = generated.written(generated.parsed(f"{name}:seed=3,size=50000")).splitlines()
    chosen, symbols = random.Random(4), sorted({*"".join(lines)})
    for _ in range(number):
        line, other = chosen.choice(lines), chosen.choice(lines)
        at, there = chosen.randrange(len(line)), chosen.randrange(len(other))
        moved = line[:at] + line[at + 1 : at + 2] + line[at : at + 1] + line[at + 2 :]
        changed = line[:at] + chosen.choice(symbols) + line[at + 1 :]
        yield chosen.choice(
            [line[:at] + line[at + 1 :], line[: at + 1] + line[at:], moved, changed, line[:at] + other[there:]]
        )


@EVERY
@given(line=st.text(max_size=40))
def test_no_text_is_too_strange_to_be_judged(name: str, line: str) -> None:
    assert generated.holds(name, line) == JUDGES[name](line)
