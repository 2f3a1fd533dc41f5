"""No crafted or damaged state is taken up: each is refused in a sentence, and the run stays as it was."""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from rnnplay.errors import UserError
from rnnplay.model import checkpoint as checkpoints
from rnnplay.model.checkpoint import Checkpoint
from rnnplay.model.config import CELLS
from rnnplay.runs.folder import Run
from tests.training.tiny import begun, eager, finished, kept, made_text, record_of, resumed, settings, stopped

SEED = 20
ROUNDS = 60  # faults of each network, drawn from all


@pytest.fixture(autouse=True)
def _eager_at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    eager(monkeypatch)


Array = NDArray[Any]

# What happens to one tensor. Those that leave it as it was, or don't exist for it, return None.
FAULTS: dict[str, Callable[[Array], Array | None]] = {
    "empty": lambda x: x.reshape(-1)[:0] if x.size else None,
    "one short": lambda x: x.reshape(-1)[:-1].copy() if x.size else None,
    "one row short": lambda x: x[:-1].copy() if x.ndim and len(x) else None,
    "one long": lambda x: np.append(x.reshape(-1), x.dtype.type(0)),
    "transposed": lambda x: x.T.copy() if x.shape != x.T.shape else None,
    "flat": lambda x: x.reshape(-1) if x.ndim > 1 else None,
    "another float": lambda x: x.astype(np.float64),
    "another integer": lambda x: x.astype(np.int32),
    "small floats": lambda x: x.astype(np.float16),
    "NaN": lambda x: with_one(x, np.nan) if x.dtype == np.float32 else None,
    "infinity": lambda x: with_one(x, -np.inf) if x.dtype == np.float32 else None,
    "huge": lambda x: with_one(x, 3e38 if x.dtype == np.float32 else 1 << 62) if x.dtype != np.uint8 else None,
    "an id before none": lambda x: with_one(x, -2) if x.dtype == np.int64 else None,
    "zeros": lambda x: np.zeros_like(x) if x.dtype == np.uint8 else None,
    "noise": lambda x: x ^ np.uint8(0x5A) if x.dtype == np.uint8 else None,
}
OWN_FAULTS: dict[str, Callable[[Array], Array | None]] = {
    ".exp_avg_sq": lambda x: with_one(x, -1e-3),
    ".step": lambda x: x + x.dtype.type(1),
}


