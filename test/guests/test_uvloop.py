"""uvloop: timers that round and come before sockets, the end of calls and of kept connections."""

from __future__ import annotations

import asyncio
import gc
import random
import time

import pytest
import uvloop

from elements_sdk import ApiConnectionError, ApiException, Configuration
from elements_sdk.aio import ApiClient, AuthApi
from test.faults import behaviours as does
from test.faults.server import FaultServer
from test.processes.watching import nothing_left
from test.wire.test_aio_closing import NO_LIMIT, PHASES, error_of_closed
from test.wire.test_aio_connections import POSTS, OneAnswerEach, post_after_each_end
from test.wire.test_deadlines import call_in_a_busy_loop


def test_limits_end_their_own_calls_only_in_a_loop_whose_timers_round() -> None:
    dice = random.Random(5)

    async def until(client: ApiClient, end: float) -> list[str]:
        ends = []
        while time.monotonic() < end:
            limit = dice.uniform(0.02, 0.06) if dice.random() < 0.25 else 20
            try:
                await AuthApi(client).get_access_token(7, _request_timeout=limit)
                ends.append("done")
            except ApiException as error:
                ends.append(type(error).__name__)
        return ends

    async def calls(host: str) -> set[str]:
        configuration = Configuration(host=host, api_key={"Bearer": "KEY"})
        configuration.retries, configuration.connection_pool_maxsize = 0, 40
        async with ApiClient(configuration) as client:
            found = await asyncio.gather(*(until(client, time.monotonic() + 2) for _ in range(40)))
            return {end for ends in found for end in ends}

    with (
        FaultServer(does.late_answer(0.04, body=b'{"id": 7}')) as server,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop,
    ):
        found = loop.run(calls(server.host))
    assert found - {"ApiTimeoutError"} == {"done", "DeadlineExceeded"}  # the timeout for a chunk may come first


@pytest.mark.parametrize("begins", ["timer", "socket"])
@pytest.mark.parametrize("limit", [(5, 0.6), 0.6], ids=["of the headers", "of the call"])
def test_answer_that_has_come_while_the_loop_was_busy_is_not_late(
    limit: float | tuple[float, float], begins: str
) -> None:
    with (
        FaultServer(does.late_answer(0.3)) as server,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop,
    ):
        assert loop.run(call_in_a_busy_loop(server.host, limit, begins)) == {}


@pytest.mark.parametrize("phase", PHASES)
def test_call_ends_when_the_client_is_closed_while_it_is(phase: str) -> None:
    server, call, sent = PHASES[phase]
    uvloop.new_event_loop().close()  # the first one of a process opens a pipe that stays
    with nothing_left(), server() as settings, asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        error = loop.run(error_of_closed({**settings, **NO_LIMIT}, call))
        gc.collect()
    assert type(error) is ApiConnectionError
    assert "the client was closed meanwhile" in str(error)
    assert error.request_sent == sent


@pytest.mark.parametrize("way", ["direct", "through a proxy"])
def test_connection_that_ended_while_the_loop_was_busy_is_not_used_again(way: str) -> None:
    behaviour = OneAnswerEach()
    with FaultServer(behaviour) as server, asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        settings = {} if way == "direct" else {"proxy": server.host}
        host = server.host if way == "direct" else "http://127.0.0.1:9"
        loop.run(post_after_each_end(host, behaviour, **settings))
        assert server.count("POST") == server.connections == POSTS
