"""Framing that would get round the limit of bytes."""

from __future__ import annotations

import pytest

from elements_sdk import ApiConnectionError, ApiException, Configuration, IncompleteBody, ResponseTooLarge
from test.both_clients import ApiClient, both_kinds, is_asyncio
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
    configuration.retries, configuration.total_timeout = False, 5
    body = CHUNKED + size.encode() + b"\r\n{}\r\n0\r\n\r\n"
    with FaultServer(says(body)) as server:
        configuration.host = server.host
        with ApiClient(configuration) as client, pytest.raises(ApiException) as caught:
            client.call_api("/x", "GET", response_type="object")
    assert isinstance(caught.value, ApiConnectionError if is_asyncio() else IncompleteBody)


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
    kinds = ("IncompleteBody",) if "-1" in name else (ResponseTooLarge.__name__,)
    assert found.error in (kinds if client_kind == "blocking" else ("ApiConnectionError", "IncompleteBody"))
    assert found.growth <= CAP + MARGIN
