"""Both clients put the same bytes on the wire: request line, headers and body are settled before the transports."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from elements_sdk import Configuration
from test.both_clients import BOTH, ApiClient, of_kind
from test.faults.behaviours import message
from test.faults.certificates import Authority
from test.faults.server import Conversation, FaultServer

Call = Callable[[Any, str], object]


class Bytes:
    """A server's behaviour: it keeps what came, and answers; requests for `/to/...` are redirected to what follows.

    :ivar received: the requests, byte by byte, one after the other.
    """

    def __init__(self, location: str | None = None) -> None:
        self.received = b""
        self._location = location

    def __call__(self, conversation: Conversation) -> None:
        while data := conversation.receive():
            length = re.search(rb"\r\nContent-Length: (\d+)", data)
            while length and len(data.partition(b"\r\n\r\n")[2]) < int(length[1]):  # it comes in two packets
                data += conversation.receive()
            self.received += data
            if self._location is not None:
                conversation.send(message(302, b"", [("Location", self._location)]))
                self._location = None
            else:
                conversation.send(message(method=data.partition(b" ")[0].decode()))


def sent(kind: str, call: Call, location: str | None = None) -> bytes:
    """Return the bytes that a client of this kind sends, its port left out."""
    behaviour = Bytes(location)
    with FaultServer(behaviour) as server, of_kind(kind):
        with ApiClient(Configuration(host=server.host, api_key={"Bearer": "KEY"})) as client:
            call(client, server.host)
        return behaviour.received.replace(f":{server.port}".encode(), b":PORT")


PATHS = [
    "/",
    "//a//b",
    "/a b",
    "/ü/日本",
    "/%zz/%",
    "/%c3%bc",
    "/a%2Fb%2fc",
    "/.well-known/x",
    "/a..b/...",
    "/a?x=1",
    '/a?x=ü y&z=[1]|^`{}"<>',
    "/a?",
    "/a?b?c/d",
    "/~a;b=c,d@e:f!$&'()*+",
    '/a[1]|^`{}"<>',
]


@pytest.mark.parametrize("path", PATHS)
def test_odd_paths(path: str) -> None:
    first, second = (sent(kind, lambda client, _host: client.call_api(path, "GET")) for kind in BOTH)
    assert first == second
    assert first.isascii()


@pytest.mark.parametrize("path", PATHS)
def test_odd_paths_of_urls(path: str) -> None:
    path = path.replace(" ", "")
    first, second = (sent(kind, lambda client, host: client.request("GET", host + path)) for kind in BOTH)
    assert first == second


QUERIES: list[Any] = [
    {"a": "b c", "ü": "日本"},
    {"a": "&=+%#?/\n"},
    [("a", 1), ("a", 2)],
    {"a": ""},
    {"a[]": "x|y"},
]


@pytest.mark.parametrize("query", QUERIES)
def test_odd_queries(query: Any) -> None:
    call: Call = lambda client, _host: client.call_api("/x", "GET", query_params=query)  # noqa: E731
    first, second = (sent(kind, call) for kind in BOTH)
    assert first == second


HEADERS: list[dict[str, str]] = [
    {"X-Tab": "a\tb"},
    {"x-lower": "1", "X-UPPER": "2"},
    {"X_Odd!#$%&'*+.^`|~": "1"},
    {"Accept": "text/plain", "accept-language": "de"},
    {"X-Empty": ""},
    {"X-Blanks": "a  b"},
    {"Cookie": "a=1; b=2"},
    {"Connection": "close"},
    {"User-Agent": "own"},
    {"Accept-Encoding": "gzip"},
    {"Referer": "http://x"},
]


@pytest.mark.parametrize("headers", HEADERS, ids=lambda headers: next(iter(headers)))
def test_odd_headers(headers: dict[str, str]) -> None:
    call: Call = lambda client, _host: client.call_api("/x", "GET", header_params=headers)  # noqa: E731
    first, second = (sent(kind, call) for kind in BOTH)
    assert first == second


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "POST", "PUT", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("body", [None, {"a": "ü"}])
def test_methods_and_bodies(method: str, body: Any) -> None:
    call: Call = lambda client, _host: client.call_api("/x", method, body=body)  # noqa: E731
    first, second = (sent(kind, call) for kind in BOTH)
    assert first == second


LOCATIONS = ["/b c", "/ü", "/ü?q=ä ö", "b/../c", "?x=[1]", "/%zz", "//127.0.0.1:PORT/x", "/a#b", "/.hidden", "/a%2fb"]


@pytest.mark.parametrize("location", LOCATIONS)
def test_odd_redirects(location: str) -> None:
    found = []
    for kind in BOTH:
        behaviour = Bytes()
        with FaultServer(behaviour) as server, of_kind(kind):
            behaviour._location = location.replace("PORT", f"{server.port}")
            with ApiClient(Configuration(host=server.host, api_key={"Bearer": "KEY"})) as client:
                client.call_api("/a/x", "GET")
            found.append(behaviour.received.replace(f":{server.port}".encode(), b":PORT"))
    assert found[0] == found[1]
    assert found[0].count(b"GET ") == 2


# Loopback has no zones, but a socket takes any number for one.
ZONES = {"as RFC 6874 has it": "%251", "as sockets have it": "%1", "25, which could be read as a percent sign": "%2525"}


@pytest.mark.parametrize("zone", ZONES.values(), ids=ZONES)
@pytest.mark.parametrize("is_https", [False, True])
def test_zone_of_an_address_is_for_the_socket_alone(zone: str, is_https: bool) -> None:
    authority, names, found = Authority(), [], []
    context = authority.context_for("::1")
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    for kind in BOTH:
        behaviour = Bytes()
        with FaultServer(behaviour, address="::1", tls=context if is_https else None) as server, of_kind(kind):
            host = f"http{'s' if is_https else ''}://[::1{zone}]:{server.port}"
            # A proxy, which could not know the zone, is passed by.
            configuration = Configuration(host=host, ssl_ca_data=authority.ca_pem, proxy="http://127.0.0.1:9")
            with ApiClient(configuration) as client:
                client.call_api("/x%25", "GET", query_params={"q": "%25"})
                client.call_api("/x", "POST", body={}, header_params={"Cookie": "csrftoken=t"})
                client.request("GET", f"{host}/y%25")
                behaviour._location = f"{host}/z"
                client.call_api("/x", "GET")
            found.append(behaviour.received.replace(f":{server.port}".encode(), b":PORT"))
    assert found[0] == found[1]
    assert found[0].count(b"Host: [::1]:PORT\r\n") == 5
    assert found[0].count(b"Referer: https://[::1]:PORT/\r\n") == is_https
    assert re.findall(rb"%\w*", found[0]) == [b"%25", b"%2525", b"%25"]
    assert set(names) <= {None}


@pytest.mark.parametrize("zone", ["", *ZONES.values()], ids=["none", *ZONES])
@pytest.mark.parametrize("is_https", [False, True])
def test_address_of_a_proxy_may_be_ipv6_with_a_zone(zone: str, is_https: bool) -> None:
    authority, found = Authority(), []
    for kind in BOTH:
        behaviour, context = Bytes(), authority.context_for("::1") if is_https else None
        with FaultServer(behaviour, address="::1", tls=context) as server, of_kind(kind):
            proxy = f"http{'s' if is_https else ''}://[::1{zone}]:{server.port}"
            configuration = Configuration(host="http://a.localhost", proxy=proxy, ssl_ca_data=authority.ca_pem)
            with ApiClient(configuration) as client:
                client.call_api("/x", "GET")
            found.append(behaviour.received)
    assert b"Host: a.localhost\r\n" in found[0]
    assert found[0] == found[1]
    assert b"%" not in found[0]
