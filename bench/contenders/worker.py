"""The worker: it does on request what a contender can do, and reports what it took. One JSON object a line.

A request names the work, how often to do it, and a size:

    {"work": "decode", "count": 5, "size": 1000}      bytes -> objects, of so many tokens
    {"work": "memory", "size": 1000}                  bytes that those objects hold
    {"work": "call", "count": 200}                    `create_auth_ticket` on a warm connection
    {"work": "fetch", "count": 200, "size": 1000}     one token in a response of so many bytes
    {"work": "list", "count": 3, "size": 1000}        a list of so many tokens, by a link of 20 Mbit/s
    {"work": "threads", "count": 800, "size": 16}     `create_auth_ticket`, in so many threads at once
    {"work": "tasks", "count": 800, "size": 50}       `create_auth_ticket`, in so many asyncio tasks at once
    {"work": "start"}                                 a fresh interpreter to its first answer
    {"work": "import"}                                the import alone, in a fresh interpreter

The reply gives seconds for one, `{"cpu": ..., "wall": ...}`, with `bytes` for memory and without `cpu` for a fresh
interpreter; or `{"error": ...}`.

A contender is a script beside this one. Its first lines say, in the format of PEP 723, which packages it needs and
its title; then it passes `serve` what it can do. It runs in an environment where only those packages are installed.
"""

from __future__ import annotations

import asyncio
import gc
import http.client
import json
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.metadata import distributions
from typing import Any, Protocol, cast

TICKET = "/api/2/auth/ticket"
TOKENS = "/api/2/auth/access-tokens"
SLOW = f"{TOKENS}?limit=%d&ordering=slow"
TIMED_IMPORT = "import time; started = time.perf_counter(); {}; print(time.perf_counter() - started)"


class Client(Protocol):
    """A client that makes calls."""

    def call(self) -> object:
        """Fetch a ticket."""

    def fetch(self, size: int, /) -> object:
        """Fetch a token of so many bytes."""


class ListClient(Client, Protocol):
    """A client that fetches lists, too."""

    def list(self, size: int, /) -> object:
        """Fetch a list of so many tokens by a slow link."""


@dataclass(frozen=True)
class Server:
    """The canned server."""

    host: str
    headers: dict[str, str]  # those that the SDK sends, for contenders that send the same

    @property
    def port(self) -> int:
        return int(self.host.rpartition(":")[2])


@dataclass(frozen=True)
class Contender:
    """The work that a contender can do; `None` where it cannot.

    :ivar decode: decodes bytes to objects.
    :ivar connect: makes a client with a pool of so many connections; for 1, with its default pool.
    :ivar lists: whether that client can fetch lists.
    :ivar tasks: makes, in a running event loop, a function that makes calls over so many connections.
    :ivar start: a program that makes the first call to `sys.argv[1]`, with the headers in `sys.argv[2]`.
    :ivar imports: the statement that imports what is needed.
    """

    decode: Callable[[bytes], object] | None = None
    connect: Callable[[Server, int], Client] | None = None
    lists: bool = False
    tasks: Callable[[Server, int], Callable[[], Awaitable[object]]] | None = None
    start: str | None = None
    imports: str | None = None


