"""What the engine answers about texts: what is in one, and having one that isn't there yet."""

from collections.abc import Generator, Iterator
from itertools import islice
from typing import TypeVar

from rnnplay.engine.protocol import Counted, Describe, Described, Keep, Kept, Steps, Working
from rnnplay.errors import UserError
from rnnplay.text import catalogue
from rnnplay.text.corpus import Corpus
from rnnplay.text.fetched import downloads
from rnnplay.text.fetched.fetching import Arrived, is_address
from rnnplay.text.measured import baselines, optimum
from rnnplay.text.measured.about import VAL_FRACTION, figures, rungs
from rnnplay.text.own import mine
from rnnplay.text.records import Baseline, from_json

LADDERS = 64  # texts whose baselines are kept

Loaded = TypeVar("Loaded")


class Texts:
    """Describes texts, and remembers what was counted on the last ones."""

    def __init__(self) -> None:
        self._ladders: dict[tuple[str, str], tuple[Baseline, ...]] = {}

    def described(self, question: Describe) -> Steps:
        """Say what is in a text, the quickest first.

        Raises:
            UserError: It can't be read.
        """
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


def kept(question: Keep) -> Steps:
    """Give a text a name.

    Raises:
        UserError: It can't be had, isn't text, or the name can't be had.
    """
    place = from_json(question.place)
    if is_address(place):
        loading = mine.from_address(place, None, question.shape, question.name)
        name = yield from _told(loading, f"fetching '{place}'")
        page = (f"What came for '{name}' is a web page, with all its markup.",) if mine.is_page(name) else ()
        yield Kept(name, page)
        return
    yield Working(f"reading '{place}'")
    yield Kept(mine.add(place, question.extensions, question.shape, question.name))


def fetched(name: str) -> Steps:
    """Fetch a text of the catalogue.

    Raises:
        UserError: It can't be had.
    """
    yield from _told(downloads.fetch(name), f"fetching '{name}'")


def _told(loading: "Generator[Arrived, None, Loaded]", what: str) -> "Generator[Working, None, Loaded]":
    """Say how far a download is, and return what came of it; it is left off where this is."""
    try:
        while True:
            progress = next(loading)
            words = what if progress.words == "fetching" else progress.words
            yield Working(words, None if not progress.total else min(progress.bytes / progress.total, 1.0))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    finally:
        loading.close()


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
    """Count a text's baselines, from the quickest on, and say before each what is being done.

    The optimum of a generated text is there before them all, and stands behind them.
    """
    split = corpus.split(VAL_FRACTION)
    best: tuple[Baseline, ...] = ()
    if corpus.provenance.kind == "generated":
        yield Working("working out the optimum", 0.0)
        best = optimum.rung(corpus, split.validation)
        yield Counted(best)
    tables = [(f"counting {baselines.n_gram_name(order)}s", 1) for order in baselines.ORDERS]
    tables = [("counting characters", 2), *tables] if len(split.validation) else []
    parts = [*tables, ("compressing with xz", 1)]
    found = rungs(corpus)
    ladder: tuple[Baseline, ...] = ()
    for number, (words, count) in enumerate(parts):
        yield Working(words, number / len(parts))
        ladder = (*ladder, *islice(found, count))
        yield Counted((*ladder, *best))
