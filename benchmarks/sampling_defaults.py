"""How readable and how varied a minute's network writes, by the sampling settings: what the defaults were chosen by.

    python -m benchmarks.sampling_defaults TEXT ... [--minutes 1] [--chars 32000] [--home FOLDER]

One table a text, a row for each setting; the first row is the text itself. Of running text, counted in complete words:
the share that occurs in the training text (real), the number of different real words divided by that of all words
(distinct real), and the share of the runs of 8 characters that were written before (repeated). Of lists, counted in
whole lines: the share that is new, the number of different new lines divided by that of all (distinct new), the share
that was held out for validation, and the share that was written before. `--home` names the folder where the networks
are kept; those that are there are used again.
"""

import argparse
import os
import tempfile
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

import msgspec

from rnnplay import places, session
from rnnplay.model import checkpoint as checkpoints
from rnnplay.model.checkpoint import Checkpoint
from rnnplay.runs import folder
from rnnplay.sampling.records import SampleSettings
from rnnplay.sampling.volume import Whole, write_many
from rnnplay.sampling.words import words
from rnnplay.text import catalogue
from rnnplay.text.corpus import Corpus
from rnnplay.text.vocabulary import Vocabulary
from rnnplay.training.config import Budget, automatic

TEMPERATURES = (0.7, 0.8, 0.9, 1.0, 1.1)
MIN_PS = (None, 0.05, 0.08, 0.1, 0.12, 0.15)
STREAMS = 16
NGRAM = 8  # characters

Measure = Callable[[Sequence[str]], dict[str, float]]


def trained(text: str, corpus: Corpus, minutes: float) -> folder.Run:
    """Return the run of a text in the data folder; train it unless it is there."""
    name = f"defaults-{Path(text).stem}"
    if (places.runs_folder() / name / "run.json").is_file():
        return folder.named(name)
    begun = session.begin(corpus, msgspec.structs.replace(automatic(), budget=Budget("minutes", minutes)), name)
    for _ in begun.events():
        pass
    return begun.run


def written(checkpoint: Checkpoint, settings: SampleSettings) -> list[str]:
    """Return what a network writes in some streams."""
    told = write_many(checkpoint, "", settings, STREAMS, block=STREAMS)
    return [one.text for one in told if isinstance(one, Whole)]


def words_measure(training: str) -> Measure:
    """Return what measures samples of running text."""
    known = set(words(training))

    def measure(texts: Sequence[str]) -> dict[str, float]:
        found = [word for text in texts for word in words(text)[1:-1]]
        real = [word for word in found if word in known]
        grams = [text[at : at + NGRAM] for text in texts for at in range(len(text) - NGRAM + 1)]
        return {
            "real": len(real) / len(found),
            "distinct real": len(set(real)) / len(found),
            "repeated": 1 - len(set(grams)) / len(grams),
        }

    return measure


def lines_measure(training: str, validation: str) -> Measure:
    """Return what measures samples of a list."""
    known, held_out = set(training.split("\n")), set(validation.split("\n"))

    def measure(texts: Sequence[str]) -> dict[str, float]:
        found = [line for text in texts for line in text.split("\n")[:-1]]
        new = [line for line in found if line not in known]
        return {
            "new": len(new) / len(found),
            "distinct new": len(set(new)) / len(found),
            "held out": sum(line in held_out for line in found) / len(found),
            "repeated": 1 - len(set(found)) / len(found),
        }

    return measure


def report(text: str, minutes: float, chars: int) -> None:
    """Print the table of a text."""
    corpus = catalogue.load(text)
    run = trained(text, corpus, minutes)
    config = run.card().config
    checkpoint = checkpoints.load(run.checkpoint("best"))
    split = corpus.split(config.val_fraction, config.seed)
    training, validation = (Vocabulary(corpus.alphabet).decode(ids) for ids in (split.train, split.validation))
    measure = words_measure(training) if corpus.shape == "stream" else lines_measure(training, validation)
    print(f"\n{corpus.name}: {config.model}, validation {checkpoint.training.loss or 0:.3f} nats")
    length = chars // STREAMS
    own = [training[at : at + length] for at in range(0, len(training) - length, len(training) // STREAMS)]
    figures = measure(own)
    print(f"{'':24}" + "".join(f"{name:>15}" for name in figures))
    _print_row("the training text", figures)
    if corpus.shape == "stream":
        _print_row("the validation text", measure([validation[:chars]]))
    for temperature, min_p in product(TEMPERATURES, MIN_PS):
        settings = SampleSettings(length, temperature, min_p=min_p)
        _print_row(f"{temperature:g}, min-p {min_p or 0:g}", measure(written(checkpoint, settings)))


def _print_row(name: str, figures: dict[str, float]) -> None:
    print(f"{name:24}" + "".join(f"{value:>15.1%}" for value in figures.values()), flush=True)


def main() -> None:
    """Print a table for each text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", nargs="+", metavar="TEXT")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--chars", type=int, default=32_000, help="characters for each setting")
    parser.add_argument("--home", type=Path, help="where the networks are kept")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["RNNPLAY_HOME"] = str(given.home or scratch)
        for text in given.texts:
            report(text, given.minutes, given.chars)


if __name__ == "__main__":
    main()
