"""What is typed wrong is told in a sentence: exit 2, nothing on standard output, no traceback."""

import io
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnnplay.cli.entry import main
from rnnplay.runs import folder
from rnnplay.runs.status import status
from tests.cli.process import Outcome, ran
from tests.training.tiny import begun, finished, made_text
from tests.training.tiny import settings as tiny

Type = Callable[..., Outcome]


@pytest.fixture
def typed(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Type:
    """Type a command in this process: for what is refused before anything slow begins."""

    def run(*arguments: str) -> Outcome:
        monkeypatch.setattr("sys.argv", ["rnnplay", *arguments])
        monkeypatch.setattr("sys.stdin", io.StringIO())
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return Outcome(code, said.out, said.err)

    return run


@pytest.fixture
def text(tmp_path: Path) -> str:
    path = tmp_path / "text.txt"
    path.write_text(made_text(), encoding="utf-8")
    return str(path)


@pytest.fixture
def run(home: Path) -> str:
    return finished(begun("tide-lamp", tiny(2), made_text(4))).name


# Names.


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["train", "nosuch.txt"], "'nosuch.txt' is not a file"),
        (["train", "plya"], "Did you mean 'play'?"),
        (["train", "--preset", "standart"], "Did you mean 'standard'?"),
        (["train", "--cell", "lsmt"], "Did you mean 'lstm'?"),
        (["train", "--device", "gpu", "play"], "There is no device 'gpu'"),
        (["train", "--device", "cuda:99"], "'cuda:99' can't be used"),
        (["train", "--device", "cuda:x"], "There is no device 'cuda:x'"),
        (["train", "--precision", "fp16"], "There is no precision 'fp16'"),
        (["train", "--shape", "round"], "There is no shape 'round'"),
        (["train", "--nosuch"], "--nosuch"),
        (["train", "--seeed", "1"], "--seed"),
        (["train", "play", "prose"], "prose"),
        (["train", "--name", "a/b"], "'a/b' is no name for a run"),
        (["train", "--resume", "nosuch"], "There is no run 'nosuch'"),
        (["train", "--cell", "lstm", "--context", "3"], "--context belongs to the cell 'ff'"),
        (["sample", "nosuch"], "There is no run 'nosuch'"),
        (["sample", "nosuch.safetensors"], "There is no file 'nosuch.safetensors'"),
        (["sample", "shipped:nosuch"], "No model 'nosuch' ships"),
        (["eval", "nosuch"], "There is no run 'nosuch'"),
        (["eval"], "RUN"),
        (["runs", "show", "nosuch"], "There is no run 'nosuch'"),
        (["runs", "watch", "nosuch"], "There is no run 'nosuch'"),
        (["runs", "watch"], "There are no runs yet"),
        (["runs", "pause", "nosuch"], "There is no run 'nosuch'"),
        (["runs", "rename", "nosuch", "a"], "There is no run 'nosuch'"),
        (["runs", "remove", "nosuch", "--yes"], "There is no run 'nosuch'"),
        (["runs", "remove"], "RUN"),
        (["runs", "lsit"], "lsit"),
        (["corpora", "show", "nosuch"], "'nosuch' is not a file"),
        (["corpora", "add", "nosuch.txt"], "'nosuch.txt' is not a file"),
        (["corpora", "remove", "nosuch"], "no text 'nosuch' of your own"),
        (["trian"], "trian"),
        ([], "rnnplay train"),
    ],
    ids=" ".join,
)
def test_a_name_that_is_not_known_is_told(arguments: Sequence[str], told: str, typed: Type) -> None:
    outcome = typed(*arguments)
    assert outcome.refuses(), outcome
    assert told in outcome.err


@pytest.mark.parametrize("command", ["--checkpoint", "--prompt"])
def test_an_option_without_its_value_is_told(command: str, typed: Type) -> None:
    outcome = typed("sample", command)
    assert outcome.refuses()
    assert command in outcome.err


def test_the_checkpoints_of_a_run_are_best_and_last(run: str, typed: Type) -> None:
    outcome = typed("sample", run, "--checkpoint", "first")
    assert outcome.refuses()
    assert "'best' and 'last', not 'first'" in outcome.err


