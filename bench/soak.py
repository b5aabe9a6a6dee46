"""Steady load through a network that fails at random: `python -m bench.soak [--minutes 10] [--asyncio]`.

One client serves all callers, threads or tasks. The server and the faults live in a process of their own. At the end it
prints how many calls there were, and what must be zero: foreign exceptions, calls past their deadline, unsafe calls
seen twice. Memory must be flat.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import json
import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from elements_sdk import ApiClient, ApiException, Configuration, aio
from elements_sdk._utils.sync import run, settled
from test.faults.proxy import FaultProxy, Faults

DEADLINE = 2.0  # seconds of each call
TOLERANCE = 0.5  # seconds
CALLERS = 8  # threads, or tasks
FLAT = 0.10  # growth of memory between the first and the last third that still counts as flat
FAULTS = [
    Faults(),
    Faults(reset_rate=0.05, reset_within=400),
    Faults(delay=0.3),
    Faults(cut_after=120),
    Faults(half_close_after=60),
    Faults(bytes_per_second=200),
    Faults(black_hole=True),
]


class Server(BaseHTTPRequestHandler):
    """A server that answers everything, and counts the unsafe calls by their number."""

    protocol_version = "HTTP/1.1"
    seen: ClassVar[collections.Counter[str]] = collections.Counter()

    def answer(self) -> None:
        """Answer one request."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.command != "GET":
            self.seen[str(self.headers.get("X-Call"))] += 1
        self.send_response(random.choice([200] * 18 + [503, 429]))
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_POST = do_DELETE = answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


class QuietServer(ThreadingHTTPServer):
    """A server that does not report broken connections: here they are meant to break."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Report nothing."""


def serve() -> None:
    """Serve through a proxy with changing faults until standard input ends; then print what was seen twice."""
    server = QuietServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    done = threading.Event()
    with FaultProxy("127.0.0.1", server.server_port) as proxy:
        print(proxy.port, flush=True)
        threading.Thread(target=_wait_for_end, args=(done,), daemon=True).start()
        while not done.wait(random.uniform(0.5, 2)):
            proxy.faults = random.choice(FAULTS)
        twice = sum(1 for count in Server.seen.values() if count > 1)
        print(json.dumps({"unsafe": len(Server.seen), "twice": twice, "faults": proxy.faults_made}), flush=True)


def _wait_for_end(done: threading.Event) -> None:
    sys.stdin.read()
    done.set()


class Load:
    """The calls of all callers, and their outcomes."""

    def __init__(self, configuration: Configuration, minutes: float) -> None:
        self.configuration, self.end = configuration, time.monotonic() + minutes * 60
        self.outcomes: collections.Counter[str] = collections.Counter()
        self.foreign: list[str] = []
        self.late: list[float] = []
        self._numbers = iter(range(10**9))
        self._lock = threading.Lock()

    def in_threads(self) -> None:
        """Make the calls in threads."""
        with ApiClient(self.configuration) as client, ThreadPoolExecutor(CALLERS) as threads:
            list(threads.map(lambda _: run(self._calls(client)), range(CALLERS)))

    async def in_tasks(self) -> None:
        """Make the calls in tasks of one event loop."""
        async with aio.ApiClient(self.configuration) as client:
            await asyncio.gather(*(self._calls(client) for _ in range(CALLERS)))

    async def _calls(self, client: Any) -> None:
        """Make one call after the other until the end."""
        while time.monotonic() < self.end:
            method = random.choice(["GET", "GET", "POST", "DELETE"])
            with self._lock:
                number = str(next(self._numbers))
            started = time.monotonic()
            outcome = await self._call(client, method, number)
            took = time.monotonic() - started
            with self._lock:
                self.outcomes[f"{method} {outcome}"] += 1
                if took > DEADLINE + TOLERANCE:
                    self.late.append(took)

    async def _call(self, client: Any, method: str, number: str) -> str:
        try:
            headers = {"X-Call": number}
            await settled(client.call_api("/things", method, header_params=headers, _request_timeout=DEADLINE))
        except ApiException as error:
            return type(error).__name__
        except Exception as error:  # what this looks for
            self.foreign.append(repr(error))
            return "foreign exception"
        return "done"


def resident_megabytes() -> float:
    """Return the resident memory of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def soak(minutes: float, in_tasks: bool) -> bool:
    """Run, print what happened, and return whether it is as it must be."""
    command = [sys.executable, "-m", "bench.soak", "--serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        load = Load(Configuration(host=f"http://127.0.0.1:{int(server.stdout.readline())}"), minutes)
        memory = []
        with ThreadPoolExecutor(1) as thread:
            calling = thread.submit(asyncio.run, load.in_tasks()) if in_tasks else thread.submit(load.in_threads)
            while not calling.done():
                time.sleep(min(5.0, minutes * 6))
                memory.append(resident_megabytes())
        calling.result()
        server.stdin.close()
        seen = json.loads(server.stdout.readline())
    third = max(1, len(memory) // 3)
    growth = max(memory[-third:]) / max(memory[:third]) - 1
    for outcome, count in sorted(load.outcomes.items()):
        print(f"{count:8} {outcome}")
    print(f"{sum(load.outcomes.values())} calls in {minutes:g} min, {seen['faults']} faults")
    print(f"foreign exceptions: {len(load.foreign)} {load.foreign[:3]}")
    print(f"past the deadline by more than {TOLERANCE} s: {len(load.late)} {load.late[:3]}")
    print(f"unsafe calls seen twice: {seen['twice']} of {seen['unsafe']}")
    print(f"memory: {memory[0]:.1f} MB at first, {memory[-1]:.1f} MB at last, growth by thirds {growth:+.1%}")
    return not load.foreign and not load.late and not seen["twice"] and growth <= FLAT


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--asyncio", action="store_true", help="the asyncio client, in place of the blocking one")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve()
    else:
        sys.exit(0 if soak(arguments.minutes, arguments.asyncio) else 1)
