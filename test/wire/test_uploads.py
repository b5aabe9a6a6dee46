"""Large uploads that are refused before they are read, and a header `Expect` of the caller's."""

from __future__ import annotations

import ssl

import pytest

from elements_sdk import ApiException, Configuration
from test.both_clients import ApiClient, both_kinds, is_asyncio
from test.faults import behaviours as does
from test.faults.server import Behaviour, Conversation, FaultServer
from test.tls import TRUSTED

pytestmark = both_kinds

LARGE = b"x" * 30_000_000
BINARY = {"Content-Type": "application/octet-stream"}


def client_of(server: FaultServer) -> ApiClient:
    configuration = Configuration(host=server.host, api_key={"Bearer": "KEY"}, ssl_ca_data=TRUSTED.ca_pem)
    configuration.retries, configuration.total_timeout, configuration.connection_pool_maxsize = False, 8, 1
    return ApiClient(configuration)


def upload(client: ApiClient, body: bytes = LARGE, **headers: str) -> object:
    return client.call_api(
        "/x",
        "POST",
        body=body,
        header_params={**BINARY, **headers},
        response_type="object",
        _return_http_data_only=True,
    )


def answers_the_headers(response: bytes) -> Behaviour:
    """Answer as soon as the headers of a request are there, and neither read on nor close."""

    def behave(conversation: Conversation) -> None:
        received = b""
        while b"\r\n\r\n" not in received:
            received += conversation.receive()
        conversation.send(response)
        conversation.pause()

    return behave


@pytest.mark.parametrize("status", [413, 401, 503])
def test_refusal_of_a_large_upload_is_found_while_it_is_sent(status: int) -> None:
    refusal = does.message(status, b'{"detail": "Not this one."}')
    with FaultServer(answers_the_headers(refusal), does.answer()) as server, client_of(server) as client:
        with pytest.raises(ApiException, match="Not this one") as caught:
            upload(client)
        assert (caught.value.status, caught.value.request_sent, caught.value.attempts) == (status, "yes", 1)
        assert client.call_api("/x", "GET", response_type="object", _return_http_data_only=True) == {}
        assert server.connections == 2  # on the first, a request would be taken for the rest of the body


def answers_and_is_gone(response: bytes) -> Behaviour:
    """Answer as soon as the headers of a request are there, and close, so that the rest of it resets the connection."""

    def behave(conversation: Conversation) -> None:
        conversation.receive()
        conversation.send(response)

    return behave


@pytest.mark.parametrize("status", [413, 401, 503])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_refusal_is_read_though_sending_failed(
    scheme: str, status: int, tls: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    refusal = does.message(status, b'{"detail": "Not this one."}')
    context = tls if scheme == "https" else None
    # asyncio closes a connection as soon as sending fails, so it loses an answer that comes just before.
    words = "Not this one|the connection broke" if is_asyncio() else "Not this one"
    with FaultServer(answers_and_is_gone(refusal), does.answer(), tls=context) as server, client_of(server) as client:
        with pytest.raises(ApiException, match=words) as caught:
            upload(client)
        assert (caught.value.attempts, server.connections) == (1, 1)
        assert client.call_api("/x", "GET", response_type="object", _return_http_data_only=True) == {}
        assert server.connections == 2
    assert "socket.send() raised" not in caplog.text  # what asyncio says of each chunk for a connection that is gone


def test_interim_answers_do_not_end_an_upload() -> None:
    def behave(conversation: Conversation) -> None:
        conversation.send(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
        does.answer(200, b'{"taken": true}')(conversation)

    with FaultServer(behave) as server, client_of(server) as client:
        assert upload(client) == {"taken": True}
        assert [len(seen.body) for seen in server.requests] == [len(LARGE)]


def test_large_upload_arrives_whole_and_the_connection_is_kept() -> None:
    body = bytes(range(256)) * 100_000
    with FaultServer(does.answer()) as server, client_of(server) as client:
        assert [upload(client, body), upload(client, body[::-1])] == [{}, {}]
        assert [seen.body for seen in server.requests] == [body, body[::-1]]
        assert server.connections == 1


@pytest.mark.parametrize("expectation", ["100-continue", "100-Continue", "something"])
@pytest.mark.parametrize("size", [2, 200_000])
def test_body_is_sent_at_once_whatever_the_caller_expects(size: int, expectation: str) -> None:
    with FaultServer(does.answer()) as server, client_of(server) as client:
        assert upload(client, b"x" * size, Expect=expectation) == {}
        assert [(len(seen.body), seen.header("Expect")) for seen in server.requests] == [(size, expectation)]
