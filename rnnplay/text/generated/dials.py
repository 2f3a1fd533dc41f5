"""What names a generated text: a generator, and where its dials stand."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import msgspec

from rnnplay.errors import UserError, did_you_mean
from rnnplay.text.generated.choices import Line

SIZE = 500_000  # characters

Dials = Mapping[str, int]


class Dial(msgspec.Struct, frozen=True):
    """A whole number that a generated text is made by, from `least` to `most`."""

    name: str
    default: int
    least: int
    most: int
    about: str


SHARED = (
    Dial("seed", 0, 0, (1 << 32) - 1, "another text by the same rules"),
    Dial("size", SIZE, 1_000, 100_000_000, "characters, to the end of the line that reaches them"),
)
"""The dials that every generator has."""


@dataclass(frozen=True, eq=False)
class Generator:
    """A way to make lines.

    Attributes:
        example: A line of it, by the default dials.
        own: The dials that it has beside `SHARED`.
        line: Makes, for a setting of the dials, the procedure that writes a line.
        rule: Tells whether a line is right, by whatever the lines are about and not by how they are made.
        ordered: Pairs of dials of which the first may not stand above the second.
    """

    name: str
    about: str
    good_for: str
    example: str
    own: tuple[Dial, ...]
    line: Callable[[Dials], Line]
    rule: Callable[[str, Dials], bool]
    ordered: tuple[tuple[str, str], ...] = ()

    @property
    def dials(self) -> tuple[Dial, ...]:
        """All dials, in the order in which a spec names them."""
        return (*self.own, *SHARED)


@dataclass(frozen=True)
class Setting:
    """A generator with every dial set: all that a text is made by."""

    generator: Generator
    values: tuple[int, ...]  # in the order of the generator's dials

    @cached_property
    def dials(self) -> Dials:
        """Where each dial stands, by name."""
        return dict(zip((dial.name for dial in self.generator.dials), self.values, strict=True))

    @property
    def spec(self) -> str:
        """The name of the text: the generator's, with each dial that doesn't stand where it stands by default."""
        pairs = zip(self.generator.dials, self.values, strict=True)
        turned = ",".join(f"{dial.name}={value}" for dial, value in pairs if value != dial.default)
        return f"{self.generator.name}:{turned}" if turned else self.generator.name

    @cached_property
    def line(self) -> Line:
        """The procedure that writes a line."""
        return self.generator.line(self.dials)

    def holds(self, line: str) -> bool:
        """Tell whether a line, without its newline, is right; one that the generator would never write may be."""
        return self.generator.rule(line, self.dials)


def set_to(generator: Generator, settings: Mapping[str, int]) -> Setting:
    """Return a generator with some dials set and the others where they stand by default.

    Raises:
        UserError: There is no such dial, or it can't stand there.
    """
    known = {dial.name: dial for dial in generator.dials}
    for name, value in settings.items():
        if name not in known:
            near = did_you_mean(name, known)
            raise UserError(f"'{generator.name}' has no dial '{name}'.{near} Its dials: {', '.join(known)}.")
        dial = known[name]
        if not dial.least <= value <= dial.most:
            raise UserError(
                f"The dial '{name}' of '{generator.name}' goes from {dial.least} to {dial.most}: {value} is beyond it."
            )
    setting = Setting(generator, tuple(settings.get(dial.name, dial.default) for dial in generator.dials))
    for low, high in generator.ordered:
        if setting.dials[low] > setting.dials[high]:
            raise UserError(
                f"'{generator.name}' has {low}={setting.dials[low]} above {high}={setting.dials[high]}: "
                f"set {high} to {setting.dials[low]} or more."
            )
    return setting


def settings_in(name: str, listed: str) -> dict[str, int]:
    """Return the settings in `dial=value,dial=value` for the generator of this name.

    Raises:
        UserError: It isn't written so, or a dial is named twice.
    """
    settings: dict[str, int] = {}
    for part in listed.split(","):
        dial, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not re.fullmatch(r"-?[0-9]{1,18}", value):
            raise UserError(f"'{part}' is no setting of a dial of '{name}': write dial=NUMBER, as in '{name}:seed=2'.")
        if dial in settings:
            raise UserError(f"The dial '{dial}' of '{name}' is set twice.")
        settings[dial] = int(value)
    return settings
