"""What a minute buys: rnnplay's default beside a plain `nn.LSTM` loop, one after the other on the same machine.

    python -m benchmarks.first_minute [TEXT ...] [--minutes 1] [--seeds 1]

For each text and seed: the carried loss on the last tenth, in nats per character, of rnnplay's default and of a plain
loop (1x512, embedding 32, 16 rows of 64, AdamW, the same trapezoid, bf16 where native), both by the evaluator below,
which shares no code with rnnplay. Further: the loss that rnnplay itself reports, the 6-gram table, and the share of the
time that went to validation, samples and saving.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own name for it

from rnnplay import session
from rnnplay.model import checkpoint as checkpoints
from rnnplay.text import catalogue
from rnnplay.text.corpus import Corpus
from rnnplay.training.config import Budget, automatic
from rnnplay.training.events import Finished


@dataclass(frozen=True)
class Result:
    """One training's figures."""

    loss: float
    chars_per_second: float
    reported: float | None = None
    aside: float = 0.0
    six_gram: float = 0.0


class Plain(nn.Module):
    """The network that every tutorial builds."""

    def __init__(self, vocabulary: int, embedding: int, hidden: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, embedding)
        self.lstm = nn.LSTM(embedding, hidden)
        self.head = nn.Linear(hidden, vocabulary)

    def forward(self, ids: Tensor, state: tuple[Tensor, Tensor] | None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Return logits [time, batch, vocabulary] and the state."""
        output, state = self.lstm(self.embedding(ids), state)
        return self.head(output), state


def carried_loss(model: Plain, ids: Tensor) -> float:
    """Return the mean loss of all characters but the first, read as one row with the state carried on."""
    model.eval()
    total, state = 0.0, None
    with torch.inference_mode():
        for start in range(0, len(ids) - 1, 4096):
            part = ids[start : start + 4097, None]
            logits, state = model(part[:-1], state)
            total += F.cross_entropy(logits[:, 0], part[1:, 0], reduction="sum").item()
    return total / (len(ids) - 1)


def plain_loop(train: Tensor, validation: Tensor, vocabulary: int, seconds: float, seed: int) -> Result:
    """Train the plain network for so many seconds."""
    torch.manual_seed(seed)
    model = Plain(vocabulary, 32, 512)
    optimizer = torch.optim.AdamW(model.parameters(), lr=6e-3, betas=(0.9, 0.999), weight_decay=0.1, fused=True)
    bf16 = torch.cpu._is_avx512_bf16_supported()
    rows = train[: len(train) // 16 * 16].view(16, -1).T.contiguous()
    state, place, chars = None, 0, 0
    begun = time.monotonic()
    while (spent := (time.monotonic() - begun) / seconds) < 1:
        if place + 65 > len(rows):
            place, state = 0, None
        part = rows[place : place + 65]
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            logits, state = model(part[:-1], state)
        state = (state[0].detach(), state[1].detach())
        loss = F.cross_entropy(logits.float().flatten(0, 1), part[1:].flatten())
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = 6e-3 * min(1.0, spent / 0.05, (1 - spent) / 0.7)
        optimizer.step()
        place, chars = place + 64, chars + part[1:].numel()
    return Result(carried_loss(model, validation), chars / seconds)


def rnnplay_default(corpus: Corpus, validation: Tensor, minutes: float, seed: int) -> Result:
    """Train as `rnnplay train TEXT --minutes M` does, and measure its best checkpoint independently."""
    config = msgspec.structs.replace(automatic(), budget=Budget("minutes", minutes), seed=seed)
    with tempfile.TemporaryDirectory() as home:
        os.environ["RNNPLAY_HOME"] = home
        begun = session.begin(corpus, config)
        finished = [event for event in begun.events() if isinstance(event, Finished)][-1]
        kept = checkpoints.load(begun.run.checkpoint("best"))
    model = Plain(len(kept.vocabulary), kept.model.embedding_size, kept.model.hidden_size)
    renamed = {name.replace("layers.0.", "lstm."): torch.from_numpy(value) for name, value in kept.tensors.items()}
    model.load_state_dict(renamed)
    loss = carried_loss(model, validation)
    six_gram = begun.ladder[-1].bits_per_char * float(np.log(2))
    return Result(
        loss,
        finished.chars / finished.seconds,
        finished.loss,
        finished.aside_seconds / finished.seconds,
        six_gram,
    )


def compare(corpus: Corpus, minutes: float, seeds: int) -> None:
    """Train both on a text, in turn for each seed, and print what they reach."""
    parts = corpus.split(0.1)
    train, validation = (torch.from_numpy(ids.astype(np.int64)) for ids in (parts.train, parts.validation))
    ways: dict[str, Callable[[int], Result]] = {
        "rnnplay": lambda seed: rnnplay_default(corpus, validation, minutes, seed),
        "plain": lambda seed: plain_loop(train, validation, len(corpus.alphabet), 60 * minutes, seed),
    }
    losses: dict[str, list[float]] = {name: [] for name in ways}
    for seed in range(seeds):
        for name, way in ways.items():
            one = way(seed)
            losses[name].append(one.loss)
            row = f"{corpus.name:<18} {name:<8} {seed:>4} {one.loss:7.4f} {one.chars_per_second:8,.0f}"
            own = "" if one.reported is None else f"{one.reported:10.4f} {one.six_gram:7.3f} {one.aside:6.1%}"
            print(row + own, flush=True)
    means = {name: statistics.mean(several) for name, several in losses.items()}
    difference = means["rnnplay"] - means["plain"]
    print(f"{corpus.name}: means {means['rnnplay']:.4f} and {means['plain']:.4f}, difference {difference:+.4f}")


def main() -> None:
    """Print a row for each training, and the means."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", nargs="*", default=["play"])
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    print(f"{'text':<18} {'what':<8} {'seed':>4} {'nats':>7} {'chars/s':>8} {'reported':>9} {'6-gram':>7} {'aside':>6}")
    for text in options.texts:
        compare(catalogue.load(text), options.minutes, options.seeds)


if __name__ == "__main__":
    main()
