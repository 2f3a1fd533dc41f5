"""The knobs that are typed: how each is read, what it does, and what is wrong with what stands there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rnnplay.sampling.records import SampleSettings

LONGEST = 20_000  # characters in one go
SEEDS = 1 << 63
NO_LIMIT = "all"  # stands where top-k filters nothing

Value = int | float | None


class WrongValueError(ValueError):
    """What stands in a field is no value for it."""


@dataclass(frozen=True)
class Field:
    """A knob that is typed.

    Attributes:
        name: Its name in `SampleSettings`.
        label: Its name on the screen.
        says: What it does, in one sentence.
        wrong: What it must be.
        typed: The characters that may be typed, as a regular expression.
        read: From the text to the value.
        none: How "no filter" is shown.
    """

    name: str
    label: str
    says: str
    wrong: str
    typed: str
    read: Callable[[str], Value]
    none: str = ""

    def shown(self, settings: SampleSettings) -> str:
        """Return the value as it stands in the field."""
        value: Value = getattr(settings, self.name)
        if value is None:
            return self.none
        return f"{value:g}" if isinstance(value, float) else str(value)

    def value(self, text: str) -> Value:
        """Return the value that a text means.

        Raises:
            WrongValueError: It means none; the error is a sentence.
        """
        try:
            return self.read(text.strip())
        except ValueError:
            raise WrongValueError(self.wrong) from None


def _whole(least: int, most: int, *, empty: bool = False) -> Callable[[str], Value]:
    def read(text: str) -> Value:
        if empty and text == "":
            return None
        value = int(text)
        if not least <= value <= most:
            raise ValueError
        return value

    return read


def _share(off: float) -> Callable[[str], Value]:
    """Read a share of 1, where one end filters nothing."""

    def read(text: str) -> Value:
        if text == "":
            return None
        value = float(text)
        if not 0 <= value <= 1:
            raise ValueError
        return None if value == off else value

    return read


FIELDS = (
    Field(
        "length",
        "length",
        "How many characters it writes.",
        f"The length is a whole number from 1 to {LONGEST:,}.",
        r"[0-9]*",
        _whole(1, LONGEST),
    ),
    Field(
        "top_k",
        "top-k",
        "Draws among the k likeliest only; empty: all.",
        "top-k is a whole number from 1 up, or nothing.",
        r"[0-9]*",
        _whole(1, 1 << 20, empty=True),
    ),
    Field(
        "top_p",
        "top-p",
        "Draws among the likeliest that reach this share.",
        "top-p is a number from 0 to 1.",
        r"[0-9]*\.?[0-9]*",
        _share(1.0),
        "1",
    ),
    Field(
        "min_p",
        "min-p",
        "Drops what is rarer than this share of the likeliest.",
        "min-p is a number from 0 to 1.",
        r"[0-9]*\.?[0-9]*",
        _share(0.0),
        "0",
    ),
    Field(
        "seed",
        "seed",
        "Same seed, prompt and knobs: the same text.",
        "The seed is a whole number from 0 up.",
        r"[0-9]*",
        _whole(0, SEEDS - 1),
    ),
)
TEMPERATURE_SAYS = "Low is safe and repeats; high is bold and errs."
PACES = {"slow": 20.0, "reading": 60.0, "fast": 240.0, "full": float("inf")}  # characters a second


def folded(settings: SampleSettings, pace: str) -> str:
    """Return all knobs in one line; of the filters those that filter."""
    parts = [f"temperature {settings.temperature:.2f}", f"length {settings.length}", f"seed {settings.seed}"]
    parts += [
        f"{field.label} {field.shown(settings)}" for field in FIELDS[1:4] if getattr(settings, field.name) is not None
    ]
    return " · ".join([*parts, pace])


def spread(temperature: float) -> Sequence[float]:
    """Return three temperatures around one: half of it, itself, and half as much again."""
    middle = min(max(temperature, 0.2), 1.3)
    return tuple(round(round(middle * factor / 0.05) * 0.05, 2) for factor in (0.5, 1.0, 1.5))
