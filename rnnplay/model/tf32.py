"""TF32: products of fp32 numbers that a GPU rounds to 10 bits first.

torch allows it in cuDNN's recurrent cells by default, and in no other product.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import torch


def cells_use_tf32() -> bool:
    """Return whether cuDNN's recurrent cells may round fp32 to TF32."""
    cells = _settings_of_cells()
    return torch.backends.cudnn.allow_tf32 if cells is None else bool(cells.fp32_precision == "tf32")


@contextlib.contextmanager
def tf32_cells(allowed: bool) -> Iterator[None]:
    """Allow or forbid TF32 in cuDNN's recurrent cells, and restore the setting afterwards."""
    before = cells_use_tf32()
    _allow_cells(allowed)
    try:
        yield
    finally:
        _allow_cells(before)


@contextlib.contextmanager
def tf32_products(allowed: bool) -> Iterator[None]:
    """Allow or forbid TF32 in products of fp32 matrices, and restore the setting afterwards."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high" if allowed else "highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def _settings_of_cells() -> Any:  # noqa: ANN401 - a module of torch's
    """Return the module that holds `fp32_precision` of the cells, as from torch 2.9 on; None before.

    `allow_tf32` still works there, but raises as soon as anyone has used the new settings.
    """
    module: Any = getattr(torch.backends.cudnn, "rnn", None)
    return module if hasattr(module, "fp32_precision") else None


def _allow_cells(allowed: bool) -> None:
    cells = _settings_of_cells()
    if cells is None:
        torch.backends.cudnn.allow_tf32 = allowed
    else:
        cells.fp32_precision = "tf32" if allowed else "ieee"
