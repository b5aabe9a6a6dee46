"""Timeouts of asyncio calls: each call ends at its own, in any loop and in any process, and at no other."""

from __future__ import annotations

import asyncio
import gc
import socket
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest

from elements_sdk import ApiException, ApiTimeoutError, DeadlineExceeded
from elements_sdk.aio import ApiClient, AuthApi
from test.faults import behaviours as does
from test.faults.server import Conversation, FaultServer
from test.processes.watching import Child
from test.recording import RecordingServer
from test.wire.test_aio import ask_and_close, client_of


def test_limit_of_the_whole_is_that_of_the_call_and_not_of_the_task_around_it() -> None:
    async def call(host: str) -> None:
        async with client_of(host) as client:
            with pytest.raises(DeadlineExceeded):
                await AuthApi(client).create_auth_ticket(_request_timeout=0.2)
            task = asyncio.current_task()
            assert task is not None
            assert task.cancelling() == 0
            with pytest.raises(TimeoutError) as caught:
                async with asyncio.timeout(0.2):
                    await AuthApi(client).create_auth_ticket(_request_timeout=20)
            assert not isinstance(caught.value, ApiException)

    with FaultServer(does.silence()) as server:
        asyncio.run(call(server.host))


def test_each_of_many_calls_ends_at_its_own_limit() -> None:
    async def seconds_until_late(client: ApiClient, limit: float | tuple[float, float]) -> float:
        started = time.monotonic()
        with pytest.raises(ApiTimeoutError):
            await AuthApi(client).get_access_token(7, _request_timeout=limit)
        return time.monotonic() - started

    async def calls(host: str) -> list[float]:
        async with client_of(host, retries=0, connection_pool_maxsize=8) as client:
            alone = await seconds_until_late(client, (5, 0.5))
            return [alone, *await asyncio.gather(*(seconds_until_late(client, limit) for limit in timeouts))]

    timeouts: list[float | tuple[float, float]] = [3.3, 0.3, (5, 2.3), (5, 1.3)]
    with FaultServer(does.silence()) as server:
        taken = asyncio.run(calls(server.host))
    for seconds, limit in zip(taken, (0.5, 3.3, 0.3, 2.3, 1.3), strict=True):
        assert limit - 0.01 <= seconds < limit + 0.9


def test_wait_for_a_free_connection_is_not_the_wait_for_a_chunk() -> None:
    async def calls(host: str) -> list[Any]:
        async with client_of(host, connection_pool_maxsize=1) as client:
            return await asyncio.gather(
                *(AuthApi(client).get_access_token(7, _request_timeout=(5, 0.8)) for _ in range(3))
            )

    with FaultServer(does.late_answer(0.5)) as server:
        assert len(asyncio.run(calls(server.host))) == 3


def test_limit_and_cancellation_at_one_moment_leave_the_task_cancelled() -> None:
    async def call(client: ApiClient) -> None:
        task = asyncio.create_task(AuthApi(client).get_access_token(7, _request_timeout=1))
        await asyncio.sleep(0.1)
        time.sleep(1)  # so that both are due when it is over
        asyncio.get_running_loop().call_later(0, task.cancel)
        with pytest.raises(asyncio.CancelledError):
            await task

    async def calls(host: str) -> None:
        async with client_of(host) as client:
            await call(client)

    with FaultServer(does.silence()) as server:
        asyncio.run(calls(server.host))


def test_closed_client_leaves_no_timer_in_the_loop(recorder: RecordingServer) -> None:
    async def call() -> list[asyncio.TimerHandle]:
        recorder.answers('{"ticket": "t"}')
        await ask_and_close(client_of(recorder.host))
        timers: list[asyncio.TimerHandle] = asyncio.get_running_loop()._scheduled  # type: ignore[attr-defined]
        return [timer for timer in timers if not timer.cancelled()]

    assert asyncio.run(call()) == []


