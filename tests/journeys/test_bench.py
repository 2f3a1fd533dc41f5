"""`rnnplay bench` from its start to its tables, as a person has it."""

import getpass
import json
import re
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer

from rnnplay.cli.bench import bench
from tests.cli.process import ran

QUICK = ("bench", "--device", "cpu", "--hidden", "24")
REPORT = {
    "machine", "complete", "seconds", "start_up", "share_got", "memory_gigabytes_per_second", "products", "training",
    "sampling",
}  # fmt: skip
MACHINE = {
    "processor", "system", "processors", "threads", "capability", "libraries", "native_bf16", "device", "device_name",
    "gpus", "python", "torch", "rnnplay",
}  # fmt: skip
TRAINING = {
    "network", "hidden_size", "batch_size", "seq_len", "precision", "threads", "characters_per_second", "gflops",
    "peak_gflops", "share_of_peak", "share_of_steps", "bound", "tried",
}  # fmt: skip
SAMPLING = {
    "network", "hidden_size", "characters_per_second", "read_gigabytes_per_second", "readable_gigabytes_per_second",
    "share_of_readable", "bound", "streams", "many_characters_per_second", "many_gflops", "peak_gflops",
    "share_of_peak",
}  # fmt: skip


def test_bench_measures_everything_and_prints_one_object(home: Path) -> None:
    outcome = ran(*QUICK, "--json")
    assert (outcome.code, outcome.err) == (0, "")
    report: dict[str, Any] = json.loads(outcome.out)
    assert set(report) == REPORT
    assert report["complete"] is True
    assert set(report["machine"]) == MACHINE
    assert set(report["start_up"]) == {"import_torch_seconds", "help_seconds"}
    assert {product["precision"] for product in report["products"]} <= {"fp32", "bf16"}
    assert all(set(product) == {"precision", "threads", "size", "gflops"} for product in report["products"])
    (training,), (sampling,) = report["training"], report["sampling"]
    assert (set(training), set(sampling)) == (TRAINING, SAMPLING)
    assert set(training["tried"][0]) == {"precision", "threads", "characters_per_second"}
    assert training["network"] == sampling["network"] == "lstm 1x24"
    assert training["bound"] in {"products", "steps", "other work"}
    assert sampling["bound"] in {"reading", "overhead"}
    reading = 2 * (4 * 24 * (32 + 24) + 24 * 65)  # operations of a character
    assert training["gflops"] == pytest.approx(3 * reading * training["characters_per_second"] / 1e9)
    assert sampling["many_gflops"] == pytest.approx(reading * sampling["many_characters_per_second"] / 1e9)
    peaks = [one["gflops"] for one in report["products"] if one["precision"] == "fp32"]
    assert 0 < sampling["peak_gflops"] <= max(peaks)
    assert not re.search(rf"{re.escape(str(home))}|{re.escape(socket.gethostname())}|/home/", outcome.out)
    assert f'"{getpass.getuser()}"' not in outcome.out


def test_bench_that_is_interrupted_prints_what_it_has(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "run", interrupted)  # ctrl+c comes while another Python starts, first of all
    with pytest.raises(typer.Exit) as leaving:
        bench("cpu", [24], json=False)
    assert leaving.value.exit_code == 130
    said = capsys.readouterr()
    assert said.out.startswith("rnnplay ")
    assert "Interrupted after 0:0" in said.out
    assert said.err == ""


@pytest.mark.parametrize(
    "options", [("--device", "cuda:99"), ("--device", "abacus"), ("--hidden", "0"), ("--hidden", "65536")]
)
def test_bench_refuses_what_is_not_there_or_takes_for_ever(options: tuple[str, str], home: Path) -> None:
    assert ran("bench", *options).refuses()
