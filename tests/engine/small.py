"""Networks of a few kilobytes, and questions with their whole answers."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from rnnplay.engine.client import Engine
from rnnplay.engine.protocol import Question, Reply, Write, Wrote
from rnnplay.model import checkpoint as checkpoints
from rnnplay.model.checkpoint import Checkpoint, CorpusCard, Training
from rnnplay.model.config import ModelConfig
from rnnplay.sampling.records import SampleSettings
from rnnplay.text.vocabulary import Vocabulary

LSTM = ModelConfig("lstm", 1, 8, 4)
CONFIGS = [LSTM, ModelConfig("gru", 2, 8, 4), ModelConfig("rnn", 1, 8, 4), ModelConfig("ff", 1, 8, 4, context=3)]
SYMBOLS = "\n abcdeé"


def checkpoint(config: ModelConfig = LSTM, seed: int = 4, symbols: str = SYMBOLS) -> Checkpoint:
    random = np.random.default_rng(seed)
    shapes = config.tensor_shapes(len(symbols))
    tensors = {name: random.normal(0, 0.6, shape).astype(np.float32) for name, shape in shapes.items()}
    return Checkpoint(config, Vocabulary(tuple(symbols)), tensors, Training(7, 1.5), CorpusCard("small"), {})


def saved(path: Path, one: Checkpoint) -> str:
    """Write a network and return what names it."""
    checkpoints.save(path, one)
    return str(path)


def write(model: str | None, prompt: str = "ab", written: str = "", **settings: object) -> Write:
    return Write(model, "best", prompt, SampleSettings(**({"length": 60} | settings)), written)  # type: ignore[arg-type]


def text_of(replies: Iterable[Reply | None]) -> str:
    """Return the text in some replies."""
    return "".join(one.character for reply in replies if isinstance(reply, Wrote) for one in reply.characters)


async def all_of(engine: Engine, question: Question) -> list[Reply]:
    """Return the whole answer."""
    return [reply async for reply in engine.ask(question)]
