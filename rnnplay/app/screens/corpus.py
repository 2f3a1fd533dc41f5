"""Corpus: which texts there are, what is in one, and taking one to Train."""

import asyncio
from contextlib import aclosing, suppress
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.css.query import NoMatches
from textual.events import Paste
from textual.widgets import OptionList, Static
from textual.worker import Worker

from rnnplay.app.aside import aside
from rnnplay.app.descriptions import Descriptions, Known
from rnnplay.app.place import Place
from rnnplay.app.screens.corpus_add import AddText
from rnnplay.app.screens.corpus_paste import PasteText
from rnnplay.app.screens.dialogs import Confirm
from rnnplay.app.text import plain
from rnnplay.app.widgets.histogram import Histogram
from rnnplay.app.widgets.ladder import Ladder
from rnnplay.app.widgets.preview import Preview
from rnnplay.app.widgets.text_list import Search, TextList
from rnnplay.engine.client import EngineDiedError
from rnnplay.engine.protocol import Describe, Described
from rnnplay.errors import UserError
from rnnplay.text import mine, shelf
from rnnplay.text.display import one_line
from rnnplay.text.records import Baseline
from rnnplay.text.shelf import Group, Item
from rnnplay.text.shipped import Entry

LINGER = 0.12  # seconds on a text before it is asked for: whoever walks past asks nothing
KINDS = {"shipped": "shipped", "local": "this Python", "yours": "yours"}
HELP = """\
A network learns to write like the text that it reads. Choose one here; Enter takes it to Train.

**Type** to search, arrows walk. Beside the list stands how the text begins, and what is known of it:

* *symbols*: how many different characters it has. Few are quick to learn.
* *held out*: the last tenth is never learned from; how well the network foretells it is what counts.
* The bars say how many **bits per character** simple models need, from blind guessing to a table of all runs of six
  characters: the shorter, the more is known. A trained network should get below all of them. `~` means that it was
  counted on a part.
* *xz packs*: what a packing program makes of it, for comparison. *shape* is stream for running text, and lines for
  short lines that are learned apart, such as names.

`+` gives a file, a folder or a pattern of yours a name; pasting keeps a text. Your files stay where they are.
"""


