"""`python -m test.processes.dropped_clients HOST COUNT CASE`: makes and drops clients, and prints what grew."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path

from elements_sdk import ApiClient
from test.processes.calls import client_of, wrong_answers
from test.processes.watching import Left

_WARM_UP = 200


def memory() -> int:
    """Return the resident memory of this process in bytes."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _call(client: ApiClient) -> None:
    assert wrong_answers(client, [7]) == []


def _call_and_close(client: ApiClient) -> None:
    with client:
        _call(client)


CASES: dict[str, Callable[[ApiClient], None]] = {
    "dropped": lambda _client: None,
    "closed": ApiClient.close,
    "dropped after a call": _call,
    "closed after a call": _call_and_close,
}


def main(host: str, count: int, case: str) -> None:
    """Print by how many descriptors, threads and bytes this process has grown since the warm-up."""
    for _ in range(_WARM_UP):
        CASES[case](client_of(host))
    left, bytes_before = Left.now(), memory()
    for _ in range(count):
        CASES[case](client_of(host))
    now = Left.now()
    print(now.descriptors - left.descriptors, now.threads - left.threads, memory() - bytes_before)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
