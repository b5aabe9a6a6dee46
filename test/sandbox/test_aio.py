"""Many tasks of one asyncio client."""

from __future__ import annotations

import asyncio

from elements_sdk.aio import ApiClient, AuthApi
from elements_sdk.sandbox import Sandbox
from test.processes.watching import nothing_left


def test_many_tasks_share_the_connections_of_the_pool_and_get_their_own_answers(sandbox: Sandbox) -> None:
    async def read_all() -> None:
        configuration = sandbox.configuration(sandbox.admin)
        configuration.connection_pool_maxsize = 4
        async with ApiClient(configuration) as client:
            auth = AuthApi(client)
            numbers = [token.id for token in await auth.get_all_access_tokens(limit=60)]
            assert [token.id for token in await asyncio.gather(*map(auth.get_access_token, numbers))] == numbers

    with nothing_left():
        asyncio.run(read_all())
