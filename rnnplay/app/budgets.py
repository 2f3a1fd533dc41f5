"""Budgets as people type them."""

import re

from rnnplay.errors import UserError
from rnnplay.training.config import Budget, Unit

_UNITS: dict[str, tuple[Unit, float]] = {
    "": ("minutes", 1),
    **dict.fromkeys(("m", "min", "minute", "minutes"), ("minutes", 1)),
    **dict.fromkeys(("h", "hour", "hours"), ("minutes", 60)),
    **dict.fromkeys(("step", "steps"), ("steps", 1)),
    **dict.fromkeys(("epoch", "epochs"), ("epochs", 1)),
}
_TYPED = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)?(\.\d+)?\s*([a-z]*)", re.ASCII)


def parsed(text: str, unit: Unit = "minutes") -> Budget:
    """Return the budget that a text like "2 minutes", "1,000 steps" or "3 epochs" means.

    Args:
        text: What was typed.
        unit: What a number alone counts.

    Raises:
        UserError: It means none.
    """
    found = _TYPED.fullmatch(text.strip().lower())
    if found is None or not (found[1] or found[2]) or found[3] not in _UNITS:
        raise UserError("Type a number and minutes, hours, steps or epochs: 2 minutes.")
    named, factor = _UNITS[found[3]] if found[3] else (unit, 1)
    amount = float(f"{(found[1] or '0').replace(',', '')}{found[2] or ''}") * factor
    if named == "steps" and amount != int(min(amount, 1e300)):
        raise UserError("Steps come whole.")
    if not 0 < amount < float("inf"):
        raise UserError("It must be more than nothing, and come to an end.")
    return Budget(named, amount)
