"""What several trainings on one text can be measured on together, and what another text gives away of it."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnplay.text import sources
from rnnplay.text.corpus import Corpus
from rnnplay.text.measured.held_out import Cut, held_out, share_seen

LINES = st.lists(st.text("abc", min_size=1, max_size=4), min_size=12, max_size=60)
CUTS = st.lists(
    st.builds(Cut, st.sampled_from(["stream", "lines"]), st.sampled_from([0.1, 0.3, 0.5]), st.integers(0, 3)),
    min_size=1,
    max_size=4,
)


def made(text: str, shape: str = "stream") -> Corpus:
    return sources.from_text(text, kind="shipped", shape=shape)  # type: ignore[arg-type]


def learned_lines(text: str, cut: Cut) -> set[str]:
    """The lines that a training has read, told again from docs/formats.md."""
    if cut.shape == "stream":
        end = int(len(text) * (1 - cut.val_fraction))
        return {line for line in text[:end].split("\n") if line}
    lines = text.splitlines()
    order = np.random.Generator(np.random.PCG64(cut.seed)).permutation(len(lines))
    distinct = list(dict.fromkeys(lines[place] for place in order))
    return set(distinct[: max(int(len(distinct) * (1 - cut.val_fraction)), 1)])


@given(text=st.text("ab\n", min_size=30, max_size=200), fractions=st.lists(st.floats(0.1, 0.9), min_size=1, max_size=4))
def test_of_streams_the_shortest_end_is_held_out_in_all(text: str, fractions: Sequence[float]) -> None:
    corpus = made(f"a{text}b")
    cuts = [Cut("stream", fraction, 0) for fraction in fractions]
    part = held_out(corpus, cuts)
    whole = corpus.text()
    assert len(part) == min(len(whole) - int(len(whole) * (1 - fraction)) for fraction in fractions)
    assert corpus.text(len(corpus) - len(part)) == whole[len(whole) - len(part) :]


@settings(max_examples=200, deadline=None)
@given(lines=LINES, cuts=CUTS)
def test_where_one_took_lines_what_is_held_out_are_lines_that_none_has_read(lines: list[str], cuts: list[Cut]) -> None:
    if all(cut.shape == "stream" for cut in cuts):
        cuts = [Cut("lines", 0.3, 1), *cuts]
    text = "".join(f"{line}\n" for line in lines)
    corpus = made(text, "lines")
    part = held_out(corpus, cuts)
    found = "".join(corpus.alphabet[place] for place in part.tolist())
    learned = set[str]().union(*(learned_lines(text, cut) for cut in cuts))
    assert found == "" or found.endswith("\n")
    assert set(found.splitlines()).isdisjoint(learned)
    unread = {line for line in lines if line not in learned}
    if all(cut.shape == "lines" for cut in cuts):
        assert set(found.splitlines()) == unread


def test_a_copy_of_a_line_that_a_stream_has_read_is_not_held_out() -> None:
    text = "".join(f"{word}\n" for word in ["one", "two", "three", "four", "five", "six", "seven", "eight", "one"])
    part = held_out(made(text, "lines"), [Cut("lines", 0.8, 0), Cut("stream", 0.5, 0)])
    assert "one" not in "".join(made(text).alphabet[place] for place in part.tolist()).split()


def test_nothing_held_out_in_one_is_nothing_in_all() -> None:
    corpus = made("one two three four\n" * 4)
    assert len(held_out(corpus, [Cut("stream", 0.5, 0), Cut("stream", 0.0, 0)])) == 0


@pytest.mark.parametrize("shape", ["stream", "lines"])
def test_what_another_text_gives_away_is_told_as_a_share(shape: str) -> None:
    words = [
        f"line number {number} of this {number * 7919 % 1000} text, which is rather long now" for number in range(200)
    ]
    scored = made("".join(f"{line}\n" for line in words), shape)
    half = made("".join(f"{line}\n" for line in words[:100]) + "and then something else\n" * 50)
    assert share_seen(scored, scored.ids, scored, scored.ids) == 1
    assert share_seen(scored, scored.ids, half, half.ids) == pytest.approx(0.5, abs=0.06)
    other = made("nothing of the kind stands here\n" * 100)
    assert share_seen(scored, scored.ids, other, other.ids) == 0


def test_a_line_is_looked_for_as_a_whole() -> None:
    scored, learned = made("ann\nbob\n", "lines"), made("joann\nannie\nbob\n", "lines")
    assert share_seen(scored, scored.ids, learned, learned.ids) == 0.5
