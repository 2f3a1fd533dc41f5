"""How fast networks write, by width: one text, and many at once."""

import time
from collections.abc import Iterator
from itertools import islice

from rnnplay.bench.peaks import GROUP_SECONDS, Mode, Peaks, readable, using
from rnnplay.bench.records import SamplingSpeed, sampling_bound
from rnnplay.bench.training import PATIENCE, ROUNDS, VOCABULARY, settings
from rnnplay.model import cost
from rnnplay.model.checkpoint import Checkpoint, CorpusCard, Training
from rnnplay.model.config import GATES, ModelConfig
from rnnplay.model.network import CharacterModel
from rnnplay.sampling.records import SampleSettings
from rnnplay.sampling.sampler import sample
from rnnplay.sampling.volume import BLOCK, Written, write_many

ENDLESS = SampleSettings(length=1 << 20)
BURST_SECONDS = 0.15
WARM = 50  # characters before the first that counts


def sampling_speed(hidden_size: int, mode: Mode, peaks: Peaks) -> SamplingSpeed:
    """Write with a fresh network, one text and many in turns.

    Args:
        hidden_size: Of the network.
        mode: In which the device computes many.
        peaks: What the device reaches.
    """
    model = settings(hidden_size, peaks.device).model
    network = CharacterModel(model, len(VOCABULARY))
    network.initialise(0)
    checkpoint = Checkpoint(model, VOCABULARY, network.tensors(), Training(), CorpusCard(), {})
    size = bytes_read(model)
    alone = together = could_read = 0.0
    until = time.perf_counter() + PATIENCE
    for number in range(ROUNDS):
        if number and time.perf_counter() > until:
            break
        could_read = max(could_read, readable(size))
        alone = max(alone, _alone(checkpoint))
        peaks.look(mode)
        with using(mode.threads):
            together = max(together, _together(checkpoint, peaks.device))
    read = alone * size / 1e9
    gflops = together * 2 * cost.multiply_adds(model, len(VOCABULARY)) / 1e9
    return SamplingSpeed(
        network=str(model),
        hidden_size=hidden_size,
        characters_per_second=alone,
        read_gigabytes_per_second=read,
        readable_gigabytes_per_second=could_read,
        share_of_readable=read / could_read,
        bound=sampling_bound(read / could_read),
        streams=BLOCK,
        many_characters_per_second=together,
        many_gflops=gflops,
        peak_gflops=peaks.of(mode),
        share_of_peak=gflops / peaks.of(mode),
    )


def bytes_read(model: ModelConfig) -> int:
    """Return the bytes of fp32 weights that one stream of a recurrent network reads for a character.

    The first layer's input product is a look-up: of its weights only one row of a table, of all gates, is read.
    """
    rows = GATES[model.cell] * model.hidden_size
    return 4 * (cost.multiply_adds(model, len(VOCABULARY)) - rows * model.input_size(0) + rows)


def _alone(checkpoint: Checkpoint) -> float:
    """Return the characters a second of one text at best."""
    written = sample(checkpoint, "", ENDLESS)
    _seconds(written, WARM)
    group = max(round(WARM * GROUP_SECONDS / _seconds(written, WARM)), 1)
    until, best = time.perf_counter() + BURST_SECONDS, 0.0
    while time.perf_counter() < until:
        best = max(best, group / _seconds(written, group))
    return best


def _seconds(written: Iterator[object], count: int) -> float:
    begun = time.perf_counter()
    for _ in islice(written, count):
        pass
    return time.perf_counter() - begun


def _together(checkpoint: Checkpoint, device: str) -> float:
    """Return the characters a second of all texts together at best, after the first look at them."""
    best, until, chars = 0.0, 0.0, 0
    begun = time.perf_counter()
    device = "cpu" if device == "mps" else device  # which has no double precision, by which texts are drawn
    for look in write_many(checkpoint, "", ENDLESS, BLOCK, device):
        taken = time.perf_counter() - begun
        if not isinstance(look, Written):
            break
        if chars:
            best = max(best, (look.chars - chars) / taken)
        else:
            until = time.perf_counter() + BURST_SECONDS
        if best and time.perf_counter() > until:
            break
        chars, begun = look.chars, time.perf_counter()
    return best
