"""`python -m test.processes.interrupted_calls HOST INTERRUPTS THREADS`: a signal handler raises during calls."""

from __future__ import annotations

import random
import signal
import sys
import threading
import warnings
from typing import Any

from elements_sdk import AuthApi
from test.processes.calls import client_of, wrong_answers
from test.processes.watching import in_threads

POOL = 4


class Interrupted(Exception):
    """What the handler raises."""


def _interrupt(*_: object) -> None:
    raise Interrupted


def _ignore_interrupts(unraisable: Any) -> None:
    """Leave out those that came while Python cleared something up, where nobody can catch them."""
    if not isinstance(unraisable.exc_value, Interrupted):
        sys.__unraisablehook__(unraisable)


def _call(auth: AuthApi) -> None:
    """Call until the handler raises."""
    signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0002, 0.002), 0.1)
    while auth.get_access_token(77).id == 77:
        pass


def _is_interrupted(auth: AuthApi) -> bool:
    """Call until the handler raises; what Python ignores of it is raised again."""
    try:
        try:
            _call(auth)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except Interrupted:
        return True
    return False


def main(host: str, interrupts: int, threads: int) -> None:
    """Print how many calls were interrupted, and whether each thread had its share; then make calls for `POOL`."""
    sys.unraisablehook = _ignore_interrupts
    for kind in (ResourceWarning, RuntimeWarning):  # of connections and coroutines that were lost between two steps
        warnings.simplefilter("ignore", kind)
    client = client_of(host, pool=POOL)
    client.configuration.total_timeout = 20
    auth, counts, is_over = AuthApi(client), [0] * threads, threading.Event()
    auth.get_access_token(1)  # which imports modules: Python's own locks of those do not bear what comes

    def work(number: int) -> None:
        while not is_over.is_set():
            assert auth.get_access_token(number).id == number
            counts[number] += 1

    signal.signal(signal.SIGALRM, _interrupt)
    others = threading.Thread(target=in_threads, args=(work, threads))
    others.start()
    try:
        caught = sum(_is_interrupted(auth) for _ in range(interrupts))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        is_over.set()
        others.join()
    fair = not counts or min(counts) * 4 > max(counts)
    wrong: list[int] = []
    in_threads(lambda _: wrong.extend(wrong_answers(client, [1000])), 2 * POOL)
    assert wrong == []
    client.close()
    print(caught, fair)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
