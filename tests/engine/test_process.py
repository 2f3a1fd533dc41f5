"""The engine's process: what comes over its pipes, and every way in which it can end."""

import asyncio
import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from rnnplay.engine.answers import Answers
from rnnplay.engine.client import EngineDiedError
from rnnplay.engine.process import Patience, ProcessEngine
from rnnplay.engine.protocol import (
    Counted,
    Describe,
    Described,
    Expect,
    Expected,
    Open,
    Opened,
    Ping,
    Question,
    Reply,
    Working,
)
from rnnplay.errors import UserError
from tests.engine.small import all_of, checkpoint, saved, text_of, write

ENDLESS = 10_000_000  # characters
IMPATIENT = Patience(quiet=0.2, answer=0.5)
proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")


async def until(look: Callable[[], Any]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + 60
    while not look():
        assert time.monotonic() < deadline, "it never came"
        await asyncio.sleep(0.01)


def gone(pid: int) -> bool:
    """Tell whether a process has ended; one that nobody has taken note of yet counts."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


def other(code: str) -> list[str]:
    """Return what runs some Python and then the engine."""
    return [sys.executable, "-c", f"{code}\nfrom rnnplay.engine.server import serve\nserve()"]


@pytest.fixture
async def faults() -> AsyncIterator[list[dict[str, Any]]]:
    """What the loop was told that nobody else was: a test fails where there is anything."""
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    yield told
    gc.collect()
    await asyncio.sleep(0)
    assert told == []


@pytest.fixture
async def engine(home: Path, faults: object) -> AsyncIterator[ProcessEngine]:
    one = ProcessEngine()
    await one.start()
    yield one
    await one.close()


@pytest.fixture
def model(home: Path, tmp_path: Path) -> str:
    return saved(tmp_path / "small.safetensors", checkpoint())


async def writing(engine: ProcessEngine, model: str) -> AsyncIterator[Reply]:
    """Let it write without end, and return what follows the first character."""
    replies = engine.ask(write(model, length=ENDLESS))
    await anext(replies)
    return replies


async def rest(replies: AsyncIterator[Reply]) -> list[Reply]:
    async with asyncio.timeout(60):
        return [reply async for reply in replies]


def state(engine: ProcessEngine) -> str:
    """Return where it is now; what it was before is no hint."""
    return engine.state


def answered(question: Question) -> list[Reply]:
    """Return what is answered where there is no process."""
    return [reply for reply in Answers().to(question) if reply is not None]


# Asking


async def test_its_answers_are_those_without_a_process(engine: ProcessEngine, model: str) -> None:
    for question in (Open(model), Expect(model, "best", "ab\u20ac"), Describe("household")):
        assert await all_of(engine, question) == answered(question)
    assert text_of(await all_of(engine, write(model))) == text_of(answered(write(model)))
    assert await all_of(engine, Ping()) == []


async def test_a_question_that_has_no_answer_fails_with_its_sentence_and_the_engine_goes_on(
    engine: ProcessEngine,
) -> None:
    with pytest.raises(UserError, match="There is no run 'nobody'") as caught:
        await all_of(engine, Open("nobody"))
    assert not isinstance(caught.value, EngineDiedError)
    assert isinstance((await all_of(engine, Open()))[0], Opened)


async def test_questions_before_the_start_wait_for_it(home: Path, faults: object, model: str) -> None:
    engine = ProcessEngine()
    assert state(engine) == "off"
    waiting = [asyncio.ensure_future(all_of(engine, Open(model))) for _ in range(3)]
    await asyncio.sleep(0)
    starting = asyncio.ensure_future(engine.start())
    await asyncio.sleep(0)
    assert state(engine) == "starting"
    assert [type(reply) for answer in await asyncio.gather(*waiting) for reply in answer] == [Opened] * 3
    await starting
    assert state(engine) == "ready"
    await engine.close()
    assert state(engine) == "off"


async def test_whoever_starts_it_twice_has_one_process(home: Path, faults: object) -> None:
    engine = ProcessEngine()
    await asyncio.gather(engine.start(), engine.start())
    pid = engine.pid
    await engine.start()
    assert engine.pid == pid
    await engine.close()


@proc
async def test_a_start_that_is_given_up_leaves_no_process(home: Path, faults: object, tmp_path: Path) -> None:
    told = tmp_path / "pid"
    code = f"import os, time; open({str(told)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    engine = ProcessEngine([sys.executable, "-c", code])
    starting = asyncio.ensure_future(engine.start())
    await until(lambda: told.exists() and told.read_text(encoding="utf-8"))
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert state(engine) == "dead"
    await until(lambda: gone(int(told.read_text(encoding="utf-8"))))
    with pytest.raises(EngineDiedError):
        await all_of(engine, Open())
    await engine.close()


async def test_many_questions_at_once_are_each_answered(engine: ProcessEngine, model: str) -> None:
    texts = ["a" * number for number in range(20)]
    writes = [write(model, seed=seed, length=200) for seed in range(10)]
    questions: list[Question] = [*(Expect(model, "best", text) for text in texts), *writes, Describe("household")]
    answers = await asyncio.gather(*(all_of(engine, question) for question in questions))
    for question, found in zip(questions[:20], answers[:20], strict=True):
        assert found == answered(question)
    for question, found in zip(questions[20:30], answers[20:30], strict=True):
        assert text_of(found) == text_of(answered(question))
    assert isinstance(answers[30][-1], Counted)


async def test_counting_does_not_keep_anyone_from_writing(engine: ProcessEngine, model: str) -> None:
    counting = engine.ask(Describe("play"))
    while not isinstance(await anext(counting), Described):
        pass
    assert len(text_of(await all_of(engine, write(model)))) == 60
    assert isinstance((await rest(counting))[-1], Counted)


async def test_texts_are_counted_one_after_the_other(engine: ProcessEngine) -> None:
    order: list[str] = []
    doing: list[str] = []

    async def described(corpus: str) -> None:
        async for reply in engine.ask(Describe(corpus)):
            if isinstance(reply, Working):
                doing.append(reply.what)
            else:
                order.append(corpus)

    await asyncio.gather(described("play"), described("household"), described("prose"))
    assert len(order) > 3
    assert sum(a != b for a, b in pairwise(order)) == 2
    assert doing.count("waiting until another text is read") == 2


async def test_a_question_of_a_megabyte_comes_through(engine: ProcessEngine, model: str) -> None:
    text = "ab\u20ac" * 200_000
    (expected,) = await all_of(engine, Expect(model, "best", text))
    assert isinstance(expected, Expected)
    assert len(expected.unknown) == 200_000


# Leaving off


@proc
@pytest.mark.parametrize("corpus", [None, "play"], ids=["writing", "counting"])
async def test_what_is_left_off_stops_and_the_engine_goes_on(
    engine: ProcessEngine, model: str, corpus: str | None
) -> None:
    await all_of(engine, Open(model))
    threads = Path(f"/proc/{engine.pid}/task")
    await until(lambda: len(list(threads.iterdir())) == 1)  # the one that reads
    replies = engine.ask(write(model, length=ENDLESS) if corpus is None else Describe(corpus))
    await anext(replies)
    assert len(list(threads.iterdir())) > 1
    await replies.aclose()
    await until(lambda: len(list(threads.iterdir())) == 1)
    assert await all_of(engine, Open(model))


@proc
async def test_one_who_waits_for_his_turn_to_count_can_be_left_off(engine: ProcessEngine) -> None:
    first, second = engine.ask(Describe("play")), engine.ask(Describe("household"))
    await anext(first)
    waiting = asyncio.ensure_future(anext(second))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await second.aclose()
    assert isinstance((await rest(first))[-1], Counted)
    assert isinstance((await all_of(engine, Describe("household")))[-1], Counted)


# Ending


async def test_a_kill_ends_all_questions_with_a_sentence_and_it_can_be_started_again(
    engine: ProcessEngine, model: str
) -> None:
    several = [await writing(engine, model) for _ in range(3)]
    first = engine.pid
    os.kill(first or 0, signal.SIGKILL)
    for replies in several:
        with pytest.raises(EngineDiedError, match=r"The engine was killed \(SIGKILL\)"):
            await rest(replies)
    assert state(engine) == "dead"
    with pytest.raises(EngineDiedError, match="SIGKILL"):
        await all_of(engine, Open(model))
    await engine.start()
    assert state(engine) == "ready"
    assert engine.pid != first
    assert await all_of(engine, Open(model)) == answered(Open(model))


async def test_questions_into_a_pipe_that_breaks_end_with_a_sentence(engine: ProcessEngine, model: str) -> None:
    os.kill(engine.pid or 0, signal.SIGKILL)
    answers = await asyncio.gather(
        *(all_of(engine, Expect(model, "best", "ab" * 10_000)) for _ in range(50)), return_exceptions=True
    )
    assert {type(answer) for answer in answers} == {EngineDiedError}


@proc
async def test_one_that_hangs_is_ended_and_called_so(home: Path, faults: object, model: str) -> None:
    engine = ProcessEngine(patience=IMPATIENT)
    await engine.start()
    pid = engine.pid or 0
    replies = await writing(engine, model)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(EngineDiedError, match="didn't answer"):
        await rest(replies)
    assert gone(pid)
    await engine.start()
    assert await all_of(engine, Open(model))
    await engine.close()


async def test_one_that_is_only_slow_is_left_alone(home: Path, faults: object) -> None:
    slow = "import time, rnnplay.engine.texts as a\na.catalogue.load = lambda *_, **__: time.sleep(2)"
    engine = ProcessEngine(other(slow), patience=Patience(quiet=0.1, answer=0.4))
    await engine.start()
    with pytest.raises(UserError, match="a fault of rnnplay's own") as caught:  # what was slow returned no text
        await all_of(engine, Describe("play"))
    assert not isinstance(caught.value, EngineDiedError)
    await engine.close()


async def test_a_question_that_stops_the_process_itself_ends_with_its_last_words(home: Path, faults: object) -> None:
    code = "import faulthandler, rnnplay.engine.answers as a\na.opened = lambda *_: faulthandler._sigsegv()"
    engine = ProcessEngine(other(code))
    await engine.start()
    with pytest.raises(EngineDiedError, match=r"SIGSEGV.*Fatal Python error: Segmentation fault"):
        await all_of(engine, Open())
    await engine.close()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import sys; print('no numpy here', file=sys.stderr); sys.exit(3)", "exit code 3.*no numpy here"),
        ("raise MemoryError('none left')", "exit code 1.*MemoryError: none left"),
        ("print('not a word of this'); print('{}'); print('[' * 100000)", "exit code 0"),
        ("import os; os.close(1); os.close(0); import time; time.sleep(600)", "The engine was killed"),
        ("import time; time.sleep(600)", "didn't answer"),
        (
            'print(\'{"number":0,"reply":{"type":"hello","protocol":1,"version":"0.0.0","pid":1}}\', '
            "flush=True); import sys; sys.stdin.read()",
            "rnnplay 0.0.0.*start again",
        ),
    ],
    ids=["ended", "raised", "garbage", "closed its pipes", "silent", "another version"],
)
async def test_one_that_cannot_be_started_says_why(home: Path, faults: object, code: str, words: str) -> None:
    engine = ProcessEngine([sys.executable, "-c", code], Patience(hello=1.0 if "didn't" in words else 30.0))
    asked = asyncio.ensure_future(all_of(engine, Open()))
    await asyncio.sleep(0)
    with pytest.raises(EngineDiedError, match=words):
        await engine.start()
    assert state(engine) == "dead"
    with pytest.raises(EngineDiedError, match=words):
        await asked
    await engine.close()


async def test_a_program_that_is_not_there_says_so(home: Path, faults: object) -> None:
    engine = ProcessEngine(["/nowhere/python"])
    with pytest.raises(EngineDiedError, match="can't be started: No such file"):
        await engine.start()
    with pytest.raises(EngineDiedError, match="can't be started"):
        await all_of(engine, Open())
    await engine.close()


@proc
async def test_closing_ends_it_whatever_it_does_and_all_that_was_asked(home: Path, faults: object, model: str) -> None:
    engine = ProcessEngine()
    await engine.start()
    pid = engine.pid or 0
    replies = await writing(engine, model)
    await engine.close()
    assert gone(pid)
    with pytest.raises(EngineDiedError):
        await rest(replies)
    with pytest.raises(EngineDiedError):
        await all_of(engine, Open(model))
    await engine.close()


@proc
async def test_closing_ends_one_that_is_stopped(home: Path, faults: object) -> None:
    engine = ProcessEngine(patience=Patience(end=0.1))
    await engine.start()
    pid = engine.pid or 0
    os.kill(pid, signal.SIGSTOP)
    await engine.close()
    assert gone(pid)


@proc
def test_it_ends_with_whoever_started_it_even_in_the_middle_of_a_word(model: str) -> None:
    code = f"""
import asyncio
from rnnplay.engine.process import ProcessEngine
from tests.engine.small import write
async def main():
    engine = ProcessEngine()
    await engine.start()
    replies = engine.ask(write({model!r}, length={ENDLESS}))
    await anext(replies)
    print(engine.pid, flush=True)
    async for reply in replies: pass
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert not gone(pid)
        parent.kill()
    deadline = time.monotonic() + 30
    while not gone(pid):
        assert time.monotonic() < deadline, "it is still there"
        time.sleep(0.01)


# Its surroundings


async def test_a_stray_print_does_not_stand_between_the_replies(home: Path, faults: object, model: str) -> None:
    code = """
import os, rnnplay.engine.answers as a
opened = a.opened
def loud(*given):
    print("stray", flush=True)
    os.system("echo from a shell; echo")
    os.write(1, b'{"number":1,"reply":{"type":"failed","sentence":"forged"}}' + bytes([10]))
    return opened(*given)
a.opened = loud
"""
    engine = ProcessEngine(other(code))
    await engine.start()
    assert await all_of(engine, Open(model)) == answered(Open(model))
    await engine.close()


async def test_lines_that_are_no_replies_are_passed_over(home: Path, faults: object, model: str) -> None:
    code = "import os\nfor line in (b'', b'garbage', b'[]', b'{', b'\\xff\\xfe', b'{\"number\": -1}'): "
    engine = ProcessEngine(other(code + "os.write(1, line + bytes([10]))"))
    await engine.start()
    assert await all_of(engine, Open(model)) == answered(Open(model))
    await engine.close()


def test_lines_that_are_no_questions_are_passed_over(home: Path) -> None:
    lines = [b"", b"garbage", b"[]", b"\xff\xfe", b'{"number": 1}', b'{"number": 7, "question": {"type": "ping"}}']
    with subprocess.Popen(
        [sys.executable, "-m", "rnnplay.engine"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(b"\n".join(lines) + b"\n")
        child.stdin.flush()
        child.stdout.readline()  # hello
        assert child.stdout.readline() == b'{"number":7,"reply":{"type":"done"}}\n'
        child.stdin.close()
        assert child.wait() == 0


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("ValueError('[b]two\\nlines')", "a fault of rnnplay's own"),
        ("MemoryError()", "memory"),
        ("SystemExit(3)", "a fault of rnnplay's own"),
        ("UserError('two\\nlines')", "two lines"),
    ],
)
async def test_a_fault_in_an_answer_fails_that_question_alone(
    home: Path, faults: object, model: str, fault: str, words: str
) -> None:
    code = f"""
import rnnplay.engine.answers as a
from rnnplay.errors import UserError
def broken(*_): raise {fault}
a.opened = broken
"""
    engine = ProcessEngine(other(code))
    await engine.start()
    with pytest.raises(UserError, match=words) as caught:
        await all_of(engine, Open(model))
    assert "\n" not in str(caught.value)
    assert not isinstance(caught.value, EngineDiedError)
    assert await all_of(engine, Expect(model, "best", "a"))
    await engine.close()


async def test_the_terminal_s_ctrl_c_is_not_its_affair(engine: ProcessEngine, model: str) -> None:
    pid = engine.pid or 0
    assert os.getsid(pid) != os.getsid(0)
    os.kill(pid, signal.SIGINT)
    assert await all_of(engine, Open(model))


async def test_modules_in_the_working_folder_are_not_taken_for_python_s_own(
    home: Path, faults: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("random", "queue", "numpy", "rnnplay"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('not me')\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    engine = ProcessEngine()
    await engine.start()
    assert await all_of(engine, Open())
    await engine.close()
