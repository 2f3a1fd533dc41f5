"""Questions and replies on a line."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from rnnplay.engine import protocol
from rnnplay.engine.protocol import (
    Asked,
    Cancel,
    Counted,
    Describe,
    Described,
    Done,
    Expect,
    Expected,
    Failed,
    Hello,
    Measure,
    Measured,
    Open,
    Opened,
    Ping,
    Told,
    Working,
    Write,
    Wrote,
)
from rnnplay.model.config import ModelConfig
from rnnplay.sampling.records import SampledChar, SampleSettings
from rnnplay.text.records import Baseline

texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers(0, 1 << 60)
shares = st.floats(0, 1)
shapes = st.sampled_from(["stream", "lines"])
maybe = st.none() | texts
settings = st.builds(SampleSettings, numbers, shares, st.none() | numbers, st.none() | shares, stop=texts)
characters = st.builds(SampledChar, texts, shares, shares, shares, st.lists(st.tuples(texts, shares)).map(tuple))
rungs = st.lists(st.builds(Baseline, texts, shares, st.booleans())).map(tuple)

questions = st.one_of(
    st.builds(Open, maybe, texts),
    st.builds(Write, maybe, texts, texts, settings, texts),
    st.builds(Expect, maybe, texts, texts),
    st.builds(Describe, texts, st.lists(texts).map(tuple), st.none() | shapes),
    st.just(Measure()),
    st.just(Ping()),
    st.builds(Cancel, numbers),
)
replies = st.one_of(
    st.builds(Hello, numbers, texts, numbers),
    st.builds(
        Opened,
        texts,
        texts,
        texts,
        maybe,
        st.just(ModelConfig()),
        numbers,
        st.lists(texts).map(tuple),
        numbers,
        st.none() | shares,
        texts,
    ),
    st.builds(Wrote, st.lists(characters).map(tuple)),
    st.builds(Expected, st.lists(st.tuples(texts, shares)).map(tuple), st.lists(numbers).map(tuple), never_drawn=maybe),
    st.builds(
        Described,
        texts,
        texts,
        maybe,
        shapes,
        numbers,
        numbers,
        texts,
        numbers,
        numbers,
        st.lists(st.tuples(texts, numbers)).map(tuple),
        texts,
        st.lists(texts).map(tuple),
    ),
    st.builds(Counted, rungs),
    st.builds(Measured, st.dictionaries(texts, shares), texts),
    st.builds(Working, texts, st.none() | shares),
    st.just(Done()),
    st.builds(Failed, texts),
)


@given(st.builds(Asked, numbers, questions))
def test_every_question_comes_through_on_one_line(message: Asked) -> None:
    line = protocol.line(message)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert protocol.asked(line) == message


@given(st.builds(Told, numbers, replies))
def test_every_reply_comes_through_on_one_line(message: Told) -> None:
    line = protocol.line(message)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert protocol.told(line) == message


@given(st.binary() | st.just(b"[" * 100_000) | st.recursive(st.none() | texts, st.lists).map(msgspec.json.encode))
def test_what_is_no_message_is_none(line: bytes) -> None:
    assert protocol.asked(line) is None
    assert protocol.told(line) is None


@given(st.text(st.characters() | st.sampled_from("\ud800\udfff")))
def test_half_characters_are_replaced_each_in_its_place(text: str) -> None:
    sent: Any = protocol.asked(protocol.line(Asked(1, Expect(None, "best", text))))
    expected = "".join("\ufffd" if 0xD800 <= ord(character) <= 0xDFFF else character for character in text)
    assert sent.question.text == expected
