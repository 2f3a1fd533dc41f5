"""Ctrl-C during the import of torch."""

import os
import subprocess
import sys
from pathlib import Path

import rnnplay

IMPORTED = """
import os, signal
os.kill(os.getpid(), signal.SIGINT)
whole = sum(range(1000))
print("whole", flush=True)
"""
COMMAND = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.argv = ["rnnplay", "doctor"]
from rnnplay.cli.entry import main
main()
"""


def test_ctrl_c_while_torch_is_imported_ends_the_command_when_the_import_is_done(tmp_path: Path, home: Path) -> None:
    package = tmp_path / "torch"
    package.mkdir()
    (package / "__init__.py").write_text(IMPORTED, encoding="utf-8")
    paths = [str(tmp_path), str(Path(rnnplay.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    ended = subprocess.run(
        [sys.executable, "-c", COMMAND],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "whole" in ended.stdout
    assert "Traceback" not in ended.stderr
    assert ended.returncode == 130