@pytest.mark.parametrize("arguments", [["train", ""], ["train", "--resume", ""]], ids=["corpus", "resume"])
def test_an_empty_name_is_told(arguments: Sequence[str], typed: Type) -> None:
    # A typed option that is out of order is refused later than the name: nothing is trained if the name is passed over.
    outcome = typed(*arguments, "--device", "nosuch")
    assert outcome.refuses()
    assert "nosuch" not in outcome.err


@pytest.mark.parametrize("place", ["~nobody-of-this-name/x", "x" * 300], ids=["user", "long"])
@pytest.mark.parametrize("command", [["train"], ["train", "--resume"], ["sample"], ["eval"], ["runs", "show"]])
def test_a_place_that_cannot_be_is_told(command: Sequence[str], place: str, typed: Type) -> None:
    assert typed(*command, place).refuses()


# Values.

NUMBERS = ["-1", "0", "nan", "inf", "-inf", "1e400", "9" * 400, "9" * 5000, "x", "", "1.5.2", "0x10", "\u0663x", "--"]
WHOLE = ["steps", "patience", "layers", "hidden", "embed", "batch", "seq-len", "min-count"]


@pytest.mark.parametrize("option", WHOLE)
def test_a_count_that_is_none_is_refused(option: str, typed: Type) -> None:
    for value in [*NUMBERS, "1.5"]:
        if (option, len(value)) == ("steps", 400):
            continue  # see below
        outcome = typed("train", "nosuch.txt", f"--{option}", value)
        assert outcome.refuses(), (value, outcome)
        assert f"--{option}" in outcome.err, (value, outcome)


@pytest.mark.parametrize("option", ["minutes", "epochs", "lr"])
def test_an_amount_that_is_none_is_refused(option: str, typed: Type) -> None:
    for value in NUMBERS:
        outcome = typed("train", "nosuch.txt", f"--{option}", value)
        assert outcome.refuses(), (value, outcome)
        assert f"--{option}" in outcome.err, (value, outcome)


@pytest.mark.parametrize("option", ["dropout", "val-fraction"])
def test_a_share_that_is_none_is_refused(option: str, typed: Type) -> None:
    for value in [*(value for value in NUMBERS if value != "0"), "1", "1.0001"]:
        outcome = typed("train", "nosuch.txt", f"--{option}", value)
        assert outcome.refuses(), (value, outcome)
        assert f"--{option}" in outcome.err, (value, outcome)


@pytest.mark.parametrize("value", ["-1", str(1 << 63), "9" * 400, "1.5", "nan", "x"])
def test_a_seed_that_is_none_is_refused(value: str, run: str, typed: Type) -> None:
    for arguments in (["train", "nosuch.txt"], ["sample", run]):
        outcome = typed(*arguments, "--seed", value)
        assert outcome.refuses(), outcome
        assert "--seed" in outcome.err


@pytest.mark.parametrize("value", ["11", "-0.1"])
def test_a_rate_out_of_its_range_is_refused(value: str, typed: Type) -> None:
    assert typed("train", "nosuch.txt", "--lr", value).refuses()
    assert typed("runs", "set-lr", "nosuch", "--", value).refuses()


def test_a_context_that_is_none_is_refused(typed: Type) -> None:
    for value in NUMBERS:
        outcome = typed("train", "nosuch.txt", "--cell", "ff", "--context", value)
        assert outcome.refuses(), (value, outcome)


def test_more_steps_than_a_float_can_hold_are_refused(typed: Type) -> None:
    assert typed("train", "nosuch.txt", "--steps", "9" * 400).refuses()


def test_a_device_number_that_is_none_is_refused(text: str, home: Path) -> None:
    assert ran("train", text, "--device", "cuda:\u00b2").refuses()


@pytest.mark.parametrize(
    ("option", "bad"),
    [
        ("length", ["-1", "1.5", "nan", "x", ""]),
        ("temperature", ["-1", "nan", "inf", "-inf", "101", "x", ""]),
        ("top-k", ["-1", "0", "1.5", "nan", "x"]),
        ("top-p", ["-0.1", "1.1", "nan", "inf", "x"]),
        ("min-p", ["-0.1", "1.1", "nan", "inf", "x"]),
        ("count", ["-1", "0", "1.5", "nan", "x"]),
    ],
)
def test_a_way_of_sampling_that_is_none_is_refused(option: str, bad: Sequence[str], run: str, typed: Type) -> None:
    for value in bad:
        outcome = typed("sample", run, f"--{option}", value)
        assert outcome.refuses(), (value, outcome)
        assert f"--{option}" in outcome.err, (value, outcome)


