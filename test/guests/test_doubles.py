"""What the doubles of docs/testing.md see of both clients: each row of its table is a test here."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import create_autospec, patch

import pook
import pytest
import vcr
from pook.exceptions import PookNoMatches
from pytest_httpserver import HTTPServer
from vcr.errors import CannotOverwriteExistingCassetteException

import elements_sdk
from elements_sdk import Configuration, NotFoundException, Ticket, aio
from elements_sdk.sandbox import Sandbox
from test.both_clients import ApiClient, AuthApi, both_kinds, is_asyncio, only_blocking
from test.recording import RecordingServer

pytestmark = both_kinds

TICKET = '{"ticket": "T"}'
NOTHING_THERE = "http://127.0.0.1:9"  # no server listens


def configured(host: str, **settings: Any) -> Configuration:
    return Configuration(host=host, api_key={"Bearer": "KEY"}, retries=0, **settings)


@contextmanager
def calls_to(host: str, **settings: Any) -> Iterator[AuthApi]:
    with ApiClient(configured(host, **settings)) as client:
        yield AuthApi(client)


def test_sandbox_sees_the_whole_of_it(sandbox: Sandbox) -> None:
    with ApiClient(sandbox.configuration()) as client:
        assert AuthApi(client).create_auth_ticket().ticket
    assert sandbox.requests[-1].path == "/api/2/auth/ticket"


@only_blocking
def test_autospec_sees_methods_that_there_are_and_nothing_of_the_wire() -> None:
    auth = create_autospec(elements_sdk.AuthApi, instance=True)
    auth.create_auth_ticket.return_value = Ticket(ticket="T")
    assert auth.create_auth_ticket() == Ticket(ticket="T")
    with pytest.raises(AttributeError):
        auth.create_ticket()
    client = create_autospec(elements_sdk.ApiClient, instance=True)
    client.call_api.return_value = Ticket(ticket="T")
    assert elements_sdk.AuthApi(client).create_auth_ticket() == Ticket(ticket="T")
    assert client.call_api.call_args.args[:2] == ("/api/2/auth/ticket", "POST")


def test_patched_call_api_sees_operations_and_what_3_3_gave_it() -> None:
    kind: Any = aio.ApiClient if is_asyncio() else elements_sdk.ApiClient
    with patch.object(kind, "call_api", return_value=Ticket(ticket="T")) as call_api, calls_to(NOTHING_THERE) as auth:
        assert auth.create_auth_ticket() == Ticket(ticket="T")
        assert call_api.call_args.args[:2] == ("/api/2/auth/ticket", "POST")


@contextmanager
def cassette(path: Path, mode: str = "once") -> Iterator[Any]:
    with vcr.use_cassette(str(path), record_mode=mode) as used:
        yield used


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("is_warm", [False, True], ids=["new client", "warm client"])
def test_vcrpy_records_and_replays(is_warm: bool, tls: bool, tmp_path: Path) -> None:
    with Sandbox(https=tls) as server, ApiClient(server.configuration()) as client:
        auth = AuthApi(client)
        if is_warm:
            auth.create_auth_ticket()
        before = server.request_count
        with cassette(tmp_path / "c.yaml"):
            first = [auth.create_auth_ticket(), auth.get_all_access_tokens(limit=3)]
            with pytest.raises(NotFoundException):
                auth.get_access_token(99999)
        assert server.request_count == before + 3
        with cassette(tmp_path / "c.yaml") as used:
            again = [auth.create_auth_ticket(), auth.get_all_access_tokens(limit=3)]
            with pytest.raises(NotFoundException):
                auth.get_access_token(99999)
        assert (again, used.play_count, server.request_count) == (first, 3, before + 3)
        auth.create_auth_ticket()  # and afterwards all is as before
        assert server.request_count == before + 4


@pytest.mark.parametrize("is_warm", [False, True], ids=["new client", "warm client"])
def test_vcrpy_blocks(is_warm: bool, tmp_path: Path, recorder: RecordingServer) -> None:
    recorder.answers(TICKET)
    with calls_to(recorder.host) as auth:
        if is_warm:
            auth.create_auth_ticket()
        recorder.requests.clear()
        with cassette(tmp_path / "none.yaml", "none"):
            calls: list[Callable[[], object]] = [lambda: auth.delete_access_token(7), auth.create_auth_ticket]
            for call in calls:
                with pytest.raises(CannotOverwriteExistingCassetteException):
                    call()
        assert recorder.requests == []
        assert auth.create_auth_ticket() == Ticket(ticket="T")


@pytest.mark.parametrize("count", [3, 30_000])
def test_vcrpy_replays_compressed_answers(count: int, tmp_path: Path, recorder: RecordingServer) -> None:
    body = json.dumps([{"ticket": "T"}] * count).encode()
    recorder.answers(gzip.compress(body), Content_Encoding="gzip")
    with ApiClient(configured(recorder.host)) as client:
        for _ in range(2):
            with cassette(tmp_path / "c.yaml"):
                assert client.call_api("/x", "GET", response_type=list[Ticket]).data == [Ticket(ticket="T")] * count
                assert Path(client.call_api("/x", "GET", response_type="file").data).read_bytes() == body
    assert len(recorder.requests) == 2


PROGRAM = """
import sys
host, path, order = sys.argv[1:]
if order == "sdk first":
    from elements_sdk import ApiClient, AuthApi, Configuration
    ApiClient(Configuration(host=host)).close()
import vcr
with vcr.use_cassette(path, record_mode="none"):
    from elements_sdk import ApiClient, AuthApi, Configuration
    auth = AuthApi(ApiClient(Configuration(host=host, retries=0)))
    try:
        auth.delete_access_token(7)
    except vcr.errors.CannotOverwriteExistingCassetteException:
        print("blocked")
from elements_sdk._transport.connection import _Limited
assert not hasattr(_Limited, "cassette")
print(auth.create_auth_ticket(_request_timeout=5).ticket)
"""


@only_blocking
@pytest.mark.parametrize("order", ["sdk first", "vcrpy first"])
def test_vcrpy_blocks_whatever_was_imported_first(order: str, tmp_path: Path, recorder: RecordingServer) -> None:
    recorder.answers(TICKET)
    command = [sys.executable, "-c", PROGRAM, recorder.host, str(tmp_path / "c.yaml"), order]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("blocked\nT\n", "")
    assert [request.method for request in recorder.requests] == ["POST"]


def test_httpserver_sees_the_bytes(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/2/auth/ticket", method="POST").respond_with_json({"ticket": "T"})
    with calls_to(httpserver.url_for("").rstrip("/")) as auth:
        assert auth.create_auth_ticket() == Ticket(ticket="T")
    request, _ = httpserver.log[0]
    assert request.headers["Authorization"] == "Bearer KEY"


@only_blocking  # pook 2.1.6 makes a response for aiohttp 3.14 in vain, whoever asks for it
def test_pook_sees_urls_headers_and_bodies() -> None:
    with pook.use():
        pook.post(NOTHING_THERE + "/api/2/auth/ticket").header("Authorization", "Bearer KEY").reply(200).json(
            {"ticket": "T"}
        )
        with calls_to(NOTHING_THERE) as auth:
            assert auth.create_auth_ticket() == Ticket(ticket="T")
            with pytest.raises(PookNoMatches, match="Method: DELETE"):
                auth.delete_access_token(7)
