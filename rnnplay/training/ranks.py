"""One training on several devices, started by torchrun: who am I, what do the others have, what was decided."""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, distributed

from rnnplay.errors import UserError
from rnnplay.model.device import count_gpus, find_device
from rnnplay.training.config import TrainingConfig

T = TypeVar("T")


@dataclass(frozen=True)
class Ranks:
    """The processes that walk one text together; each reads its share of the rows.

    Whatever waits for the others raises `UserError` where one of them has ended.

    Attributes:
        grouped: Whether they talk through torch's process group; one process alone needs none.
    """

    rank: int = 0
    size: int = 1
    grouped: bool = False

    @classmethod
    def of_environment(cls, config: TrainingConfig) -> "Ranks":
        """Join the processes that torchrun has started, or be alone.

        Raises:
            UserError: The environment isn't torchrun's, this process has no GPU of its own, or another one has ended.
        """
        size = os.environ.get("WORLD_SIZE", "1")
        if size == "1":
            return cls()
        if ":" in config.device:
            raise UserError(
                f"'{config.device}' is one GPU for {size} processes: with --device cuda each takes one of its own."
            )
        return cls.join("cuda" if config.device == "auto" and count_gpus()[0] else config.device)

    @classmethod
    def join(cls, device: str) -> "Ranks":
        """Join the process group that torchrun's variables describe, be it of one process.

        Args:
            device: As `find_device` takes it.

        Raises:
            UserError: The environment isn't torchrun's, this process has no GPU of its own, or another one has ended.
        """
        if not distributed.is_initialized():
            device = find_device(device)
            cuda = device.startswith("cuda")
            try:
                if cuda:
                    torch.cuda.set_device(device)
                with _communication():
                    distributed.init_process_group("cpu:gloo,cuda:nccl" if cuda else "gloo")
            except ValueError as error:
                raise UserError(
                    f"WORLD_SIZE is set, but not all that torchrun sets beside it: start it with torchrun ({error})."
                ) from error
        return cls(distributed.get_rank(), distributed.get_world_size(), grouped=True)

    def refuse_uneven(self, batch_size: int) -> None:
        """Refuse rows that can't be dealt out evenly.

        Raises:
            UserError: They can't.
        """
        if batch_size % self.size:
            raise UserError(f"--batch must be a multiple of the {self.size} processes, not {batch_size}.")

    @property
    def leads(self) -> bool:
        """Whether this process decides, writes and speaks."""
        return self.rank == 0

    def share(self, batch_size: int) -> slice:
        """Return the slots of the batch that are this process's."""
        each = batch_size // self.size
        return slice(self.rank * each, (self.rank + 1) * each)

    def average(self, tensors: Iterable[Tensor]) -> None:
        """Replace each tensor by its mean over all processes, in place."""
        if not self.grouped:
            return
        several = list(tensors)
        flat = torch.cat([tensor.reshape(-1) for tensor in several])
        with _communication():
            distributed.all_reduce(flat)
        flat /= self.size
        start = 0
        for tensor in several:
            tensor.copy_(flat[start : start + tensor.numel()].view_as(tensor))
            start += tensor.numel()

    def gathered(self, part: Tensor) -> Tensor:
        """Return the parts of all processes, in order, joined along the batch (dimension 1)."""
        if not self.grouped:
            return part
        part = (part.float() if part.is_floating_point() else part).contiguous()
        parts = [torch.empty_like(part) for _ in range(self.size)]
        with _communication():
            distributed.all_gather(parts, part)
        return torch.cat(parts, dim=1)

    def agree(self, decision: T) -> T:
        """Return the leader's decision."""
        if not self.grouped:
            return decision
        told = [decision]
        with _communication():
            distributed.broadcast_object_list(told, src=0, device=torch.device("cpu"))
        return told[0]

    def settled(self, settle: Callable[[], T]) -> T:
        """Return what something comes to on the leader.

        Where the leader ended by itself, the others would only see it gone and not know why.

        Raises:
            UserError: The leader refuses, and so do all.
        """
        outcome: T | UserError
        try:
            outcome = settle()
        except UserError as error:
            outcome = error
        outcome = self.agree(outcome)
        if isinstance(outcome, UserError):
            raise outcome
        return outcome


@contextlib.contextmanager
def _communication() -> Iterator[None]:
    """Return a context in which a lost connection to another process is reported as its end.

    The store and NCCL have error types of their own; Gloo's errors (closed, reset, broken pipe, timed out) are
    RuntimeErrors that name its source file.

    Raises:
        UserError: Another process has ended.
    """
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, distributed.DistError) or "gloo" in str(error).lower():
            raise UserError(
                "Another process of this training has ended, so this one ends, too: 'rnnplay train --resume RUN' "
                "continues from what was last saved."
            ) from error
        raise
