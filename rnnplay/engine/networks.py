"""Networks that were asked for lately, ready to read."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from rnnplay import places
from rnnplay.errors import storage_error
from rnnplay.model.checkpoint import Checkpoint
from rnnplay.runs import models
from rnnplay.runs.model_loading import load_model
from rnnplay.runs.models import Model
from rnnplay.sampling.reader import Reader

KEPT = 4  # networks

_Stamp = tuple[int, int, int]  # a file's time, size and number: another file of the name has another


@dataclass(frozen=True)
class Network:
    """A network in memory.

    Attributes:
        model: What it was found as.
    """

    model: Model
    checkpoint: Checkpoint
    reader: Reader

    @property
    def spec(self) -> str:
        """What names it wherever the working folder is and whichever run is the newest."""
        run = self.model.run
        if run is not None:
            return run.name if run.folder.parent == places.runs_folder() else str(run.folder.absolute())
        label = self.model.label
        return label if label.startswith(models.SHIPPED) else str(self.model.path.absolute())


class Networks:
    """Finds networks and keeps the last few; where a training has written a file anew, it is read again."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Path, tuple[_Stamp, Checkpoint, Reader]] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, spec: str | None, which: str) -> Network:
        """Return the network that `rnnplay.runs.models.find` finds.

        Raises:
            UserError: There is none, or its file is damaged.
        """
        model = models.find(spec, which)
        with self._lock:
            try:
                told = model.path.stat()
            except OSError as error:
                raise storage_error(model.path, error) from error
            stamp = (told.st_mtime_ns, told.st_size, told.st_ino)
            kept = self._kept.get(model.path)
            if kept is None or kept[0] != stamp:
                checkpoint = load_model(model)
                kept = (stamp, checkpoint, Reader(checkpoint))
            self._kept[model.path] = kept
            self._kept.move_to_end(model.path)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return Network(model, kept[1], kept[2])
