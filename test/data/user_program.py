"""A user's program, as the type checkers see it. It is checked, never run."""

from __future__ import annotations

from datetime import datetime
from multiprocessing.pool import ApplyResult
from typing import assert_type

from urllib3 import HTTPHeaderDict
from urllib3.response import BaseHTTPResponse

import elements_sdk
from elements_sdk import ApiClient, ApiResponse, AuthApi, Configuration, OneTimeAccessToken, Ticket
from elements_sdk.models import ElementsUserDetail
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


configuration = Configuration(host="http://localhost", api_key={"Authorization": "KEY"})
configuration.api_key_prefix["Authorization"] = "Bearer"
configuration.timeout = (5, 30)
configuration.timeout = 5
configuration.assert_hostname = False
with ApiClient(configuration) as client:
    use(AuthApi(client))
with Sandbox() as sandbox:
    assert_type(sandbox.configuration(sandbox.admin), Configuration)
    assert_type(sandbox.outbox[0].to, list[str])
