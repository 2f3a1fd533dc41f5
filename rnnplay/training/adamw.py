"""AdamW (Loshchilov & Hutter 2019), stepped by torch's own kernels.

`torch.optim.AdamW` is the same arithmetic, but the first step of any `torch.optim.Optimizer` imports torch's compiler,
which takes longer than all else that comes before it, and nothing here is compiled.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import Parameter
from torch.optim.adamw import adamw

EPSILON = 1e-8  # torch's default
FUSED = {"cpu", "cuda"}  # devices for which torch has AdamW in one kernel


@dataclass(frozen=True)
class Group:
    """Parameters that are treated alike.

    Attributes:
        decay: The share of the rate by which a step shrinks them.
        rate_factor: What the rate is multiplied by.
    """

    parameters: Sequence[Parameter]
    decay: float = 0.0
    rate_factor: float = 1.0


class AdamW:
    """The optimizer of a network.

    Attributes:
        state: For each parameter that was stepped: `step`, how often; `exp_avg` and `exp_avg_sq`, the decaying means of
            its gradient and of that squared.
    """

    def __init__(self, groups: Sequence[Group], betas: tuple[float, float]) -> None:
        """Begin.

        Args:
            groups: Parameters that are treated alike.
            betas: Decay of the two means.
        """
        self._groups = groups
        self._betas = betas
        self.state: dict[Parameter, dict[str, Tensor]] = {}

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Move every parameter that has a gradient."""
        for group in self._groups:
            moved = [(one, one.grad, self._state(one)) for one in group.parameters if one.grad is not None]
            if not moved:
                continue
            adamw(
                [one for one, _, _ in moved],
                [gradient for _, gradient, _ in moved],
                [state["exp_avg"] for _, _, state in moved],
                [state["exp_avg_sq"] for _, _, state in moved],
                [],
                [state["step"] for _, _, state in moved],
                fused=moved[0][0].device.type in FUSED,
                amsgrad=False,
                beta1=self._betas[0],
                beta2=self._betas[1],
                lr=group.rate_factor * rate,
                weight_decay=group.decay,
                eps=EPSILON,
                maximize=False,
            )

    def _state(self, parameter: Parameter) -> dict[str, Tensor]:
        """Return what is kept for a parameter, zeros before its first step."""
        state = self.state.setdefault(parameter, {})
        if not state:
            step_on = parameter.device if parameter.device.type in FUSED else "cpu"
            state["step"] = torch.zeros((), device=step_on)
            state["exp_avg"] = torch.zeros_like(parameter)
            state["exp_avg_sq"] = torch.zeros_like(parameter)
        return state
