"""The command that repeats a run: read back by the command line's own parser, and run."""

import os
import shlex
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnplay.cli import train_options
from rnnplay.cli.commands import app
from rnnplay.errors import UserError
from rnnplay.model import checkpoint as checkpoints
from rnnplay.runs import folder, recipe
from rnnplay.runs.folder import RUN_FORMAT, Parent, RunCard
from rnnplay.text.records import Provenance, to_json
from rnnplay.training.config import Budget, TrainingConfig
from tests.cli.process import ran
from tests.training.test_arguments import configs
from tests.training.tiny import TEXT

_command = typer.main.get_command(app)
STEPS = Budget("steps", 50)
NETWORK = ("--hidden", "16", "--embed", "8")
START = ("--from", "shipped:play", "--extend-vocabulary")
TINY = "--batch 4 --seq-len 8 --precision fp32 --device cpu --steps 30".split()


def card(config: TrainingConfig | None = None, corpus: Provenance | None = None, **changes: Any) -> RunCard:
    corpus = corpus or Provenance("shipped", "play")
    whole: dict[str, Any] = {"shape": "stream", "versions": {}, "created": 0.0, **changes}
    return RunCard(RUN_FORMAT, config or TrainingConfig(), corpus, **whole)


def parsed(line: str) -> dict[str, Any]:
    """Read a line as the shell and then `rnnplay train` do."""
    program, command, *arguments = shlex.split(line)
    assert (program, command) == ("rnnplay", "train")
    group: Any = _command
    return dict(group.commands["train"].make_context("train", arguments).params)


names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0/"), min_size=1, max_size=12)
texts = st.one_of(
    st.just(Provenance("shipped", "prose")),
    st.builds(lambda name: Provenance("file", name, f"/home/someone/{name}"), names),
    st.builds(
        lambda name, ends: Provenance("folder", name, f"/{name}", tuple(f".{end}" for end in ends)),
        names,
        st.lists(names, max_size=2),
    ),
    st.just(Provenance("generated", "lag", "lag:distance=40,seed=2")),
)
parents = st.builds(
    Parent,
    st.sampled_from(["quiet-owl", "shipped:play", "--odd", "a b"]),
    st.just(3),
    st.just("play"),
    st.just(""),
    st.sampled_from(["", "é"]),
    st.none() | st.builds("/{}".format, names),
)


@settings(max_examples=150, deadline=None)
@given(config=configs, corpus=texts, shape=st.sampled_from(["stream", "lines"]), parent=st.none() | parents)
def test_a_recipe_says_all_that_made_the_run(
    config: TrainingConfig, corpus: Provenance, shape: Any, parent: Parent | None
) -> None:
    params = parsed(recipe.line(card(config, corpus, shape=shape, parent=parent)))
    wanted = {"shipped": corpus.name}.get(corpus.kind, corpus.location)
    assert (params["corpus"], params["shape"], tuple(params["ext"] or ())) == (wanted, shape, corpus.extensions)
    if parent is None:
        again = train_options.settings(params)
    else:
        assert params["start"] == (parent.location or parent.label)
        assert params["extend_vocabulary"] == bool(parent.added)
        again = train_options.fine_tuning_settings(params, msgspec.structs.replace(config.model, dropout=0.123))
    assert msgspec.json.encode(again) == msgspec.json.encode(config)


def test_a_preset_s_run_has_a_short_recipe() -> None:
    assert recipe.line(card()) == "rnnplay train play --shape stream --preset standard --minutes 1 --seed 0"


def test_what_a_shell_would_take_apart_is_quoted() -> None:
    line = recipe.line(card(TrainingConfig(prompt="$(rm x); 'a'\n"), Provenance("file", "a b", "/tmp/a b")))
    assert parsed(line)["corpus"] == "/tmp/a b"
    assert "\n" not in line
    assert train_options.settings(parsed(line)).prompt == "$(rm x); 'a'\n"


@pytest.mark.parametrize("kind", ["stdin", "text"])
def test_a_text_that_was_piped_in_is_piped_in_again(kind: str) -> None:
    assert recipe.line(card(corpus=Provenance(kind, kind))).startswith("rnnplay train - ")


def test_of_a_run_by_an_older_version_all_is_repeated_that_options_set_and_the_rest_is_told() -> None:
    older = card(TrainingConfig(seed=3, budget=STEPS, betas=(0.9, 0.99), head_rate_factor=1.0))
    assert recipe.line(older) == "rnnplay train play --shape stream --preset standard --steps 50 --seed 3"
    assert recipe.notes(card(TrainingConfig(seed=3, budget=STEPS))) == []
    (note,) = recipe.notes(older)
    told, instead = note.split(", which no option sets: ")
    assert "betas 0.9 and 0.99, head's rate 1 times" in told
    default = TrainingConfig()
    assert f"betas {default.betas[0]} and {default.betas[1]}, head's rate {default.head_rate_factor:g} times" in instead


@pytest.mark.parametrize("parent", [None, Parent("quiet-owl", 3, "play", "")])
@pytest.mark.parametrize(("budget", "typed"), [(None, "--minutes 1"), (Budget("minutes", 5), "--minutes 5")])
def test_the_budget_and_the_seed_are_named_and_minutes_are_said_to_repeat_roughly(
    parent: Parent | None, budget: Budget | None, typed: str
) -> None:
    line = recipe.line(card(parent=parent), budget)
    assert typed in line
    assert "--seed 0" in line
    (note,) = recipe.notes(card(parent=parent), budget)
    assert note.startswith("A budget in minutes repeats only roughly")
    assert recipe.notes(card(parent=parent), STEPS) == []


def test_a_text_that_no_command_can_name_makes_no_recipe() -> None:
    with pytest.raises(UserError, match="which is no UTF-8"):
        recipe.line(card(corpus=Provenance("file", "bad", to_json(os.fsdecode(b"/texts/bad\xff.txt")))))


def test_a_run_that_was_given_more_is_repeated_with_all_of_it(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    assert ran("train", str(path), *TINY, *NETWORK, "--name", "first").code == 0
    assert ran("train", "--resume", "first", "--steps", "77", "--quiet").code == 0
    told = ran("runs", "show", "first", "--recipe").out
    assert "--steps 77" in told
    assert ran("runs", "show", "first").out.splitlines()[1].startswith("budget        77 steps; ")
    assert ran("runs", "export", "first", str(tmp_path / "given")).code == 0
    assert told.strip() in (tmp_path / "given" / "card.md").read_text(encoding="utf-8").replace("text.txt", str(path))


@pytest.mark.parametrize("beginning", [NETWORK, START, ("--layers", "1")], ids=["new", "fine-tuned", "chosen"])
def test_a_recipe_repeats_its_run(home: Path, tmp_path: Path, beginning: tuple[str, ...]) -> None:
    path = tmp_path / "it's a text.txt"
    path.write_text(TEXT + "42\n", encoding="utf-8")
    assert ran("train", str(path), *TINY, *beginning, "--name", "first").code == 0
    line = recipe.line(folder.named("first").card())
    again = ran(*shlex.split(line)[1:], "--name", "again")
    assert again.code == 0, again.err
    one, other = (checkpoints.load(folder.named(name).checkpoint("last")) for name in ("first", "again"))
    assert checkpoints.tensors_sha256(one.tensors) == checkpoints.tensors_sha256(other.tensors)
