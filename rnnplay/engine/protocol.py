"""What goes over the engine's pipes: one JSON object a line, questions in and replies out.

A question has a number; every reply to it carries the same. Each ends with `Done` or `Failed`, and nothing comes after.
"""

import re
from collections.abc import Generator
from typing import Any, TypeVar

import msgspec

from rnnplay import files
from rnnplay.model.config import ModelConfig
from rnnplay.runs.compare import Comparison
from rnnplay.sampling.presets import TextKind
from rnnplay.sampling.records import Checked, SampledChar, SampleSettings
from rnnplay.text.records import Baseline, Shape

PROTOCOL = 1


class Open(msgspec.Struct, tag="open", frozen=True):
    """Load a network; `Opened` follows.

    Attributes:
        model: A run's name or folder, a file, or `shipped:NAME`; None is the newest run, or else a shipped model.
        which: "best" or "last" of a run.
    """

    model: str | None = None
    which: str = "best"


class Write(msgspec.Struct, tag="write", frozen=True):
    """Let a network write; `Wrote` follows many times.

    Attributes:
        prompt: What the text begins with.
        written: What was written after the prompt already: the text goes on as if it had never stopped.
    """

    model: str | None
    which: str
    prompt: str
    settings: SampleSettings
    written: str = ""


class Expect(msgspec.Struct, tag="expect", frozen=True):
    """Ask what a network expects after a text; `Expected` follows."""

    model: str | None
    which: str
    text: str


class Describe(msgspec.Struct, tag="describe", frozen=True):
    """Look at a text; `Described` follows, then `Counted`, once the baselines are, with `Working` before each part.

    Attributes:
        corpus: A catalogue name, a file, a folder or a glob.
    """

    corpus: str
    extensions: tuple[str, ...] = ()
    shape: Shape | None = None


class Check(msgspec.Struct, tag="check", frozen=True):
    """Ask what of a text is copied, and what its lines are worth; `Judged` follows.

    Attributes:
        prompt: What the network wrote the text after.
        settings: How it was drawn. Where a text is too short for the share of real words, it is continued with them for
            that; None measures only what there is.
    """

    model: str | None
    which: str
    prompt: str
    text: str
    settings: SampleSettings | None = None


class Keep(msgspec.Struct, tag="keep", frozen=True):
    """Give a text a name; `Kept` follows, with `Working` before.

    Attributes:
        place: A file, a folder, a glob, an address, or the spec of a generated text; a path as a record holds it.
        name: None makes one from the place's own.
    """

    place: str
    extensions: tuple[str, ...] = ()
    shape: Shape | None = None
    name: str | None = None


class Fetch(msgspec.Struct, tag="fetch", frozen=True):
    """Fetch a text of the catalogue; `Working` tells how far that is, and `Done` that it is there."""

    name: str


class Compare(msgspec.Struct, tag="compare", frozen=True):
    """Score networks by one protocol on one text; `Scored` follows, with `Working` before.

    Attributes:
        models: Two or more, as `Open` takes them.
        corpus: The text; None for what they all held out.
    """

    models: tuple[str, ...]
    corpus: str | None = None


class Measure(msgspec.Struct, tag="measure", frozen=True):
    """Ask how fast this machine trains; `Measured` follows."""


class Ping(msgspec.Struct, tag="ping", frozen=True):
    """Ask whether the engine still answers; `Done` follows at once, whatever else it does."""


class Cancel(msgspec.Struct, tag="cancel", frozen=True):
    """Leave off answering another question, which then ends with `Done`."""

    number: int


Question = Open | Write | Expect | Check | Describe | Keep | Fetch | Compare | Measure | Ping | Cancel


class Hello(msgspec.Struct, tag="hello", frozen=True):
    """The engine is there; told once, as number 0."""

    protocol: int
    version: str
    pid: int


class Opened(msgspec.Struct, tag="opened", frozen=True):
    """A network.

    Attributes:
        spec: What names it from now on.
        label: What to call it.
        run: The name of its run, if it has one.
        vocabulary: Its characters, in id order.
        step, loss: Where its training was, and its validation loss in nats per character.
        corpus: The text that it learned from, by name.
        text_kind: The kind of that text: what the readable sampling preset is for it.
    """

    spec: str
    which: str
    label: str
    run: str | None
    model: ModelConfig
    parameters: int
    vocabulary: tuple[str, ...]
    step: int
    loss: float | None
    corpus: str
    text_kind: TextKind = "text"


class Wrote(msgspec.Struct, tag="wrote", frozen=True):
    """The next few characters."""

    characters: tuple[SampledChar, ...]


