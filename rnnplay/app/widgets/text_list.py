"""All texts that have a name, by kind, and the search that narrows them down as one types."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from rnnplay.app.keys import quiet
from rnnplay.app.text import plain
from rnnplay.app.widgets.line import Line
from rnnplay.console.numbers import short
from rnnplay.text.display import one_line
from rnnplay.text.shelf import Group, Item

CHOSEN, ELSEWHERE, CHANGED = "●", "↓", "≠"
PASTED_WORDS = 80  # characters: what is longer, or has lines, is a text and no search
PLACES_KEYS = ("+", ":")  # which no name holds
_HEADING = "\0"  # begins the ids of what is no text: no name holds it


def _mark(item: Item) -> str:
    """Return the sign before a text that isn't here yet, or isn't what it was."""
    if item.entry.download is not None and item.missing:
        return ELSEWHERE
    return CHANGED if item.changed else " "


class Search(Line):
    """Where one types to narrow the list down; the keys of the list work from here too."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "train on it", tooltip="Take this text and go on to Train", id="corpus.search_take"),
        Binding("ctrl+v", "screen.paste", "paste", tooltip="Keep a text that you paste", id="corpus.search_paste"),
        *(
            Binding(key, f"list('{action}')", show=False, id=f"corpus.search_{key}")
            for key, action in (
                ("up", "cursor_up"),
                ("down", "cursor_down"),
                ("pageup", "page_up"),
                ("pagedown", "page_down"),
            )
        ),
        quiet("corpus", "shift+up,ctrl+up", "list('group(-1)')", "search_group_before", "The group before"),
        quiet("corpus", "shift+down,ctrl+down", "list('group(1)')", "search_group_after", "The next group"),
        Binding(
            "ctrl+d", "screen.forget", "forget", tooltip="Take a text of yours off the list", id="corpus.search_forget"
        ),
    ]

    @dataclass
    class Walked(Message):
        """The list shall do this."""

        action: str

    @dataclass
    class Pasted(Message):
        """What was pasted is a text and no search."""

        text: str

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(placeholder="type to search", select_on_focus=False, compact=True, id=id)

    def action_delete_right(self) -> None:
        """Delete what stands behind the cursor; at the end the key is the place's."""
        if self.cursor_position < len(self.value):
            super().action_delete_right()
        else:
            self.post_message(self.Walked("screen.forget"))

    def action_list(self, action: str) -> None:
        """Hand a key on to the list."""
        self.post_message(self.Walked(action))

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Leave the keys that add a text and turn dials to the place."""
        return character not in PLACES_KEYS and super().check_consume_key(key, character)

    async def _on_key(self, event: events.Key) -> None:
        """Leave an empty field's ends to the list."""
        if event.character in PLACES_KEYS:
            event.prevent_default()
        elif event.key in {"home", "end"} and not self.value:
            event.stop()
            event.prevent_default()
            self.action_list("first" if event.key == "home" else "last")

    def _on_paste(self, event: events.Paste) -> None:
        """Take a short line as what is searched for, and anything else as a text to keep."""
        if len(event.text) > PASTED_WORDS or len(event.text.strip().splitlines()) > 1:
            event.stop()
            event.prevent_default()
            self.post_message(self.Pasted(event.text))


