"""How many of the machine's processors a training may use."""

import os
import sys

USUAL_THREADS = 8  # small matrices: more threads wait for each other longer than they work, unless measured otherwise


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def threads_in_words(count: int | None) -> str:
    """Return "1 thread", "2 threads"; "threads as torch has them" for None."""
    return "threads as torch has them" if count is None else f"{count} thread{'s' * (count != 1)}"
