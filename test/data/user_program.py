"""A user's program, as the type checkers see it. It is checked, never run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from multiprocessing.pool import ApplyResult
from typing import Any, TypedDict, assert_type

from urllib3 import HTTPHeaderDict
from urllib3.response import BaseHTTPResponse

import elements_sdk
from elements_sdk import ApiClient, ApiResponse, AuthApi, Configuration, OneTimeAccessToken, RetryPolicy, Ticket
from elements_sdk.bulk import Bulk, Outcome, map_calls
from elements_sdk.models import ElementsUserDetail, ElementsUserMini
from elements_sdk.pagination import Pager
from elements_sdk.sandbox import Sandbox


def use(auth: AuthApi) -> None:
    assert_type(auth.create_auth_ticket(), Ticket)
    assert_type(auth.get_all_access_tokens(), list[OneTimeAccessToken])
    assert_type(auth.get_all_access_tokens(user=7, created_by="8", ordering="-id", limit=5), list[OneTimeAccessToken])
    assert_type(auth.get_access_token(1).expires, datetime | None)
    assert_type(auth.get_access_token(1).id, int)
    assert_type(auth.get_access_token(1).url, str)
    assert_type(auth.delete_access_token(auth.get_all_access_tokens()[0].id), object)
    assert_type(auth.create_auth_ticket(async_req=True), ApplyResult[Ticket])
    assert_type(auth.get_access_token(1, async_req=True).get(), OneTimeAccessToken)
    assert_type(auth.get_access_token(1, _preload_content=False), BaseHTTPResponse)
    assert_type(auth.create_auth_ticket(async_req=False, _preload_content=True, _return_http_data_only=True), Ticket)
    assert_type(auth.create_auth_ticket_with_http_info(_preload_content=False), ApiResponse[BaseHTTPResponse])
    assert_type(auth.get_access_token(1, _request_timeout=(1, 2.5)), OneTimeAccessToken)
    assert_type(auth.get_access_token_with_http_info(1), ApiResponse[OneTimeAccessToken])
    assert_type(
        auth.get_all_access_tokens_with_http_info(async_req=True), ApplyResult[ApiResponse[list[OneTimeAccessToken]]]
    )
    data, status, headers = auth.create_auth_ticket_with_http_info()
    assert_type(data, Ticket)
    assert_type(status, int)
    assert_type(headers, HTTPHeaderDict)
    assert_type(auth.check_auth_ticket({"ticket": "t"}), ElementsUserDetail)
    assert_type(auth.check_auth_ticket(Ticket(ticket="t")).language, str | None)
    user = auth.login({"username": "a", "password": "b", "otp": None}).user
    assert_type(user, ElementsUserDetail | None)
    auth.send_access_token_email_notification(1, {"email": "a@example.com"})
    auth.start_impersonation(elements_sdk.ImpersonationEndpointRequest(user=3))


@dataclass
class Workspace:
    id: int


class ApiToken(TypedDict):
    id: int
    name: str


def token_name(values: dict[str, Any]) -> str:
    return str(values["name"])


def send(client: ApiClient) -> None:
    client.send("DELETE", "/api/2/x", query={"a": [1, 2]}, json=Ticket(ticket="t"), _request_timeout=5)
    assert_type(client.send("GET", "/api/2/x", returns=Ticket), Ticket)
    assert_type(client.send("GET", "/api/2/x", returns=list[Ticket]), list[Ticket])
    assert_type(client.send("GET", "/api/2/x", returns="list[Ticket]"), object)
    assert_type(client.send("GET", "/api/2/x", returns=Workspace), Workspace)
    assert_type(client.send("GET", "/api/2/x", returns=ApiToken), ApiToken)
    assert_type(client.send("GET", "/api/2/x", returns=list[ApiToken]), list[ApiToken])
    assert_type(client.send("GET", "/api/2/x", returns=dict[str, Any]), dict[str, Any])
    assert_type(client.send("GET", "/api/2/x", returns=token_name), str)
    assert_type(client.iterate("/api/2/x"), Pager[dict[str, Any]])
    assert_type(client.iterate("/api/2/x", query={"a": 1}, order=None, returns=ApiToken), Pager[ApiToken])
    assert_type(next(client.iterate("/api/2/x", page_size=5, offset=3, returns=Ticket)), Ticket)


def walk(auth: AuthApi) -> None:
    pager = auth.iter_access_tokens(page_size=50, user=7, created_by="8", ordering="-id", _request_timeout=5)
    assert_type(pager, Pager[OneTimeAccessToken])
    assert_type(next(pager), OneTimeAccessToken)
    for token in pager:
        assert_type(token, OneTimeAccessToken)
    for page in auth.iter_access_tokens().pages():
        assert_type(page, list[OneTimeAccessToken])
    try:
        list(pager)
    except elements_sdk.PagingError as error:
        auth.iter_access_tokens(offset=error.resume_offset)
        assert_type(error.cause, elements_sdk.ApiException | None)


def show(done: int, total: int | None) -> None: ...


def title(token: OneTimeAccessToken) -> str:
    return token.url


def work(auth: AuthApi) -> None:
    assert_type(map_calls(auth.delete_access_token, [1, 2], max_concurrency=16, progress=show), Bulk[int, object])
    for outcome in map_calls(auth.get_access_token, (token.id for token in auth.iter_access_tokens())):
        assert_type(outcome, Outcome[int, OneTimeAccessToken])
        assert_type(outcome.item, int)
        assert_type(outcome.value, OneTimeAccessToken | None)
        assert_type(outcome.result(), OneTimeAccessToken)
        assert_type(outcome.error, BaseException | None)
    with map_calls(title, auth.iter_access_tokens()) as bulk:
        assert_type(next(bulk), Outcome[OneTimeAccessToken, str])


def plain(token: OneTimeAccessToken) -> None:
    assert_type(OneTimeAccessToken.from_dict({"id": 7}), OneTimeAccessToken)
    assert_type(OneTimeAccessToken.from_dict(token.to_dict()).user, ElementsUserMini)
    assert_type(token.to_json(), str)


class NotedToken(OneTimeAccessToken):
    """A token with an attribute of its own."""

    def note(self, text: str) -> None:
        self.text = text


class RegionalConfiguration(Configuration):
    """Settings with an attribute of their own."""

    region: str = "eu"


class Guard(ApiClient):
    """A client that lets no DELETE out, and notes what it was asked."""

    def __init__(self, configuration: Configuration) -> None:
        super().__init__(configuration)
        self.asked: list[str] = []

    def call_api(self, resource_path: str, method: str, *args: Any, **kwargs: Any) -> Any:
        self.asked.append(resource_path)
        if method == "DELETE":
            raise PermissionError
        return super().call_api(resource_path, method, *args, **kwargs)


assert_type(NotedToken.from_dict({}), NotedToken)
assert_type(AuthApi(Guard(Configuration())).create_auth_ticket(), Ticket)
assert_type(NotedToken.from_dict({}).text, str)
assert_type(RegionalConfiguration(timeout=5).region, str)


def renew(configuration: Configuration) -> None:
    configuration.api_key["Bearer"] = "KEY"


Configuration(
    timeout=(5, None), total_timeout=None, verify_ssl=True, retries=RetryPolicy(3), refresh_api_key_hook=renew, proxy=None
)
configuration = Configuration(host="http://localhost", api_key={"Authorization": "KEY"})
configuration.api_key_prefix["Authorization"] = "Bearer"
configuration.timeout = (5, 30)
configuration.timeout = 5
configuration.assert_hostname = False
with ApiClient(configuration) as client:
    use(AuthApi(client))
    client.call_api("/api/2/x", "GET", response_type=list[Ticket])
assert_type(elements_sdk.__version__, str)
with Sandbox() as sandbox:
    assert_type(sandbox.configuration(sandbox.admin), Configuration)
    assert_type(sandbox.outbox[0].to, list[str])
