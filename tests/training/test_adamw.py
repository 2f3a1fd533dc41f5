"""The optimizer, against torch's own."""

import subprocess
import sys

import torch
from torch import Tensor
from torch.nn import Parameter

from rnnplay.training.adamw import AdamW, Group

WITHOUT_THE_COMPILER = """
import sys, torch
from rnnplay.training.adamw import AdamW, Group
weight = torch.nn.Parameter(torch.ones(3))
weight.grad = torch.ones(3)
AdamW([Group([weight], 0.1)], (0.9, 0.999)).step(0.01)
print("torch._dynamo" in sys.modules)
"""


def weights() -> list[Parameter]:
    torch.manual_seed(0)
    return [Parameter(torch.randn(7, 5)), Parameter(torch.randn(9)), Parameter(torch.randn(3, 3))]


def gradients(step: int) -> list[Tensor]:
    torch.manual_seed(step + 1)
    return [torch.randn(7, 5), torch.randn(9), torch.randn(3, 3)]


def test_it_steps_as_torchs_own() -> None:
    ours, theirs = weights(), weights()
    optimizer = AdamW([Group(ours[:1], 0.1), Group(ours[1:], rate_factor=3.0)], (0.9, 0.99))
    groups = [{"params": theirs[:1], "weight_decay": 0.1}, {"params": theirs[1:], "weight_decay": 0.0}]
    reference = torch.optim.AdamW(groups, betas=(0.9, 0.99), fused=True)
    for step in range(5):
        for mine, other, gradient in zip(ours, theirs, gradients(step), strict=True):
            mine.grad, other.grad = gradient.clone(), gradient.clone()
        for group, factor in zip(reference.param_groups, (1.0, 3.0), strict=True):
            group["lr"] = factor * 0.01 * (step + 1)
        optimizer.step(0.01 * (step + 1))
        reference.step()
    assert all(torch.equal(mine, other) for mine, other in zip(ours, theirs, strict=True))


def test_a_weight_without_a_gradient_stays() -> None:
    weight = weights()[0]
    before = weight.detach().clone()
    optimizer = AdamW([Group([weight], 0.1)], (0.9, 0.99))
    optimizer.step(0.01)
    assert torch.equal(weight, before)
    assert optimizer.state == {}


def test_a_step_does_not_import_torchs_compiler() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_THE_COMPILER], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"
