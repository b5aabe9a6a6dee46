"""A status that came is told, whatever becomes of the body behind it, and the call goes on as the status says."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from elements_sdk import (
    ApiException,
    Configuration,
    NotFoundException,
    ServiceException,
    TooManyRequestsException,
    UnauthorizedException,
)
from test.both_clients import ApiClient, AuthApi, both_kinds
from test.faults.behaviours import answer
from test.faults.server import Behaviour, Conversation, FaultServer

pytestmark = both_kinds

KINDS: dict[int, type[ApiException]] = {
    401: UnauthorizedException,
    404: NotFoundException,
    429: TooManyRequestsException,
    503: ServiceException,
}
CHUNKS = b"Transfer-Encoding: chunked\r\n\r\n"
LARGE = b'{"detail": "' + b"a" * 2000 + b'"}'
BODIES = {
    "not gzip": b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    "a cut gzip": b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(LARGE)[:20],
    "a coding that is not known": b"Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}",
    "shorter than its length": b"Content-Length: 100\r\n\r\n{}",
    "nothing of its length": b"Content-Length: 100\r\n\r\n",
    "without its last chunk": CHUNKS + b"2\r\n{}\r\n",
    "a cut chunk": CHUNKS + b"9\r\n{}",
    "longer than it may be": b"Content-Length: %d\r\n\r\n%b" % (len(LARGE), LARGE),
    "chunks that are more than they may be": CHUNKS + b"%x\r\n%b\r\n0\r\n\r\n" % (len(LARGE), LARGE),
}
statuses, bodies = pytest.mark.parametrize("status", KINDS), pytest.mark.parametrize("body", BODIES)


def damaged(status: int, body: str, headers: bytes = b"", resets: bool = False) -> Behaviour:
    """Answer one request with this status and a damaged body, and close the connection."""

    def behave(conversation: Conversation) -> None:
        if conversation.read_request():
            conversation.send(b"HTTP/1.1 %d Odd\r\n%bConnection: close\r\n%b" % (status, headers, BODIES[body]))
            if resets:
                conversation.pause(0.05)  # till it has come
                conversation.reset()

    return behave


def client_of(server: FaultServer, **settings: Any) -> ApiClient:
    return ApiClient(Configuration(server.host, {"Bearer": "KEY"}, max_response_bytes=1000, **settings))


@statuses
@bodies
@pytest.mark.parametrize("resets", [False, True], ids=["closed", "reset"])
def test_status_is_told_and_decides_about_retries(resets: bool, body: str, status: int) -> None:
    behaviour = damaged(status, body, resets=resets)
    with FaultServer(behaviour, behaviour, answer()) as server, client_of(server, retries=1) as client:
        with pytest.raises(KINDS[status]) as caught:
            AuthApi(client).get_access_token(7)
        assert type(caught.value) is KINDS[status]
        assert (caught.value.status, caught.value.reason, caught.value.request_sent) == (status, "Odd", "yes")
        assert caught.value.attempts == server.count() == (2 if status in (429, 503) else 1)


@bodies
def test_key_is_renewed(body: str) -> None:
    def renew(configuration: Configuration) -> None:
        configuration.api_key = {"Bearer": f"KEY{len(server.requests)}"}

    with FaultServer(damaged(401, body), answer()) as server:
        with client_of(server, refresh_api_key_hook=renew) as client:
            AuthApi(client).create_auth_ticket()
        assert [seen.header("Authorization") for seen in server.requests] == ["Bearer KEY0", "Bearer KEY1"]


@bodies
@pytest.mark.parametrize("status", [429, 503])
def test_wait_that_the_server_asks_for_is_told(status: int, body: str) -> None:
    with FaultServer(damaged(status, body, b"Retry-After: 86400\r\n")) as server, client_of(server) as client:
        with pytest.raises(KINDS[status]) as caught:
            AuthApi(client).get_access_token(7)
        assert (getattr(caught.value, "retry_after", None), caught.value.attempts) == (86400, 1)
