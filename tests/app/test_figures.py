"""The figures of a training."""

from rnnplay.app.widgets.figures import figures
from rnnplay.runs.history import History
from rnnplay.training.events import Event
from tests.runs.told import evaluated, finished, progress, started


def line(*events: Event) -> str:
    history = History()
    history.take(events)
    return "   ".join(figure.brief for figure in figures(history)[:4])


def validation(*events: Event) -> str:
    history = History()
    history.take(events)
    return next(f"{figure.value} {figure.note}" for figure in figures(history) if figure.name == "validation")


def test_a_validation_loss_comes_with_its_age_while_the_training_runs() -> None:
    course = (started(), progress(100), evaluated(100, 1.42), progress(220))
    assert validation(*course) == "≈1.420 nats 2.049 bits (12 s ago)"
    assert "ago" not in validation(*course, finished(220))


def test_in_a_narrow_line_the_age_leaves_room_for_the_speed_and_does_not_make_it_jump() -> None:
    course = (started(), progress(100), evaluated(100, 1.42))
    lines = [line(*course, progress(step)) for step in (120, 220)]
    assert [len(one) for one in lines] == [len(lines[0])] * 2
    assert "validation ≈1.420 (12 s ago)" in lines[1]
    assert lines[1].endswith("chars/s")
    assert len(lines[1]) <= 78


def test_after_a_resumption_the_age_is_that_of_the_look_before() -> None:
    course = (started(), progress(100), evaluated(100, 1.42), progress(220), started(220), progress(280))
    assert validation(*course).endswith("(18 s ago)")
