"""How fast this machine trains, as its last trainings tell."""

import socket
from pathlib import Path

import msgspec

from rnnplay.model.config import CELLS
from rnnplay.runs import speed
from rnnplay.runs.folder import Owner
from rnnplay.training.config import TrainingConfig
from tests.app.made import CONFIG, made_run, progress, started


def trained_here(name: str, config: TrainingConfig) -> None:
    run = made_run(name, [started(config), *(progress(step, 2.0) for step in range(10, 100, 10))], config=config)
    (run.folder / "owner.json").write_bytes(msgspec.json.encode(Owner(1, socket.gethostname(), 1.7e9)))


def test_a_machine_without_trainings_is_told_for_every_cell() -> None:
    rates = speed.tried()
    assert set(rates) == set(CELLS)
    assert all(1e6 < rate < 1e15 for rate in rates.values())


def test_a_training_in_tiny_steps_tells_nothing_of_how_fast_the_machine_is(home: Path) -> None:
    trained_here("tiny", msgspec.structs.replace(CONFIG, batch_size=1, seq_len=4))
    assert speed.of_runs("cpu") == {}
    trained_here("usual", CONFIG)
    assert set(speed.of_runs("cpu")) == {"lstm"}
