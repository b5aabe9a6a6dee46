"""Compressed bodies: one coding, in steps, and complete."""

from __future__ import annotations

import gzip
import json
import random
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from elements_sdk import ApiException, Configuration, IncompleteBody, ResponseFormatError
from test.both_clients import ApiClient, AuthApi, both_kinds
from test.faults import behaviours as does
from test.faults.server import Behaviour, Conversation, FaultServer
from test.wire.cost import MARGIN, MIB, cost_of

pytestmark = both_kinds

TEXT = b'{"ticket": "t"}'
CLOSE = ("Connection", "close")
EMPTY = gzip.compress(b"", mtime=0)


def encoded(data: bytes, coding: str, status: int = 200) -> Behaviour:
    return does.answer(status, data, [("Content-Encoding", coding), CLOSE], times=1)


def client_of(server: FaultServer, **settings: object) -> ApiClient:
    configuration = Configuration(host=server.host, api_key={"Bearer": "KEY"})
    for name, value in {"retries": False, **settings}.items():
        setattr(configuration, name, value)
    return ApiClient(configuration)


def call(client: ApiClient, kind: str = "object") -> object:
    return client.call_api("/api/2/things", "GET", response_type=kind, _return_http_data_only=True)


READ = {
    "gzip": gzip.compress(TEXT),
    "GZIP": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT),
    "identity, gzip": gzip.compress(TEXT),
    "gzip , identity": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "deflate,": zlib.compress(TEXT, wbits=-15),
    "identity": TEXT,
    "": TEXT,
}


@pytest.mark.parametrize("coding", READ)
def test_one_coding_is_read_and_identity_beside_it_means_nothing(coding: str) -> None:
    with FaultServer(encoded(READ[coding], coding)) as server, client_of(server) as client:
        assert call(client) == {"ticket": "t"}


def test_gzip_members_are_one_body_and_padding_after_them_is_skipped() -> None:
    members = gzip.compress(TEXT[:5]) + EMPTY + gzip.compress(TEXT[5:])
    behaviours = [encoded(members + padding, "gzip") for padding in (b"", b"\0", b"\0" * 512, b"trailing")]
    with FaultServer(*behaviours) as server, client_of(server) as client:
        assert [call(client) for _ in behaviours] == [{"ticket": "t"}] * 4


def test_an_answer_without_a_body_may_name_a_coding() -> None:
    behaviours = [encoded(b"", "gzip"), encoded(b"", "gzip", 204)]
    with FaultServer(*behaviours) as server, client_of(server) as client:
        assert [call(client), call(client)] == [None, None]


REFUSED = ["gzip, gzip", "gzip, deflate", "deflate, identity, gzip", "br", "gzip;q=1", ", ".join(["gzip"] * 1000)]


@pytest.mark.parametrize("kind", ["object", "file", "raw"])
@pytest.mark.parametrize("coding", REFUSED, ids=lambda coding: coding[:24])
def test_another_coding_or_more_than_one_is_refused_once(tmp_path: Path, coding: str, kind: str) -> None:
    preload, kind = kind != "raw", "object" if kind == "raw" else kind
    server = FaultServer(encoded(gzip.compress(gzip.compress(TEXT)), coding), does.answer())
    with server, client_of(server, retries=2, temp_folder_path=str(tmp_path)) as client:
        with pytest.raises(ResponseFormatError, match=r"compressed|content coding") as caught:
            client.call_api("/x", "GET", response_type=kind, _preload_content=preload)
        assert (caught.value.status, caught.value.attempts, caught.value.request_sent) == (200, 1, "yes")
        assert list(tmp_path.iterdir()) == []
        assert call(client) == {}


@pytest.mark.parametrize("lines", [("gzip", "gzip"), ("identity", "gzip, deflate"), ("", "deflate", "gzip")])
def test_codings_on_several_header_lines_are_counted_together(lines: tuple[str, ...]) -> None:
    headers = [CLOSE, *(("Content-Encoding", line) for line in lines)]
    server = FaultServer(does.answer(200, gzip.compress(gzip.compress(TEXT)), headers))
    with server, client_of(server) as client, pytest.raises(ResponseFormatError, match="compressed 2 times"):
        call(client)


