"""Rows, windows and the state that carries on: checked on texts whose ids are their own places."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnplay.errors import UserError
from rnnplay.text.streams import Streams, Window, fitted

EPOCHS = 3

sizes = st.tuples(st.integers(2, 160), st.integers(1, 8), st.integers(1, 20))
few = settings(max_examples=60, deadline=None)


def streams_of(asked: tuple[int, int, int], slots: slice = slice(None)) -> Streams:
    """Cut the text 0, 1, 2, … as a training would; its ids tell where they stand."""
    length, batch_size, seq_len = asked
    batch_size, seq_len = fitted(length, batch_size, seq_len)
    return Streams(np.arange(length, dtype=np.uint16), batch_size, seq_len, slots)


def epochs_of(streams: Streams, epochs: int = EPOCHS) -> list[list[Window]]:
    return [[streams.next_window() for _ in range(streams.windows_per_epoch)] for _ in range(epochs)]


def windows_of(streams: Streams, epochs: int = EPOCHS) -> list[Window]:
    return list(itertools.chain.from_iterable(epochs_of(streams, epochs)))


@few
@given(sizes)
def test_a_carried_state_meets_exactly_the_character_that_follows(asked: tuple[int, int, int]) -> None:
    for before, after in itertools.pairwise(windows_of(streams_of(asked))):
        carried = ~after.fresh
        np.testing.assert_array_equal(after.inputs[0, carried], before.inputs[-1, carried] + 1)


@few
@given(sizes)
def test_a_window_is_read_without_a_gap(asked: tuple[int, int, int]) -> None:
    for window in windows_of(streams_of(asked)):
        np.testing.assert_array_equal(window.inputs[1:], window.inputs[:-1] + 1)


@few
@given(sizes)
def test_every_target_is_the_character_after_its_input(asked: tuple[int, int, int]) -> None:
    for window in windows_of(streams_of(asked)):
        np.testing.assert_array_equal(window.targets, window.inputs + 1)


@few
@given(sizes)
def test_only_the_slot_that_wraps_to_the_beginning_is_fresh(asked: tuple[int, int, int]) -> None:
    first, *later = windows_of(streams_of(asked))
    assert not first.fresh.any()
    for window in later:
        np.testing.assert_array_equal(window.fresh, window.inputs[0] == 0)


@few
@given(sizes)
def test_one_slot_wraps_in_every_epoch_but_the_first(asked: tuple[int, int, int]) -> None:
    fresh = [sum(int(window.fresh.sum()) for window in epoch) for epoch in epochs_of(streams_of(asked))]
    assert fresh == [0, *[1] * (EPOCHS - 1)]


@few
@given(sizes)
def test_an_epoch_reads_every_place_once_but_fewer_than_a_batch_at_the_end(asked: tuple[int, int, int]) -> None:
    streams = streams_of(asked)
    for epoch in epochs_of(streams):
        read = np.sort(np.concatenate([window.inputs.ravel() for window in epoch]))
        np.testing.assert_array_equal(read, np.arange(len(read)))
        assert 0 <= asked[0] - 1 - len(read) < streams.batch_size


@few
@given(sizes)
def test_windows_of_an_epoch_differ_by_one_step_at_most(asked: tuple[int, int, int]) -> None:
    for epoch in epochs_of(streams_of(asked)):
        lengths = {len(window.inputs) for window in epoch}
        assert max(lengths) - min(lengths) <= 1


@few
@given(sizes)
def test_no_window_is_longer_than_asked_for_nor_empty(asked: tuple[int, int, int]) -> None:
    for window in windows_of(streams_of(asked)):
        assert 1 <= len(window.inputs) <= asked[2]


@few
@given(st.integers(8, 160), st.integers(1, 20), st.sampled_from([(2, 1), (2, 2), (4, 2), (6, 3), (6, 6)]))
def test_slots_dealt_out_to_processes_walk_the_same_text_as_one_process(
    length: int, seq_len: int, shared: tuple[int, int]
) -> None:
    batch_size, processes = shared
    ids = np.arange(length, dtype=np.uint16)
    each = batch_size // processes
    shares = [slice(number * each, (number + 1) * each) for number in range(processes)]
    parts = [windows_of(Streams(ids, batch_size, seq_len, share)) for share in shares]
    for window, *dealt in zip(windows_of(Streams(ids, batch_size, seq_len)), *parts, strict=True):
        np.testing.assert_array_equal(window.inputs, np.hstack([part.inputs for part in dealt]))
        np.testing.assert_array_equal(window.targets, np.hstack([part.targets for part in dealt]))
        np.testing.assert_array_equal(window.fresh, np.hstack([part.fresh for part in dealt]))


@few
@given(sizes, st.integers(0, 40))
def test_a_walk_taken_up_at_a_stored_place_goes_on_as_if_it_had_never_stopped(
    asked: tuple[int, int, int], stop: int
) -> None:
    whole, resumed = streams_of(asked), streams_of(asked)
    for _ in range(stop):
        whole.next_window()
    resumed.epoch, resumed.window = whole.epoch, whole.window
    expected, found = whole.next_window(), resumed.next_window()
    np.testing.assert_array_equal(found.inputs, expected.inputs)
    np.testing.assert_array_equal(found.fresh, expected.fresh)


def test_a_text_is_counted_as_walked_once_after_the_windows_of_an_epoch() -> None:
    streams = streams_of((100, 4, 8))
    windows_of(streams, epochs=1)
    assert streams.epochs == 1.0


def test_half_the_windows_are_half_an_epoch() -> None:
    streams = streams_of((4 * 16 + 1, 4, 8))
    streams.next_window()
    assert streams.epochs == 0.5


def test_ids_of_one_byte_come_out_wide_enough_for_torch() -> None:
    window = Streams(np.arange(200, dtype=np.uint8), 2, 8).next_window()
    assert window.inputs.dtype == window.targets.dtype == np.int64


def test_a_text_that_is_large_enough_keeps_what_was_asked_for() -> None:
    assert fitted(64 * 128 + 1, 64, 128) == (64, 128)


def test_the_batch_shrinks_before_the_sequence() -> None:
    assert fitted(1000, 64, 128) == (7, 128)


def test_the_sequence_shrinks_only_when_one_row_is_too_short_for_it() -> None:
    assert fitted(100, 64, 128) == (1, 99)


def test_two_characters_make_one_row_of_one_step() -> None:
    assert fitted(2, 64, 128) == (1, 1)


@few
@given(sizes)
def test_shrunk_sizes_fit_and_nothing_larger_would(asked: tuple[int, int, int]) -> None:
    length, batch_size, seq_len = asked
    rows, steps = fitted(*asked)
    assert rows * steps < length
    assert rows == batch_size or (rows + 1) * seq_len >= length
    assert steps == seq_len or (rows == 1 and steps == length - 1)


@pytest.mark.parametrize("length", [0, 1])
def test_fewer_than_two_characters_are_refused_with_a_sentence(length: int) -> None:
    with pytest.raises(UserError, match="fewer than two characters"):
        fitted(length, 4, 8)
