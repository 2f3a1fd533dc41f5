"""A run's card in Markdown: what it is, what it reached, how to repeat it, and how to use it."""

import math
import re
import time
from collections.abc import Iterator, Sequence

from rnnplay.console.numbers import above_optimum, clock, decimals, short
from rnnplay.errors import UserError
from rnnplay.model import cost
from rnnplay.model.checkpoint import Checkpoint
from rnnplay.runs import recipe
from rnnplay.runs.compare import excess, rate
from rnnplay.runs.folder import LATEST, RunCard
from rnnplay.text.display import one_line, visible
from rnnplay.text.records import Baseline

WIDTH = 60  # characters of a name


def card_lines(name: str, card: RunCard, network: Checkpoint, ladder: Sequence[Baseline], sample: str) -> Iterator[str]:
    """Return the lines of a card.

    Args:
        name: The run's.
        card: What it is, as it may be given away, with the budget that it was last given.
        network: Its weights.
        ladder: What simple models reach on the same text.
        sample: What it writes.
    """
    config, training = card.config, network.training
    model = config.model
    yield f"# {_inline(name)}"
    yield ""
    yield "A character-level recurrent network, trained with rnnplay."
    yield ""
    yield from _table(
        ("text", f"{_inline(card.corpus.name)} ({_inline(card.corpus.kind)}, {card.shape})"),
        ("text's SHA-256", f"`{re.sub('[^0-9a-f]', '', card.corpus.sha256)}`"),
        ("network", f"{model}, embedding {model.embedding_size}, dropout {model.dropout:g}"),
        (
            "size",
            f"{short(cost.parameters(model, len(network.vocabulary)))} parameters, {len(network.vocabulary)} symbols",
        ),
        (
            "training",
            f"{config.batch_size} rows of {config.seq_len}, rate {rate(config.learning_rate)}, {config.budget}",
        ),
        ("these weights", f"step {training.step:,}, {training.chars:,} characters, {clock(training.seconds)}"),
        *_reached(card, training.loss),
        *_parent(card),
        ("begun", time.strftime("%Y-%m-%d", time.gmtime(min(max(card.created, 0.0), LATEST)))),
        ("versions", _inline(", ".join(f"{what} {version}" for what, version in card.versions.items()))),
    )
    yield ""
    yield "![Losses over training steps](curve.svg)"
    yield ""
    if ladder:
        yield "## What simple models reach on the same text"
        yield ""
        yield from _ladder(ladder)
        yield ""
    yield "## What it writes"
    yield ""
    yield from _fenced(sample)
    yield ""
    yield from _usage(card)


def _reached(card: RunCard, loss: float | None) -> Iterator[tuple[str, str]]:
    if loss is None:
        yield "validation loss", "not measured"
        return
    yield (
        "validation loss",
        f"{decimals(loss, 4)} nats = {decimals(loss / math.log(2), 4)} bits per character (state carried on)",
    )
    over = excess(loss, card.optimum)
    if over is not None:
        yield "optimum", f"{decimals(card.optimum or 0.0, 4)} bits per character; this network is {above_optimum(over)}"


def _parent(card: RunCard) -> Iterator[tuple[str, str]]:
    if card.parent is not None:
        learned = f", which had learned from {_inline(card.parent.corpus)}" if card.parent.corpus else ""
        yield "begun from", f"{_inline(card.parent.label)} at step {card.parent.step:,}{learned}"


def _ladder(ladder: Sequence[Baseline]) -> Iterator[str]:
    yield "| model | bits per character |"
    yield "|---|---|"
    for rung in ladder:
        yield f"| {_inline(rung.name)} | {decimals(rung.bits_per_char)}{' (on a part)' if rung.partial else ''} |"


def _usage(card: RunCard) -> Iterator[str]:
    yield "## How to use it"
    yield ""
    yield "In this folder:"
    yield ""
    yield from _fenced("rnnplay sample best.safetensors --length 1000\nrnnplay runs import .")
    yield ""
    yield (
        "An imported run is listed, samples, compares and can be trained further with `rnnplay train TEXT --from "
        "NAME`; it can't be resumed, for the optimizer's state isn't here. `best.safetensors` is a plain safetensors "
        "file; rnnplay's `docs/formats.md` says what stands in it. The training text isn't here, but a network may "
        "write out pieces of what it learned from."
    )
    yield ""
    yield "## How to repeat it"
    yield ""
    try:
        yield from _fenced(recipe.line(card))
        for note in recipe.notes(card):
            yield ""
            yield _inline(note)
    except UserError as error:
        yield _inline(str(error))


def _table(*rows: tuple[str, str]) -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"
    for what, told in rows:
        yield f"| {what} | {told} |"


def _inline(text: str) -> str:
    """Return a text from elsewhere on one line, with nothing in it that Markdown or HTML would obey."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~&])", r"\\\1", one_line(text, WIDTH * 3))


def _fenced(text: str) -> Iterator[str]:
    """Return a text as it is, in a fence longer than any that stands in it."""
    shown = visible(text)
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}text"
    yield shown
    yield fence
