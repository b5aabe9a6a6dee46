"""Calls that can tell whether a response is their own, and a server that sends such responses."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterable

from elements_sdk import ApiClient, AuthApi, Configuration
from test.faults.behaviours import Headers, message
from test.faults.server import Behaviour, Conversation, Seen


def own_answers(seconds: float = 0.0, headers: Headers = ()) -> Behaviour:
    """Answer every request, after some seconds, with the number in its path: `{"id": 7}`.

    The `token` in the response is the number of the connection.
    """

    def behave(conversation: Conversation) -> None:
        while seen := conversation.read_request():
            if seconds:
                conversation.pause(seconds)
            conversation.send(message(body=_own_body(seen), headers=headers, method=seen.method))

    return behave


def held_answer(go: threading.Event, seconds: float = 20.0) -> Behaviour:
    """Answer each request once `go` is set, or after some seconds."""

    def behave(conversation: Conversation) -> None:
        while seen := conversation.read_request():
            go.wait(seconds)
            conversation.send(message(body=_own_body(seen), method=seen.method))

    return behave


def _own_body(seen: Seen) -> bytes:
    last = seen.target.partition("?")[0].rpartition("/")[2]
    body = {"id": int(last) if last.isdigit() else 0, "token": f"{seen.connection}", "ticket": last}
    return json.dumps(body).encode()


def client_of(host: str, ca_pem: str | None = None, *, key: str | None = "KEY", pool: int = 10) -> ApiClient:
    """Return a client of such a server: over TLS with `ca_pem`, and with session cookies without `key`."""
    configuration = Configuration(host=host, api_key={"Bearer": key} if key else None)
    configuration.ssl_context = ssl.create_default_context(cadata=ca_pem) if ca_pem else None
    configuration.connection_pool_maxsize = pool
    return ApiClient(configuration)


def wrong_answers(client: ApiClient, numbers: Iterable[int]) -> list[int]:
    """Fetch tokens one after the other, and return the numbers of those that were answered with another."""
    auth = AuthApi(client)
    return [number for number in numbers if auth.get_access_token(number).id != number]


def warm(client: ApiClient, connections: int) -> None:
    """Make calls side by side until the pool holds that many connections, given a server that answers a little late."""
    threads = [threading.Thread(target=wrong_answers, args=(client, [number])) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
