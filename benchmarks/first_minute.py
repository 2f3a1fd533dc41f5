"""What a minute buys: rnnplay's default beside a plain `nn.LSTM` loop, one after the other on the same machine.

    python -m benchmarks.first_minute [TEXT ...] [--minutes 1] [--seeds 1] [--alone]

For each text and seed: the carried loss on the last tenth, in nats per character, of rnnplay's default and of a plain
loop (1x512, embedding 32, 16 rows of 64, AdamW, the same trapezoid, bf16 where native), both by the evaluator below,
which shares no code with rnnplay. Further: the loss that rnnplay itself reports, the 6-gram table, and the share of the
time that went to validation, samples and saving. Each training is a process of its own. `--alone` leaves out the plain
loop.
"""

import argparse
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

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


Way = Callable[[str, float, int], Result]  # from a text, minutes and a seed


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


def plain_loop(text: str, minutes: float, seed: int) -> Result:
    """Train the plain network for so many minutes."""
    corpus, seconds = catalogue.load(text), 60 * minutes
    train, validation = split(corpus)
    torch.manual_seed(seed)
    model = Plain(len(corpus.alphabet), 32, 512)
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


def rnnplay_default(text: str, minutes: float, seed: int) -> Result:
    """Train as `rnnplay train TEXT --minutes M` does, and measure its best checkpoint independently."""
    corpus = catalogue.load(text)
    config = msgspec.structs.replace(automatic(), budget=Budget("minutes", minutes), seed=seed)
    with tempfile.TemporaryDirectory() as home:
        os.environ["RNNPLAY_HOME"] = home
        begun = session.begin(corpus, config)
        finished = [event for event in begun.events() if isinstance(event, Finished)][-1]
        kept = checkpoints.load(begun.run.checkpoint("best"))
    model = Plain(len(kept.vocabulary), kept.model.embedding_size, kept.model.hidden_size)
    renamed = {name.replace("layers.0.", "lstm."): torch.from_numpy(value) for name, value in kept.tensors.items()}
    model.load_state_dict(renamed)
    loss = carried_loss(model, split(corpus)[1])
    six_gram = begun.ladder[-1].bits_per_char * float(np.log(2))
    return Result(
        loss,
        finished.chars / finished.seconds,
        finished.loss,
        finished.aside_seconds / finished.seconds,
        six_gram,
    )


def split(corpus: Corpus) -> tuple[Tensor, Tensor]:
    """Return the ids to train on and the last tenth."""
    parts = corpus.split(0.1)
    return torch.from_numpy(parts.train.astype(np.int64)), torch.from_numpy(parts.validation.astype(np.int64))


def in_a_process(way: Way, text: str, minutes: float, seed: int) -> Result:
    """Train in a fresh process, so that nothing that one training sets helps or hinders the next."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(way, text, minutes, seed).result()


def compare(text: str, minutes: float, seeds: int, ways: Mapping[str, Way]) -> None:
    """Train in each way on a text, in turn for each seed, and print what they reach."""
    losses: dict[str, list[float]] = {name: [] for name in ways}
    name = Path(text).stem
    for seed in range(seeds):
        for what, way in ways.items():
            one = in_a_process(way, text, minutes, seed)
            losses[what].append(one.loss)
            row = f"{name:<18} {what:<8} {seed:>4} {one.loss:7.4f} {one.chars_per_second:8,.0f}"
            own = "" if one.reported is None else f"{one.reported:10.4f} {one.six_gram:7.3f} {one.aside:6.1%}"
            print(row + own, flush=True)
    means = {what: statistics.mean(several) for what, several in losses.items()}
    difference = f", difference {means['rnnplay'] - means['plain']:+.4f}" if len(means) > 1 else ""
    print(f"{name}: mean {' and '.join(f'{mean:.4f}' for mean in means.values())}{difference}")


def main() -> None:
    """Print a row for each training, and the means."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", nargs="*", default=["play"])
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--alone", action="store_true")
    options = parser.parse_args()
    print(f"{'text':<18} {'what':<8} {'seed':>4} {'nats':>7} {'chars/s':>8} {'reported':>9} {'6-gram':>7} {'aside':>6}")
    ways = {"rnnplay": rnnplay_default} if options.alone else {"rnnplay": rnnplay_default, "plain": plain_loop}
    for text in options.texts:
        compare(text, options.minutes, options.seeds, ways)


if __name__ == "__main__":
    main()
