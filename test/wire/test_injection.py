"""Path and header injection: what cannot be one segment or one line is refused, unsent and unshown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest

from elements_sdk import ApiClient, ApiValueError, AuthApi, Configuration, RedirectError
from test import both_clients
from test.both_clients import both_kinds
from test.faults import behaviours as does
from test.faults.server import FaultServer

PREFIX = "/api/2/auth/access-tokens/"
# A path parameter that stays one segment, quoted.
QUOTED = [
    "a/b",
    "a\r\nX-Injected: 1",
    "a\nb",
    "a\x00b",
    "\x7f",
    "ü",
    "日本語",
    "a?b=c#d",
    "a b",
    "a;b=c",
    "%",
    "%zz",
    "...",
    "%2e%2ea",
    "a..b",
    "http://other/",
    "x" * 10_000,
]
DOTS = ["../login", "..%2flogin", "%2e%2e", "%2E", "%252e%252e", "a%252f..", "a/../b", "a/./b", "\\..\\", "a%5c.."]
REFUSED = [*DOTS, "", ".", "..", "\ud800", None, True, b"7", [7], {"id": 7}, object()]


@pytest.mark.parametrize("value", QUOTED, ids=lambda value: ascii(value)[:20])
def test_path_parameter_is_one_quoted_segment(value: Any) -> None:
    with FaultServer(does.answer()) as server, ApiClient(Configuration(host=server.host)) as client:
        AuthApi(client).get_access_token(value)
        AuthApi(client).delete_access_token(value)
        client.call_api("/api/2/auth/access-tokens/{id}", "GET", path_params={"id": value})
        assert server.count() == 3
        for seen in server.requests:
            segment = seen.target.removeprefix(PREFIX)
            assert unquote(segment) == value
            assert not set(segment) & set("/?#\\ \r\n\x00")
            assert segment.isascii()
            assert seen.header("X-Injected") is None


@pytest.mark.parametrize("value", REFUSED, ids=lambda value: ascii(value)[:20])
def test_what_is_not_a_segment_is_refused_unsent(value: Any) -> None:
    with FaultServer(does.answer()) as server, ApiClient(Configuration(host=server.host)) as client:
        for call in (AuthApi(client).get_access_token, AuthApi(client).delete_access_token):
            with pytest.raises(ApiValueError, match="'id'"):
                call(value)
        assert server.bytes_received == 0


# What cannot stand in a header.
LINES = ["SECRET\r\nX-Injected: 1", "SECRET\nX: 1", "SECRET\r", "SECRET\x00", "SECRETü\ud800", "SECRET日本"]


@pytest.mark.parametrize("value", LINES, ids=lambda value: ascii(value)[:20])
def test_header_that_is_not_a_line_is_refused_unsent_and_unshown(value: str) -> None:
    with FaultServer(does.answer()) as server:
        configuration = Configuration(host=server.host)
        keyed = Configuration(host=server.host, api_key={"Bearer": value})
        attempts: list[tuple[Configuration, dict[str, Any]]] = [
            (configuration, {"header_name": "X-Own", "header_value": value}),
            (configuration, {"header_name": f"X-{value}", "header_value": "1"}),
            (configuration, {"cookie": value}),
            (keyed, {}),
        ]
        for settings, options in attempts:
            with ApiClient(settings, **options) as client, pytest.raises(ApiValueError) as caught:
                AuthApi(client).create_auth_ticket()
            assert "SECRET" not in f"{caught.value!r} {caught.value.args} {caught.value.__context__}"
        assert server.bytes_received == 0


@pytest.mark.parametrize("value", LINES, ids=lambda value: ascii(value)[:20])
def test_header_of_a_raw_call_that_is_not_a_line_is_refused(value: str) -> None:
    with FaultServer(does.answer()) as server, ApiClient(Configuration(host=server.host)) as client:
        with pytest.raises(ApiValueError) as caught:
            client.call_api("/api/things", "GET", header_params={"X-Own": value})
        assert "SECRET" not in f"{caught.value!r} {caught.value.__context__}"
        assert server.bytes_received == 0


@pytest.mark.parametrize("method", ["GET\r\nX: 1", "GE T", "", "TRACE", "CONNECT", None])
def test_invalid_method_is_refused_unsent(method: Any) -> None:
    with FaultServer(does.answer()) as server, ApiClient(Configuration(host=server.host)) as client:
        with pytest.raises(ApiValueError, match="the method must be one of"):
            client.call_api("/api/things", method)
        assert server.bytes_received == 0


FRAMING = {
    "Content-Length": ("0", "the length of the body is counted: leave it out"),
    "content-LENGTH": ("14", "the length of the body is counted: leave it out"),
    "Transfer-Encoding": ("chunked", "a body is sent whole, with its length: leave it out"),
    "Host": ("other.example", "set Configuration.host, or _host for one call"),
    "TE": ("trailers", "answers are read without trailers: leave it out"),
    "Trailer": ("X", "a body is sent without trailers: leave it out"),
    "Upgrade": ("h2c", "calls are made by HTTP/1.1: leave it out"),
    "Connection": ("Upgrade", "may only be 'close'"),
    "connection": ("close, x-own", "may only be 'close'"),
}


@both_kinds
@pytest.mark.parametrize("name", FRAMING)
def test_header_that_frames_a_message_is_refused_with_what_to_do_instead(name: str) -> None:
    value, words = FRAMING[name]
    with FaultServer(does.answer()) as server, both_clients.ApiClient(Configuration(host=server.host)) as client:
        own = both_clients.ApiClient(Configuration(host=server.host), name, value)
        attempts: list[Callable[[], object]] = [
            lambda: client.call_api("/x", "POST", header_params={name: value}, body={"a": 1}),
            lambda: client.request("POST", f"{server.host}/x", headers={name: value}, body={"a": 1}),
            lambda: both_clients.AuthApi(own).create_auth_ticket(),
        ]
        for attempt in attempts:
            with pytest.raises(ApiValueError, match=words):
                attempt()
        assert server.bytes_received == 0


@both_kinds
@pytest.mark.parametrize(
    "path", ["/a\nGET /b", "/a\tb", "/\x7f", "/\x85", "/\u2028", "/\ud800", "/../x", "/a/%2E%2e", "/%252e/b"]
)
def test_path_that_cannot_be_sent_is_refused_unsent(path: str) -> None:
    with FaultServer(does.answer()) as server, both_clients.ApiClient(Configuration(host=server.host)) as client:
        for call in (client.call_api, lambda path, method: client.request(method, server.host + path)):
            with pytest.raises(ApiValueError, match=r"must (not )?hold") as caught:
                call(path, "GET")
            assert str(caught.value).isprintable()
        assert server.bytes_received == 0


@both_kinds
@pytest.mark.parametrize("location", ["/%2e%2e/x", "/a/%252E./x", "/a\tb"])
def test_redirect_to_a_path_that_cannot_be_sent_is_not_followed(location: str) -> None:
    with FaultServer(does.answer(302, b"", [("Location", location)])) as server:
        client = both_clients.ApiClient(Configuration(host=server.host))
        with client, pytest.raises(RedirectError, match="to an invalid address"):
            client.call_api("/x", "GET")
        assert server.count() == 1
