"""Texts made by rules, whose best possible prediction is known exactly.

`choices` says how a line comes about; `letters`, `nesting`, `figures`, `words` and `tunes` hold the procedures; `rules`
says when a line is right; `table` lists the generators; `writing` makes and reads texts. The best possible prediction
of a whole corpus stands in `rnnplay.text.measured.optimum`. No numpy here.
"""

from rnnplay.text.generated.dials import SHARED, Dial, Generator, Setting, set_to
from rnnplay.text.generated.table import GENERATORS, NAMES
from rnnplay.text.generated.writing import (
    bits_of,
    bits_so_far,
    holds,
    is_spec,
    named,
    parsed,
    pieces,
    setting_of,
    written,
)

__all__ = [
    "GENERATORS",
    "NAMES",
    "SHARED",
    "Dial",
    "Generator",
    "Setting",
    "bits_of",
    "bits_so_far",
    "holds",
    "is_spec",
    "named",
    "parsed",
    "pieces",
    "set_to",
    "setting_of",
    "written",
]
