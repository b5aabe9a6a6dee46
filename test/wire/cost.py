"""What one call costs in a process of its own: memory, CPU seconds, and for how long the event loop stands still."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elements_sdk import ApiException, Configuration
from test.both_clients import ApiClient, is_asyncio, of_kind, run

MIB = 1024 * 1024
CAP = 8 * MIB  # `max_response_bytes` of the call
MARGIN = 40 * MIB  # that memory may grow beyond it


@dataclass(frozen=True)
class Cost:
    """The outcome of a call and what it has cost.

    :ivar error: name of the exception's class; `None`: the call has succeeded.
    :ivar growth: bytes by which the process has grown at most.
    :ivar cpu: seconds of CPU.
    :ivar longest: most seconds of CPU between two turns of the event loop; 0 for the blocking client.
    """

    error: str | None
    status: int | None
    text: str
    growth: int
    cpu: float
    longest: float


def cost_of(client_kind: str, host: str, result: str, **settings: Any) -> Cost:
    """Make a call that succeeds and then the one that is measured, in a child process.

    :param result: what the call promises, as `response_type`.
    """
    program = "import sys; from test.wire.cost import measure; measure(*sys.argv[1:])"
    arguments = (client_kind, host, result, json.dumps({"max_response_bytes": CAP, **settings}))
    ran = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=100)
    assert ran.returncode == 0, ran.stderr
    return Cost(**json.loads(ran.stdout))


def measure(client_kind: str, host: str, result: str, settings: str) -> None:
    """Print the cost of the second of two calls: for a child process."""
    configuration = Configuration(host=host, api_key={"Bearer": "KEY"})
    for name, value in {"retries": False, "total_timeout": 1, **json.loads(settings)}.items():
        setattr(configuration, name, value)
    with of_kind(client_kind), ApiClient(configuration) as client:
        client.call_api("/api/2/things", "GET")
        turns = _Turns()
        before, started, failed = _peak(), time.process_time(), None
        try:
            client.call_api("/api/2/things", "GET", response_type=result)
        except ApiException as error:
            failed = error
        cost = Cost(
            None if failed is None else type(failed).__name__,
            None if failed is None else failed.status,
            str(failed),
            _peak() - before,
            time.process_time() - started,
            turns.end(),
        )
    print(json.dumps(vars(cost)))


def _peak() -> int:
    """Return the peak memory of this process, in bytes; `getrusage` would count that of its parent as well."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


class _Turns:
    """Watches the turns of the event loop of a test."""

    def __init__(self) -> None:
        self._longest = self._last = 0.0
        self._is_running = is_asyncio()
        if self._is_running:
            run(self._begin())

    async def _begin(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._last = time.process_time()
        self._come_round()

    def _come_round(self) -> None:
        now = time.process_time()
        self._longest, self._last = max(self._longest, now - self._last), now
        if self._is_running:
            self._loop.call_soon(self._come_round)

    def end(self) -> float:
        self._is_running = False
        return self._longest
