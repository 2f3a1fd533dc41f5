"""Train the model that ships, on the shipped play, and put it into `checkpoints/`.

    python scripts/train_shipped_model.py [--minutes 3]

At most two megabytes, so that it may stand in the wheel. It learns from nothing but `corpora/play.txt`.
"""

import argparse
import os
import shutil
import tempfile
from pathlib import Path

from rnnplay import places, session
from rnnplay.console.progress import display, shown
from rnnplay.model.config import ModelConfig
from rnnplay.text import catalogue
from rnnplay.training.config import Budget, TrainingConfig

AT_MOST = 2_000_000  # bytes
NAME = "play"


def main() -> None:
    """Train, check the size, and copy the best checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=3.0)
    budget = Budget("minutes", parser.parse_args().minutes)
    config = TrainingConfig(ModelConfig(hidden_size=320, dropout=0.2), budget=budget)
    with tempfile.TemporaryDirectory() as home, display() as on:
        os.environ["RNNPLAY_HOME"] = home
        begun = session.begin(catalogue.load(NAME), config)
        finished = shown(begun.events(), on)
        best = begun.run.checkpoint("best")
        if best.stat().st_size > AT_MOST:
            raise SystemExit(f"{best.stat().st_size:,} bytes are more than may ship")
        target = places.shipped("checkpoints") / f"{NAME}.safetensors"
        Path(target).parent.mkdir(exist_ok=True)
        shutil.copyfile(best, target)
        print(f"{target}: {target.stat().st_size:,} bytes, {finished.loss if finished else None} nats")


if __name__ == "__main__":
    main()
