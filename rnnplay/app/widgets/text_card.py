"""A text of the list: how it begins, and what is known of it."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from rnnplay.app import dials
from rnnplay.app.descriptions import Known
from rnnplay.app.text import plain
from rnnplay.app.widgets.histogram import Histogram
from rnnplay.app.widgets.ladder import RUNGS, Ladder
from rnnplay.app.widgets.preview import Preview
from rnnplay.engine.protocol import Described
from rnnplay.text.display import one_line
from rnnplay.text.records import Baseline, optimum_in
from rnnplay.text.shelf import Item

KINDS = {"shipped": "shipped", "local": "this Python", "download": "fetched", "yours": "yours"}


class TextCard(Vertical):
    """Shows one text: its beginning, its figures, its baselines and its commonest characters."""

    DEFAULT_CSS: ClassVar[str] = "TextCard { width: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._example = ""  # what stands for a generated text until it is there

    def compose(self) -> ComposeResult:
        """Put the text above, or beside, what is known of it."""
        with Vertical(id="text"):
            yield Static(id="about")
            yield Static(id="dials")
            yield Static(id="trouble")
            yield Preview(id="preview")
            yield Static(id="notes")
            yield Static(id="good")
        with Vertical(id="side") as side:
            side.border_title = "what is known of it"
            with Horizontal(id="known"):
                yield Static(id="labels")
                yield Static(id="figures")
                with Vertical(id="rungs"):
                    yield Static("bits per character, for", id="scale")
                    yield Static("bits per character, and above perfect", id="above")
                    yield Ladder(id="ladder")
            with Vertical(id="letters"):
                yield Static("the commonest characters", id="commonest")
                yield Histogram(id="histogram")

    def begin(self, item: Item) -> None:
        """Show what stands in the list of a text: no file was read for it."""
        entry, setting = item.entry, dials.setting_of(item)
        self.query_one("#text").border_title = plain(one_line(entry.name, 40))
        self._tell("about", one_line(entry.about, 200))
        self._tell("good", f"Good for: {entry.good_for}" if entry.good_for else "")
        self._tell("dials", "" if setting is None else f"dials: {dials.in_words(setting)}")
        self._example = "" if setting is None else setting.generator.example
        self.show(Known(doing="…"))

    def offer(self, sentence: str) -> None:
        """Say in place of a text's figures how it can be had."""
        self.show(Known())
        self._tell("trouble", sentence)

    def show(self, told: Known, trouble: str = "") -> None:
        """Show what is known so far, and what is being done to know more."""
        share = "" if told.share is None else f" {told.share:.0%}"
        doing = plain(f"{one_line(told.doing, 40)}{share}") if told.doing else ""
        self.query_one("#side").border_subtitle = doing
        figures = told.figures
        self._tell("trouble", trouble or (told.doing if figures is None else ""))
        self.query_one("#trouble").set_class(bool(trouble), "-wrong")
        preview = self.query_one(Preview)
        if preview.text != (begins := self._example if figures is None else figures.preview):
            preview.show(begins)
        notes = () if figures is None else figures.notes
        self._tell("notes", "\n".join(f"note: {one_line(note, 300)}" for note in notes))
        rows = _figures(figures, told.ladder)
        self.query_one("#labels", Static).update("\n".join(rows))
        self.query_one("#figures", Static).update(plain("\n".join(rows.values())))
        self.query_one(Ladder).show(told.ladder)
        self.set_class(optimum_in(told.ladder) is not None, "-perfect")
        histogram = self.query_one(Histogram)
        histogram.show(() if figures is None else figures.commonest, 0 if figures is None else figures.chars)

    def _tell(self, field: str, words: str) -> None:
        """Show words in a field, which takes no room where there are none."""
        self.query_one(f"#{field}", Static).update(plain(words))
        self.query_one(f"#{field}").display = bool(words)


def _figures(figures: Described | None, ladder: tuple[Baseline, ...]) -> dict[str, str]:
    """Return a text's figures by their labels."""
    if figures is None:
        return {}
    rows = {
        "characters": f"{figures.chars:,}",
        "symbols": f"{len(figures.vocabulary):,}",
        "lines": f"{figures.lines:,}",
        "to learn": f"{figures.train_chars:,}",
        "held out": f"{figures.validation_chars:,}",
        "kind": KINDS.get(figures.kind, figures.kind),
        "shape": figures.shape,
    }
    packed = next((rung for rung in ladder if rung.name == "xz"), None)
    if packed is not None:
        rows["xz packs"] = f"{packed.bits_per_char:.2f} bits"
    lack = _tables_lack(ladder)
    if lack is not None:
        rows["tables lack"] = f"{lack:.2f} bits"
    return rows


def _tables_lack(ladder: tuple[Baseline, ...]) -> float | None:
    """Return how far the best simple model is above a perfect network; None until all are counted, or for ever."""
    perfect = optimum_in(ladder)
    counted = [rung.bits_per_char for rung in ladder if rung.name in RUNGS]
    return min(counted) - perfect if perfect is not None and len(counted) == len(RUNGS) else None
