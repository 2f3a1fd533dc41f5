"""An independent reader of what rnnplay writes, made from docs/formats.md alone, held against real files.

The first half is the reader: plain Python and numpy, nothing of rnnplay and none of the libraries that it writes with.
The second half makes runs and holds the reader against them.
"""

import codecs
import hashlib
import itertools
import json
import math
import random
import struct
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pytest

from rnnplay import session
from rnnplay.model.config import ModelConfig
from rnnplay.runs.folder import Run
from rnnplay.runs.origin import found as origin
from rnnplay.text import sources
from rnnplay.training.config import Budget, TrainingConfig

# ---------------------------------------------------------------------------------------------------------------------
# The reader

Json = dict[str, Any]
Floats = npt.NDArray[np.float64]
Cell = Literal["lstm", "gru", "rnn", "ff"]
Shape = Literal["stream", "lines"]

CELLS: tuple[Cell, ...] = ("lstm", "gru", "rnn", "ff")
GATES = {"lstm": 4, "gru": 3, "rnn": 1}
DTYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "U8": np.dtype("u1"), "I64": np.dtype("<i8")}

MODEL = {"cell", "layers", "hidden_size", "embedding_size", "context", "dropout"}
METADATA = {"format", "model", "vocabulary", "unknown", "training", "corpus", "tensors_sha256"}
RECORD = {
    "step", "chars", "seconds", "epoch", "window", "averaged", "rate_multiplier", "rollbacks", "best_loss", "best_step",
    "since_best", "evaluations", "train_loss", "milestones", "curve",
}  # fmt: skip
RUN = {"format", "config", "corpus", "shape", "versions", "created", "optimum", "parent"}
PARENT = {"label", "step", "corpus", "tensors_sha256", "added", "location"}
CONFIG = {
    "model", "batch_size", "seq_len", "learning_rate", "warmup", "flat", "resets", "averaged_from", "betas",
    "head_rate_factor", "weight_decay", "clip", "budget", "device", "precision", "threads", "seed", "val_fraction",
    "min_count", "patience", "prompt", "free",
}  # fmt: skip
CORPUS = {"kind", "name", "location", "extensions", "sha256", "cache_key"}
SIZES = {"train_chars", "validation_chars", "vocabulary", "parameters", "multiply_adds"}
EVENTS = {
    "started": {"time", "from_step", "config", "corpus", "sizes", "device", "versions", "ladder"},
    "progress": {
        "step", "epoch", "chars", "seconds", "spent", "loss", "learning_rate", "gradient_norm", "chars_per_second",
    },
    "evaluated": {
        "step", "seconds", "loss", "bits_per_char", "protocol", "estimate", "chars", "best", "milestones",
    },
    "sampled": {"step", "prompt", "text", "real_words", "milestones"},
    "saved": {"step", "checkpoint"},
    "acknowledged": {"step", "id"},
    "noted": {"step", "text"},
    "finished": {
        "step", "reason", "budget", "seconds", "aside_seconds", "chars", "loss", "bits_per_char", "estimate",
        "best_step", "train_loss", "summary",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Checkpoint:
    """A file's tensors, as they stand there, and what it says of them."""

    metadata: Json
    tensors: dict[str, npt.NDArray[Any]]
    dtypes: dict[str, str]
    raw: dict[str, bytes]

    @property
    def network(self) -> dict[str, Floats]:
        return {n: t.astype(np.float64) for n, t in self.tensors.items() if not n.startswith("state.")}

    @property
    def record(self) -> Json:
        record: Json = json.loads(self.raw["state.record"].decode("utf-8"))
        return record

    def tensors_sha256(self) -> str:
        digest = hashlib.sha256()
        for name in sorted(self.raw):
            digest.update(name.encode("utf-8"))
            digest.update(self.raw[name])
        return digest.hexdigest()


def read_checkpoint(path: Path) -> Checkpoint:
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header: dict[str, Json] = json.loads(data[8 : 8 + length].decode("utf-8"))
    metadata: Json = json.loads(header.pop("__metadata__")["rnnplay"])
    body = data[8 + length :]
    tensors, dtypes, raw, covered = {}, {}, {}, 0
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        kind = DTYPES[entry["dtype"]]
        assert end - begin == math.prod(entry["shape"]) * kind.itemsize
        raw[name] = body[begin:end]
        tensors[name] = np.frombuffer(raw[name], dtype=kind).reshape(entry["shape"])
        dtypes[name] = entry["dtype"]
        covered += end - begin
    assert covered == len(body)
    return Checkpoint(metadata, tensors, dtypes, raw)


def network_shapes(model: Json, vocabulary: int) -> dict[str, tuple[int, ...]]:
    embedding, hidden = model["embedding_size"], model["hidden_size"]
    shapes: dict[str, tuple[int, ...]] = {
        "embedding.weight": (vocabulary, embedding),
        "head.weight": (vocabulary, hidden),
        "head.bias": (vocabulary,),
    }
    for k in range(model["layers"]):
        if model["cell"] == "ff":
            shapes[f"layers.{k}.weight"] = (hidden, hidden if k else model["context"] * embedding)
            shapes[f"layers.{k}.bias"] = (hidden,)
            continue
        rows = GATES[model["cell"]] * hidden
        shapes[f"layers.{k}.weight_ih_l0"] = (rows, hidden if k else embedding)
        shapes[f"layers.{k}.weight_hh_l0"] = (rows, hidden)
        shapes[f"layers.{k}.bias_ih_l0"] = (rows,)
        shapes[f"layers.{k}.bias_hh_l0"] = (rows,)
    return shapes


def state_shapes(model: Json, network: dict[str, tuple[int, ...]], batch: int) -> dict[str, tuple[int, ...]]:
    """Of the state's tensors whose shapes the page tells."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name, shape in network.items():
        shapes[f"state.weights.{name}"] = shape
        shapes[f"state.optimizer.{name}.exp_avg"] = shape
        shapes[f"state.optimizer.{name}.exp_avg_sq"] = shape
    if model["cell"] == "ff":
        shapes["state.carried.0.0"] = (model["context"] - 1, batch)
        return shapes
    for k in range(model["layers"]):
        shapes[f"state.carried.{k}.0"] = (1, batch, model["hidden_size"])
        if model["cell"] == "lstm":
            shapes[f"state.carried.{k}.1"] = (1, batch, model["hidden_size"])
    return shapes


def sigma(x: Floats) -> Floats:
    y: Floats = 1 / (1 + np.exp(-x))
    return y


class Network:
    """The network, one character at a time, in float64."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.model: Json = checkpoint.metadata["model"]
        self.w = checkpoint.network
        zeros = np.zeros(self.model["hidden_size"])
        self.h = [zeros] * self.model["layers"]
        self.c = [zeros] * self.model["layers"]
        self.seen = [np.zeros(self.model["embedding_size"])] * (self.model["context"] or 0)

    def _layer(self, k: int, x: Floats) -> Floats:
        cell = self.model["cell"]
        if cell == "ff":
            return np.tanh(self.w[f"layers.{k}.weight"] @ x + self.w[f"layers.{k}.bias"])
        of_x = self.w[f"layers.{k}.weight_ih_l0"] @ x + self.w[f"layers.{k}.bias_ih_l0"]
        of_h = self.w[f"layers.{k}.weight_hh_l0"] @ self.h[k] + self.w[f"layers.{k}.bias_hh_l0"]
        if cell == "rnn":
            self.h[k] = np.tanh(of_x + of_h)
        elif cell == "gru":
            (xr, xz, xn), (hr, hz, hn) = np.split(of_x, 3), np.split(of_h, 3)
            r, z = sigma(xr + hr), sigma(xz + hz)
            n = np.tanh(xn + r * hn)
            self.h[k] = (1 - z) * n + z * self.h[k]
        else:
            i, f, g, o = np.split(of_x + of_h, 4)
            self.c[k] = sigma(f) * self.c[k] + sigma(i) * np.tanh(g)
            self.h[k] = sigma(o) * np.tanh(self.c[k])
        return self.h[k]

    def read(self, character: int) -> Floats:
        """The log probabilities, in nats, of what follows."""
        x: Floats = self.w["embedding.weight"][character]
        if self.model["cell"] == "ff":
            self.seen = [*self.seen[1:], x]
            x = np.concatenate(self.seen)
        for k in range(self.model["layers"]):
            x = self._layer(k, x)
        logits: Floats = self.w["head.weight"] @ x + self.w["head.bias"]
        logits = logits - logits.max()
        y: Floats = logits - np.log(np.exp(logits).sum())
        return y


def encoded(text: str, metadata: Json) -> list[int]:
    ids = {character: i for i, character in enumerate(metadata["vocabulary"])}
    unknown = metadata["unknown"]
    found = (ids.get(character, unknown) for character in text)
    return [i for i in found if i is not None]


def carried_loss(checkpoint: Checkpoint, text: str) -> float:
    ids = encoded(text, checkpoint.metadata)
    network = Network(checkpoint)
    return float(-np.mean([network.read(a)[b] for a, b in itertools.pairwise(ids)]))


def window_loss(checkpoint: Checkpoint, text: str, n: int) -> float:
    ids, nats = encoded(text, checkpoint.metadata), []
    for start in range(0, len(ids) - n + 1, n):  # a shorter rest is no piece of n characters
        network = Network(checkpoint)
        nats += [network.read(a)[b] for a, b in itertools.pairwise(ids[start : start + n])]
    return float(-np.mean(nats))


def parts(text: str, run: Json) -> tuple[str, str]:
    """The text for training and that for validation."""
    fraction = run["config"]["val_fraction"]
    if run["shape"] == "stream":
        cut = math.floor(len(text) * (1 - fraction))
        return text[:cut], text[cut:]
    lines = (text if text.endswith("\n") else text + "\n").split("\n")[:-1]
    generator = np.random.Generator(np.random.PCG64(run["config"]["seed"]))
    shuffled = [lines[i] for i in generator.permutation(len(lines))]
    distinct = list(dict.fromkeys(shuffled))
    training = set(distinct[: max(math.floor(len(distinct) * (1 - fraction)), 1)])
    return (
        "".join(f"{line}\n" for line in shuffled if line in training),
        "".join(f"{line}\n" for line in shuffled if line not in training),
    )


def read_lines(path: Path) -> list[Json]:
    """What a .jsonl says, without what stands after its last newline."""
    whole, _, _ = path.read_bytes().rpartition(b"\n")
    return [json.loads(line) for line in whole.split(b"\n") if line] if whole else []


def standing(events: Iterable[Json]) -> list[Json]:
    """The events that no later `started` makes void."""
    kept: list[Json] = []
    for event in events:
        if event["type"] == "started":
            kept = [e for e in kept if e["type"] == "started" or e["step"] <= event["from_step"]]
        kept.append(event)
    return kept


def decoded(data: bytes) -> str:
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            return data[len(mark) :].decode(name)
    return data.decode("utf-8")


def clean(text: str) -> str:
    """By the page's rules; CR is taken as a line's end before control characters go."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = (
        c
        for c in text
        if c in "\n\t"
        or (unicodedata.category(c) not in {"Cc", "Cs"} and c not in "\N{BYTE ORDER MARK}\N{REPLACEMENT CHARACTER}")
    )
    return unicodedata.normalize("NFC", "".join(kept))


def joined(files: dict[str, bytes]) -> str:
    """Files by their relative paths, joined: a newline comes between two, not after the last or an empty one."""
    whole = ""
    for name in sorted(files, key=lambda name: name.split("/")):
        text = clean(decoded(files[name]))
        whole += ("\n" if whole and text and not whole.endswith("\n") else "") + text
    return whole


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


# ---------------------------------------------------------------------------------------------------------------------
# Runs to read


def words(seed: int, many: int) -> list[str]:
    """Made-up words, some much more common than others."""
    chance = random.Random(seed)
    onsets, nuclei, codas = "b br d f g k l m n p pl r s st t v z".split(), "a e i o u ä ou".split(), ["", *"nrstlk"]
    known = [
        "".join(
            chance.choice(onsets) + chance.choice(nuclei) + chance.choice(codas) for _ in range(chance.randint(1, 3))
        )
        for _ in range(150)
    ]
    return chance.choices(known, weights=[1 / (i + 1) for i in range(len(known))], k=many)


def prose(many: int = 1400) -> str:
    chance = random.Random(7)
    return "".join(word + chance.choice([" ", " ", " ", " ", ", ", ". ", ".\n", "? "]) for word in words(1, many))


def verses(many: int = 900) -> str:
    """Lines of one to three words, so that some stand there twice; the last newline is missing."""
    chance, left, lines = random.Random(8), words(2, many), []
    while left:
        take = chance.randint(1, 3)
        lines.append(" ".join(left[:take]))
        left = left[take:]
    return "\n".join(lines)


def config(cell: Cell = "gru", *, layers: int = 1, steps: float = 40, **others: Any) -> TrainingConfig:
    model = ModelConfig(cell=cell, layers=layers, hidden_size=16, embedding_size=8, context=3 if cell == "ff" else None)
    return TrainingConfig(
        model=model, batch_size=4, seq_len=8, budget=Budget("steps", steps), precision="fp32", device="cpu", threads=1,
        **others,
    )  # fmt: skip


def train(text: str, how: TrainingConfig, shape: Shape = "stream") -> Run:
    begun = session.begin(sources.from_text(text, shape=shape), how)
    list(begun.events())
    return begun.run


def train_on(run: Run, text: str, steps: float) -> None:
    list(session.resume(run, Budget("steps", steps), sources.from_text(text, shape="stream")).events())


def card_of(run: Run) -> Json:
    card: Json = json.loads((run.folder / "run.json").read_text("utf-8"))
    return card


def last(events: Iterable[Json], kind: str) -> Json:
    return [event for event in events if event["type"] == kind][-1]


def check_events(events: list[Json]) -> None:
    """Exactly the documented fields, and what can be said of every list of events."""
    for event in events:
        assert set(event) == {"type"} | EVENTS[event["type"]]
        if "bits_per_char" in event and event["loss"] is not None:
            assert event["bits_per_char"] == pytest.approx(event["loss"] / math.log(2))
        if event["type"] == "started":
            assert set(event["config"]) == CONFIG
            assert set(event["config"]["model"]) == MODEL
            assert set(event["corpus"]) == CORPUS
            assert set(event["sizes"]) == SIZES
            assert all(set(rung) == {"name", "bits_per_char", "partial"} for rung in event["ladder"])
        elif event["type"] == "saved":
            assert event["checkpoint"] in {"last", "best"}
        elif event["type"] == "finished":
            assert set(event["budget"]) == {"unit", "amount"}
            assert event["reason"] in {"budget", "stopped", "patience", "diverged"}
    steps = [event["step"] for event in events if event["type"] == "progress"]
    assert steps == sorted(set(steps))


# ---------------------------------------------------------------------------------------------------------------------
# Checkpoints


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_a_checkpoint_is_what_the_page_says(home: Path, cell: Cell, layers: int) -> None:
    text = prose()
    run = train(text, config(cell, layers=layers))
    assert run.folder.parent == home / "runs"
    card = card_of(run)
    for name in ("best", "last"):
        checkpoint = read_checkpoint(run.folder / f"{name}.safetensors")
        metadata = checkpoint.metadata
        assert set(metadata) == METADATA
        assert metadata["format"] == 1
        assert metadata["model"] == card["config"]["model"]
        assert set(metadata["model"]) == MODEL
        assert metadata["unknown"] is None
        assert set(metadata["vocabulary"]) == set(text)
        assert all(len(character) == 1 for character in metadata["vocabulary"])
        assert set(metadata["training"]) == {"step", "loss", "chars", "seconds"}
        assert metadata["corpus"] == {"name": "text", "sha256": sha256(text)}
        assert metadata["tensors_sha256"] == checkpoint.tensors_sha256()

        shapes = network_shapes(metadata["model"], len(metadata["vocabulary"]))
        assert {n: t.shape for n, t in checkpoint.network.items()} == shapes
        assert {checkpoint.dtypes[n] for n in shapes} == {"F32"}
        state = {n for n in checkpoint.tensors if n.startswith("state.")}
        if name == "best":
            assert not state
            continue
        told = state_shapes(metadata["model"], shapes, 4)
        counts = {f"state.optimizer.{n}.step" for n in shapes}
        assert state == {*told, *counts, "state.record", "state.random.cpu"}
        assert {n: checkpoint.tensors[n].shape for n in told} == told
        assert {checkpoint.tensors[n].item() for n in counts} == {40.0}
        bytewise = {"state.record", "state.random.cpu"}
        ids = {"state.carried.0.0"} if cell == "ff" else set()
        assert {n for n in state if checkpoint.dtypes[n] == "U8"} == bytewise
        assert {n for n in state if checkpoint.dtypes[n] == "I64"} == ids
        assert {n for n in state if checkpoint.dtypes[n] == "F32"} == state - bytewise - ids


def test_the_record_is_what_the_page_says(home: Path) -> None:
    run = train(prose(), config(layers=2))
    checkpoint, events = read_checkpoint(run.folder / "last.safetensors"), read_lines(run.folder / "events.jsonl")
    record, finished = checkpoint.record, last(events, "finished")
    assert set(record) == RECORD
    assert record["step"] == checkpoint.metadata["training"]["step"] == finished["step"] == 40
    assert record["chars"] == checkpoint.metadata["training"]["chars"] == finished["chars"]
    assert record["seconds"] == checkpoint.metadata["training"]["seconds"]
    assert record["epoch"] == 0
    assert record["rate_multiplier"] == 1
    assert record["rollbacks"] == 0
    # The record is as of the last save, which may come before the last evaluation.
    before = events[: max(i for i, event in enumerate(events) if event.get("checkpoint") == "last")]
    evaluations = [event for event in before if event["type"] == "evaluated"]
    best = min(evaluations, key=lambda event: float(event["loss"]))
    assert (record["best_loss"], record["best_step"]) == (best["loss"], best["step"])
    assert record["train_loss"] == finished["train_loss"]
    assert record["milestones"] == [name for event in before for name in event.get("milestones", ())]


def test_a_run_that_did_no_step_has_a_last_checkpoint_without_moments(home: Path) -> None:
    begun = session.begin(sources.from_text(prose(), shape="stream"), config("ff"))
    assert not (begun.run.folder / "best.safetensors").exists()
    checkpoint = read_checkpoint(begun.run.folder / "last.safetensors")
    assert checkpoint.metadata["tensors_sha256"] == checkpoint.tensors_sha256()
    assert checkpoint.metadata["training"]["loss"] is None
    assert checkpoint.record["step"] == 0
    assert not [n for n in checkpoint.tensors if n.startswith("state.optimizer.")]
    assert (checkpoint.tensors["state.carried.0.0"] == -1).all()


def test_rare_characters_are_the_unknown_symbol(home: Path) -> None:
    text = prose()
    text = f"{text[:5000]}\N{SNOWMAN}{text[5000:]}\N{COMET}\N{GRINNING FACE}."
    run = train(text, config(min_count=3))
    checkpoint, events = read_checkpoint(run.folder / "last.safetensors"), read_lines(run.folder / "events.jsonl")
    metadata = checkpoint.metadata
    assert not {"\N{SNOWMAN}", "\N{COMET}", "\N{GRINNING FACE}"} & set(metadata["vocabulary"])
    assert metadata["unknown"] is not None
    shapes = network_shapes(metadata["model"], len(metadata["vocabulary"]))
    assert {n: t.shape for n, t in checkpoint.network.items()} == shapes
    assert last(events, "started")["sizes"]["vocabulary"] == len(metadata["vocabulary"])
    _, validation = parts(text, card_of(run))
    assert carried_loss(checkpoint, validation) == pytest.approx(last(events, "finished")["loss"], abs=1e-3)


# ---------------------------------------------------------------------------------------------------------------------
# The figure


@pytest.mark.parametrize("shape", ["stream", "lines"])
@pytest.mark.parametrize("cell", CELLS)
def test_the_carried_loss_can_be_computed_anew(home: Path, cell: Cell, shape: Shape) -> None:
    text = prose() if shape == "stream" else verses()
    assert len(text) > 5000
    # Few epochs of a high rate, so that the loss is far from that of equally likely characters.
    run = train(text, config(cell, layers=2, steps=300, learning_rate=0.02, seed=3, val_fraction=0.15), shape)
    card, events = card_of(run), read_lines(run.folder / "events.jsonl")
    assert card["shape"] == shape
    assert card["corpus"]["sha256"] == sha256(text)
    training, validation = parts(text, card)
    sizes = last(events, "started")["sizes"]
    assert (sizes["train_chars"], sizes["validation_chars"]) == (len(training), len(validation))
    best, finished = read_checkpoint(run.folder / "best.safetensors"), last(events, "finished")
    computed = carried_loss(best, validation)
    assert computed < math.log(len(best.metadata["vocabulary"])) - 0.3
    assert not finished["estimate"]
    assert computed == pytest.approx(finished["loss"], abs=1e-3)
    assert computed == pytest.approx(best.metadata["training"]["loss"], abs=1e-3)
    assert best.metadata["training"]["step"] == finished["best_step"]

    end = read_checkpoint(run.folder / "last.safetensors")
    evaluated = last((e for e in events if e.get("step") == end.record["step"]), "evaluated")
    assert (evaluated["protocol"], evaluated["chars"]) == ("carried", len(validation) - 1)
    assert carried_loss(end, validation) == pytest.approx(evaluated["loss"], abs=1e-3)


def overfitted() -> tuple[Run, str]:
    """A run whose best weights aren't its last, and its validation text."""
    text = prose(120)
    run = train(text, config("gru", steps=600, learning_rate=0.05, val_fraction=0.3))
    return run, parts(text, card_of(run))[1]


def test_the_figure_at_the_end_is_that_of_the_best_weights(home: Path) -> None:
    run, validation = overfitted()
    finished = last(read_lines(run.folder / "events.jsonl"), "finished")
    assert finished["best_step"] < finished["step"]
    best, end = (read_checkpoint(run.folder / f"{name}.safetensors") for name in ("best", "last"))
    assert best.metadata["training"]["step"] == finished["best_step"]
    assert carried_loss(best, validation) == pytest.approx(finished["loss"], abs=1e-3)
    assert best.metadata["training"]["loss"] == pytest.approx(finished["loss"], abs=1e-3)
    assert carried_loss(end, validation) > finished["loss"] + 1e-2


def test_the_last_checkpoint_tells_no_loss_that_is_not_its_own_weights(home: Path) -> None:
    run, _ = overfitted()
    assert read_checkpoint(run.folder / "last.safetensors").metadata["training"]["loss"] is None


def test_the_best_checkpoint_tells_what_was_read_up_to_its_own_step(home: Path) -> None:
    run, _ = overfitted()
    told = read_checkpoint(run.folder / "best.safetensors").metadata["training"]
    events = [e for e in read_lines(run.folder / "events.jsonl") if e["type"] == "progress"]
    assert told["chars"] <= min(e["chars"] for e in events if e["step"] >= told["step"])


@pytest.mark.parametrize("fraction", [0.01, 0.2, 0.35, 0.4])
@pytest.mark.parametrize("shape", ["stream", "lines"])
def test_a_text_is_split_where_the_page_says(home: Path, shape: Shape, fraction: float) -> None:
    text = prose() if shape == "stream" else verses()
    run = train(text, config(steps=1, val_fraction=fraction, seed=5), shape)
    training, validation = parts(text, card_of(run))
    sizes = last(read_lines(run.folder / "events.jsonl"), "started")["sizes"]
    assert (sizes["train_chars"], sizes["validation_chars"]) == (len(training), len(validation))


# ---------------------------------------------------------------------------------------------------------------------
# The run folder


def test_run_json_is_what_the_page_says(home: Path) -> None:
    text = prose()
    run = train(text, config("ff"))
    card = card_of(run)
    assert set(card) == RUN
    assert card["format"] == 1
    assert set(card["config"]) == CONFIG
    assert set(card["config"]["model"]) == MODEL
    assert card["config"]["budget"] == {"unit": "steps", "amount": 40}
    assert set(card["corpus"]) == CORPUS
    assert card["corpus"]["sha256"] == sha256(text)
    assert card["shape"] == "stream"
    assert (card["optimum"], card["parent"]) == (None, None)
    started = read_lines(run.folder / "events.jsonl")[0]
    assert (started["config"], started["corpus"]) == (card["config"], card["corpus"])
    assert set(json.loads((run.folder / "owner.json").read_text("utf-8"))) == {"pid", "host", "since", "niceness"}
    assert {p.name for p in run.folder.iterdir()} <= {
        "run.json", "events.jsonl", "best.safetensors", "last.safetensors", "control.jsonl", "lock", "owner.json",
        "trainer.log",
    }  # fmt: skip


def test_a_fine_tuned_run_says_what_it_began_from(home: Path) -> None:
    parent = train(prose(), config())
    begun = session.begin_from(origin(parent.name), sources.from_text(prose() + "ß"), config(), extend_vocabulary=True)
    card, before = card_of(begun.run), read_checkpoint(parent.folder / "best.safetensors")
    assert set(card["parent"]) == PARENT
    assert card["parent"]["label"] == parent.name
    assert card["parent"]["step"] == before.metadata["training"]["step"]
    assert card["parent"]["tensors_sha256"] == before.metadata["tensors_sha256"]
    assert card["parent"]["added"] == "ß"
    after = read_checkpoint(begun.run.folder / "last.safetensors")
    assert after.metadata["vocabulary"] == [*before.metadata["vocabulary"], "ß"]


def test_events_are_what_the_page_says(home: Path) -> None:
    run = train(prose(), config())
    events = read_lines(run.folder / "events.jsonl")
    check_events(events)
    assert events[0]["type"] == "started"
    assert events[0]["from_step"] == 0
    assert {"started", "progress", "evaluated", "sampled", "saved", "finished"} <= {e["type"] for e in events}
    steps = [event["step"] for event in events[1:]]
    assert steps == sorted(steps)
    assert last(events, "finished")["reason"] == "budget"
    sizes = events[0]["sizes"]
    shapes = network_shapes(events[0]["config"]["model"], sizes["vocabulary"])
    assert sizes["parameters"] == sum(math.prod(shape) for shape in shapes.values())


def test_a_resumed_run_voids_what_it_had_not_saved(home: Path) -> None:
    text = prose()
    run = train(text, config(steps=20))
    saved = (run.folder / "last.safetensors").read_bytes()
    train_on(run, text, 60)
    before = read_lines(run.folder / "events.jsonl")
    assert [e["from_step"] for e in before if e["type"] == "started"] == [0, 20]
    assert standing(before) == before
    check_events(before)

    # As if the trainer had been killed after step 20, in the middle of a line; a request was left behind.
    (run.folder / "last.safetensors").write_bytes(saved)
    with (run.folder / "events.jsonl").open("ab") as file:
        file.write(b'{"type":"noted","step":60,"te')
    (run.folder / "control.jsonl").write_bytes(b'{"type":"stop","id":"left-behind"}\n')
    assert read_lines(run.folder / "events.jsonl") == before
    train_on(run, text, 90)

    events = read_lines(run.folder / "events.jsonl")
    assert events[: len(before)] == before
    after = events[len(before) :]
    assert after[0]["type"] == "started"
    assert after[0]["from_step"] == 20
    assert after[0]["config"]["budget"] == {"unit": "steps", "amount": 90}
    assert card_of(run)["config"]["budget"] == {"unit": "steps", "amount": 20}
    assert "left-behind" not in [event.get("id") for event in events]
    kept = standing(events)
    void = [event for event in events if event not in kept]
    assert {event["type"] for event in void} >= {"progress", "evaluated", "finished"}
    assert all(20 < event["step"] <= 60 for event in void)
    check_events(kept)
    assert last(kept, "finished")["step"] == 90
    assert read_checkpoint(run.folder / "last.safetensors").record["step"] == 90


# ---------------------------------------------------------------------------------------------------------------------
# Requests


def test_a_trainer_answers_requests_that_are_written_by_hand(home: Path, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(prose(), "utf-8")
    options = "--name steered --minutes 1 --cell gru --hidden 16 --embed 8 --batch 4 --seq-len 8 --device cpu --quiet"
    trainer = subprocess.Popen(
        [sys.executable, "-m", "rnnplay", "train", str(tmp_path / "text.txt"), "--precision", "fp32", *options.split()],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
    )  # fmt: skip
    folder = home / "runs" / "steered"

    def heard(wanted: Callable[[list[Json]], bool]) -> list[Json]:
        for _ in range(3000):  # only so that a trainer that doesn't listen can't hold the tests up for ever
            ended = trainer.poll() is not None
            events = read_lines(folder / "events.jsonl") if (folder / "events.jsonl").exists() else []
            if wanted(events):
                return events
            assert not ended, trainer.communicate()[0]
            time.sleep(0.1)
        raise AssertionError("The trainer doesn't answer.")

    def ask(line: str) -> None:
        with (folder / "control.jsonl").open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    def ask_and_hear(kind: str, **fields: float) -> list[Json]:
        ask(json.dumps({"type": kind, "id": f"by-hand-{kind}"} | fields))
        return heard(lambda events: f"by-hand-{kind}" in [event.get("id") for event in events])

    try:
        heard(lambda events: any(event["type"] == "progress" for event in events))
        ask("this is no request")
        ask('{"type":"juggle","id":"by-hand-juggle"}')
        ask_and_hear("pause")
        ask_and_hear("unpause")
        told = len(ask_and_hear("set_learning_rate", learning_rate=1e-4))
        heard(lambda events: len([e for e in events[told:] if e["type"] == "progress"]) > 1)
        ask_and_hear("sample")
        ask_and_hear("save")
        ask_and_hear("stop")
        output, _ = trainer.communicate()
    finally:
        trainer.kill()
        trainer.wait()
    assert trainer.returncode == 0, output

    events = read_lines(folder / "events.jsonl")
    check_events(events)
    kinds = ["pause", "unpause", "set_learning_rate", "sample", "save", "stop"]
    assert [e["id"] for e in events if e["type"] == "acknowledged"] == [f"by-hand-{kind}" for kind in kinds]
    at = {e["id"].removeprefix("by-hand-"): i for i, e in enumerate(events) if e["type"] == "acknowledged"}
    assert {e["step"] for e in events[at["pause"] : at["unpause"] + 1]} == {events[at["pause"]]["step"]}
    later = [e for e in events[at["set_learning_rate"] + 1 :] if e["type"] == "progress"]
    assert all(e["learning_rate"] <= 1e-4 for e in later[1:])
    assert "sampled" in [e["type"] for e in events[at["unpause"] :]]
    assert {"saved": "last"} in [{e["type"]: e.get("checkpoint")} for e in events[at["sample"] : at["stop"]]]
    finished = events[-1]
    assert finished["reason"] == "stopped"
    record = read_checkpoint(folder / "last.safetensors").record
    assert record["step"] == finished["step"]
    card = json.loads((folder / "run.json").read_text("utf-8"))
    assert card["config"]["budget"] == {"unit": "minutes", "amount": 1}
    assert card["corpus"]["kind"] == "file"


# ---------------------------------------------------------------------------------------------------------------------
# Texts

AWKWARD = {
    "CRLF, CR and LF": b"one\r\ntwo\rthree\nfour\n\r\nfive\r",
    "a byte order mark": codecs.BOM_UTF8 + "mark\N{BYTE ORDER MARK}ed".encode(),
    "UTF-16, little": codecs.BOM_UTF16_LE + "zwei Wörter\r\n".encode("utf-16-le"),
    "UTF-16, big": codecs.BOM_UTF16_BE + "drei \N{GRINNING FACE}\r\n".encode("utf-16-be"),
    "control characters": "a\tb\x00c\x07d\x1be\x7ff\x85g\x9fh\x0bi\x0cj\x1ck".encode(),
    "the replacement character": "lo\N{REPLACEMENT CHARACTER}st".encode(),
    "decomposed": "e\u0301 o\u0308 A\u030a \u1100\u1161\u11a8 q\u0323\u0307 q\u0307\u0323 \u212b".encode(),
    "marks that meet when a control character goes": "e\x00\u0301 o\N{BYTE ORDER MARK}\u0308".encode(),
    "format characters stay": "soft\u00adhyphen zero\u200bwidth \u2028 \u00a0 \ue000 \U000e0001".encode(),
    "CR and a control character": b"a\r\x00\nb",
}


@pytest.mark.parametrize("what", AWKWARD)
def test_a_file_is_cleaned_as_the_page_says(home: Path, tmp_path: Path, what: str) -> None:
    data = AWKWARD[what]
    filler = ("\n" + prose(300)).encode(
        "utf-16-le"
        if data.startswith(codecs.BOM_UTF16_LE)
        else "utf-16-be"
        if data.startswith(codecs.BOM_UTF16_BE)
        else "utf-8"
    )
    (tmp_path / "text.txt").write_bytes(data + filler)
    begun = session.begin(sources.from_place(str(tmp_path / "text.txt")), config(steps=1))
    assert card_of(begun.run)["corpus"]["sha256"] == sha256(clean(decoded(data + filler)))


def test_files_are_joined_as_the_page_says(home: Path, tmp_path: Path) -> None:
    folder, body = tmp_path / "texts", prose(150)
    files = {
        "a.txt": f"first, without an end {body}".encode(),
        "B.txt": b"capital, classic line end\r",
        "b c.txt": b"a space comes before a slash, but not before nothing",
        "b/inner.txt": "u\u0308ber der Mu\u0308hle\r\n".encode(),
        "b-c.txt": b"so does a hyphen",
        "c.txt": codecs.BOM_UTF8 + b"marked\n",
        "d.txt": "\u0301 begins with a mark".encode(),
        "e.txt": b"",
        "\u00e9.txt": b"last, without an end",
    }
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    begun = session.begin(sources.from_place(str(folder)), config(steps=1))
    assert card_of(begun.run)["corpus"]["sha256"] == sha256(joined(files))


def test_short_lines_may_end_in_crlf(home: Path, tmp_path: Path) -> None:
    text = "\r\n".join(words(4, 900))
    (tmp_path / "names.txt").write_bytes(text.encode())
    begun = session.begin(sources.from_place(str(tmp_path / "names.txt")), config(steps=1))
    assert card_of(begun.run)["corpus"]["sha256"] == sha256(clean(text))


def test_a_newline_before_a_control_character_ends_a_file(home: Path, tmp_path: Path) -> None:
    files = {"a.txt": f"{prose(300)}\n\x1a".encode(), "b.txt": prose(100).encode()}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    begun = session.begin(sources.from_place(str(tmp_path), extensions=[".txt"]), config(steps=1))
    assert card_of(begun.run)["corpus"]["sha256"] == sha256(joined(files))
