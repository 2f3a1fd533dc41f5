"""A training on a generated text knows how good one can be."""

from pathlib import Path

import pytest

from rnnplay import scoring, session
from rnnplay.console.summary import summary
from rnnplay.runs import log
from rnnplay.runs.origin import found as origin
from rnnplay.session import Session
from rnnplay.text import catalogue
from rnnplay.text.measured import optimum
from rnnplay.text.records import OPTIMUM, Baseline, optimum_in
from rnnplay.training import loop
from rnnplay.training.config import Budget, TrainingConfig
from rnnplay.training.control import NoRequests
from rnnplay.training.diagnosis import Course, diagnosis
from rnnplay.training.events import Evaluated, Finished
from tests.training.tiny import begun, finished, settings, trainer

SPEC = "copy:size=20000"


def generated(config: TrainingConfig | None = None, name: str = "run") -> Session:
    return session.begin(catalogue.load(SPEC), config or settings(40), name)


def known_optimum() -> float:
    text = catalogue.load(SPEC)
    bits = optimum.of(text, text.split(0.1).validation)
    assert bits is not None
    return bits


def test_the_optimum_is_kept_and_the_last_rung(home: Path) -> None:
    current = generated()
    assert current.card.optimum == known_optimum()
    assert current.started().ladder[-1] == Baseline(OPTIMUM, known_optimum())
    assert current.run.card().optimum == known_optimum()


def test_a_resumed_run_has_it_too(home: Path) -> None:
    run = finished(generated())
    again = session.resume(run, Budget("steps", 60.0))
    assert again.started().ladder[-1] == Baseline(OPTIMUM, known_optimum())


def test_other_texts_have_none(home: Path) -> None:
    current = begun("run")
    assert current.card.optimum is None
    assert OPTIMUM not in {rung.name for rung in current.started().ladder}


def test_it_does_not_hold_where_characters_are_folded(home: Path) -> None:
    text = catalogue.load(SPEC)
    rarest = int(text.counts.min())
    assert generated(settings(5, min_count=rarest)).card.optimum is not None
    assert generated(settings(5, min_count=rarest + 1), "folded").card.optimum is None


def test_it_does_not_hold_where_characters_are_left_out(home: Path) -> None:
    finished(generated(settings(5), "copier"))
    known = "".join(origin("copier").checkpoint.vocabulary.symbols)
    more = catalogue.load("copy:letters=9,size=20000")
    assert set(more.alphabet) > set(known)
    left = session.begin_from(origin("copier"), more, settings(5), "left")
    added = session.begin_from(origin("copier"), more, settings(5), "added", extend_vocabulary=True)
    assert (left.card.optimum, added.card.optimum is None) == (None, False)


def test_a_network_that_does_not_know_every_character_is_not_held_against_it(home: Path) -> None:
    run = finished(generated(settings(5), "copier"))
    network = origin("copier").checkpoint
    more = scoring.evaluate_on(network, run.card(), catalogue.load("copy:letters=9,size=20000"))
    assert set(more.unknown) == {"i"}
    assert more.ladder
    assert optimum_in(more.ladder) is None
    fewer = scoring.evaluate_on(network, run.card(), catalogue.load("copy:letters=7,size=20000"))
    assert fewer.unknown == {}
    assert optimum_in(fewer.ladder) is not None
    assert optimum_in(scoring.evaluate_own(network, run.card()).ladder) == known_optimum()


def test_nothing_beats_the_optimum() -> None:
    ladder = (Baseline("uniform", 99.0), Baseline(OPTIMUM, 98.0))
    events = list(loop.train(trainer(), Budget("steps", 20.0), _Nowhere(), NoRequests(), ladder))
    beaten = {name for event in events if isinstance(event, Evaluated) for name in event.milestones}
    assert beaten == {"uniform"}


def test_the_end_tells_the_excess_once(home: Path) -> None:
    current = generated()
    last = log.read(finished(current).events)[-1]
    assert isinstance(last, Finished)
    assert last.bits_per_char is not None
    told = " ".join(summary("run", last, current.ladder))
    assert told.count("optimum") == 1
    assert f"{last.bits_per_char - known_optimum():.2f} bits above the optimum" in told


@pytest.mark.parametrize(("excess", "perfect"), [(0.004, True), (-0.02, True), (0.3, False), (None, False)])
def test_a_diagnosis_knows_when_nothing_is_left(excess: float | None, perfect: bool) -> None:
    told = diagnosis(Course("budget", (), 9.0, excess=excess))
    assert told.startswith("As good as perfect") == perfect


class _Nowhere:
    def save(self, checkpoint: object, name: str) -> None:
        pass
