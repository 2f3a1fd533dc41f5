"""`rnnplay sample`: let a network write."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from rnnplay.cli import options
from rnnplay.errors import UserError

if TYPE_CHECKING:
    from rnnplay.model.checkpoint import Checkpoint
    from rnnplay.sampling.records import SampleSettings

ALTERNATIVES = 5  # likeliest characters that --json tells at each place


def sample(
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help=options.MODEL_HELP)] = None,
    checkpoint: options.Checkpoint = "best",
    prompt: Annotated[str, typer.Option(help=r"What the text begins with; \n is a newline.")] = "",
    length: Annotated[int, typer.Option(help="Characters at most.")] = 500,
    temperature: Annotated[float, typer.Option(help="0 always takes the likeliest; 1 draws as it learned.")] = 0.8,
    top_k: Annotated[int | None, typer.Option(help="Draw from the k likeliest only.")] = None,
    top_p: Annotated[float | None, typer.Option(help="Draw from the fewest that together reach p.")] = None,
    min_p: Annotated[float | None, typer.Option(help="Draw only what is p times as likely as the likeliest.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed writes the same text. Default: a new one.")] = None,
    count: Annotated[int, typer.Option(help="How many texts; text i has seed + i.")] = 1,
    stop: Annotated[str, typer.Option(help=r"End after this text; \n is a newline.")] = "",
    json: options.Json = False,
) -> None:
    """Let a network write, character by character as it goes."""
    from rnnplay.model import checkpoint as checkpoints
    from rnnplay.runs import models
    from rnnplay.sampling.records import SampleSettings
    from rnnplay.sampling.sampler import read_prompt

    if count < 1:
        raise UserError(f"--count must be at least 1, not {count}.")
    first = _new_seed() if seed is None else seed
    settings = SampleSettings(length, temperature, top_k, top_p, min_p, first, options.unescaped(stop)).checked()
    _seeded(settings, first + count - 1).checked()
    model = models.find(run, checkpoint)
    network = checkpoints.load(model.path)
    text = options.unescaped(prompt)
    for note in read_prompt(text, network.vocabulary).notes:
        options.say(f"note: {note}")
    for number in range(count):
        one = _seeded(settings, first + number)
        if json:
            _write_json(network, model.label, text, one)
        else:
            write(network, text, one)
            if number + 1 < count:
                options.put("----")
    if seed is None and not json:
        options.say(f"({model.label}, seed {first})")


def write(network: "Checkpoint", prompt: str, settings: "SampleSettings") -> None:
    """Write a text to standard output as it is made, its prompt first; on a terminal nothing in it is obeyed."""
    from rnnplay.sampling.sampler import sample as written
    from rnnplay.text.display import visible

    safe = visible if sys.stdout.isatty() else str
    sys.stdout.write(safe(prompt))
    for one in written(network, prompt, settings):
        sys.stdout.write(safe(one.character))
        sys.stdout.flush()
    sys.stdout.write("\n")
    sys.stdout.flush()


def _write_json(network: "Checkpoint", label: str, prompt: str, settings: "SampleSettings") -> None:
    """Print a line for each character, and one for the whole."""
    import msgspec

    from rnnplay.sampling.records import SampledText
    from rnnplay.sampling.sampler import sample as written

    settings = msgspec.structs.replace(settings, alternatives=ALTERNATIVES)
    text = []
    for one in written(network, prompt, settings):
        options.put(msgspec.json.encode(one).decode())
        text.append(one.character)
    options.put(msgspec.json.encode(SampledText(label, prompt, "".join(text), settings)).decode())


def _seeded(settings: "SampleSettings", seed: int) -> "SampleSettings":
    import msgspec

    return msgspec.structs.replace(settings, seed=seed)


def _new_seed() -> int:
    import secrets

    return secrets.randbelow(100_000)
