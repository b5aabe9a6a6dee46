"""nginx, HAProxy and tinyproxy, each a child process of the test, with a configuration of its own on a free port."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from test.tls import TRUSTED

_START_LIMIT = 10.0  # seconds; a tenth is usual

# Both answer under /media, let a client keep a connection for a second, refuse bodies above 64 KiB, wait for a second
# for the server behind them, and put a page of their own in place of a login or logout that asks for one in `X-Page`.
PREFIX = "/media"
PAGES = (403, 404, 413, 502)

_NGINX = """
daemon off;
master_process off;
pid {folder}/pid;
error_log stderr;
events {{ }}
http {{
    log_format request '$request_method $request_uri $status $server_protocol';
    access_log {folder}/requests request;
    client_body_temp_path {folder};
    proxy_temp_path {folder};
    fastcgi_temp_path {folder};
    uwsgi_temp_path {folder};
    scgi_temp_path {folder};
    keepalive_timeout 1s;
    client_max_body_size 64k;
    proxy_read_timeout 1s;
    gzip on;
    gzip_types application/json;
    gzip_min_length 1;
    map $http_x_page:$uri $page {{ ~^(?<wanted>\\d+):.*/log(in|out)$ $wanted; }}
    server {{
        listen 127.0.0.1:{port} ssl http2;
        ssl_certificate {folder}/server.pem;
        ssl_certificate_key {folder}/server.pem;
        location {prefix}/ {{
            {pages}
            proxy_pass {backend}/;
            proxy_set_header Host $http_host;
            proxy_cookie_path / {prefix}/;
        }}
    }}
}}
"""
_HAPROXY = """
global
    nbthread 1
    hard-stop-after 5s
    log stdout format raw local0
defaults
    mode http
    log global
    log-format "%HM %HU %ST %HV"
    timeout connect 1s
    timeout client 30s
    timeout server 1s
    timeout http-request 5s
    timeout http-keep-alive 1s
frontend front
    bind 127.0.0.1:{port} ssl crt {folder}/server.pem alpn h2,http/1.1
    compression algo gzip
    compression type application/json
    http-request deny deny_status 413 if {{ req.hdr_val(content-length) gt 65536 }}
    {pages}
    http-request early-hint Link "</api>; rel=preload"
    http-request replace-path {prefix}/(.*) /\\1
    default_backend back
backend back
    server only {backend}
"""
_TINYPROXY = """
Listen 127.0.0.1
Port {port}
LogFile "{folder}/requests"
LogLevel Connect
PidFile "{folder}/pid"
{settings}
"""


@dataclass(frozen=True)
class Logged:
    """A request in the log of nginx or HAProxy."""

    method: str
    path: str
    status: int
    version: str


class Running:
    """A server that runs. Its log is complete once its block has ended.

    :ivar port: the port on 127.0.0.1 that it listens on.
    """

    def __init__(self, port: int, log: Path) -> None:
        self.port, self._log = port, log

    @property
    def host(self) -> str:
        """The address under which nginx and HAProxy have the API."""
        return f"https://localhost:{self.port}{PREFIX}"

    @property
    def requests(self) -> list[Logged]:
        """The requests that nginx or HAProxy has logged, in the order of their ends."""
        lines = [line.split() for line in self._log.read_text("utf-8").splitlines() if " HTTP/" in line]
        return [Logged(method, path, int(status), version) for method, path, status, version in lines]

    def count(self, method: str) -> int:
        """Return how many requests of a method have been logged."""
        return sum(seen.method == method for seen in self.requests)

    def lines_with(self, text: str) -> int:
        """Return how many lines of the log hold this text."""
        return sum(text in line for line in self._log.read_text("utf-8").splitlines())


@contextmanager
def nginx(folder: Path, backend: str) -> Iterator[Running]:
    """Run nginx by TLS before a server."""
    pages = "\n".join(f"if ($page = {status}) {{ return {status}; }}" for status in PAGES)
    port = _prepared(folder, "nginx.conf", _NGINX, backend=backend, prefix=PREFIX, pages=pages)
    command = [_program("nginx"), "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with _running(command, port, folder / "output"):
        yield Running(port, folder / "requests")


@contextmanager
def haproxy(folder: Path, backend: str) -> Iterator[Running]:
    """Run HAProxy by TLS before a server. It sends an interim answer, 103 Early Hints, before each of its own."""
    asked = "http-request deny deny_status {0} if {{ req.hdr(X-Page) {0} }} {{ path_end /login /logout }}"
    pages = "\n".join(asked.format(status) for status in PAGES)
    address = backend.partition("//")[2]
    port = _prepared(folder, "haproxy.cfg", _HAPROXY, backend=address, prefix=PREFIX, pages=pages)
    with _running([_program("haproxy"), "-db", "-f", str(folder / "haproxy.cfg")], port, folder / "output"):
        yield Running(port, folder / "output")


@contextmanager
def tinyproxy(folder: Path, settings: str = "") -> Iterator[Running]:
    """Run tinyproxy, which closes the connection after each answer."""
    port = _prepared(folder, "tinyproxy.conf", _TINYPROXY, settings=settings)
    with _running([_program("tinyproxy"), "-d", "-c", str(folder / "tinyproxy.conf")], port, folder / "output"):
        yield Running(port, folder / "requests")


FRONTS = {"nginx": nginx, "haproxy": haproxy}


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if found is None:
        pytest.fail(f"{name} is not installed; `bash .ci/servers.sh` installs it on Debian", pytrace=False)
    return found


def _prepared(folder: Path, name: str, template: str, **values: str) -> int:
    """Write a server's configuration and its certificate; return the port that it is to listen on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    (folder / name).write_text(template.format(folder=folder, port=port, **values), "utf-8")
    (folder / "server.pem").write_text(TRUSTED.pem_for("localhost"), "ascii")
    return port


@contextmanager
def _running(command: list[str], port: int, output: Path) -> Iterator[None]:
    with open(output, "wb") as file:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
    try:
        end = time.monotonic() + _START_LIMIT
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"{command[0]} did not start:\n{output.read_text('utf-8')}", pytrace=False)
            time.sleep(0.02)
        yield
    finally:
        process.send_signal(signal.SIGUSR1 if "haproxy" in command[0] else signal.SIGTERM)  # its log lags behind
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
