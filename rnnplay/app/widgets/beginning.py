"""The rows of the form that tell which trained network a training begins from."""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Label

from rnnplay.app.text import plain
from rnnplay.app.widgets.choice import Choice
from rnnplay.app.widgets.glyphs import glyph
from rnnplay.app.widgets.knobs import EXPLAINED
from rnnplay.app.widgets.told import Told
from rnnplay.engine.protocol import Described, Opened
from rnnplay.text.display import one_line

FOLD, ADD = "fold", "add"
NAME = 28  # characters of a network's name
NAMED_AT_MOST = 12  # new characters


class Beginning(Vertical):
    """The network, its shape, and what becomes of characters that it doesn't know."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._opened: Opened | None = None
        self._text: Described | None = None

    def compose(self) -> ComposeResult:
        """Put the three rows below each other."""
        with Horizontal(classes="row"):
            yield Label("from", classes="label")
            yield Told(id="origin", classes="note")
        with Horizontal(classes="row"):
            yield Label("network", classes="label")
            yield Told(id="shape", classes="note")
        with Horizontal(classes="row"):
            yield Label(EXPLAINED["extend"].label, classes="label")
            yield Choice((FOLD, ADD), FOLD, id="extend")
            yield Told(id="new", classes="note")

    @property
    def extends(self) -> bool:
        """Whether new characters are to be added."""
        return self.query_one(Choice).value == ADD

    @property
    def symbols(self) -> int | None:
        """How many characters the network will know; None where that isn't known yet."""
        if self._opened is None:
            return None
        return len(self._opened.vocabulary) + (len(self._new()) if self.extends else 0)

    def wait_for(self, name: str) -> None:
        """Say that a network is being looked at; new characters are folded until someone says otherwise."""
        self._opened = None
        self.query_one(Choice).value = FOLD
        self._say(f"looking at '{one_line(name, NAME)}' …")

    def tell(self, opened: Opened) -> None:
        """Say which network it is."""
        self._opened = opened
        corpus = one_line(opened.corpus, NAME)
        self._say(f"{one_line(opened.label, NAME)} · {opened.step:,} steps on {corpus}")

    def tell_text(self, described: Described | None) -> None:
        """Say which characters of the text are new to it."""
        self._text = described
        self._tell_new()

    def refuse(self, sentence: str) -> None:
        """Say why there is none."""
        self._opened = None
        self._say(sentence, wrong=True)

    def _say(self, words: str, *, wrong: bool = False) -> None:
        origin = self.query_one("#origin", Told)
        origin.set_class(wrong, "-wrong")
        origin.tell(plain(f"✗ {words}" if wrong else words))
        shape = "…" if self._opened is None else f"{self._opened.model}, which stays: only dropout may change"
        self.query_one("#shape", Told).tell(Content(shape))
        self._tell_new()

    def _new(self) -> list[str]:
        if self._opened is None or self._text is None:
            return []
        known = frozenset(self._opened.vocabulary)
        return [symbol for symbol in self._text.vocabulary if symbol not in known]

    def _tell_new(self) -> None:
        new = self._new()
        if self._opened is None or self._text is None:
            words = "…"
        elif not new:
            words = "none: it knows every character of the text"
        else:
            named = " ".join(glyph(symbol).text for symbol in new[:NAMED_AT_MOST])
            words = f"{len(new)}: {named}{' …' if len(new) > NAMED_AT_MOST else ''}"
        self.query_one("#new", Told).tell(plain(words))
