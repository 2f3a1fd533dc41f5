"""What displays show of temperature and filters is what the sampler draws with."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from rnnplay.sampling.filters import sample_filters, softmax
from rnnplay.sampling.probabilities import sampling_probabilities
from rnnplay.sampling.records import SampleSettings
from rnnplay.sampling.sampler import Writer, likeliest, never_drawn
from rnnplay.text.vocabulary import Vocabulary
from tests.sampling.test_sampler import constant_checkpoint

# Few different values, so that ties come often.
scores = st.sampled_from([-700.0, -30.0, -3.0, -1.0, 0.0, 0.5, 2.0]) | st.floats(-40, 40).map(lambda one: round(one, 2))
shares = st.none() | st.sampled_from([0.0, 0.25, 0.5, 1.0]) | st.floats(0, 1)
some_settings = st.builds(
    SampleSettings,
    temperature=st.sampled_from([1e-9, 0.05, 0.5, 1.0, 2.0]) | st.floats(0.01, 5),
    top_k=st.none() | st.integers(1, 15),
    top_p=shares,
    min_p=shares,
)


@hypothesis_settings(max_examples=500, deadline=None)
@given(st.lists(scores, min_size=1, max_size=12), some_settings)
def test_they_are_those_of_the_sampler_s_filters(row: list[float], chosen: SampleSettings) -> None:
    logits = np.array(row)
    symbols = tuple(chr(97 + place) for place in range(len(row)))
    weights = np.exp((logits - logits.max()) / chosen.temperature)
    left = sample_filters(weights, chosen.top_k, chosen.top_p, chosen.min_p)
    expected = dict(zip(symbols, (left / left.sum()).tolist(), strict=True))
    ranked = likeliest(logits, len(row), Vocabulary(symbols))
    found = sampling_probabilities([share for _, share in ranked], chosen)
    assert found == pytest.approx([expected[symbol] for symbol, _ in ranked], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    "changes",
    [{}, {"temperature": 0.0}, {"temperature": 2.0}, {"top_k": 3}, {"top_p": 0.8}, {"min_p": 0.3, "temperature": 1.5}],
    ids=str,
)
def test_a_character_is_drawn_with_the_probability_that_is_shown(changes: dict[str, float]) -> None:
    logits = {"a": 0.5, "b": 0.0, "c": -0.3, "d": -1.0, "e": -0.7, "f": 1.0}
    chosen = SampleSettings(seed=3, **changes)  # type: ignore[arg-type]
    writer = Writer(constant_checkpoint(logits), chosen)
    ranked = sorted(logits, key=lambda symbol: -logits[symbol])
    raw = softmax(np.array([logits[symbol] for symbol in ranked])).tolist()
    shown = dict(zip(ranked, sampling_probabilities(raw, chosen), strict=True))
    drawn = [writer.write() for _ in range(400)]
    assert all(one.drawn == pytest.approx(shown[one.character], rel=1e-5) for one in drawn)
    assert {one.character for one in drawn} == {symbol for symbol, share in shown.items() if share > 0}


def test_at_the_edges_one_character_stays() -> None:
    raw = [0.5, 0.3, 0.2]
    for chosen in (
        SampleSettings(temperature=0),
        SampleSettings(temperature=5e-324),
        SampleSettings(top_k=1),
        SampleSettings(top_p=0.0),
        SampleSettings(min_p=1.0),
    ):
        assert sampling_probabilities(raw, chosen) == [1.0, 0.0, 0.0]
    assert sampling_probabilities([], SampleSettings()) == []
    assert sampling_probabilities([0.0, 0.0], SampleSettings()) == [1.0, 0.0]  # all went to a symbol that isn't drawn


def test_without_settings_they_are_the_network_s_own_also_of_thousands() -> None:
    raw = np.sort(np.random.default_rng(0).dirichlet(np.full(5_000, 0.1)))[::-1].tolist()
    found = sampling_probabilities(raw, SampleSettings(temperature=1.0, min_p=0.0))
    assert found == pytest.approx(raw, rel=1e-9)
    assert math.fsum(found) == pytest.approx(1)


def test_the_unknown_symbol_is_never_drawn_unless_it_is_all_there_is() -> None:
    assert never_drawn(Vocabulary(("a", "\ufffd"), 1)) == "\ufffd"
    assert never_drawn(Vocabulary(("\ufffd",), 0)) is None
    assert never_drawn(Vocabulary(("a", "b"))) is None


def test_they_need_no_numpy() -> None:
    code = "import sys, rnnplay.sampling.probabilities; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
