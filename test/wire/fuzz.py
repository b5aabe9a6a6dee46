"""Mutated responses against both clients, each in a child process with little memory: `python -m test.wire.fuzz`.

A call ends in a model or in an `ApiException`, soon. A crash, a hang, another exception or a lack of memory is printed
with the bytes that led to it, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import random
import resource
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from elements_sdk import ApiClient, ApiException, AuthApi, Configuration, aio
from test.faults.behaviours import message
from test.faults.server import Conversation, FaultServer
from test.samples import SAMPLES

SPARE = 128 * 1024 * 1024  # bytes of address space beside what a client takes when it is warm
LIMIT = 0.2  # seconds that a call may take
HANGS = 10.0  # seconds after which it has hung
TOKEN = json.dumps(SAMPLES["OneTimeAccessToken"]).encode()
LIST = b"[" + b",".join([TOKEN] * 30) + b"]"
LIKE_DJANGO = [("Server", "nginx"), ("Vary", "Accept, Cookie"), ("X-Frame-Options", "DENY"), ("Allow", "GET, POST")]
COOKIES = [("Set-Cookie", "sessionid=abc; Path=/; HttpOnly; Max-Age=1209600; SameSite=Lax"), *LIKE_DJANGO]
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n"
RESPONSES = [
    message(200, TOKEN, LIKE_DJANGO),
    message(200, LIST, COOKIES),
    message(200, b'{"count": 30, "next": null, "previous": null, "results": ' + LIST + b"}", LIKE_DJANGO),
    message(200, gzip.compress(LIST), [("Content-Encoding", "gzip"), *LIKE_DJANGO]),
    message(400, b'{"id": ["A valid integer is required.", {"deep": ["No."]}]}', LIKE_DJANGO),
    message(401, b'{"detail": "Invalid token."}', [("WWW-Authenticate", "Bearer"), *COOKIES]),
    message(429, b'{"detail": "Slow down."}', [("Retry-After", "0"), *LIKE_DJANGO]),
    message(502, b"<html><title>Bad gateway</title></html>", [("Content-Type", "text/html; charset=utf-8")]),
    message(302, b"", [("Location", "/api/2/elsewhere?a=b"), *LIKE_DJANGO]),
    message(204, b"", LIKE_DJANGO),
    CHUNKED + b"%x\r\n%b\r\n0\r\n\r\n" % (len(TOKEN), TOKEN),
    b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + message(200, TOKEN, LIKE_DJANGO),
]
NUMBERS = [b"-1", b"0", b"4294967296", b"9" * 20, b"1e400", b"00", b"0x10", b"-0", b"2" * 5000]
PIECES = [b"\r\n", b"\n", b"\x00", b"\xff\xfe", b"\\ud800", b": ", b";", b",", b'"', b"  ", b"=" * 99]
PIECES += [b"[" * 300, b'{"a":' * 300]


def mutated(chance: random.Random) -> bytes:
    """Return a response with some bytes changed."""
    data = bytearray(chance.choice(RESPONSES))
    for _ in range(chance.choice([1, 1, 2, 3, 5, 20])):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice([0, 1, 1, 4, 30, 400]))
        digits = [index for index, byte in enumerate(data) if 48 <= byte <= 57]
        kind = chance.randrange(7)
        if kind == 0 and start < len(data):
            data[start] ^= 1 << chance.randrange(8)
        elif kind == 1:
            data[start:end] = b""
        elif kind == 2:
            data[start:start] = bytes(data[start:end]) * chance.choice([1, 2, 50])
        elif kind == 3:
            data[start:start] = chance.choice(PIECES)
        elif kind == 4 and digits:
            at = chance.choice(digits)
            data[at : at + 1] = chance.choice(NUMBERS)
        elif kind == 5:
            other = chance.choice(RESPONSES)
            data[start:] = other[min(start, len(other)) :]
        elif kind == 6:
            del data[start:]
    return bytes(data)


def calls(kind: str, host: str, seconds: float) -> None:
    """Make calls until the time is over; print what came of them, as JSON. This is what a child process does."""
    configuration = Configuration(host=host, api_key={"Bearer": "KEY"})
    configuration.total_timeout, configuration.retries = LIMIT, 0
    with asyncio.Runner() as runner:
        call, close = _caller(kind, configuration, runner)
        _outcome(call)
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + SPARE, used + SPARE))
        outcomes: Counter[str] = Counter()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            outcomes[_outcome(call)] += 1
        close()
    print(json.dumps(outcomes))


def _caller(
    kind: str, configuration: Configuration, runner: asyncio.Runner
) -> tuple[Callable[[], Any], Callable[[], Any]]:
    if kind == "blocking":
        client = ApiClient(configuration)
        return lambda: AuthApi(client).get_all_access_tokens(), client.close

    async def start() -> aio.ApiClient:
        return aio.ApiClient(configuration)

    of_asyncio = runner.run(start())

    async def call() -> Any:
        return await aio.AuthApi(of_asyncio).get_all_access_tokens()

    return lambda: runner.run(call()), lambda: runner.run(of_asyncio.close())


def _outcome(call: Callable[[], Any]) -> str:
    started = time.monotonic()
    try:
        call()
        name = "read"
    except ApiException as error:
        name = type(error).__name__
    if time.monotonic() - started > HANGS:
        raise TimeoutError(f"a call took {time.monotonic() - started:.1f} s")
    return name


def run(kind: str, seconds: float, seed: int) -> bool:
    """Try one client; return whether all went well."""
    chance, last = random.Random(seed), [b""]
    lock = threading.Lock()

    def behave(conversation: Conversation) -> None:
        while conversation.read_request():
            with lock:
                last[0] = mutated(chance)
            conversation.send(last[0])
            if chance.random() < 0.95:
                return

    with FaultServer(behave) as server:
        arguments = [sys.executable, "-m", "test.wire.fuzz", "--child", kind, server.host, "--seconds", str(seconds)]
        child = subprocess.run(arguments, capture_output=True, text=True, timeout=seconds + 120)
    print(f"{kind}, seed {seed}: {child.stdout.strip()}")
    if child.returncode:
        print(f"exit code {child.returncode} after {last[0]!r}\n{child.stderr}")
    return child.returncode == 0


def main() -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0, help="for each of the clients")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--child", nargs=2, metavar=("KIND", "HOST"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        calls(given.child[0], given.child[1], given.seconds)
        return 0
    went_well = [run(kind, given.seconds, given.seed) for kind in ("blocking", "asyncio")]
    return 0 if all(went_well) else 1


if __name__ == "__main__":
    sys.exit(main())
