"""Whatever bytes a server answers with: a model or an ApiException, soon, and the same for both clients."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from elements_sdk import ApiClient, ApiException, AuthApi, Configuration, DeadlineExceeded, aio
from test.faults.server import Conversation, FaultServer
from test.wire.responses import DIFFERENCE, Drawn, responses

LIMIT = 0.2  # seconds that a call may take
LATE = 1.5  # seconds; machines are busy
SETTINGS = settings(
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.generate],
)


class Clients:
    """A server that answers with what is set, and calls by both clients of it."""

    def __init__(self, script: list[Any], blocking: Callable[[], Any], of_asyncio: Callable[[], Any]) -> None:
        self.script, self.blocking, self.asyncio = script, blocking, of_asyncio

    def __repr__(self) -> str:
        return "Clients()"


@pytest.fixture(scope="module")
def clients() -> Iterator[Clients]:
    script: list[Any] = [b"", "closed"]

    def behave(conversation: Conversation) -> None:
        if conversation.read_request():
            conversation.send(script[0])
            if script[1] == "open":
                conversation.pause(3 * LIMIT)
            elif script[1] == "reset":
                conversation.reset()

    async def start(configuration: Configuration) -> aio.ApiClient:
        return aio.ApiClient(configuration)

    with FaultServer(behave) as server, asyncio.Runner() as runner:
        configuration = Configuration(host=server.host, api_key={"Bearer": "KEY"})
        configuration.total_timeout, configuration.retries = LIMIT, 0
        of_asyncio = runner.run(start(configuration))
        with ApiClient(configuration) as client:
            calls = aio.AuthApi(of_asyncio)
            yield Clients(
                script,
                lambda: AuthApi(client).get_access_token(7),
                lambda: runner.run(_awaited(calls)),
            )
        runner.run(of_asyncio.close())


async def _awaited(auth: aio.AuthApi) -> Any:
    return await auth.get_access_token(7)


def outcome(call: Callable[[], Any]) -> tuple[str, Any]:
    """Make a call; whatever it raises besides an `ApiException` fails the test."""
    start = time.monotonic()
    try:
        read: tuple[str, Any] = ("read", call().to_dict())
    except ApiException as error:
        read = ("refused", type(error))
    assert time.monotonic() - start < LATE
    return read


def agree(clients: Clients) -> bool:
    """Make the call by both clients; return whether both read the same, or both refuse."""
    blocking, of_asyncio = outcome(clients.blocking), outcome(clients.asyncio)
    is_late = DeadlineExceeded in (blocking[1], of_asyncio[1])
    return is_late or blocking == of_asyncio or blocking[0] == of_asyncio[0] == "refused"


def check(clients: Clients, response: Drawn) -> None:
    clients.script[:] = response.data, response.ending
    # A kept connection may end just when it is used again, so they may disagree by chance.
    found = agree(clients) or agree(clients) or agree(clients)
    assert found or DIFFERENCE.match(response.data)


@settings(SETTINGS, max_examples=80)
@given(responses())
def test_any_response_is_a_model_or_an_exception(clients: Clients, response: Drawn) -> None:
    check(clients, response)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@settings(SETTINGS, derandomize=False, max_examples=2_000)
@given(responses())
def test_two_thousand_responses_are_models_or_exceptions(clients: Clients, response: Drawn) -> None:
    check(clients, response)
