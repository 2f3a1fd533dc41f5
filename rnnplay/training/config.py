"""The settings of a training."""

from typing import Literal

import msgspec

from rnnplay.errors import UserError, brief, did_you_mean
from rnnplay.model.config import CELLS, ModelConfig

Unit = Literal["minutes", "steps", "epochs"]
Precision = Literal["auto", "fp32", "bf16"]
Knob = Literal["layers", "hidden_size", "batch_size", "seq_len", "dropout", "learning_rate"]
MAX_CLIP = 1e9
LONG_AMOUNT = 1e15  # of a budget; from here on three digits and a power of ten are shown
MAX_DEVICE = 40  # characters of its name
KNOBS: tuple[Knob, ...] = ("layers", "hidden_size", "batch_size", "seq_len", "dropout", "learning_rate")


class Budget(msgspec.Struct, frozen=True):
    """How long to train: minutes from the first step on (pauses not counted), optimizer steps, or epochs."""

    unit: Unit = "minutes"
    amount: float = 1.0

    def checked(self) -> "Budget":
        """Return the budget.

        Raises:
            UserError: It is no amount of time or work.
        """
        if not 0 < self.amount < float("inf"):
            raise UserError(f"--{self.unit} must be above 0, not {self.amount:g}.")
        return self

    def __str__(self) -> str:
        unit = self.unit.removesuffix("s") if self.amount == 1 else self.unit
        whole = self.amount < LONG_AMOUNT and self.amount == int(self.amount)
        return f"{int(self.amount):,} {unit}" if whole else f"{self.amount:g} {unit}"


class TrainingConfig(msgspec.Struct, frozen=True):
    """Everything that decides what a training does; a run keeps it, with what was resolved at the start.

    Attributes:
        batch_size: Rows of the stream that are read at once, B.
        seq_len: Characters of a row that one step reads, and gradients flow back through, T.
        learning_rate: The highest rate of the schedule.
        warmup: Share of the budget in which the rate rises; see `rnnplay.training.schedule` for the first steps.
        flat: Share of the budget after which the rate falls, linearly to zero.
        resets: Share of the rows that begin a window with the state before any text, so that the network learns how to
            begin (Melis, Dyer & Blunsom 2018; how many is measured, `docs/speed.md`).
        averaged_from: Share of the budget after which what is kept is the mean of the weights since then, not the
            weights of one step (measured, `docs/speed.md`); 1 for never.
        betas: Decay of AdamW's two moments. The first is low: neighbouring steps read neighbouring text, and a longer
            memory of their gradients overshoots (measured, `docs/speed.md`).
        head_rate_factor: What the head's learning rate is multiplied by (measured, `docs/speed.md`).
        weight_decay: Of the matrices, not of the biases and embeddings.
        clip: Greatest global norm of the gradient.
        threads: Of the CPU, for torch; with a budget in minutes what a training begins with, see
            `rnnplay.training.threads`.
        patience: Evaluations without a better validation loss after which to stop; None for never.
        prompt: What the live samples begin with.
        free: Knobs whose values here don't count: they are chosen when the training begins, see `choosing.chosen`.
    """

    model: ModelConfig = ModelConfig(hidden_size=384)
    batch_size: int = 32
    seq_len: int = 64
    learning_rate: float = 1.5e-2
    warmup: float = 0.05
    flat: float = 0.3
    resets: float = 0.05
    averaged_from: float = 0.5
    betas: tuple[float, float] = (0.6, 0.999)
    head_rate_factor: float = 3.0
    weight_decay: float = 0.1
    clip: float = 0.5
    budget: Budget = Budget()
    device: str = "auto"
    precision: Precision = "auto"
    threads: int | None = None
    seed: int = 0
    val_fraction: float = 0.1
    min_count: int = 1
    patience: int | None = None
    prompt: str = ""
    free: tuple[Knob, ...] = ()

    def checked(self) -> "TrainingConfig":
        """Return the settings.

        Raises:
            UserError: One of them is out of its range.
        """
        self.model.checked()
        self.budget.checked()
        ranges = {"batch": self.batch_size, "seq-len": self.seq_len, "min-count": self.min_count}
        if self.patience is not None:
            ranges["patience"] = self.patience
        for name, value in ranges.items():
            if not 1 <= value <= 1 << 20:
                raise UserError(f"--{name} must be from 1 to {1 << 20}, not {brief(value)}.")
        if not 0 < self.learning_rate <= 10:
            raise UserError(f"--lr must be above 0 and at most 10, not {self.learning_rate:g}.")
        if self.precision not in {"auto", "fp32", "bf16"}:
            raise UserError(f"There is no precision '{self.precision}': auto, fp32 or bf16.")
        if len(self.device) > MAX_DEVICE or not self.device.isprintable():
            raise UserError(f"There is no device '{brief(self.device)}': auto, cpu, cuda, cuda:N or mps.")
        self._check_optimizer()
        if set(self.free) - set(KNOBS):
            raise UserError(f"What may be chosen is {', '.join(KNOBS)}, not '{min(set(self.free) - set(KNOBS))}'.")
        if self.threads is not None and not 1 <= self.threads <= 1 << 10:
            raise UserError(f"The number of threads must be from 1 to {1 << 10}, not {brief(self.threads)}.")
        if not 0 <= self.val_fraction < 1:
            raise UserError(f"--val-fraction must be at least 0 and below 1, not {self.val_fraction:g}.")
        if not 0 <= self.seed < 1 << 63:
            raise UserError(f"--seed must be from 0 to 2^63 - 1, not {brief(self.seed)}.")
        return self

    def _check_optimizer(self) -> None:
        shares = {
            "warmup": self.warmup,
            "flat": self.flat,
            "share of resets": self.resets,
            "first of the betas": self.betas[0],
            "second of the betas": self.betas[1],
        }
        for name, share in shares.items():
            if not 0 <= share < 1:
                raise UserError(f"The {name} must be at least 0 and below 1, not {share:g}.")
        if not 0 <= self.averaged_from <= 1:
            raise UserError(f"Averaging must begin at a share from 0 to 1, not {self.averaged_from:g}.")
        if not 0 < self.head_rate_factor <= 100:
            raise UserError(f"The head's rate factor must be above 0 and at most 100, not {self.head_rate_factor:g}.")
        if not (0 < self.clip <= MAX_CLIP and 0 <= self.weight_decay < 100):
            raise UserError(
                f"The clip must be above 0 and at most {MAX_CLIP:g}, and the weight decay at least 0 and below 100."
            )


