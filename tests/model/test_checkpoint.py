import json
import re
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnnplay.errors import UserError
from rnnplay.model import checkpoint as checkpoints
from rnnplay.model.checkpoint import Checkpoint, CorpusCard, Tensors, Training
from rnnplay.model.config import ModelConfig
from rnnplay.text.vocabulary import Vocabulary

TINY = ModelConfig("rnn", 1, 3, 2)

# A hypothesis test shares its folder among all its examples, each of which writes its file anew.
shared_folder = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def random_checkpoint(
    config: ModelConfig = TINY,
    symbols: str = "\nab",
    unknown: int | None = None,
    state: Tensors | None = None,
    training: Training | None = None,
    seed: int = 0,
) -> Checkpoint:
    random = np.random.default_rng(seed)
    shapes = config.tensor_shapes(len(symbols))
    tensors = {name: random.normal(0, 0.4, shape).astype(np.float32) for name, shape in shapes.items()}
    training = training or Training(step=12, loss=1.25, chars=3456, seconds=7.5)
    vocabulary = Vocabulary(tuple(symbols), unknown)
    return Checkpoint(config, vocabulary, tensors, training, CorpusCard("play", "ab" * 32), state or {})


def same_tensors(one: Tensors, other: Tensors) -> bool:
    return one.keys() == other.keys() and all(
        one[name].dtype == other[name].dtype
        and one[name].shape == other[name].shape
        and one[name].tobytes() == other[name].tobytes()
        for name in one
    )


def same(one: Checkpoint, other: Checkpoint) -> bool:
    return (
        (one.model, one.vocabulary, one.training, one.corpus)
        == (other.model, other.vocabulary, other.training, other.corpus)
        and same_tensors(one.tensors, other.tensors)
        and same_tensors(one.state, other.state)
    )


def header_of(content: bytes) -> dict[str, Any]:
    header: dict[str, Any] = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return header


def tensors_part(content: bytes) -> bytes:
    return content[8 + int.from_bytes(content[:8], "little") :]


def with_header(header: object, rest: bytes) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + rest


def with_card(**changes: object) -> bytes:
    """Return a checkpoint file of which some fields of the description were changed."""
    content = checkpoints.to_bytes(random_checkpoint())
    header = header_of(content)
    card = json.loads(header["__metadata__"]["rnnplay"]) | changes
    return with_header(header | {"__metadata__": {"rnnplay": json.dumps(card)}}, tensors_part(content))


def with_tensors(change: Callable[[dict[str, Any]], object]) -> bytes:
    """Return a checkpoint file whose header was changed."""
    content = checkpoints.to_bytes(random_checkpoint())
    header = header_of(content)
    change(header)
    return with_header(header, tensors_part(content))


def model_card(**changes: object) -> dict[str, object]:
    card = {"cell": "rnn", "layers": 1, "hidden_size": 3, "embedding_size": 2, "context": None, "dropout": 0.0}
    return card | changes


def configs() -> st.SearchStrategy[ModelConfig]:
    sizes = {"layers": st.integers(1, 3), "hidden_size": st.integers(1, 5), "embedding_size": st.integers(1, 5)}
    dropout = st.floats(0, 1, exclude_max=True)
    recurrent = st.builds(ModelConfig, cell=st.sampled_from(["lstm", "gru", "rnn"]), dropout=dropout, **sizes)
    return recurrent | st.builds(ModelConfig, cell=st.just("ff"), context=st.integers(1, 4), **sizes)


def vocabularies() -> st.SearchStrategy[str]:
    symbols = st.characters(exclude_categories=["Cs"]) | st.sampled_from('\0\n"\\\u2028\ufffd\U0001f600\U0010ffff')
    return st.lists(symbols, min_size=1, max_size=8, unique=True).map("".join)


@shared_folder
@given(config=configs(), symbols=vocabularies(), data=st.data())
def test_what_is_saved_is_what_loads(config: ModelConfig, symbols: str, data: st.DataObject, tmp_path: Path) -> None:
    unknown = data.draw(st.none() | st.integers(0, len(symbols) - 1))
    loss = data.draw(st.none() | st.floats(0, 100))
    kept = random_checkpoint(config, symbols, unknown, training=Training(3, loss, 10**12, 0.1))
    checkpoints.save(tmp_path / "it.safetensors", kept)
    assert same(checkpoints.load(tmp_path / "it.safetensors"), kept)


