"""What a network's lines are worth, and where they stand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnplay.sampling import copies, grading
from rnnplay.sampling.grading import Checker, whole_lines
from rnnplay.sampling.records import Checked, Grades, LineCounts
from rnnplay.text import catalogue, sources
from rnnplay.text.corpus import Corpus

SUMS = "sums:size=20000"


def of(corpus: Corpus) -> tuple[Checker, set[str], set[str]]:
    """Return a checker, and the lines of the training and the validation part."""
    split = corpus.split(0.1, 0)
    symbols = corpus.alphabet
    parts = ["".join(symbols[number] for number in part.tolist()) for part in (split.train, split.validation)]
    return Checker.of(corpus, 0.1, 0), set(parts[0].split("\n")[:-1]), set(parts[1].split("\n")[:-1])


def grades_of(checked: Checked) -> Grades:
    assert checked.grades is not None
    return checked.grades


@pytest.mark.parametrize(
    ("text", "prompt", "lines"),
    [
        ("a\nb\nc", "", ["a", "b"]),
        ("a\nb\n", "", ["a", "b"]),
        ("", "", []),
        ("abc", "x\n", []),
        ("\n\n", "", ["", ""]),
        ("3\n4", "1+2=", ["1+2=3"]),
        ("3\n4", "5+5=10\n1+2=", ["1+2=3"]),
        ("a\n", "whole line\n", ["a"]),
    ],
)
def test_a_line_is_whole_with_what_the_prompt_says_of_it_and_its_newline(
    text: str, prompt: str, lines: list[str]
) -> None:
    assert whole_lines(text, prompt) == lines


@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(st.text("abc", max_size=4), min_size=20, max_size=60),
    written=st.text("abc\n", max_size=60),
    ended=st.booleans(),
    piece=st.integers(1, 50),
)
def test_lines_are_counted_where_they_stand(lines: list[str], written: str, ended: bool, piece: int) -> None:
    corpus = sources.from_text("\n".join(["aaaa", "bbbb", "cccc", *lines]) + "\n" * ended, shape="lines")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grading, "PIECE", piece)
        checker, training, validation = of(corpus)
        checked = checker.report(written)
    whole = written.split("\n")[:-1]
    learned, held = (sum(line in part for line in whole) for part in (training, validation))
    assert not training & validation
    assert checked.copies.lines == LineCounts(learned, held, len(whole) - learned - held)
    assert checked.standing == tuple(
        "training" if line in training else "validation" if line in validation else "new" for line in whole
    )


def test_lines_of_running_text_are_not_counted() -> None:
    corpus = sources.from_text("some words\nand more of them\n" * 9, shape="stream")
    checked = Checker.of(corpus, 0.1, 0).report("some words\n")
    assert (checked.copies.lines, checked.grades, checked.standing) == (None, None, ())
    assert checked.copies.longest == len("some words\n")


def test_lines_of_a_generated_text_are_new_copied_or_wrong() -> None:
    corpus = catalogue.load(SUMS)
    checker, training, validation = of(corpus)
    new = next(
        line for line in (f"{a}+{b}={a + b}" for a in range(90) for b in range(90)) if line not in training | validation
    )
    learned, held = min(training), min(validation)
    text = f"{new}\n{learned}\n{held}\n1+1=3\n\n2+2="
    told = grades_of(checker.report(text))
    assert told.lines == ((new, "new"), (learned, "copied"), (held, "copied"), ("1+1=3", "wrong"), ("", "wrong"))
    assert (told.new, told.copied, told.wrong, told.count) == (1, 2, 2, 5)
    assert checker.report(text).copies.lines == LineCounts(1, 1, 3)


def test_a_generated_text_itself_is_all_copied() -> None:
    corpus = catalogue.load(SUMS)
    told = grades_of(of(corpus)[0].report(corpus.text()))
    assert told.copied == corpus.line_count == told.count


def test_the_prompt_s_part_of_a_line_is_graded_with_it() -> None:
    checker = of(catalogue.load(SUMS))[0]
    right, wrong = (grades_of(checker.report(text, "40+2=")) for text in ("42\n", "41\n"))
    assert (right.wrong, wrong.wrong) == (0, 1)


def test_the_dials_of_a_text_count_for_its_rule() -> None:
    checker = of(catalogue.load("sums:reversed=1,size=20000"))[0]
    told = dict(grades_of(checker.report("40+2=24\n40+2=42\n")).lines)
    assert (told["40+2=24"] != "wrong", told["40+2=42"]) == (True, "wrong")


def test_many_texts_are_graded_as_each_is_alone() -> None:
    checker, training, _ = of(catalogue.load(SUMS))
    texts = ["1+1=2\n3+", "", "\n".join(sorted(training)[:5]) + "\n", "9+9=19\n"]
    alone = [checker.report(text) for text in texts]
    assert checker.reports(texts) == alone
    assert checker.grades(texts) == [one.grades for one in alone]


def test_a_check_goes_step_by_step_so_that_one_can_leave_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grading, "PIECE", 1000)
    monkeypatch.setattr(copies, "PIECE", 1000)
    corpus = catalogue.load(SUMS)
    checker = of(corpus)[0]
    text = "1+1=2\n30+4=34\n"
    assert sum(1 for _ in checker.reporting(text)) >= 2 * len(corpus) // 1000 - 3
    assert checker.report(text) == checker.reports([text])[0]
