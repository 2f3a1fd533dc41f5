"""The tables of `rnnplay bench`."""

import itertools

import pytest
from msgspec.structs import replace

from rnnplay.bench.records import Machine, Product, Report, SamplingSpeed, StartUp, TrainingSpeed, Tried
from rnnplay.console.bench import lines

MACHINE = Machine(
    processor="AMD EPYC 9654 96-Core Processor",
    system="Linux x86_64",
    processors=192,
    threads=96,
    capability="AVX512",
    libraries=("MKL", "oneDNN"),
    native_bf16=True,
    device="cpu",
    device_name="CPU, 96 threads",
    gpus=(),
    python="3.11.7",
    torch="2.13.0+cpu",
    rnnplay="0.1.0",
)


def trained(width: int, threads: int | None) -> TrainingSpeed:
    return TrainingSpeed(
        f"lstm 1x{width}", width, 16, 64, "bf16", threads, 1_234_567.8, 12_345.6, 20_000.0, 0.617, 0.1, "other work",
        (Tried("bf16", threads, 1_234_567.8), Tried("fp32", threads, 234_567.8)),
    )  # fmt: skip


def written(width: int) -> SamplingSpeed:
    return SamplingSpeed(
        f"lstm 1x{width}", width, 18_000.4, 80.25, 100.0, 0.8025, "reading", 256, 1_234_567.8, 500.0, 2000.0, 0.25
    )


def report(machine: Machine = MACHINE, threads: int | None = 128, *, complete: bool = True) -> Report:
    counts = [None] if threads is None else [1, threads]
    products = tuple(Product(precision, count, 2048, 987_654.3) for precision in ("fp32", "bf16") for count in counts)
    networks = (128, 1024)
    return Report(
        machine, complete, 59.6, StartUp(1.44, 0.23), 0.97, 29.87, products,
        tuple(trained(width, threads) for width in networks), tuple(written(width) for width in networks),
    )  # fmt: skip


def tables(told: list[str]) -> list[list[list[str]]]:
    """Return the cells of each Markdown table."""
    groups = [list(group) for is_row, group in itertools.groupby(told, lambda line: line.startswith("|")) if is_row]
    return [[[cell.strip() for cell in row.strip("|").split("|")] for row in group] for group in groups]


@pytest.mark.parametrize("threads", [None, 1, 192])
def test_every_line_fits_eighty_columns(threads: int | None) -> None:
    assert max(map(len, lines(report(threads=threads)))) <= 80


def test_the_tables_are_markdown_with_columns_of_equal_width() -> None:
    told = list(lines(report()))
    found = tables(told)
    assert [table[0][0] for table in found] == ["square products", "training", "writing"]
    for table in found:
        assert len({len(row) for row in table}) == 1
        assert all(set(cell) <= {"-", ":"} for cell in table[1])
    for _, group in itertools.groupby(told, lambda line: line.startswith("|")):
        rows = [line for line in group if line.startswith("|")]
        assert len({len(row) for row in rows}) <= 1


def test_the_figures_stand_in_their_rows() -> None:
    products, training, writing = tables(list(lines(report())))
    assert products[2] == ["1 thread", "987,654", "987,654"]
    assert training[3] == ["1x1024", "1,234,568", "12,346", "62%", "bf16, 128 threads", "other work"]
    assert writing[2] == ["1x128", "18,000", "80.2", "80%", "reading", "1,234,568", "25%"]


def test_a_gpu_has_a_row_without_threads() -> None:
    machine = replace(MACHINE, device="cuda:0", device_name="NVIDIA H100", gpus=("NVIDIA H100",))
    told = list(lines(report(machine, threads=None)))
    products, training, _ = tables(told)
    assert [row[0] for row in products[2:]] == ["cuda:0"]
    assert training[2][4] == "bf16"
    assert any("GPU: NVIDIA H100" in line for line in told)


def test_what_was_interrupted_says_so_and_shows_what_is_there() -> None:
    early = Report(MACHINE, seconds=3.4)
    assert not tables(list(lines(early)))
    assert "Interrupted after 0:03" in list(lines(early))[-1]
    assert len(tables(list(lines(report(complete=False))))) == 3


@pytest.mark.parametrize(("share", "told"), [(0.6, True), (0.99, False), (None, False)])
def test_a_busy_machine_is_told(share: float | None, told: bool) -> None:
    busy = Report(MACHINE, complete=True, share_got=share)
    assert any("40%" in line for line in lines(busy)) is told


def test_a_name_with_an_escape_in_it_is_shown_and_not_obeyed() -> None:
    machine = replace(MACHINE, processor="\x1b[31mred")
    assert not any("\x1b" in line for line in lines(report(machine)))
