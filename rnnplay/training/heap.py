"""Keeps the memory that a step gives back for the next one.

A step takes some megabytes in large pieces and gives them back. glibc returns them to the kernel, which has to clear
and map them again, page by page, when the next step first touches them: a fourth of the time at 1x384
(`docs/speed.md`).
"""

import ctypes
import functools
import sys

# glibc's numbers for two of its parameters, from its `malloc.h`.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_NEVER = -1
_LARGEST = (1 << 30, 1 << 25)  # bytes that come from the heap: older versions take no more than the second


@functools.cache
def keep_freed() -> bool:
    """Let the process keep what it frees, up to its end.

    Returns:
        Whether the memory is glibc's; another allocator has rules of its own, and is left alone.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    mallopt(_TRIM_THRESHOLD, _NEVER)
    return any(mallopt(_MMAP_THRESHOLD, size) for size in _LARGEST)
