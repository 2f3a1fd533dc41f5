"""Many texts at once, beside one text at a time."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnplay.errors import UserError
from rnnplay.model.config import ModelConfig
from rnnplay.sampling.filters import sample_filters, softmax
from rnnplay.sampling.records import SampleSettings
from rnnplay.sampling.sampler import sample
from rnnplay.sampling.volume import BLOCK, Whole, Written, filtered, write_many
from tests.sampling.test_sampler import CONFIGS, SYMBOLS, constant_checkpoint, random_checkpoint

DEEP = [ModelConfig(cell, 3, 8, 4) for cell in ("lstm", "gru", "rnn")] + [ModelConfig("ff", 2, 8, 4, context=1)]
every_network = pytest.mark.parametrize("config", CONFIGS + DEEP, ids=lambda c: f"{c.cell}-{c.layers}")


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Several threads on matrices this small wait for each other, on a busy machine for seconds."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def together(checkpoint: Any, prompt: str = "ab", count: int = 5, **changes: Any) -> list[str]:
    told = [
        one
        for one in write_many(checkpoint, prompt, SampleSettings(**({"length": 60} | changes)), count, "cpu")
        if isinstance(one, Whole)
    ]
    assert [one.number for one in told] == list(range(count))
    return [one.text for one in told]


def alone(checkpoint: Any, prompt: str = "ab", count: int = 5, **changes: Any) -> list[str]:
    first = changes.pop("seed", 0)
    return [
        "".join(
            one.character
            for one in sample(checkpoint, prompt, SampleSettings(**({"length": 60} | changes), seed=first + number))
        )
        for number in range(count)
    ]


@every_network
@pytest.mark.parametrize("prompt", ["", "a", "abc dea\nb"])
def test_texts_written_together_are_those_written_alone(config: ModelConfig, prompt: str) -> None:
    checkpoint = random_checkpoint(config)
    assert together(checkpoint, prompt, seed=7) == alone(checkpoint, prompt, seed=7)


@pytest.mark.parametrize(
    "changes",
    [
        {"temperature": 0.0},
        {"temperature": 1e-300},
        {"temperature": 3.0},
        {"top_k": 2},
        {"top_p": 0.7},
        {"top_p": 0.0},
        {"min_p": 0.4},
        {"top_k": 4, "top_p": 0.9, "min_p": 0.05, "temperature": 1.3},
        {"length": 0},
        {"length": 1},
        {"length": 33},
        {"seed": (1 << 63) - 5},
    ],
    ids=str,
)
def test_every_setting_means_the_same(changes: dict[str, Any]) -> None:
    checkpoint = random_checkpoint()
    assert together(checkpoint, **changes) == alone(checkpoint, **changes)


@pytest.mark.parametrize("stop", ["a", "ab", "\n", " a", "abcdeabcde"])
def test_each_text_ends_with_its_own_first_stop(stop: str) -> None:
    checkpoint = random_checkpoint()
    texts = together(checkpoint, stop=stop, count=20, length=100)
    assert texts == alone(checkpoint, stop=stop, count=20, length=100)
    assert len({len(text) for text in texts}) > 1 or stop == "abcdeabcde"


def test_a_stop_that_begins_in_the_prompt_or_reaches_over_a_look_is_found_as_alone() -> None:
    checkpoint = constant_checkpoint({"a": 100.0, "b": 0.0})
    assert together(checkpoint, "b", length=5, stop="ba", count=2) == ["aaaaa"] * 2
    assert together(checkpoint, "b", length=90, stop="a" * 40, count=2) == ["a" * 40] * 2


def test_a_text_is_the_same_however_many_are_asked_for() -> None:
    checkpoint = random_checkpoint()
    many = together(checkpoint, count=BLOCK + 3, length=20)
    assert many[:3] == together(checkpoint, count=3, length=20)
    assert many[BLOCK:] == alone(checkpoint, count=3, length=20, seed=BLOCK)
    assert len(set(many)) == len(many)


def test_texts_in_a_later_block_stop_and_go_on_by_themselves() -> None:
    checkpoint = constant_checkpoint({"a": 1.0, "b": 0.0})
    count = 2 * BLOCK + 1
    assert together(checkpoint, count=count, length=40, stop="bb") == alone(
        checkpoint, count=count, length=40, stop="bb"
    )


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_the_unknown_symbol_is_never_written(temperature: float) -> None:
    checkpoint = constant_checkpoint({"a": 0.0, "b": 0.1, "\ufffd": 30.0}, unknown="\ufffd")
    assert set("".join(together(checkpoint, temperature=temperature))) <= {"a", "b"}


def test_how_far_it_is_grows_up_to_the_whole() -> None:
    told = list(write_many(random_checkpoint(), "", SampleSettings(length=100), BLOCK + 10, "cpu"))
    steps = [one for one in told if isinstance(one, Written)]
    shares = [one.share for one in steps]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert (steps[-1].texts, steps[-1].chars) == (BLOCK + 10, (BLOCK + 10) * 100)
    assert len(steps) > 6


def test_a_network_that_has_diverged_is_told_of() -> None:
    checkpoint = constant_checkpoint({"a": float("nan"), "b": 0.0})
    with pytest.raises(UserError, match="diverged"):
        together(checkpoint)


def test_settings_out_of_range_are_refused() -> None:
    for changes in ({"temperature": -1.0}, {"seed": (1 << 63) - 2}):
        with pytest.raises(UserError):
            together(random_checkpoint(), **changes)


shares = st.none() | st.floats(0, 1)


@settings(max_examples=200, deadline=None)
@given(
    logits=st.lists(st.sampled_from([-30.0, -2.0, 0.0, 0.5, 1.0, 4.0]), min_size=1, max_size=9),
    top_k=st.none() | st.integers(1, 10),
    top_p=shares,
    min_p=shares,
)
def test_filters_leave_what_they_leave_one_stream(
    logits: list[float], top_k: int | None, top_p: float | None, min_p: float | None
) -> None:
    rows = np.array([logits, logits[::-1]])
    settings_ = SampleSettings(top_k=top_k, top_p=top_p, min_p=min_p)
    left = filtered(torch.from_numpy(rows).softmax(dim=1), settings_).numpy()
    for row, found in zip(rows, left, strict=True):
        expected = sample_filters(softmax(row), top_k, top_p, min_p)
        np.testing.assert_allclose(found / found.sum(), expected / expected.sum(), atol=1e-12)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_a_gpu_writes_nearly_the_same() -> None:
    checkpoint = random_checkpoint()
    on_gpu = [
        one.text
        for one in write_many(checkpoint, "ab", SampleSettings(length=60), 20, "cuda")
        if isinstance(one, Whole)
    ]
    assert sum(one == other for one, other in zip(on_gpu, alone(checkpoint, count=20), strict=True)) >= 18


def test_the_symbols_of_texts_are_the_network_s() -> None:
    assert set("".join(together(random_checkpoint(), count=50))) <= set(SYMBOLS)
