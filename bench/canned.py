"""The canned server: a process of its own that answers all clients alike, from memory, faster than they can ask.

    POST /api/2/auth/ticket                  a ticket
    GET  /api/2/auth/access-tokens?limit=N   a list of N tokens
    GET  ...?limit=N&ordering=slow           the same by a link of 20 Mbit/s, compressed for whoever accepts gzip
    GET  /api/2/auth/access-tokens/N         one token of N bytes
    GET  /seen                               the headers of the last request for a ticket, as a JSON object

It prints its address, and ends when its input does. `running()` starts it.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from functools import lru_cache
from pathlib import Path

from bench.samples import TICKET, token_of_size, tokens

ROOT = Path(__file__).parents[1]
LINK = 20_000_000 // 8  # bytes a second
GZIP = re.compile(rb"\r\naccept-encoding:[^\r]*gzip", re.IGNORECASE)
LIMIT = re.compile(rb"[?&]limit=(\d+)")
LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)
# As Django, its REST framework and nginx send them.
HEADERS = "".join(
    f"{name}: {value}\r\n"
    for name, value in {
        "Server": "nginx",
        "Date": formatdate(usegmt=True),
        "Content-Type": "application/json",
        "Connection": "keep-alive",
        "Vary": "Accept, Cookie, origin",
        "Allow": "GET, POST, HEAD, OPTIONS",
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }.items()
)


def response(body: bytes, more: str = "") -> bytes:
    """Return a complete response with this body, and these header lines besides."""
    return f"HTTP/1.1 200 OK\r\n{HEADERS}{more}Content-Length: {len(body)}\r\n\r\n".encode() + body


TICKET_RESPONSE = response(TICKET)


@lru_cache(maxsize=2)  # the longest are of 100 MB and more
def response_to(path: bytes) -> bytes:
    """Return the response to a GET."""
    return response(body_of(path))


@lru_cache(maxsize=2)
def packed_response_to(path: bytes) -> bytes:
    """Return it compressed by gzip, as nginx does."""
    return response(gzip.compress(body_of(path), 6), "Content-Encoding: gzip\r\n")


def body_of(path: bytes) -> bytes:
    """Return the body of the response to a GET."""
    limit = LIMIT.search(path)
    if limit:
        return tokens(int(limit[1]))
    number = int(path[re.search(rb"\d*$", path).start() :] or 0)  # type: ignore[union-attr]  # it always matches
    return token_of_size(number)


class Connection(asyncio.Protocol):
    """One connection, kept alive for as many requests as come."""

    seen = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start with nothing received."""
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.received = transport, b""

    def data_received(self, data: bytes) -> None:
        """Answer what is complete by now."""
        self.received += data
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return
        headers = self.received[:end]
        length = LENGTH.search(headers)
        if len(self.received) < end + 4 + (int(length[1]) if length else 0):
            return
        self.received = b""
        answer = self.respond(headers)
        if b"ordering=slow" in headers:
            self.drip(answer)
        else:
            self.transport.write(answer)

    def drip(self, answer: bytes) -> None:
        """Send an answer as a slow link would."""
        step = LINK // 100
        self.transport.write(answer[:step])
        if len(answer) > step:
            asyncio.get_running_loop().call_later(0.01, self.drip, answer[step:])

    def respond(self, headers: bytes) -> bytes:
        """Return the response to the request with this request line and headers."""
        if headers.startswith(b"POST"):
            Connection.seen = headers
            return TICKET_RESPONSE
        path = headers.split(b" ", 2)[1]
        if path == b"/seen":
            lines = [line.partition(": ") for line in Connection.seen.decode().split("\r\n")[1:]]
            return response(json.dumps({name: value for name, _, value in lines}).encode())
        is_packed = b"ordering=slow" in path and GZIP.search(headers) is not None
        return packed_response_to(path) if is_packed else response_to(path)


async def serve() -> None:
    """Serve until the input ends, which it does with the process that started this one."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    server = await loop.create_server(Connection, "127.0.0.1", 0, backlog=256)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)

    def wait_for_the_end() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    await ended.wait()


@contextmanager
def running() -> Iterator[str]:
    """Run the server, and yield its address."""
    command = [sys.executable, "-m", "bench.canned"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()  # its input is closed at the end of the block


if __name__ == "__main__":
    asyncio.run(serve())