@lru_cache(maxsize=1)
def token_bytes(port: int, count: int) -> bytes:
    """Return a list of tokens, as it comes over the wire."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", f"{TOKENS}?limit={count}")
    data = connection.getresponse().read()
    connection.close()
    return data


def repeat(work: Callable[[], object], count: int) -> dict[str, float]:
    """Do the work so often, and return seconds for one. The result is freed at once, within the time."""
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(count):
        work()
    return {"cpu": (time.process_time() - cpu) / count, "wall": (time.perf_counter() - wall) / count}


def held(work: Callable[[], object]) -> dict[str, float]:
    """Return the bytes that the result of the work holds. (The seconds include those of tracing.)"""
    work()  # what is made once and kept is not counted
    gc.collect()
    started = time.perf_counter()
    tracemalloc.start()
    result = work()
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del result
    return {"bytes": taken, "wall": time.perf_counter() - started}


def together(work: Callable[[], object], count: int, threads: int) -> dict[str, float]:
    """Do the work so often in so many threads, and return seconds for one."""
    failures: list[Exception] = []

    def share() -> None:
        try:
            for _ in range(max(1, count // threads)):
                work()
        except Exception as error:
            failures.append(error)

    def all_of_it() -> None:
        workers = [threading.Thread(target=share) for _ in range(threads)]
        for thread in workers:
            thread.start()
        for thread in workers:
            thread.join()

    taken = repeat(all_of_it, 1)
    if failures:
        raise failures[0]
    done = max(1, count // threads) * threads
    return {name: seconds / done for name, seconds in taken.items()}


async def at_once(work: Callable[[], Awaitable[object]], count: int, tasks: int) -> None:
    """Do the work so often in so many tasks."""

    async def share() -> None:
        for _ in range(count):
            await work()

    await asyncio.gather(*(share() for _ in range(tasks)))


class Worker:
    """A contender at work in this process."""

    def __init__(self, contender: Contender, server: Server) -> None:
        self.contender, self.server = contender, server
        self.client = lru_cache(maxsize=None)(lambda size: contender.connect and contender.connect(server, size))
        self.loop = asyncio.Runner()
        self.client_of_loop = lru_cache(maxsize=None)(lambda size: self.loop.run(self.connect_in_loop(size)))

    def works(self) -> list[str]:
        """Return the names of the work that it can do."""
        can = self.contender
        names = ["decode", "memory"] * bool(can.decode) + ["call", "fetch", "threads"] * bool(can.connect)
        names += ["list"] * can.lists + ["tasks"] * bool(can.tasks)
        return names + ["start"] * bool(can.start) + ["import"] * bool(can.imports)

    def do(self, work: str, count: int = 1, size: int = 1) -> dict[str, float]:
        """Do some work and measure it."""
        if work in ("decode", "memory"):
            decode, data = self.contender.decode, token_bytes(self.server.port, size)
            assert decode is not None
            return repeat(lambda: decode(data), count) if work == "decode" else held(lambda: decode(data))
        if work in ("start", "import"):
            return self.fresh(work)
        if work == "tasks":
            each, call = max(1, count // size), self.client_of_loop(size)
            taken = repeat(lambda: self.loop.run(at_once(call, each, size)), 1)
            return {name: seconds / (each * size) for name, seconds in taken.items()}
        client = self.client(size if work == "threads" else 1)
        assert client is not None
        if work == "threads":
            return together(client.call, count, size)
        if work == "call":
            return repeat(client.call, count)
        if work == "list":
            return repeat(partial(cast("ListClient", client).list, size), count)
        return repeat(partial(client.fetch, size), count)

    async def connect_in_loop(self, size: int) -> Callable[[], Awaitable[object]]:
        """Return a function that makes calls in the loop of this worker, over connections that are open."""
        assert self.contender.tasks is not None
        call = self.contender.tasks(self.server, size)
        await at_once(call, 1, size)
        return call

    def fresh(self, work: str) -> dict[str, float]:
        """Return what a fresh interpreter takes; `-I`, so that it finds nothing but the environment."""
        program = self.contender.start if work == "start" else TIMED_IMPORT.format(self.contender.imports)
        command = [sys.executable, "-I", "-c", str(program), self.server.host, json.dumps(self.server.headers)]
        started = time.perf_counter()
        result = subprocess.run(command, capture_output=True, text=True)
        wall = time.perf_counter() - started
        if result.returncode:
            raise RuntimeError(result.stderr.strip().rpartition("\n")[2])
        return {"wall": wall if work == "start" else float(result.stdout)}


def serve(contender: Contender) -> None:
    """Report what this contender can do and with which packages; then do what is asked for until the input ends."""
    replies, sys.stdout = sys.stdout, sys.stderr  # what a package prints is not a reply
    worker = Worker(contender, Server(sys.argv[1], json.loads(sys.argv[2])))
    packages = {found.metadata["Name"].lower(): found.version for found in distributions()}
    reply: dict[str, Any] = {"works": worker.works(), "python": sys.version.split()[0], "packages": packages}
    print(json.dumps(reply), file=replies, flush=True)
    for line in sys.stdin:
        try:
            reply = dict(worker.do(**json.loads(line)))
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), file=replies, flush=True)
