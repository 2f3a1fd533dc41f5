from collections.abc import Iterator
from typing import Any

import pytest
import torch

from rnnplay.model.tf32 import cells_use_tf32, tf32_cells, tf32_products


@pytest.fixture
def cells() -> Iterator[Any]:
    """torch's own settings of cuDNN's cells, put back after a test."""
    settings: Any = torch.backends.cudnn.rnn
    if not hasattr(settings, "fp32_precision"):
        pytest.skip("this torch has only the old settings")
    before = settings.fp32_precision
    yield settings
    settings.fp32_precision = before


@pytest.mark.parametrize("before", ["ieee", "tf32"])
def test_the_setting_of_the_cells_is_restored(cells: Any, before: str) -> None:
    cells.fp32_precision = before  # torch's newer way, after which the older one raises
    with tf32_cells(allowed=False):
        assert (cells_use_tf32(), cells.fp32_precision) == (False, "ieee")
        with tf32_cells(allowed=True):
            assert (cells_use_tf32(), cells.fp32_precision) == (True, "tf32")
        assert not cells_use_tf32()
    assert cells.fp32_precision == before


def test_the_cells_forbid_tf32_although_everything_else_allows_it(cells: Any) -> None:
    backends: Any = torch.backends
    everything = backends.fp32_precision
    backends.fp32_precision = "tf32"
    try:
        with tf32_cells(allowed=False):
            assert cells.fp32_precision == "ieee"
    finally:
        backends.fp32_precision = everything


def test_the_setting_of_products_is_restored() -> None:
    before = torch.get_float32_matmul_precision()
    with tf32_products(allowed=True):
        assert torch.get_float32_matmul_precision() == "high"
    assert torch.get_float32_matmul_precision() == before
