"""Requests to whoever trains a run: appended to `control.jsonl`, answered in the event log."""

import time
import uuid
from contextlib import suppress
from pathlib import Path

import msgspec

from rnnplay import files
from rnnplay.errors import UserError, storage_error
from rnnplay.runs.folder import Run
from rnnplay.runs.log import Follower, LineFollower
from rnnplay.training.control import Request
from rnnplay.training.events import Acknowledged

ANSWER_WITHIN = 10.0  # seconds; a trainer may be in the middle of a validation pass
POLL_EVERY = 0.05

_decoder: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)


def new_id() -> str:
    """Return an id that no other request has."""
    return uuid.uuid4().hex[:12]


def send(run: Run, request: Request) -> None:
    """Append a request.

    Raises:
        UserError: Nobody trains the run, or it can't be written.
    """
    if not run.is_training():
        way = "--resume" if run.checkpoint("last").is_file() else "TEXT --from"
        raise UserError(f"'{run.name}' isn't being trained now; 'rnnplay train {way} {run.name}' would go on with it.")
    try:
        with suppress(FileNotFoundError):
            files.open_plain(run.control).close()  # opening a pipe for appending would wait for its reader
        ends_whole = files.end(run.control, 1) in {b"", b"\n"}
        with run.control.open("ab", buffering=0) as file:  # the newline ends a line that another sender left torn
            file.write((b"" if ends_whole else b"\n") + msgspec.json.encode(request) + b"\n")
    except OSError as error:
        raise storage_error(run.control, error) from error


def ask(run: Run, request: Request) -> bool:
    """Send a request and wait for its answer; return whether one came.

    Raises:
        UserError: Nobody trains the run, or it can't be written.
    """
    follower = Follower.from_now(run.events)
    send(run, request)
    deadline = time.monotonic() + ANSWER_WITHIN
    while time.monotonic() < deadline:
        if any(isinstance(event, Acknowledged) and event.id == request.id for event in follower.poll()):
            return True
        time.sleep(POLL_EVERY)
    return False


def decoded(content: bytes) -> list[Request]:
    """Return the requests on whole lines; what is none is passed over."""
    requests = []
    for line in content.split(b"\n")[:-1]:
        with suppress(*files.NO_JSON):
            if line.startswith(b"{"):
                requests.append(_decoder.decode(line))
    return requests


class FolderInbox:
    """The requests that come into a run's folder after this was made; what stood there before is ignored."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = LineFollower(path, files.size(path))

    def poll(self) -> list[Request]:
        """Return the requests that came since the last call, a bounded piece at a time; what is none is passed over.

        Raises:
            UserError: The run's folder is gone: nothing can be asked there any more, nor saved.
        """
        if files.size(self._path) > self._lines.offset:
            return decoded(self._lines.read())
        try:
            self._path.parent.stat()
        except FileNotFoundError as error:
            raise storage_error(self._path.parent, error) from error
        return []
