"""`python -m benchmarks.cuda`, the check for the first machine with a GPU, as far as a CPU can run it."""

import random
import string
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from benchmarks.cuda.rows import rows_for
from benchmarks.cuda.supervisor import Row, Worker

ROOT = Path(__file__).parents[2]

ANSWERING = """
import json, os, sys, time
for line in sys.stdin:
    name = line.strip()
    if name == "crash":
        print("it breaks", file=sys.stderr, flush=True)
        os._exit(3)
    if name == "hang":
        time.sleep(600)
    verdict = "FAIL" if name == "broken" else "ok"
    print(json.dumps({"verdict": verdict, "text": str(os.getpid()), "ended": name == "broken"}), flush=True)
"""

BARE = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {gone}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
import benchmarks.cuda.checks, benchmarks.cuda.one_process
"""


def check(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks.cuda", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


def test_a_row_that_fails_is_printed_and_the_next_ones_run(tmp_path: Path) -> None:
    noise = tmp_path / "noise.txt"  # there is nothing to learn in it
    noise.write_text("".join(random.Random(1).choices(string.ascii_lowercase, k=20_000)), encoding="utf-8")
    only = ("--only", "lstm fp32", "memory", "seconds", "sample one")
    ended = check("--device", "cpu", "--text", str(noise), *only)
    lines = [line.split(maxsplit=1) for line in ended.stdout.splitlines() if not line.startswith("stderr")]
    assert [line[0] for line in lines[:-1]] == ["ok", "ok", "ok", "skip", "FAIL"], ended.stdout + ended.stderr
    assert "expected <= 2.8 nats within 4 s, got 2 s: 3." in lines[4][1]
    assert " ".join(lines[-1]).startswith("3 ok, 1 FAIL, 1 skip; ")
    assert ended.returncode == 1


def test_rows_that_no_longer_fit_are_skipped_with_the_reason() -> None:
    ended = check("--device", "cpu", "--seconds", "1")
    *rows, last = ended.stdout.splitlines()
    assert len(rows) == len(rows_for("cpu"))
    assert all(row.startswith("skip") and " s are left" in row for row in rows)
    assert last.startswith(f"0 ok, 0 FAIL, {len(rows)} skip")
    assert ended.returncode == 0


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_one_row_says_so_and_nothing_else_is_checked() -> None:
    ended = check()
    *_, row, note, last = ended.stdout.splitlines()
    assert row.startswith("FAIL  device")
    assert "'cuda' can't be used: torch can use no CUDA device here" in row
    assert note == "nothing else is checked without the device"
    assert last.startswith("0 ok, 1 FAIL, 0 skip")
    assert ended.returncode == 1


def test_a_text_that_cannot_be_read_is_refused_in_one_sentence(tmp_path: Path) -> None:
    ended = check("--text", str(tmp_path / "nosuch.txt"))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("error: ")
    assert ended.stderr.count("\n") == 1


def test_a_crash_or_a_hang_costs_one_row() -> None:
    with Worker([sys.executable, "-c", ANSWERING]) as worker:
        outcomes = {
            name: worker.run(Row(name, 20.0), 60.0) for name in ("one", "two", "crash", "three", "broken", "four")
        }
        hung = worker.run(Row("hang", 0.5), 60.0)
        after = worker.run(Row("five", 20.0), 60.0)
        assert worker.stderr_lines() == ["it breaks"]
    assert outcomes["one"].text == outcomes["two"].text  # one process checks them
    assert outcomes["crash"].verdict == "FAIL"
    assert "(code 3): it breaks" in outcomes["crash"].text
    assert outcomes["three"].text == outcomes["broken"].text != outcomes["one"].text
    assert outcomes["four"].text not in {outcomes["three"].text, outcomes["one"].text}  # a fresh one after an error
    assert (hung.verdict, hung.text) == ("FAIL", "expected an answer within 0 s, got none; its process was killed")
    assert after.verdict == "ok"


def test_the_check_needs_nothing_but_torch_numpy_msgspec_and_safetensors() -> None:
    # torch itself needs filelock
    gone = {"textual", "typer", "rich", "requests", "pooch", "charset_normalizer", "platformdirs"}
    ended = subprocess.run([sys.executable, "-c", BARE.format(gone=gone)], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("device", ["cuda", "cpu"])
def test_every_cell_and_precision_has_a_row(device: str) -> None:
    names = [row.name for row in rows_for(device)]
    assert len(names) == len(set(names))
    for cell in ("lstm", "gru", "rnn", "ff"):
        for precision in ("fp32", "bf16", *(["tf32"] if device == "cuda" else [])):
            assert f"train {cell} {precision}" in names
