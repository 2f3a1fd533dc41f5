"""Where a text is copied and what its lines are worth: beside a search of every place, and as a widget shows it."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from rnnplay.app.widgets.copied import GRADES, STANDINGS, Marks, figures
from rnnplay.app.widgets.novelty import Novelty
from rnnplay.app.widgets.writing import Writing
from rnnplay.sampling.grading import Checker, graded, whole_lines
from rnnplay.sampling.records import Checked, CopyReport, Grades, LineCounts
from rnnplay.text import sources
from tests.app.test_writing import told

TRAINING = "The tide keeps no appointment with the drowned, and you, sir, with your ledger.\n" * 3


def checked(
    text: str,
    stretches: Sequence[tuple[int, int]] = (),
    grades: Grades | None = None,
    lines: LineCounts | None = None,
    **more: Any,
) -> Checked:
    start, longest = max(stretches, key=lambda one: one[1], default=(0, 0))
    copied = text[start : start + longest]
    report = CopyReport(len(text), longest, start, copied, (), lines, tuple(stretches))
    return Checked(report, grades, **more)


def sums(text: str, prompt: str = "", held: Sequence[str] = ()) -> Checked:
    """Grade lines of sums as a network's are graded."""
    return checked(text, grades=graded(whole_lines(text, prompt), "sums", held.__contains__))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_every_character_is_marked_as_a_search_for_its_copy_says(data: st.DataObject) -> None:
    cut = st.builds(lambda start, length: TRAINING[start : start + length], st.integers(0, 80), st.integers(1, 60))
    text = "".join(data.draw(st.lists(st.one_of(cut, st.text("#ab \n", max_size=4)), max_size=4)))
    prompt = data.draw(st.sampled_from(["", "Then:\n", "x"]))
    corpus = sources.from_text(TRAINING, shape="stream")
    marks = Marks.of(Checker(corpus, corpus.ids, corpus.ids[:0]).report(text), prompt, text)
    parts = [(a, b) for a in range(len(text)) for b in range(a + 1, len(text) + 1) if text[a:b] in TRAINING]
    longest = max(parts, key=lambda part: (part[1] - part[0], -part[0]), default=(0, 0))
    for index in range(len(prompt) + len(text)):
        place = index - len(prompt)
        around = [b - a for a, b in parts if a <= place < b and (b - a >= 20 or (a, b) == longest)]
        if longest[0] <= place < longest[1]:
            assert marks.kind(index) == "copied--longest"
        else:
            assert marks.kind(index) == ("copied--long" if around else None)
        words = f"copied, {max(around)} characters" if around else "in no copied run of 20 characters"
        assert marks.says(index) == words
    assert [text[a - len(prompt) : b - len(prompt)] in TRAINING for a, b in marks.by_length()].count(False) == 0
    lengths = [b - a for a, b in marks.by_length()]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[:1] == [longest[1] - longest[0]] * bool(parts)


@given(st.lists(st.text("ab", max_size=3), max_size=6), st.sampled_from(["", "x", "x\n", "x\ny", "x\r\ny"]))
def test_each_whole_line_bears_the_sign_of_its_own_grade(lines: list[str], prompt: str) -> None:
    text = "\n".join(lines)
    whole = (prompt.replace("\r\n", "\n") + text).split("\n")[prompt.count("\n") : -1]
    kinds = list(GRADES)
    grades = tuple((line, kinds[number % 3]) for number, line in enumerate(whole))
    marks = Marks.of(checked(text, grades=Grades(0, 0, 0, grades)), prompt, text)  # type: ignore[arg-type]
    shown, number = prompt + text, -1
    for index in range(len(shown)):
        if index == 0 or shown[index - 1] == "\n":
            number += 1
        graded = 0 <= number - prompt.count("\n") < len(whole)
        sign = GRADES[kinds[(number - prompt.count("\n")) % 3]] if graded else None
        begins = index == 0 or shown[index - 1] == "\n"
        assert marks.lines.get(index) == (sign if begins else None)
        assert marks.says(index) == (sign.says if sign else "in no copied run of 20 characters")


def test_lines_of_a_text_without_a_rule_are_told_by_where_they_stand() -> None:
    text = "one\ntwo\nthree\nfo"
    marks = Marks.of(checked(text, standing=("training", "validation", "new")), "", text)
    assert marks.lines == {0: STANDINGS["training"], 4: STANDINGS["validation"], 8: STANDINGS["new"]}
    assert "never shown" in marks.says(5)


def test_the_figures_name_the_longest_copy_and_count_the_lines() -> None:
    text = "1+1=2\n1+1=3\n9+9=18\n2"
    told = sums(text, held=["9+9=18"])
    assert figures(told) == "longest copy 0 characters · 1 new · 1 copied · 1 wrong"
    assert figures(told, brief=True) == "copy 0 · 1✓ 1= 1✗"
    known = checked(text, [(2, 17)], lines=LineCounts(2, 3, 4))
    assert figures(known) == "longest copy 17 characters · 2 in training · 3 in validation · 4 new"
    assert figures(checked(text, [(2, 17)])) == "longest copy 17 characters"


# As it is shown