class TextList(OptionList):
    """The list of texts. Letters that are typed in it go to its search; a click highlights, a second one takes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "train on it", tooltip="Take this text and go on to Train", id="corpus.take"),
        quiet("corpus", "shift+up,ctrl+up", "group(-1)", "group_before", "The group before"),
        quiet("corpus", "shift+down,ctrl+down", "group(1)", "group_after", "The next group"),
    ]
    DEFAULT_CSS = """
    TextList {
        border: none;
        padding: 0;
        background: transparent;
        height: 1fr;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        text-wrap: nowrap;
        &:focus { border: none; background-tint: transparent; }
        & > .option-list--option { padding: 0; }
        & > .option-list--option-disabled { color: $text-muted; }
    }
    """

    def __init__(self, search: Search, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id, markup=False, compact=True)
        self._search = search
        self._groups: tuple[Group, ...] = ()
        self._chosen = ""
        self._sizes: dict[str, int] = {}
        self._sought = ""

    @property
    def item(self) -> Item | None:
        """The text that is highlighted."""
        return self._item(self._highlighted_id)

    @property
    def _highlighted_id(self) -> str | None:
        option = self.highlighted_option
        return None if option is None else option.id

    def _item(self, spec: str | None) -> Item | None:
        return next((item for group in self._groups for item in group.items if item.spec == spec), None)

    def show(self, groups: Sequence[Group], chosen: str, highlight: str | None = None) -> None:
        """Show these texts, one of them marked as chosen, and one highlighted: the one named, or the same as before."""
        before = highlight if highlight is not None else self._highlighted_id
        self._groups, self._chosen = tuple(groups), chosen
        self._fill(before)

    def choose(self, chosen: str) -> None:
        """Mark another text as chosen."""
        self._chosen = chosen
        self._fill(self._highlighted_id)

    def tell_size(self, spec: str, characters: int) -> None:
        """Show how long a text is, now that it is known."""
        if self._sizes.get(spec) == characters:
            return
        self._sizes[spec] = characters
        item = self._item(spec)
        if item is not None and any(option.id == spec for option in self.options):
            self.replace_option_prompt(spec, self._row(item))

    def seek(self, words: str) -> None:
        """Show only texts in whose name, kind or description all these words stand; the one so named is highlighted."""
        self._sought = words
        sought = words.strip().casefold()
        names = [item.spec for group in self._groups for item in group.items]
        same = [name for name in names if name.casefold() == sought]
        begun = [name for name in names if sought and name.casefold().startswith(sought)]
        self._fill(next(iter((*same, *begun)), self._highlighted_id))

    def action_group(self, by: int) -> None:
        """Go to the first text of the next group, or of the one before."""
        firsts = [at for at, option in enumerate(self.options) if not option.disabled and self._begins_group(at)]
        at = self.highlighted or 0
        ahead = [first for first in firsts if first > at] if by > 0 else [first for first in firsts if first < at][::-1]
        if ahead:
            self.highlighted = ahead[0]

    def _begins_group(self, at: int) -> bool:
        return at > 0 and self.options[at - 1].disabled

    def scroll_to_highlight(self, top: bool = False) -> None:
        """Keep a group's heading in sight while its first text is highlighted."""
        at = self.highlighted
        if at is not None and self._begins_group(at):
            y = self._index_to_line.get(at, at)
            self.scroll_to_region(Region(0, y - 1, 1, 2), force=True, animate=False, top=top, immediate=True)
        else:
            super().scroll_to_highlight(top)

    def on_resize(self) -> None:
        """Fit the rows to the new width."""
        self._fill(self._highlighted_id)

    def _fill(self, highlight: str | None) -> None:
        found = [(group, list(self._sought_in(group))) for group in self._groups]
        found = [(group, items) for group, items in found if items or (group.kind == "yours" and not self._sought)]
        airy = sum(len(items) + 2 for _, items in found) <= self.size.height
        options: list[Option] = []
        for group, items in found:
            options += self._heading(group, len(items), gap=airy and bool(options))
            options += [Option(self._row(item), item.spec) for item in items]
        if not options:
            options = [Option(Content("no text of that name"), f"{_HEADING}none", disabled=True)]
        with self.prevent(OptionList.OptionHighlighted):
            self.set_options(options)
        ids = [option.id for option in self.options if not option.disabled]
        wanted = highlight if highlight in ids else next(iter(ids), None)
        self.highlighted = None if wanted is None else self.get_option_index(wanted)

    def _sought_in(self, group: Group) -> Iterable[Item]:
        words = self._sought.casefold().split()
        for item in group.items:
            text = f"{item.entry.name} {item.entry.about} {group.title}".casefold()
            if all(word in text for word in words):
                yield item

    def _heading(self, group: Group, count: int, *, gap: bool) -> Iterable[Option]:
        title = Content.assemble((group.title, "bold"), (f" · {count}" if count else "", ""))
        if gap:
            yield Option(Content(""), f"{_HEADING}gap {group.kind}", disabled=True)
        yield Option(title, f"{_HEADING}{group.kind}", disabled=True)
        if not group.items:
            yield Option(Content("  + adds a text"), f"{_HEADING}hint {group.kind}", disabled=True)

    def _row(self, item: Item) -> Content:
        width = max(self.scrollable_content_region.width or self.size.width, 12)
        hint = self._hint(item)
        room = width - 2 - (cell_len(hint) + 1 if hint else 0)
        name = one_line(item.entry.name, room)
        while cell_len(name) > room:
            name = f"{name[:-2]}…"
        mark = CHOSEN if item.spec == self._chosen else _mark(item)
        return Content.assemble(
            (f"{mark} ", "$accent"),
            plain(set_cell_size(name, room)),
            (f" {hint}" if hint else "", "$text-muted"),
        )

    def _hint(self, item: Item) -> str:
        """Return what stands at a row's end: a size, or what speaks against the text."""
        if item.missing and item.entry.download is not None:
            return short(item.entry.download.bytes)
        if item.missing or item.changed:
            return "missing" if item.missing else "changed"
        size = self._sizes.get(item.spec, item.size)
        return "" if size is None else short(size)

    # What is done to it

    def on_key(self, event: events.Key) -> None:
        """Let letters go to the search."""
        character = event.character or ""
        search = self._search
        if event.key == "backspace":
            search.cursor_position = len(search.value)
            search.action_delete_left()
        elif character.isalpha() or (character and character in "-_.'\""):
            search.cursor_position = len(search.value)
            search.insert_text_at_cursor(character)
        else:
            return
        event.stop()
        event.prevent_default()
        search.focus()

    async def _on_click(self, event: events.Click) -> None:
        """Highlight what is clicked once, and take what is clicked twice."""
        event.prevent_default()
        clicked = event.style.meta.get("option")
        if clicked is None or self.get_option_at_index(clicked).disabled:
            return
        self.highlighted = clicked
        if event.chain > 1:
            self.action_select()
