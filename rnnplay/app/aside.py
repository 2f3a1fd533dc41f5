"""Work that may take as long as it likes: nobody waits for it at the end, as they would for `asyncio.to_thread`."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

Result = TypeVar("Result")


async def aside(work: Callable[[], Result]) -> Result:
    """Do something in a thread of its own, and return or raise what it does.

    Where the caller is cancelled the thread goes on alone, and its result is let fall; it ends with the program.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Result] = loop.create_future()

    def settle(done: Callable[[], None]) -> None:
        if not answer.done():
            done()

    def run() -> None:
        try:
            result = work()
        except Exception as error:
            done = partial(answer.set_exception, error)
        else:
            done = partial(answer.set_result, result)
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, done)

    threading.Thread(target=run, daemon=True, name="aside").start()
    return await answer
