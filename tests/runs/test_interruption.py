"""A signal asks a training to stop, unless whoever started it wanted it ignored."""

import signal
from collections.abc import Iterator

import pytest

from rnnplay.runs.interruption import Interruption
from rnnplay.training.control import Stop

NUMBERS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@pytest.fixture(params=NUMBERS)
def number(request: pytest.FixtureRequest) -> Iterator[int]:
    before = signal.getsignal(request.param)
    yield request.param
    signal.signal(request.param, before)


def test_a_signal_asks_to_stop_once(number: int) -> None:
    signal.signal(number, signal.SIG_DFL)
    with Interruption() as interruption:
        assert interruption.poll() == []
        signal.raise_signal(number)
        assert [type(request) for request in interruption.poll()] == [Stop]
        assert interruption.poll() == []
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert signal.getsignal(number) is signal.SIG_DFL


def test_a_signal_that_was_ignored_stays_ignored(number: int) -> None:
    signal.signal(number, signal.SIG_IGN)
    with Interruption() as interruption:
        signal.raise_signal(number)
        assert not interruption.happened
        assert interruption.poll() == []
    assert signal.getsignal(number) is signal.SIG_IGN
