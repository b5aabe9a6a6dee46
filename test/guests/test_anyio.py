"""The asyncio client under anyio, whose backend is asyncio."""

from __future__ import annotations

import anyio

from elements_sdk import Configuration, aio
from test.faults.behaviours import answer, silence
from test.faults.server import FaultServer


def test_calls_are_made_and_cancelled_in_scopes_of_anyio() -> None:
    done: list[str] = []

    async def main(host: str) -> None:
        async with aio.ApiClient(Configuration(host)) as client:
            auth = aio.AuthApi(client)
            with anyio.move_on_after(0.2):
                await auth.create_auth_ticket()
                done.append("never")
            async with anyio.create_task_group() as group:
                for name in ("first", "second"):
                    group.start_soon(call, auth, name)

    async def call(auth: aio.AuthApi, name: str) -> None:
        await auth.create_auth_ticket()
        done.append(name)

    with FaultServer(silence(), answer(), answer()) as server:
        anyio.run(main, server.host)
    assert sorted(done) == ["first", "second"]
