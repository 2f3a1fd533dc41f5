"""Check everything that rnnplay does on a GPU, and print a row for each thing.

    python -m benchmarks.cuda [--device cuda|cpu] [--text FILE] [--seconds N] [--only NAME ...]

Run it in the root of the repository; nothing has to be installed but torch, numpy, msgspec and safetensors. Trainings
of every cell in fp32, TF32 and bf16 are compared with the same on the CPU; they are resumed on the other device and on
the same; one text and many are sampled; torchrun starts a process that talks through NCCL; then come memory, speeds
with their share of the chip's peak, what is chosen for a minute, and the seconds of training to 1.47 nats on the text.

A row is `ok`, `FAIL` (with what was expected and what came) or `skip` (with the reason). Each row has a time limit, and
one that no longer fits into the total is skipped. The rows run in a process of their own: one that crashes, hangs or
breaks the GPU's context costs its row alone. Exit code 1 if a row failed. With `--device cpu` all sizes are tiny, and
only the program itself is checked.
"""

import argparse
import importlib.util
import sys
import time
from pathlib import Path

from benchmarks.cuda import supervisor
from benchmarks.cuda.rows import PLAY, rows_for

NEEDED = ("torch", "numpy", "msgspec", "safetensors")
FIXABLE = 2


def main() -> int:
    """Print the table, and return the exit code."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.cuda", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--text", type=Path, default=PLAY, help="UTF-8; default: the play that ships")
    parser.add_argument("--seconds", type=float, default=340.0, help="for everything")
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="and the device: rows whose name contains one of these"
    )
    options = parser.parse_args()
    problem = _problem(options.text)
    if problem:
        print(f"error: {problem}", file=sys.stderr)
        return FIXABLE
    first, *others = rows_for(options.device)
    wanted = options.only or [""]
    rows = [first, *(row for row in others if any(part in row.name for part in wanted))]
    command = [sys.executable, "-m", "benchmarks.cuda.worker", options.device, str(options.text)]
    begun, verdicts = time.monotonic(), []
    with supervisor.Worker(command) as worker:
        for row in rows:
            left = options.seconds - (time.monotonic() - begun)
            outcome = worker.run(row, left)
            verdicts.append(outcome.verdict)
            print(f"{outcome.verdict:<5} {row.name:<22} {outcome.seconds:5.1f} s  {outcome.text}", flush=True)
            if row is first and outcome.verdict == "FAIL":
                print("nothing else is checked without the device")
                break
        counts = ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in ("ok", "FAIL", "skip"))
        print(f"{counts}; {time.monotonic() - begun:.0f} s in all")
        for line in worker.stderr_lines():
            print(f"stderr: {line}")
    return 1 if "FAIL" in verdicts else 0


def _problem(text: Path) -> str:
    """Return what keeps the check from starting, as a sentence, or ""."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        return f"this check needs {' and '.join(missing)}: python -m pip install {' '.join(missing)}"
    try:
        text.read_text(encoding="utf-8")
    except OSError as error:
        return f"'{text}' can't be read: {error.strerror}."
    except UnicodeDecodeError:
        return f"'{text}' is not UTF-8."
    return ""


if __name__ == "__main__":
    sys.exit(main())
