"""Keeps the memory that a step gives back for the next one.

A step takes some megabytes in large pieces and gives them back. glibc returns them to the kernel, which has to clear
and map them again, page by page, when the next step first touches them: a fourth of the time at 1x384
(`docs/speed.md`).
"""

import ctypes
import functools
import sys
from contextlib import suppress

# glibc's numbers for two of its parameters, from its `malloc.h`.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_NEVER = -1
_LARGEST = (1 << 30, 1 << 25)  # bytes that come from the heap: older versions take no more than the second


@functools.cache
def keep_freed() -> None:
    """Let the process keep what it frees, up to its end, where the memory is glibc's; others have their own rules."""
    if not sys.platform.startswith("linux"):
        return
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_TRIM_THRESHOLD, _NEVER)
        any(mallopt(_MMAP_THRESHOLD, size) for size in _LARGEST)
