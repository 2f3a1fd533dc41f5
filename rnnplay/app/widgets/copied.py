"""What of a text is copied, and what its lines are worth: by place, by sign, and in words."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import ClassVar, Literal

from textual.content import Content
from textual.widget import Widget

from rnnplay.app.text import plain
from rnnplay.console.numbers import real_words
from rnnplay.sampling.records import LONG, Checked

Extent = tuple[int, int]  # a character, and the one after the last
Kind = Literal["copied--long", "copied--longest"]
CLASSES = frozenset({"copied--long", "copied--longest", "copied--right", "copied--known", "copied--wrong"})
GUTTER = 2  # cells: a sign and a space


@dataclass(frozen=True)
class Sign:
    """A sign in the gutter.

    Attributes:
        style: A component class.
        brief: What it says, where many are listed.
        says: What it says of its line.
    """

    sign: str
    style: str
    brief: str
    says: str


# Of a text that has a rule, by the grade of a line.
GRADES: Mapping[str, Sign] = {
    "new": Sign("✓", "copied--right", "new", "this line is right and new"),
    "copied": Sign("=", "copied--known", "copied", "this line is right and copied"),
    "wrong": Sign("✗", "copied--wrong", "wrong", "this line is wrong"),
}
# Of another text of independent lines, by where a line stands.
STANDINGS: Mapping[str, Sign] = {
    "new": Sign("+", "copied--right", "new", "this line is new"),
    "training": Sign("=", "copied--known", "in training", "this line stands in the training text"),
    "validation": Sign("~", "copied--known", "in validation", "this line stands in the part held out, never shown"),
}


def styles(widget: str) -> str:
    """Return the style sheet of the marks for a widget; each is seen without colours, too."""
    return f"""
    {widget} {{
        .copied--long {{ background: $warning 30%; color: $text; text-style: underline; }}
        .copied--longest {{ background: $warning; color: $text; text-style: bold underline; }}
        .copied--right {{ color: $success; }}
        .copied--known {{ color: $warning; text-style: bold; }}
        .copied--wrong {{ color: $error; text-style: bold; }}
        &:ansi .copied--long {{ background: ansi_default; color: ansi_yellow; text-style: underline; }}
        &:ansi .copied--longest {{ background: ansi_yellow; color: ansi_black; text-style: bold underline; }}
    }}
    """


@dataclass(frozen=True)
class Marks:
    """What is marked in a text; its characters are counted from the prompt's first on.

    Attributes:
        longest: The longest copied run; empty where nothing is copied.
        stretches: The long ones, by their places; none is within another.
        lines: Signs of whole lines, by the place where each begins.
        end: Where the last whole line ends.
        signs: All signs that these may be.
    """

    longest: Extent
    stretches: Sequence[Extent]
    lines: Mapping[int, Sign]
    end: int
    signs: Sequence[Sign]

    @classmethod
    def of(cls, checked: Checked, prompt: str, written: str) -> "Marks":
        """Find the places in a text that was checked."""
        first, copies = len(prompt), checked.copies
        start = first + copies.start
        signs = GRADES if checked.grades is not None else STANDINGS if checked.standing else {}
        told = [grade for _, grade in checked.grades.lines] if checked.grades is not None else checked.standing
        begun = max(prompt.rfind("\n"), prompt.rfind("\r")) + 1
        starts = [begun, *(first + place + 1 for place, symbol in enumerate(written) if symbol == "\n")]
        return cls(
            (start, start + copies.longest),
            [(first + place, first + place + length) for place, length in copies.stretches],
            {place: signs[one] for place, one in zip(starts, told, strict=False)},
            starts[-1],
            list(signs.values()),
        )

    def kind(self, index: int) -> Kind | None:
        """Return how a character is marked."""
        if self.longest[0] <= index < self.longest[1]:
            return "copied--longest"
        last = bisect_right(self.stretches, index, key=itemgetter(0)) - 1
        return "copied--long" if last >= 0 and index < self.stretches[last][1] else None

    def around(self, index: int) -> Extent | None:
        """Return the longest copied run that holds a character and is long, or the longest of all."""
        runs = [*self.stretches, self.longest]
        found = [run for run in runs if run[0] <= index < run[1]]
        return max(found, key=_length) if found else None

    def by_length(self) -> list[Extent]:
        """Return the copied runs, the longest first; of equal ones the first."""
        runs = sorted({*self.stretches, self.longest})
        return sorted((run for run in runs if _length(run)), key=_length, reverse=True)

    def says(self, index: int) -> str:
        """Say what is known of a character."""
        run = self.around(index)
        copied = f"copied, {_length(run):,} characters" if run else f"in no copied run of {LONG} characters"
        line = self._line(index)
        return copied if line is None else f"{line.says} · {copied}" if run else line.says

    def _line(self, index: int) -> Sign | None:
        """Return the sign of a character's line."""
        begun = [start for start in self.lines if start <= index < self.end]
        return self.lines[max(begun)] if begun else None


def _length(run: Extent) -> int:
    return run[1] - run[0]


def figures(checked: Checked, *, brief: bool = False) -> str:
    """Return in a few words what is copied, the share of real words, and how many lines are worth what."""
    copies, grades = checked.copies, checked.grades
    parts = [f"copy {copies.longest:,}" if brief else f"longest copy {copies.longest:,} characters"]
    if checked.real_words is not None:
        parts.insert(0, f"{'words' if brief else 'real words'} {real_words(checked.real_words)}")
    counts: list[tuple[int, Sign]] = []
    if grades is not None:
        counts = [(grades.new, GRADES["new"]), (grades.copied, GRADES["copied"]), (grades.wrong, GRADES["wrong"])]
    elif copies.lines is not None:
        lines = copies.lines
        counts = [(getattr(lines, name), STANDINGS[name]) for name in ("training", "validation", "new")]
    if brief and counts:
        parts.append(" ".join(f"{count:,}{sign.sign}" for count, sign in counts))
    else:
        parts += [f"{count:,} {sign.brief}" for count, sign in counts]
    return " · ".join(parts)


class CopiedLegend(Widget):
    """What the marks mean, in one line, or why there are none."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(CLASSES)
    DEFAULT_CSS = "CopiedLegend { height: 1; width: 1fr; color: $text-muted; }\n" + styles("CopiedLegend")

    def __init__(self) -> None:
        super().__init__()
        self._marks: Marks | None = None
        self._instead = ""

    def tell(self, marks: Marks | None, instead: str = "") -> None:
        """Tell of these marks, or say something in their stead."""
        if (marks, instead) != (self._marks, self._instead):
            self._marks, self._instead = marks, instead
            self.refresh()

    def render(self) -> Content:
        """Draw a piece of each kind with its meaning."""
        if self._marks is None:
            return plain(self._instead)
        parts: list[Content | str] = ["copied "]
        parts += [Content.styled(f"{LONG} or more", self.get_visual_style("copied--long")), " characters · "]
        longest = f"the longest: {_length(self._marks.longest):,}"
        parts += [Content.styled(longest, self.get_visual_style("copied--longest")), " (l)"]
        for sign in self._marks.signs:
            parts += ["  ", Content.styled(sign.sign, self.get_visual_style(sign.style)), f" {sign.brief}"]
        return Content.assemble(*parts)
