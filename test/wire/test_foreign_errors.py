"""What other people's code raises in the middle of a call is told as itself, and so is a loop that is not asyncio's."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Coroutine
from http.client import HTTPConnection
from typing import Any

import aiohttp
import pytest
import urllib3
from urllib3.connection import HTTPConnection as UrllibConnection

import elements_sdk
from elements_sdk import ApiException, ApiValueError, Configuration, aio
from test.both_clients import ApiClient, AuthApi, both_kinds, is_asyncio
from test.faults.behaviours import answer
from test.faults.server import FaultServer
from test.tls import PACKAGE

KINDS: list[type[Exception]] = [TypeError, ValueError, RuntimeError, KeyError, AttributeError, UnicodeError]
HOOKS: dict[str, tuple[dict[str, type], str]] = {
    "blocking": (
        {
            "urlopen": urllib3.HTTPConnectionPool,
            "request": UrllibConnection,
            "putheader": HTTPConnection,
            "connect": UrllibConnection,
            "getresponse": UrllibConnection,
        },
        "getresponse",
    ),
    "asyncio": (
        {
            "_request": aiohttp.ClientSession,
            "update_headers": aiohttp.ClientRequest,
            "connect": aiohttp.TCPConnector,
            "send": aiohttp.ClientRequest,
            "start": aiohttp.ClientResponse,
        },
        "start",
    ),
}


@both_kinds
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", range(5))
def test_error_of_a_hook_is_told_as_itself(
    number: int, kind: type[Exception], client_kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks, after_sending = HOOKS[client_kind]
    name = list(hooks)[number]
    raised: list[Exception] = []

    def broken_hook(*_arguments: Any, **_named: Any) -> Any:
        raised.append(kind("boom, said SECRETKEY"))
        raise raised[-1]

    monkeypatch.setattr(hooks[name], name, broken_hook)
    with (
        FaultServer(answer()) as server,
        ApiClient(Configuration(server.host, {"Bearer": "SECRETKEY"})) as client,
        pytest.raises(ApiException) as caught,
    ):
        AuthApi(client).get_access_token(7)
    error = caught.value
    assert type(error) is ApiException
    assert f"{kind.__name__} while the call was made, raised by broken_hook in test_foreign_errors.py" in str(error)
    assert "boom, said ***" in str(error).replace("'", "")
    assert (error.__cause__, error.attempts, len(raised)) == (raised[0], 1, 1)
    assert (error.status, error.request_sent) == (0, "maybe" if name in (after_sending, "send") else "no")
    assert error.__cause__ is not None
    assert error.__cause__.__traceback__ is None
    assert error.__cause__.__context__ is error.__cause__.__cause__ is None
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename.startswith(PACKAGE):
            assert "SECRETKEY" not in repr(frame.f_locals)


@both_kinds
@pytest.mark.parametrize("kind", [ZeroDivisionError, LookupError, RuntimeError])
def test_exception_that_a_hook_makes_of_a_broken_connection_does_not_hide_that(
    kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the hook says so by `raise from`; an exception that is not a mistake goes to the caller as it is."""
    owner: Any = aiohttp.ClientSession if is_asyncio() else urllib3.HTTPConnectionPool
    name = "_request" if is_asyncio() else "urlopen"

    def wrapping(*_arguments: Any, **_named: Any) -> Any:
        raise kind("wrapped") from ConnectionResetError("reset by peer")

    monkeypatch.setattr(owner, name, wrapping)
    expected = kind if kind is ZeroDivisionError else elements_sdk.ApiConnectionError
    with ApiClient(Configuration("http://127.0.0.1:9", retries=0)) as client, pytest.raises(expected) as caught:
        AuthApi(client).get_access_token(7)
    assert type(caught.value) is expected


def not_in_asyncio(coroutine: Coroutine[Any, Any, object]) -> Any:
    """Run the first step of a coroutine as another loop would."""
    with pytest.raises(ApiValueError) as caught:
        coroutine.send(None)
    return caught.value


async def calls() -> None:
    async with aio.ApiClient(Configuration("http://127.0.0.1:9")) as client:
        await aio.AuthApi(client).create_auth_ticket()


async def pages() -> None:
    async with aio.ApiClient(Configuration("http://127.0.0.1:9")) as client:
        async for _ in aio.AuthApi(client).iter_access_tokens():
            pass


async def bulk() -> None:
    async for _ in aio.map_calls(aio.AuthApi(aio.ApiClient()).delete_access_token, [1, 2]):
        pass


async def session() -> None:
    async with aio.Session(Configuration("http://127.0.0.1:9"), "ada", "SECRET"):
        pass


@pytest.mark.parametrize("program", [calls, pages, bulk, session])
def test_loop_that_is_not_asyncios_is_refused(program: Callable[[], Coroutine[Any, Any, object]]) -> None:
    refused = not_in_asyncio(program())
    assert "no event loop of asyncio is running here: use asyncio.run" in str(refused)
    assert refused.__context__ is refused.__cause__ is None
