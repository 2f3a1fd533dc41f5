"""How time and memory grow: with the text, the network, the window, and the runs that are kept.

    python -m benchmarks.growth [--megabytes 1 10 100] [--lines 10000 100000 1000000] [--runs 10 1000]

Each row is a process of its own, in an empty data folder, with texts of random words. Of a text: the seconds to read it
(the second time from the cache), to split it, to count its baselines, and in all from a started process to its first
step, and the process's peak memory. Of a network on random characters: the best seconds of a step, and how much memory
came on top for twenty steps and a saving, beside what `rnnplay` says that a training takes. Of runs: see
`benchmarks.many_runs`.
"""

import argparse
import os
import random
import resource
import statistics
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import many_runs
from benchmarks.reading import made_up

CHILD = "--child"
NETWORKS = (
    "1 128 64",
    "1 256 64",
    "1 512 64",
    "1 1024 64",
    "2 256 64",
    "4 256 64",
    "1 256 128",
    "1 256 256",
    "1 256 512",
)
SYMBOLS = 65
BATCH = 16
STEPS = 20


def peak() -> float:
    """Return this process's greatest memory so far in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def to_first_step(since: str, path: str, shape: str) -> list[float]:
    """Begin a training as `rnnplay train` does, and return what its parts took."""
    from rnnplay import session
    from rnnplay.cli.train_options import settings
    from rnnplay.text import sources
    from rnnplay.text.measured import baselines
    from rnnplay.training.events import Progress

    loaded = time.monotonic()
    corpus = sources.from_place(path, shape="lines" if shape == "lines" else "stream")
    read = time.monotonic()
    parts = corpus.split(0.1)
    split = time.monotonic()
    baselines.ladder(parts.train, parts.validation, len(corpus.alphabet))
    counted = time.monotonic()
    del parts
    events = session.begin(corpus, settings({})).events()
    while not isinstance(next(events), Progress):
        pass
    twice = counted - read  # the session has split and counted once more
    return [read - loaded, split - read, counted - split, time.monotonic() - float(since) - twice, peak()]


def stepped(layers: str, hidden: str, seq_len: str) -> list[float]:
    """Train a network for a few steps, and return what a step took, what memory, and what it should take."""
    import numpy as np

    from rnnplay.model import checkpoint, cost
    from rnnplay.model.checkpoint import CorpusCard
    from rnnplay.model.config import ModelConfig
    from rnnplay.text.vocabulary import Vocabulary
    from rnnplay.training.config import TrainingConfig
    from rnnplay.training.trainer import Trainer

    model = ModelConfig(layers=int(layers), hidden_size=int(hidden))
    config = TrainingConfig(model, BATCH, int(seq_len), device="cpu", precision="fp32")
    ids = np.random.default_rng(0).integers(SYMBOLS, size=200_000).astype(np.uint8)
    tiny = TrainingConfig(ModelConfig(hidden_size=8), BATCH, int(seq_len), device="cpu", precision="fp32")
    taken: list[float] = []
    before = 0.0
    for one in (tiny, config):  # the first loads what torch loads late
        before = peak()
        trainer = Trainer(
            one, Vocabulary(tuple(map(chr, range(48, 48 + SYMBOLS)))), ids, ids[:0], CorpusCard("random", "")
        )
        taken.clear()
        for _ in range(STEPS):
            begun = time.perf_counter()
            trainer.step(0.5)
            taken.append(time.perf_counter() - begun)
        good = trainer.checkpoint(with_state=True)
        checkpoint.to_bytes(good)
    return [min(taken), peak() - before, cost.training_bytes(model, SYMBOLS, BATCH, int(seq_len)) / (1 << 20)]


CHILDREN: dict[str, Callable[..., list[float]]] = {"text": to_first_step, "network": stepped}


def in_a_process(*arguments: str) -> list[float]:
    """Return what a child of this program printed."""
    command = [sys.executable, "-m", "benchmarks.growth", CHILD, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return [float(figure) for figure in done.stdout.split()]


def texts(folder: Path, megabytes: list[int], lines: list[int]) -> None:
    """Print how long texts take."""
    print(f"{'text':<24} {'read':>7} {'split':>7} {'tables':>7} {'first step':>10} {'peak MB':>8}")
    made = []
    for size in megabytes:
        made.append((f"{size} MB", folder / f"{size}.txt", "stream"))
        made_up(string.ascii_lowercase, size * 1_000_000, made[-1][1])
    for count in lines:
        made.append((f"{count:,} lines", folder / f"{count}-lines.txt", "lines"))
        draw = random.Random(0)
        words = ("".join(draw.choices(string.ascii_lowercase, k=draw.randint(3, 12))) for _ in range(count))
        made[-1][1].write_text("\n".join(words) + "\n", encoding="utf-8")
    for name, path, shape in made:
        for again in ("", ", again"):
            read, split, tables, first, most = in_a_process("text", str(time.monotonic()), str(path), shape)
            print(f"{name + again:<24} {read:6.2f}s {split:6.2f}s {tables:6.2f}s {first:9.2f}s {most:8.0f}", flush=True)


def networks() -> None:
    """Print how long steps take."""
    print(f"\n{'layers x width, window':<24} {'ms a step':>10} {'memory MB':>10} {'said MB':>8}")
    for network in NETWORKS:
        seconds, memory, said = in_a_process("network", *network.split())
        layers, hidden, seq_len = network.split()
        name = f"{layers}x{hidden}, {seq_len}"
        print(f"{name:<24} {seconds * 1000:10.1f} {memory:10.0f} {said:8.0f}", flush=True)


def kept_runs(counts: list[int]) -> None:
    """Print how long runs take to be listed."""
    print(f"\n{'runs':<24} {'runs list':>10} {'app, first':>10} {'app, next':>10}")
    for count in counts:
        with tempfile.TemporaryDirectory() as home:
            os.environ["RNNPLAY_HOME"] = home
            many_runs.made(Path(home), count)
            command = [sys.executable, "-m", "rnnplay", "runs", "list"]
            listing = statistics.median(many_runs.seconds(command) for _ in range(3))
            first, again = many_runs.looks()
        print(f"{count:<24,} {listing:9.3f}s {first:9.3f}s {again:9.4f}s", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, nargs="*", default=[1, 10, 100])
    parser.add_argument("--lines", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--runs", type=int, nargs="*", default=[10, 1000])
    parser.add_argument(CHILD, nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        what, *arguments = options.child
        print(*CHILDREN[what](*arguments))
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RNNPLAY_HOME"] = str(Path(folder, "home"))
        texts(Path(folder), options.megabytes, options.lines)
    networks()
    kept_runs(options.runs)


if __name__ == "__main__":
    main()
