import math
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rnnplay.errors import UserError
from rnnplay.model import checkpoint as checkpoints
from rnnplay.model.checkpoint import Checkpoint, CorpusCard, Training
from rnnplay.model.config import ModelConfig
from rnnplay.model.network import CharacterModel
from rnnplay.sampling.records import SampledChar, SampleSettings
from rnnplay.sampling.sampler import Writer, read_prompt, sample
from rnnplay.text.vocabulary import Vocabulary

LSTM = ModelConfig("lstm", 1, 8, 4)
CONFIGS = [LSTM, ModelConfig("gru", 2, 8, 4), ModelConfig("rnn", 1, 8, 4), ModelConfig("ff", 1, 8, 4, context=3)]
every_cell = pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.cell)
SYMBOLS = "\n abcde"


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Several threads on matrices this small wait for each other, on a busy machine for seconds."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def random_checkpoint(config: ModelConfig = LSTM, symbols: str = SYMBOLS, unknown: int | None = None) -> Checkpoint:
    random = np.random.default_rng(4)
    shapes = config.tensor_shapes(len(symbols))
    tensors = {name: random.normal(0, 0.6, shape).astype(np.float32) for name, shape in shapes.items()}
    return Checkpoint(config, Vocabulary(tuple(symbols), unknown), tensors, Training(), CorpusCard(), {})


def constant_checkpoint(logits: dict[str, float], unknown: str | None = None) -> Checkpoint:
    """Return a network that has the same scores for the next character whatever it has read."""
    config = ModelConfig("rnn", 1, 1, 1)
    tensors = {name: np.zeros(shape, np.float32) for name, shape in config.tensor_shapes(len(logits)).items()}
    tensors["head.bias"][:] = list(logits.values())
    vocabulary = Vocabulary(tuple(logits), None if unknown is None else list(logits).index(unknown))
    return Checkpoint(config, vocabulary, tensors, Training(), CorpusCard(), {})


def text_of(checkpoint: Checkpoint, prompt: str = "", **changes: Any) -> str:
    settings = SampleSettings(**({"length": 60} | changes))
    return "".join(one.character for one in sample(checkpoint, prompt, settings))


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: NDArray[np.float64] = weights / weights.sum(axis=-1, keepdims=True)
    return probabilities


def logits_along(checkpoint: Checkpoint, prompt: str, text: str) -> NDArray[np.float64]:
    """Return torch's logits for each character of a text that follows a prompt."""
    model = CharacterModel.of(checkpoint.model, checkpoint.tensors).eval()
    ids = checkpoint.vocabulary.encode(prompt + text).astype(np.int64)
    with torch.no_grad():
        logits, _ = model(torch.from_numpy(ids)[:, None], model.initial_state(1))
    whole: NDArray[np.float64] = logits[:, 0].double().numpy()
    return whole[len(prompt) - 1 : -1]


@every_cell
def test_the_same_seed_writes_the_same_text(config: ModelConfig) -> None:
    checkpoint = random_checkpoint(config)
    assert text_of(checkpoint, "ab", seed=7) == text_of(checkpoint, "ab", seed=7)
    assert len({text_of(checkpoint, "ab", seed=seed) for seed in range(10)}) == 10


@every_cell
def test_temperature_zero_writes_the_likeliest_characters(config: ModelConfig) -> None:
    checkpoint = random_checkpoint(config)
    text = text_of(checkpoint, "ab", temperature=0)
    likeliest = logits_along(checkpoint, "ab", text).argmax(axis=1)
    assert text == checkpoint.vocabulary.decode(likeliest.astype(np.uint8))


