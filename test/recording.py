"""A real HTTP server that records what comes over the wire and answers as it is told."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass
class Recorded:
    """A request as it came."""

    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the value of a header; several are joined by a line break."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return "\n".join(values) if values else None


@dataclass
class CannedResponse:
    """A response to send."""

    status: int = 200
    body: bytes = b"{}"
    headers: list[tuple[str, str]] = field(default_factory=lambda: [("Content-Type", "application/json")])


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing of a client that has gone: standard error may be read by another test by then."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class RecordingServer:
    """A server: `answer` decides on the response to each request; `requests` has all that came."""

    def __init__(self) -> None:
        self.requests: list[Recorded] = []
        self.answer: Callable[[Recorded], CannedResponse] = lambda _request: CannedResponse()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # headers and body are written apart

            def handle_one(self) -> None:
                path, _, query = self.path.partition("?")
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = Recorded(self.command, path, query, list(self.headers.items()), body)
                server.requests.append(request)
                response = server.answer(request)
                self.send_response(response.status)
                for name, value in response.headers:
                    self.send_header(name, value)
                if response.status != 204:
                    self.send_header("Content-Length", str(len(response.body)))
                self.end_headers()
                self.wfile.write(response.body)

            do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = handle_one  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                """Log nothing."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self.host = f"http://127.0.0.1:{self._server.server_port}"

    def answers(self, body: bytes | str = b"{}", status: int = 200, **headers: str) -> None:
        """Answer every request like this; `Content_Type="text/html"` is a header."""
        data = body.encode() if isinstance(body, str) else body
        named = {"Content-Type": "application/json", **{key.replace("_", "-"): value for key, value in headers.items()}}
        response = CannedResponse(status, data, list(named.items()))
        self.answer = lambda _request: response

    @property
    def last(self) -> Recorded:
        """The latest request."""
        return self.requests[-1]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
