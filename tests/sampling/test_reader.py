"""A reader that remembers: the same places as one that reads everything anew, with fewer steps."""

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnplay.model.config import ModelConfig
from rnnplay.sampling.reader import PIECE, Place, Reader
from rnnplay.sampling.stepper import Stepper
from tests.sampling.test_sampler import CONFIGS, SYMBOLS, random_checkpoint

every_cell = pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.cell)
texts = st.lists(st.integers(0, len(SYMBOLS) - 1), max_size=12)


def end(reader: Reader, ids: list[int]) -> Place:
    *_, (done, place) = reader.read(np.array(ids, np.uint8))
    assert done == len(ids)
    return place


def same(one: Place, other: Place) -> bool:
    parts = zip(one.state, other.state, strict=True)
    states = all(np.array_equal(a, b) for pair in parts for a, b in zip(*pair, strict=True))
    return states and np.array_equal(one.logits, other.logits)


@every_cell
def test_a_text_in_pieces_ends_where_one_character_at_a_time_does(config: ModelConfig) -> None:
    reader = Reader(random_checkpoint(config))
    ids = [number * 7 % 5 for number in range(3 * PIECE + 5)]
    place = reader.start()
    for character in ids:
        place = reader.step(place, character)
    assert same(end(reader, ids), place)
    assert [done for done, _ in Reader(random_checkpoint(config)).read(np.array(ids, np.uint8))] == [
        0,
        PIECE,
        2 * PIECE,
        3 * PIECE,
        len(ids),
    ]


@settings(max_examples=40, deadline=None)
@given(st.lists(texts, max_size=15))
def test_what_was_read_before_changes_nothing(several: list[list[int]]) -> None:
    checkpoint = random_checkpoint()
    reader = Reader(checkpoint)
    for ids in several:
        assert same(end(reader, ids), end(Reader(checkpoint), ids))


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    steps: list[int] = []
    step = Stepper.step

    def counting(self: Stepper, character: int, state: object) -> object:
        steps.append(character)
        return step(self, character, state)  # type: ignore[arg-type]

    monkeypatch.setattr(Stepper, "step", counting)
    return steps


def test_what_was_read_lately_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(random_checkpoint())
    end(reader, [1, 2, 3])
    steps = counted(monkeypatch)
    end(reader, [1, 2, 3])
    assert steps == []
    end(reader, [1, 2, 3, 4])
    assert steps == [4]
    end(reader, [1, 2, 5])
    assert steps == [4, 1, 2, 5]


def test_a_long_text_that_is_changed_near_its_end_is_read_from_near_there(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, ids = Reader(random_checkpoint()), [number % 5 for number in range(20 * PIECE)]
    end(reader, ids)
    steps = counted(monkeypatch)
    end(reader, [*ids[:-1], 3])
    assert len(steps) <= 3 * PIECE


def test_it_remembers_the_last_texts_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(random_checkpoint())
    end(reader, [6])
    for number in range(200):
        end(reader, [number % 5, number // 5 % 5, number // 25 % 5, number // 125])
    steps = counted(monkeypatch)
    end(reader, [6])
    assert steps == [6]


def test_several_threads_may_read_at_once() -> None:
    checkpoint = random_checkpoint()
    reader, found = Reader(checkpoint), {}

    def read(number: int) -> None:
        for length in range(1, 60):
            found[number, length] = end(reader, [number, *range(length % 5), *[2] * length])

    threads = [threading.Thread(target=read, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 5 * 59
    for (number, length), place in found.items():
        assert same(place, end(Reader(checkpoint), [number, *range(length % 5), *[2] * length]))
