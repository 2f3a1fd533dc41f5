"""What is settled once, before the first step: device, precision, threads, and sizes that fit the text."""

import os
import time

import msgspec
import torch
from torch.nn import functional as F  # noqa: N812 - torch's own name for it

from rnnplay.errors import UserError
from rnnplay.model.network import CharacterModel
from rnnplay.text import streams
from rnnplay.training.config import TrainingConfig

TRIAL_STEPS = 4
THREADS_AT_MOST = 8  # small matrices: more threads wait for each other longer than they work


def resolved(config: TrainingConfig, train_chars: int, vocabulary_size: int) -> tuple[TrainingConfig, list[str]]:
    """Return the settings with everything named, and what a person should know of the changes.

    Raises:
        UserError: The device isn't there, or the text is too short.
    """
    config.checked()
    notes = []
    device = _device(config.device)
    batch_size, seq_len = streams.fitted(train_chars, config.batch_size, config.seq_len)
    if (batch_size, seq_len) != (config.batch_size, config.seq_len):
        was = f"{config.batch_size} rows of {config.seq_len}"
        notes.append(f"The text is too short for {was} characters at once: {batch_size} of {seq_len} instead.")
    threads = config.threads or min(torch.get_num_threads(), THREADS_AT_MOST)
    torch.set_num_threads(threads)
    config = msgspec.structs.replace(config, device=device, batch_size=batch_size, seq_len=seq_len, threads=threads)
    if config.precision == "auto":
        config = msgspec.structs.replace(config, precision=_faster_precision(config, vocabulary_size))
    return config, notes


def versions() -> dict[str, str]:
    """Return the versions that decide how a training computes."""
    import platform

    return {"python": platform.python_version(), "torch": str(torch.__version__), "platform": platform.platform()}


def device_name(device: str) -> str:
    """Return what the device is, for a person."""
    if device.startswith("cuda"):
        return torch.cuda.get_device_name(torch.device(device))
    return {"mps": "Apple GPU"}.get(device, f"CPU, {torch.get_num_threads()} threads")


def _device(name: str) -> str:
    """Return the device that a name stands for.

    Raises:
        UserError: It isn't there.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
        return "cpu"
    if name == "cpu":
        return name
    if name == "mps":
        if torch.backends.mps.is_available():
            return name
        raise UserError("There is no Apple GPU that torch can use here; try --device cpu.")
    kind, _, number = name.partition(":")
    if kind != "cuda" or (number and not (number.isascii() and number.isdigit())):
        raise UserError(f"There is no device '{name}': auto, cpu, cuda, cuda:N or mps.")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    index = int(number or os.environ.get("LOCAL_RANK", "0"))
    if index >= count:
        found = f"only {count} CUDA devices" if count else "no CUDA device that torch can use"
        raise UserError(f"'{name}' isn't there: this machine has {found}; try --device cpu.")
    return f"cuda:{index}"


def _faster_precision(config: TrainingConfig, vocabulary_size: int) -> str:
    """Try a few steps in each precision that the device computes natively, and return the faster one's name."""
    if config.device.startswith("cuda"):
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        native = config.device == "cpu" and torch.cpu._is_avx512_bf16_supported()
    if not native:
        return "fp32"
    return min(("fp32", "bf16"), key=lambda name: _trial(config, vocabulary_size, name))


def _trial(config: TrainingConfig, vocabulary_size: int, precision: str) -> float:
    """Return how many seconds the fastest of a few steps takes."""
    device = torch.device(config.device)
    model = CharacterModel(config.model, vocabulary_size)
    model.initialise(0)
    model.to(device)
    ids = torch.zeros(config.seq_len, config.batch_size, dtype=torch.long, device=device)
    taken = []
    for _ in range(TRIAL_STEPS):
        begun = time.perf_counter()
        with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
            logits, _ = model(ids, model.initial_state(config.batch_size))
        torch.autograd.backward(F.cross_entropy(logits.float().flatten(0, 1), ids.flatten()))
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        taken.append(time.perf_counter() - begun)
    return min(taken)
