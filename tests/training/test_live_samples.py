"""What a network writes while it is trained, and the share of real words in it."""

import re
from pathlib import Path

import pytest
import torch

from rnnplay import session
from rnnplay.sampling.presets import with_preset
from rnnplay.sampling.records import SampleSettings
from rnnplay.sampling.volume import Whole, write_many
from rnnplay.sampling.words import MILESTONES, RealWords
from rnnplay.text import catalogue
from rnnplay.training.events import Evaluated, Sampled
from rnnplay.training.live_samples import STREAM_LENGTH, STREAMS, TIME_SHARE, LiveSamples, reached
from rnnplay.training.loop import train
from tests.training.test_loop import Shelf
from tests.training.tiny import TEXT, corpus, settings, trainer

HALF, NINE = MILESTONES


def test_the_share_of_real_words_agrees_with_a_plain_count() -> None:
    one = trainer(settings(hidden_size=32))
    for _ in range(300):
        one.step(0.5)
    checkpoint = one.checkpoint(with_state=False)
    drawn = with_preset(SampleSettings(STREAM_LENGTH, seed=1), "readable")
    told = write_many(checkpoint, "", drawn, STREAMS, "cpu", STREAMS)
    inside = [word for one in told if isinstance(one, Whole) for word in re.findall("[a-z]+", one.text)[1:-1]]
    known = set(re.findall("[a-z]+", TEXT))
    expected = sum(word in known for word in inside) / len(inside)
    assert STREAMS * STREAM_LENGTH >= 2000
    assert expected > 0
    assert LiveSamples(RealWords(lambda: [TEXT])).real_words(checkpoint, "") == expected


def test_a_measurement_leaves_the_threads_as_they_were() -> None:
    before = torch.get_num_threads()
    LiveSamples(RealWords(lambda: [TEXT])).real_words(trainer().checkpoint(with_state=False), "")
    assert torch.get_num_threads() == before


def test_measurements_keep_to_their_share_of_the_time() -> None:
    samples = LiveSamples(RealWords(lambda: [TEXT]))
    assert samples.may_measure(0.0)
    samples.seconds = 1.0
    assert not samples.may_measure(0.9 / TIME_SHARE)
    assert samples.may_measure(1.1 / TIME_SHARE)


def test_where_words_mean_nothing_none_are_measured() -> None:
    checkpoint = trainer().checkpoint(with_state=False)
    assert not LiveSamples().may_measure(1e9)
    assert LiveSamples().real_words(checkpoint, "") is None
    assert LiveSamples(RealWords(lambda: ["1 2 3 " * 100])).real_words(checkpoint, "") is None


def test_each_milestone_is_reached_once() -> None:
    assert reached(None, ()) == ()
    assert reached(0.49, ()) == ()
    assert reached(0.5, ()) == (HALF,)
    assert reached(0.95, ()) == (HALF, NINE)
    assert reached(0.95, (HALF, "bigram")) == (NINE,)


def test_a_training_tells_its_share_of_real_words_and_the_milestones() -> None:
    one = trainer(settings(400, hidden_size=32))
    events = list(train(one, one.config.budget, Shelf(), samples=LiveSamples(RealWords(lambda: [TEXT]))))
    told = [event for event in events if isinstance(event, Sampled)]
    assert all(len(event.text) == 240 for event in told)
    last = told[-1]
    assert last.real_words is not None
    assert last.real_words > 0.5
    shares = [event.real_words for event in told if event.real_words is not None]
    assert shares[0] < last.real_words
    beaten = [name for event in told for name in event.milestones]
    assert beaten == [name for name, least in MILESTONES.items() if max(shares) >= least]
    assert set(beaten) <= set(one.record.milestones)
    assert all(name not in MILESTONES for event in events if isinstance(event, Evaluated) for name in event.milestones)


@pytest.mark.parametrize(("spec", "has_words"), [(None, True), ("agreement:size=20000", False)])
def test_a_session_measures_running_text_and_no_generated_one(home: Path, spec: str | None, has_words: bool) -> None:
    read = corpus() if spec is None else catalogue.load(spec)
    current = session.begin(read, settings(30), "run")
    told = [event for event in current.events() if isinstance(event, Sampled)]
    assert (told[-1].real_words is not None) == has_words
