"""The engine that tests of the app ask: what they may rely on."""

import asyncio

import pytest

from rnnplay.engine.client import Engine, EngineDiedError
from rnnplay.engine.fake import LADDER, FakeEngine
from rnnplay.engine.protocol import (
    Counted,
    Describe,
    Described,
    Expect,
    Expected,
    Measure,
    Measured,
    Open,
    Opened,
    Working,
    Write,
)
from rnnplay.errors import UserError
from tests.engine.small import all_of, text_of, write


@pytest.fixture
async def engine() -> FakeEngine:
    fake = FakeEngine()
    await fake.start()
    return fake


async def test_the_same_question_has_the_same_answer(engine: FakeEngine) -> None:
    assert await all_of(engine, write(None)) == await all_of(engine, write(None))
    assert text_of(await all_of(engine, write(None, seed=1))) != text_of(await all_of(engine, write(None, seed=2)))


async def test_text_goes_on_as_if_it_had_never_stopped(engine: FakeEngine) -> None:
    whole = text_of(await all_of(engine, write(None, length=200)))
    half = text_of(await all_of(engine, write(None, length=100)))
    assert half + text_of(await all_of(engine, write(None, written=half, length=100))) == whole


async def test_a_text_can_be_given_and_ends_where_it_is_told_to() -> None:
    engine = FakeEngine("[b]\x1b\u202e")
    await engine.start()
    assert text_of(await all_of(engine, write(None, length=7))) == "[b]\x1b\u202e[b"
    assert text_of(await all_of(engine, write(None, stop="b]"))) == "[b]"


async def test_each_kind_of_question_has_its_kind_of_reply(engine: FakeEngine) -> None:
    (opened,) = await all_of(engine, Open())
    assert isinstance(opened, Opened)
    assert opened.spec == "shipped:play"
    (expected,) = await all_of(engine, Expect(None, "best", "a\u20acb"))
    assert isinstance(expected, Expected)
    assert expected.unknown == (1,)
    described = [reply for reply in await all_of(engine, Describe("any")) if not isinstance(reply, Working)]
    assert isinstance(described[0], Described)
    assert described[-1] == Counted(LADDER)
    assert isinstance((await all_of(engine, Measure()))[-1], Measured)


async def test_a_closed_gate_holds_characters_back(engine: FakeEngine) -> None:
    engine.gate.clear()
    writing = asyncio.ensure_future(all_of(engine, write(None)))
    await asyncio.sleep(0)
    assert isinstance((await all_of(engine, Open()))[0], Opened)
    assert not writing.done()
    engine.gate.set()
    assert len(text_of(await writing)) == 60


async def test_its_death_ends_what_waits_and_what_comes_until_it_is_started_again(engine: FakeEngine) -> None:
    engine.gate.clear()
    writing = asyncio.ensure_future(all_of(engine, write(None)))
    await asyncio.sleep(0)
    engine.die("gone")
    with pytest.raises(EngineDiedError, match="gone"):
        await writing
    with pytest.raises(EngineDiedError, match="gone"):
        await all_of(engine, Open())
    assert engine.state == "dead"
    await engine.start()
    assert await all_of(engine, Open())


async def test_it_fails_where_it_is_told_to(engine: FakeEngine) -> None:
    engine.fail("No.", Write)
    with pytest.raises(UserError, match="No"):
        await all_of(engine, write(None))
    assert await all_of(engine, Open())
    engine.fail(None)
    assert await all_of(engine, write(None))
    engine.missing.add("gone")
    with pytest.raises(UserError, match="gone"):
        await all_of(engine, Open("gone"))


async def test_it_notes_what_was_asked_and_what_was_left_off(engine: FakeEngine) -> None:
    replies = engine.ask(write(None))
    await anext(replies)
    await replies.aclose()
    await all_of(engine, Open())
    assert engine.asked == [write(None), Open()]
    assert engine.left == [write(None)]


async def test_a_question_waits_for_the_start() -> None:
    engine = FakeEngine()
    asked: Engine = engine
    waiting = asyncio.ensure_future(all_of(asked, Open()))
    await asyncio.sleep(0)
    assert not waiting.done()
    await engine.start()
    assert await waiting


async def test_it_does_not_start_where_it_is_told_so() -> None:
    engine = FakeEngine()
    engine.wont_start = "no memory"
    with pytest.raises(EngineDiedError, match="no memory"):
        await engine.start()
    assert engine.state == "dead"