async def call_in_a_busy_loop(host: str, limit: float | tuple[float, float], begins: str) -> Any:
    """Make a call whose answer comes in time, while the loop is busy until its limit is over.

    :param begins: what the loop is busy with: a timer, or a socket.
    """
    loop = asyncio.get_running_loop()
    with ExitStack() as stack:
        one, other = map(stack.enter_context, socket.socketpair())
        if begins == "timer":
            loop.call_later(0.1, time.sleep, 1.0)
        else:
            loop.add_reader(one, lambda: time.sleep(float(one.recv(1))))
            stack.callback(loop.remove_reader, one)
            loop.call_later(0.1, other.send, b"1")
        async with client_of(host, retries=0) as client:
            return (await client.call_api("/x", "GET", response_type="object", _request_timeout=limit)).data


@pytest.mark.parametrize("begins", ["timer", "socket"])
@pytest.mark.parametrize("limit", [(5, 0.6), 0.6], ids=["of the headers", "of the call"])
def test_answer_that_has_come_while_the_loop_was_busy_is_not_late(
    limit: float | tuple[float, float], begins: str
) -> None:
    with FaultServer(does.late_answer(0.3)) as server:
        assert asyncio.run(call_in_a_busy_loop(server.host, limit, begins)) == {}


def test_timeout_for_a_chunk_is_that_of_each_call_on_a_kept_connection() -> None:
    async def calls() -> float:
        is_over = asyncio.Event()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for delay in (0, 0, 0.6):
                await reader.readuntil(b"\r\n\r\n")
                await asyncio.sleep(delay)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            await reader.read()
            writer.close()
            is_over.set()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server, client_of(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", retries=0) as client:
            for limit in (0.3, 0.3, 30):
                await client.call_api("/x", "GET", _request_timeout=(5, limit))
                await asyncio.sleep(0.5)  # longer than the limit, which an idle connection does not have
            started = time.monotonic()
            with pytest.raises(ApiTimeoutError, match="did not answer in time"):
                await client.call_api("/x", "GET", _request_timeout=(5, 0.3))
            taken = time.monotonic() - started
            await is_over.wait()  # all of them were made on one connection
            return taken

    assert 0.29 < asyncio.run(calls()) < 4


def test_timeout_for_a_chunk_is_not_that_of_an_upload_which_goes_on_steadily() -> None:
    body = "x" * 16_000_000

    async def read_slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        left = len(body)
        while left:
            left -= len(await reader.read(65_536))
            if left > len(body) / 2:  # the rest is in buffers of the system, when all has been sent
                await asyncio.sleep(0.005)
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    async def call() -> float:
        server = await asyncio.start_server(read_slowly, "127.0.0.1", 0)
        host, started = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", time.monotonic()
        async with server, client_of(host) as client:
            text = {"Content-Type": "text/plain"}
            await client.call_api("/x", "PUT", header_params=text, body=body, _request_timeout=(5, 0.5))
        return time.monotonic() - started

    assert asyncio.run(call()) > 0.5


def test_limit_holds_in_a_child_whose_parent_has_watched_over_calls(recorder: RecordingServer) -> None:
    recorder.answers('{"ticket": "t"}')

    async def seconds_until_late(client: ApiClient, host: str) -> float:
        started = time.monotonic()
        async with client:
            with pytest.raises(DeadlineExceeded):
                await client.request("GET", host, _request_timeout=1)
        return time.monotonic() - started

    with FaultServer(does.dripping_body(0.1)) as server, asyncio.Runner() as loop:
        client = client_of(recorder.host)
        loop.run(AuthApi(client).create_auth_ticket(_request_timeout=0.9))
        assert Child(lambda: asyncio.run(seconds_until_late(client, server.host))).result() < 4
        loop.run(client.close())


def test_timeout_for_the_headers_is_one_for_all_of_them() -> None:
    async def call(host: str) -> None:
        async with client_of(host, retries=0) as client:
            with pytest.raises(ApiTimeoutError, match="did not answer in time") as caught:
                await client.call_api("/x", "GET", _request_timeout=(5, 0.5))
            assert not isinstance(caught.value, DeadlineExceeded)

    with FaultServer(does.slow_headers(0.05)) as server:
        asyncio.run(call(server.host))


def test_calls_of_a_client_share_one_timer() -> None:
    async def timers(host: str) -> list[asyncio.TimerHandle]:
        async with client_of(host, connection_pool_maxsize=20) as client:
            calls = [asyncio.create_task(AuthApi(client).create_auth_ticket()) for _ in range(20)]
            await asyncio.sleep(0.3)
            scheduled: list[asyncio.TimerHandle] = asyncio.get_running_loop()._scheduled  # type: ignore[attr-defined]
            found = [timer for timer in scheduled if not timer.cancelled()]
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
            return found

    with FaultServer(does.silence()) as server:
        assert len(asyncio.run(timers(server.host))) == 1


def test_each_chunk_of_a_raw_response_has_its_timeout() -> None:
    def stop_within_the_body(conversation: Conversation) -> None:
        conversation.read_request()
        conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n1234")
        conversation.pause()

    async def read(host: str) -> None:
        async with client_of(host) as client:
            raw = await AuthApi(client).create_auth_ticket(_preload_content=False, _request_timeout=(5, 0.3))
            async with asyncio.timeout(5) as within:
                with pytest.raises(TimeoutError):
                    await raw.read()
            assert not within.expired()

    with FaultServer(stop_within_the_body) as server:
        asyncio.run(read(server.host))


def test_time_that_it_takes_to_store_a_chunk_is_not_that_of_the_server(tmp_path: Path) -> None:
    async def download(host: str) -> str:
        async with client_of(host, temp_folder_path=str(tmp_path), retries=0) as client:
            loop, threads = asyncio.get_running_loop(), ThreadPoolExecutor(1)
            loop.set_default_executor(threads)
            loop.run_in_executor(None, time.sleep, 1)  # the thread that is to write has something else to do
            done = await client.call_api("/x", "GET", response_type="file", _request_timeout=(5, 0.3))
            return str(done.data)

    with FaultServer(does.answer(body=b"x" * 200_000)) as server:
        assert Path(asyncio.run(download(server.host))).stat().st_size == 200_000


def test_timer_that_a_call_has_set_holds_on_to_nothing_of_its_context(recorder: RecordingServer) -> None:
    class Thing:
        """Something that a program keeps for one of its requests."""

    of_request: ContextVar[Thing] = ContextVar("of_request")

    async def call_with_a_thing(client: ApiClient) -> weakref.ref[Thing]:
        of_request.set(Thing())
        await AuthApi(client).create_auth_ticket(_request_timeout=4)
        return weakref.ref(of_request.get())

    async def calls(host: str) -> None:
        async with client_of(host) as client:
            await AuthApi(client).create_auth_ticket()  # makes the connection, which keeps the context of this call
            thing = await asyncio.create_task(call_with_a_thing(client))
            await asyncio.sleep(0)
            gc.collect()
            assert thing() is None

    recorder.answers('{"ticket": "t"}')
    asyncio.run(calls(recorder.host))


def test_timeout_for_a_chunk_of_the_answer_holds_while_the_request_is_still_being_sent() -> None:
    def answer_and_read_on(conversation: Conversation) -> None:
        while b"\r\n\r\n" not in conversation.receive():
            pass
        conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n1234")
        while conversation.receive():
            conversation.pause(0.02)

    async def upload(host: str) -> None:
        async with client_of(host) as client:
            with pytest.raises(ApiTimeoutError, match="the answer did not come in time") as caught:
                await client.call_api("/x", "PUT", body="x" * 30_000_000, _request_timeout=(5, 0.5))
            assert caught.value.request_sent == "yes"

    with FaultServer(answer_and_read_on) as server:
        asyncio.run(upload(server.host))


def test_call_whose_time_is_over_before_it_is_sent_sends_nothing() -> None:
    async def call(host: str) -> None:
        async with client_of(host, refresh_api_key_hook=lambda _configuration: time.sleep(0.5)) as client:
            with pytest.raises(DeadlineExceeded) as caught:
                await AuthApi(client).create_auth_ticket(_request_timeout=0.4)
            assert caught.value.request_sent == "no"

    with FaultServer(does.answer()) as server:
        asyncio.run(call(server.host))
        assert server.count() == 0
