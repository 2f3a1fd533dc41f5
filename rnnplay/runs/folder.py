"""A run's folder: its files, what it says of itself, and the folder of all runs."""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from rnnplay import files, places
from rnnplay.errors import UserError, brief, did_you_mean, storage_error
from rnnplay.text.records import Provenance, Shape
from rnnplay.training.config import TrainingConfig

RUN_FORMAT = 1
ABANDONED_AFTER = 3600.0  # seconds
LOOK_PATIENCE = 0.05  # seconds
LATEST = 2e10  # seconds since 1970: no run was begun later, whatever a card of someone else's says
REASON = 200  # characters of what is wrong with a file
BITS_AT_MOST = 64  # per character, of an optimum
MAX_STEPS = 1 << 62  # as in a log
# What trainings did before there was a setting for it; runs of older versions lack it.
_BEFORE = {"head_rate_factor": 1.0, "averaged_from": 1.0, "resets": 0.0}
LOCK_PATIENCE = 1.0  # seconds; someone who only looks whether a run is locked holds the lock for microseconds


# Names that Windows keeps for devices.
_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in range(1, 10))}


class Parent(msgspec.Struct, frozen=True):
    """The checkpoint that a fine-tuned run began from.

    Attributes:
        label: What to call it: a run's name, a file's name, or "shipped:NAME".
        step: How many steps it had been trained for.
        corpus: The name of the text that it had learned from.
        tensors_sha256: The hash of its weights.
        added: The characters that its vocabulary was extended by.
        location: The file, or the run's folder, where the label alone doesn't find it.
    """

    label: str
    step: int
    corpus: str
    tensors_sha256: str
    added: str = ""
    location: str | None = None


class _Given(msgspec.Struct):
    """Which settings a card names."""

    config: dict[str, msgspec.Raw]


class RunCard(msgspec.Struct, frozen=True):
    """What a run is, written once: `run.json`.

    Attributes:
        config: The settings with everything that was resolved at the start.
        corpus: Where the text came from.
        shape: How it was split: "stream" by position, "lines" by shuffled lines.
        created: Seconds since 1970.
        optimum: For a generated text: what a perfect predictor reaches on the validation part, in bits per character.
        parent: For a fine-tuned run: what it began from.
    """

    format: int
    config: TrainingConfig
    corpus: Provenance
    shape: Shape
    versions: dict[str, str]
    created: float
    optimum: float | None = None
    parent: Parent | None = None

    def checked(self) -> "RunCard":
        """Return the card.

        Raises:
            UserError: A value in it is out of its range.
        """
        self.config.checked()
        if self.optimum is not None and not 0 <= self.optimum <= BITS_AT_MOST:
            raise UserError(f"Its optimum must be from 0 to {BITS_AT_MOST} bits.")
        if self.parent is not None and not 0 <= self.parent.step <= MAX_STEPS:
            raise UserError(f"The step of its parent must be from 0 to {MAX_STEPS}.")
        return self


class Owner(msgspec.Struct, frozen=True):
    """Who trains a run; for display only.

    Attributes:
        niceness: How far it gives way to other programs, as `nice` counts; None where the system has no such number,
            and in runs of older versions.
    """

    pid: int
    host: str
    since: float
    niceness: int | None = None


@dataclass(frozen=True)
class Run:
    """A run by its folder."""

    folder: Path

    @property
    def name(self) -> str:
        """The run's name, which is its folder's."""
        return self.folder.name

    @property
    def events(self) -> Path:
        """The file of all events."""
        return self.folder / "events.jsonl"

    @property
    def control(self) -> Path:
        """The file of all requests."""
        return self.folder / "control.jsonl"

    @property
    def log(self) -> Path:
        """What a detached trainer printed."""
        return self.folder / "trainer.log"

    def checkpoint(self, name: str) -> Path:
        """Return the file of the checkpoint "best" or "last"."""
        return self.folder / f"{name}.safetensors"

    def card(self) -> RunCard:
        """Read what the run is.

        Raises:
            UserError: It can't be read, or makes no sense.
        """
        path = self.folder / "run.json"
        try:
            content = files.read_small(path)
            card = msgspec.json.decode(content, type=RunCard)
            given = msgspec.json.decode(content, type=_Given).config
        except OSError as error:
            raise storage_error(path, error) from error
        except files.NO_JSON as error:
            raise UserError(f"'{path}' is damaged: {brief(error, REASON)}.") from error
        if card.format != RUN_FORMAT:
            raise UserError(f"'{path}' has format {brief(card.format)}; this rnnplay reads format {RUN_FORMAT}.")
        older = {field: value for field, value in _BEFORE.items() if field not in given}
        card = msgspec.structs.replace(card, config=msgspec.structs.replace(card.config, **older))
        try:
            return card.checked()
        except UserError as error:
            raise UserError(f"'{path}' is damaged: {error}") from error

    def is_training(self) -> bool:
        """Tell whether a trainer holds the run's lock."""
        try:
            return _is_held(self.folder / "lock")
        except OSError:  # there is none yet
            return False

    def owner(self) -> Owner | None:
        """Return who trains the run, or did last."""
        try:
            return msgspec.json.decode(files.read_small(self.folder / "owner.json"), type=Owner)
        except (OSError, *files.NO_JSON):
            return None


