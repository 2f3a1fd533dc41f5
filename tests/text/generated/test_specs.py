"""A spec names a text: the same spec, the same text, everywhere."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnplay import scoring
from rnnplay.errors import UserError
from rnnplay.model.checkpoint import Checkpoint, CorpusCard, Training
from rnnplay.model.config import ModelConfig
from rnnplay.text import catalogue, encoding, generated
from rnnplay.text.generated import Generator, Setting
from rnnplay.text.generated.choices import Choice
from rnnplay.text.measured import about, optimum
from rnnplay.text.own import mine
from rnnplay.text.records import OPTIMUM, Provenance, optimum_in
from rnnplay.text.vocabulary import Vocabulary

EVERY = pytest.mark.parametrize("name", generated.NAMES)


def dials_of(generator: Generator) -> st.SearchStrategy[dict[str, int]]:
    each = {dial.name: st.integers(dial.least, dial.most) for dial in generator.dials}
    some = st.fixed_dictionaries({}, optional=each)
    return some.filter(lambda chosen: not any(out_of_order(generator, chosen, *pair) for pair in generator.ordered))


def out_of_order(generator: Generator, chosen: dict[str, int], low: str, high: str) -> bool:
    standing = {dial.name: dial.default for dial in generator.dials} | chosen
    return standing[low] > standing[high]


# Names


@given(st.data())
def test_a_spec_is_read_as_it_is_written(data: st.DataObject) -> None:
    generator = data.draw(st.sampled_from(generated.GENERATORS))
    chosen = data.draw(dials_of(generator))
    setting = generated.set_to(generator, chosen)
    assert generated.is_spec(setting.spec)
    assert generated.parsed(setting.spec) == setting
    assert {**setting.dials} == {dial.name: chosen.get(dial.name, dial.default) for dial in generator.dials}


@pytest.mark.parametrize(
    ("spec", "canonical"),
    [
        ("lag", "lag"),
        ("lag:distance=12", "lag"),
        ("lag:size=9000,seed=2,distance=40", "lag:distance=40,seed=2,size=9000"),
        ("sums: reversed = 1", "sums:reversed=1"),
        ("lag:distance=007", "lag:distance=7"),
    ],
)
def test_a_text_has_one_spec(spec: str, canonical: str) -> None:
    assert generated.parsed(spec).spec == canonical


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("lagg", "'lag'"),
        ("lag:distanse=4", "Did you mean 'distance'?"),
        ("lag:width=4", "distance, seed, size"),
        ("lag:distance=0", "from 1 to 500"),
        ("lag:distance=501", "from 1 to 500"),
        ("lag:seed=-1", "from 0 to 4294967295"),
        ("lag:size=999", "from 1000"),
        ("lag:distance=4,distance=5", "twice"),
        ("lag:distance=four", "dial=NUMBER"),
        ("lag:distance=1.5", "dial=NUMBER"),
        ("lag:distance=٣", "dial=NUMBER"),
        ("lag:distance=" + "9" * 5000, "dial=NUMBER"),
        ("lag:", "dial=NUMBER"),
        ("lag:distance", "dial=NUMBER"),
        ("lag:distance=4,", "dial=NUMBER"),
        ("copy:shortest=13", "set longest to 13 or more"),
        ("dates:first=2050,last=2049", "set last to 2050 or more"),
    ],
)
def test_a_spec_that_cannot_be_is_refused_in_a_sentence(spec: str, told: str) -> None:
    with pytest.raises(UserError) as refused:
        generated.parsed(spec)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("text", ["play", "./lag", "lag.txt", "lagg:distance=3", "", ":", "Lag", "C:\\lag", "-"])
def test_other_names_are_no_specs(text: str) -> None:
    assert not generated.is_spec(text)


@EVERY
def test_a_generator_tells_of_itself_with_an_example_that_it_could_have_written(name: str) -> None:
    generator = generated.named(name)
    setting = generated.parsed(name)
    assert generator.about
    assert generator.good_for.endswith(".")
    assert setting.holds(generator.example)
    assert generated.bits_of(setting, generator.example) is not None


def test_naming_and_writing_texts_needs_no_numpy() -> None:
    code = "import sys; from rnnplay.text import generated as g; g.written(g.parsed('lag:size=1000'))"
    subprocess.run([sys.executable, "-c", f"{code}; sys.exit('numpy' in sys.modules)"], check=True)


# Choices


@pytest.mark.parametrize("weights", [{"a": 1, "ab": 1}, {"": 1, "a": 1}, {"": 1}, {"a": 0, "b": 1}, {"a": -1, "b": 3}])
def test_a_choice_that_a_text_would_not_tell_cannot_be_made(weights: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="chosen"):
        Choice(weights)


# Texts

# The SHA-256 of the first 2,000 characters and more by seed 1, its first 16 digits. A change here makes every run on
# such a text impossible to resume, and needs another generating.FORMAT.
PINNED = {
    "count": "3bef8dfe9d9f7eca",
    "copy": "475099bddebcbfa9",
    "reverse": "41e0d7e669760669",
    "brackets": "db463a14b482a0ac",
    "sums": "4da04995bdbe32b2",
    "dates": "648fd39a0becb937",
    "lag": "33614bb0397a6844",
    "wolf-or-dog": "b7383a90072417f1",
    "json": "f404e1302f88adf4",
    "balanced": "0f765afe7901fd2f",
    "tunes": "1a3a7e879d9efc17",
    "agreement": "650a0c4ee997f9ac",
}


@EVERY
def test_a_text_is_the_same_on_every_machine(name: str) -> None:
    text = generated.written(generated.parsed(f"{name}:seed=1,size=2000"))
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == PINNED[name]


@EVERY
def test_a_text_has_whole_lines_up_to_the_one_that_reaches_its_size(name: str) -> None:
    text = generated.written(generated.parsed(f"{name}:size=3000"))
    assert text.endswith("\n")
    assert len(text) >= 3000
    assert len(text) - len(text.splitlines()[-1]) - 1 < 3000
    assert generated.written(generated.parsed(f"{name}:size=6000")).startswith(text)


@EVERY
def test_another_seed_is_another_text(name: str) -> None:
    texts = {generated.written(generated.parsed(f"{name}:seed={seed},size=1000")) for seed in range(5)}
    assert len(texts) == 5


@settings(deadline=None)
@given(st.data())
def test_any_dials_write_right_lines_that_can_be_read(data: st.DataObject) -> None:
    generator = data.draw(st.sampled_from(generated.GENERATORS))
    chosen = data.draw(dials_of(generator))
    setting = generated.set_to(generator, {**chosen, "size": 1000})
    for line in generated.written(setting).splitlines():
        assert setting.holds(line)
        bits = generated.bits_of(setting, line)
        assert bits is not None
        assert min(bits) >= 0


# Corpora


@EVERY
def test_a_text_is_lines_where_enough_of_them_differ(name: str, home: Path) -> None:
    corpus = catalogue.load(name)
    assert corpus.shape == ("stream" if name == "count" else "lines")
    assert len(corpus.notes) == (1 if name == "count" else 0)
    assert corpus.text() == generated.written(generated.parsed(name))


def test_few_lines_are_a_stream_unless_told_otherwise(home: Path) -> None:
    corpus = catalogue.load("lag:distance=3")
    assert corpus.shape == "stream"
    assert corpus.notes == (
        "'lag:distance=3' has only 24 different lines, too few to hold some out: it is taken as a stream.",
    )
    assert catalogue.load("lag:distance=3", shape="lines").shape == "lines"
    assert catalogue.load("sums", shape="stream").notes == ()


def test_one_that_is_kept_has_its_own_name_everywhere(home: Path) -> None:
    mine.add("lag:distance=20,size=5000", name="far")
    corpus = catalogue.load("far")
    assert (corpus.name, corpus.provenance.name) == ("far", "far")
    assert corpus.provenance.location == "lag:distance=20,size=5000"
    again = catalogue.reload(corpus.provenance, corpus.shape)
    assert (again.name, again.provenance) == ("far", corpus.provenance)


def test_a_text_is_recorded_so_that_it_can_be_made_again(home: Path) -> None:
    spec = "lag:distance=20,seed=3,size=5000"
    corpus = catalogue.load("lag:seed=3,distance=20,size=5000")
    sha256 = hashlib.sha256(corpus.text().encode()).hexdigest()
    assert corpus.provenance == Provenance("generated", spec, spec, sha256=sha256)
    assert corpus.name == spec
    again = catalogue.reload(corpus.provenance, corpus.shape)
    assert np.array_equal(again.ids, corpus.ids)
    assert generated.setting_of(corpus.provenance) == generated.parsed("lag:seed=3,distance=20,size=5000")
    assert generated.setting_of(catalogue.load("play").provenance) is None


def test_a_generators_name_wins_over_a_file(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lag").write_text("A file of mine.\n" * 5, encoding="utf-8")
    assert catalogue.load("lag").provenance.kind == "generated"
    assert catalogue.load("./lag").text().startswith("A file of mine.")


def test_an_unknown_name_is_compared_with_the_generators(home: Path) -> None:
    with pytest.raises(UserError, match="Did you mean 'brackets'"):
        catalogue.load("brakets:depth=3")


def test_a_large_text_is_written_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "MAPPED_FROM", 4_000)
    written: list[str] = []
    pieces = generated.pieces

    def noted(setting: Setting) -> Iterator[str]:
        written.append(setting.spec)
        return pieces(setting)

    monkeypatch.setattr(generated, "pieces", noted)
    first, second = catalogue.load("sums:size=5000"), catalogue.load("sums:size=5000")
    assert isinstance(second.ids, np.memmap)
    assert written == ["sums:size=5000"]
    assert (first.text(), first.provenance) == (second.text(), second.provenance)
    assert catalogue.load("sums:seed=1,size=5000").text() != first.text()


# The last rung


def test_the_ladder_ends_with_the_optimum_of_what_is_held_out(home: Path) -> None:
    corpus = catalogue.load("copy:size=30000")
    ladder = about.about(corpus).ladder
    assert ladder[-1].name == OPTIMUM
    assert optimum_in(ladder) == optimum.of(corpus, corpus.split(about.VAL_FRACTION).validation)
    assert optimum_in(about.about(catalogue.load("prose")).ladder) is None


def test_a_networks_figures_on_a_generated_text_come_with_its_optimum(home: Path) -> None:
    corpus = catalogue.load("sums:size=2000")
    evaluation = scoring.evaluate_on(network(corpus.alphabet), None, corpus)
    assert [rung.name for rung in evaluation.ladder] == [OPTIMUM]
    assert optimum_in(evaluation.ladder) == optimum.of(corpus, corpus.ids)


def network(symbols: tuple[str, ...]) -> Checkpoint:
    """Return a network that knows nothing."""
    size = len(symbols)
    shapes = {
        "embedding.weight": (size, 2),
        "layers.0.weight_ih_l0": (4, 2),
        "layers.0.weight_hh_l0": (4, 4),
        "layers.0.bias_ih_l0": (4,),
        "layers.0.bias_hh_l0": (4,),
        "head.weight": (size, 4),
        "head.bias": (size,),
    }
    tensors = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    return Checkpoint(ModelConfig("rnn", 1, 4, 2), Vocabulary(symbols), tensors, Training(), CorpusCard(), {})