def with_one(x: Array, value: float) -> Array | None:
    """Return a copy with one other value."""
    if not x.size:
        return None
    x = x.copy()
    x.reshape(-1)[x.size // 2] = value
    return x


def states(state: Mapping[str, Array]) -> list[tuple[str, Mapping[str, Array]]]:
    """Return every fault's label and state."""
    faulty: list[tuple[str, Mapping[str, Array]]] = [
        ("extra", {**state, "optimizer.head.bias.max_exp_avg_sq": np.zeros(3, np.float32)}),
        ("extra layer", {**state, "carried.9.0": state["carried.0.0"]}),
    ]
    for name, value in state.items():
        faulty.append((f"{name} missing", {key: kept for key, kept in state.items() if key != name}))
        own = [(end, change) for end, change in OWN_FAULTS.items() if name.endswith(end)]
        for fault, change in [*FAULTS.items(), *own]:
            changed = change(value)
            if changed is not None:
                faulty.append((f"{name} {fault}", {**state, name: changed}))
    return faulty


def saved_run(**changes: Any) -> Run:
    """Return a run that was stopped where the mean of its weights has begun."""
    config = settings(60, **{"hidden_size": 6, "embedding_size": 5, "dropout": 0.1, **changes})
    return stopped(begun("run", config), 45)


def content(run: Run) -> dict[str, bytes]:
    """Return every file of a run."""
    return {path.name: path.read_bytes() for path in run.folder.iterdir()}


def refusal(run: Run) -> str:
    """Return the sentence with which a run is refused, nothing where it is taken up."""
    try:
        resumed(run)
    except UserError as error:
        return str(error)
    return ""


def assert_refused(run: Run, broken: Checkpoint, label: str) -> None:
    """Check that a run with this last checkpoint is refused in one sentence, and left as it was."""
    checkpoints.save(run.checkpoint("last"), broken)
    before = content(run)
    sentence = refusal(run)
    assert str(run.checkpoint("last")) in sentence, label
    assert "\n" not in sentence
    assert len(sentence) < 1000
    assert content(run) == before, label


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_no_fault_of_a_state_s_tensor_is_taken_up(cell: str, layers: int) -> None:
    run = saved_run(cell=cell, layers=layers, context=3 if cell == "ff" else None)
    good = kept(run)
    faulty = states(good.state)
    assert len(faulty) > 4 * ROUNDS
    for label, state in random.Random(SEED + layers).sample(faulty, ROUNDS):
        assert_refused(run, replace(good, state=state), label)
    checkpoints.save(run.checkpoint("last"), good)
    finished(resumed(run))


def test_each_kind_of_tensor_is_refused_with_each_fault() -> None:
    run = saved_run()
    good = kept(run)
    optimizer = (f"optimizer.layers.0.weight_hh_l0.{part}" for part in ("step", "exp_avg", "exp_avg_sq"))
    kinds = ("record", "random.cpu", "carried.0.1", "weights.head.weight", *optimizer)
    chosen = [(label, state) for label, state in states(good.state) if label.startswith(("extra", *kinds))]
    assert len(chosen) > len(kinds) * 8
    for label, state in chosen:
        assert_refused(run, replace(good, state=state), label)


@pytest.mark.parametrize("name", ["embedding.weight", "layers.0.weight_hh_l0", "head.bias"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -3e38])
def test_a_network_that_can_t_be_computed_with_is_not_trained_further(name: str, value: float) -> None:
    run = saved_run()
    good = kept(run)
    changed = with_one(np.asarray(good.tensors[name]), value)
    assert changed is not None
    assert_refused(run, replace(good, tensors={**good.tensors, name: changed}), name)


# The record.


def point(**changes: object) -> dict[str, object]:
    """Return a point of the learning curve."""
    return {"step": 3, "seconds": 0.5, "train": 2.0, "validation": 2.1, **changes}


RECORD_FAULTS: dict[str, tuple[object, ...]] = {
    "step": (-1, 44, 46, 1 << 62, 10**400, 45.5, "45", None, []),
    "chars": (-1, 0, 1 << 62, 10**400, "1", None),
    "seconds": (-1.0, 1e300, "x", None),
    "epoch": (-1, 1, 1 << 40, 10**30, 0.5, None),
    "window": (-1, 44, 56, 1 << 40, "1", None),
    "averaged": (-1, 0, 46, 1 << 40, None),
    "rate_multiplier": (-1.0, 1e30, 10**400, None, "1"),
    "rollbacks": (-1, 10**400, None, 1.5),
    "best_loss": (-2.0, 1e300, "low", []),
    "best_step": (-1, 46, 10**400, None),
    "since_best": (-1, 10**400, None),
    "evaluations": (-1, 10**400, None),
    "train_loss": (-2.0, 1e300, {}),
    "milestones": (None, [1], "uniform", ["x"] * 1000),
    "curve": (
        *(None, [1], [point()] * 1000),
        *([point(**fault)] for fault in ({"step": -1}, {"step": 10**400}, {"train": -2.0}, {"seconds": 1e300})),
    ),
}


def test_no_fault_of_a_record_s_field_is_taken_up() -> None:
    run = saved_run()
    good = kept(run)
    record = msgspec.to_builtins(record_of(good.state))
    assert set(RECORD_FAULTS) == set(record)
    faulty = [({**record, name: value}, f"{name} {value!r:.40}") for name in record for value in RECORD_FAULTS[name]]
    later = {"averaged", "curve"}  # that runs of older versions lack
    faulty += [({k: v for k, v in record.items() if k != name}, f"{name} missing") for name in set(record) - later]
    for changed, label in faulty:
        text = np.frombuffer(json.dumps(changed).encode(), np.uint8)
        assert_refused(run, replace(good, state={**good.state, "record": text}), label)


@pytest.mark.parametrize("text", [b"", b"[]", b"null", b"{", b"\xff\xfe", b"[" * 60_000, b'{"step": NaN}'])
def test_a_record_that_is_none_is_refused(text: bytes) -> None:
    run = saved_run()
    good = kept(run)
    state = {**good.state, "record": np.frombuffer(text, np.uint8)}
    assert_refused(run, replace(good, state=state), repr(text[:20]))


def test_a_field_of_a_later_version_is_passed_over() -> None:
    run = saved_run()
    good = kept(run)
    record = msgspec.to_builtins(record_of(good.state)) | {"of_a_later_version": [1, 2]}
    text = np.frombuffer(msgspec.json.encode(record), np.uint8)
    checkpoints.save(run.checkpoint("last"), replace(good, state={**good.state, "record": text}))
    finished(resumed(run))


@pytest.mark.parametrize("cell", CELLS)
def test_numbers_that_are_only_unlikely_come_to_an_end(cell: str) -> None:
    run = saved_run(cell=cell, context=3 if cell == "ff" else None)
    good = kept(run)
    drawn = np.random.default_rng(SEED)
    state = {
        name: np.abs(drawn.normal(0, 1e12, value.shape)).astype(np.float32)
        if value.dtype == np.float32 and not name.endswith(".step")
        else value
        for name, value in good.state.items()
    }
    checkpoints.save(run.checkpoint("last"), replace(good, state=state))
    finished(resumed(run))
    assert all(np.isfinite(value).all() for value in kept(run).tensors.values())


# A checkpoint of another run in the run's folder.


def others() -> dict[str, Run]:
    """Return a run, and others that differ in one thing."""
    text = made_text()
    small: dict[str, Any] = {"hidden_size": 6, "embedding_size": 5}
    runs = {
        "own": begun("own", settings(20, **small), text),
        "another width": begun("width", settings(20, **small | {"hidden_size": 7}), text),
        "another cell": begun("cell", settings(20, cell="gru", **small), text),
        "another text": begun("text", settings(20, **small), made_text(seed=5)),
        "another vocabulary": begun("vocabulary", settings(20, min_count=400, **small), text),
        "another batch": begun("batch", settings(20, batch_size=8, **small), text),
    }
    return {name: stopped(current, 12) for name, current in runs.items()}


def test_the_last_checkpoint_of_another_run_is_refused() -> None:
    runs = others()
    for name, run in runs.items():
        if name != "own":
            assert_refused(runs["own"], kept(run), name)


def test_the_best_checkpoint_of_another_run_is_refused() -> None:
    runs = others()
    own = runs.pop("own")
    for name, run in runs.items():
        own.checkpoint("best").write_bytes(run.checkpoint("best").read_bytes())
        if name == "another batch":  # its network is of the same shape and learned from the same text
            continue
        with pytest.raises(UserError, match=r"best\.safetensors' belongs to another run"):
            resumed(own)
