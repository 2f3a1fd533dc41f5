"""A file from an address: bounded in size and time, cancelled at any moment, and every failure one sentence.

pooch loads, in a thread; the caller waits beside it, sees how far it is, and may leave.
"""

import hashlib
import threading
import time
from collections.abc import Generator
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple
from urllib.parse import urljoin, urlsplit

from rnnplay.errors import UserError, storage_error

if TYPE_CHECKING:
    from requests import Response

PIECE = 1 << 13  # bytes that are asked for at a time; fewer in `SILENCE` count as silence, however they come
SILENCE = 20.0  # seconds with less than a piece, after which a server counts as gone
LONGEST = 3600.0  # seconds that a download may take
REDIRECTS = 10
GLANCES = 0.1  # seconds between two looks at how far it is
PARTING = 1.0  # seconds that a cancelled thread gets to end


class Arrived(NamedTuple):
    """How far a download is.

    Attributes:
        bytes: What is done.
        total: What is to be done; None where that isn't known.
        words: What is being done: "fetching", "unpacking", "waiting for another rnnplay that fetches it" or
            "already there".
    """

    bytes: int
    total: int | None
    words: str = "fetching"


class _ElsewhereError(Exception):
    """The server sends us to another address."""


class _StoppedError(Exception):
    """Nobody wants the rest."""


def refuse_address(url: str) -> None:
    """Refuse what is no address of a file that can be fetched.

    Raises:
        UserError: It is something else, or holds a password.
    """
    try:
        parts = urlsplit(url)
        host, secret = parts.hostname, parts.username or parts.password
        _ = parts.port
    except ValueError:
        raise UserError(f"'{url}' is no address.") from None
    if parts.scheme.lower() not in {"http", "https"}:
        raise UserError(f"'{url}' can't be fetched: only addresses that begin with https:// or http:// can.")
    if not host:
        raise UserError(f"'{url}' is no address: it names no host.")
    if secret:
        raise UserError("An address with a user's name or password in it isn't fetched: it would be kept in a list.")


def is_address(place: str) -> bool:
    """Tell an address from a path."""
    scheme, colon, _ = place.partition("://")
    return bool(colon) and scheme.isalpha()


def loaded(url: str, path: Path, at_most: int, total: int | None = None) -> Generator[Arrived, None, str]:
    """Fetch an address into a file, telling how far it is about ten times a second.

    Closing the generator ends the download; what then stands in the file is for the caller to remove.

    Args:
        url: The address.
        path: The file that is written.
        at_most: Bytes; more is refused as soon as it is announced or comes.
        total: Bytes that are expected; what the server announces where it is None.

    Returns:
        The SHA-256 of what came.

    Raises:
        UserError: It can't be had, is longer than `at_most`, takes too long, or can't be written.
    """
    refuse_address(url)
    try:
        file = path.open("wb")
    except OSError as error:
        raise storage_error(path, error) from error
    with file:
        arriving = _Arriving(url, file, path, at_most)
        thread = threading.Thread(target=arriving.run, name="rnnplay download", daemon=True)
        thread.start()
        begun = time.monotonic()
        try:
            while not arriving.ended.wait(GLANCES):
                arriving.refuse_silence(begun)
                yield Arrived(arriving.received, total or arriving.announced)
        finally:
            arriving.stop()
            thread.join(PARTING)
        if arriving.error is not None:
            raise arriving.error
    yield Arrived(arriving.received, total or arriving.announced)
    return arriving.digest.hexdigest()


