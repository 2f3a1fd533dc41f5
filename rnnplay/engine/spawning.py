"""How this program starts another of its own."""

import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import rnnplay


def command(module: str, *arguments: str) -> list[str]:
    """Return what runs a module of this package; the working folder's own `random.py` is not in its way."""
    return [sys.executable, "-P", "-m", module, *arguments]


def environment(**more: str) -> Mapping[str, str]:
    """Return this process's variables and more, with which the other finds this very package."""
    variables = {**os.environ, **more}
    root = str(Path(rnnplay.__file__).resolve().parents[1])
    if root not in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:  # a source tree
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, [root, variables.get("PYTHONPATH", "")]))
    return variables


def own_session() -> dict[str, Any]:
    """Return what detaches a process from this terminal, its ctrl+c and its end, on this platform."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS}
    return {"start_new_session": True}
