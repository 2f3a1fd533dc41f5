"""The mean of a network's weights over the last part of a training."""

import contextlib
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor
from torch.nn import Parameter


class Average:
    """A mean of weights as they were at several steps, the k-th of them counted k times.

    Polynomial-decay averaging with eta = 1 (Shamir & Zhang 2013).

    Attributes:
        count: How many steps it is over.
        tensors: The mean by name; empty before the first step.
    """

    def __init__(self, count: int = 0, tensors: Mapping[str, Tensor] | None = None) -> None:
        """Begin, or go on from a mean."""
        self.count = count
        self.tensors = dict(tensors or {})

    @torch.no_grad()
    def take(self, parameters: Mapping[str, Parameter]) -> None:
        """Count the weights in as they are now."""
        self.count += 1
        for name, parameter in parameters.items():
            if name in self.tensors:
                self.tensors[name].lerp_(parameter, 2 / (self.count + 1))
            else:
                self.tensors[name] = parameter.detach().clone()

    @contextlib.contextmanager
    def in_place(self, parameters: Mapping[str, Parameter]) -> Iterator[None]:
        """Put the mean in the weights' place for a while, where there is one."""
        own = {name: parameters[name].detach().clone() for name in self.tensors}
        _write(parameters, self.tensors)
        try:
            yield
        finally:
            _write(parameters, own)


@torch.no_grad()
def _write(parameters: Mapping[str, Parameter], values: Mapping[str, Tensor]) -> None:
    for name, value in values.items():
        parameters[name].copy_(value)
