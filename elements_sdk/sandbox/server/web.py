"""The web server: cheroot around Django, with a record of every request."""

from __future__ import annotations

import io
import threading
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from elements_sdk.sandbox.server.middleware import USER

_KEPT = 1000
_SPARE = 8  # threads: as many as may have taken a connection without being counted as busy yet


class RequestLog:
    """The requests that came: their number, and the last of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        self.count = 0
        self.last: deque[dict[str, Any]] = deque(maxlen=_KEPT)

    def append(self, request: dict[str, Any]) -> None:
        with self._lock:
            self.count += 1
            self.last.append(request)


recorded = RequestLog()


def start(port: int, certificates: Path | None) -> Any:
    """Serve on 127.0.0.1 in threads of this process; port 0 takes a free one. The server's `bind_addr` says which.

    :param certificates: folder with certificate and key to serve by TLS.
    """
    _ = get_resolver().url_patterns  # loads the views now, so that a mistake in them shows at the start
    server = _Server(("127.0.0.1", port), _Recorder(get_wsgi_application()), numthreads=32, timeout=10)
    server.request_queue_size = 128  # cheroot's own 5 resets connections as soon as a dozen come at once
    if certificates is not None:
        server.ssl_adapter = BuiltinSSLAdapter(str(certificates / "server.pem"), str(certificates / "server.key"))
    server.prepare()
    threading.Thread(target=server.serve, daemon=True).start()
    return server


def make_certificates(folder: Path, hosts: list[str]) -> Path:
    """Make a certificate authority and a certificate for this machine and these names; return the former's file."""
    import trustme

    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", "localhost", *hosts)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    certificate.private_key_pem.write_to_path(str(folder / "server.key"))
    for number, blob in enumerate(certificate.cert_chain_pems):
        blob.write_to_path(str(folder / "server.pem"), append=number > 0)
    return folder / "ca.pem"


class _Server(Server):
    """A server that never lacks threads, so that connections that stall hold up none of the others."""

    def process_conn(self, conn: Any) -> None:
        if self.requests.idle - self.requests.qsize < _SPARE:
            self.requests.grow(32)
        super().process_conn(conn)


class _Recorder:
    """A WSGI application that records each request and passes it on."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        is_chunked = environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked"
        length = environ.get("CONTENT_LENGTH") or "0"
        if not length.isdigit():
            start_response("400 Bad Request", [("Content-Length", "0")])
            return []
        body = environ["wsgi.input"].read() if is_chunked else environ["wsgi.input"].read(int(length))
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
        # JSON is UTF-8; Django would decode query and body by any codec that Python has.
        environ["CONTENT_TYPE"] = environ.get("CONTENT_TYPE", "").partition(";")[0]
        record = {
            "method": environ["REQUEST_METHOD"],
            "path": environ["REQUEST_URI"].partition("?")[0],
            "query": environ["QUERY_STRING"],
            "headers": _headers(environ),
            "body": body.decode("utf-8", "replace"),
        }

        def started(status: str, *rest: Any) -> Any:
            recorded.append({**record, "status": int(status[:3]), "user": environ.get(USER)})
            return start_response(status, *rest)

        response: Iterable[bytes] = self._application(environ, started)
        return response


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    names = {"CONTENT_TYPE": "Content-Type", "CONTENT_LENGTH": "Content-Length"}
    names |= {name: name[5:].replace("_", "-").title() for name in environ if name.startswith("HTTP_")}
    return {header: str(environ[name]) for name, header in names.items() if environ.get(name)}