PRESETS: dict[str, TrainingConfig] = {
    "standard": TrainingConfig(),
    "small": TrainingConfig(ModelConfig(hidden_size=256), learning_rate=1.8e-2),
    "wide": TrainingConfig(ModelConfig(hidden_size=512, dropout=0.2), learning_rate=1.3e-2),
    "deep": TrainingConfig(ModelConfig(layers=2, hidden_size=512, dropout=0.2), learning_rate=8e-3),
    "lesson": TrainingConfig(ModelConfig(hidden_size=64, embedding_size=16), learning_rate=2e-2),
}


def automatic() -> TrainingConfig:
    """Return the settings with all knobs to be chosen for the budget, the text and the machine."""
    return TrainingConfig(free=KNOBS)


def preset(name: str) -> TrainingConfig:
    """Return a named set of settings.

    Raises:
        UserError: There is none of that name.
    """
    if name not in PRESETS:
        raise UserError(f"There is no preset '{name}': {', '.join(PRESETS)}.{did_you_mean(name, PRESETS)}")
    return PRESETS[name]


# The rate that each cell learns fastest with, as a share of an LSTM's, measured on the play.
CELL_RATES = {"lstm": 1.0, "gru": 0.7, "rnn": 0.3, "ff": 0.7}
FF_CONTEXT = 8


def with_cell(config: TrainingConfig, name: str) -> TrainingConfig:
    """Return the settings with another cell, and the rate that it stands.

    Raises:
        UserError: There is no such cell.
    """
    if name not in CELLS:
        raise UserError(f"There is no cell '{name}': {', '.join(CELLS)}.{did_you_mean(name, CELLS)}")
    if name == config.model.cell:
        return config
    context = FF_CONTEXT if name == "ff" else None
    model = msgspec.structs.replace(config.model, cell=name, context=context)
    rate = config.learning_rate * CELL_RATES[name] / CELL_RATES[config.model.cell]
    return msgspec.structs.replace(config, model=model, learning_rate=rate)


# Of a cell's rate, for training a network further that is trained already. Measured from the shipped model on three
# texts: 0.5 is better for a text like the old one and many steps, 1 for a far one and few; 0.7 is close to the best.
_FINE_TUNING = 0.7


def fine_tuning(model: ModelConfig) -> TrainingConfig:
    """Return the settings for training a checkpoint's network further: its own shape, and a lower rate."""
    rate = _FINE_TUNING * TrainingConfig().learning_rate * CELL_RATES[model.cell]
    return TrainingConfig(model, learning_rate=float(f"{rate:.3g}"))
