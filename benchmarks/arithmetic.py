"""How much of this machine's arithmetic a training step uses.

    python -m benchmarks.arithmetic [--widths 256 384 512] [--rounds 6] [--device auto]

For each width and precision: characters a second of the trainer's step with the default batch and sequence length, the
GFLOP/s of the arithmetic that the plain algorithm needs (three times that of reading, two operations for a multiply-
add), the peak of square matrix products in that precision, and the step's share of it. Products and steps take turns
in one process with each number of threads; the best of each counts, whatever its number of threads. `in turns` is the
median share of a turn, the products and the steps of which saw the same mood of the machine, with the best number of
threads.
"""

import argparse
import statistics

import torch

from rnnplay.bench.measuring import device_named
from rnnplay.bench.peaks import Mode, Peaks, modes
from rnnplay.bench.training import Race, peak_of

TARGETS = {"fp32": 0.80, "bf16": 0.65}  # shares of the peak


def row(width: int, ways: list[Mode], peaks: Peaks, rounds: int) -> str:
    """Return the figures of a network in one precision, tried with each number of threads."""
    race = Race(width, ways, peaks)
    shares: dict[Mode, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            product, seconds = race.burst(way)
            shares[way].append(race.gflops(seconds) / product)
    best = min(ways, key=race.seconds.__getitem__)
    gflops, peak = race.gflops(race.seconds[best]), max(peaks.of(peak_of(way, peaks.device)) for way in ways)
    chars = race.config.batch_size * race.config.seq_len / race.seconds[best]
    return (
        f"1x{width:<5}{best.precision:<6}{best.threads or '-':>7} {chars:>13,.0f} {gflops:>8.1f} {peak:>8.1f}"
        f" {gflops / peak:>6.0%} {statistics.median(shares[best]):>9.0%} {TARGETS[best.precision]:>7.0%}"
    )


def main() -> None:
    """Print a row for each width and precision."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--widths", type=int, nargs="*", default=[256, 384, 512])
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--device", default="auto")
    given = parser.parse_args()
    peaks = Peaks(device_named(given.device))
    ways = modes(peaks.device)
    print(f"{peaks.device}, torch {torch.__version__}")
    print("network  type threads  characters/s  GFLOP/s     peak  share  in turns  target")
    for width in given.widths:
        for precision in TARGETS:
            tried = [way for way in ways if way.precision == precision]
            if tried:
                print(row(width, tried, peaks, given.rounds), flush=True)


if __name__ == "__main__":
    main()