@every_cell
def test_probability_surprisal_and_alternatives_are_the_network_s_own(config: ModelConfig) -> None:
    checkpoint = random_checkpoint(config)
    strict = SampleSettings(length=60, temperature=0.5, top_k=3, top_p=0.9, min_p=0.1, alternatives=4)
    written = list(sample(checkpoint, "ab", strict))
    own = softmax(logits_along(checkpoint, "ab", "".join(one.character for one in written)))
    for one, probabilities in zip(written, own, strict=True):
        named = dict(zip(SYMBOLS, probabilities.tolist(), strict=True))
        assert one.probability == pytest.approx(named[one.character], abs=1e-5)
        assert one.surprisal == pytest.approx(-math.log2(one.probability), abs=1e-9)
        assert [symbol for symbol, _ in one.alternatives] == sorted(named, key=lambda s: -named[s])[:4]
        assert [share for _, share in one.alternatives] == pytest.approx(sorted(named.values())[:-5:-1], abs=1e-5)


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
def test_the_probability_of_the_draw_is_the_one_at_that_temperature(temperature: float) -> None:
    checkpoint = random_checkpoint()
    written = list(sample(checkpoint, "ab", SampleSettings(length=60, temperature=temperature)))
    logits = logits_along(checkpoint, "ab", "".join(one.character for one in written))
    chosen = [SYMBOLS.index(one.character) for one in written]
    expected = softmax(logits / temperature)[np.arange(60), chosen]
    assert [one.drawn for one in written] == pytest.approx(expected.tolist(), abs=1e-5)


@pytest.mark.parametrize(
    ("changes", "kept"),
    [({"temperature": 1.0}, "abcdef"), ({"temperature": 0.7}, "abcdef"), ({"temperature": 1.5, "top_k": 3}, "fab")],
    ids=str,
)
def test_characters_are_drawn_as_often_as_they_are_likely(changes: dict[str, Any], kept: str) -> None:
    logits = {"a": 0.5, "b": 0.0, "c": -0.3, "d": -1.0, "e": -0.7, "f": 1.0}
    writer = Writer(constant_checkpoint(logits), SampleSettings(seed=3, **changes))
    drawn = [writer.write().character for _ in range(6000)]
    weights = {symbol: math.exp(logits[symbol] / changes["temperature"]) for symbol in kept}
    expected = {symbol: 6000 * weight / sum(weights.values()) for symbol, weight in weights.items()}
    assert set(drawn) == set(kept)
    chi_squared = sum((drawn.count(symbol) - count) ** 2 / count for symbol, count in expected.items())
    assert chi_squared < 25  # five degrees of freedom or two: one sequence in ten thousand goes beyond


def test_alternatives_are_none_unless_asked_for_and_never_more_than_there_are() -> None:
    checkpoint = random_checkpoint()
    assert next(sample(checkpoint)).alternatives == ()
    assert len(next(sample(checkpoint, settings=SampleSettings(alternatives=100))).alternatives) == len(SYMBOLS)


def test_a_certain_character_surprises_by_nothing() -> None:
    one = next(sample(constant_checkpoint({"a": 100.0, "b": -100.0})))
    assert (one.character, one.probability, one.surprisal, one.drawn) == ("a", 1.0, 0.0, 1.0)


def test_what_is_as_good_as_impossible_has_a_surprisal_all_the_same() -> None:
    one = next(sample(constant_checkpoint({"a": 0.0, "\ufffd": 2000.0}, unknown="\ufffd")))
    assert one.surprisal == pytest.approx(2000 / math.log(2))


@settings(max_examples=60, deadline=None)
@given(stop=st.text("ab", max_size=4), seed=st.integers(0, 50))
def test_a_text_ends_with_the_first_stop_text_in_it(stop: str, seed: int) -> None:
    checkpoint = constant_checkpoint({"a": 0.0, "b": 0.3})
    whole = text_of(checkpoint, "ba", seed=seed, length=40)
    begin = whole.find(stop)
    expected = whole if not stop or begin < 0 else whole[: begin + len(stop)]
    assert text_of(checkpoint, "ba", seed=seed, length=40, stop=stop) == expected


def test_a_stop_text_that_begins_in_the_prompt_stops_nothing() -> None:
    checkpoint = constant_checkpoint({"a": 100.0, "b": 0.0})
    assert text_of(checkpoint, "b", length=5, stop="ba") == "aaaaa"


@pytest.mark.parametrize("length", [0, 1, 17])
def test_as_many_characters_are_written_as_asked_for(length: int) -> None:
    assert len(text_of(random_checkpoint(), "ab", length=length)) == length


