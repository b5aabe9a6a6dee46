"""What is not valid HTTP is refused at once and for good; no framing gets round the limit of bytes."""

from __future__ import annotations

import pytest

from elements_sdk import ApiException, Configuration, IncompleteBody, ResponseFormatError
from test.both_clients import ApiClient, both_kinds
from test.faults import behaviours as does
from test.faults.server import Behaviour, Conversation, FaultServer
from test.wire.cost import CAP, MARGIN, cost_of

pytestmark = both_kinds

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
BLOCK = b"10000\r\n" + b" " * 65_536 + b"\r\n"
CLOSE = ("Connection", "close")


def says(start: bytes, block: bytes = b"", times: int = 0) -> Behaviour:
    """Answer with a start and the same block so many times, and close."""

    def behave(conversation: Conversation) -> None:
        if conversation.read_request():
            conversation.send(start)
            for _ in range(times):
                conversation.send(block)

    return behave


SIZES = ["-1", "-2", "+2", "0_2", "0x2", "2_0", "", " ", "2 2", "2h", "\u0662", "1" * 17, "2,2"]


@pytest.mark.parametrize("size", SIZES)
def test_a_chunk_has_a_size_of_hexadecimal_digits_or_is_an_error(size: str) -> None:
    configuration = Configuration(api_key={"Bearer": "KEY"})
    body = CHUNKED + size.encode() + b"\r\n{}\r\n0\r\n\r\n"
    with FaultServer(says(body)) as server:
        configuration.host = server.host
        with ApiClient(configuration) as client, pytest.raises(ApiException) as caught:
            client.call_api("/x", "GET", response_type="object")
    assert isinstance(caught.value, ResponseFormatError)
    assert "not valid HTTP" in str(caught.value)
    assert len(server.requests) == 1


@pytest.mark.parametrize("behind", ["..0\r\n\r\n", ".\n0\r\n\r\n", "\r\n0\r\nno colon\r\n\r\n", "\r\n0\r\nX: 1"])
def test_what_stands_behind_a_chunk_is_an_end_of_line_and_trailers_or_an_error(behind: str) -> None:
    with FaultServer(says(CHUNKED + b"2\r\n{}" + behind.encode())) as server:
        configuration = Configuration(host=server.host, retries=False)
        with ApiClient(configuration) as client, pytest.raises((ResponseFormatError, IncompleteBody)):
            client.call_api("/x", "GET", response_type="object")


@pytest.mark.parametrize("size", ["2", "02", "0002", "2;a=b", "2 "])
def test_a_chunk_may_have_zeros_before_its_size_and_extensions_behind(size: str) -> None:
    configuration = Configuration(api_key={"Bearer": "KEY"})
    body = CHUNKED + size.encode() + b"\r\n{}\r\n0\r\n\r\n"
    with FaultServer(says(body)) as server:
        configuration.host = server.host
        with ApiClient(configuration) as client:
            assert client.call_api("/x", "GET", response_type="object", _return_http_data_only=True) == {}


GREEDY = {
    "a length of 2 beside chunks": OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
    "chunks before a length of 2": OK + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n",
    "a chunk of size -1": CHUNKED + b"-1\r\n",
    "a chunk of size -1 behind another": CHUNKED + b"2\r\n{}\r\n-1\r\n",
}


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("name", GREEDY)
def test_no_framing_gets_round_the_limit_of_bytes(client_kind: str, name: str, status: int) -> None:
    start = GREEDY[name].replace(b"200 OK", b"%d Well" % status)
    with FaultServer(does.answer(headers=[CLOSE], times=1), says(start, BLOCK, 1600)) as server:
        found = cost_of(client_kind, server.host, "object", total_timeout=10)
    # A chunk that comes later than the headers is, to aiohttp, a body that breaks off.
    assert found.error in ("ResponseFormatError", "IncompleteBody" if client_kind == "asyncio" else "ServiceException")
    assert found.growth <= CAP + MARGIN


MALFORMED = {
    "a blank before the colon": b"X-Frame-Options : DENY",
    "a blank in a name": b"X Y: 1",
    "no colon": b"nothing",
    "no name": b": 1",
    "two lengths": b"Content-Length: 2\r\nContent-Length: 14",
    "a length twice": b"Content-Length: 2, 2",
    "a length with a sign": b"Content-Length: +2",
    "chunks of something else": b"Transfer-Encoding: gzip, chunked",
    "chunks twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    "a coding that is not known": b"Transfer-Encoding: xchunked",
}


@pytest.mark.parametrize("status", [200, 401])
@pytest.mark.parametrize("name", MALFORMED)
def test_a_header_line_that_cannot_be_read_is_refused_at_once(name: str, status: int) -> None:
    configuration = Configuration(api_key={"Bearer": "KEY"})
    start = b"HTTP/1.1 %d Well\r\n%b\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\n{}" % (status, MALFORMED[name])

    def behave(conversation: Conversation) -> None:
        if conversation.read_request():
            conversation.send(start)
            conversation.pause()

    with FaultServer(behave) as server:
        configuration.host = server.host
        with ApiClient(configuration) as client, pytest.raises(ApiException) as caught:
            client.call_api("/x", "GET", response_type="object")
    assert type(caught.value) is ResponseFormatError
    assert "not valid HTTP" in str(caught.value)
    assert caught.value.request_sent == "yes"
    assert len(server.requests) == 1


STATUS_LINES = [b"SSH-2.0-OpenSSH_9.6", b"HTTP/9.9 200 OK", b"HTTP/1.1 2x0 OK", b"\x00\xff", b"HTTP/1.1 20000 OK"]


@pytest.mark.parametrize("line", STATUS_LINES)
def test_what_is_not_a_status_line_is_refused_at_once(line: bytes) -> None:
    configuration = Configuration(api_key={"Bearer": "KEY"})
    with FaultServer(says(line + b"\r\n\r\n")) as server:
        configuration.host = server.host
        with ApiClient(configuration) as client, pytest.raises(ResponseFormatError, match="not valid HTTP"):
            client.call_api("/x", "GET", response_type="object")
    assert len(server.requests) == 1
