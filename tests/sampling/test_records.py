"""What is told of characters, summed up."""

import math

import pytest

from rnnplay.sampling.records import MeanSurprisal, SampledChar

TOLD = SampledChar("e", 0.5, 1.0, 0.7, (("e", 0.5), ("a", 0.25), ("z", 0.0)))


def test_the_mean_surprisal_is_that_of_all_characters_so_far() -> None:
    mean = MeanSurprisal()
    assert mean.bits_per_char is None
    mean.take([TOLD])
    mean.take([TOLD.instead("a"), TOLD])
    assert mean.count == 3
    assert mean.bits_per_char == pytest.approx(4 / 3)


def test_an_alternative_taken_by_hand_has_its_own_probability_and_surprisal() -> None:
    other = TOLD.instead("a")
    assert (other.character, other.probability, other.surprisal, other.drawn) == ("a", 0.25, 2.0, 1.0)
    assert other.alternatives == TOLD.alternatives
    assert TOLD.instead("z").surprisal == math.inf
    with pytest.raises(KeyError):
        TOLD.instead("q")


def test_the_character_that_was_drawn_can_be_taken_by_hand_however_rare_it_was() -> None:
    rare = SampledChar("q", 0.001, 9.97, 0.001, TOLD.alternatives)
    assert rare.instead("q") == rare