def test_characters_come_one_by_one() -> None:
    endless = sample(random_checkpoint(), settings=SampleSettings(length=10**12))
    assert len(list(islice(endless, 5))) == 5


@pytest.mark.parametrize("temperature", [0.0, 1e-300, 0.8, 100.0])
def test_the_unknown_symbol_is_never_written(temperature: float) -> None:
    checkpoint = constant_checkpoint({"a": 0.0, "b": 0.1, "\ufffd": 30.0}, unknown="\ufffd")
    assert set(text_of(checkpoint, temperature=temperature, length=300)) <= {"a", "b"}


def test_filters_count_without_the_unknown_symbol() -> None:
    checkpoint = constant_checkpoint({"a": 0.0, "b": 0.1, "\ufffd": 30.0}, unknown="\ufffd")
    assert set(text_of(checkpoint, temperature=1.0, top_k=2, length=200)) == {"a", "b"}
    assert set(text_of(checkpoint, temperature=1.0, top_p=0.9, length=200)) == {"a", "b"}
    assert set(text_of(checkpoint, temperature=1.0, min_p=0.9, length=200)) == {"a", "b"}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("temperature", [5e-324, 1e-300, 1e-30, 1e-6])
@every_cell
def test_the_lowest_temperatures_write_what_zero_writes(config: ModelConfig, temperature: float) -> None:
    checkpoint = random_checkpoint(config, SYMBOLS + "\ufffd", unknown=len(SYMBOLS))
    assert text_of(checkpoint, "ab", temperature=temperature) == text_of(checkpoint, "ab", temperature=0)


def test_the_highest_temperature_draws_all_characters_almost_alike() -> None:
    logits = {"a": -5.0, "b": 0.0, "c": 5.0}
    drawn = [one.drawn for one in sample(constant_checkpoint(logits), "", SampleSettings(length=50, temperature=100))]
    assert min(drawn) > 0.3
    assert max(drawn) < 0.37


share = st.none() | st.floats(0, 1)


@pytest.mark.filterwarnings("error")
@settings(max_examples=100, deadline=None)
@given(
    config=st.sampled_from(CONFIGS),
    drawn=st.builds(
        SampleSettings,
        length=st.just(5),
        temperature=st.floats(0, 100),
        top_k=st.none() | st.integers(1, 1000),
        top_p=share,
        min_p=share,
        seed=st.integers(0, (1 << 63) - 1),
    ),
)
def test_all_settings_in_range_write_known_characters(config: ModelConfig, drawn: SampleSettings) -> None:
    checkpoint = random_checkpoint(config, SYMBOLS + "\ufffd", unknown=len(SYMBOLS))
    written = list(sample(checkpoint, "ab", drawn))
    assert len(written) == 5
    assert {one.character for one in written} <= set(SYMBOLS)
    assert all(0 < one.drawn <= 1 for one in written)


NAN = float("nan")


@pytest.mark.parametrize(
    ("option", "wrong"),
    [
        ("--length", {"length": -1}),
        ("--temperature", {"temperature": -0.1}),
        ("--temperature", {"temperature": 100.1}),
        ("--temperature", {"temperature": NAN}),
        ("--top-k", {"top_k": 0}),
        ("--top-k", {"top_k": -1}),
        ("--top-p", {"top_p": -0.1}),
        ("--top-p", {"top_p": 1.1}),
        ("--top-p", {"top_p": NAN}),
        ("--min-p", {"min_p": -0.1}),
        ("--min-p", {"min_p": 1.1}),
        ("--min-p", {"min_p": NAN}),
        ("--seed", {"seed": -1}),
        ("--seed", {"seed": 1 << 63}),
        pytest.param(
            "alternatives",
            {"alternatives": -1},
        ),
    ],
)
def test_a_setting_out_of_its_range_is_refused_before_anything_is_written(option: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=option):
        sample(random_checkpoint(), "ab", SampleSettings(**wrong))


def test_without_a_prompt_a_line_begins() -> None:
    checkpoint, one = random_checkpoint(), SampleSettings(alternatives=2)
    assert (
        next(sample(checkpoint, "", one)) == next(sample(checkpoint, "\n", one)) != next(sample(checkpoint, "a", one))
    )


