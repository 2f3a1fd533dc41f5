"""How fast networks write: one stream, and many at once, each beside stepping torch's own module.

    python -m benchmarks.sampling [--length 300] [--rounds 3]

Prints characters a second for a 1x256 and a 1x512 LSTM, the best of some rounds, the ways in turns; and from how many
texts on writing them at once is sooner done than one after another, torch's loading counted in.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import islice

import numpy as np
import torch

from rnnplay.model.checkpoint import Checkpoint, CorpusCard, Training
from rnnplay.model.config import ModelConfig
from rnnplay.model.network import CharacterModel
from rnnplay.sampling.records import SampleSettings
from rnnplay.sampling.sampler import sample
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


def stepped(checkpoint: Checkpoint, streams: int, length: int) -> int:
    """Step torch's own module, as anyone would; return how many characters were written."""
    model = CharacterModel.of(checkpoint.model, checkpoint.tensors).eval()
    with torch.inference_mode():
        state, ids = model.initial_state(streams), torch.zeros(1, streams, dtype=torch.long)
        for _ in range(length):
            logits, state = model(ids, state)
            ids = torch.multinomial((logits[0] / 0.8).softmax(dim=1), 1).t()
    return streams * length


def alone(checkpoint: Checkpoint, length: int) -> int:
    """Write one text."""
    return len(list(islice(sample(checkpoint, "", SampleSettings(length=length)), length)))


def together(checkpoint: Checkpoint, length: int) -> int:
    """Write a block of texts."""
    for _ in write_many(checkpoint, "", SampleSettings(length=length), BLOCK):
        pass
    return BLOCK * length


def speed(work: Callable[[], int]) -> float:
    """Return how many characters a second some work wrote."""
    begun = time.perf_counter()
    return work() / (time.perf_counter() - begun)


def loading() -> float:
    """Return how many seconds torch takes to load in a fresh process."""
    seconds = []
    for code in ("import numpy", "import torch"):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        seconds.append(time.perf_counter() - begun)
    return seconds[1] - seconds[0]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--length", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    length = options.length
    seconds = loading()
    print(f"torch takes {seconds:.1f} s to load; {torch.get_num_threads()} threads")
    for hidden in (256, 512):
        checkpoint = drawn(hidden)
        ways: dict[str, Callable[[], int]] = {
            "one stream": lambda: alone(checkpoint, 10 * length),  # noqa: B023 - called within the round
            "one stream, torch's own": lambda: stepped(checkpoint, 1, length),  # noqa: B023
            f"{BLOCK} streams": lambda: together(checkpoint, length),  # noqa: B023
            f"{BLOCK} streams, torch's own": lambda: stepped(checkpoint, BLOCK, length),  # noqa: B023
        }
        best = dict.fromkeys(ways, 0.0)
        for _ in range(options.rounds):
            for name, way in ways.items():
                best[name] = max(best[name], speed(way))
        for name, chars in best.items():
            print(f"1x{hidden}  {name:<28}{chars:>10,.0f} characters/s")
        one, one_torch, many, many_torch = best.values()
        even = int(np.ceil((seconds + BLOCK * TEXT / many) * one / TEXT))
        print(f"1x{hidden}  {one / one_torch:.1f} and {many / many_torch:.2f} times as fast as torch's own")
        print(f"1x{hidden}  up to {min(even, BLOCK)} texts of {TEXT} characters are sooner written one after another")


if __name__ == "__main__":
    main()