CUT = {
    "half of it": gzip.compress(bytes(range(256)) * 400)[:400],
    "all but the trailer": gzip.compress(TEXT)[:-8],
    "all but a byte": gzip.compress(TEXT)[:-1],
    "the start of another member": gzip.compress(TEXT) + EMPTY[:12],
    "a byte": EMPTY[:1],
    "half of a deflate stream": zlib.compress(bytes(range(256)) * 400)[:300],
    "a deflate stream without its checksum": zlib.compress(TEXT)[:-4],
    "a raw deflate stream without its end": zlib.compress(TEXT * 9, wbits=-15)[:-2],
}


@pytest.mark.parametrize("kind", ["object", "file"])
@pytest.mark.parametrize("part", CUT)
def test_a_compressed_body_that_ends_early_is_an_error(tmp_path: Path, part: str, kind: str) -> None:
    server = FaultServer(encoded(CUT[part], "deflate" if "deflate" in part else "gzip"))
    with server, client_of(server, temp_folder_path=str(tmp_path)) as client:
        with pytest.raises(IncompleteBody, match="broke off within its compression") as caught:
            call(client, kind)
        assert caught.value.status == 200
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_checksum_is_an_error() -> None:
    whole = gzip.compress(TEXT)
    server = FaultServer(encoded(whole[:-8] + b"oops" + whole[-4:], "gzip"))
    with server, client_of(server) as client, pytest.raises(IncompleteBody, match="compression is damaged"):
        call(client)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500, 503, 302])
@pytest.mark.parametrize(
    ("data", "coding"),
    [(b"{}", "gzip"), (EMPTY[:9], "gzip"), (EMPTY, "gzip, gzip"), (b"{}", "br")],
    ids=["not gzip", "cut", "two codings", "another coding"],
)
def test_a_status_that_came_is_told_whatever_its_body_is(status: int, data: bytes, coding: str) -> None:
    plain, damaged = does.answer(status, b"", [CLOSE], times=1), encoded(data, coding, status)
    with FaultServer(plain, damaged, does.answer()) as server, client_of(server) as client:
        with pytest.raises(ApiException) as expected:
            call(client)
        with pytest.raises(ApiException) as caught:
            call(client)
        assert type(caught.value) is type(expected.value)
        assert (caught.value.status, caught.value.reason) == (status, expected.value.reason)
        assert call(client) == {}


def slowly(data: bytes, coding: str) -> Behaviour:
    """Answer with a large compressed body, in chunks."""

    def behave(conversation: Conversation) -> None:
        if conversation.read_request():
            start = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {len(data)}\r\n\r\n"
            conversation.send(start.encode() + data)

    return behave


GREEDY: dict[str, tuple[Callable[[], bytes], str]] = {
    "three layers of empty members": (lambda: gzip.compress(gzip.compress(EMPTY * 300_000)), "gzip, gzip, gzip"),
    "five layers": (lambda: gzip.compress(gzip.compress(bytes(50 * MIB))), "gzip, gzip, gzip, gzip, gzip"),
    "gzip around deflate": (lambda: gzip.compress(zlib.compress(bytes(300 * MIB))), "deflate, gzip"),
    "empty members": (lambda: EMPTY * 1_500_000, "gzip"),
    "members of one byte": (lambda: gzip.compress(b" ") * 1_400_000, "gzip"),
    "empty blocks": (lambda: b"\0\0\0\xff\xff" * 6_000_000, "deflate"),
    "padding without end": (lambda: EMPTY + bytes(30 * MIB), "gzip"),
    "zeros": (lambda: zlib.compress(bytes(300 * MIB)), "deflate"),
}