def test_without_a_prompt_and_a_newline_the_network_writes_from_nothing() -> None:
    checkpoint = random_checkpoint(symbols="abcde")
    bias = checkpoint.tensors["head.bias"].astype(np.float64)
    first = next(sample(checkpoint, "", SampleSettings(temperature=0)))
    assert first.probability == pytest.approx(softmax(bias).max(), abs=1e-6)


def test_without_a_prompt_and_a_newline_the_network_isn_t_told_of_something_unknown() -> None:
    checkpoint = random_checkpoint(symbols="abcde\ufffd", unknown=5)
    bias = checkpoint.tensors["head.bias"].astype(np.float64)
    one = next(sample(checkpoint, "", SampleSettings(alternatives=6)))
    assert [probability for _, probability in one.alternatives] == pytest.approx(sorted(softmax(bias))[::-1], abs=1e-6)


def test_the_prompt_decides_what_comes() -> None:
    checkpoint = random_checkpoint()
    written = list(sample(checkpoint, "abc\n", SampleSettings(length=1, temperature=0, alternatives=1)))
    reached = logits_along(checkpoint, "abc\n", "a")
    assert written[0].probability == pytest.approx(softmax(reached).max(), abs=1e-5)


@pytest.mark.parametrize(
    ("symbols", "prompt", "read"),
    [
        ("abc", "abc", "abc"),
        ("abc", "aBC", "abc"),
        ("ABC", "aBc", "ABC"),
        ("aB", "Ab", "aB"),
        ("e", "\u00e9", "e"),
        ("E", "\u00e9", "E"),
        ("e", "\u00c9", "e"),
        ("\u00e9", "\u00c9", "\u00e9"),
        ("\u00e9e", "e\u0301", "\u00e9"),
        ("1", "\u00b9", "1"),
        ("ab", "a?b", "ab"),
        ("ab", "???", ""),
        ("a\n", "a\r\na\ra", "a\na\na"),
        ("\U0001f600", "\U0001f600", "\U0001f600"),
        ("a", "\ud800a\x00", "a"),
    ],
)
def test_characters_that_a_network_doesn_t_know_are_folded(symbols: str, prompt: str, read: str) -> None:
    assert read_prompt(prompt, Vocabulary(tuple(symbols))).text == read


def test_what_folds_to_nothing_known_is_read_as_the_unknown_symbol() -> None:
    assert read_prompt("aB?", Vocabulary(("a", "b", "\ufffd"), 2)).text == "ab\ufffd"


def test_a_prompt_that_is_known_needs_no_note() -> None:
    assert read_prompt("abc\r\n", Vocabulary(("\n", "a", "b", "c"))).notes == ()


def test_each_folded_character_is_named_once_with_what_it_was_read_as() -> None:
    (note,) = read_prompt("?AA\x00", Vocabulary(("a", "b"))).notes
    assert note == "The network doesn't know '?' (left out), 'A' (read as 'a'), U+0000 (left out)."


def test_a_note_stays_short_however_many_characters_are_unknown() -> None:
    (note,) = read_prompt("0123456789" * 3, Vocabulary(("a",))).notes
    assert note.endswith("'7' (left out) and others.")


any_text = st.text(st.characters(exclude_categories=[]), max_size=30)  # lone surrogates, too


@settings(max_examples=300, deadline=None)
@given(prompt=any_text, symbols=st.sets(st.characters(exclude_categories=["Cs"]), min_size=1), data=st.data())
def test_any_prompt_is_read_as_known_characters_alone(prompt: str, symbols: set[str], data: st.DataObject) -> None:
    vocabulary = Vocabulary(tuple(sorted(symbols)), data.draw(st.none() | st.integers(0, len(symbols) - 1)))
    read = read_prompt(prompt, vocabulary)
    assert set(read.text) <= symbols
    folded = set(unicodedata.normalize("NFC", prompt.replace("\r", "\n"))) - symbols
    assert bool(read.notes) == bool(folded)
    assert all(note.isprintable() for note in read.notes)


