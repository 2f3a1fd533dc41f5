"""Whether any network that may be chosen diverges: every width, with the rate that goes with it, from several seeds.

    python -m benchmarks.stability [TEXT] [--steps 120] [--seeds 10] [--widths 64 192 384 512 768]
        [--layers 1] [--cells lstm]

Prints for each cell and width the rate, the best, median and worst carried loss on the last tenth of the training part
(an estimate, nats per character), the greatest norm of a gradient, and how many trainings ended above what single
letters reach or in no number at all. So few steps are the hard case: the rate is at its height after a few of them.
"""

import argparse
import statistics

import numpy as np
from msgspec.structs import replace

from rnnplay.model.checkpoint import CorpusCard
from rnnplay.text import catalogue
from rnnplay.text.corpus import Corpus
from rnnplay.text.measured import baselines
from rnnplay.text.vocabulary import Ids, Vocabulary
from rnnplay.training import choosing
from rnnplay.training.config import KNOBS, Budget, TrainingConfig, automatic, with_cell
from rnnplay.training.trainer import Trainer

ROW = "{:<6}{:>6}{:>9}{:>9}{:>9}{:>9}{:>10}{:>10}"


def trained(config: TrainingConfig, vocabulary: Vocabulary, train: Ids, validation: Ids) -> tuple[float, float]:
    """Return a training's loss at its end, and the greatest norm of its gradients."""
    trainer = Trainer(replace(config, precision="fp32"), vocabulary, train, validation, CorpusCard("", ""))
    steps, norms = int(config.budget.amount), []
    for step in range(steps):
        trainer.step(step / steps)
        measured = trainer.measured()
        norms.append(measured.gradient_norm if measured else 0.0)
    return trainer.estimate().loss, max(norms)


def table(corpus: Corpus, cells: list[str], widths: list[int], layers: int, steps: int, seeds: int) -> None:
    """Train all of them, and print a row for each cell and width."""
    parts = corpus.split(0.1)
    whole = np.asarray(parts.train)
    train, validation = whole[: len(whole) * 9 // 10], whole[len(whole) * 9 // 10 :]
    vocabulary = Vocabulary(tuple(corpus.alphabet))
    letters = baselines.ladder(train, validation, len(vocabulary))[1].bits_per_char * np.log(2)
    print(f"{corpus.name}: single letters reach {letters:.3f} nats; layers: {layers}")
    print(ROW.format("cell", "width", "rate", "best", "median", "worst", "gradient", "diverged"))
    for cell in cells:
        for width in widths:
            free = tuple(knob for knob in KNOBS if knob not in {"hidden_size", "layers"})
            wanted = replace(with_cell(automatic(), cell), budget=Budget("steps", steps), device="cpu", free=free)
            wanted = replace(wanted, model=replace(wanted.model, layers=layers, hidden_size=width))
            config = choosing.chosen(wanted, len(vocabulary), len(train), None).config
            ended = [trained(replace(config, seed=seed), vocabulary, train, validation) for seed in range(seeds)]
            losses = [loss for loss, _ in ended]
            diverged = sum(not loss < letters for loss in losses)
            figures = (f"{number:.3f}" for number in (min(losses), statistics.median(losses), max(losses)))
            steepest = f"{max(norm for _, norm in ended):.2f}"
            rate = f"{config.learning_rate:g}"
            print(ROW.format(cell, width, rate, *figures, steepest, f"{diverged} of {seeds}"), flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", nargs="?", default="play")
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--widths", type=int, nargs="*", default=[64, 192, 384, 512, 768])
    parser.add_argument("--layers", type=int, default=1)
    parser.add_argument("--cells", nargs="*", default=["lstm"])
    options = parser.parse_args()
    table(catalogue.load(options.text), options.cells, options.widths, options.layers, options.steps, options.seeds)


if __name__ == "__main__":
    main()
