"""The memory that a step gives back is kept for the next."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Prints how many pages the kernel gave to the step of several that was given fewest.
PAGES = """
import resource
from tests.training.tiny import made_text, settings, trainer

made = trainer(settings(hidden_size=512, batch_size=32, seq_len=64), made_text(2000))
pages = []
for _ in range(6):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    made.step(0.0)
    pages.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
print(min(pages))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators are left as they are")
def test_a_step_finds_the_memory_of_the_one_before() -> None:
    done = subprocess.run([sys.executable, "-c", PAGES], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 1000
