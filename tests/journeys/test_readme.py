"""The README says what is true."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def commands() -> list[list[str]]:
    lines = [line.partition(" #")[0] for block in blocks("sh") for line in block.splitlines()]
    return [shlex.split(line) for line in lines if line.startswith("rnnplay ")]


def test_the_library_lines_run_as_they_stand(home: Path) -> None:
    (code,) = blocks("python")
    environment = {**os.environ, "RNNPLAY_HOME": str(home)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WIDOW:" in done.stdout
    assert re.search(r"\d\.\d\d bits per character; the 6-gram table has \d\.\d\d", done.stdout)


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_and_option_exists(command: list[str]) -> None:
    groups = {"runs", "corpora"}
    name = command[1:3] if command[1] in groups else command[1:2]
    environment = {**os.environ, "COLUMNS": "200", "TERM": "dumb"}
    shown = subprocess.run(
        [sys.executable, "-m", "rnnplay", *name, "--help"], env=environment, capture_output=True, text=True, check=False
    )
    assert shown.returncode == 0, shown.stderr
    for word in command[1:]:
        if word.startswith("--"):
            assert word in shown.stdout
