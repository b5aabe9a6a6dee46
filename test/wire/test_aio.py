"""What only the asyncio client must guarantee: its event loop, its end, and its behaviour in other processes."""

from __future__ import annotations

import asyncio
import copy
import gc
import pickle
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from elements_sdk import (
    ApiConnectionError,
    ApiException,
    ApiTypeError,
    ApiValueError,
    Configuration,
    Ticket,
)
from elements_sdk.aio import ApiClient, AuthApi, Session
from test.faults import behaviours as does
from test.faults.server import FaultServer
from test.processes.watching import Child, nothing_left
from test.recording import RecordingServer


def client_of(host: str, **settings: Any) -> ApiClient:
    configuration = Configuration(host=host, api_key={"Bearer": "KEY"})
    for name, value in settings.items():
        setattr(configuration, name, value)
    return ApiClient(configuration)


async def ask(client: ApiClient) -> Ticket:
    return await AuthApi(client).create_auth_ticket()


async def ask_and_close(client: ApiClient) -> Ticket:
    async with client:
        return await ask(client)


def test_client_belongs_to_the_loop_of_its_first_call(recorder: RecordingServer) -> None:
    recorder.answers('{"ticket": "t"}')
    client = client_of(recorder.host)
    with asyncio.Runner() as first, asyncio.Runner() as second:
        assert first.run(ask(client)).ticket == "t"
        with pytest.raises(ApiValueError, match="belongs to another event loop: make one in each loop"):
            second.run(ask(client))
        assert first.run(ask(client)).ticket == "t"
        first.run(client.close())
    assert len(recorder.requests) == 2


def test_new_client_works_after_a_loop_has_ended(recorder: RecordingServer) -> None:
    recorder.answers('{"ticket": "t"}')
    configuration = Configuration(host=recorder.host, api_key={"Bearer": "KEY"})
    with nothing_left():
        for _ in range(3):
            assert asyncio.run(ask_and_close(ApiClient(configuration))).ticket == "t"


def test_closed_client_makes_no_calls_and_can_be_closed_again(recorder: RecordingServer) -> None:
    async def close_and_ask() -> None:
        client = client_of(recorder.host)
        await client.close()
        await client.close()
        for call in (ask(client), client.request("GET", recorder.host), client.call_api("/x", "GET")):
            with pytest.raises(ApiValueError, match="this client is closed"):
                await call

    asyncio.run(close_and_ask())
    assert recorder.requests == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_closing_ends_the_calls_that_are_under_way_and_leaves_no_connection(method: str) -> None:
    async def close_meanwhile(host: str) -> list[object]:
        client = client_of(host, connection_pool_maxsize=2)
        calls = [asyncio.create_task(client.call_api("/x", method)) for _ in range(4)]
        await asyncio.sleep(0.2)
        await client.close()
        return list(await asyncio.gather(*calls, return_exceptions=True))

    with nothing_left(), FaultServer(does.silence()) as server:
        errors = asyncio.run(close_meanwhile(server.host))
        gc.collect()
        for error in errors:
            assert type(error) is ApiConnectionError
            assert "the client was closed meanwhile" in str(error)
            assert error.attempts == 1
        assert sorted(error.request_sent for error in errors if isinstance(error, ApiException)) == [
            *["maybe"] * 2,
            *["no"] * 2,
        ]


def test_retry_after_the_client_was_closed_makes_no_connection() -> None:
    async def close_in_the_pause(host: str) -> None:
        client = client_of(host)
        call = asyncio.create_task(AuthApi(client).get_access_token(7))
        await asyncio.sleep(0.2)
        await client.close()
        with pytest.raises(ApiConnectionError, match="the client was closed meanwhile"):
            await call

    with nothing_left(), FaultServer(does.answer(503, headers=[("Retry-After", "1")])) as server:
        asyncio.run(close_in_the_pause(server.host))
        gc.collect()
        assert server.count() == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST", "PATCH"])
@pytest.mark.parametrize("behaviour", [does.stale, does.stale_reset])
def test_request_on_a_kept_connection_that_breaks_is_not_sent_again_by_aiohttp(
    method: str, behaviour: Callable[[], Any]
) -> None:
    async def call_twice(host: str) -> None:
        async with client_of(host, retries=False) as client:
            await client.call_api("/x", "GET")
            with pytest.raises(ApiConnectionError) as caught:
                await client.call_api("/x", method)
            assert (caught.value.request_sent, caught.value.attempts) == ("maybe", 1)

    with FaultServer(behaviour(), does.answer()) as server:
        asyncio.run(call_twice(server.host))
        assert server.count() == 2


