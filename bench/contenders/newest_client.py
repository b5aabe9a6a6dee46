# /// script
# dependencies = ["elements-sdk>=26"]
# [tool.bench]
# title = "newest client"
# ///
"""The newest client of the package index, made for newer servers."""

# The package stands in this contender's environment only; for a checker `elements_sdk` is this SDK.
# pyright: reportMissingImports=false

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from elements_sdk import ApiClient, Configuration
from elements_sdk.api.auth_api import AuthApi
from worker import Contender, Server, serve

START = """
import sys
import elements_sdk
from elements_sdk.api.auth_api import AuthApi
configuration = elements_sdk.Configuration(
    host=sys.argv[1], api_key={"Bearer": "KEY"}, api_key_prefix={"Bearer": "Bearer"}
)
AuthApi(elements_sdk.ApiClient(configuration)).create_auth_ticket()
"""


class Client:
    """One client, with an API token."""

    def __init__(self, server: Server, connections: int) -> None:
        configuration = Configuration(host=server.host, api_key={"Bearer": "KEY"}, api_key_prefix={"Bearer": "Bearer"})
        if connections > 1:
            configuration.connection_pool_maxsize = connections
        auth = AuthApi(ApiClient(configuration))
        self.call, self.fetch = auth.create_auth_ticket, auth.get_access_token


def decode(data: bytes) -> object:
    """Decode bytes to models, as its `call_api` does it."""
    from elements_sdk.model.one_time_access_token import OneTimeAccessToken

    reader: Any = ApiClient(Configuration())
    return reader.deserialize(SimpleNamespace(data=data.decode()), ([OneTimeAccessToken],), True)


if __name__ == "__main__":
    serve(Contender(decode=decode, connect=Client, start=START, imports="import elements_sdk"))