class CorpusPlace(Place):
    """The place where one chooses a text."""

    NAME = "corpus"
    TITLE_ = "Corpus"
    HELP = HELP
    CSS_PATH = "corpus.tcss"
    AUTO_FOCUS = "Search"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "train on it", tooltip="Take this text and go on to Train", id="corpus.choose"),
        Binding(
            "plus,insert", "add", "add", key_display="+", tooltip="Add a file, a folder or a glob", id="corpus.add"
        ),
        Binding("ctrl+v", "paste", "paste", tooltip="Keep a text that you paste", id="corpus.paste"),
        Binding("delete,ctrl+d", "forget", "forget", tooltip="Take a text of yours off the list", id="corpus.forget"),
        Binding("ctrl+l", "letters", "letters", tooltip="Show the commonest characters", id="corpus.letters"),
        Binding("slash", "search", show=False, tooltip="Search", id="corpus.search"),
        Binding("escape", "leave", show=False, tooltip="Clear the search", id="corpus.leave"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._descriptions = Descriptions()
        self._described: Worker[None] | None = None
        self._spec = ""  # of the text beside the list
        self._wanted: str | None = None  # what shall be highlighted once the list is read

    def compose_body(self) -> ComposeResult:
        """Put the list beside the text and its figures."""
        with Horizontal():
            with Vertical(id="texts") as texts:
                texts.border_title = "texts"
                search = Search(id="search")
                yield search
                yield TextList(search, id="list")
            with Vertical(id="right"):
                with Vertical(id="text"):
                    yield Static(id="about")
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
                            yield Ladder(id="ladder")
                    with Vertical(id="letters"):
                        yield Static("the commonest characters", id="commonest")
                        yield Histogram(id="histogram")

    def on_mount(self) -> None:
        """Listen to what others change."""
        self.desk.corpus_changed.subscribe(self, lambda spec: self._list.choose(spec))
        self.desk.engine_changed.subscribe(self, lambda _: self._engine_changed())
        self._refresh_list(self.desk.corpus)

    def on_screen_resume(self) -> None:
        """See what was added or forgotten elsewhere meanwhile."""
        if self._list.option_count:
            self._refresh_list()

    @property
    def _list(self) -> TextList:
        return self.query_one(TextList)

    # The list

    def _refresh_list(self, highlight: str | None = None) -> None:
        self._wanted = highlight or self._wanted
        self._read_list()

    @work(group="list", exclusive=True)
    async def _read_list(self) -> None:
        try:
            groups = await asyncio.to_thread(shelf.groups)
        except UserError as error:
            self.desk.say(str(error), "error")
            try:
                groups = await asyncio.to_thread(shelf.groups)  # what was damaged has been put aside
            except UserError:
                groups = shelf.of_the_catalogue()
        with suppress(NoMatches):  # the app ends meanwhile, and its widgets go one after another
            self._list.show(self._with_the_chosen(groups), self.desk.corpus, self._wanted)
        self._wanted = None

    def _with_the_chosen(self, groups: tuple[Group, ...]) -> tuple[Group, ...]:
        """Add the chosen text where it has no name of its own."""
        chosen = self.desk.corpus
        if any(item.spec == chosen for group in groups for item in group.items):
            return groups
        entry = Entry(chosen, "chosen", "Chosen for the next training", "", self.desk.state.shape, chosen)
        return *groups, Group("chosen", "chosen", (Item(entry),))

    @on(OptionList.OptionHighlighted)
    def _highlighted(self) -> None:
        item = self._list.item
        self.refresh_bindings()
        if item is not None:
            self._describe(item)

    @on(OptionList.OptionSelected)
    @on(Search.Submitted)
    def _taken(self) -> None:
        self.action_take()

    @on(Search.Changed)
    def _sought(self, event: Search.Changed) -> None:
        self._list.seek(event.value)

    @on(Search.Walked)
    async def _walked(self, event: Search.Walked) -> None:
        await self._list.run_action(event.action)

    # What is known of a text

    def _describe(self, item: Item) -> None:
        """Show a text; the answer that is still on its way for another is left off."""
        if item.spec == self._spec and self._described is not None and not self._described.is_finished:
            return
        if item.spec != self._spec:
            self._spec = item.spec
            self._show_head(item)
            self._show(Known(doing="…"))
        self._described = self._tell(item)

    @work(group="describe", exclusive=True)
    async def _tell(self, item: Item) -> None:
        with suppress(NoMatches):  # as above
            await self._tell_all(item)

    async def _tell_all(self, item: Item) -> None:
        key = item.entry, await aside(lambda: shelf.stamp(item.entry))
        if self._descriptions.known(key) is None:
            await asyncio.sleep(LINGER)
        own = item.entry.kind == "chosen"
        state = self.desk.state
        question = Describe(item.spec, state.extensions if own else (), state.shape if own else None)
        try:
            async with aclosing(self._descriptions.ask(self.desk.engine, question, key)) as answers:
                async for told in answers:
                    self._show(told)
        except EngineDiedError as error:
            self._show(Known(), f"{error} ctrl+r starts the engine again.")
        except UserError as error:
            self._show(Known(), str(error))
        self.refresh_bindings()

    def _show_head(self, item: Item) -> None:
        text = self.query_one("#text")
        text.border_title = plain(one_line(item.entry.name, 40))
        self.query_one("#about", Static).update(plain(one_line(item.entry.about, 200)))
        good = f"Good for: {item.entry.good_for}" if item.entry.good_for else ""
        self.query_one("#good", Static).update(plain(good))
        self.query_one("#good").display = bool(good)

    def _show(self, told: Known, trouble: str = "") -> None:
        """Show what is known so far, and what is being done to know more."""
        side = self.query_one("#side")
        share = "" if told.share is None else f" {told.share:.0%}"
        side.border_subtitle = plain(f"{one_line(told.doing, 40)}{share}") if told.doing else ""
        figures = told.figures
        waiting = trouble or (told.doing if figures is None else "")
        self.query_one("#trouble", Static).update(plain(waiting))
        self.query_one("#trouble").set_class(bool(trouble), "-wrong").display = bool(waiting)
        preview = self.query_one(Preview)
        if preview.text != (begins := "" if figures is None else figures.preview):
            preview.show(begins)
        notes = "" if figures is None else "\n".join(f"note: {one_line(note, 300)}" for note in figures.notes)
        self.query_one("#notes", Static).update(plain(notes))
        self.query_one("#notes").display = bool(notes)
        rows = _figures(figures, told.ladder)
        self.query_one("#labels", Static).update("\n".join(rows))
        self.query_one("#figures", Static).update(plain("\n".join(rows.values())))
        self.query_one(Ladder).show(told.ladder)
        histogram = self.query_one(Histogram)
        histogram.show(() if figures is None else figures.commonest, 0 if figures is None else figures.chars)
        if figures is not None:
            self._list.tell_size(self._spec, figures.chars)

    def _engine_changed(self) -> None:
        """Ask again once there is an engine, and offer to start one where there is none."""
        self.refresh_bindings()
        item = self._list.item
        if item is not None and self.desk.engine.state == "ready":
            self._describe(item)

    # What one can do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Offer only what can be done now."""
        if action == "letters":
            return not self.has_class("-wide")
        if action == "forget":
            item = self._list.item if self.is_mounted and self.query(TextList) else None
            return item is not None and item.entry.kind == "yours"
        return True

    def action_take(self) -> None:
        """Take the text to Train."""
        item = self._list.item
        if item is None:
            return
        if item.missing:
            self.desk.say(f"'{item.entry.name}' can't be read: {item.missing}.", "warning")
            return
        if item.entry.kind != "chosen":
            self.desk.choose_corpus(item.spec)
        self.desk.open("train")

    def action_add(self) -> None:
        """Ask for a file, a folder or a glob."""
        self.app.push_screen(AddText(), self._added)

    def action_paste(self, text: str = "") -> None:
        """Ask for a text."""
        self.app.push_screen(PasteText(text), self._added)

    def on_paste(self, event: Paste) -> None:
        """Keep what is pasted outside the search."""
        event.stop()
        self.action_paste(event.text)

    @on(Search.Pasted)
    def _pasted(self, event: Search.Pasted) -> None:
        self.action_paste(event.text)

    def _added(self, name: str | None) -> None:
        """Show a text that was added."""
        if name is None:
            return
        self.query_one(Search).value = ""
        self._spec = ""  # it may have been there before, with another filter
        self._refresh_list(name)
        self.query_one(Search).focus()
        self.desk.say(f"'{name}' is on the list. Enter takes it to Train.")

    def action_forget(self) -> None:
        """Ask whether a text shall go off the list."""
        item = self._list.item
        if item is None or item.entry.kind != "yours":
            return
        kept = "Its copy goes to the trash." if item.entry.location is None else "The file itself stays."
        question = Confirm(f"Take '{item.entry.name}' off the list? {kept}", "Take it off", "Keep it")

        def answered(yes: bool | None) -> None:
            if yes:
                self._forget(item)

        self.app.push_screen(question, answered)

    @work(group="forget")
    async def _forget(self, item: Item) -> None:
        try:
            await asyncio.to_thread(mine.forget, item.entry.name)
        except UserError as error:
            self.desk.say(str(error), "error")
        else:
            if self.desk.corpus == item.spec:
                self.desk.choose_corpus(shelf.DEFAULT)
            self.desk.say(f"'{item.entry.name}' is off the list.")
        self._refresh_list()

    def action_letters(self) -> None:
        """Show the commonest characters in the place of the figures, or the figures again."""
        self.toggle_class("-letters")

    def action_search(self) -> None:
        """Go to the search."""
        self.query_one(Search).focus()

    def action_leave(self) -> None:
        """Clear the search and go back to the list."""
        self.query_one(Search).value = ""
        self._list.focus()


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
    return rows
