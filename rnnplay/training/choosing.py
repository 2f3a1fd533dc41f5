"""What a budget, a text and a machine call for: width, layers, batch, sequence, dropout and rate of a training.

Every number of the law is a constant below. A budget in steps or epochs is answered from the text and the budget alone,
never from a measured speed, so that the same command makes the same network on every machine of a kind.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass

from msgspec.structs import replace

from rnnplay.model import cost
from rnnplay.training.config import CELL_RATES, Knob, TrainingConfig
from rnnplay.training.forecast import forecast

# Networks from the smallest to the largest, as layers and units of a layer. That a second layer pays last is a guess.
LADDER = (
    *((1, width) for width in (64, 96, 128, 192, 256, 320, 384, 448, 512, 640, 768, 1024)),
    *((2, width) for width in (1024, 1536, 2048)),
)
# Characters to be read for each parameter of the layers, or a smaller network gets further. Those of the embedding and
# the head, of which a text of thousands of symbols has most, don't call for more (`docs/speed.md`).
READ_PER_PARAMETER = 5.0
PARAMETERS_PER_CHAR = 16.0  # of the training text, or a network has more to forget than to learn
MODEST_RATE = 2e10  # multiply-adds of a forward pass a second, where none is measured: a laptop's

ROWS, ROWS_ON_A_GPU = 32, 64  # the latter a guess
SEQUENCE = 64

# What tempts a network to learn a text by heart is the root of how often it reads it, times its parameters for each of
# the text's characters. Dropout begins at this temptation, and grows with each doubling of it.
WITHOUT_DROPOUT = 1.2
DROPOUT_FOR_EACH_DOUBLING = 0.08
MOST_DROPOUT = 0.6

# The rate of an LSTM of this width that reads so many rows at once; it goes with the root of the rows, and against that
# of the width; beyond some width against the width itself, or a training may diverge.
RATE, RATE_WIDTH, RATE_ROWS, RATE_AT_MOST, RATE_WIDE = 1.5e-2, 384, 32, 2e-2, 512

TRIED_ON_A_GPU = 1024  # units of the network that a GPU's speed is measured with: a small one doesn't fill it


@dataclass(frozen=True)
class Chosen:
    """Settings with every knob set.

    Attributes:
        what: What was chosen and what it leads to, in words; "" where there was nothing to choose.
        reason: A sentence that says for what, too.
    """

    config: TrainingConfig
    what: str = ""
    reason: str = ""


def chosen(
    config: TrainingConfig, vocabulary_size: int, train_chars: int, rate: float | None, *, held_up: bool = False
) -> Chosen:
    """Set the free knobs of settings, around those that are given.

    Args:
        config: Settings that are in their ranges, the device named.
        vocabulary_size: How many different characters the text has.
        train_chars: Characters of the training part, at least one.
        rate: Multiply-adds of a forward pass that a second of training does, as `forecast` takes it; None where not
            measured. It counts for a budget in minutes alone.
        held_up: Whether other programs held the measurement up, so that the rate is what one thread does by itself.
    """
    if not config.free:
        return Chosen(config)
    measured = rate is not None and config.budget.unit == "minutes"
    if config.budget.unit != "minutes":
        rate = None
    elif rate is None:
        rate = MODEST_RATE
    free, config = config.free, replace(_stepping(config, train_chars), free=())
    layers, width = _shape(config, free, vocabulary_size, train_chars, rate)
    config = replace(config, model=replace(config.model, layers=layers, hidden_size=width))
    likely = forecast(config, vocabulary_size, train_chars, rate)
    readings = (math.inf if likely.chars is None else likely.chars) / train_chars
    if "dropout" in free:
        parameters = cost.parameters(config.model, vocabulary_size)
        dropout = _dropout(math.sqrt(readings) * parameters / train_chars)
        config = replace(config, model=replace(config.model, dropout=dropout))
    if "learning_rate" in free:
        config = replace(config, learning_rate=_learning_rate(config))
    what = _in_words(config, free, readings)
    where = " on this machine" if config.budget.unit == "minutes" else ""
    reason = f"Chosen for {config.budget}{where} and {train_chars:,} characters: {what}."
    if measured and likely.chars_per_second and math.isfinite(likely.chars_per_second):
        reason += _speed_assumed(likely.chars_per_second, held_up=held_up)
    return Chosen(config, what, reason)


def to_try(config: TrainingConfig, train_chars: int) -> TrainingConfig:
    """Return the settings to measure a machine's speed with: those that are given, and a network of middling size."""
    on_a_gpu = "hidden_size" in config.free and not _on_a_cpu(config)
    model = replace(config.model, hidden_size=TRIED_ON_A_GPU) if on_a_gpu else config.model
    return replace(_stepping(config, train_chars), model=model, free=())


