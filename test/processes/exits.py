"""`python -m test.processes.exits HOST CASE`: programs that end while a client is open or a call is under way."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable

from elements_sdk import ApiClient, AuthApi
from test.processes.calls import client_of, wrong_answers


def client_left_open(client: ApiClient) -> None:
    """Make calls, and end without a close."""
    assert wrong_answers(client, [1, 2]) == []


def pool_left_open(client: ApiClient) -> None:
    """Make calls in the client's own threads, and end without a close."""
    assert AuthApi(client).get_access_token(3, async_req=True).get(10).id == 3


def call(client: ApiClient) -> None:
    """Make a call that is not answered."""
    AuthApi(client).get_access_token(4)


def call_in_own_threads(client: ApiClient) -> None:
    """Wait for a call in the client's own threads that is not answered."""
    AuthApi(client).get_access_token(5, async_req=True).get()


def call_within_block(client: ApiClient) -> None:
    """Make a call that is not answered, on a client that is closed on the way out."""
    with client:
        call(client)


def call_in_own_threads_within_block(client: ApiClient) -> None:
    """Wait for a call in the client's own threads that is not answered, on a client that is closed on the way out."""
    with client:
        call_in_own_threads(client)


CASES: dict[str, Callable[[ApiClient], None]] = {
    case.__name__: case
    for case in (
        client_left_open,
        pool_left_open,
        call,
        call_in_own_threads,
        call_within_block,
        call_in_own_threads_within_block,
    )
}

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore Ctrl-C
    kept = client_of(sys.argv[1])
    CASES[sys.argv[2]](kept)
