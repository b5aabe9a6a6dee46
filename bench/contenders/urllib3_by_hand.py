# /// script
# dependencies = ["urllib3"]
# [tool.bench]
# title = "urllib3 by hand"
# ///
"""`PoolManager.request` and `json.loads`, as people write it by hand, with the headers that the SDK sends."""

from __future__ import annotations

import json

import urllib3

from worker import SLOW, TICKET, TOKENS, Contender, Server, serve

START = """
import json, sys
import urllib3
response = urllib3.PoolManager().request("POST", sys.argv[1] + "/api/2/auth/ticket", headers=json.loads(sys.argv[2]))
json.loads(response.data)
"""


class Client:
    """One PoolManager."""

    def __init__(self, server: Server, connections: int) -> None:
        self.http = urllib3.PoolManager(maxsize=connections)
        self.host, self.headers, self.ticket = server.host, server.headers, server.host + TICKET

    def call(self) -> object:
        """Fetch a ticket."""
        return json.loads(self.http.request("POST", self.ticket, headers=self.headers).data)

    def fetch(self, size: int) -> object:
        """Fetch a token of so many bytes."""
        return json.loads(self.http.request("GET", f"{self.host}{TOKENS}/{size}", headers=self.headers).data)

    def list(self, size: int) -> object:
        """Fetch a list of so many tokens by a slow link."""
        return json.loads(self.http.request("GET", self.host + SLOW % size, headers=self.headers).data)


if __name__ == "__main__":
    serve(Contender(decode=json.loads, connect=Client, lists=True, start=START, imports="import urllib3"))
