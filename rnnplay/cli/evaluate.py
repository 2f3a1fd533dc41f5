"""`rnnplay eval`: how well a network predicts a text."""

from typing import TYPE_CHECKING, Annotated

import typer

from rnnplay.cli import options

if TYPE_CHECKING:
    from rnnplay.scoring import Evaluation


def evaluate(
    run: Annotated[str, typer.Argument(metavar="RUN", help=options.MODEL_HELP)],
    corpus: Annotated[
        str | None, typer.Argument(help=f"{options.CORPUS_HELP} Default: the run's own validation text.")
    ] = None,
    checkpoint: options.Checkpoint = "best",
    window: Annotated[
        int | None, typer.Option(help="Score fresh windows of so many characters; else the state is carried on.")
    ] = None,
    shape: options.TextShape = None,
    ext: options.Extensions = None,
    json: options.Json = False,
) -> None:
    """Score a network: nats and bits per character and perplexity, beside what simple tables reach."""
    import msgspec

    from rnnplay import scoring
    from rnnplay.errors import UserError
    from rnnplay.runs import models
    from rnnplay.runs.model_loading import load_model
    from rnnplay.text import catalogue

    model = models.find(run, checkpoint)
    network = load_model(model)
    card = model.run.card() if model.run is not None else None
    with options.working("scoring", quiet=json):
        if corpus is not None:
            other = catalogue.load(corpus, extensions=ext or (), shape=options.shape(shape))
            result = scoring.evaluate_on(network, card, other, window)
        elif card is not None:
            result = scoring.evaluate_own(network, card, window)
        else:
            raise UserError(f"'{run}' doesn't know its text: name one to score, as in 'rnnplay eval {run} play'.")
    if json:
        options.put(msgspec.json.encode(result).decode())
    else:
        _print(result)


def _print(result: "Evaluation") -> None:
    from rnnplay.console.tables import ladder_lines
    from rnnplay.text.display import one_line

    options.put(f"{one_line(result.text, 60)}, {result.part}: {result.chars:,} characters, {result.protocol}")
    options.put(
        f"{result.loss:.4f} nats per character = {result.bits_per_char:.4f} bits per character, "
        f"perplexity {result.perplexity:.3f}"
    )
    if result.unknown:
        count = sum(result.unknown.values())
        shown = " ".join(one_line(symbol, 10) for symbol in list(result.unknown)[:20])
        options.put(f"{count:,} characters are unknown to the network: {shown}")
    for line in ladder_lines(result.ladder, result.bits_per_char):
        options.put(line)
