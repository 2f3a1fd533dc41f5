"""Sequence batching: how a long text becomes windows of many rows whose state carries on.

The ids are cut into B rows of equal length; a window slides over all rows at once, and the hidden state of one window
starts the next. When an epoch ends the rows roll by one: the slot that has read row r goes on with row r + 1, whose
text follows, so its carried state is right. Only the slot that wraps from the text's end to its beginning starts anew.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnnplay.errors import UserError
from rnnplay.text.vocabulary import Ids


@dataclass(frozen=True)
class Window:
    """What one training step reads.

    Attributes:
        inputs: Ids, shape [time, batch].
        targets: The id that follows each input, shape [time, batch].
        fresh: The slots whose carried state is void before this window, shape [batch].
    """

    inputs: NDArray[np.int64]
    targets: NDArray[np.int64]
    fresh: NDArray[np.bool_]


def fitted(length: int, batch_size: int, seq_len: int) -> tuple[int, int]:
    """Return the batch size and sequence length that a text of `length` characters can fill: B shrinks first, then T.

    Raises:
        UserError: The text has fewer than two characters.
    """
    if length < 2:
        raise UserError("The training text has fewer than two characters.")
    batch_size = min(batch_size, max(1, (length - 1) // seq_len))
    return batch_size, min(seq_len, (length - 1) // batch_size)


class Streams:
    """An endless walk over a text in B parallel rows, T steps at a time.

    Windows of one epoch differ by at most one step in length, so that none is a stub.
    """

    def __init__(self, ids: Ids, batch_size: int, seq_len: int, slots: slice = slice(None)) -> None:
        """Cut the text into rows.

        Args:
            ids: The training text.
            batch_size: Rows, B.
            seq_len: Steps of a window at most, T.
            slots: The part of the batch that this process walks, where several share it.
        """
        self.ids = ids
        self.batch_size = batch_size
        self.row_length = (len(ids) - 1) // batch_size
        self.windows_per_epoch = -(-self.row_length // seq_len)
        self.slots = np.arange(batch_size)[slots]
        self.epoch = 0
        self.window = 0

    @property
    def epochs(self) -> float:
        """How often the text has been walked."""
        return self.epoch + self.window / self.windows_per_epoch

    def next_window(self) -> Window:
        """Return the next window and move on."""
        begin = self.window * self.row_length // self.windows_per_epoch
        end = (self.window + 1) * self.row_length // self.windows_per_epoch
        rows = (self.slots + self.epoch) % self.batch_size
        places = rows * self.row_length + np.arange(begin, end + 1)[:, None]
        text = self.ids[places].astype(np.int64)
        wrapped = (rows == 0) & (self.epoch > 0) if self.window == 0 else np.zeros(len(rows), dtype=bool)
        self.window += 1
        if self.window == self.windows_per_epoch:
            self.epoch, self.window = self.epoch + 1, 0
        return Window(text[:-1], text[1:], wrapped)
