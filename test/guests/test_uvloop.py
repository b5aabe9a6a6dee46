"""Timeouts in uvloop, whose timers round."""

from __future__ import annotations

import asyncio
import random
import time

import uvloop

from elements_sdk import ApiException, Configuration
from elements_sdk.aio import ApiClient, AuthApi
from test.faults import behaviours as does
from test.faults.server import FaultServer


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
