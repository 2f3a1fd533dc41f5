"""More characters for a trained network: what it knew it knows as before."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from rnnplay import places
from rnnplay.model import checkpoint as checkpoints
from rnnplay.model.checkpoint import Checkpoint
from rnnplay.model.config import CELLS, ModelConfig
from rnnplay.model.extension import extended
from rnnplay.model.network import CharacterModel
from rnnplay.text import catalogue
from rnnplay.training import evaluation
from tests.model.test_checkpoint import random_checkpoint

SYMBOLS = "".join(map(chr, range(0x61, 0x61 + 40)))
GREEK = "".join(map(chr, range(0x3B1, 0x3B1 + 24)))
HAN = "".join(map(chr, range(0x4E00, 0x4E00 + 3000)))


def losses(checkpoint: Checkpoint, text: str) -> npt.NDArray[np.float64]:
    """Return the loss of each character of a text but the first, in nats, in float64: fp32 rounds."""
    network = CharacterModel.of(checkpoint.model, checkpoint.tensors).double().eval()
    ids = torch.from_numpy(checkpoint.vocabulary.encode(text).astype(np.int64))[:, None]
    start = network.initial_state(1)
    state = [tuple(part.double() if part.is_floating_point() else part for part in layer) for layer in start]
    with torch.inference_mode():
        logits, _ = network(ids[:-1], state)
    found: npt.NDArray[np.float64] = functional.cross_entropy(logits[:, 0], ids[1:, 0], reduction="none").numpy()
    return found


@settings(max_examples=60, deadline=None)
@given(
    cell=st.sampled_from(CELLS),
    layers=st.integers(1, 3),
    known=st.integers(2, 40),
    added=st.sampled_from([1, 2, 24, 3000]),
    spread=st.sampled_from([0.1, 1.0, 6.0]),
    seed=st.integers(0, 2**31),
)
def test_no_character_that_was_known_becomes_less_likely(
    cell: Any, layers: int, known: int, added: int, spread: float, seed: int
) -> None:
    model = ModelConfig(cell, layers, 12, 5, 3 if cell == "ff" else None)
    before = random_checkpoint(model, SYMBOLS[:known], seed=seed)
    for tensor in before.tensors.values():
        tensor *= spread
    after = extended(before, HAN[:added], seed)
    text = "".join(np.random.default_rng(seed).choice(list(SYMBOLS[:known]), 60).tolist())
    one, other = losses(before, text), losses(after, text)
    assert (other >= one - 1e-12 * np.maximum(one, 1)).all()
    assert (other <= one + 1e-6 * np.maximum(one, 1)).all()


def test_the_shipped_network_s_loss_stays_what_it_was() -> None:
    before = checkpoints.load(places.shipped("checkpoints") / "play.safetensors")
    after = extended(before, GREEK)
    text = catalogue.load("play")
    part = text.split(0.1).validation
    one, other = (
        evaluation.carried_score(
            CharacterModel.of(network.model, network.tensors), network.vocabulary.translate(part, text.alphabet)
        ).loss
        for network in (before, after)
    )
    assert other == pytest.approx(one, abs=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_old_rows_and_ids_stay_and_new_ones_follow(cell: Any) -> None:
    model = ModelConfig(cell, 2, 6, 4, 2 if cell == "ff" else None)
    before = random_checkpoint(model, "\nab\ufffd", unknown=3)
    after = extended(before, "éß")
    assert after.vocabulary.symbols == ("\n", "a", "b", "\ufffd", "é", "ß")
    assert after.vocabulary.unknown == 3
    for name, tensor in before.tensors.items():
        assert after.tensors[name][: len(tensor)].tobytes() == tensor.tobytes(), name
        assert len(after.tensors[name]) - len(tensor) == (2 if name.startswith(("embedding", "head")) else 0), name
    new = after.tensors["embedding.weight"][4:]
    assert not np.array_equal(new[0], new[1])  # one character can be told from another


def test_an_extended_network_is_a_checkpoint_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "more.safetensors"
    after = extended(random_checkpoint(), "éß")
    checkpoints.save(path, after)
    again = checkpoints.load(path)
    assert again.vocabulary == after.vocabulary
    assert checkpoints.tensors_sha256(again.tensors) == checkpoints.tensors_sha256(after.tensors)


def test_nothing_to_add_changes_nothing() -> None:
    before = random_checkpoint()
    after = extended(before, "")
    assert after.vocabulary == before.vocabulary
    assert checkpoints.tensors_sha256(after.tensors) == checkpoints.tensors_sha256(before.tensors)
