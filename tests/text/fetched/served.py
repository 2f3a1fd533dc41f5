"""A web server of the test's own, which behaves as badly as it is told to."""

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Answer = Callable[["Asked"], None]

DRIP = 0.01  # seconds between two bytes of a server that drips


class Asked(BaseHTTPRequestHandler):
    """One request, which a route answers."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self) -> None:
        self.close_connection = True
        self.server.asked.append(self.path)
        self.server.routes.get(self.path, answers(404))(self)

    def do_CONNECT(self) -> None:
        self.do_GET()

    def begin(self, status: int = 200, **headers: object) -> None:
        """Send the head."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own name
        """Keep quiet."""


class Server(ThreadingHTTPServer):
    """Answers by path, and remembers what was asked."""

    daemon_threads = True

    def __init__(self, routes: Mapping[str, Answer]) -> None:
        super().__init__(("127.0.0.1", 0), Asked)
        self.routes = routes
        self.asked: list[str] = []
        self.left = threading.Event()  # set where a client has gone before the end, and when the server ends

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet."""

    def address(self, path: str, scheme: str = "http") -> str:
        """Return the address of a path."""
        return f"{scheme}://{'localhost' if scheme == 'https' else '127.0.0.1'}:{self.server_port}{path}"


@contextmanager
def serving(routes: Mapping[str, Answer], certificate: Path | None = None) -> Iterator[Server]:
    """Serve for as long as the block lasts; with a certificate (and its key in the same file) over TLS."""
    server = Server(routes)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.left.set()
        server.shutdown()
        server.server_close()


def sends(content: bytes) -> Answer:
    """Answer with a content of known length."""

    def answer(asked: Asked) -> None:
        asked.begin(Content_Length=len(content))
        asked.wfile.write(content)

    return answer


def sends_unannounced(content: bytes) -> Answer:
    """Answer with a content whose length isn't told."""

    def answer(asked: Asked) -> None:
        asked.begin()
        asked.wfile.write(content)

    return answer


def breaks_off(content: bytes, announced: int) -> Answer:
    """Announce more than is sent."""

    def answer(asked: Asked) -> None:
        asked.begin(Content_Length=announced)
        asked.wfile.write(content)

    return answer


def answers(status: int, **headers: object) -> Answer:
    """Answer with a status and no content."""

    def answer(asked: Asked) -> None:
        asked.begin(status, Content_Length=0, **headers)

    return answer


def leads_to(target: str, status: int = 302) -> Answer:
    """Answer that it is elsewhere."""
    return answers(status, Location=target)


def never_ends(asked: Asked) -> None:
    """Send until the client has gone."""
    asked.begin()
    _for_ever(asked, b"and so on and so on\n" * 1000, 0.0)


def drips(asked: Asked) -> None:
    """Send a byte now and then, until the client has gone."""
    asked.begin()
    _for_ever(asked, b".", DRIP)


def drips_in_chunks(asked: Asked) -> None:
    """Send a byte now and then, each as a chunk of its own, until the client has gone."""
    asked.begin(Transfer_Encoding="chunked")
    _for_ever(asked, b"1\r\n.\r\n", DRIP)


def drips_its_head(asked: Asked) -> None:
    """Send a head one byte after the other, until the client has gone."""
    asked.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    _for_ever(asked, b".", DRIP)


def continues(asked: Asked) -> None:
    """Ask the client to wait, again and again, until it has gone."""
    _for_ever(asked, b"HTTP/1.1 100 Continue\r\n\r\n", DRIP)


def drips_trailers(asked: Asked) -> None:
    """Send a whole chunked text, and behind it lines without an end, until the client has gone."""
    asked.begin(Transfer_Encoding="chunked")
    asked.wfile.write(b"5\r\nwell\n\r\n0\r\n")
    _for_ever(asked, b"X-More: .\r\n", DRIP)


def falls_silent(asked: Asked) -> None:
    """Begin, and send nothing more."""
    asked.begin(Content_Length=1000)
    asked.wfile.write(b"well")
    asked.server.left.wait()


def says_nothing(asked: Asked) -> None:
    """Take the request, and send not even a head."""
    asked.server.left.wait()


def _for_ever(asked: Asked, piece: bytes, pause: float) -> None:
    try:
        while not asked.server.left.wait(pause):
            asked.wfile.write(piece)
    except OSError:
        asked.server.left.set()
