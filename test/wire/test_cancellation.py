"""Cancelled calls: nothing is left of them, nothing is done twice, and the client and the session go on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from elements_sdk import Configuration
from elements_sdk.aio import ApiClient, AuthApi
from test.faults import behaviours as does
from test.faults.backlog import filled_backlog
from test.faults.server import Behaviour, FaultServer
from test.processes.watching import nothing_left

MOMENTS: dict[str, Callable[[], Behaviour]] = {
    "waiting for the answer": does.silence,
    "within the headers": lambda: does.slow_headers(0.02),
    "within the body": lambda: does.dripping_body(0.02),
    "nobody reads": does.deaf,
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT"])
def test_call_cancelled_at_this_moment_is_sent_once_and_frees_its_connection(moment: str, method: str) -> None:
    async def cancel_and_go_on(host: str) -> None:
        configuration = Configuration(host=host, api_key={"Bearer": "KEY"})
        configuration.connection_pool_maxsize = 1
        async with ApiClient(configuration) as client:
            task = asyncio.create_task(client.call_api("/x", method, response_type="object"))
            await asyncio.sleep(0.15)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await client.call_api("/x", method, response_type="object", _return_http_data_only=True) == {}

    with nothing_left(), FaultServer(MOMENTS[moment](), does.answer()) as server:
        asyncio.run(cancel_and_go_on(server.host))
        assert server.connections == 2
        assert server.count() == (1 if moment == "nobody reads" else 2)


def test_call_cancelled_while_it_connects_or_waits_for_a_connection_has_sent_nothing() -> None:
    async def cancel(host: str) -> None:
        configuration = Configuration(host=host, api_key={"Bearer": "KEY"})
        configuration.connection_pool_maxsize = 1
        async with ApiClient(configuration) as client:
            tasks = [asyncio.create_task(AuthApi(client).create_auth_ticket()) for _ in range(3)]
            await asyncio.sleep(0.1)
            for task in reversed(tasks):
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            assert [type(end) for end in ends] == [asyncio.CancelledError] * 3

    with nothing_left(), FaultServer(does.silence()) as server:
        asyncio.run(cancel(server.host))
        assert server.count() == 1
    with nothing_left(), filled_backlog() as (host, port):
        asyncio.run(cancel(f"http://{host}:{port}"))


def test_cancelled_download_leaves_no_file(tmp_path: Path) -> None:
    async def download(host: str) -> None:
        configuration = Configuration(host=host, api_key={"Bearer": "KEY"})
        configuration.temp_folder_path = str(tmp_path)
        async with ApiClient(configuration) as client:
            task = asyncio.create_task(client.call_api("/x", "GET", response_type="file"))
            await asyncio.sleep(0.2)
            assert list(tmp_path.iterdir())
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert list(tmp_path.iterdir()) == []

    with nothing_left(), FaultServer(does.dripping_body(0.02, 1000)) as server:
        asyncio.run(download(server.host))


def test_wait_between_attempts_can_be_cancelled() -> None:
    async def wait(host: str) -> None:
        async with ApiClient(Configuration(host=host, api_key={"Bearer": "KEY"})) as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await AuthApi(client).create_auth_ticket()

    with nothing_left(), FaultServer(does.answer(429, headers=[("Retry-After", "5")])) as server:
        asyncio.run(wait(server.host))
        assert server.count() == 1
