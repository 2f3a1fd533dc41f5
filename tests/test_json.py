"""The JSON that commands print, as `docs/formats.md` tells it."""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from tests.test_formats import (
    Json,
    Network,
    card_of,
    carried_loss,
    config,
    encoded,
    parts,
    prose,
    read_checkpoint,
    train,
    window_loss,
)


def printed(*arguments: str) -> list[Json]:
    done = subprocess.run(
        [sys.executable, "-m", "rnnplay", *arguments, "--json"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]


def test_the_json_of_sample_is_what_the_page_says() -> None:
    run = train(prose(), config("lstm", steps=200, learning_rate=0.02))
    options = "--checkpoint last --prompt de --length 12 --seed 3 --temperature 0.5 --min-p 0"
    *characters, text = printed("sample", run.folder.name, *options.split())
    assert set(text) == {"type", "model", "prompt", "text", "settings", "copies", "grades", "real_words"}
    assert text["copies"] is text["grades"] is text["real_words"] is None
    assert (text["type"], text["prompt"]) == ("sampled_text", "de")
    assert text["text"] == "".join(character["character"] for character in characters)
    checkpoint = read_checkpoint(run.folder / "last.safetensors")
    vocabulary, network = checkpoint.metadata["vocabulary"], Network(checkpoint)
    logs = [network.read(i) for i in encoded("de", checkpoint.metadata)][-1]
    for character in characters:
        assert set(character) == {"type", "character", "probability", "surprisal", "drawn", "alternatives"}
        assert character["type"] == "sampled_char"
        i = vocabulary.index(character["character"])
        assert character["probability"] == pytest.approx(math.exp(logs[i]), rel=1e-3)
        assert character["surprisal"] == pytest.approx(-logs[i] / math.log(2), abs=1e-3)
        assert character["drawn"] == pytest.approx(math.exp(2 * logs[i]) / np.exp(2 * logs).sum(), rel=1e-3)
        likeliest = np.argsort(-logs)[: len(character["alternatives"])]
        assert [c for c, _ in character["alternatives"]] == [vocabulary[k] for k in likeliest]
        assert [p for _, p in character["alternatives"]] == pytest.approx(np.exp(logs[likeliest]).tolist(), rel=1e-3)
        logs = network.read(i)


@pytest.mark.parametrize("window", [None, 17])
def test_the_json_of_eval_is_what_the_page_says(home: Path, tmp_path: Path, window: int | None) -> None:
    run = train(prose(), config("ff", steps=200, learning_rate=0.02))
    text = prose(200).replace("a", "\N{SNOWMAN}")
    (tmp_path / "other.txt").write_text(text, "utf-8")
    options = ["--window", str(window)] if window else []
    (scored,) = printed("eval", run.folder.name, str(tmp_path / "other.txt"), "--checkpoint", "last", *options)
    assert set(scored) == {
        "text", "part", "protocol", "chars", "loss", "bits_per_char", "perplexity", "unknown", "ladder"
    }  # fmt: skip
    checkpoint = read_checkpoint(run.folder / "last.safetensors")
    computed = window_loss(checkpoint, text, window) if window else carried_loss(checkpoint, text)
    assert scored["loss"] == pytest.approx(computed, abs=1e-3)
    assert scored["perplexity"] == pytest.approx(math.exp(scored["loss"]))
    assert scored["protocol"] == (f"window {window}" if window else "carried")
    assert scored["unknown"] == {"\N{SNOWMAN}": text.count("\N{SNOWMAN}")}


def test_the_json_of_what_is_copied_is_what_the_page_says(home: Path) -> None:
    run = train(prose(), config("lstm", steps=120, learning_rate=0.02))
    *_, text = printed("sample", run.folder.name, "--length", "60", "--seed", "3", "--check-copies")
    copies, written = text["copies"], text["text"]
    assert set(copies) == {"chars", "longest", "start", "copied", "new_shares", "lines", "stretches"}
    training, _ = parts(prose(), card_of(run))
    assert copies["chars"] == len(written) == 60
    assert copies["copied"] == written[copies["start"] :][: copies["longest"]]
    assert copies["copied"] in training
    longer = (written[at : at + copies["longest"] + 1] for at in range(len(written) - copies["longest"]))
    assert not any(one in training for one in longer)
    for length, share in copies["new_shares"]:
        runs = [written[at : at + length] for at in range(len(written) - length + 1)]
        assert share == pytest.approx(sum(one not in training for one in runs) / len(runs))
    assert text["grades"] is copies["lines"] is None


def test_the_json_of_a_generated_text_is_what_the_page_says(home: Path) -> None:
    for name, seed in (("added", "0"), ("again", "1")):
        options = f"--steps 30 --hidden 16 --quiet --name {name} --seed {seed}".split()
        command = [sys.executable, "-m", "rnnplay", "train", "sums:largest=9,size=4000", *options]
        subprocess.run(command, check=True, capture_output=True)
    *_, text = printed("sample", "added", "--length", "80", "--check-copies")
    assert set(text["grades"]) == {"new", "copied", "wrong", "lines"}
    assert [line for line, _ in text["grades"]["lines"]] == text["text"].split("\n")[:-1]
    listed = next(one for one in all_of("runs", "list") if one["name"] == "added")
    assert listed["optimum"] == pytest.approx(best_of_sums(home), abs=1e-9)
    assert listed["excess"] == pytest.approx(listed["loss"] / math.log(2) - listed["optimum"])
    (compared,) = printed("runs", "compare", "added", "again")
    assert set(compared) == {
        "text", "part", "protocol", "optimum", "runs", "differences", "settled", "ladder", "notes"
    }  # fmt: skip
    assert compared["optimum"] == pytest.approx(listed["optimum"])
    for one in compared["runs"]:
        assert set(one) == {
            "label", "network", "corpus", "step", "chars", "seconds", "looks", "score", "excess"
        }  # fmt: skip
        assert set(one["score"]) == {"chars", "loss", "bits_per_char", "perplexity", "unknown"}


def all_of(*arguments: str) -> list[Json]:
    """Return the list that a command prints on one line."""
    return cast("list[Json]", printed(*arguments)[0])


def best_of_sums(home: Path) -> float:
    """Return the optimum of the validation part of the run, from the page alone: each line has log2(100) bits."""
    text = subprocess.run(
        [sys.executable, "-m", "rnnplay", "corpora", "generate", "sums:largest=9,size=4000"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    card = json.loads((home / "runs" / "added" / "run.json").read_bytes())
    assert card["shape"] == "stream"  # a hundred different lines
    _, validation = parts(text, card)
    begun = text[: len(text) - len(validation)].rpartition("\n")[2]
    # What stands before the first scored character of a line is known: the bits of "a+b=" after it, at 1/10 a figure.
    figures = [
        place for place, _ in enumerate(validation) if place and is_drawn(begun + validation, len(begun) + place)
    ]
    return len(figures) * math.log2(10) / (len(validation) - 1)


def is_drawn(text: str, place: int) -> bool:
    """Tell whether a character of some lines of sums is one of the two figures that were drawn."""
    line_start = text.rfind("\n", 0, place) + 1
    return place - line_start in {0, 2}


def test_the_json_of_the_list_of_texts_is_what_the_page_says(home: Path) -> None:
    listed = all_of("corpora", "list")
    fields = "name kind about good_for shape location extensions download own_kind size missing changed"
    assert all(set(one) == set(fields.split()) for one in listed)
    fetched = next(one for one in listed if one["name"] == "tinyshakespeare")
    assert set(fetched["download"]) == {
        "url", "bytes", "sha256", "licence", "member", "unpacked_bytes", "unpacked_sha256"
    }  # fmt: skip
    assert fetched["missing"]
    assert fetched["size"] == 1_115_394
