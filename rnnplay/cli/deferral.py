"""Ctrl-C while torch is imported takes effect when the import is done.

An exception in the middle of it may pass through C++ that knows none, and that ends the process with SIGABRT.
"""

import importlib.util
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import FrameType, ModuleType


def install() -> None:
    """Defer Ctrl-C during the first import of torch, whoever imports it."""
    if "torch" not in sys.modules:
        sys.meta_path.insert(0, _TorchFinder())


class _TorchFinder:
    """Finds torch as it would be found without this, and makes its import deaf to Ctrl-C."""

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return torch's spec, once."""
        if name != "torch":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        loader = None if spec is None else spec.loader
        if loader is not None:
            execute = loader.exec_module

            def deferring(module: ModuleType) -> None:
                with deferred_interrupts():
                    execute(module)

            loader.exec_module = deferring  # type: ignore[method-assign]
        return spec


@contextmanager
def deferred_interrupts() -> Iterator[None]:
    """Let Ctrl-C take effect when the block is done."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield  # no other thread is interrupted, and without Python's handler there is no exception
        return
    caught: list[int] = []

    def catch(number: int, _frame: FrameType | None) -> None:
        caught.append(number)

    signal.signal(signal.SIGINT, catch)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if caught:
        signal.raise_signal(signal.SIGINT)
