"""Bulk work over connections, in programs that end in the middle of it."""

from __future__ import annotations

import asyncio

import pytest

from elements_sdk import (
    PagingError,
    aio,
)
from test.both_clients import auth_of, both_kinds, map_calls
from test.faults.behaviours import late_answer
from test.faults.server import FaultServer
from test.listing import ListServer
from test.processes.calls import client_of
from test.processes.watching import run


@both_kinds
def test_small_pool_makes_calls_wait_and_none_fail() -> None:
    with FaultServer(late_answer(0.02, body=b'{"id": 1}')) as server, client_of(server.host) as client:
        client.configuration.connection_pool_maxsize = 2
        with auth_of(client.configuration) as auth:
            outcomes = list(map_calls(auth.get_access_token, range(1, 41), max_concurrency=16))
        assert all(outcome.ok for outcome in outcomes)
        assert server.connections == 2


def test_ctrl_c_at_any_moment_loses_no_outcome() -> None:
    assert run("bulk_interrupted", within=50) == "0\n"


def test_iteration_that_breaks_off_gives_the_outcomes_of_its_entries_and_then_its_error() -> None:
    async def main() -> None:
        given = list[int]()
        async with aio.ApiClient(server.configuration()) as client:
            auth = aio.AuthApi(client)
            expired = (token.id async for token in auth.iter_access_tokens(page_size=20))

            async def call(number: int) -> int:
                return number

            async def work() -> None:
                async for outcome in aio.map_calls(call, expired):
                    given.append(outcome.item)

            with pytest.raises(PagingError):
                await work()
        assert given == list(range(40))

    with ListServer(range(100)) as server:
        server.fails_at = {3}
        asyncio.run(main())