@pytest.mark.parametrize("name", GREEDY)
def test_compression_costs_little_whatever_is_in_it(client_kind: str, name: str) -> None:
    make, coding = GREEDY[name]
    with FaultServer(does.answer(headers=[CLOSE], times=1), slowly(make(), coding)) as server:
        found = cost_of(client_kind, server.host, "object", max_response_bytes=64 * MIB)
    assert (found.error is None) == (name == "padding without end"), found
    assert found.growth <= 64 * MIB + MARGIN
    assert found.cpu < 4
    assert found.longest < 0.08  # all the output of a block of input takes twice as long


ASKS: dict[str, tuple[dict[str, object], dict[str, object], str]] = {
    "a GET": ({}, {}, "gzip"),
    "a GET without compression": ({"compression": False}, {}, "identity"),
    "a GET that the caller reads": ({}, {"_preload_content": False}, "identity"),
    "a file": ({}, {"response_type": "file"}, "gzip"),
    "a POST": ({}, {"method": "POST"}, "identity"),
    "a DELETE": ({}, {"method": "DELETE"}, "identity"),
    "a header of the user's": ({}, {"header_params": {"accept-encoding": "deflate"}}, "deflate"),
}


@pytest.mark.parametrize("name", ASKS)
def test_a_get_asks_for_gzip(name: str, tmp_path: Path) -> None:
    settings, arguments, expected = ASKS[name]
    with FaultServer(does.answer()) as server, client_of(server, temp_folder_path=str(tmp_path), **settings) as client:
        given: dict[str, Any] = {"method": "GET", "response_type": "object", **arguments}
        result = client.call_api("/api/2/things", **given)
        if "_preload_content" in arguments:
            result[0].close()
        assert server.requests[0].header("Accept-Encoding") == expected


def test_a_default_header_of_the_users_is_what_is_asked_for() -> None:
    with FaultServer(does.answer()) as server, client_of(server) as client:
        client.set_default_header("ACCEPT-ENCODING", "identity")
        call(client)
        assert server.requests[0].header("Accept-Encoding") == "identity"


def test_a_thousand_tokens_take_a_fifth_of_the_bytes_on_the_wire() -> None:
    body = json.dumps([token(number) for number in range(1000)]).encode()
    sizes: list[int] = []

    def behave(conversation: Conversation) -> None:
        while request := conversation.read_request():
            is_packed = request.header("Accept-Encoding") == "gzip"
            data = gzip.compress(body, 6, mtime=0) if is_packed else body
            said = does.message(body=data, headers=[("Content-Encoding", "gzip")] if is_packed else [])
            sizes.append(len(said))
            conversation.send(said)

    with FaultServer(behave) as server:
        found = []
        for compression in (True, False):
            with client_of(server, compression=compression) as client:
                found.append(AuthApi(client).get_all_access_tokens())
    assert found[0] == found[1]
    assert len(found[0]) == 1000
    assert sizes[0] <= 0.2 * sizes[1]


def token(number: int) -> dict[str, object]:
    """Return a token as a server sends it, with parts that are as random as they are there."""
    chance = random.Random(number)
    user = {"id": chance.randrange(50), "username": f"user{number % 50}", "email": f"user{number % 50}@example.com"}
    return {
        "id": number,
        "token": "".join(chance.choices("0123456789abcdef", k=32)),
        "url": f"https://storage.example.com/m/{number}",
        "expires": f"2030-01-{chance.randrange(1, 28):02}T12:00:00Z",
        "user": {**user, "display_name": f"User {number % 50}", "full_name": f"User Number {number % 50}"},
        "created_by": {**user, "display_name": f"User {number % 50}", "full_name": f"User Number {number % 50}"},
        "view_limit": None,
        "activity": [{"id": number * 3 + n, "ip": "10.0.0.7", "created": "2029-12-01T10:00:00Z"} for n in range(3)],
        "shared_bundles": [],
        "shared_directories": [{"id": number, "path": f"/projects/dailies/{number % 20}"}],
    }
