"""Which rows there are, and what they are called; nothing here needs torch."""

from pathlib import Path

from benchmarks.cuda.supervisor import Row

PLAY = Path(__file__).parents[2] / "corpora" / "play.txt"

CELLS = ("lstm", "gru", "rnn", "ff")
NETWORKS = ((2, 512), (2, 1024))


def precisions(device: str) -> tuple[str, ...]:
    """Return the ways in which a device is made to compute."""
    return ("fp32", "tf32", "bf16") if device == "cuda" else ("fp32", "bf16")


def rows_for(device: str) -> list[Row]:
    """Return the rows of a device in their order, what must hold first.

    Args:
        device: "cuda" or "cpu".
    """
    resumed = dict.fromkeys((f"cpu to {device}", f"{device} to cpu", f"{device} to {device}"))
    return [
        Row("device", 90),  # torch is loaded here, and the GPU's libraries
        *(Row(f"train {cell} {precision}", 30) for cell in CELLS for precision in precisions(device)),
        Row("dropout", 20),
        *(Row(f"resume {ways}", 30) for ways in resumed),
        Row("sample one", 20),
        Row("sample many", 30),
        Row("torchrun", 90),
        Row("memory", 30),
        *(Row(f"speed {layers}x{width}", 40) for layers, width in NETWORKS),
        Row("batch chosen", 40),
        Row("seconds to a loss", 100),
    ]
