"""The smallest budget with which rnnplay's default reaches a loss.

    python -m benchmarks.reaching [TEXT] [--loss 1.886] [--seeds 1]

Trains with ever more seconds, each time from the start as `rnnplay train TEXT --minutes M` does, until the carried loss
on the last tenth, by the evaluator of `benchmarks.first_minute`, is low enough. 1.886 nats on tiny Shakespeare is what
a published recipe of a transformer with 0.8 M parameters comes to in 145 s on the two cores of `docs/speed.md`.
"""

import argparse

from benchmarks.first_minute import in_a_process, rnnplay_default

BUDGETS = (2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60, 90, 120)  # seconds


def main() -> None:
    """Print a row for each training, up to the first that reaches the loss."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", nargs="?", default="play")
    parser.add_argument("--loss", type=float, default=1.886)
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    for seed in range(options.seeds):
        for seconds in BUDGETS:
            reached = in_a_process(rnnplay_default, options.text, seconds / 60, seed)
            print(
                f"seed {seed}  {seconds:>4} s  {reached.loss:.4f}  {reached.chars_per_second:,.0f} characters/s",
                flush=True,
            )
            if reached.loss <= options.loss:
                break


if __name__ == "__main__":
    main()
