"""A user's program for asyncio, as the type checkers see it. It is checked, never run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict, assert_type

from aiohttp import ClientResponse
from urllib3 import HTTPHeaderDict

import elements_sdk
from elements_sdk import ApiResponse, Configuration, OneTimeAccessToken, Ticket, aio
from elements_sdk.aio import ApiClient, AuthApi, Session, map_calls
from elements_sdk.aio.bulk import Bulk
from elements_sdk.aio.pagination import Pager
from elements_sdk.bulk import Outcome
from elements_sdk.models import ElementsUserDetail


async def use(auth: AuthApi) -> None:
    assert_type(await auth.create_auth_ticket(), Ticket)
    assert_type(await auth.get_all_access_tokens(user=7, ordering="-id", limit=5), list[OneTimeAccessToken])
    assert_type((await auth.get_access_token(1, _request_timeout=(1, 2.5))).expires, datetime | None)
    assert_type(await auth.delete_access_token(1), object)
    assert_type(await auth.create_auth_ticket_with_http_info(), ApiResponse[Ticket])
    assert_type(await auth.create_auth_ticket_with_http_info(_preload_content=False), ApiResponse[ClientResponse])
    data, status, headers = await auth.get_access_token_with_http_info(1)
    assert_type(data, OneTimeAccessToken)
    assert_type(status, int)
    assert_type(headers, HTTPHeaderDict)
    assert_type(await auth.check_auth_ticket({"ticket": "t"}), ElementsUserDetail)
    assert_type((await auth.login({"username": "a", "password": "b", "otp": None})).user, ElementsUserDetail | None)
    raw = await auth.get_access_token(1, _preload_content=False)
    assert_type(raw, ClientResponse)
    assert_type(await raw.read(), bytes)
    first, second = await asyncio.gather(auth.create_auth_ticket(), auth.get_access_token(1))
    assert_type(first, Ticket)
    assert_type(second, OneTimeAccessToken)
    async with asyncio.TaskGroup() as tasks:
        assert_type(tasks.create_task(auth.create_auth_ticket()), asyncio.Task[Ticket])


@dataclass
class Workspace:
    id: int


class ApiToken(TypedDict):
    id: int
    name: str


async def send(client: ApiClient) -> None:
    await client.send("DELETE", "/api/2/x", query={"a": [1, 2]}, json=Ticket(ticket="t"), _request_timeout=5)
    assert_type(await client.send("GET", "/api/2/x", returns=Ticket), Ticket)
    assert_type(await client.send("GET", "/api/2/x", returns=list[Workspace]), list[Workspace])
    assert_type(await client.send("GET", "/api/2/x", returns="list[Ticket]"), object)
    assert_type(await client.send("GET", "/api/2/x", returns=ApiToken), ApiToken)
    assert_type(client.iterate("/api/2/x"), Pager[dict[str, Any]])
    assert_type(await anext(client.iterate("/api/2/x", order=None, returns=ApiToken)), ApiToken)


async def walk(auth: AuthApi) -> None:
    pager = auth.iter_access_tokens(page_size=50, user=7, created_by="8", ordering="-id", _request_timeout=5)
    assert_type(pager, Pager[OneTimeAccessToken])
    assert_type(await anext(pager), OneTimeAccessToken)
    async for token in auth.iter_access_tokens():
        assert_type(token, OneTimeAccessToken)
    async for page in auth.iter_access_tokens().pages():
        assert_type(page, list[OneTimeAccessToken])
    try:
        assert_type([token.id async for token in pager], list[int])
    except elements_sdk.PagingError as error:
        auth.iter_access_tokens(offset=error.resume_offset)


def show(done: int, total: int | None) -> None: ...


async def title(token: OneTimeAccessToken) -> str:
    return token.url


async def work(auth: AuthApi) -> None:
    assert_type(map_calls(auth.delete_access_token, [1, 2], max_concurrency=16, progress=show), Bulk[int, object])
    async for outcome in map_calls(auth.get_access_token, (token.id async for token in auth.iter_access_tokens())):
        assert_type(outcome, Outcome[int, OneTimeAccessToken])
        assert_type(outcome.item, int)
        assert_type(outcome.result(), OneTimeAccessToken)
        assert_type(outcome.error, BaseException | None)
    async with map_calls(title, auth.iter_access_tokens()) as bulk:
        assert_type(await anext(bulk), Outcome[OneTimeAccessToken, str])
        bulk.stop()


async def one_time_code() -> str:
    return "123456"


async def act(configuration: Configuration) -> None:
    async with Session(configuration, "name", "password", otp=one_time_code) as session:
        assert_type(session.auth, AuthApi)
        assert_type(session.api_client, ApiClient)
        async with session.impersonate(7) as user:
            assert_type(user, ElementsUserDetail)
        await session.login_again()
    Session(configuration, "name", "password", otp=lambda: "123456")


async def clients() -> AsyncIterator[AuthApi]:
    async with ApiClient(Configuration(host="http://localhost", api_key={"Bearer": "KEY"})) as client:
        assert_type(client, ApiClient)
        yield AuthApi(client)


class Guard(aio.ApiClient):
    """A client that lets no DELETE out, and notes what it was asked."""

    def __init__(self, configuration: Configuration) -> None:
        super().__init__(configuration)
        self.asked: list[str] = []

    async def call_api(self, resource_path: str, method: str, *args: Any, **kwargs: Any) -> Any:
        self.asked.append(resource_path)
        if method == "DELETE":
            raise PermissionError
        return await super().call_api(resource_path, method, *args, **kwargs)


async def main() -> None:
    async for auth in clients():
        await use(auth)
        await walk(auth)
        await work(auth)
    client = aio.ApiClient()
    await act(client.configuration)
    await client.close()
    async with Guard(client.configuration) as guard:
        assert_type(guard, Guard)
        assert_type(await aio.AuthApi(guard).create_auth_ticket(), Ticket)


asyncio.run(main())