@settings(max_examples=60, deadline=None)
@given(prompt=any_text, unknown=st.none() | st.integers(0, len(SYMBOLS) - 1))
def test_any_prompt_is_gone_on_from(prompt: str, unknown: int | None) -> None:
    assert len(text_of(random_checkpoint(unknown=unknown), prompt, length=3)) == 3


@pytest.mark.parametrize("name", ["head.weight", "layers.0.weight_hh_l0"])
@pytest.mark.parametrize("damage", [np.nan, np.inf])
@pytest.mark.filterwarnings("ignore:invalid value")
def test_weights_that_are_no_numbers_are_told_in_a_sentence(damage: float, name: str) -> None:
    checkpoint = random_checkpoint()
    checkpoint.tensors[name][:] = damage
    with pytest.raises(UserError):
        text_of(checkpoint, "ab")


def test_a_network_is_read_and_drawn_from_without_torch(tmp_path: Path) -> None:
    checkpoints.save(tmp_path / "it.safetensors", random_checkpoint())
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from rnnplay.model import checkpoint\n"
        "from rnnplay.sampling.records import SampleSettings\n"
        "from rnnplay.sampling.sampler import sample\n"
        "network = checkpoint.load(Path(sys.argv[1]), with_state=True)\n"
        "text = ''.join(one.character for one in sample(network, 'ab', SampleSettings(length=60)))\n"
        "sys.stdout.write(repr((text, 'torch' in sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "it.safetensors")], capture_output=True, text=True, check=True
    )
    assert done.stdout == repr((text_of(random_checkpoint(), "ab"), False))


def test_what_was_written_is_a_record_that_goes_over_a_wire() -> None:
    written = list(sample(random_checkpoint(), "ab", SampleSettings(length=3, alternatives=2)))
    sent = [msgspec.json.decode(msgspec.json.encode(one), type=SampledChar) for one in written]
    assert sent == written


# Going on


@every_cell
@settings(max_examples=25, deadline=None)
@given(
    data=st.data(),
    temperature=st.sampled_from([0.0, 0.5, 1.0, 3.0]),
    filters=st.sampled_from([{}, {"top_k": 2}, {"top_p": 0.7}, {"min_p": 0.3}]),
    prompt=st.text(SYMBOLS + "X", max_size=5),
    seed=st.integers(0, 1 << 40),
)
def test_text_that_was_interrupted_goes_on_as_if_it_had_never_stopped(
    config: ModelConfig, data: st.DataObject, temperature: float, filters: dict[str, Any], prompt: str, seed: int
) -> None:
    checkpoint = random_checkpoint(config)
    chosen = SampleSettings(length=40, temperature=temperature, seed=seed, alternatives=2, **filters)
    whole = list(sample(checkpoint, prompt, chosen))
    cut = data.draw(st.integers(0, 40))
    written = "".join(one.character for one in whole[:cut])
    assert list(sample(checkpoint, prompt, msgspec.structs.replace(chosen, length=40 - cut), written)) == whole[cut:]


def test_a_text_that_ends_it_is_found_where_it_began_in_what_was_written() -> None:
    checkpoint = constant_checkpoint({"a": 0.0, "b": -100.0})
    assert "".join(one.character for one in sample(checkpoint, "", SampleSettings(9, stop="aaa"), "aa")) == "a"


def test_what_was_written_is_not_composed_for_the_network_wrote_it() -> None:
    checkpoint = random_checkpoint(symbols="e\u0301\u00e9\n")
    whole = text_of(checkpoint, "e", length=60, temperature=5.0)
    cut = whole.index("e\u0301") + 2
    assert text_of(checkpoint, "e", length=60, temperature=5.0)[cut:] == "".join(
        one.character for one in sample(checkpoint, "e", SampleSettings(length=60 - cut, temperature=5.0), whole[:cut])
    )


def test_unknown_characters_in_what_was_written_are_folded_like_a_prompt_s() -> None:
    checkpoint = random_checkpoint()
    folded = "".join(one.character for one in sample(checkpoint, "a", SampleSettings(length=30), "BC"))
    assert folded == "".join(one.character for one in sample(checkpoint, "a", SampleSettings(length=30), "bc"))
