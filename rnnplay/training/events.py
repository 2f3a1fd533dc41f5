"""What a training says while it runs: one record an event, one JSON object a line."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Literal, get_args

import msgspec

from rnnplay import files
from rnnplay.errors import UserError
from rnnplay.text.records import Baseline, Provenance
from rnnplay.training.config import Budget, TrainingConfig

Reason = Literal["budget", "stopped", "patience", "diverged"]
Count = Annotated[
    int, msgspec.Meta(ge=0, le=2**62)
]  # a log holds whatever someone wrote there; this can be reckoned with


class Sizes(msgspec.Struct, frozen=True):
    """How much text and network there is."""

    train_chars: Count
    validation_chars: Count
    vocabulary: Count
    parameters: Count
    multiply_adds: Count  # for one character, forward


class Started(msgspec.Struct, tag="started", frozen=True):
    """A trainer has begun, or begun again, to work on a run."""

    time: float  # seconds since 1970
    from_step: Count
    config: TrainingConfig
    corpus: Provenance
    sizes: Sizes
    device: str
    versions: dict[str, str]
    ladder: tuple[Baseline, ...] = ()


class Progress(msgspec.Struct, tag="progress", frozen=True):
    """Where the training is; at most about ten a second."""

    step: Count
    epoch: float
    chars: Count
    seconds: float  # of the budget: from the first step on, without pauses
    spent: float  # share of the budget, from 0 to 1
    loss: float | None  # nats per character, mean since the last such event; None where it was not finite
    learning_rate: float
    gradient_norm: float | None
    chars_per_second: float


class Evaluated(msgspec.Struct, tag="evaluated", frozen=True):
    """The validation loss at one step."""

    step: Count
    seconds: float
    loss: float | None  # nats per character; None where it was not finite
    bits_per_char: float | None
    protocol: str  # "carried" or "window 256"
    estimate: bool  # scored on a part of the validation text
    chars: Count  # how many characters were scored
    best: bool
    milestones: tuple[str, ...] = ()  # baselines that this loss is the first to be below


class Sampled(msgspec.Struct, tag="sampled", frozen=True):
    """What the network writes at one step; always from the same prompt, temperature and seed."""

    step: Count
    prompt: str
    text: str
    real_words: float | None = None  # share of a longer text's words that occur in the training text, from 0 to 1
    milestones: tuple[str, ...] = ()  # shares of real words that are reached for the first time


class Saved(msgspec.Struct, tag="saved", frozen=True):
    """A checkpoint is on the disk."""

    step: Count
    checkpoint: Literal["last", "best"]


class Acknowledged(msgspec.Struct, tag="acknowledged", frozen=True):
    """A request was carried out."""

    id: str
    step: Count


class Noted(msgspec.Struct, tag="noted", frozen=True):
    """Something that a person should know."""

    step: Count
    text: str


class Finished(msgspec.Struct, tag="finished", frozen=True):
    """The training has ended."""

    step: Count
    reason: Reason
    budget: Budget  # of this sitting: how long in all
    seconds: float
    aside_seconds: float  # of this sitting, that went to validation, samples and saving
    chars: Count
    loss: float | None  # validation, of the best weights; None where there is none
    bits_per_char: float | None
    estimate: bool
    best_step: Count
    train_loss: float | None
    summary: str


Event = Started | Progress | Evaluated | Sampled | Saved | Acknowledged | Noted | Finished


_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def encode_line(event: Event) -> bytes:
    """Return the event as one line of JSON."""
    return msgspec.json.encode(event) + b"\n"


def decode_line(line: bytes) -> Event | None:
    """Return the event on a line, or None where it is torn, of a type that isn't known here, or makes no sense."""
    try:
        event = _decoder.decode(line)
        if isinstance(event, Started):
            event.config.checked()
        elif isinstance(event, Finished):
            event.budget.checked()
    except (UserError, *files.NO_JSON):
        return None
    return event


def decode_lines(content: bytes, *kinds: type[Event]) -> Iterator[Event]:
    """Yield the events on whole lines, of some kinds or of all; what is none is passed over."""
    for line in _candidates(*kinds).finditer(content):
        start = line.start()
        if start == 0 or content[start - 1] == ord("\n"):
            event = decode_line(line[0])
            if event is not None:
                yield event


@cache
def _candidates(*kinds: type[Event]) -> re.Pattern[bytes]:
    """Return what finds the lines that may be events, among a gigabyte of other bytes within seconds."""
    tags = "|".join(str(kind.__struct_config__.tag) for kind in kinds or get_args(Event))
    return re.compile(rf'\{{"type" ?: ?"(?:{tags})"[^\n]*'.encode())
