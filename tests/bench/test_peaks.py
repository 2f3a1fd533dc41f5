import torch

from rnnplay.bench.peaks import Mode, Peaks, modes, readable, share_got, using


def test_the_peak_is_the_most_of_all_looks() -> None:
    peaks, mode = Peaks("cpu"), Mode("fp32", 1)
    looks = [peaks.look(mode) for _ in range(3)]
    assert peaks.of(mode) == max(looks) > 0
    (told,) = peaks.told()
    assert (told.precision, told.threads, told.gflops) == ("fp32", 1, max(looks))


def test_threads_are_taken_only_for_a_while() -> None:
    before = torch.get_num_threads()
    with using(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before


def test_products_are_rounded_as_before_when_all_is_measured() -> None:
    before = torch.get_float32_matmul_precision()
    Peaks("cpu").look(Mode("tf32", 1))
    assert torch.get_float32_matmul_precision() == before


def test_a_processor_is_tried_with_one_thread_and_more_in_each_precision() -> None:
    ways = modes("cpu")
    assert len(ways) == len(set(ways))
    for precision in {way.precision for way in ways}:
        counts = [way.threads for way in ways if way.precision == precision]
        assert counts[0] == 1
        assert torch.get_num_threads() in counts
    assert {way.precision for way in ways} <= {"fp32", "bf16"}


def test_reading_and_the_share_of_the_processors_are_rates() -> None:
    assert readable(1 << 20) > 0
    assert 0 < share_got() <= 1
