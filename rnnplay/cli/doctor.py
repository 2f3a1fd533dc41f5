"""`rnnplay doctor`: what this machine has, and whether everything is in its place."""

from collections.abc import Iterator

from rnnplay.cli import options


def doctor(json: options.Json = False) -> None:
    """Say what this machine has, and whether rnnplay can work here."""
    import msgspec

    found = dict(_findings())
    if json:
        options.put(msgspec.json.encode(found).decode())
        return
    for name, value in found.items():
        options.put(f"{name:<20} {value}")


def _findings() -> Iterator[tuple[str, str]]:
    import os
    import platform
    import sys
    from importlib import metadata

    import rnnplay

    yield "rnnplay", rnnplay.__version__
    yield "python", f"{platform.python_version()} on {platform.platform()}"
    for package in ("torch", "numpy", "safetensors", "msgspec", "typer", "rich", "filelock", "platformdirs"):
        try:
            yield package, metadata.version(package)
        except metadata.PackageNotFoundError:
            yield package, "missing: install rnnplay again"
    yield "processors", str(os.cpu_count())
    yield from _torch_findings()
    yield from _places()
    yield "terminal", f"{os.environ.get('TERM', 'none')}, standard error is {'' if sys.stderr.isatty() else 'not '}one"


def _torch_findings() -> Iterator[tuple[str, str]]:
    import torch

    from rnnplay.model.device import count_gpus, gpu_problem

    yield "threads", str(torch.get_num_threads())
    yield "bf16 on the CPU", "native" if torch.cpu._is_avx512_bf16_supported() else "not native: fp32 is used"
    count, reason = count_gpus()
    names = [gpu_problem(index) or torch.cuda.get_device_name(index) for index in range(count)]
    yield "CUDA devices", ", ".join(names) or f"none: {reason}"
    yield "Apple GPU", "yes" if torch.backends.mps.is_available() else "none"


def _places() -> Iterator[tuple[str, str]]:
    import shutil
    import tempfile

    from rnnplay import places
    from rnnplay.runs import folder
    from rnnplay.text import shipped

    home = places.home()
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            state = f"writable, {shutil.disk_usage(home).free / 1e9:.1f} GB free"
    except OSError as error:
        state = f"can't be written: {error.strerror}; set RNNPLAY_HOME to another folder"
    yield "data folder", f"{home} ({state})"
    yield "runs", str(len(folder.all_runs()))
    yield "shipped texts", ", ".join(entry.name for entry in shipped.table() if entry.kind == "shipped")
    models = sorted(path.stem for path in places.shipped("checkpoints").glob("*.safetensors"))
    yield "shipped models", ", ".join(models) or "none"
