"""What the app remembers and what the user has set, however their files are damaged."""

import json
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from rnnplay.app import state
from rnnplay.app.state import Settings, State
from rnnplay.errors import UserError
from rnnplay.text.own import listing
from tests.app.made import CONFIG
from tests.damage import damage


@pytest.fixture(autouse=True)
def folder(home: Path) -> Path:
    home.mkdir()
    return home


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_file_of_the_home_ends_nothing(seed: int) -> None:
    state.save_state(State(form=CONFIG))
    state.settings_path().write_text('bell = true\n[keys]\n"app.quit" = "f10"\n', encoding="utf-8")
    listing.write({"mine": listing.Mine("file", "/nowhere/a.txt")})
    random = Random(seed)
    damage(state.state_path(), random)
    settings_damage = random.choice((b"\xff", b"x = " + b"[" * 50_000, b"bell = 1" + b"0" * 5000, b"bell = 3", b"\0"))
    state.settings_path().write_bytes(settings_damage)
    damage(listing.path(), random)
    remembered, _ = state.load_state()
    remembered.sampling.checked()
    if remembered.form is not None:
        remembered.form.checked()
    found, sentence = state.load_settings()
    assert found == Settings()
    assert 0 < len(sentence) < 400
    try:
        listing.read()
    except UserError as error:
        sentence = str(error)
    assert len(sentence) < 600


@pytest.mark.parametrize(("where", "what"), [("form", {"model": {"layers": 2**62}}), ("sampling", {"temperature": -1})])
def test_settings_that_none_can_have_are_not_remembered(where: str, what: dict[str, Any]) -> None:
    whole = json.loads(msgspec.json.encode(State(form=CONFIG)))
    whole[where] = what
    state.state_path().write_text(json.dumps(whole), encoding="utf-8")
    remembered, sentence = state.load_state()
    assert remembered == State()
    assert "state.damaged.json" in sentence


@pytest.mark.parametrize(("temperature", "min_p"), [(0.7, 0.15), (0.8, None)])
def test_who_never_chose_a_temperature_gets_the_readable_preset(temperature: float, min_p: float | None) -> None:
    whole = json.loads(msgspec.json.encode(State()))
    del whole["text_kind"]  # as a version without presets wrote it
    whole["sampling"] |= {"temperature": temperature, "min_p": None}
    state.state_path().write_text(json.dumps(whole), encoding="utf-8")
    assert state.load_state()[0].sampling.min_p == min_p
