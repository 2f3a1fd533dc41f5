"""A training in one process that talks through torch's process group, as one of several does; for torchrun.

    torchrun --standalone --nproc-per-node 1 -m benchmarks.cuda.one_process DEVICE

It trains with the group and without, and ends with exit code 1 where the losses differ or the group isn't NCCL's on a
GPU.
"""

import sys

import torch
from torch import distributed

from benchmarks.cuda import trainings
from benchmarks.cuda.rows import PLAY
from benchmarks.cuda.trainings import SIZES, Text
from rnnplay.model.checkpoint import CorpusCard
from rnnplay.model.device import find_device
from rnnplay.training.ranks import Ranks
from rnnplay.training.trainer import Trainer

STEPS = 10


def main() -> int:
    """Print one line, and return the exit code."""
    kind, text = sys.argv[1], Text.from_string(PLAY.read_text(encoding="utf-8"))
    ranks, device = Ranks.join(kind), find_device(kind)
    config = trainings.settings("lstm", SIZES[kind], device, "fp32")
    losses = []
    with trainings.rounding("fp32"):
        for shared in (Ranks(), ranks):
            one = Trainer(config, text.vocabulary, text.train, text.validation, CorpusCard(), shared)
            losses.append(trainings.train_steps(one, 0, STEPS, STEPS)[0])
            one.checkpoint(with_state=True)  # gathers the carried state
    agreed = ranks.agree({"step": STEPS})
    backends = distributed.get_backend_config()
    difference = max(abs(first - second) for first, second in zip(*losses, strict=True))
    print(f"{backends}; {STEPS} steps differ from those without a group by {difference:.1g} nats at most")
    works = difference <= 1e-3 and agreed == {"step": STEPS} and (kind == "cpu" or "nccl" in str(backends))
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    distributed.destroy_process_group()
    return 0 if works else 1


if __name__ == "__main__":
    sys.exit(main())