STATE: Tensors = {
    "record": np.frombuffer(b'{"step": 3}', np.uint8),
    "carried.0.0": np.arange(6, dtype=np.float32).reshape(1, 2, 3),
    "ids": np.array([[-1, 2]], np.int64),
    "none": np.empty((0, 4), np.int64),
    "turned": np.arange(6, dtype=np.float32).reshape(2, 3).T,
}


def test_the_state_loads_as_it_was_when_it_is_asked_for(tmp_path: Path) -> None:
    kept = random_checkpoint(state=STATE)
    checkpoints.save(tmp_path / "it.safetensors", kept)
    assert same(checkpoints.load(tmp_path / "it.safetensors", with_state=True), kept)


def test_the_state_stays_away_when_nobody_asks(tmp_path: Path) -> None:
    checkpoints.save(tmp_path / "it.safetensors", random_checkpoint(state=STATE))
    assert same(checkpoints.load(tmp_path / "it.safetensors"), random_checkpoint())


def test_a_scalar_of_the_state_stays_a_scalar(tmp_path: Path) -> None:
    kept = random_checkpoint(state={"optimizer.head.bias.step": np.array(3.0, np.float32)})
    checkpoints.save(tmp_path / "it.safetensors", kept)
    assert checkpoints.load(tmp_path / "it.safetensors", with_state=True).state["optimizer.head.bias.step"].shape == ()


def test_how_far_it_was_trained_reads_without_the_rest(tmp_path: Path) -> None:
    checkpoints.save(tmp_path / "it.safetensors", random_checkpoint(training=Training(9, 1.5, 20, 3.25)))
    assert checkpoints.training_of(tmp_path / "it.safetensors") == Training(9, 1.5, 20, 3.25)


def with_claim(path: Path, name: str, size: int, dtype: str = "F32") -> None:
    """Write a checkpoint whose header claims one more tensor, which is a hole in the file."""
    content = checkpoints.to_bytes(random_checkpoint(state={"record": np.frombuffer(b"{}", np.uint8)}))
    header, rest = header_of(content), tensors_part(content)
    item = {"F32": 4, "I64": 8, "U8": 1}.get(dtype, 2)
    header[name] = {"dtype": dtype, "shape": [size // item], "data_offsets": [len(rest), len(rest) + size]}
    path.write_bytes(with_header(header, rest))
    with path.open("ab") as file:
        file.truncate(path.stat().st_size + size)


@pytest.mark.parametrize("name", ["x", "layers.1.weight", "state", "state.x", "state.weights.head.bias"])
@pytest.mark.parametrize("dtype", ["F32", "F16", "U8"])
def test_a_claim_of_gigabytes_is_refused_from_the_header_alone(name: str, dtype: str, tmp_path: Path) -> None:
    with_claim(tmp_path / "it.safetensors", name, 1 << 31, dtype)
    tracemalloc.start()
    for with_state in (False, True):
        with pytest.raises(UserError, match=r"belongs neither to its network nor|its network needs"):
            checkpoints.load(tmp_path / "it.safetensors", with_state=with_state)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 21


def test_a_state_that_isn_t_asked_for_is_never_in_memory(tmp_path: Path) -> None:
    with_claim(tmp_path / "it.safetensors", "state.carried.0.0", 12 << 20)  # of a million rows
    tracemalloc.start()
    with pytest.raises(UserError, match="hash doesn't fit"):
        checkpoints.load(tmp_path / "it.safetensors")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20


def test_a_state_of_more_rows_than_the_batch_has_is_refused_from_the_header_alone(tmp_path: Path) -> None:
    with_claim(tmp_path / "it.safetensors", "state.carried.0.0", 12 << 20)
    with pytest.raises(UserError, match="its network needs"):
        checkpoints.load(tmp_path / "it.safetensors", with_state=True, rows=4)


@pytest.mark.parametrize("entry", ["[1073741824, 0]", "[4611686018427387904, 0]", str([1] * 90 + [0]), "[-1, 0]"])
def test_a_shape_that_no_array_has_is_refused(entry: str, tmp_path: Path) -> None:
    content = checkpoints.to_bytes(random_checkpoint())
    header, rest = header_of(content), tensors_part(content)
    header["state.x"] = {"dtype": "F32", "shape": json.loads(entry), "data_offsets": [len(rest), len(rest)]}
    path = tmp_path / "it.safetensors"
    path.write_bytes(with_header(header, rest))
    with pytest.raises(UserError, match=r"don't fit its header|hash doesn't fit"):
        checkpoints.load(path, with_state=True)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38, -1e20])