class _Arriving:
    """What arrives: written, hashed and counted in pooch's thread, looked at from another."""

    def __init__(self, url: str, file: BinaryIO, path: Path, at_most: int) -> None:
        self.received = 0
        self.announced: int | None = None
        self.digest = hashlib.sha256()
        self.ended = threading.Event()
        self.error: UserError | None = None
        self._url, self._file, self._path, self._at_most = url, file, path, at_most
        self._stopped = False
        self._answer: Response | None = None
        self._last = time.monotonic()  # when the answer began, or its latest whole `PIECE` was there
        self._since = 0  # bytes that came after that
        self._host = _host(url)  # that is asked now

    def run(self) -> None:
        """Fetch the address, wherever it leads, and keep the sentence of what went wrong."""
        try:
            self._follow()
        except UserError as error:
            self.error = error
        except _StoppedError:
            pass
        except Exception as error:  # whatever pooch, requests, urllib3 and http.client raise: told in one sentence
            self.error = self._refusal(self._reason(error))
        finally:
            if self._answer is not None:
                self._answer.close()
            self.ended.set()

    def _follow(self) -> None:
        from pooch import HTTPDownloader

        load = HTTPDownloader(
            chunk_size=PIECE,
            timeout=(SILENCE, SILENCE),
            headers={"Accept-Encoding": "identity", "User-Agent": "rnnplay"},
            hooks={"response": self._look},
            allow_redirects=False,
        )
        address = self._url
        for _ in range(REDIRECTS + 1):
            try:
                load(address, self, None)
            except _ElsewhereError as elsewhere:
                address = self._next(address, str(elsewhere))
            else:
                if self.announced not in {None, self.received}:
                    raise self._refusal(self._broken_off())
                return
        raise self._refusal("it leads from one address to the next and never to a file")

    def _next(self, address: str, target: str) -> str:
        """Return where a redirect leads, if it may lead there."""
        try:
            target = urljoin(address, target)
            refuse_address(target)
        except ValueError:
            raise self._refusal(f"it leads to '{target}', which is no address") from None
        except UserError as error:
            raise UserError(f"'{self._url}' leads elsewhere: {error}") from error
        if address.lower().startswith("https:") and target.lower().startswith("http:"):
            raise self._refusal("it leads from https to plain http, where anybody on the way could change it")
        self._host, self._answer = _host(target), None
        return target

    def _look(self, response: "Response", **_given: object) -> None:
        """Look at an answer before any of its content is read; requests calls it with its own options behind."""
        self._answer = response
        self._last = time.monotonic()
        if self._stopped:
            raise _StoppedError
        if response.is_redirect:
            response.close()
            raise _ElsewhereError(response.headers["location"].encode("latin-1", "replace").decode("utf-8", "replace"))
        if response.status_code != HTTPStatus.OK:
            response.close()
            raise self._refusal(f"{self._host} answers {_status(response.status_code)}")
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise self._refusal(f"{self._host} sends it packed, though it was asked not to")
        length = response.headers.get("content-length", "")
        if length.isascii() and length.isdigit():
            self.announced = int(length)
            self._refuse_length(self.announced)

    def write(self, piece: bytes) -> None:
        """Take the next piece."""
        if self._stopped:
            raise _StoppedError
        self._refuse_length(self.received + len(piece))
        try:
            self._file.write(piece)
        except OSError as error:
            raise storage_error(self._path, error) from error
        self.digest.update(piece)
        self.received += len(piece)
        self._since += len(piece)
        if self._since >= PIECE:
            self._last, self._since = time.monotonic(), 0

    def flush(self) -> None:
        """Leave it to the file when to write."""

    def stop(self) -> None:
        """Want no more of it: the thread ends at the next piece, or at once where the socket can be shut."""
        self._stopped = True
        shut = getattr(getattr(self._answer, "raw", None), "shutdown", None)
        if shut is not None and not self.ended.is_set():
            try:
                shut()
            except (OSError, ValueError, RuntimeError):
                return  # it ended in this very moment

    def refuse_silence(self, begun: float) -> None:
        """Refuse a server that sends too little, or for too long.

        Raises:
            UserError: It does.
        """
        now = time.monotonic()
        if now - self._last > SILENCE:
            raise self._refusal(f"{self._host} sent nothing for {SILENCE:g} seconds, or too little")
        if now - begun > LONGEST:
            raise self._refusal(f"it wasn't done after {LONGEST / 60:g} minutes")

    def _refuse_length(self, length: int) -> None:
        if length > self._at_most:
            raise self._refusal(f"it is longer than {self._at_most:,} bytes")

    def _refusal(self, reason: str) -> UserError:
        return UserError(f"'{self._url}' can't be fetched: {reason}.")

    def _broken_off(self) -> str:
        whole = "its end" if self.announced is None else f"all of the {self.announced:,} bytes were there"
        return f"it broke off before {whole}; try again"

    def _reason(self, error: Exception) -> str:
        from requests import exceptions
        from urllib3.exceptions import ProtocolError

        if isinstance(error, exceptions.SSLError):
            return f"{self._host} can't prove that it is {self._host}"
        if isinstance(error, exceptions.ProxyError):
            return "the proxy that stands between gives no connection"
        if isinstance(error, exceptions.Timeout):
            return f"{self._host} doesn't answer"
        if self._answer is not None:
            return self._broken_off()
        senseless = isinstance(error, exceptions.InvalidHeader)
        if senseless or isinstance(next(iter(error.args), None), ProtocolError):
            return f"{self._host} gives no answer that makes sense"
        if isinstance(error, exceptions.ConnectionError):
            return f"there is no connection to {self._host}"
        return f"it is no address that can be asked ({type(error).__name__})"


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _status(code: int) -> str:
    try:
        return f"{code} ({HTTPStatus(code).phrase})"
    except ValueError:
        return str(code)
