"""A network that remembers the texts it read last, so that a text that goes on from one costs what is new alone."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from rnnplay.model.checkpoint import Checkpoint
from rnnplay.sampling.stepper import Stepper, StepState

REMEMBERED = 64  # places in texts
PLACES = 16  # of them in one text at most
PIECE = 256  # characters that are read at once

_Key = tuple[int, bytes]  # how many characters stand before a place, and their hash


class Place(msgspec.Struct, frozen=True):
    """A network at a place in a text.

    Attributes:
        state: After the characters before it.
        logits: Scores for the character that comes there, shape [vocabulary].
    """

    state: StepState
    logits: NDArray[np.float64]


class Reader:
    """Reads texts, by ids; any number of threads may ask at once."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.stepper = Stepper(checkpoint.model, checkpoint.tensors)
        self._places: OrderedDict[_Key, Place] = OrderedDict()  # the last used at the end
        self._lock = threading.Lock()

    def start(self) -> Place:
        """Return the place before any text."""
        return Place(self.stepper.start(), self.stepper.unprompted().astype(np.float64))

    def step(self, place: Place, character: int) -> Place:
        """Return the next place, after one more character."""
        logits, state = self.stepper.step(character, place.state)
        return Place(state, logits.astype(np.float64))

    def read(self, ids: NDArray[np.unsignedinteger]) -> Iterator[tuple[int, Place]]:
        """Read a text a piece at a time; yield how many of its characters are read, and the place after them."""
        done, place = self._longest(ids)
        every = max(len(ids) // PLACES, PIECE)
        remembered = done
        yield done, place
        while done < len(ids):
            for character in ids[done : done + PIECE].tolist():
                place = self.step(place, character)
            done = min(done + PIECE, len(ids))
            if done - remembered >= every or done == len(ids):
                self.remember(ids[:done], place)
                remembered = done
            yield done, place

    def remember(self, ids: NDArray[np.unsignedinteger], place: Place) -> None:
        """Keep the place after these characters in mind, for as long as it isn't the one longest unused."""
        key = _key(ids)
        with self._lock:
            self._places[key] = place
            self._places.move_to_end(key)
            while len(self._places) > REMEMBERED:
                self._places.popitem(last=False)

    def _longest(self, ids: NDArray[np.unsignedinteger]) -> tuple[int, Place]:
        """Return the length of the longest known beginning of a text, and the place at its end."""
        with self._lock:
            lengths = sorted({length for length, _ in self._places if length <= len(ids)}, reverse=True)
            for length in lengths:
                key = _key(ids[:length])
                if key in self._places:
                    self._places.move_to_end(key)
                    return length, self._places[key]
        return 0, self.start()


def _key(ids: NDArray[np.unsignedinteger]) -> _Key:
    return len(ids), hashlib.sha256(ids.astype("<u4").tobytes()).digest()
