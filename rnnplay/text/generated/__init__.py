"""Texts made by rules, whose best possible prediction is known exactly.

`choices` says how a line comes about; `letters`, `nesting`, `figures`, `words` and `tunes` hold the procedures; `rules`
says when a line is right; `table` lists the generators; `writing` makes and reads texts. The best possible prediction
of a whole corpus stands in `rnnplay.text.optimum`. No numpy here.
"""

from rnnplay.text.generated.recipe import SHARED, Dial, Generator, Recipe, set_to
from rnnplay.text.generated.table import GENERATORS, NAMES
from rnnplay.text.generated.writing import (
    bits_of,
    bits_so_far,
    holds,
    is_spec,
    named,
    parsed,
    pieces,
    recipe_of,
    written,
)

__all__ = [
    "GENERATORS",
    "NAMES",
    "SHARED",
    "Dial",
    "Generator",
    "Recipe",
    "bits_of",
    "bits_so_far",
    "holds",
    "is_spec",
    "named",
    "parsed",
    "pieces",
    "recipe_of",
    "set_to",
    "written",
]