class Expected(msgspec.Struct, tag="expected", frozen=True):
    """What a network expects next.

    Attributes:
        likeliest: All its characters and their probabilities before temperature and filters, the likeliest first,
            equally likely ones in id order.
        unknown: The places in the text whose characters it doesn't know.
        notes: How it reads those.
        never_drawn: The symbol for unknown characters, which is read but not written; None where there is none.
    """

    likeliest: tuple[tuple[str, float], ...]
    unknown: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    never_drawn: str | None = None


class Described(msgspec.Struct, tag="described", frozen=True):
    """A text's figures, without its baselines.

    Attributes:
        kind, location: See `Provenance`.
        commonest: The commonest characters with their counts, the commonest first.
        preview: Its beginning.
    """

    name: str
    kind: str
    location: str | None
    shape: Shape
    chars: int
    lines: int
    vocabulary: str
    train_chars: int
    validation_chars: int
    commonest: tuple[tuple[str, int], ...]
    preview: str
    notes: tuple[str, ...]


class Counted(msgspec.Struct, tag="counted", frozen=True):
    """A text's baselines so far, from knowing nothing on."""

    ladder: tuple[Baseline, ...]


class Judged(msgspec.Struct, tag="judged", frozen=True):
    """What of a text is copied, and what its lines are worth."""

    checked: Checked


class Kept(msgspec.Struct, tag="kept", frozen=True):
    """A text has this name now.

    Attributes:
        notes: What a person should know of it.
    """

    name: str
    notes: tuple[str, ...] = ()


class Scored(msgspec.Struct, tag="scored", frozen=True):
    """Networks beside each other."""

    comparison: Comparison


class Measured(msgspec.Struct, tag="measured", frozen=True):
    """How many multiply-adds of a forward pass a second of training does, for each cell.

    Attributes:
        source: Where the figures come from, in words for a person.
        devices: What can be trained on besides "auto".
        kind: The kind of device that the rates are of, which is what "auto" is.
    """

    rates: dict[str, float]
    source: str
    devices: tuple[str, ...] = ("cpu",)
    kind: str = "cpu"

    def rate(self, cell: str, device: str) -> float | None:
        """Return the rate of a cell on a device, None where it isn't known."""
        return self.rates.get(cell) if device == "auto" or device.startswith(self.kind) else None


class Working(msgspec.Struct, tag="working", frozen=True):
    """What the engine is doing for this question, in words; and how far it is, from 0 to 1, where that is known."""

    what: str
    share: float | None = None


class Done(msgspec.Struct, tag="done", frozen=True):
    """All was said."""


class Failed(msgspec.Struct, tag="failed", frozen=True):
    """There is no answer, for the reason in this sentence."""

    sentence: str


Reply = (
    Hello
    | Opened
    | Wrote
    | Expected
    | Judged
    | Described
    | Counted
    | Kept
    | Scored
    | Measured
    | Working
    | Done
    | Failed
)

Steps = Generator[Reply | None, None, None]  # an answer; None: nothing to say yet, but a moment to leave off


class Asked(msgspec.Struct, frozen=True):
    """A question on its way."""

    number: int
    question: Question


class Told(msgspec.Struct, frozen=True):
    """A reply on its way."""

    number: int
    reply: Reply


_LONE = re.compile("[\ud800-\udfff]")  # halves of characters, which JSON has no way to say
_asked: msgspec.json.Decoder[Asked] = msgspec.json.Decoder(Asked)
_told: msgspec.json.Decoder[Told] = msgspec.json.Decoder(Told)
_Message = TypeVar("_Message")


def sendable(text: str) -> str:
    """Return a text as it comes through: lone surrogates become the replacement character."""
    return _LONE.sub("\ufffd", text)


def line(message: Asked | Told) -> bytes:
    """Return a message as one line; lone surrogates become the replacement character."""
    try:
        return msgspec.json.encode(message) + b"\n"
    except UnicodeEncodeError:
        return msgspec.json.encode(_whole(msgspec.to_builtins(message))) + b"\n"


def asked(line: bytes) -> Asked | None:
    """Return the question on a line, or None where there is none."""
    return _decoded(_asked, line)


def told(line: bytes) -> Told | None:
    """Return the reply on a line, or None where there is none."""
    return _decoded(_told, line)


def _decoded(decoder: "msgspec.json.Decoder[_Message]", line: bytes) -> _Message | None:
    try:
        return decoder.decode(line)
    except files.NO_JSON:
        return None


def _whole(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, str):
        return sendable(value)
    if isinstance(value, dict):
        return {name: _whole(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(part) for part in value]
    return value
