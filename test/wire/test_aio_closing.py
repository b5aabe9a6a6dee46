"""`close()` of the asyncio client: every call that is under way ends at once, whatever it waits for."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from elements_sdk import ApiConnectionError, Configuration
from elements_sdk.aio import ApiClient, AuthApi, Session
from test.faults import behaviours as does
from test.faults.backlog import filled_backlog
from test.faults.server import Behaviour, Conversation, FaultServer
from test.processes.watching import nothing_left
from test.tls import TRUSTED

Call = Callable[[ApiClient], Coroutine[Any, Any, Any]]
SECONDS = 5  # in which all is over; the limits of the calls are 60
NO_LIMIT = {"timeout": (None, None), "total_timeout": None}
LIMITS: dict[str, dict[str, Any]] = {"60 s": {"timeout": (60, 60), "total_timeout": 60}, "no limit": NO_LIMIT}


def get(client: ApiClient) -> Coroutine[Any, Any, Any]:
    return client.call_api("/x", "GET", response_type="object")


def upload(client: ApiClient) -> Coroutine[Any, Any, Any]:
    text = {"Content-Type": "text/plain"}
    return client.call_api("/x", "PUT", header_params=text, body="x" * 30_000_000)


def download(client: ApiClient) -> Coroutine[Any, Any, Any]:
    return client.call_api("/x", "GET", response_type="file")


async def two_for_one_connection(client: ApiClient) -> Any:
    first = asyncio.create_task(get(client))
    await asyncio.sleep(0.1)
    try:
        await get(client)
    finally:
        assert isinstance((await asyncio.gather(first, return_exceptions=True))[0], ApiConnectionError)


def begins(said: bytes) -> Behaviour:
    """Say only this in answer to a request, and nothing more."""

    def behave(conversation: Conversation) -> None:
        conversation.read_request()
        conversation.send(said)
        conversation.pause()

    return behave


@contextmanager
def faulty(behaviour: Behaviour) -> Iterator[dict[str, Any]]:
    with FaultServer(behaviour) as server:
        yield {"host": server.host, "server": server}


@contextmanager
def unreachable() -> Iterator[dict[str, Any]]:
    with filled_backlog() as (host, port):
        yield {"host": f"http://{host}:{port}"}


@contextmanager
def deaf_to_tls() -> Iterator[dict[str, Any]]:
    with FaultServer(does.deaf()) as server:
        yield {"host": f"https://127.0.0.1:{server.port}"}


@contextmanager
def deaf_proxy() -> Iterator[dict[str, Any]]:
    with FaultServer(does.deaf()) as proxy:
        yield {"host": "https://elsewhere.invalid", "proxy": proxy.host}


@contextmanager
def silent_by_tls() -> Iterator[dict[str, Any]]:
    with FaultServer(does.silence(), tls=TRUSTED.context_for("localhost")) as server:
        yield {"host": server.host, "ssl_ca_data": TRUSTED.ca_pem, "server": server}


HEADERS = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n"
LATER = does.answer(503, headers=[("Retry-After", "50")])
PHASES: dict[str, tuple[Callable[[], Any], Call, str]] = {
    "waiting for a free connection": (lambda: faulty(does.silence()), two_for_one_connection, "no"),
    "connecting": (unreachable, get, "no"),
    "in the TLS handshake": (deaf_to_tls, get, "no"),
    "waiting for a proxy": (deaf_proxy, get, "no"),
    "sending": (lambda: faulty(does.deaf()), upload, "maybe"),
    "waiting for headers": (lambda: faulty(does.silence()), get, "maybe"),
    "waiting for headers by TLS": (silent_by_tls, get, "maybe"),
    "within the headers": (lambda: faulty(begins(HEADERS)), get, "maybe"),
    "reading a body": (lambda: faulty(begins(HEADERS + b"\r\n1234")), get, "yes"),
    "writing a file": (lambda: faulty(begins(HEADERS + b"\r\n1234")), download, "yes"),
    "pausing before a retry": (lambda: faulty(LATER), get, "yes"),
}


def client_of(settings: dict[str, Any]) -> ApiClient:
    configuration = Configuration(api_key={"Bearer": "KEY"})
    for name, value in {"connection_pool_maxsize": 1, **settings}.items():
        setattr(configuration, name, value)
    return ApiClient(configuration)


async def error_of_closed(settings: dict[str, Any], call: Call) -> BaseException:
    """Close a client while it makes a call; return the exception that ends the call.

    :param settings: of the configuration; and `server`, where the call is to have reached one.
    """
    server: FaultServer | None = settings.pop("server", None)
    client = client_of(settings)
    task = asyncio.create_task(call(client))
    while server is not None and not (server.connections if call is upload else server.requests):
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.4)
    assert not task.done()
    async with asyncio.timeout(SECONDS):
        await client.close()
        error = (await asyncio.gather(task, return_exceptions=True))[0]
    assert task.cancelling() == 0
    assert isinstance(error, BaseException)
    return error


@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("phase", PHASES)
def test_call_ends_when_the_client_is_closed_while_it_is(phase: str, limits: str, tmp_path: Path) -> None:
    server, call, sent = PHASES[phase]
    with nothing_left(), server() as settings:
        settings = {**settings, **LIMITS[limits], "temp_folder_path": str(tmp_path)}
        error = asyncio.run(error_of_closed(settings, call))
        gc.collect()
    assert type(error) is ApiConnectionError
    assert "the client was closed meanwhile" in str(error)
    assert (error.request_sent, error.is_final) == (sent, True)
    assert list(tmp_path.iterdir()) == []


def test_caller_who_reads_a_body_is_told_when_the_client_is_closed() -> None:
    async def read(client: ApiClient) -> bytes:
        raw = await AuthApi(client).create_auth_ticket(_preload_content=False)
        return await raw.read()

    with nothing_left(), faulty(begins(HEADERS + b"\r\n1234")) as settings:
        error = asyncio.run(error_of_closed({**settings, **NO_LIMIT}, read))
        gc.collect()
    assert isinstance(error, aiohttp.ClientConnectionError)


def test_body_that_has_come_can_be_read_after_the_client_is_closed() -> None:
    async def read(host: str) -> bytes:
        async with client_of({"host": host}) as client:
            raw = await AuthApi(client).create_auth_ticket(_preload_content=False)
        return await raw.read()

    with FaultServer(does.answer(body=b'{"ticket": "t"}')) as server:
        assert asyncio.run(read(server.host)) == b'{"ticket": "t"}'


def test_tasks_that_wait_for_a_session_end_with_its_login() -> None:
    async def close_during_the_login(host: str) -> list[Any]:
        configuration = Configuration(host=host)
        configuration.timeout, configuration.total_timeout = (60, 60), 60
        session = Session(configuration, "u", "p")
        logins = [asyncio.create_task(session.__aenter__()) for _ in range(2)]
        await asyncio.sleep(0.3)
        async with asyncio.timeout(SECONDS):
            await session.auth.api_client.close()
            return await asyncio.gather(*logins, return_exceptions=True)

    with nothing_left(), FaultServer(does.silence()) as server:
        errors = asyncio.run(close_during_the_login(server.host))
        gc.collect()
    assert all("closed" in str(error) for error in errors)


def test_task_that_is_cancelled_and_closed_at_one_moment_is_cancelled() -> None:
    async def close_and_cancel(host: str) -> None:
        client = client_of({"host": host})
        task = asyncio.create_task(get(client))
        await asyncio.sleep(0.2)
        task.cancel()
        await client.close()
        with pytest.raises(asyncio.CancelledError):
            await task

    with nothing_left(), FaultServer(does.silence()) as server:
        asyncio.run(close_and_cancel(server.host))
        gc.collect()
