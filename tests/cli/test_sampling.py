"""`rnnplay sample` beside the text that a network learned from, and in volume."""

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from rnnplay.cli.sample import TOGETHER_FROM
from rnnplay.runs import folder
from rnnplay.runs.folder import Run
from rnnplay.sampling import presets
from rnnplay.text import catalogue, generated
from tests.cli.process import Outcome, ran
from tests.training.tiny import made_text

TINY = ("--hidden", "8", "--embed", "4", "--batch", "4", "--seq-len", "8", "--precision", "fp32", "--device", "cpu")
MANY = ("--count", str(TOGETHER_FROM + 5), "--length", "30", "--seed", "4")
SUMS = "sums:size=20000"


@pytest.fixture
def text(home: Path, tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(made_text(), encoding="utf-8")
    return path


@pytest.fixture
def run(text: Path) -> Run:
    assert ran("train", str(text), *TINY, "--steps", "30", "--name", "tide-lamp", "--quiet").code == 0
    return folder.named("tide-lamp")


@pytest.fixture
def sums(home: Path) -> Run:
    assert ran("train", SUMS, *TINY, "--steps", "30", "--name", "sums", "--quiet").code == 0
    return folder.named("sums")


def lines(outcome: Outcome) -> list[Any]:
    assert outcome.code == 0, outcome
    return [json.loads(line) for line in outcome.out.splitlines()]


# Copies.


def test_copies_are_told_on_standard_error_and_change_nothing_else(run: Run) -> None:
    plain = ran("sample", run.name, "--length", "200", "--seed", "4")
    checked = ran("sample", run.name, "--length", "200", "--seed", "4", "--check-copies")
    assert (checked.code, checked.out) == (0, plain.out)
    found = re.search(r"copied: at most (\d+) characters in a row stand in the training text: '(.*)'", checked.err)
    assert found is not None, checked.err
    copied = found[2].replace("\u21b5", "\n")
    assert len(copied) == int(found[1])
    assert copied in made_text()
    assert copied in plain.out
    assert "copied" not in plain.err


def test_copies_stand_in_the_json(run: Run) -> None:
    whole = lines(ran("sample", run.name, "--length", "60", "--seed", "4", "--json", "--check-copies"))[-1]
    copies = whole["copies"]
    assert whole["text"][copies["start"] : copies["start"] + copies["longest"]] == copies["copied"]
    assert (copies["chars"], whole["grades"]) == (60, None)
    assert [length for length, _ in copies["new_shares"]] == [5, 10, 15, 20, 30, 50]


@pytest.mark.parametrize("change", ["gone", "changed"])
def test_a_text_that_is_gone_or_has_changed_is_named_before_anything_is_written(
    change: str, run: Run, text: Path
) -> None:
    if change == "gone":
        text.unlink()
    else:
        text.write_text(made_text(seed=9), encoding="utf-8")
    outcome = ran("sample", run.name, "--length", "20", "--check-copies")
    assert outcome.refuses()
    assert "text.txt" in outcome.err
    assert ran("sample", run.name, "--length", "20").code == 0


def test_a_model_that_ships_knows_its_text_and_a_file_alone_need_not(run: Run, tmp_path: Path) -> None:
    assert "copied:" in ran("sample", "shipped:play", "--length", "40", "--check-copies").err
    alone = tmp_path / "alone.safetensors"
    alone.write_bytes(run.checkpoint("best").read_bytes())
    alone_outcome = ran("sample", str(alone), "--length", "40", "--check-copies")
    assert alone_outcome.refuses()
    assert "alone.safetensors" in alone_outcome.err


def test_whole_lines_are_told_by_where_they_stand(sums: Run) -> None:
    outcome = ran("sample", sums.name, "--length", "300", "--seed", "1", "--check-copies")
    written = outcome.out[: -len("\n")].split("\n")[:-1]
    found = re.search(
        r"whole lines: (\d+) stand in the training part, (\d+) in the validation part, (\d+)", outcome.err
    )
    assert found is not None, outcome.err
    assert sum(map(int, found.groups())) == len(written)


# Real words.


def test_real_words_are_told_beside_copies_from_2000_characters_on(run: Run) -> None:
    options = ("--seed", "4", "--check-copies")
    one = ran("sample", run.name, "--length", "2000", *options)
    found = re.search(r"real words: ([\d.]+)% of (\d+) complete words occur in the training text", one.err)
    assert found is not None, one.err
    known = set(re.findall("[a-z]+", made_text()[: int(len(made_text()) * 0.9)].lower()))
    inside = re.findall("[a-z]+", one.out.lower())[1:-1]
    assert int(found[2]) == len(inside)
    share = sum(word in known for word in inside) / len(inside)
    assert float(found[1]) == pytest.approx(100 * share, abs=0.06)
    whole = lines(ran("sample", run.name, "--length", "2000", *options, "--json"))[-1]
    assert whole["real_words"] == share
    assert "real words" not in ran("sample", run.name, "--length", "1999", *options).err
    assert "real words" in ran("sample", run.name, "--length", "1000", "--count", "2", *options).err


def test_generated_texts_have_no_real_words(sums: Run) -> None:
    assert "real words" not in ran("sample", sums.name, "--length", "2500", "--check-copies").err


# Presets.


def test_text_is_drawn_with_the_readable_preset_which_is_told_and_printed(run: Run) -> None:
    readable = presets.READABLE["text"]
    plain = ran("sample", run.name, "--length", "60", "--seed", "4")
    assert f"seed 4, {presets.describe(readable)})" in plain.err
    explicit = ran("sample", run.name, "--length", "60", "--seed", "4", "--preset", "raw", *presets.arguments(readable))
    assert explicit.out == plain.out
    drawn = lines(ran("sample", run.name, "--length", "60", "--seed", "4", "--json"))[-1]["settings"]
    assert (drawn["temperature"], drawn["min_p"]) == (readable.temperature, readable.min_p)


def test_raw_is_the_plain_distribution_and_so_is_min_p_0(run: Run) -> None:
    raw = ran("sample", run.name, "--length", "60", "--seed", "4", "--preset", "raw")
    without = ran("sample", run.name, "--length", "60", "--seed", "4", "--min-p", "0")
    assert raw.out == without.out != ran("sample", run.name, "--length", "60", "--seed", "4").out
    assert "(tide-lamp, seed 4, temperature 1)" in raw.err


def test_a_temperature_alone_keeps_the_filters_of_the_preset(run: Run) -> None:
    drawn = lines(ran("sample", run.name, "--length", "5", "--temperature", "0.5", "--json"))[-1]["settings"]
    assert (drawn["temperature"], drawn["min_p"]) == (0.5, presets.READABLE["text"].min_p)


def test_a_network_of_a_generated_text_is_drawn_raw(sums: Run) -> None:
    drawn = lines(ran("sample", sums.name, "--length", "5", "--json"))[-1]["settings"]
    assert (drawn["temperature"], drawn["min_p"]) == (1.0, None)


def test_an_unknown_preset_is_refused() -> None:
    assert ran("sample", "shipped:play", "--preset", "wild").refuses()


def test_a_training_ends_with_its_share_of_real_words_and_the_settings_in_the_command(run: Run, text: Path) -> None:
    done = ran("train", str(text), *TINY, "--steps", "30", "--name", "other")
    said = r"real words: [\d.]+% of the words in a longer sample occur in the training text"
    assert re.search(said, done.err), done.err
    options = " ".join(presets.arguments(presets.READABLE["text"]))
    assert f"rnnplay sample other --length=2000 {options}" in done.err


# Grades.


def test_lines_of_a_network_that_learned_a_generated_text_are_graded(sums: Run) -> None:
    outcome = ran("sample", sums.name, "--prompt", "1+1=2\n", "--length", "200", "--seed", "4")
    known = set(catalogue.load(SUMS).text().split("\n"))
    (whole,) = lines(ran("sample", sums.name, "--prompt", "1+1=2\n", "--length", "200", "--seed", "4", "--json"))[-1:]
    grades = whole["grades"]
    expected = [
        [line, "wrong" if not generated.holds(SUMS, line) else "copied" if line in known else "new"]
        for line in whole["text"].split("\n")[:-1]
    ]
    assert grades["lines"] == expected
    assert grades["new"] + grades["copied"] + grades["wrong"] == len(expected) > 0
    assert f"{grades['new'] + grades['copied']} of {len(expected)} lines" in outcome.err


def test_what_holds_back_the_grades_does_not_hold_back_the_text(sums: Run) -> None:
    card = json.loads((sums.folder / "run.json").read_bytes())
    card["corpus"]["location"] = "sums:seed=12345"  # another text
    (sums.folder / "run.json").write_text(json.dumps(card), encoding="utf-8")
    outcome = ran("sample", sums.name, "--length", "30")
    assert outcome.code == 0
    assert "aren't graded" in outcome.err


# Volume.


def test_many_texts_are_printed_as_if_one_after_another(run: Run) -> None:
    many = ran("sample", run.name, "--prompt", "ash", *MANY)
    few = ran("sample", run.name, "--prompt", "ash", "--count", "5", *MANY[2:])
    assert (many.code, many.err) == (0, f"(tide-lamp, seed 4, {presets.describe(presets.READABLE['text'])})\n")
    assert many.out.startswith(few.out[:-1])
    assert len(many.out) == (TOGETHER_FROM + 5) * len("ash" + "\n") + (TOGETHER_FROM + 5) * 30 + 5 * (TOGETHER_FROM + 4)


def test_many_texts_as_json_are_a_line_each_with_their_seeds(run: Run) -> None:
    told = lines(ran("sample", run.name, *MANY, "--json", "--check-copies"))
    plain = ran("sample", run.name, "--length", "30", "--seed", "9").out
    assert [one["type"] for one in told] == ["sampled_text"] * (TOGETHER_FROM + 5)
    assert [one["settings"]["seed"] for one in told] == list(range(4, TOGETHER_FROM + 9))
    assert told[5]["text"] + "\n" == plain
    assert all(one["copies"]["chars"] == 30 for one in told)


def test_grades_of_many_texts_are_summed_up(sums: Run) -> None:
    told = lines(ran("sample", sums.name, *MANY, "--json"))
    outcome = ran("sample", sums.name, *MANY)
    count = sum(len(one["grades"]["lines"]) for one in told)
    right = sum(one["grades"]["new"] + one["grades"]["copied"] for one in told)
    assert f"{right:,} of {count:,} lines" in outcome.err


def test_a_stop_ends_each_of_many_texts(run: Run) -> None:
    told = lines(ran("sample", run.name, "--count", str(TOGETHER_FROM), "--stop", "a", "--seed", "1", "--json"))
    assert all(one["text"].count("a") <= 1 for one in told)
    assert any(one["text"].endswith("a") for one in told)


def test_a_terminal_for_standard_error_shows_how_far_it_is_and_takes_no_text(run: Run) -> None:
    pty = pytest.importorskip("pty")
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "rnnplay", "sample", run.name, *MANY]
    writing = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=follower)
    os.close(follower)
    shown: list[bytes] = []
    reading = threading.Thread(target=_read_all, args=(leader, shown))
    reading.start()
    out, _ = writing.communicate()
    reading.join()
    os.close(leader)
    assert out.decode() == ran("sample", run.name, *MANY).out
    assert f"of {TOGETHER_FROM + 5} texts" in b"".join(shown).decode()


def _read_all(terminal: int, into: list[bytes]) -> None:
    """Read what is shown until whoever shows it has gone."""
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:
            return
        if not part:
            return
        into.append(part)
