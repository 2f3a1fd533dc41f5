"""What every test may use."""

import os
from pathlib import Path

import pytest

# Tests run side by side on every core: each with one thread, those of the programs that they start included.
os.environ["OMP_NUM_THREADS"] = "1"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the test's own."""
    folder = tmp_path / "home"
    monkeypatch.setenv("RNNPLAY_HOME", str(folder))
    return folder


def pytest_xdist_auto_num_workers() -> int:
    """Return how many tests run at once: a test waits about as long as it computes."""
    return min(2 * (os.cpu_count() or 1), 16)
