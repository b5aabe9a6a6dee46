"""A name with several addresses: all are tried within the one limit to connect."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from elements_sdk import ApiConnectionError, ApiTimeoutError, Configuration
from test.both_clients import ApiClient, AuthApi, both_kinds, only_blocking
from test.faults import behaviours as does
from test.faults.backlog import filled_backlog
from test.faults.server import Behaviour, Conversation, FaultServer
from test.tls import TRUSTED
from test.wire.test_errors import CLOSED_PORT

pytestmark = both_kinds

Address = tuple[str, int]
Name = Callable[..., None]


@pytest.fixture
def name(monkeypatch: pytest.MonkeyPatch) -> Name:
    """Return a function that gives the name `many.localhost` these addresses."""
    usual = socket.getaddrinfo

    def give(*addresses: Address) -> None:
        def look_up(host: Any, *rest: Any, **named: Any) -> Any:
            if host not in ("many.localhost", b"many.localhost"):
                return usual(host, *rest, **named)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)

    return give


@contextmanager
def calls(**settings: Any) -> Iterator[AuthApi]:
    configuration = Configuration(host="http://many.localhost", api_key={"Bearer": "KEY"})
    for setting, value in {"retries": 0, **settings}.items():
        setattr(configuration, setting, value)
    with ApiClient(configuration) as client:
        yield AuthApi(client)


def test_address_that_swallows_packets_leaves_time_for_the_others(name: Name) -> None:
    with filled_backlog() as hanging, FaultServer(does.answer(body=b'{"ticket": "t"}')) as server, calls() as auth:
        name(hanging, hanging, ("127.0.0.1", server.port))
        assert auth.create_auth_ticket(_request_timeout=3).ticket == "t"


def test_address_that_refuses_costs_the_others_nothing(name: Name) -> None:
    with FaultServer(does.answer(body=b'{"ticket": "t"}')) as server, calls() as auth:
        name(("127.0.0.1", CLOSED_PORT), ("127.0.0.1", server.port))
        assert auth.create_auth_ticket(_request_timeout=3).ticket == "t"


def test_addresses_that_all_swallow_packets_are_a_timeout(name: Name) -> None:
    with filled_backlog() as hanging, calls(timeout=(0.4, 60)) as auth:
        name(hanging, hanging)
        with pytest.raises(ApiTimeoutError, match="did not accept the connection in time") as caught:
            auth.create_auth_ticket()
        assert caught.value.request_sent == "no"


def test_addresses_that_all_refuse_are_an_error_that_says_so(name: Name) -> None:
    with calls() as auth:
        name(("127.0.0.1", CLOSED_PORT), ("127.0.0.1", CLOSED_PORT))
        with pytest.raises(ApiConnectionError, match="no connection to the server: Connection refused") as caught:
            auth.create_auth_ticket()
        assert caught.value.request_sent == "no"


@only_blocking  # aiohttp asks for a name without addresses no further
def test_name_without_addresses_is_an_error(name: Name) -> None:
    with calls() as auth:
        name()
        with pytest.raises(ApiConnectionError, match="no connection to the server"):
            auth.create_auth_ticket()


# A TLS handshake


def late_handshake(seconds: float, proxy_seconds: float | None = None) -> Behaviour:
    """Begin the TLS handshake late; with `proxy_seconds`, after the answer of a proxy that comes late, too."""

    def behave(conversation: Conversation) -> None:
        if proxy_seconds is not None:
            conversation.read_request()
            conversation.pause(proxy_seconds)
            conversation.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        conversation.pause(seconds)
        with TRUSTED.context_for("many.localhost").wrap_socket(conversation.raw, server_side=True) as conversation.raw:
            does.answer(body=b'{"ticket": "t"}')(conversation)

    return behave


def secure(limit: float, **settings: Any) -> Any:
    return calls(host="https://many.localhost", ssl_ca_data=TRUSTED.ca_pem, timeout=(limit, 60), **settings)


def test_handshake_has_what_the_addresses_have_left_of_the_time(name: Name) -> None:
    with filled_backlog() as hanging, FaultServer(late_handshake(0.9)) as server, secure(1) as auth:
        name(hanging, ("127.0.0.1", server.port))
        with pytest.raises(ApiTimeoutError, match="did not accept the connection in time"):
            auth.create_auth_ticket()


def test_handshake_has_what_is_left_and_not_the_share_of_its_address(name: Name) -> None:
    with FaultServer(late_handshake(1.2)) as server, secure(3) as auth:
        name(*[("127.0.0.1", server.port)] * 4)
        assert auth.create_auth_ticket().ticket == "t"


def test_handshake_has_what_the_answer_of_a_proxy_has_left_of_the_time() -> None:
    late = pytest.raises(ApiTimeoutError, match="did not accept the connection in time")
    with FaultServer(late_handshake(0.7, 0.7)) as server, secure(1, proxy=server.host) as auth, late:
        auth.create_auth_ticket()