@pytest.mark.parametrize("name", ["embedding.weight", "layers.0.weight_hh_l0", "layers.0.bias_ih_l0", "head.bias"])
def test_weights_that_can_t_be_computed_with_are_refused(name: str, value: float, tmp_path: Path) -> None:
    one = random_checkpoint()
    one.tensors[name].reshape(-1)[-1] = value
    assert f"its tensor '{name}' holds" in refusal(tmp_path / "it.safetensors", checkpoints.to_bytes(one))


def test_large_weights_that_can_be_computed_with_load(tmp_path: Path) -> None:
    one = random_checkpoint()
    one.tensors["head.bias"][:] = 1e13
    checkpoints.save(tmp_path / "it.safetensors", one)
    assert same(checkpoints.load(tmp_path / "it.safetensors"), one)


@pytest.mark.parametrize(
    "training",
    [{"step": -1}, {"step": 10**400}, {"chars": -5}, {"seconds": -1.0}, {"seconds": 1e300}, {"loss": 1e300}],
    ids=str,
)
def test_a_training_that_can_t_have_been_is_refused(training: dict[str, object], tmp_path: Path) -> None:
    assert "impossibly" in refusal(tmp_path / "it.safetensors", with_card(training=training))


def refusal(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        checkpoints.load(path)
    return str(caught.value)


def changed_shape(header: dict[str, Any]) -> None:
    header["head.weight"]["shape"].reverse()
    header["embedding.weight"]["shape"] = [2, 3]


NONSENSE = {
    "no header": b"",
    "a few bytes": b"abc",
    "a text": b"To write or not to write, that is the question." * 20,
    "zeros": bytes(500),
    "a pickle": b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8c\x05hello\x94." * 3,
    "a header longer than the file": (1 << 20).to_bytes(8, "little") + b"{}",
    "a header of eighteen exabytes": b"\xff" * 8 + b"{}",
}


@pytest.mark.parametrize("content", NONSENSE.values(), ids=NONSENSE.keys())
def test_what_has_no_safetensors_header_is_no_checkpoint(content: bytes, tmp_path: Path) -> None:
    assert "not a checkpoint: it has no safetensors header" in refusal(tmp_path / "it.safetensors", content)


OURS = {"__metadata__": {"rnnplay": "{}"}}
SENSELESS = {
    "no JSON": b"abcdef",
    "no text": b"\xff\xfe\xfd",
    "a list": b"[1, 2]",
    "a tensor without a place": {"x": {"dtype": "F32", "shape": [1]}},
    "a tensor that is a number": {"x": 5},
    "one offset": {"x": {"dtype": "F32", "shape": [1], "data_offsets": [0]}},
}
SENSELESS_UNSEEN = {
    "a hundred thousand tensors": {f"x{number}": 0 for number in range(100_000)},
    "a shape of a million numbers": {"x": {"dtype": "F32", "shape": [1] * 1_000_000, "data_offsets": [0, 4]}},
    "an offset of a thousand digits": {"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 10**1000]}},
    "an offset in words": OURS | {"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, "four"]}},
    "an offset that is nothing": OURS | {"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, None]}},
    "metadata that is a number": {"__metadata__": 5},
    "metadata that is nothing": {"__metadata__": None},
    "metadata that is a list": {"__metadata__": ["rnnplay"]},
    "metadata that is a text": {"__metadata__": "rnnplay"},
    "a description that is a number": {"__metadata__": {"rnnplay": 5}},
    "a header a million brackets deep": b'{"x": ' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}",
    "a description a million brackets deep": {"__metadata__": {"rnnplay": '{"x": ' + "[" * 10**6 + "]" * 10**6 + "}"}},
}


@pytest.mark.parametrize(
    "header",
    [pytest.param(header, id=name) for name, header in SENSELESS.items()]
    + [pytest.param(header, id=name) for name, header in SENSELESS_UNSEEN.items()],
)
def test_a_header_without_sense_is_told_in_a_sentence(header: object, tmp_path: Path) -> None:
    assert "makes no sense" in refusal(tmp_path / "it.safetensors", with_header(header, b""))


def test_a_header_larger_than_any_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "it.safetensors"
    path.write_bytes((1 << 30).to_bytes(8, "little"))
    with path.open("ab") as file:
        file.truncate(1 << 31)
    with pytest.raises(UserError, match="its header has 1,073,741,824 bytes"):
        checkpoints.load(path)


def test_another_program_s_safetensors_file_is_told_apart(tmp_path: Path) -> None:
    others = with_tensors(lambda header: header.update({"__metadata__": {"format": "pt"}}))
    assert "not one of rnnplay's" in refusal(tmp_path / "it.safetensors", others)


DAMAGED = {
    "another format": (with_card(format=2), "has format 2; this rnnplay reads format 1"),
    "no format": (with_card(format=None), "format"),
    "two equal characters": (with_card(vocabulary=["a", "b", "a"]), "vocabulary isn't a list of distinct characters"),
    "a long character": (with_card(vocabulary=["a", "bc", "d"]), "vocabulary isn't a list of distinct characters"),
    "an empty character": (with_card(vocabulary=["a", "", "d"]), "vocabulary isn't a list of distinct characters"),
    "no characters": (with_card(vocabulary=[]), "vocabulary isn't a list of distinct characters"),
    "an unknown symbol beyond the end": (with_card(unknown=3), "unknown symbol isn't in its vocabulary"),
    "a negative unknown symbol": (with_card(unknown=-1), "unknown symbol isn't in its vocabulary"),
    "a vocabulary too large": (with_card(vocabulary=list("abcd")), "'embedding.weight' is not fp32 of shape [4, 2]"),
    "another cell": (with_card(model=model_card(cell="gru")), "'layers.0.weight_ih_l0' is not fp32 of shape [9, 2]"),
    "a cell nobody knows": (with_card(model=model_card(cell="mamba")), "description makes no sense"),
    "a missing layer": (with_card(model=model_card(layers=2)), "the tensor 'layers.1.weight_ih_l0' is missing"),
    "a huge layer": (with_card(model=model_card(hidden_size=65536)), "not fp32 of shape [65536, 2]"),
    "no description": (with_card(model=None), "description makes no sense"),
    "another hash": (with_card(tensors_sha256="00" * 32), "hash doesn't fit its tensors"),
    "a missing tensor": (
        with_tensors(lambda header: header.update(x=header.pop("head.bias"))),
        "'head.bias' is missing",
    ),
    "a turned matrix": (with_tensors(changed_shape), "'embedding.weight' is not fp32 of shape [3, 2]"),
    "another type": (with_tensors(lambda header: header["head.bias"].update(dtype="I32")), "'head.bias' is not fp32"),
    "a tensor of petabytes": (
        with_tensors(
            lambda header: header.update(x={"dtype": "F32", "shape": [1 << 50], "data_offsets": [0, 1 << 52]})
        ),
        "its header speaks of",
    ),
    "tensors that overlap": (
        with_tensors(
            lambda header: header["head.bias"].update(data_offsets=header["embedding.weight"]["data_offsets"])
        ),
        "tensors don't fit its header",
    ),
    "a trailing byte": (checkpoints.to_bytes(random_checkpoint()) + b"\0", "its header speaks of"),
}


@pytest.mark.parametrize(("content", "reason"), DAMAGED.values(), ids=DAMAGED.keys())
def test_a_file_whose_parts_don_t_fit_says_which(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "it.safetensors"
    message = refusal(path, content)
    assert reason in message
    assert str(path) in message


@pytest.mark.parametrize(
    "model", [model_card(layers=10**9), model_card(layers=0), model_card(context=3), model_card(dropout=1.5)], ids=str
)
def test_a_file_that_describes_no_network_is_named(model: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "it.safetensors"
    assert str(path) in refusal(path, with_card(model=model))


def test_what_is_no_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing.safetensors"):
        with pytest.raises(UserError, match=re.escape(str(path))):
            checkpoints.load(path)
        with pytest.raises(UserError, match=re.escape(str(path))):
            checkpoints.training_of(path)


def test_no_part_of_a_file_is_taken_for_the_whole(tmp_path: Path) -> None:
    content = checkpoints.to_bytes(random_checkpoint(state=STATE))
    for length in range(0, len(content), 7):
        refusal(tmp_path / "it.safetensors", content[:length])


def flipped(content: bytes, places: Iterable[int]) -> Iterator[bytes]:
    for place in places:
        for mask in (0x01, 0xFF):
            yield content[:place] + bytes([content[place] ^ mask]) + content[place + 1 :]


def test_a_flipped_byte_of_the_tensors_is_noticed(tmp_path: Path) -> None:
    content = checkpoints.to_bytes(random_checkpoint(state=STATE))
    begin = len(content) - len(tensors_part(content))
    for damaged in flipped(content, range(begin, len(content), 3)):
        assert "hash doesn't fit" in refusal(tmp_path / "it.safetensors", damaged)


def loaded_after_flips(path: Path, kept: Checkpoint) -> Iterator[Checkpoint]:
    """Yield what still loads of a file whose header has one byte flipped."""
    content = checkpoints.to_bytes(kept)
    for damaged in flipped(content, [*range(8), *range(8, len(content) - len(tensors_part(content)), 2)]):
        path.write_bytes(damaged)
        with suppress(UserError):  # whatever else is raised fails the test
            yield checkpoints.load(path, with_state=True)


def test_a_flipped_byte_of_the_header_leaves_the_same_weights_or_a_sentence(tmp_path: Path) -> None:
    kept = random_checkpoint(state=STATE)
    loaded = list(loaded_after_flips(tmp_path / "it.safetensors", kept))
    assert all(same_tensors(one.tensors, kept.tensors) for one in loaded)


@contextmanager
def replaced_at_each_opening(path: Path, contents: list[bytes]) -> Iterator[None]:
    """Put the next content in the file's place whenever someone is about to open it: a trainer at the worst moment."""
    waiting = list(contents)
    spare = path.with_name("spare")

    def opening(event: str, arguments: tuple[object, ...]) -> None:
        if waiting and event == "open" and str(arguments[0]) == str(path):
            spare.write_bytes(waiting.pop(0))
            spare.replace(path)

    sys.addaudithook(opening)  # it can't be taken away again, but does nothing once no content waits
    try:
        yield
    finally:
        waiting.clear()


def test_a_file_that_is_replaced_meanwhile_loads_as_it_was_or_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "it.safetensors"
    old, new = random_checkpoint(seed=1), random_checkpoint(seed=2)
    checkpoints.save(path, old)
    with replaced_at_each_opening(path, [checkpoints.to_bytes(one) for one in (new, old, new)]):
        loaded = checkpoints.load(path)
    assert same(loaded, old) or same(loaded, new)


def test_a_file_that_is_replaced_by_a_larger_one_meanwhile_tells_how_far_it_was_trained(tmp_path: Path) -> None:
    path = tmp_path / "it.safetensors"
    checkpoints.save(path, random_checkpoint())
    larger = random_checkpoint(state=STATE, training=Training(1000, 1.0, 10**6, 20.0))
    with replaced_at_each_opening(path, [checkpoints.to_bytes(larger)]):
        assert checkpoints.training_of(path) == larger.training


SAVE_WITH_LITTLE_ROOM = """
import resource, sys
from pathlib import Path
from rnnplay.model import checkpoint

larger = checkpoint.load(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
try:
    checkpoint.save(Path(sys.argv[2]), larger)
except OSError:
    print("refused")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit to a file's size")
def test_a_save_that_fails_half_way_leaves_the_file_that_stood_there(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    old = random_checkpoint()
    checkpoints.save(runs / "it.safetensors", old)
    checkpoints.save(tmp_path / "larger.safetensors", random_checkpoint(ModelConfig("lstm", 1, 32, 8)))
    arguments = [str(tmp_path / "larger.safetensors"), str(runs / "it.safetensors")]
    done = subprocess.run(
        [sys.executable, "-c", SAVE_WITH_LITTLE_ROOM, *arguments], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["refused"]
    assert same(checkpoints.load(runs / "it.safetensors"), old)
    assert [path.name for path in runs.iterdir()] == ["it.safetensors"]


def test_a_save_into_a_folder_that_is_gone_is_an_operating_system_s_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"it\.safetensors"):
        checkpoints.save(tmp_path / "gone" / "it.safetensors", random_checkpoint())


def test_a_save_leaves_nothing_but_the_file(tmp_path: Path) -> None:
    for seed in range(3):
        checkpoints.save(tmp_path / "it.safetensors", random_checkpoint(seed=seed))
    assert [path.name for path in tmp_path.iterdir()] == ["it.safetensors"]
    assert same(checkpoints.load(tmp_path / "it.safetensors"), random_checkpoint(seed=2))
