# /// script
# dependencies = [".", "aiohttp"]
# [tool.bench]
# title = "this SDK"
# ///
"""This SDK, installed from the clone, with every feature on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import SimpleNamespace

from elements_sdk import ApiClient, AuthApi, Configuration
from worker import Contender, Server, serve

READER = ApiClient(Configuration())
START = """
import sys
import elements_sdk
configuration = elements_sdk.Configuration(host=sys.argv[1], api_key={"Bearer": "KEY"})
with elements_sdk.ApiClient(configuration) as client:
    elements_sdk.AuthApi(client).create_auth_ticket()
"""


def configured(server: Server, connections: int) -> Configuration:
    """Return the default configuration with an API token and a number of connections."""
    configuration = Configuration(
        host=server.host, api_key={"Authorization": "KEY"}, api_key_prefix={"Authorization": "Bearer"}
    )
    if connections > 1:
        configuration.connection_pool_maxsize = connections
    return configuration


class Client:
    """One client, with an API token."""

    def __init__(self, server: Server, connections: int) -> None:
        auth = AuthApi(ApiClient(configured(server, connections)))
        self.call, self.fetch = auth.create_auth_ticket, auth.get_access_token
        self.list = lambda size: auth.get_all_access_tokens(limit=size, ordering="slow")


def tasks(server: Server, connections: int) -> Callable[[], Awaitable[object]]:
    """Return a call of one asyncio client, with an API token."""
    from elements_sdk import aio  # here, so that the other work is done without what it imports

    return aio.AuthApi(aio.ApiClient(configured(server, connections))).create_auth_ticket


def decode(data: bytes) -> object:
    """Decode bytes to models."""
    return READER.deserialize(SimpleNamespace(data=data), "list[OneTimeAccessToken]")


if __name__ == "__main__":
    serve(Contender(decode=decode, connect=Client, lists=True, tasks=tasks, start=START, imports="import elements_sdk"))
