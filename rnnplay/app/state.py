"""What lasts from one sitting to the next: `state.json`, which the app writes, and `settings.toml`, the user's own."""

import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec

from rnnplay import files, places
from rnnplay.errors import UserError, brief, storage_error
from rnnplay.sampling.presets import TextKind, with_preset
from rnnplay.sampling.records import SampleSettings
from rnnplay.text.records import Shape
from rnnplay.training.arguments import by_options_alone
from rnnplay.training.config import TrainingConfig

Priority = Literal["low", "normal"]
PRIORITIES: tuple[Priority, ...] = ("low", "normal")
OLD_TEMPERATURE = 0.7  # with which Sample began in versions without presets
DARK, LIGHT = "rnnplay-dark", "rnnplay-light"


class State(msgspec.Struct, frozen=True):
    """What the app remembers.

    Attributes:
        theme: The name of the look.
        corpus, extensions, shape: The chosen text, as a command line would name it.
        model, which: The network in Sample; None is the newest.
        run: The run that Train showed last, as a record holds its name.
        form: The settings of the last training that was begun here.
        priority: That of trainings which are started here: "low" gives way to other programs.
        sampling: The knobs in Sample.
        text_kind: What the network that they were last used with learned from; None in a file of an older version.
        pace: How fast text appears there.
        chart_x, chart_y, chart_log: The axes of the chart.
        runs_sort, runs_down: The column that runs are sorted by, and whether downwards.
    """

    theme: str = DARK
    corpus: str = "play"
    extensions: tuple[str, ...] = ()
    shape: Shape | None = None
    model: str | None = None
    which: str = "best"
    run: str | None = None
    form: TrainingConfig | None = None
    priority: Priority = "low"
    sampling: SampleSettings = with_preset(SampleSettings(length=600, seed=20), "readable")
    text_kind: TextKind | None = None
    pace: str = "reading"
    chart_x: str = "steps"
    chart_y: str = "nats"
    chart_log: bool = False
    runs_sort: str = "begun"
    runs_down: bool = True


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the user has set by hand.

    Attributes:
        bell: Ring when a training has ended.
        keys: From a binding's id to the keys that it shall have ("f5" or "ctrl+t,f5").
    """

    bell: bool = False
    keys: dict[str, str] = {}


def state_path() -> Path:
    """Return where the app's memory is."""
    return places.home() / "state.json"


def settings_path() -> Path:
    """Return where the user's settings are."""
    return places.home() / "settings.toml"


def load_state() -> tuple[State, str]:
    """Return what was remembered, and a sentence where it couldn't be read ("" else); a damaged file is kept aside."""
    path = state_path()
    try:
        content = files.read_small(path)
    except FileNotFoundError:
        return State(), ""
    except OSError as error:
        return State(), f"{storage_error(path, error)} The app begins afresh."
    try:
        state = msgspec.json.decode(content, type=State)
        state.sampling.checked()
        if state.form is not None:
            state.form.checked()
    except (UserError, *files.NO_JSON):
        aside = path.with_name("state.damaged.json")
        with suppress(OSError):
            path.replace(aside)
        return State(), f"What was remembered couldn't be read and stands in '{aside}' now; the app begins afresh."
    if state.text_kind is None and has_old_default(state.sampling):
        state = msgspec.structs.replace(state, sampling=with_preset(state.sampling, "readable"))
    form = None if state.form is None else by_options_alone(state.form)  # an older version's, where these were others
    return msgspec.structs.replace(state, form=form), ""


def has_old_default(settings: SampleSettings) -> bool:
    """Whether the temperature and the filters are what older versions began with, so that nobody chose them."""
    filters = (settings.top_k, settings.top_p, settings.min_p)
    return settings.temperature == OLD_TEMPERATURE and filters == (None, None, None)


def save_state(state: State) -> None:
    """Remember.

    Raises:
        OSError: There is no writing.
    """
    path = state_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_whole(path, msgspec.json.format(msgspec.json.encode(state), indent=1))


def load_settings() -> tuple[Settings, str]:
    """Return the user's settings, and a sentence where they couldn't be read ("" else)."""
    path = settings_path()
    try:
        table = tomllib.loads(files.read_small(path).decode())
    except FileNotFoundError:
        return Settings(), ""
    except (OSError, ValueError, RecursionError) as error:  # TOML that is damaged or nested without end, bad UTF-8
        return Settings(), f"'{path}' can't be read and isn't used: {brief(error, 200)}."
    try:
        return msgspec.convert(table, Settings), ""
    except msgspec.ValidationError as error:
        return Settings(), f"'{path}' isn't used: {brief(error, 200)}."
