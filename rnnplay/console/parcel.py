"""A run as a folder to give away: its weights, what it is and told, a card to read, its curve and its figures."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from rnnplay import files
from rnnplay.console.card import card_lines
from rnnplay.console.chart.curves import Curve
from rnnplay.console.chart.floor import levels_of
from rnnplay.console.chart.svg import picture
from rnnplay.model import checkpoint as checkpoints
from rnnplay.runs import giving, log
from rnnplay.runs.folder import Run
from rnnplay.runs.history import History
from rnnplay.sampling import presets, sampler
from rnnplay.sampling.records import SampleSettings
from rnnplay.training.events import Event, encode_line

SAMPLE = SampleSettings(length=500, seed=1)  # drawn with the readable preset


def export(run: Run, target: Path) -> Path:
    """Make a folder to give away of a run, as far as it has come.

    It holds `best.safetensors` without the trainer's state; `run.json` and `events.jsonl` without the paths of this
    machine; `card.md`, `curve.svg` and `events.csv` for people.

    Raises:
        UserError: The run is damaged, there is something of that name already, or there is no writing.
    """
    card = giving.card_to_give(run.card())
    network = giving.weights(run)
    size = files.size(run.events)

    def events() -> Iterator[Event]:
        return giving.events_to_give(run.card(), log.stream(run.events, size=size))

    history = History()
    history.take(events())
    ladder = history.started.ladder if history.started is not None else ()
    budget = history.started.config.budget if history.started is not None else card.config.budget
    shown = msgspec.structs.replace(card, config=msgspec.structs.replace(card.config, budget=budget))
    prompt = card.config.prompt
    settings = presets.with_preset(SAMPLE, "readable", presets.text_kind(card.corpus, card.shape))
    sample = prompt + "".join(one.character for one in sampler.sample(network, prompt, settings))
    looks = [look for look in history.looks if not look.final]
    parts: dict[str, bytes | Iterable[bytes]] = {
        giving.WEIGHTS: checkpoints.to_bytes(network),
        giving.CARD: msgspec.json.encode(card),
        giving.EVENTS: map(encode_line, events()),
        "card.md": "\n".join([*card_lines(run.name, shown, network, ladder, sample), ""]).encode(),
        "curve.svg": picture(Curve(run.name, history.losses, looks), levels_of(ladder), run.name).encode(),
        "events.csv": (row.encode() for row in giving.csv_rows(events())),
    }
    return giving.written(target, parts)
