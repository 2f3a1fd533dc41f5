"""What the engine answers: plain generators of replies, each of which can be left off at any of its steps."""

import threading
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Generator, Iterable, Iterator

import msgspec

from rnnplay.engine import comparing, machine, texts
from rnnplay.engine.networks import Network, Networks
from rnnplay.engine.protocol import (
    Cancel,
    Check,
    Compare,
    Describe,
    Expect,
    Expected,
    Fetch,
    Judged,
    Keep,
    Measure,
    Open,
    Opened,
    Ping,
    Question,
    Steps,
    Working,
    Write,
    Wrote,
)
from rnnplay.model import cost
from rnnplay.runs import learned
from rnnplay.sampling.grading import Checker
from rnnplay.sampling.records import SampledChar, SampleSettings
from rnnplay.sampling.sampler import Writer, as_read, ids_before, likeliest, never_drawn, read_prompt
from rnnplay.sampling.words import MIN_CHARS
from rnnplay.text.vocabulary import Vocabulary

BATCH_CHARS, BATCH_SECONDS = 64, 0.025  # what one `Wrote` holds at most
# An expectation is after the last 2,000 to 2,999 characters of a text: what stands before them hardly matters to it.
# The beginning moves by a thousand at a time, so that a text that grows is rarely read again.
READ_BACK, READ_BACK_BY = 2_000, 1_000
CHECKERS = 4  # texts that written ones are held beside


class Answers:
    """Answers questions, any number of them at once, each on a thread of its own."""

    def __init__(self) -> None:
        self._networks = Networks()
        self._texts = texts.Texts()
        self._checkers: OrderedDict[tuple[str, str], Checker] = OrderedDict()
        self._checking = threading.Lock()

    def to(self, question: Question) -> Steps:
        """Yield the replies to a question, without `Done`.

        Raises:
            UserError: There is no answer.
        """
        match question:
            case Open(model, which):
                yield opened(self._networks.find(model, which), which)
            case Write(model, which):
                yield from wrote(self._networks.find(model, which), question)
            case Expect(model, which):
                yield from expected(self._networks.find(model, which), question)
            case Check(model, which):
                yield from self._judged(self._networks.find(model, which), question)
            case Describe():
                yield from self._texts.described(question)
            case Keep():
                yield from texts.kept(question)
            case Fetch(name):
                yield from texts.fetched(name)
            case Compare():
                yield from comparing.compared(question)
            case Measure():
                yield from machine.measured()
            case Ping() | Cancel():
                return

    def _judged(self, network: Network, question: Check) -> Steps:
        """Hold a text beside the one that a network learned from, which is read at the first question.

        Raises:
            UserError: That text is gone or has changed, or isn't known.
        """
        key = (network.spec, network.checkpoint.corpus.sha256)
        with self._checking:
            checker = self._checkers.get(key) or learned.checker(network.model, network.checkpoint.corpus)
            self._checkers[key] = checker
            self._checkers.move_to_end(key)
            while len(self._checkers) > CHECKERS:
                self._checkers.popitem(last=False)
        checked = yield from checker.reporting(question.text, as_read(question.prompt))
        if checked.real_words is None and question.settings is not None and checker.words and checker.words.known:
            longer = yield from _continue(network, question, question.settings)
            checked = msgspec.structs.replace(checked, real_words=checker.words.share(longer))
        yield Judged(checked)


def opened(network: Network, which: str) -> Opened:
    """Say what a network is."""
    checkpoint, run = network.checkpoint, network.model.run
    return Opened(
        network.spec,
        which,
        network.model.label,
        None if run is None else run.name,
        checkpoint.model,
        cost.parameters(checkpoint.model, len(checkpoint.vocabulary)),
        checkpoint.vocabulary.symbols,
        checkpoint.training.step,
        checkpoint.training.loss,
        checkpoint.corpus.name,
        network.model.text_kind(),
    )


def wrote(network: Network, question: Write) -> Steps:
    """Let a network write.

    Raises:
        UserError: A setting is out of its range, or the network computes no numbers any more.
    """
    vocabulary, written = network.checkpoint.vocabulary, question.written
    writer = Writer(network.checkpoint, question.settings, network.reader, len(written))
    before = ids_before(question.prompt, written, vocabulary)
    begun = time.monotonic()
    for done, place in network.reader.read(before):
        writer.place = place
        long = time.monotonic() - begun > BATCH_SECONDS and done < len(before)
        yield Working("reading the text so far", done / len(before)) if long else None
    text, place = written, writer.place
    try:
        for batch in _batches(writer.write_on(written)):
            text, place = text + "".join(one.character for one in batch.characters), writer.place
            yield batch
    finally:  # wherever the text is left off, it may go on from
        network.reader.remember(ids_before(question.prompt, text, vocabulary), place)


def _batches(characters: Iterable[SampledChar]) -> Iterator[Wrote]:
    """Gather characters that come fast; the first one comes alone, at once."""
    batch: list[SampledChar] = []
    told = float("-inf")
    for one in characters:
        batch.append(one)
        now = time.monotonic()
        if len(batch) >= BATCH_CHARS or now - told >= BATCH_SECONDS:
            yield Wrote(tuple(batch))
            batch, told = [], now
    if batch:
        yield Wrote(tuple(batch))


def _continue(network: Network, question: Check, settings: SampleSettings) -> Generator[None, None, str]:
    """Return a text continued to the length from which the share of real words means something, a step at a time."""
    text = question.text
    settings = msgspec.structs.replace(settings, length=max(MIN_CHARS - len(text), 0), stop="", alternatives=0)
    writer = Writer(network.checkpoint, settings, network.reader, len(text))
    for _, writer.place in network.reader.read(ids_before(question.prompt, text, network.checkpoint.vocabulary)):
        yield None
    for number, one in enumerate(writer.write_on()):
        text += one.character
        if number % BATCH_CHARS == 0:
            yield None
    return text


def expected(network: Network, question: Expect) -> Steps:
    """Say what a network expects after a text.

    Raises:
        UserError: The network computes no numbers any more.
    """
    vocabulary = network.checkpoint.vocabulary
    ids = ids_before(question.text, "", vocabulary)
    ids = ids[max((len(ids) - READ_BACK) // READ_BACK_BY, 0) * READ_BACK_BY :]
    place = network.reader.start()
    for _, reached in network.reader.read(ids):
        place = reached
        yield None
    yield Expected(
        likeliest(place.logits, len(vocabulary), vocabulary),
        unknown_places(question.text, vocabulary),
        read_prompt(question.text, vocabulary).notes,
        never_drawn(vocabulary),
    )


def unknown_places(text: str, vocabulary: Vocabulary) -> tuple[int, ...]:
    """Return the places of the characters that a network doesn't know, in the text as it was typed.

    A letter with its combining marks is known where the network knows what they compose.
    """
    if all(symbol in vocabulary for symbol in set(text)):
        return ()
    places: list[int] = []
    start = 0
    while start < len(text):
        stop = start + 1
        while stop < len(text) and unicodedata.combining(text[stop]):
            stop += 1
        composed = as_read(text[start:stop])
        if any(symbol not in vocabulary for symbol in composed):
            places.extend(place for place in range(start, stop) if text[place] not in vocabulary)
        start = stop
    return tuple(places)
