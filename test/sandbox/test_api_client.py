"""Raw calls to a server, as a user."""

from __future__ import annotations

import pytest

from elements_sdk import (
    ApiResponse,
    NotFoundException,
    OneTimeAccessToken,
)
from elements_sdk.sandbox import Sandbox
from test.both_clients import AuthApi, both_kinds, only_blocking

pytestmark = both_kinds


def test_service_that_logs_its_users_in_stays_itself(sandbox: Sandbox, auth: AuthApi) -> None:
    admin = sandbox.admin
    assert auth.login({"username": admin.username, "password": admin.password}).user is not None
    assert auth.check_auth_ticket(auth.create_auth_ticket()).id == sandbox.user.id


def test_call_api_gives_data_status_and_headers(auth: AuthApi) -> None:
    answer = auth.api_client.call_api(
        "/api/2/auth/access-tokens",
        "get",
        query_params=[("limit", 2)],
        response_type="list[OneTimeAccessToken]",
        auth_settings=["Bearer"],
    )
    assert isinstance(answer, ApiResponse)
    assert [type(token) for token in answer.data] == [OneTimeAccessToken] * 2
    assert answer.status_code == 200
    token = auth.api_client.call_api(
        "/api/2/auth/access-tokens/{id}",
        "GET",
        path_params={"id": answer.data[0].id},
        response_type="OneTimeAccessToken",
        auth_settings=["Bearer"],
        _return_http_data_only=True,
    )
    assert token == answer.data[0]
    with pytest.raises(NotFoundException):
        auth.api_client.call_api("/api/2/auth/nothing", "GET", auth_settings=["Bearer"])


@only_blocking
def test_call_api_runs_in_the_background(auth: AuthApi) -> None:
    waiting = auth.api_client.call_api("/api/2/auth/ticket", "POST", auth_settings=["Bearer"], async_req=True)
    assert waiting.get(10).status_code == 200
