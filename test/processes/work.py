"""Functions for pools of processes, which import them by name."""

from __future__ import annotations

from elements_sdk import ApiClient, ApiValueError
from test.processes.calls import wrong_answers

_clients: list[ApiClient] = []


def call_with(client: ApiClient, numbers: list[int]) -> list[int] | str:
    """Return the wrong answers that a pickled client gets, or why it makes no call."""
    try:
        return wrong_answers(client, numbers)
    except ApiValueError as error:
        return f"{type(error).__name__}: {error}"


def keep(client: ApiClient) -> None:
    """Keep a client for all calls of this process, as a global of a module would."""
    _clients[:] = [client]


def call_with_kept(numbers: list[int]) -> list[int]:
    """Return the wrong answers that the client of this process gets."""
    return wrong_answers(_clients[0], numbers)
