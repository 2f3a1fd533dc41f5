"""What differs between runs, in words."""

import math
from typing import Any

import msgspec
import pytest

from rnnplay.model.config import ModelConfig
from rnnplay.runs.compare import Extent, common_ladder, differences, excess, rate
from rnnplay.runs.folder import RUN_FORMAT, Parent, RunCard
from rnnplay.runs.history import History
from rnnplay.text.records import OPTIMUM, Baseline, Provenance
from rnnplay.training.config import Budget, TrainingConfig
from tests.runs.told import progress, started


def card(name: str = "play", sha256: str = "aa11", shape: Any = "stream", **changes: Any) -> RunCard:
    config = msgspec.structs.replace(TrainingConfig(), **changes)
    return RunCard(RUN_FORMAT, config, Provenance("shipped", name, sha256=sha256), shape, {}, 0.0)


def test_runs_with_the_same_settings_differ_in_nothing() -> None:
    assert differences([card(), card(), card()]) == []
    assert differences([card()]) == []
    assert differences([]) == []


def test_what_differs_is_named_with_each_run_s_value_in_order() -> None:
    one = card(model=ModelConfig(hidden_size=256), learning_rate=4e-3)
    other = card(model=ModelConfig(hidden_size=512), learning_rate=6e-3)
    assert differences([one, other, one]) == [("width", ("256", "512", "256")), ("rate", ("4e-3", "6e-3", "4e-3"))]


def test_the_text_is_told_before_the_other_settings() -> None:
    told = differences([card("play", budget=Budget("steps", 10)), card("names", shape="lines")])
    assert told == [("budget", ("10 steps", "1 minute")), ("text", ("play", "names")), ("shape", ("stream", "lines"))]


def test_the_budget_that_was_last_given_and_what_was_read_come_first() -> None:
    one = History()
    one.take([started(), progress(10), started(10, TrainingConfig(budget=Budget("minutes", 3))), progress(20)])
    cards = [card("play"), card("names")]
    told = differences(cards, [Extent.of(cards[0], one), Extent.of(cards[1], None)])
    assert told[0] == ("budget", ("3 minutes", "1 minute"))
    assert told[1] == ("chars read", ("20,000", "unknown"))
    assert told[2][0] == "text"


def test_runs_that_read_about_as_much_don_t_differ_in_that() -> None:
    def extents(*counts: int) -> list[Extent]:
        return [Extent(Budget(), count) for count in counts]

    assert differences([card(), card()], extents(3_112_960, 3_143_680)) == []
    assert differences([card(), card()], extents(3_112_960, 12_300_000)) == [
        ("chars read", ("3,100,000", "12,000,000"))
    ]
    assert differences([card(), card()], extents(0, 12)) == [("chars read", ("0", "12"))]


def test_texts_of_one_name_are_told_apart_by_their_hashes() -> None:
    (name, values), *rest = differences([card(sha256="a1b2c3d4"), card(sha256="ffeeddcc")])
    assert (name, values, rest) == ("text", ("play (a1b2c3)", "play (ffeedd)"), [])


def test_every_setting_that_can_differ_is_seen() -> None:
    other: dict[str, Any] = {
        "batch_size": 3,
        "seq_len": 3,
        "learning_rate": 3.0,
        "warmup": 0.3,
        "flat": 0.9,
        "resets": 0.3,
        "averaged_from": 1.0,
        "betas": (0.5, 0.5),
        "head_rate_factor": 1.0,
        "weight_decay": 3.0,
        "clip": 3.0,
        "budget": Budget("epochs", 3),
        "device": "cuda:3",
        "precision": "fp32",
        "threads": 3,
        "seed": 3,
        "val_fraction": 0.3,
        "min_count": 3,
        "patience": 3,
        "prompt": "3",
    }
    assert {*other, "model", "free"} == set(TrainingConfig.__struct_fields__)  # in a run nothing is free
    for name, value in other.items():
        assert len(differences([card(), card(**{name: value})])) == 1, name
    for name in ModelConfig.__struct_fields__:
        model = msgspec.structs.replace(TrainingConfig().model, **{name: 0.7 if name == "dropout" else 7})
        assert len(differences([card(), card(model=model)])) == 1, name


def test_rates_that_differ_little_are_told_exactly() -> None:
    told = differences([card(learning_rate=4e-3), card(learning_rate=4.0001e-3)])
    assert told == [("exact rate", ("0.004", "0.0040001"))]
    assert differences([card(learning_rate=7e-3), card(learning_rate=7e-3 * 5 / 7)]) == [("rate", ("7e-3", "5e-3"))]


def test_a_rate_reads_as_people_write_it() -> None:
    assert [rate(number) for number in (7e-3, 0.0125, 1.0, 1e-10, 1e-2 * 5 / 7)] == [
        "7e-3",
        "1.25e-2",
        "1e0",
        "1e-10",
        "7.14e-3",
    ]


def test_what_runs_began_from_is_told() -> None:
    child = msgspec.structs.replace(card(), parent=Parent("tide-lamp", 2000, "play", ""))
    assert differences([card(), child]) == [("begun from", ("nothing", "tide-lamp at step 2,000"))]


def test_the_excess_is_in_bits() -> None:
    assert excess(math.log(2) * 2.5, 2.0) == pytest.approx(0.5)
    assert excess(None, 2.0) is excess(1.0, None) is None


def test_runs_on_parts_of_one_text_share_its_optimum_and_others_share_nothing() -> None:
    def ladder(optimum: float) -> tuple[Baseline, ...]:
        return (Baseline("bigram", 3.0 + optimum), Baseline(OPTIMUM, optimum))

    (rung,) = common_ladder({ladder(1.514), ladder(1.518)})
    assert rung.name == OPTIMUM
    assert rung.bits_per_char == pytest.approx(1.516)
    assert common_ladder({ladder(1.5), ladder(1.9)}) == ()
    assert common_ladder({ladder(1.5), (Baseline("bigram", 3.0),)}) == ()
    assert common_ladder({ladder(1.5), ladder(math.nan)}) == ()
    assert common_ladder(set()) == ()
    assert common_ladder({ladder(1.5)}) == ladder(1.5)