def _is_held(path: Path) -> bool:
    """Tell whether a process holds a lock, without taking it from another who only looks."""
    if sys.platform == "win32":  # no shared locks there: look with a little patience
        try:
            with FileLock(path, timeout=LOOK_PATIENCE, poll_interval=LOOK_PATIENCE / 5):
                return False
        except Timeout:
            return True
    import fcntl  # not on Windows

    with files.open_plain(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def all_runs() -> list[Run]:
    """Return every run, the newest first."""
    found = []
    try:
        with os.scandir(places.runs_folder()) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                try:
                    if not entry.is_dir():  # fails where a link leads to itself
                        continue
                    begun = (Path(entry.path) / "run.json").stat().st_mtime_ns
                except OSError:
                    continue
                found.append((begun, entry.name, Run(Path(entry.path))))
    except OSError:
        return []
    return [run for *_, run in sorted(found, key=lambda item: item[:2], reverse=True)]


def named(name: str) -> Run:
    """Return the run of a name or folder.

    Raises:
        UserError: There is none.
    """
    for folder in (places.runs_folder() / name, places.expanded(name)):
        if name not in {"", ".", ".."} and os.path.exists(folder / "run.json"):  # noqa: PTH110 - no name is too long for it
            return Run(folder)
    near = did_you_mean(name, [run.name for run in all_runs()])
    raise UserError(f"There is no run '{name}'.{near} 'rnnplay runs list' shows all.")


def newest() -> Run | None:
    """Return the run that was begun last, if there is any."""
    return next(iter(all_runs()), None)


def checked_name(name: str) -> str:
    """Return a name that a new run may have.

    Raises:
        UserError: It is taken, or no name for a folder.
    """
    bad = set('/\\:*?"<>|') & set(name)
    odd = name.startswith((".", "-")) or name.endswith((".", ".safetensors")) or name != name.strip()
    if not name or odd or bad or not name.isprintable() or name.split(".")[0].upper() in _DEVICES:
        raise UserError(f"'{name}' is no name for a run: letters, digits, dots, dashes and underscores make one.")
    if len(name.encode()) > 100:
        raise UserError("A run's name has at most 100 bytes.")
    if os.path.lexists(places.runs_folder() / name):  # no name is too long for it
        raise UserError(f"There is a run '{name}' already: choose another name, or go on with it by --resume {name}.")
    return name


def created(name: str, parts: Mapping[str, bytes | Iterable[bytes]]) -> Run:
    """Make a run's folder under another name, fill it, and rename it: nobody ever sees half a run.

    Raises:
        UserError: The name was taken meanwhile, or there is no writing.
    """
    target = places.runs_folder() / name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for left in target.parent.glob(".new-*"):  # by someone who was killed in the making
            if time.time() - left.stat().st_mtime > ABANDONED_AFTER:
                shutil.rmtree(left, ignore_errors=True)
        making = Path(tempfile.mkdtemp(dir=target.parent, prefix=".new-"))
        try:
            making.chmod(0o755)
            for file, content in parts.items():
                files.write_whole(making / file, content)
            checked_name(name)
            files.replace(making, target)
        except BaseException:
            shutil.rmtree(making, ignore_errors=True)
            raise
    except OSError as error:
        raise storage_error(target, error) from error
    return Run(target)


def refuse_training(run: Run, instead: str) -> None:
    """Refuse what can't be done to a run that is being trained.

    Raises:
        UserError: Another process trains it.
    """
    if run.is_training():
        owner = run.owner()
        who = f" (process {owner.pid} on {owner.host})" if owner else ""
        raise UserError(f"'{run.name}' is being trained already{who}: {instead}.")


def refuse_without_state(run: Run) -> None:
    """Refuse to resume a run that has weights alone.

    Raises:
        UserError: It has no `last.safetensors`, as an imported run.
    """
    if run.checkpoint("best").is_file() and not run.checkpoint("last").is_file():
        raise UserError(
            f"'{run.name}' can't be resumed: it has its best weights alone, as an imported run, and no state of the "
            f"optimizer. 'rnnplay train TEXT --from {run.name}' trains them further, as a new run."
        )


def renamed(run: Run, name: str) -> Run:
    """Give a run another name.

    Raises:
        UserError: It is being trained, the name is taken, or there is no writing.
    """
    refuse_training(run, f"stop it first, with 'rnnplay runs stop {run.name}'")
    target = run.folder.with_name(checked_name(name))
    try:
        files.replace(run.folder, target)
    except OSError as error:
        raise storage_error(run.folder, error) from error
    return Run(target)


def removed(run: Run) -> Path:
    """Move a run to the trash and return where it is now.

    Raises:
        UserError: It is being trained, or there is no writing.
    """
    refuse_training(run, f"stop it first, with 'rnnplay runs stop {run.name}'")
    target = places.trash_folder() / f"{run.name}-{time.strftime('%Y%m%d-%H%M%S')}"
    number = 1
    while target.exists():
        number += 1
        target = target.with_name(f"{target.name}-{number}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(run.folder, target)
    except OSError as error:
        raise storage_error(run.folder, error) from error
    return target