def _on_a_cpu(config: TrainingConfig) -> bool:
    return config.device in {"cpu", "auto"}


def _stepping(config: TrainingConfig, train_chars: int) -> TrainingConfig:
    """Set how many characters a step reads, as far as that is free: as the device likes it and the text can fill."""
    if "seq_len" in config.free:
        config = replace(config, seq_len=max(1, min(SEQUENCE, train_chars - 1)))
    if "batch_size" in config.free:
        rows = ROWS if _on_a_cpu(config) else ROWS_ON_A_GPU
        config = replace(config, batch_size=max(1, min(rows, (train_chars - 1) // config.seq_len)))
    return config


def _shape(
    config: TrainingConfig, free: Collection[Knob], vocabulary_size: int, train_chars: int, rate: float | None
) -> tuple[int, int]:
    """Return layers and units of the largest network that the budget can teach and the text can feed.

    Where one of the two is given, the ladder's networks have that one in place of their own: of a width that is given
    there may be a second layer as soon as the budget can teach it (measured at 128 units, `docs/speed.md`).
    """
    own = config.model
    ladder = dict.fromkeys(
        (layers if "layers" in free else own.layers, width if "hidden_size" in free else own.hidden_size)
        for layers, width in LADDER
    )
    fitting = next(iter(ladder))
    for layers, width in ladder:
        model = replace(own, layers=layers, hidden_size=width)
        read = _read(replace(config, model=model), vocabulary_size, train_chars, rate)
        fed = cost.parameters(model, vocabulary_size) <= PARAMETERS_PER_CHAR * train_chars
        taught = READ_PER_PARAMETER * cost.layer_parameters(model, vocabulary_size) <= read
        if not (fed and taught):
            break
        fitting = (layers, width)
    return fitting


def _read(config: TrainingConfig, vocabulary_size: int, train_chars: int, rate: float | None) -> float:
    """Return how many characters the budget lasts for."""
    chars = forecast(config, vocabulary_size, train_chars, rate).chars
    return math.inf if chars is None else chars  # beyond what a float holds


def _dropout(temptation: float) -> float:
    """Return the dropout for a text that is read so often, in steps of 0.05."""
    doublings = math.log2(max(temptation / WITHOUT_DROPOUT, 1.0))
    return round(20 * min(DROPOUT_FOR_EACH_DOUBLING * doublings, MOST_DROPOUT)) / 20


def _learning_rate(config: TrainingConfig) -> float:
    """Return the rate for a network's cell and width, and for the rows, in two digits."""
    rows, width = config.batch_size / RATE_ROWS, config.model.hidden_size / RATE_WIDTH
    wide = max(config.model.hidden_size / RATE_WIDE, 1.0)
    rate = min(RATE * math.sqrt(rows / (width * wide)), RATE_AT_MOST)
    return float(f"{rate * CELL_RATES[config.model.cell]:.2g}")


def _in_words(config: TrainingConfig, free: tuple[str, ...], readings: float) -> str:
    """Return what the knobs that were free are set to."""
    model = config.model
    named = {
        "layers": "one layer" if model.layers == 1 else f"{model.layers} layers",
        "hidden_size": f"{model.hidden_size:,} units",
        "batch_size": f"{config.batch_size:,} rows",
        "seq_len": f"{config.seq_len:,} characters",
        "learning_rate": f"rate {config.learning_rate:.3g}",
    }
    pairs = (("layers", "hidden_size"), ("batch_size", "seq_len"), ("learning_rate",))
    parts = [" of ".join(named[knob] for knob in pair if knob in free) for pair in pairs]
    found = ", ".join(part for part in parts if part)
    if "dropout" not in free:
        return found
    means = f"a dropout of {model.dropout:g}" if model.dropout else "no dropout"
    often = f"the text is read {_often(readings)}, so {means}"
    return f"{found}; {often}" if found else often


def _speed_assumed(speed: float, *, held_up: bool) -> str:
    """Return a sentence on the speed that is assumed, in two digits."""
    digits = max(len(f"{speed:.0f}") - 2, 0)
    said = f" That is at {round(speed, -digits):,.0f} characters a second"
    if held_up:
        return f"{said}, as one thread would read by itself: other programs use the processors now."
    return f"{said}, as measured now: it changes with what else the machine does."


def _often(readings: float) -> str:
    if readings < 0.95:
        return "in part"
    return "about once" if readings < 1.5 else f"about {readings:,.0f} times" if readings < 1e6 else "over and over"
