"""`python -m test.processes.forks_under_load HOST CA_FILE THREADS FORKS`: forks while threads call.

The children end like any program, with all that Python does at exit.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import warnings
from pathlib import Path

from elements_sdk import ApiClient
from test.processes.calls import client_of, wrong_answers

_LONGEST = 4.0  # seconds for a child's call and exit
_CHILDS_NUMBERS = 1_000_000


def _call_until(client: ApiClient, numbers: range, end: threading.Event) -> None:
    while not end.is_set():
        assert wrong_answers(client, numbers) == []


def fork() -> int:
    """Fork, without the warning that Python 3.12 and newer give of a fork beside other threads."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
        return os.fork()


def waited_for(child: int) -> bool:
    """Return whether a child exits with 0 in time; one that does not is killed."""
    end = time.monotonic() + _LONGEST
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status == 0
        time.sleep(0.002)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return False


def main(host: str, ca_file: str, threads: int, forks: int) -> None:
    """Print how many of the children exited with 0."""
    sys.setswitchinterval(1e-4)  # so that a fork finds threads anywhere, also where they hold a lock
    client = client_of(host, Path(ca_file).read_text("ascii") if ca_file else None, key=None)
    assert wrong_answers(client, [0]) == []  # so that no fork comes during the imports of the first call
    end = threading.Event()
    callers = [
        threading.Thread(target=_call_until, args=(client, range(number * 100, number * 100 + 5), end))
        for number in range(threads)
    ]
    for caller in callers:
        caller.start()
    good = 0
    for number in range(_CHILDS_NUMBERS, _CHILDS_NUMBERS + forks):
        child = fork()
        if child == 0:
            end = threading.Event()
            sys.exit(1 if wrong_answers(client, [number]) else 0)
        good += waited_for(child)
    end.set()
    for caller in callers:
        caller.join()
    client.close()
    print(good)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
