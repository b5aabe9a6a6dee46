# /// script
# dependencies = ["elements-sdk==3.3.2"]
# [tool.bench]
# title = "3.3 client"
# ///
"""The 3.3 client, the predecessor of this SDK."""

from __future__ import annotations

from types import SimpleNamespace

from elements_sdk import ApiClient, AuthApi, Configuration
from worker import Contender, Server, serve

READER = ApiClient(Configuration())
START = """
import sys
import elements_sdk
configuration = elements_sdk.Configuration(
    host=sys.argv[1], api_key={"Authorization": "KEY"}, api_key_prefix={"Authorization": "Bearer"}
)
elements_sdk.AuthApi(elements_sdk.ApiClient(configuration)).create_auth_ticket()
"""


class Client:
    """One client, with an API token."""

    def __init__(self, server: Server, connections: int) -> None:
        configuration = Configuration()
        configuration.host = server.host
        configuration.api_key["Authorization"] = "KEY"
        configuration.api_key_prefix["Authorization"] = "Bearer"
        if connections > 1:
            configuration.connection_pool_maxsize = connections
        auth = AuthApi(ApiClient(configuration))
        self.call, self.fetch = auth.create_auth_ticket, auth.get_access_token


def decode(data: bytes) -> object:
    """Decode bytes to models, as its `call_api` does it."""
    return READER.deserialize(SimpleNamespace(data=data.decode()), "list[OneTimeAccessToken]")


if __name__ == "__main__":
    serve(Contender(decode=decode, connect=Client, start=START, imports="import elements_sdk"))
