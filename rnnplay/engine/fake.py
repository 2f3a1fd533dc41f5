"""An engine for tests: no process, no network, the same answer to the same question always."""

import asyncio
import zlib
from collections.abc import AsyncGenerator, Iterator

from rnnplay.engine.client import EngineDiedError, EngineState
from rnnplay.engine.protocol import (
    Cancel,
    Check,
    Compare,
    Counted,
    Describe,
    Described,
    Expect,
    Expected,
    Fetch,
    Judged,
    Keep,
    Kept,
    Measure,
    Measured,
    Open,
    Opened,
    Ping,
    Question,
    Reply,
    Scored,
    Working,
    Write,
    Wrote,
)
from rnnplay.errors import UserError
from rnnplay.model.config import ModelConfig
from rnnplay.runs.compare import Comparison
from rnnplay.sampling.presets import TextKind
from rnnplay.sampling.records import Checked, SampledChar
from rnnplay.text.records import Baseline

VOCABULARY = tuple("\n !',-.:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
MODEL = ModelConfig(hidden_size=8, embedding_size=4)
LADDER = (
    Baseline("uniform", 5.95),
    Baseline("unigram", 4.6),
    Baseline("bigram", 3.5),
    Baseline("3-gram", 2.9),
    Baseline("4-gram", 2.5),
    Baseline("5-gram", 2.4),
    Baseline("6-gram", 2.41),
    Baseline("xz", 2.7),
)
RATES = {"lstm": 2e9, "gru": 1.6e9, "rnn": 1.2e9, "ff": 3e9}
COMPARISON = Comparison("play", "validation", "carried", None, (), (), (), LADDER, ())
BATCH = 8  # characters in one `Wrote`
_NAMING = ("corpus", "model", "name")  # fields of questions
_VOWELS, _CONSONANTS = "aeiou", "bdfgklmnprst"
_SHARES = (0.4, 0.25, 0.15, 0.1, 0.06, 0.03, 0.008, 0.002)


class FakeEngine:
    """Answers every question by rule.

    What it writes looks like words and means nothing; each character follows from the model, the settings and the
    whole text before it, so that text goes on from `written` as if it had never stopped.

    Attributes:
        asked: All questions so far.
        left: Those whose answer was left off before its end.
        gate: While it is clear no character comes, and no answer that takes long: `gate.clear()` holds them back,
            `gate.set()` lets them go.
        may_start: While it is clear, `start` waits.
        wont_start: Why it can't be started, if it can't.
        text: What it writes instead, over and over.
        vocabulary: The characters that its networks know; all others are unknown to them.
        ladder: The baselines of every text.
        text_kind: The kind of text that its networks learned from.
        missing: Models, texts and downloads that there are none of.
        checked: What is copied, and what lines are worth, of every text that it is asked about; None: nobody knows.
        comparison: What every comparison comes to.
        fetched: The downloads that it was asked for to their ends.
    """

    def __init__(self, text: str | None = None) -> None:
        self.asked: list[Question] = []
        self.left: list[Question] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.may_start = asyncio.Event()
        self.may_start.set()
        self.wont_start: str | None = None
        self.text = text
        self.vocabulary: tuple[str, ...] = VOCABULARY
        self.ladder: tuple[Baseline, ...] = LADDER
        self.text_kind: TextKind = "text"
        self.missing: set[str] = set()
        self.checked: Checked | None = None
        self.comparison = COMPARISON
        self.fetched: list[str] = []
        self._likeliest_after: dict[tuple[int, str], tuple[tuple[str, float], ...]] = {}  # in texts that it wrote
        self._state: EngineState = "off"
        self._news = asyncio.Event()  # set, and replaced, whenever the state changes
        self._last_words = ""
        self._failure: tuple[str, type[Question] | None] | None = None

    @property
    def state(self) -> EngineState:
        """Where it is."""
        return self._state

    async def start(self) -> None:
        """Start, or start again.

        Raises:
            EngineDiedError: `wont_start` is set.
        """
        if self._state == "ready":
            return
        self._turn("starting")
        await self.may_start.wait()
        if self.wont_start is not None:
            self._last_words = self.wont_start
            self._turn("dead")
            raise EngineDiedError(self.wont_start)
        self._turn("ready")

    async def close(self) -> None:
        """End."""
        self._turn("off")

    def die(self, words: str = "The engine was killed (signal 9).") -> None:
        """End all that is asked with an `EngineDiedError` of these words."""
        self._last_words = words
        self._turn("dead")

    def fail(self, sentence: str | None, kind: type[Question] | None = None) -> None:
        """Answer every question from now on (of this kind) with a `UserError`; None: no more of that."""
        self._failure = None if sentence is None else (sentence, kind)

    async def ask(self, question: Question) -> AsyncGenerator[Reply, None]:
        """Answer.

        Raises:
            UserError: `fail` was called, or what is asked for is among the `missing`.
            EngineDiedError: `die` was called.
        """
        self.asked.append(question)
        whole = False
        try:
            while self._state in {"off", "starting"}:
                await self._news.wait()
            self._check(question)
            for reply in self._answer(question):
                if isinstance(reply, Wrote) or isinstance(question, Check | Fetch | Keep | Compare):
                    await self._until_open()
                await asyncio.sleep(0)
                self._check_alive()
                yield reply
            whole = True
        finally:
            if not whole:
                self.left.append(question)

    def _turn(self, state: EngineState) -> None:
        self._state = state
        self._news.set()
        self._news = asyncio.Event()

    def _check_alive(self) -> None:
        if self._state != "ready":
            raise EngineDiedError(self._last_words or "The engine has ended.")

    def _check(self, question: Question) -> None:
        self._check_alive()
        if self._failure is not None and self._failure[1] in {None, type(question)}:
            raise UserError(self._failure[0])
        named = next((getattr(question, field) for field in _NAMING if hasattr(question, field)), None)
        if named in self.missing:
            raise UserError(f"There is no '{named}'.")

    async def _until_open(self) -> None:
        """Wait until the gate is open or the engine is dead."""
        while not self.gate.is_set() and self._state == "ready":
            waiting = {asyncio.ensure_future(self.gate.wait()), asyncio.ensure_future(self._news.wait())}
            try:
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in waiting:
                    one.cancel()

    def _answer(self, question: Question) -> Iterator[Reply]:
        match question:
            case Open(model, which):
                yield self._opened(model, which)
            case Write():
                yield from self._wrote(question)
            case Expect():
                yield self._expected(question)
            case Describe():
                yield from self._described(question)
            case Check():
                yield self._judged()
            case Keep(place, name=name):
                yield Working(f"reading '{place}'")
                yield Kept(name or place)
            case Fetch(name):
                yield Working(f"fetching '{name}'", 0.5)
                self.fetched.append(name)
            case Compare():
                yield Working("scoring")
                yield Scored(self.comparison)
            case Measure():
                yield Working("measuring this machine")
                yield Measured(RATES, "made up", ("cpu",))
            case Ping() | Cancel():
                return

    def _opened(self, model: str | None, which: str) -> Opened:
        spec = model or "shipped:play"
        run = None if spec.startswith("shipped:") or spec.endswith(".safetensors") else spec
        return Opened(spec, which, spec, run, MODEL, 12_345, self.vocabulary, 1_000, 1.25, "play", self.text_kind)

    def _wrote(self, question: Write) -> Iterator[Reply]:
        settings = question.settings.checked()
        told = f"{question.model}|{question.which}|{settings.seed}|{settings.temperature}|{question.prompt}"
        text = question.prompt + question.written
        before, digest = question.written, zlib.crc32((told + question.written).encode("utf-8", "surrogatepass"))
        characters: list[SampledChar] = []
        for place in range(len(question.written), len(question.written) + settings.length):
            character = self._character(place, digest)
            digest = zlib.crc32(character.encode("utf-8", "surrogatepass"), digest)
            likeliest = self._likeliest(character, digest)
            self._likeliest_after[_end_of(text)] = likeliest
            text += character
            probability = likeliest[0][1]
            surprisal = (1 + digest % 40) / 10
            characters.append(
                SampledChar(character, probability, surprisal, probability, likeliest[: settings.alternatives])
            )
            before = (before + character)[-max(len(settings.stop), 1) :]
            stopped = bool(settings.stop) and before == settings.stop
            if len(characters) == BATCH or stopped:
                yield Wrote(tuple(characters))
                characters = []
            if stopped:
                return
        if characters:
            yield Wrote(tuple(characters))

    def _character(self, place: int, digest: int) -> str:
        if self.text:
            return self.text[place % len(self.text)]
        if place % 7 == 6:
            return "\n" if place % 42 == 41 else " "
        letters = _VOWELS if place % 7 % 2 else _CONSONANTS
        return letters[digest % len(letters)]

    def _likeliest(self, first: str, digest: int) -> tuple[tuple[str, float], ...]:
        start = digest % len(self.vocabulary)
        others = self.vocabulary[start:] + self.vocabulary[:start]
        symbols = [first, *(symbol for symbol in others if symbol != first)]
        return tuple(zip(symbols, _SHARES, strict=False))

    def _judged(self) -> Judged:
        """Tell what is copied.

        Raises:
            UserError: Nobody knows.
        """
        if self.checked is None:
            raise UserError("It doesn't know its text.")
        return Judged(self.checked)

    def _expected(self, question: Expect) -> Expected:
        unknown = tuple(place for place, symbol in enumerate(question.text) if symbol not in self.vocabulary)
        named = ", ".join(repr(question.text[place]) for place in unknown[:8])
        notes = (f"The network doesn't know {named}.",) if unknown else ()
        digest = zlib.crc32(question.text.encode("utf-8", "surrogatepass"))
        first = self.vocabulary[digest // 7 % len(self.vocabulary)]
        likeliest = self._likeliest_after.get(_end_of(question.text)) or self._likeliest(first, digest)
        return Expected(likeliest, unknown, notes)

    def _described(self, question: Describe) -> Iterator[Reply]:
        yield Working(f"reading '{question.corpus}'", 0.0)
        line = self.text or "lorem [bold]ipsum[/bold] dolor sit amet,\n"
        kind = "shipped" if question.corpus in {"play", "prose", "household"} else "file"
        yield Described(
            question.corpus,
            kind,
            None if kind == "shipped" else f"/texts/{question.corpus}",
            question.shape or "stream",
            len(line) * 1_000,
            1_000,
            "".join(sorted(set(line))),
            len(line) * 900,
            len(line) * 100,
            tuple(
                (symbol, 1_000 * line.count(symbol))
                for symbol in sorted(sorted(set(line)), key=line.count, reverse=True)
            ),
            line * 5,
            (),
        )
        for count in range(2, len(self.ladder) + 1):
            yield Working("counting baselines", count / (len(self.ladder) + 1))
            yield Counted(self.ladder[:count])


def _end_of(text: str) -> tuple[int, str]:
    """Return what tells a text from others: its length and its last characters."""
    return len(text), text[-64:]
