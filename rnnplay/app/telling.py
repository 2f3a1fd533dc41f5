"""What is to be said of a run that is followed, in words."""

from typing import Literal

from rnnplay.console.numbers import short
from rnnplay.runs.following import Following
from rnnplay.runs.history import History
from rnnplay.text.display import one_line
from rnnplay.training.diagnosis import so_far

Phase = Literal["reading", "training", "paused", "finished", "interrupted", "gone"]
_WHILE_TRAINING = frozenset({"pause", "stop", "rate", "sample_now", "save_now"})
_WITH_A_RUN = frozenset({"more", "overlay", "scrub", "chart", "new"})
SILENT_AFTER = 30.0  # seconds without a word
READING_FOR = 2.0  # seconds after which a log without a beginning has none


def phase(following: Following, age: float) -> Phase:
    """Return where a followed run is.

    Args:
        following: The run.
        age: For how many seconds it has been followed.
    """
    history = following.history
    if following.gone:
        return "gone"
    if following.training:
        return "paused" if following.paused else "training"
    if history.finished is not None:
        return "finished"
    return "reading" if history.started is None and age < READING_FOR else "interrupted"


def sentence(following: Following, now: Phase, words: str) -> str:
    """Return the one sentence below the figures.

    Args:
        following: The run.
        now: Where it is.
        words: The last that its trainer said, for one that was interrupted.
    """
    history = following.history
    if now == "gone":
        return "The run's folder has vanished; what was read of it stands here. n begins a new training."
    if now == "reading":
        return "Reading what the run has told …"
    if now == "interrupted":
        last = f" Its last words: {one_line(words, 200)}" if words else ""
        return f"The trainer ended without finishing; c goes on from where it was last saved.{last}"
    if now == "finished":
        return history.finished.summary if history.finished else ""
    if now == "training" and following.quiet > SILENT_AFTER:
        return f"The trainer has said nothing for {following.quiet:.0f} seconds: it may hang, or the machine be busy."
    if history.progress is None:
        return "The trainer is setting up the network …"
    return so_far(history.standing(paused=now == "paused"))


def headline(name: str, history: History) -> str:
    """Return what is trained on what, in a line."""
    started = history.started
    if started is None:
        return name
    parts = (name, started.corpus.name, str(started.config.model))
    return " · ".join((*(one_line(part, 28) for part in parts), f"{short(started.sizes.parameters)} parameters"))


def offers(action: str, now: Phase | None, history: History | None, *, form: bool) -> bool:
    """Tell whether an action of Train makes sense.

    Args:
        action: Its name.
        now: Where the followed run is.
        history: What that has told, None where none is followed.
        form: Whether the form is in sight instead.
    """
    if action == "start":
        return form
    if action in _WITH_A_RUN:
        return not form
    if action in _WHILE_TRAINING:
        return not form and now in {"training", "paused"}
    if action not in {"sample", "go_on", "extend"}:
        return True
    if form or history is None:
        return False
    if action == "sample":
        return now in {"finished", "interrupted"}
    if action == "extend":
        return now == "finished"
    stopped = history.finished is not None and history.finished.reason == "stopped"
    return now == "interrupted" or (now == "finished" and stopped)
