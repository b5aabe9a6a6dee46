"""What pools of processes do: it must be found by name from each of them."""

from __future__ import annotations

from elements_sdk import ApiClient, ApiValueError
from test.processes.calls import wrong_answers

_clients: list[ApiClient] = []


def call_with(client: ApiClient, numbers: list[int]) -> list[int] | str:
    """The wrong answers that a pickled client gets, or why it makes no call."""
    try:
        return wrong_answers(client, numbers)
    except ApiValueError as error:
        return f"{type(error).__name__}: {error}"


def keep(client: ApiClient) -> None:
    """Have a client for all calls of this process, as a global of a module would be."""
    _clients[:] = [client]


def call_with_kept(numbers: list[int]) -> list[int]:
    """The wrong answers that the client of this process gets."""
    return wrong_answers(_clients[0], numbers)
