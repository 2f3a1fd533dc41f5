"""How fast networks write: one stream, and many at once, each beside stepping torch's own module, and beside its bound.

    python -m benchmarks.sampling [--length 200] [--rounds 20]

Prints characters a second for a 1x256 and a 1x512 LSTM, the best of some rounds, the ways in turns. One stream reads
each weight once a character: beside it stands how fast the product of those weights by a vector, and nothing else,
reads them. Many streams are matrix products: beside them stands the share of what a square product reaches. Last, from
how many texts on writing them at once is sooner done than one after another, torch's loading counted in.
"""

import argparse
import math
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from itertools import islice

import numpy as np
import torch
from msgspec.structs import replace

from rnnplay.model.checkpoint import Checkpoint, CorpusCard, Training
from rnnplay.model.config import ModelConfig
from rnnplay.model.network import CharacterModel
from rnnplay.sampling.records import SampleSettings
from rnnplay.sampling.sampler import sample
from rnnplay.sampling.stepper import Product
from rnnplay.sampling.volume import BLOCK, write_many
from rnnplay.text.vocabulary import Vocabulary

SYMBOLS = "\n " + "".join(map(chr, range(0x21, 0x60)))
TEXT = 500  # characters of a text, where texts are counted


def drawn(hidden: int) -> Checkpoint:
    """Return a fresh network."""
    config = ModelConfig("lstm", 1, hidden, 32)
    model = CharacterModel(config, len(SYMBOLS))
    model.initialise(0)
    return Checkpoint(config, Vocabulary(tuple(SYMBOLS)), model.tensors(), Training(), CorpusCard(), {})


def stepping(checkpoint: Checkpoint, streams: int) -> Callable[[int], int]:
    """Return a way to write: step torch's own module, as anyone would."""
    model = CharacterModel.of(checkpoint.model, checkpoint.tensors).eval()

    def write(length: int) -> int:
        with torch.inference_mode():
            state, ids = model.initial_state(streams), torch.zeros(1, streams, dtype=torch.long)
            for _ in range(length):
                logits, state = model(ids, state)
                ids = torch.multinomial((logits[0] / 0.8).softmax(dim=1), 1).t()
        return streams * length

    return write


def alone(checkpoint: Checkpoint, settings: SampleSettings) -> Callable[[int], int]:
    """Return a way to write: one text, which goes on from one call to the next."""
    text = sample(checkpoint, "", replace(settings, length=sys.maxsize))
    return lambda length: len(list(islice(text, length)))


def together(checkpoint: Checkpoint, settings: SampleSettings) -> Callable[[int], int]:
    """Return a way to write: a block of texts."""

    def write(length: int) -> int:
        for _ in write_many(checkpoint, "", replace(settings, length=length), BLOCK, "cpu"):
            pass
        return BLOCK * length

    return write


def products(checkpoint: Checkpoint) -> Callable[[int], int]:
    """Return what bounds one stream: the product that a character takes, by one vector again and again."""
    weight = Product(np.concatenate([checkpoint.tensors[name] for name in ("layers.0.weight_hh_l0", "head.weight")]))
    vector = np.ones(checkpoint.model.hidden_size, np.float32)

    def multiply(length: int) -> int:
        for _ in range(length):
            weight(vector)
        return length

    return multiply


def square(size: int = 1024) -> Callable[[int], int]:
    """Return what bounds many streams: a square matrix product in single precision; it counts multiplications."""
    one, result = torch.rand(size, size), torch.empty(size, size)

    def multiply(length: int) -> int:
        times = -(-length // 50)
        for _ in range(times):
            torch.mm(one, one, out=result)
        return times * size**3

    return multiply


def speed(work: Callable[[int], int], length: int) -> float:
    """Return how many of what it counts some work did a second."""
    begun = time.perf_counter()
    return work(length) / (time.perf_counter() - begun)


def fastest(ways: Mapping[str, Callable[[int], int]], length: int, rounds: int) -> dict[str, float]:
    """Return the best speed of each of some ways, tried in turns."""
    best = dict.fromkeys(ways, 0.0)
    for _ in range(rounds):
        for name, way in ways.items():
            best[name] = max(best[name], speed(way, length))
    return best


def loading() -> float:
    """Return how many seconds torch takes to load in a fresh process."""
    seconds = []
    for code in ("import numpy", "import torch"):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        seconds.append(time.perf_counter() - begun)
    return seconds[1] - seconds[0]


def told(hidden: int, length: int, rounds: int, load: float) -> None:
    """Print what a network of a width does.

    Args:
        hidden: The width.
        length: Characters of each stream in a round.
        rounds: How many.
        load: Seconds that torch takes to load.
    """
    checkpoint = drawn(hidden)
    settings = {
        "": SampleSettings(),
        ", top-k 10": SampleSettings(top_k=10),
        ", top-p 0.9": SampleSettings(top_p=0.9),
    }
    one = {"torch's own": stepping(checkpoint, 1), "its product alone": products(checkpoint)}
    one |= {f"one stream{name}": alone(checkpoint, chosen) for name, chosen in settings.items()}
    many = {"torch's own, side by side": stepping(checkpoint, BLOCK)}
    many |= {f"{BLOCK} streams{name}": together(checkpoint, chosen) for name, chosen in settings.items()}
    singles = fastest(one, length, rounds)
    blocks = fastest(many, length, max(rounds // 4, 1))
    for speeds in (singles, blocks):
        reference = next(iter(speeds.values()))
        for name, chars in speeds.items():
            ratio = chars / reference
            print(f"1x{hidden}  {name:<26}{chars:>10,.0f} characters/s  {ratio:>6.2f} times torch's own")
    weights = sum(checkpoint.tensors[name].size for name in ("layers.0.weight_hh_l0", "head.weight"))
    (peak,) = fastest({"": square()}, length, rounds).values()
    alone_, together_ = singles["one stream"], blocks[f"{BLOCK} streams"]
    read, product = (speed * weights * 4e-9 for speed in (alone_, singles["its product alone"]))
    print(
        f"1x{hidden}  one stream reads {read:.0f} GB/s of weights, its product alone {product:.0f}; "
        f"{BLOCK} streams reach {together_ * weights / peak:.0%} of a square product's {peak * 2e-9:,.0f} GFLOP/s"
    )
    even = math.ceil((load + BLOCK * TEXT / together_) * alone_ / TEXT)
    print(f"1x{hidden}  up to {min(even, BLOCK)} texts of {TEXT} characters are sooner written one after another")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--length", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    load = loading()
    print(f"torch takes {load:.1f} s to load; {torch.get_num_threads()} threads")
    for hidden in (256, 512):
        told(hidden, options.length, options.rounds, load)


if __name__ == "__main__":
    main()