class Shown(App[None]):
    CSS = "Writing { width: 1fr; height: 1fr; } Novelty { width: 30; }"

    def __init__(self) -> None:
        super().__init__()
        self.writing = Writing()
        self.novelty = Novelty()

    def compose(self) -> ComposeResult:
        yield self.writing
        yield self.novelty

    @property
    def lines(self) -> list[str]:
        return ["".join(one.text for one in strip).rstrip() for strip in self.screen._compositor.render_strips()]

    def underlined(self) -> list[str]:
        """Return what is underlined, row by row; what is bold, too, in capitals."""
        rows = []
        for strip in self.screen._compositor.render_strips()[: self.writing.size.height]:
            styled = [(one.text, one.style) for one in strip if one.style is not None and one.style.underline]
            rows.append("".join(text.upper() if style.bold else text for text, style in styled))
        return [row for row in rows if row]


async def test_copied_stretches_are_underlined_and_the_longest_is_bold_only_where_that_is_wished() -> None:
    app = Shown()
    async with app.run_test(size=(40, 16)) as pilot:
        text = "aa bb cc dd ee"
        app.writing.show("P ", told(text))
        app.writing.marks = Marks.of(checked(text, [(3, 2), (6, 5)]), "P ", text)
        await pilot.pause()
        assert app.underlined() == []
        app.writing.marking = True
        await pilot.pause()
        assert app.underlined() == ["bbCC DD"]
        app.writing.append(told("ff"))  # what was marked stays marked
        await pilot.pause()
        assert app.underlined() == ["bbCC DD"]
        app.writing.show("", told(text))
        await pilot.pause()
        assert app.underlined() == []


async def test_each_whole_line_bears_its_sign_and_a_row_that_goes_on_bears_none() -> None:
    app = Shown()
    async with app.run_test(size=(16, 16)) as pilot:
        text = "1+1=2\n1+1=3\n\n12+12=24 and more\n5+"
        app.writing.show("x\n40+2=42\n", told(text))
        app.writing.marks = Marks.of(sums(text, "x\n40+2=42\n"), "x\n40+2=42\n", text)
        await pilot.pause()
        before = app.lines
        app.writing.marking = True
        await pilot.pause()
        shown = ["  x", "  40+2=42", "✓ 1+1=2", "✗ 1+1=3", "✗", "✗ 12+12=24 and", "  more", "  5+"]
        assert app.lines[:8] == shown
        app.writing.marking = False
        await pilot.pause()
        assert app.lines[:7] == before[:7] == ["x", "40+2=42", "1+1=2", "1+1=3", "", "12+12=24 and", "more"]


async def test_a_click_beside_signs_hits_the_character_that_is_seen_there() -> None:
    app = Shown()
    async with app.run_test(size=(20, 16)) as pilot:
        text = "1+1=2\n9+9=18\n"
        app.writing.show("", told(text))
        app.writing.marks = Marks.of(sums(text), "", text)
        app.writing.marking = True
        await pilot.pause()
        for offset, expected in (((0, 0), 0), ((2, 0), 0), ((3, 0), 1), ((2, 1), 6), ((7, 1), 11)):
            await pilot.click(Writing, offset=offset)
            assert app.writing.cursor == expected


async def test_what_is_selected_beside_signs_is_copied_without_them() -> None:
    app = Shown()
    async with app.run_test(size=(20, 16)) as pilot:
        text = "1+1=2\n9+9=18\n"
        app.writing.show("", told(text))
        app.writing.marks = Marks.of(sums(text), "", text)
        app.writing.marking = True
        await pilot.pause()
        await pilot.mouse_down(Writing, offset=(3, 0))
        await pilot.hover(Writing, offset=(4, 1))
        await pilot.mouse_up(Writing, offset=(4, 1))
        await pilot.pause()
        selected = app.screen.get_selected_text()
        assert selected is not None
        assert selected.startswith("+1=2\n9+")
        app.screen.text_select_all()
        assert "✓" not in (app.screen.get_selected_text() or "")


async def test_going_to_a_run_brings_all_of_it_in_sight() -> None:
    app = Shown()
    async with app.run_test(size=(20, 18)) as pilot:
        text = "".join(f"line {number}\n" for number in range(50))
        app.writing.show("", told(text))
        await pilot.pause()
        start = text.index("line 20")
        app.writing.go_to(start, start + 30)
        await pilot.pause()
        assert app.writing.cursor == start
        seen = [line[:7] for line in app.lines]
        assert {"line 20", "line 23"} <= set(seen)


async def test_the_share_of_new_text_is_told_by_length() -> None:
    app = Shown()
    async with app.run_test(size=(40, 20)) as pilot:
        app.novelty.shares = ((5, 0.0), (10, 0.5), (50, 1.0))
        await pilot.pause()
        rows = [line for line in app.lines if "%" in line]
        assert [row.split()[0] for row in rows] == ["5", "10", "50"]
        assert [row.split()[-1] for row in rows] == ["0.0%", "50.0%", "100.0%"]
        full = [sum(one in "█▌" for one in row) for row in rows]
        assert full[0] == 0 < full[1] < full[2]
        assert abs(full[2] - 2 * full[1]) <= 1
