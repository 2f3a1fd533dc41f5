"""What the engine answers: plain generators of replies, each of which can be left off at any of its steps."""

import time
import unicodedata
from collections.abc import Generator, Iterable, Iterator
from itertools import islice

from rnnplay.engine import machine
from rnnplay.engine.networks import Network, Networks
from rnnplay.engine.protocol import (
    Cancel,
    Counted,
    Describe,
    Described,
    Expect,
    Expected,
    Measure,
    Open,
    Opened,
    Ping,
    Question,
    Reply,
    Working,
    Write,
    Wrote,
)
from rnnplay.errors import UserError
from rnnplay.model import cost
from rnnplay.sampling.records import SampledChar
from rnnplay.sampling.sampler import Writer, as_read, ids_before, likeliest, read_prompt
from rnnplay.text import baselines, catalogue
from rnnplay.text.about import VAL_FRACTION, figures, rungs
from rnnplay.text.corpus import Corpus
from rnnplay.text.records import Baseline
from rnnplay.text.vocabulary import Vocabulary

BATCH_CHARS, BATCH_SECONDS = 64, 0.025  # what one `Wrote` holds at most
# An expectation is after the last 2,000 to 2,999 characters of a text: what stands before them hardly matters to it.
# The beginning moves by a thousand at a time, so that a text that grows is rarely read again.
READ_BACK, READ_BACK_BY = 2_000, 1_000
LADDERS = 64  # texts whose baselines are kept

Steps = Generator[Reply | None, None, None]  # None: nothing to say yet, but a moment to leave off


class Answers:
    """Answers questions, any number of them at once, each on a thread of its own."""

    def __init__(self) -> None:
        self._networks = Networks()
        self._ladders: dict[tuple[str, str], tuple[Baseline, ...]] = {}

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
            case Describe():
                yield from self._described(question)
            case Measure():
                yield from machine.measured()
            case Ping() | Cancel():
                return

    def _described(self, question: Describe) -> Steps:
        if question.corpus == "-":
            raise UserError("Standard input can't be read from here: give a file, or paste the text.")
        yield Working(f"reading '{question.corpus}'")
        corpus = catalogue.load(question.corpus, extensions=question.extensions, shape=question.shape)
        yield described(corpus)
        key = (corpus.provenance.sha256, corpus.shape)
        if key in self._ladders:
            yield Counted(self._ladders[key])
            return
        for reply in counted(corpus):
            yield reply
            if isinstance(reply, Counted):
                ladder = reply.ladder
        self._ladders[key] = ladder
        while len(self._ladders) > LADDERS:
            self._ladders.pop(next(iter(self._ladders)))


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
        likeliest(place.logits, max(question.count, 0), vocabulary),
        unknown_places(question.text, vocabulary),
        read_prompt(question.text, vocabulary).notes,
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


def described(corpus: Corpus) -> Described:
    """Say what is known of a text as soon as it is read.

    Raises:
        UserError: It is too short to be split.
    """
    known, provenance = figures(corpus), corpus.provenance
    return Described(
        known.name,
        provenance.kind,
        provenance.location,
        known.shape,
        known.chars,
        known.lines,
        known.vocabulary,
        known.train_chars,
        known.validation_chars,
        known.commonest,
        known.preview,
        known.notes,
    )


def counted(corpus: Corpus) -> Iterator[Working | Counted]:
    """Count a text's baselines, from the quickest on, and say before each what is being done."""
    tables = [(f"counting {baselines.n_gram_name(order)}s", 1) for order in baselines.ORDERS]
    parts = [("counting characters", 2), *tables, ("compressing with xz", 1)]
    if not len(corpus.split(VAL_FRACTION).validation):
        parts = parts[-1:]
    found = rungs(corpus)
    ladder: tuple[Baseline, ...] = ()
    for number, (words, count) in enumerate(parts):
        yield Working(words, number / len(parts))
        ladder = (*ladder, *islice(found, count))
        yield Counted(ladder)
