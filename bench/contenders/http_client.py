# /// script
# dependencies = []
# [tool.bench]
# title = "http.client (floor)"
# ///
"""`http.client` of the standard library, one connection a thread: the lower bound of what a call in Python can cost."""

from __future__ import annotations

import http.client
import json
import threading

from worker import TICKET, TOKENS, Contender, Server, serve

START = """
import http.client, json, sys
connection = http.client.HTTPConnection(sys.argv[1].removeprefix("http://"))
connection.request("POST", "/api/2/auth/ticket", headers=json.loads(sys.argv[2]))
json.loads(connection.getresponse().read())
"""


class Client:
    """One connection a thread."""

    def __init__(self, server: Server, connections: int) -> None:
        self.server, self.mine = server, threading.local()

    def request(self, method: str, path: str) -> object:
        """Make one call."""
        if not hasattr(self.mine, "connection"):
            self.mine.connection = http.client.HTTPConnection("127.0.0.1", self.server.port)
        self.mine.connection.request(method, path, headers=self.server.headers)
        return json.loads(self.mine.connection.getresponse().read())

    def call(self) -> object:
        """Fetch a ticket."""
        return self.request("POST", TICKET)

    def fetch(self, size: int) -> object:
        """Fetch a token of so many bytes."""
        return self.request("GET", f"{TOKENS}/{size}")


if __name__ == "__main__":
    serve(Contender(connect=Client, start=START, imports="import http.client"))
