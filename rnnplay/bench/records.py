"""What was measured of a machine: records that cross walls, with no numpy and no torch.

Arithmetic is counted as the plain algorithm needs it, by `rnnplay.model.cost`, also where the implementation does more
or less: two operations for a multiply-add, and for a training step three times as many as for reading alone.
"""

from typing import Literal

import msgspec

Precision = Literal["fp32", "tf32", "bf16"]
# What takes most of the time: the matrix products, as they would at this machine's peak; what a step takes whatever the
# width (characters that wait for one another, calls); or the rest: gates, conversions, products too narrow for the
# peak, weights and activations on their way.
TrainingBound = Literal["products", "steps", "other work"]
# Reading the weights for each character, or the work around that.
SamplingBound = Literal["reading", "overhead"]

READING_AT_LEAST = 0.5  # of the time goes to reading the weights, where that bounds a stream


class Machine(msgspec.Struct, frozen=True):
    """What this is. Nothing of it is private: no name of the machine or the user, no place on disk.

    Attributes:
        system: Of the operating system, and its processors' architecture.
        processors: That this process may use.
        threads: That torch takes by itself.
        capability: Of the processors, as torch's kernels use it.
        libraries: That multiply matrices for torch on the processors.
        native_bf16: Whether the device computes in it, rather than emulates it.
        device: That was measured, as `--device` names it.
        device_name: The same for a person.
        gpus: All that torch finds.
    """

    processor: str
    system: str
    processors: int
    threads: int
    capability: str
    libraries: tuple[str, ...]
    native_bf16: bool
    device: str
    device_name: str
    gpus: tuple[str, ...]
    python: str
    torch: str
    rnnplay: str


class Product(msgspec.Struct, frozen=True):
    """The most that square matrix products reach in one precision.

    Attributes:
        threads: Of the processors; None for a device that has no such choice.
        size: Rows and columns of the matrices that reached it.
    """

    precision: Precision
    threads: int | None
    size: int
    gflops: float


class Tried(msgspec.Struct, frozen=True):
    """One way to train."""

    precision: Precision
    threads: int | None
    characters_per_second: float


class TrainingSpeed(msgspec.Struct, frozen=True):
    """How fast a network trains in the best of the ways that were tried.

    Attributes:
        gflops: Of the arithmetic that the plain algorithm needs.
        peak_gflops: Of square products in the same precision with as many threads.
        share_of_peak: The one by the other.
        share_of_steps: Of the time that a step takes whatever the width: what a network of hardly any width takes.
        bound: What takes most of the time.
        tried: All the ways, the fastest first.
    """

    network: str
    hidden_size: int
    batch_size: int
    seq_len: int
    precision: Precision
    threads: int | None
    characters_per_second: float
    gflops: float
    peak_gflops: float
    share_of_peak: float
    share_of_steps: float
    bound: TrainingBound
    tried: tuple[Tried, ...]


class SamplingSpeed(msgspec.Struct, frozen=True):
    """How fast a network writes: one text, on the processors, and many at once, on the device.

    Attributes:
        read_gigabytes_per_second: Of weights, each read once for a character of one text.
        readable_gigabytes_per_second: What this machine reads of as many bytes, over and over.
        share_of_readable: The one by the other.
        bound: What takes the time of one text.
        streams: How many texts are many.
        many_characters_per_second: Of all of them together.
        many_gflops: Of the arithmetic that the plain algorithm needs.
        peak_gflops: Of square fp32 products with as many threads.
        share_of_peak: The one by the other.
    """

    network: str
    hidden_size: int
    characters_per_second: float
    read_gigabytes_per_second: float
    readable_gigabytes_per_second: float
    share_of_readable: float
    bound: SamplingBound
    streams: int
    many_characters_per_second: float
    many_gflops: float
    peak_gflops: float
    share_of_peak: float


class StartUp(msgspec.Struct, frozen=True):
    """What a person waits for at the beginning."""

    import_torch_seconds: float
    help_seconds: float


class Report(msgspec.Struct, frozen=True):
    """What was measured so far.

    Attributes:
        complete: Whether that is all.
        share_got: Of the threads' time, that this process computed while it multiplied with torch's own number of them:
            well below 1 where other programs ran, and then the figures tell little.
        memory_gigabytes_per_second: What is read of far more than the caches hold.
        seconds: That the measuring took.
    """

    machine: Machine
    complete: bool = False
    seconds: float = 0.0
    start_up: StartUp | None = None
    share_got: float | None = None
    memory_gigabytes_per_second: float | None = None
    products: tuple[Product, ...] = ()
    training: tuple[TrainingSpeed, ...] = ()
    sampling: tuple[SamplingSpeed, ...] = ()


class Stage(msgspec.Struct, frozen=True):
    """What is measured next, and what was measured before."""

    doing: str
    report: Report


def training_bound(share_of_peak: float, share_of_steps: float) -> TrainingBound:
    """Return what takes most of a training step's time.

    Args:
        share_of_peak: Of the time that the products would take at the machine's peak.
        share_of_steps: Of the time that a step takes whatever the width.
    """
    rest = 1 - share_of_peak - share_of_steps
    shares: dict[TrainingBound, float] = {"products": share_of_peak, "steps": share_of_steps, "other work": rest}
    return max(shares, key=shares.__getitem__)


def sampling_bound(share_of_readable: float) -> SamplingBound:
    """Return what takes the time of a stream that reads its weights at this share of what the machine can."""
    return "reading" if share_of_readable >= READING_AT_LEAST else "overhead"
