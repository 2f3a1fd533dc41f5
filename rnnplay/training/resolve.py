"""What is settled once, before the first step: device, knobs, sizes that fit the text, precision and threads."""

import os

import torch
from msgspec.structs import replace

from rnnplay.model.device import find_device, idle_gpu_reason
from rnnplay.text import streams
from rnnplay.training import choosing, trial
from rnnplay.training.choosing import Chosen
from rnnplay.training.config import TrainingConfig
from rnnplay.training.processors import threads_in_words
from rnnplay.training.trial import Trial

NEAR = 1.5  # times as wide: what is fastest for one network is so for the other


def resolved(config: TrainingConfig, train_chars: int, vocabulary_size: int) -> tuple[TrainingConfig, list[str]]:
    """Return the settings with everything named and every knob set, and what a person should know of that.

    A budget in minutes is answered from the machine's measured speed, and the threads are those that it trained fastest
    with. With a budget in steps or epochs neither the knobs nor the threads (torch's own number, at most eight) depend
    on a measurement; the precision does, where the device has two and none is given. What is recorded already, as in a
    run that goes on, is taken as it is.

    Raises:
        UserError: The device isn't there, or the text is too short.
    """
    wanted = config.checked().device
    config = replace(config, device=find_device(wanted))
    config, other_precision = _computable(config)
    given = {"batch_size", "seq_len"} - set(config.free)
    config, too_short = _fitted(config, train_chars)
    if config.threads is None and not _tries_threads(config):
        config = replace(config, threads=trial.usual_threads())
    choice, measured = _chosen(config, train_chars, vocabulary_size)
    config, _ = _fitted(choice.config, train_chars)
    config = _fastest(config, vocabulary_size, measured)
    torch.set_num_threads(config.threads or trial.usual_threads())
    notes = [choice.reason, too_short if given else "", other_precision]
    if wanted == "auto" and idle_gpu_reason():
        notes.append(f"The GPU isn't used: {idle_gpu_reason()}.")
    return config, [note for note in notes if note]


def _chosen(config: TrainingConfig, train_chars: int, vocabulary_size: int) -> tuple[Chosen, Trial | None]:
    """Return settings with every knob set, and what a trial came to that holds for their network, if there was one."""
    if not config.free or config.budget.unit != "minutes":
        return choosing.chosen(config, vocabulary_size, train_chars, None), None
    middling = choosing.to_try(config, train_chars)
    measured = trial.tried(middling, vocabulary_size)
    choice = choosing.chosen(config, vocabulary_size, train_chars, measured.rate, held_up=measured.held_up)
    return choice, measured if _alike(choice.config, middling) else None


def _fastest(config: TrainingConfig, vocabulary_size: int, measured: Trial | None) -> TrainingConfig:
    """Return settings with the precision and the threads that are fastest, where these aren't given.

    Args:
        config: Settings with every knob set.
        vocabulary_size: How many different characters the text has.
        measured: What a trial of such a network came to; None for one to be made, where there is something to try.
    """
    if config.threads is None or len(trial.precisions(config)) > 1:
        measured = measured or trial.tried(config, vocabulary_size)
        return replace(config, threads=measured.threads, precision=measured.precision)
    return replace(config, precision=trial.precisions(config)[0])


def _fitted(config: TrainingConfig, train_chars: int) -> tuple[TrainingConfig, str]:
    """Return settings whose steps the text can fill, and a sentence where these are others ("" else)."""
    batch_size, seq_len = streams.fitted(train_chars, config.batch_size, config.seq_len)
    if (batch_size, seq_len) == (config.batch_size, config.seq_len):
        return config, ""
    was = f"{config.batch_size} rows of {config.seq_len}"
    note = f"The text is too short for {was} characters at once: {batch_size} of {seq_len} instead."
    return replace(config, batch_size=batch_size, seq_len=seq_len), note


def _computable(config: TrainingConfig) -> tuple[TrainingConfig, str]:
    """Return settings in a precision that the device has, and a sentence if it is another one ("" else).

    A run from another machine may have been begun in one that this machine lacks.
    """
    if config.precision != "bf16" or trial.computes_bf16(config):
        return config, ""
    note = "This processor can't run an LSTM in bf16: fp32 instead."
    return replace(config, precision="fp32"), note


def _tries_threads(config: TrainingConfig) -> bool:
    """Tell whether the number of threads is to be measured: where it matters and nobody has set it."""
    return config.device == "cpu" and config.budget.unit == "minutes" and "OMP_NUM_THREADS" not in os.environ


def _alike(config: TrainingConfig, tried: TrainingConfig) -> bool:
    """Tell whether what is fastest for one network is so for the other."""
    ratio = config.model.hidden_size / tried.model.hidden_size
    return config.model.cell == tried.model.cell and 1 / NEAR <= ratio <= NEAR


def versions() -> dict[str, str]:
    """Return the versions that decide how a training computes."""
    import platform

    return {"python": platform.python_version(), "torch": str(torch.__version__), "platform": platform.platform()}


def device_name(device: str) -> str:
    """Return what the device is, for a person."""
    if device.startswith("cuda"):
        return torch.cuda.get_device_name(torch.device(device))
    return {"mps": "Apple GPU"}.get(device, f"CPU, {threads_in_words(torch.get_num_threads())}")
