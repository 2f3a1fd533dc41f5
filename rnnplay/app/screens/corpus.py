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
from textual.widgets import OptionList
from textual.worker import Worker

from rnnplay.app import dials
from rnnplay.app.aside import aside
from rnnplay.app.descriptions import Descriptions, Known
from rnnplay.app.place import Place
from rnnplay.app.renewing import renew
from rnnplay.app.screens.corpus_add import AddText
from rnnplay.app.screens.corpus_dials import TurnDials, Turned
from rnnplay.app.screens.corpus_fetch import FetchText, host
from rnnplay.app.screens.corpus_paste import PasteText
from rnnplay.app.screens.dialogs import Confirm
from rnnplay.app.text import trouble
from rnnplay.app.widgets.text_card import TextCard
from rnnplay.app.widgets.text_list import Search, TextList
from rnnplay.engine.protocol import Describe, Kept
from rnnplay.errors import UserError
from rnnplay.text import shelf
from rnnplay.text.fetched import downloads
from rnnplay.text.own import mine
from rnnplay.text.shelf import Group, Item
from rnnplay.text.shipped import Entry

LINGER = 0.12  # seconds on a text before it is asked for: whoever walks past asks nothing
HELP = """\
A network learns to write like the text that it reads. Choose one here; Enter takes it to Train.

**Type** to search, arrows walk, shift with them goes from group to group. Beside the list stands how the text begins,
and what is known of it:

* *symbols*: how many different characters it has. Few are quick to learn.
* *held out*: the last tenth is never learned from; how well the network foretells it is what counts.
* The bars say how many **bits per character** simple models need, from blind guessing to a table of all runs of six
  characters: the shorter, the more is known. A trained network should get below all of them. `~` means that it was
  counted on a part.
* *xz packs*: what a packing program makes of it, for comparison. *shape* is stream for running text, and lines for
  short lines that are learned apart, such as names.

**Generated** texts are made by rules from a seed, so the best possible prediction is known: the dashed bar of *a
perfect network*, which nothing gets below. *tables lack* is how far the best table stays above it: that much only
memory can earn. `:` turns a text's dials, such as how far it must remember, and shows what the text and its optimum
become.

**To download**: `↓` stands before what isn't on this machine yet; Enter tells what it is and fetches it, if you agree.

**Yours**: `+` gives a file, a folder, a pattern or an address a name; pasting keeps a text. Your files stay where they
are, and are read each time: `≠` marks one that has changed since you added it, and ctrl+n takes it as it is now.
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
            "colon,ctrl+t", "turn", "dials", key_display=":", tooltip="Turn a generated text's dials", id="corpus.dials"
        ),
        Binding("ctrl+n", "renew", "as it is now", tooltip="Take a changed text as it is now", id="corpus.renew"),
        Binding(
            "plus,insert", "add", "add", key_display="+", tooltip="Add a file, a folder or an address", id="corpus.add"
        ),
        Binding("ctrl+v", "paste", "paste", tooltip="Keep a text that you paste", id="corpus.paste"),
        Binding(
            "delete,ctrl+d", "forget", "forget", tooltip="Take off the list, or remove a download", id="corpus.forget"
        ),
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
            yield TextCard(id="right")

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

    @property
    def _card(self) -> TextCard:
        return self.query_one(TextCard)

    @property
    def _item(self) -> Item | None:
        """The text that is highlighted; None also before the list stands."""
        return self._list.item if self.is_mounted and self.query(TextList) else None

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
        return Group("chosen", "chosen", (Item(entry),)), *groups

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
            self._card.begin(item)
        self._described = self._tell(item)

    @work(group="describe", exclusive=True)
    async def _tell(self, item: Item) -> None:
        with suppress(NoMatches):  # as above
            await self._tell_all(item)

    async def _tell_all(self, item: Item) -> None:
        download = item.entry.download
        if download is not None and item.missing:
            why = item.missing[:1].upper() + item.missing[1:]
            self._card.offer(f"{why}, from {host(download)}; {download.licence}. Enter fetches it.")
            return
        key = item.entry, item.changed, await aside(lambda: shelf.stamp(item.entry))
        if self._descriptions.known(key) is None:
            await asyncio.sleep(LINGER)
        own = item.entry.kind == "chosen"
        state = self.desk.state
        question = Describe(item.spec, state.extensions if own else (), state.shape if own else None)
        try:
            async with aclosing(self._descriptions.ask(self.desk.engine, question, key)) as answers:
                async for told in answers:
                    self._show(told)
        except UserError as error:
            self._show(Known(), trouble(error))
        self.refresh_bindings()

    def _show(self, told: Known, trouble: str = "") -> None:
        self._card.show(told, trouble)
        if told.figures is not None:
            self._list.tell_size(self._spec, told.figures.chars)

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
        item = self._item if action in {"forget", "turn", "renew"} else None
        if action == "forget":
            return item is not None and (item.entry.kind == "yours" or _is_fetched(item))
        if action == "turn":
            return item is not None and dials.setting_of(item) is not None
        if action == "renew":
            return item is not None and item.changed and item.entry.own_kind != "pasted"
        return True

    def action_take(self) -> None:
        """Take the text to Train; ask whether it shall be fetched where it can be."""
        item = self._item
        if item is None:
            return
        if item.missing and item.entry.download is not None:
            self.app.push_screen(FetchText(self.desk.engine, item, item.entry.download), self._fetched)
            return
        if item.missing:
            self.desk.say(f"'{item.entry.name}' can't be read: {item.missing}.", "warning")
            return
        if item.entry.kind != "chosen":
            self.desk.choose_corpus(item.spec)
        self.desk.open("train")

    def _fetched(self, there: bool | None) -> None:
        """Read a text that was fetched; what was left off may have changed something, too."""
        self._spec = ""
        self._refresh_list()
        if there:
            self.query_one(Search).focus()

    def action_turn(self) -> None:
        """Ask where the dials of a generated text shall stand."""
        item = self._item
        setting = None if item is None else dials.setting_of(item)
        if setting is not None:
            self.app.push_screen(TurnDials(self.desk.engine, setting), self._turned)

    def _turned(self, turned: Turned | None) -> None:
        """Keep what was named, and train on what wasn't."""
        if turned is None:
            return
        if turned.kept is not None:
            self._added(turned.kept)
            return
        self.desk.choose_corpus(turned.spec)
        self._refresh_list(turned.spec)
        self.desk.open("train")

    def action_add(self) -> None:
        """Ask for a file, a folder, a glob or an address."""
        self.app.push_screen(AddText(self.desk.engine), self._added)

    def action_paste(self, text: str = "") -> None:
        """Ask for a text."""
        self.app.push_screen(PasteText(self.desk.engine, text), self._added)

    def on_paste(self, event: Paste) -> None:
        """Keep what is pasted outside the search."""
        event.stop()
        self.action_paste(event.text)

    @on(Search.Pasted)
    def _pasted(self, event: Search.Pasted) -> None:
        self.action_paste(event.text)

    def _added(self, kept: Kept | None) -> None:
        """Show a text that was added."""
        if kept is None:
            return
        self.query_one(Search).value = ""
        self._spec = ""  # it may have been there before, with another filter
        self._refresh_list(kept.name)
        self.query_one(Search).focus()
        self.desk.say(" ".join((f"'{kept.name}' is on the list. Enter takes it to Train.", *kept.notes)))

    def action_renew(self) -> None:
        """Take a text of the user's own as it is now."""
        item = self._item
        if item is not None and self.check_action("renew", ()):
            self._renew(item)

    @work(group="renew", exclusive=True)
    async def _renew(self, item: Item) -> None:
        try:
            await renew(self.desk.engine, item)
        except UserError as error:
            self.desk.say(str(error), "error")
        else:
            self.desk.say(f"'{item.entry.name}' is taken as it is now.")
        self._spec = ""
        self._refresh_list()

    def action_forget(self) -> None:
        """Ask whether a text shall go off the list, or a download off the disk."""
        item = self._item
        if item is None or not self.check_action("forget", ()):
            return
        name = item.entry.name
        if item.entry.kind == "yours":
            kept = "Its copy goes to the trash." if item.entry.location is None else "The file itself stays."
            if item.entry.own_kind == "generated":
                kept = "It can be generated again."
            question = Confirm(f"Take '{name}' off the list? {kept}", "Take it off", "Keep it")
        else:
            question = Confirm(f"Remove '{name}' from this machine? It goes to the trash.", "Remove it", "Keep it")

        def answered(yes: bool | None) -> None:
            if yes:
                self._forget(item)

        self.app.push_screen(question, answered)

    @work(group="forget")
    async def _forget(self, item: Item) -> None:
        yours = item.entry.kind == "yours"
        try:
            await asyncio.to_thread(mine.forget if yours else downloads.remove, item.entry.name)
        except UserError as error:
            self.desk.say(str(error), "error")
        else:
            if yours and self.desk.corpus == item.spec:
                self.desk.choose_corpus(shelf.DEFAULT)
            self.desk.say(f"'{item.entry.name}' is off {'the list' if yours else 'this machine'}.")
        self._spec = ""
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


def _is_fetched(item: Item) -> bool:
    """Tell whether a download is on this machine, be it as it should be or not."""
    return item.entry.download is not None and not item.missing.startswith("not fetched")
