"""API tokens, which no method reaches: by `send` and `iterate`, on a sandbox of a newer release."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypedDict

import pytest

from elements_sdk import ApiClient, BadRequestException, Configuration, NotFoundException, UnauthorizedException
from elements_sdk.sandbox import Sandbox
from test.both_clients import ApiClient as AnyClient
from test.both_clients import Session, both_kinds

pytestmark = both_kinds
PATH = "/api/2/api-tokens"


class Token(TypedDict):
    id: int
    name: str


class NewToken(Token):
    token: str


@pytest.fixture(scope="module", params=["plain", "envelope"])
def newer(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox(api_version="26.8", tokens=0, paging=request.param) as running:
        yield running


@pytest.fixture
def client(newer: Sandbox) -> Iterator[ApiClient]:
    newer.reset()
    with AnyClient(newer.configuration()) as made:
        yield made


def calls_as(sandbox: Sandbox, token: str) -> Any:
    with AnyClient(Configuration(host=sandbox.host, api_key={"Bearer": token})) as client:
        return client.send("POST", "/api/2/auth/ticket", returns="Ticket")


def test_token_is_made_used_renamed_and_deleted(newer: Sandbox, client: ApiClient) -> None:
    made = client.send("POST", PATH, json={"name": "nightly"}, returns=NewToken)
    assert calls_as(newer, made["token"]).ticket
    assert newer.requests[-1].user == "user"
    one = f"{PATH}/{made['id']}"
    assert client.send("GET", one, returns=Token) == {"id": made["id"], "name": "nightly"}
    assert client.send("PATCH", one, json={"name": "weekly"}, returns=Token)["name"] == "weekly"
    assert client.send("PUT", one, json={"name": "daily"}, returns=Token)["name"] == "daily"
    client.send("DELETE", one)
    with pytest.raises(UnauthorizedException):
        calls_as(newer, made["token"])
    with pytest.raises(NotFoundException):
        client.send("GET", one)


def test_tokens_are_filtered_ordered_and_paged(client: ApiClient) -> None:
    for name in ("b", "a", "b"):
        client.send("POST", PATH, json={"name": name})
    assert [token["name"] for token in client.iterate(PATH, page_size=2, returns=Token)] == ["sandbox", "b", "a", "b"]
    assert [token["name"] for token in client.iterate(PATH, query={"name": "b"}, returns=Token)] == ["b", "b"]
    page = client.send("GET", PATH, query={"ordering": "name", "limit": 2, "offset": 1}, returns=list[Token])
    assert [token["name"] for token in page] == ["b", "b"]
    for query in ({"ordering": "key"}, {"limit": 0}):
        with pytest.raises(BadRequestException):
            client.send("GET", PATH, query=query)
    with pytest.raises(BadRequestException, match="name"):
        client.send("POST", PATH, json={"name": ""})


def test_tokens_are_those_of_the_caller_and_a_session_reaches_them(newer: Sandbox, client: ApiClient) -> None:
    made = client.send("POST", PATH, json={"name": "mine"}, returns=NewToken)
    configuration = Configuration(host=newer.host)
    with Session(configuration, newer.admin.username, newer.admin.password) as session:
        assert [token["name"] for token in session.api_client.iterate(PATH)] == ["sandbox"]
        with pytest.raises(NotFoundException):
            session.api_client.send("DELETE", f"{PATH}/{made['id']}")
        newer.end_sessions()  # and the session is renewed for these calls, too
        assert session.api_client.send("POST", PATH, json={"name": "theirs"}, returns=NewToken)["token"]


def test_server_of_3_3_has_none(sandbox: Sandbox) -> None:
    with AnyClient(sandbox.configuration()) as client, pytest.raises(NotFoundException):
        client.send("GET", PATH)
