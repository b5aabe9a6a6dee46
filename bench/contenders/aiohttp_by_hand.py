# /// script
# dependencies = ["aiohttp"]
# [tool.bench]
# title = "aiohttp by hand"
# ///
"""`ClientSession.post` and `json.loads`, as people write it by hand, with the headers that the SDK sends."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import aiohttp

from worker import TICKET, Contender, Server, serve


def tasks(server: Server, connections: int) -> Callable[[], Awaitable[object]]:
    """Return a call over one session."""
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections))
    url = server.host + TICKET

    async def call() -> object:
        async with session.post(url, headers=server.headers) as response:
            return json.loads(await response.read())

    return call


if __name__ == "__main__":
    serve(Contender(tasks=tasks))
