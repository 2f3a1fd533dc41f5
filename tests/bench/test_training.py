from itertools import pairwise

import pytest

from rnnplay.bench.peaks import Mode, Peaks
from rnnplay.bench.training import Race, training_speed

WIDTH, SYMBOLS = 24, 65


def test_a_race_tells_the_fastest_way_and_the_arithmetic_of_the_plain_algorithm() -> None:
    peaks, ways = Peaks("cpu"), [Mode("fp32", 1), Mode("fp32", None)]
    race, narrow = Race(WIDTH, ways, peaks), Race(8, ways, peaks)
    race.run()
    narrow.run()
    speed = training_speed(race, narrow)
    assert len(speed.tried) == 2
    assert all(a.characters_per_second >= b.characters_per_second for a, b in pairwise(speed.tried))
    assert (speed.precision, speed.threads) == (speed.tried[0].precision, speed.tried[0].threads)
    assert speed.characters_per_second == speed.tried[0].characters_per_second
    # Gates on the embedding and the output, and the head; forward once and backward twice, two operations each.
    embedding = race.config.model.embedding_size
    operations = 3 * 2 * (4 * WIDTH * (embedding + WIDTH) + WIDTH * SYMBOLS)
    assert speed.gflops == pytest.approx(speed.characters_per_second * operations / 1e9)
    assert speed.peak_gflops == peaks.of(Mode("fp32", speed.threads))
    assert speed.share_of_peak == pytest.approx(speed.gflops / speed.peak_gflops)
    assert 0 < speed.share_of_steps <= 1