def test_raw_response_that_is_kept_holds_up_no_other_call_and_is_aiohttps_own() -> None:
    async def keep_one(host: str) -> None:
        async with client_of(host, connection_pool_maxsize=1) as client:
            raw = await AuthApi(client).create_auth_ticket(_preload_content=False)
            other = await AuthApi(client).create_auth_ticket(_preload_content=False)
            assert type(await ask(client)) is Ticket
            assert (raw.status, await raw.json()) == (200, {})
            raw.release()
            other.close()

    with nothing_left(), FaultServer(does.answer(body=b"{}" + b" " * 5_000_000)) as server:
        asyncio.run(keep_one(server.host))
        assert server.connections == 3


def test_request_goes_to_any_address_without_credentials(recorder: RecordingServer) -> None:
    async def send() -> None:
        async with client_of("https://elsewhere.invalid") as client:
            answer = await client.request("GET", f"{recorder.host}/x", query_params={"a": 1})
            assert (answer.status, answer.data) == (200, b"{}")
            raw = await client.request("POST", f"{recorder.host}/y", body={"b": 2}, _preload_content=False)
            assert await raw.json() == {}

    asyncio.run(send())
    assert [(sent.method, sent.path, sent.query) for sent in recorder.requests] == [
        ("GET", "/x", "a=1"),
        ("POST", "/y", ""),
    ]
    assert all(sent.header("Authorization") is None for sent in recorder.requests)


def test_headers_on_the_wire_are_ours_and_none_of_aiohttps(recorder: RecordingServer) -> None:
    recorder.answers('{"ticket": "t"}')
    asyncio.run(ask_and_close(client_of(recorder.host)))
    assert {name.lower() for name, _ in recorder.last.headers} <= {
        *("host", "accept", "accept-encoding", "authorization", "content-length", "user-agent"),
    }
    assert f"{recorder.last.header('User-Agent')}".startswith("ELEMENTS-SDK/")
    assert recorder.last.header("Accept-Encoding") == "identity"


def test_background_calls_are_tasks_and_not_threads() -> None:
    async def ask_in_the_background() -> None:
        async with client_of("http://127.0.0.1:9") as client:
            with pytest.raises(ApiTypeError, match=r"takes no argument 'async_req' here: put it into a task"):
                await AuthApi(client).create_auth_ticket(async_req=True)  # type: ignore[call-overload]

    asyncio.run(ask_in_the_background())


def test_client_travels_by_copy_and_pickle(recorder: RecordingServer) -> None:
    recorder.answers('{"ticket": "t"}')
    client = client_of(recorder.host)
    client.set_default_header("X-Custom", "ours")
    clone = copy.deepcopy(client)
    assert asyncio.run(ask_and_close(clone)).ticket == "t"
    assert (recorder.last.header("Authorization"), recorder.last.header("X-Custom")) == ("Bearer KEY", "ours")
    assert b"KEY" not in pickle.dumps(client)
    with pytest.raises(ApiValueError, match="pickled without its"):
        asyncio.run(ask_and_close(pickle.loads(pickle.dumps(client))))
    client.configuration.pickle_credentials = True
    assert asyncio.run(ask_and_close(pickle.loads(pickle.dumps(client)))).ticket == "t"
    asyncio.run(client.close())


def test_client_and_copy_work_in_a_forked_child(recorder: RecordingServer) -> None:
    recorder.answers('{"ticket": "t"}')
    client = client_of(recorder.host)
    with asyncio.Runner() as runner:
        assert runner.run(ask(client)).ticket == "t"
        assert Child(lambda: asyncio.run(ask_and_close(client)).ticket).result() == "t"
        assert runner.run(ask(client)).ticket == "t"  # over the connection that the child has left alone
        runner.run(client.close())
    assert len(recorder.requests) == 3


def test_session_does_not_travel() -> None:
    session = Session(Configuration(), "u", "p")
    with pytest.raises(ApiTypeError, match="a Session cannot be pickled"):
        pickle.dumps(session)
    for travel in (copy.deepcopy, pickle.dumps):
        with pytest.raises(ApiTypeError, match="the client of a Session cannot be"):
            travel(session.auth.api_client)


def test_kept_connection_holds_on_to_no_task_and_no_response(recorder: RecordingServer) -> None:
    async def call(host: str) -> None:
        async with client_of(host) as client:
            task = asyncio.create_task(ask(client))
            await task
            task_is_alive = weakref.ref(task)
            del task
            await asyncio.sleep(0)
            gc.collect()
            assert task_is_alive() is None

    recorder.answers('{"ticket": "t"}')
    asyncio.run(call(recorder.host))
