"""Find the device that a network computes on, and send arrays there."""

import functools
import os
import warnings

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnplay.errors import UserError

_NOT_BUILT, _NONE = "this torch is built without CUDA", "no device or no driver"


def find_device(name: str = "auto") -> str:
    """Return the device that a name stands for: "cpu", "mps" or "cuda:N".

    Of several processes started by torchrun, each gets the GPU of its own number (`LOCAL_RANK`). "auto" is the GPU if
    there is one that works.

    Raises:
        UserError: There is no such device, or it doesn't work.
    """
    if name == "auto":
        return "cpu" if gpu_problem() else f"cuda:{_local_rank()}"
    if name == "cpu":
        return name
    if name == "mps":
        if torch.backends.mps.is_available():
            return name
        raise UserError("There is no Apple GPU that torch can use here; try --device cpu.")
    kind, colon, number = name.partition(":")
    if kind != "cuda" or (colon and not (number.isascii() and number.isdigit())):
        raise UserError(f"There is no device '{name}': auto, cpu, cuda, cuda:N or mps.")
    index = int(number or _local_rank())
    problem = gpu_problem(index)
    if problem:
        raise UserError(f"'{name}' can't be used: {problem}; try --device cpu.")
    return f"cuda:{index}"


def to_device(array: NDArray[np.int64] | NDArray[np.bool_], device: torch.device) -> Tensor:
    """Return an array as a tensor on a device. A GPU fetches it while the host goes on.

    From memory that isn't pinned it would be copied only after all that the GPU has yet to do.
    """
    tensor = torch.from_numpy(array)
    if device.type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def gpu_problem(index: int | None = None) -> str:
    """Return why a CUDA device can't be used, or "" if it works.

    Args:
        index: Its number; None for the one that "auto" stands for.
    """
    count, reason = count_gpus()
    index = _local_rank() if index is None else index
    if not count:
        return f"torch can use no CUDA device here ({reason})"
    if index >= count:
        return "this machine has only " + ("one CUDA device" if count == 1 else f"{count} CUDA devices")
    return _try_gpu(index)


def idle_gpu_reason() -> str:
    """Return why "auto" leaves a GPU alone that seems to be there, or "" if it uses it or there is none."""
    count, reason = count_gpus()
    return "" if reason in {_NOT_BUILT, _NONE} else gpu_problem() if count else reason


@functools.cache
def count_gpus() -> tuple[int, str]:
    """Return how many CUDA devices torch can use, and why there are none ("" if there are some)."""
    if not torch.backends.cuda.is_built():  # type: ignore[no-untyped-call]  # torch gives it no types
        return 0, _NOT_BUILT
    with warnings.catch_warnings(record=True) as caught:  # torch warns of a driver that is too old, say
        warnings.simplefilter("always")
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if count:
        return count, ""
    return 0, _first_sentence(str(caught[-1].message)) if caught else _NONE


@functools.cache
def _try_gpu(index: int) -> str:
    """Compute something on a GPU: one that is reserved by another process or too old for this torch fails only then."""
    try:
        torch.ones(8, device=f"cuda:{index}").sum().item()
    except RuntimeError as error:
        return f"it doesn't work ({_first_sentence(str(error))})"
    return ""


def _first_sentence(text: str) -> str:
    return text.strip().partition("\n")[0].partition(". ")[0].rstrip(".")


def _local_rank() -> int:
    return int(os.environ.get("LOCAL_RANK", "0"))
