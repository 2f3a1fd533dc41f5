"""How many of the machine's processors a training may use."""

import os
import sys

USUAL_THREADS = 8  # small matrices: more threads wait for each other longer than they work, unless measured otherwise


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
