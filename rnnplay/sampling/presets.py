"""Named sampling settings: what a text is drawn with where a person gives no settings. No numpy here.

A preset is resolved where a person asks; from then on its values are ordinary settings. How they were chosen is in
`docs/sampling.md`.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from rnnplay.errors import UserError
from rnnplay.sampling.records import SampleSettings
from rnnplay.text.records import Provenance, Shape

TextKind = Literal["text", "list", "rule"]  # running text, independent lines, a generated text
Preset = Literal["readable", "raw"]
PRESETS: tuple[Preset, ...] = ("readable", "raw")

# For each kind of training text the settings with which a network's text is best to read.
READABLE = {
    "text": SampleSettings(temperature=1.0, min_p=0.15),
    "list": SampleSettings(temperature=1.0, min_p=0.02),
    "rule": SampleSettings(temperature=1.0),
}
RAW = SampleSettings(temperature=1.0)  # as the network learned: no temperature, no filters


def text_kind(corpus: Provenance, shape: Shape) -> TextKind:
    """Return the kind of a training text."""
    if corpus.kind == "generated":
        return "rule"
    return "list" if shape == "lines" else "text"


def checked_preset(name: str) -> Preset:
    """Return the preset of a name.

    Raises:
        UserError: There is none.
    """
    for preset in PRESETS:
        if name == preset:
            return preset
    raise UserError(f"There is no sampling preset '{name}': {' or '.join(PRESETS)}.")


def with_preset(settings: SampleSettings, preset: Preset, kind: TextKind = "text") -> SampleSettings:
    """Return the settings with the temperature and the filters of a preset; length, seed and the others stay."""
    chosen = RAW if preset == "raw" else READABLE[kind]
    return msgspec.structs.replace(
        settings, temperature=chosen.temperature, top_k=chosen.top_k, top_p=chosen.top_p, min_p=chosen.min_p
    )


def preset_of(settings: SampleSettings, kind: TextKind = "text") -> Preset | None:
    """Return the preset that has this temperature and these filters; None where there is none."""
    return next((preset for preset in PRESETS if with_preset(settings, preset, kind) == settings), None)


def with_values(settings: SampleSettings, given: Mapping[str, float | None]) -> SampleSettings:
    """Return the settings with the values that a person gave, by their names; None leaves what is there.

    A min-p of 0 is no filter.
    """
    values = {name: value for name, value in given.items() if value is not None}
    if values.get("min_p") == 0:
        values["min_p"] = None  # type: ignore[assignment]
    return msgspec.structs.replace(settings, **values)


def arguments(settings: SampleSettings) -> list[str]:
    """Return the options of `rnnplay sample` that give this temperature and these filters, whatever the preset."""
    options = [f"--temperature={_exact(settings.temperature)}", f"--min-p={_exact(settings.min_p or 0)}"]
    for name in ("top_k", "top_p"):
        value = getattr(settings, name)
        if value is not None:
            options.append(f"--{name.replace('_', '-')}={_exact(value)}")
    return options


def describe(settings: SampleSettings) -> str:
    """Return the temperature and the filters in words: "temperature 1, min-p 0.1"."""
    parts = [f"temperature {_exact(settings.temperature)}"]
    filters = {"top-k": settings.top_k, "top-p": settings.top_p, "min-p": settings.min_p}
    return ", ".join([*parts, *(f"{name} {_exact(value)}" for name, value in filters.items() if value is not None)])


def _exact(value: float) -> str:
    short = f"{value:g}"
    return short if float(short) == value else str(value)