@pytest.mark.parametrize(
    "odd",
    [
        ["--temperature", "1e-320"],
        ["--temperature", "0"],
        ["--top-k", "9" * 40],
        ["--top-p", "0"],
        ["--top-p", "1e-320"],
        ["--min-p", "1"],
        ["--length", "0"],
        ["--seed", str((1 << 63) - 1)],
        ["--stop", "\\"],
        ["--prompt", "\u0000\u202e\U0001f600\ud83d"],
        ["--temperature", "100", "--top-k", "1", "--top-p", "0", "--min-p", "1"],
    ],
    ids=lambda odd: " ".join(odd).encode("ascii", "replace").decode()[:30],
)
def test_odd_ways_of_sampling_write(odd: Sequence[str], run: str, typed: Type) -> None:
    outcome = typed("sample", run, "--length", "4", *odd)
    assert outcome.code == 0, outcome
    assert outcome.out.endswith("\n")


def test_one_budget_is_enough(typed: Type) -> None:
    outcome = typed("train", "nosuch.txt", "--steps", "5", "--minutes", "1", "--epochs", "1")
    assert outcome.refuses()
    assert all(f"--{unit}" in outcome.err for unit in ("minutes", "steps", "epochs"))


words = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), max_size=12),
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(NUMBERS),
)
numeric = [*WHOLE, "minutes", "epochs", "lr", "dropout", "val-fraction", "seed", "context"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(option=st.sampled_from([*numeric, "preset", "cell", "precision", "name", "shape", "resume"]), value=words)
def test_whatever_is_typed_for_an_option_the_answer_is_a_sentence(option: str, value: str, typed: Type) -> None:
    if (option, value) in {("steps", "9" * 400), ("resume", "")}:
        return  # see above
    outcome = typed("train", "nosuch.txt", f"--{option}", value)
    assert outcome.refuses(), outcome


# Hard to take.


@pytest.mark.parametrize("option", ["--lr", "--name", "--hidden", "--seed", "--cell", "--preset", "--prompt"])
def test_what_a_run_has_cannot_be_changed_when_it_goes_on(option: str, run: str, typed: Type) -> None:
    value = {"--cell": "gru", "--preset": "small", "--name": "other", "--lr": "0.1"}.get(option, "3")
    outcome = typed("train", "--resume", run, "--steps", "9", option, value)
    assert outcome.refuses()
    assert f"{option} can't be changed" in outcome.err


def test_the_files_of_a_run_cannot_be_changed_when_it_goes_on(run: str, typed: Type) -> None:
    outcome = typed("train", "--resume", run, "--steps", "9", "--ext", ".py")
    assert outcome.refuses()
    assert "--ext can't be changed" in outcome.err


def test_a_prompt_that_is_not_utf_8_trains_or_is_told(text: str, home: Path) -> None:
    outcome = ran("train", text, "--hidden", "8", "--steps", "2", "--prompt", os.fsdecode(b"\xff"))
    assert outcome.code in {0, 2}, outcome


def test_a_prompt_that_is_not_utf_8_is_sampled_from_or_told(run: str, typed: Type) -> None:
    assert typed("sample", run, "--length", "3", "--json", "--prompt", os.fsdecode(b"\xff")).code in {0, 2}


def test_a_file_whose_name_is_not_utf_8_trains_or_is_told(tmp_path: Path, home: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff.txt")
    try:
        path.write_text(made_text(), encoding="utf-8")
    except OSError:
        pytest.skip("this file system has no such names")
    outcome = ran("train", str(path), "--hidden", "8", "--steps", "2")
    assert outcome.code in {0, 2}, outcome


def test_a_network_larger_than_memory_is_told(text: str, home: Path) -> None:
    outcome = ran("train", text, "--hidden", "65536", "--layers", "64", "--steps", "1", memory_limit=8 << 30)
    assert outcome.refuses(), outcome


def test_a_home_that_is_a_file_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder")
    outcome = ran("train", text, "--steps", "2", environment={"RNNPLAY_HOME": str(tmp_path / "home")})
    assert outcome.refuses(), outcome


def test_a_damaged_checkpoint_is_told(run: str, home: Path, typed: Type) -> None:
    path = home / "runs" / run / "best.safetensors"
    path.write_bytes(path.read_bytes()[:-20])
    outcome = typed("sample", run)
    assert outcome.refuses()
    assert "is damaged" in outcome.err


def test_a_damaged_run_is_told(run: str, home: Path, typed: Type) -> None:
    (home / "runs" / run / "run.json").write_text("{")
    assert typed("runs", "show", run).refuses()
    assert typed("train", "--resume", run).refuses()
    assert "damaged" in typed("runs", "list").out


def test_nothing_that_is_told_obeys_the_terminal(typed: Type) -> None:
    outcome = typed("train", "\x1b[2J\x07\u202e.txt")
    assert outcome.refuses()
    assert not set("\x1b\x07\u202e") & set(outcome.err)


def test_a_fault_of_ours_is_a_sentence_too(run: str, home: Path, typed: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("rnnplay.runs.folder.named", broken)
    outcome = typed("runs", "show", run)
    assert (outcome.code, outcome.out) == (1, "")
    assert "Traceback" not in outcome.err
    assert str(home / "fault.log") in outcome.err
    assert "ZeroDivisionError" in (home / "fault.log").read_text(encoding="utf-8")


FULL = Path("/dev/full")
full = pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")


@full
@pytest.mark.parametrize(
    "arguments",
    [
        ("runs", "list"),
        ("corpora", "list"),
        ("corpora", "generate", "lag", "--size", "100000"),
        ("sample", "shipped:play", "--length", "30"),
        ("sample", "shipped:play", "--length", "3", "--count", "100"),
        ("runs", "compare", "tide-lamp", "shipped:play", "--window", "64"),
    ],
)
def test_an_output_that_takes_nothing_is_told(
    arguments: Sequence[str], run: str, typed: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FULL.open("w", encoding="utf-8") as output:
        monkeypatch.setattr("sys.stdout", output)
        outcome = typed(*arguments)
    assert outcome.code == 2, outcome
    assert outcome.err.splitlines()[-1].startswith("error: standard output can't be written: ")
    assert outcome.err.count("error: ") == 1


@full
def test_a_training_whose_output_takes_nothing_goes_on(
    text: str, home: Path, typed: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FULL.open("w", encoding="utf-8") as output:
        monkeypatch.setattr("sys.stdout", output)
        outcome = typed("train", text, "--json", "--hidden", "8", "--steps", "3", "--name", "unheard")
    assert outcome.code == 0, outcome
    assert "note: standard output can't be written" in outcome.err
    assert status(folder.named("unheard")).state == "finished"


def test_a_file_where_a_folder_should_be_is_told(run: str, tmp_path: Path, typed: Type) -> None:
    (tmp_path / "file").write_text("no folder")
    outcome = typed("runs", "export", run, str(tmp_path / "file" / "given"))
    assert outcome.code == 2
    assert "is a file and no folder" in outcome.err


def test_a_newline_in_a_name_does_not_break_the_sentence() -> None:
    outcome = ran("train", "no\nsuch")
    assert outcome.code == 2
    assert len(outcome.err.splitlines()) == 1


def test_the_last_seed_is_looked_at_before_the_first_text() -> None:
    outcome = ran("sample", "shipped:play", "--seed", str(2**63 - 1), "--count", "2", "--length", "5")
    assert outcome.code == 2
    assert outcome.out == ""


# Where paths lead nowhere.


@pytest.mark.parametrize(
    "arguments", [("train", "play", "--steps", "1"), ("runs", "import", "."), ("corpora", "remove", "x")]
)
def test_a_home_whose_name_is_too_long_is_told_in_a_sentence(arguments: tuple[str, ...], tmp_path: Path) -> None:
    outcome = ran(*arguments, folder=tmp_path, environment={"RNNPLAY_HOME": str(tmp_path / ("x" * 256))})
    assert outcome.refuses(), outcome


def test_a_working_folder_that_is_gone_is_told_in_a_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["rnnplay", "runs", "list"])
    gone, here = home / "gone", Path.cwd()
    gone.mkdir(parents=True)
    os.chdir(gone)
    gone.rmdir()
    try:
        with pytest.raises(SystemExit) as left:
            main()
    finally:
        os.chdir(here)
    assert left.value.code == 2
