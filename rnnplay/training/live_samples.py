"""What a network writes while it is trained, and the share of real words in it."""

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import msgspec
import torch

from rnnplay.model.checkpoint import Checkpoint
from rnnplay.sampling.presets import TextKind, with_preset
from rnnplay.sampling.records import SampleSettings
from rnnplay.sampling.sampler import sample
from rnnplay.sampling.volume import Whole, write_many
from rnnplay.sampling.words import MILESTONES, RealWords

LENGTH = 240  # characters that are shown
STREAMS, STREAM_LENGTH = 32, 80  # texts for a measurement, side by side: twice as fast as a single one
TIME_SHARE = 0.01  # of the training's time that measurements may take


class LiveSamples:
    """Draws samples during a training, always with the same seed, so that learning shows.

    Attributes:
        seconds: What measurements took so far, collecting the words of the training text once not included.
    """

    def __init__(self, words: RealWords | None = None, kind: TextKind = "text", device: str = "cpu") -> None:
        """Get ready.

        Args:
            words: Those of the training text; None where they mean nothing.
            kind: Of the training text: the readable preset for it is used.
            device: That measurements compute on: the training's own.
        """
        self._words, self._device = words, device
        self._settings = with_preset(SampleSettings(length=LENGTH, seed=1), "readable", kind)
        self.seconds = 0.0

    def draw(self, checkpoint: Checkpoint, prompt: str) -> str:
        """Return what a network writes after a prompt.

        Raises:
            UserError: The network outputs NaN.
        """
        return "".join(one.character for one in sample(checkpoint, prompt, self._settings))

    def may_measure(self, elapsed: float) -> bool:
        """Tell whether another measurement keeps to its share of the time.

        Args:
            elapsed: Seconds of the training so far.
        """
        return self._words is not None and self.seconds <= TIME_SHARE * elapsed

    def real_words(self, checkpoint: Checkpoint, prompt: str) -> float | None:
        """Return the share of real words in 2,560 characters that a network writes, in short texts after a prompt.

        Returns:
            From 0 to 1; None where there are no words to count.

        Raises:
            UserError: The network outputs NaN.
        """
        if self._words is None or self._words.known is None:
            return None
        begun = time.monotonic()
        settings = msgspec.structs.replace(self._settings, length=STREAM_LENGTH)
        with _one_thread():
            written = write_many(checkpoint, prompt, settings, STREAMS, self._device, block=STREAMS)
            counts = [self._words.count(one.text) for one in written if isinstance(one, Whole)]
        self.seconds += time.monotonic() - begun
        words = sum(count.all for count in counts if count is not None)
        return sum(count.real for count in counts if count is not None) / words if words else None


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let torch use one thread: steps this small gain nothing by a second one, and lose much on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def reached(share: float | None, before: Collection[str]) -> tuple[str, ...]:
    """Return the milestones that a share of real words reaches and that weren't reached before."""
    if share is None:
        return ()
    return tuple(name for name, least in MILESTONES.items() if share >= least and name not in before)
