"""Named sampling settings."""

import msgspec
import pytest

from rnnplay.errors import UserError
from rnnplay.sampling.presets import (
    RAW,
    READABLE,
    TextKind,
    arguments,
    checked_preset,
    describe,
    preset_of,
    text_kind,
    with_preset,
    with_values,
)
from rnnplay.sampling.records import SampleSettings
from rnnplay.text.records import Provenance

KINDS: tuple[TextKind, ...] = ("text", "list", "rule")
OWN = SampleSettings(70, 0.3, 5, 0.9, 0.2, 9, "x", 4)


def test_raw_is_the_distribution_that_the_network_learned() -> None:
    assert (RAW.temperature, RAW.top_k, RAW.top_p, RAW.min_p) == (1.0, None, None, None)


def test_text_is_readable_with_a_little_min_p_and_a_generated_text_is_drawn_as_it_is() -> None:
    assert READABLE["text"].min_p
    assert with_preset(OWN, "readable", "rule") == with_preset(OWN, "raw")


@pytest.mark.parametrize("kind", KINDS)
def test_a_preset_sets_temperature_and_filters_alone(kind: TextKind) -> None:
    for preset in ("readable", "raw"):
        found = with_preset(OWN, preset, kind)
        assert (found.length, found.seed, found.stop, found.alternatives) == (70, 9, "x", 4)
        assert (found.top_k, found.top_p) == (None, None)
        assert preset_of(found, kind) in {preset, "readable"}
    assert preset_of(OWN, kind) is None


def test_given_values_override_a_preset_one_by_one() -> None:
    readable = with_preset(SampleSettings(), "readable")
    only = with_values(readable, {"temperature": 0.5, "min_p": None, "top_k": None})
    assert only == msgspec.structs.replace(readable, temperature=0.5)
    assert with_values(readable, {"temperature": 0.0}).temperature == 0


def test_min_p_0_after_readable_is_raw() -> None:
    readable = with_preset(SampleSettings(), "readable")
    assert with_values(readable, {"min_p": 0.0}) == with_preset(SampleSettings(), "raw")


def test_a_preset_that_there_is_none_of_is_refused() -> None:
    assert checked_preset("raw") == "raw"
    with pytest.raises(UserError, match="'wild': readable or raw"):
        checked_preset("wild")


@pytest.mark.parametrize(("kind", "shape", "expected"), [
    ("file", "stream", "text"), ("shipped", "lines", "list"), ("generated", "lines", "rule"),
    ("generated", "stream", "rule"),
])  # fmt: skip
def test_the_kind_of_a_text_follows_from_its_origin_and_shape(kind: str, shape: str, expected: str) -> None:
    assert text_kind(Provenance(kind, "x"), shape) == expected  # type: ignore[arg-type]


def test_settings_are_described_and_given_to_a_command_exactly() -> None:
    odd = SampleSettings(temperature=0.123456789, top_k=3, top_p=0.5)
    assert arguments(odd) == ["--temperature=0.123456789", "--min-p=0", "--top-k=3", "--top-p=0.5"]
    assert describe(SampleSettings(temperature=1.0, min_p=0.05)) == "temperature 1, min-p 0.05"
    assert describe(OWN) == "temperature 0.3, top-k 5, top-p 0.9, min-p 0.2"
