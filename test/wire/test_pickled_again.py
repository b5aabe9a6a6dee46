"""A client that was pickled without its credentials knows that, however often it is pickled or copied on its way."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import elements_sdk
from elements_sdk import ApiValueError, Configuration, aio
from test.both_clients import AuthApi, BlockingFacade, both_kinds, is_asyncio
from test.faults.behaviours import answer
from test.faults.server import FaultServer

pytestmark = both_kinds

CLIENT = ["X-Own", "cookie", "proxy", "proxy_headers"]
SETTINGS = ("api_key", "password", "proxy", "proxy_headers", "key_password")
KEPT = "was pickled without its .*proxy.*: "


def pickled(given: Any) -> Any:
    data = pickle.dumps(given)
    assert b"SECRET" not in data
    return pickle.loads(data)


WAYS: dict[str, list[Callable[[Any], Any]]] = {
    "once": [pickled],
    "twice": [pickled, pickled],
    "three times": [pickled, pickled, pickled],
    "and copied": [pickled, copy.copy],
    "and deep-copied": [pickled, copy.deepcopy],
    "copied before": [copy.copy, pickled],
    "copied in between": [pickled, copy.deepcopy, copy.copy, pickled],
    "to be pickled with its credentials": [pickled, lambda given: keeping(given), pickled],
}
ways = pytest.mark.parametrize("way", WAYS)


def keeping(given: Any) -> Any:
    getattr(given, "configuration", given).pickle_credentials = True
    return given


def sent(given: Any, way: str) -> Any:
    for step in WAYS[way]:
        given = step(given)
    return given


def configuration_of(server: FaultServer, proxy: FaultServer) -> Configuration:
    secret = {"Authorization": "SECRETKEY"}
    configuration = Configuration(server.host, secret, password="SECRET", proxy=proxy.host, key_password="SECRET")
    configuration.proxy_headers = {"X-Proxy": "SECRET"}
    return configuration


def calls_of(client: Any) -> AuthApi:
    facade: Any = BlockingFacade(client) if is_asyncio() else client
    return AuthApi(facade)


def client_of(configuration: Configuration, *arguments: Any, **named: Any) -> Any:
    return (aio if is_asyncio() else elements_sdk).ApiClient(configuration, *arguments, **named)


@ways
def test_client_tells_what_it_lacks_and_sends_nothing(way: str) -> None:
    with FaultServer(answer()) as server, FaultServer(answer()) as proxy:
        original = client_of(configuration_of(server, proxy), "X-Own", "SECRET", cookie="own=SECRET")
        clone = sent(original, way)
        assert (sorted(clone.left_out), sorted(clone.configuration._left_out)) == (sorted(CLIENT), sorted(SETTINGS))
        for auth in (calls_of(clone), calls_of(clone)):
            with pytest.raises(ApiValueError, match=KEPT):
                auth.create_auth_ticket()
        clone.configuration = Configuration(server.host)  # the client itself lacks its headers, still
        with pytest.raises(ApiValueError, match="this client was pickled without its X-Own"):
            calls_of(clone).create_auth_ticket()
        assert (original.left_out, server.connections, proxy.connections) == ([], 0, 0)


@ways
def test_configuration_tells_what_it_lacks(way: str) -> None:
    with FaultServer(answer()) as server, FaultServer(answer()) as proxy:
        configuration = sent(configuration_of(server, proxy), way)
        assert not configuration.is_complete()
        client = client_of(configuration)
        with pytest.raises(ApiValueError, match=KEPT):
            calls_of(client).create_auth_ticket()
        for name in SETTINGS:
            setattr(configuration, name, {"Bearer": "KEY"} if name == "api_key" else None)
        assert configuration.is_complete()
        calls_of(client_of(configuration)).create_auth_ticket()
        assert (server.count(), proxy.connections) == (1, 0)


@ways
def test_session_that_was_left_behind_is_missing_until_a_login(way: str) -> None:
    session = answer(200, b'{"user": {"id": 1}}', [("Set-Cookie", "sessionid=SECRET; Path=/")])
    with FaultServer(session, session) as server:
        client = client_of(Configuration(server.host))
        calls_of(client).login({"username": "uma", "password": "SECRET"})
        clone = sent(client, way)
        auth = calls_of(clone)
        assert clone.left_out == ["session"]
        with pytest.raises(ApiValueError, match="this client was pickled without its session"):
            auth.create_auth_ticket()
        auth.login({"username": "uma", "password": "SECRET"})
        auth.create_auth_ticket()
        assert clone.left_out == []


def test_copy_is_not_taken_for_a_pickle() -> None:
    with FaultServer(answer()) as server:
        for copied in (copy.copy, copy.deepcopy):
            client = client_of(Configuration(server.host, {"Bearer": "SECRETKEY"}), "X-Own", "mine")
            for clone in (copied(client), client_of(copied(client.configuration), "X-Own", "mine")):
                calls_of(clone).create_auth_ticket()
                assert server.requests[-1].header("Authorization") == "Bearer SECRETKEY"
                assert server.requests[-1].header("X-Own") == "mine"
