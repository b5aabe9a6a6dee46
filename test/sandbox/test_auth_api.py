"""Each documented method against the sandbox: result, variants, options, the wire, and every error."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from multiprocessing.pool import ApplyResult
from typing import Any, NamedTuple

import pytest

import elements_sdk
from elements_sdk import (
    ApiResponse,
    ApiTypeError,
    ApiValueError,
    AuthLoginEndpointResponse,
    BadRequestException,
    Configuration,
    ElementsUserDetail,
    ForbiddenException,
    GeneratePasswordEndpointResponse,
    LoginFailed,
    NotFoundException,
    OneTimeAccessToken,
    Ticket,
    UnauthorizedException,
)
from elements_sdk.api import auth_api
from elements_sdk.sandbox import Sandbox
from test.both_clients import ApiClient, AuthApi, is_asyncio, read_raw, with_slow_override
from test.recording import RecordingServer
from test.sandbox.conftest import log_in

pytestmark = with_slow_override

BASE = "/api/2/auth"


class Call(NamedTuple):
    """How a method is called, by whom, and what goes over the wire."""

    method: str
    who: str  # the fixture that returns the AuthApi
    arguments: Callable[[Sandbox, AuthApi], dict[str, Any]]
    http: str
    path: str
    result: type | None
    status: int = 200
    query: str = ""

    def make(self, sandbox: Sandbox, auth: AuthApi, variant: str = "", **options: Any) -> tuple[Any, dict[str, Any]]:
        arguments = self.arguments(sandbox, auth)
        return getattr(auth, self.method + variant)(**arguments, **options), arguments


def ticket(_sandbox: Sandbox, auth: AuthApi) -> dict[str, Any]:
    return {"data": auth.create_auth_ticket()}


def a_token(_sandbox: Sandbox, auth: AuthApi) -> dict[str, Any]:
    return {"id": auth.get_all_access_tokens(limit=1, ordering="-id")[0].id}


def an_email(sandbox: Sandbox, auth: AuthApi) -> dict[str, Any]:
    return {**a_token(sandbox, auth), "data": elements_sdk.SendLinkEmailRequest(email="a@example.com", subject="S")}


def user_credentials(sandbox: Sandbox, _auth: AuthApi) -> dict[str, Any]:
    account = sandbox.user
    return {"data": elements_sdk.AuthLoginEndpointRequest(username=account.username, password=account.password)}


def a_reset(sandbox: Sandbox, _auth: AuthApi) -> dict[str, Any]:
    token = sandbox.password_reset_token("disabled_user")
    return {"data": elements_sdk.PasswordResetEndpointRequest(token=token, password="Lantern-4471-x")}


def the_user(sandbox: Sandbox, auth: AuthApi) -> dict[str, Any]:
    log_in(auth, sandbox.admin)
    return {"data": elements_sdk.ImpersonationEndpointRequest(user=sandbox.user.id)}


def while_impersonating(sandbox: Sandbox, auth: AuthApi) -> dict[str, Any]:
    auth.start_impersonation(**the_user(sandbox, auth))
    return {}


def nothing(_sandbox: Sandbox, _auth: AuthApi) -> dict[str, Any]:
    return {}


def a_page(_sandbox: Sandbox, _auth: AuthApi) -> dict[str, Any]:
    return {"ordering": "-expires", "limit": 5, "offset": 2}


PAGE = "ordering=-expires&limit=5&offset=2"
CALLS = [
    Call("check_auth_ticket", "auth", ticket, "POST", "/ticket/check", ElementsUserDetail),
    Call("create_auth_ticket", "auth", nothing, "POST", "/ticket", Ticket),
    Call("delete_access_token", "admin_auth", a_token, "DELETE", "/access-tokens/{id}", None, 204),
    Call("generate_password", "auth", nothing, "POST", "/generate-password", GeneratePasswordEndpointResponse),
    Call("get_access_token", "auth", a_token, "GET", "/access-tokens/{id}", OneTimeAccessToken),
    Call("get_all_access_tokens", "auth", a_page, "GET", "/access-tokens", list, query=PAGE),
    Call("login", "anonymous", user_credentials, "POST", "/login", AuthLoginEndpointResponse),
    Call("logout", "auth", nothing, "POST", "/logout", None),
    Call("reset_password", "auth", a_reset, "POST", "/reset-password", None),
    Call("send_access_token_email_notification", "auth", an_email, "POST", "/access-tokens/{id}/email", None),
    Call("start_impersonation", "anonymous", the_user, "POST", "/impersonation", None),
    Call("stop_impersonation", "anonymous", while_impersonating, "POST", "/impersonation/stop", None),
]
all_calls = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.method)


@pytest.fixture
def caller(call: Call, request: pytest.FixtureRequest) -> AuthApi:
    found: AuthApi = request.getfixturevalue(call.who)
    return found


def is_right(result: Any, call: Call) -> bool:
    if call.result is None:
        return result is None
    if call.result is list:
        return len(result) == 5 and all(type(item) is OneTimeAccessToken for item in result)
    return type(result) is call.result


def test_every_operation_has_a_call_here() -> None:
    assert [operation.name for operation in auth_api.OPERATIONS] == [call.method for call in CALLS]


@all_calls
def test_result_and_request_on_the_wire(call: Call, caller: AuthApi, sandbox: Sandbox) -> None:
    result, arguments = call.make(sandbox, caller)
    assert is_right(result, call)
    sent = sandbox.requests[-1]
    assert (sent.method, sent.path) == (call.http, BASE + call.path.format(**arguments))
    assert sent.query == call.query
    assert sent.status == call.status
    expected = caller.api_client.sanitize_for_serialization(arguments.get("data"))
    assert (json.loads(sent.body) if sent.body else None) == expected
    assert ("Content-Type" in sent.headers) == (expected is not None)


@all_calls
def test_with_http_info(call: Call, caller: AuthApi, sandbox: Sandbox) -> None:
    answer, _ = call.make(sandbox, caller, "_with_http_info")
    data, status, headers = answer
    assert isinstance(answer, ApiResponse)
    assert is_right(data, call)
    assert status == answer.status_code == call.status
    assert headers["date"]


@all_calls
def test_with_http_info_gives_data_only_if_asked(call: Call, caller: AuthApi, sandbox: Sandbox) -> None:
    data, _ = call.make(sandbox, caller, "_with_http_info", _return_http_data_only=True)
    assert is_right(data, call)


@all_calls
def test_async_req(call: Call, caller: AuthApi, sandbox: Sandbox) -> None:
    if is_asyncio():
        with pytest.raises(ApiTypeError, match=rf"{call.method} takes no argument 'async_req' here.*create_task"):
            call.make(sandbox, caller, async_req=True)
        return
    waiting, _ = call.make(sandbox, caller, async_req=True)
    assert isinstance(waiting, ApplyResult)
    assert is_right(waiting.get(10), call)


@all_calls
def test_without_preloading_the_raw_response_comes_back_unread(call: Call, caller: AuthApi, sandbox: Sandbox) -> None:
    raw, _ = call.make(sandbox, caller, _preload_content=False)
    assert raw.status == call.status
    assert bool(read_raw(raw)) == (call.result is not None)


@all_calls
def test_request_timeout_is_taken_as_number_and_pair(call: Call, caller: AuthApi, sandbox: Sandbox) -> None:
    result, _ = call.make(sandbox, caller, _request_timeout=20)
    assert is_right(result, call)
    result, _ = call.make(sandbox, caller, _request_timeout=(5, 20.5))
    assert is_right(result, call)


@all_calls
def test_unknown_keyword_is_named_and_nothing_is_sent(call: Call, caller: AuthApi, sandbox: Sandbox) -> None:
    arguments = call.arguments(sandbox, caller)
    before = len(sandbox.requests)
    for variant in ("", "_with_http_info"):
        with pytest.raises(ApiTypeError, match=f"{call.method} takes no argument 'datas'"):
            getattr(caller, call.method + variant)(**arguments, datas=1)
    assert len(sandbox.requests) == before


@pytest.mark.parametrize(
    ("method", "missing", "others"),
    [
        ("check_auth_ticket", "data", {}),
        ("delete_access_token", "id", {}),
        ("get_access_token", "id", {}),
        ("login", "data", {}),
        ("reset_password", "data", {}),
        ("send_access_token_email_notification", "id", {"data": {}}),
        ("send_access_token_email_notification", "data", {"id": 7}),
        ("start_impersonation", "data", {}),
    ],
)
@pytest.mark.parametrize("variant", ["", "_with_http_info"])
def test_missing_argument_is_named_and_nothing_is_sent(
    method: str,
    missing: str,
    others: dict[str, Any],
    variant: str,
    recorder: RecordingServer,
    recorded_client: ApiClient,
) -> None:
    for arguments in (others, {**others, missing: None}):
        with pytest.raises(ApiValueError, match=f"{method} needs the argument '{missing}'"):
            getattr(AuthApi(recorded_client), method + variant)(**arguments)
    assert recorder.requests == []


NEEDS_LOGIN = [call for call in CALLS if call.method not in ("check_auth_ticket", "login", "logout", "reset_password")]


@pytest.mark.parametrize("call", NEEDS_LOGIN, ids=lambda call: call.method)
def test_nobody_gets_401(call: Call, sandbox: Sandbox) -> None:
    arguments: dict[str, Any] = {"id": 1} if "{id}" in call.path else {}
    arguments |= {"data": {"user": 1}} if call.path.rpartition("/")[2] == "impersonation" else {}
    arguments |= {"data": {}} if call.path.endswith("/email") else {}
    with ApiClient(Configuration(host=sandbox.host)) as client, pytest.raises(UnauthorizedException) as caught:
        getattr(AuthApi(client), call.method)(**arguments)
    assert caught.value.status == 401
    assert caught.value.detail == "Authentication credentials were not provided."
    assert caught.value.headers is not None
    assert caught.value.headers["Www-Authenticate"] == "Bearer"


def test_ticket_of_user_tells_the_user(auth: AuthApi, anonymous: AuthApi, sandbox: Sandbox) -> None:
    owner = anonymous.check_auth_ticket(auth.create_auth_ticket())
    assert owner.id == sandbox.user.id
    assert owner.username == "user"
    assert owner.permissions == ["media:view"]
    assert owner.ldap is not None
    assert owner.ldap.nt_domain == "SANDBOX"
    assert owner.client_sessions is not None
    assert owner.client_sessions[0].user.username == "user"
    assert isinstance(owner.client_sessions[0].started, datetime)


def test_spent_or_invented_ticket_is_400_on_the_field(auth: AuthApi, anonymous: AuthApi) -> None:
    ticket = auth.create_auth_ticket()
    anonymous.check_auth_ticket(ticket)
    for bad in (ticket, Ticket(ticket="invented")):
        with pytest.raises(BadRequestException) as caught:
            anonymous.check_auth_ticket(bad)
        assert list(caught.value.errors) == ["ticket"]


def test_ticket_grows_too_old(auth: AuthApi, anonymous: AuthApi, sandbox: Sandbox) -> None:
    ticket = auth.create_auth_ticket()
    sandbox.expire_tickets()
    with pytest.raises(BadRequestException, match="ticket: This ticket is not valid, or no longer"):
        anonymous.check_auth_ticket(ticket)


def test_access_token_is_the_same_in_list_and_alone(auth: AuthApi) -> None:
    for token in auth.get_all_access_tokens(limit=10):
        assert auth.get_access_token(token.id) == token
        assert token.user.id == 2 or (token.created_by and token.created_by.id == 2)
        assert token.expires is None or isinstance(token.expires, datetime)
        assert token.shared_bundles
        assert all(visit.token == token.id for visit in token.activity or [])


def test_administrator_sees_all(admin_auth: AuthApi, auth: AuthApi) -> None:
    everything, own = admin_auth.get_all_access_tokens(), auth.get_all_access_tokens()
    assert len(everything) > 200
    assert {token.id for token in own} < {token.id for token in everything}


FILTERS: list[tuple[str, Callable[[OneTimeAccessToken], list[int]]]] = [
    ("shared_bundles", lambda token: [bundle.id for bundle in token.shared_bundles or []]),
    ("shared_directories", lambda token: [directory.id for directory in token.shared_directories or []]),
    ("user", lambda token: [token.user.id]),
    ("created_by", lambda token: [token.created_by.id] if token.created_by else []),
]


@pytest.mark.parametrize(("name", "values"), FILTERS, ids=[name for name, _ in FILTERS])
def test_filter_gives_just_the_matching_tokens(
    name: str, values: Callable[[OneTimeAccessToken], list[int]], admin_auth: AuthApi
) -> None:
    everything = admin_auth.get_all_access_tokens()
    wanted = next(value for token in everything for value in values(token))
    matching = [token.id for token in everything if wanted in values(token)]
    for spelling in (wanted, str(wanted)):
        filters: dict[str, Any] = {name: spelling}
        found = admin_auth.get_all_access_tokens(**filters)
        assert [token.id for token in found] == matching
    assert 0 < len(matching) < len(everything)


def test_filter_by_asset_counts_each_token_once(admin_auth: AuthApi) -> None:
    found = admin_auth.get_all_access_tokens(shared_bundles__asset=3)
    assert len(found) == len({token.id for token in found}) > 0
    for token in found:  # bundle n belongs to asset n % 8 + 1
        assert {bundle.id for bundle in token.shared_bundles or []} & {2, 10, 18}


@pytest.mark.parametrize("ordering", ["id", "-id", "expires", "-expires", "token", "-token"])
def test_ordering(ordering: str, admin_auth: AuthApi) -> None:
    name = ordering.removeprefix("-")
    values = [getattr(token, name) for token in admin_auth.get_all_access_tokens(ordering=ordering)]
    known = [value for value in values if value is not None]
    assert known == sorted(known, reverse=ordering.startswith("-"))


def test_limit_and_offset_cut_a_page(admin_auth: AuthApi) -> None:
    everything = [token.id for token in admin_auth.get_all_access_tokens()]
    assert [token.id for token in admin_auth.get_all_access_tokens(limit=7, offset=20)] == everything[20:27]
    assert [token.id for token in admin_auth.get_all_access_tokens(offset=200)] == everything[200:]
    assert admin_auth.get_all_access_tokens(limit=10, offset=10_000) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ordering", "zz"),
        ("user", "bob"),
        ("created_by", "x"),
        ("shared_bundles", "y"),
        ("shared_directories", "-"),
        ("shared_bundles__asset", "1.5"),
        ("limit", "many"),
        ("offset", -1),
    ],
)
def test_nonsense_filter_is_400_naming_it(name: str, value: Any, auth: AuthApi) -> None:
    with pytest.raises(BadRequestException) as caught:
        auth.get_all_access_tokens(**{name: value})
    assert list(caught.value.errors) == [name]
    assert name in str(caught.value)


def test_someone_elses_token_is_404(auth: AuthApi, admin_auth: AuthApi) -> None:
    own = {token.id for token in auth.get_all_access_tokens()}
    foreign = next(token.id for token in admin_auth.get_all_access_tokens() if token.id not in own)
    calls: list[Callable[[], object]] = [
        lambda: auth.get_access_token(foreign),
        lambda: auth.delete_access_token(foreign),
        lambda: auth.send_access_token_email_notification(foreign, {"email": "a@example.com"}),
        lambda: auth.get_access_token(10**9),
    ]
    for call in calls:
        with pytest.raises(NotFoundException) as caught:
            call()
        assert caught.value.detail == "No OneTimeAccessToken matches the given query."
    assert admin_auth.get_access_token(foreign).id == foreign


def test_deleted_token_is_gone(admin_auth: AuthApi) -> None:
    number = admin_auth.get_all_access_tokens(ordering="-id", limit=1)[0].id
    assert admin_auth.delete_access_token(number) is None
    with pytest.raises(NotFoundException):
        admin_auth.get_access_token(number)


def test_email_goes_out_with_link_subject_and_text(auth: AuthApi, sandbox: Sandbox) -> None:
    token = auth.get_all_access_tokens(limit=1)[0]
    request = elements_sdk.SendLinkEmailRequest(email="b@example.com", subject="Rushes", text="Have a look")
    assert auth.send_access_token_email_notification(token.id, request) is None
    sent = sandbox.outbox[-1]
    assert (sent.to, sent.subject) == (["b@example.com"], "Rushes")
    assert sent.text == f"Have a look\n\n{token.full_url}"
    auth.send_access_token_email_notification(token.id, {})
    assert sandbox.outbox[-1].to == [token.user.email]


def test_email_to_an_invalid_address_is_400(auth: AuthApi) -> None:
    number = auth.get_all_access_tokens(limit=1)[0].id
    with pytest.raises(BadRequestException) as caught:
        auth.send_access_token_email_notification(number, {"email": "nobody"})
    assert caught.value.errors == {"email": ["Enter a valid email address."]}
    with pytest.raises(BadRequestException):
        auth.send_access_token_email_notification(number, {"subject": "two\nlines"})


@pytest.mark.parametrize("name", ["admin", "user", "otp_user"])
def test_login_makes_the_client_that_user(name: str, anonymous: AuthApi, sandbox: Sandbox) -> None:
    account = getattr(sandbox, name)
    log_in(anonymous, account)
    assert anonymous.check_auth_ticket(anonymous.create_auth_ticket()).id == account.id
    assert anonymous.logout() is None
    with pytest.raises(UnauthorizedException):
        anonymous.create_auth_ticket()


@pytest.mark.parametrize(
    ("name", "changes", "reason", "hint"),
    [
        ("user", {"password": "wrong"}, "invalid_credentials", "check username and password"),
        ("user", {"username": "nobody"}, "invalid_credentials", "check username and password"),
        ("otp_user", {}, "otp_required", "give the code that the account's device shows now as otp"),
        ("otp_user", {"otp": "000000x"}, "invalid_otp", "give the code that the account's device shows now as otp"),
        ("new_user", {}, "password_change_required", "give a new_password"),
        ("disabled_user", {}, "account_disabled", "ask an administrator to enable the account"),
    ],
)
def test_refused_login_says_why_and_what_to_do(
    name: str, changes: dict[str, str], reason: str, hint: str, fresh_sandbox: Sandbox
) -> None:
    account = getattr(fresh_sandbox, name)
    given: dict[str, Any] = {"username": account.username, "password": account.password, **changes}
    credentials = elements_sdk.AuthLoginEndpointRequest(**given)
    with ApiClient(Configuration(host=fresh_sandbox.host)) as client, pytest.raises(LoginFailed) as caught:
        AuthApi(client).login(credentials)
    error = caught.value
    assert (error.status, error.login_reason, error.errors) == (401, reason, {})
    assert str(error) == f"401 Unauthorized: {error.detail} (POST /api/2/auth/login); {hint}"


def test_new_user_sets_a_password_at_the_first_login(fresh_sandbox: Sandbox) -> None:
    account = fresh_sandbox.new_user
    credentials: dict[str, Any] = {"username": account.username, "password": account.password}
    with ApiClient(Configuration(host=fresh_sandbox.host)) as client:
        auth = AuthApi(client)
        with pytest.raises(LoginFailed) as caught:
            auth.login(elements_sdk.AuthLoginEndpointRequest(**credentials, new_password="123"))
        assert caught.value.status == 400
        assert len(caught.value.errors["new_password"]) == 2
        auth.login(elements_sdk.AuthLoginEndpointRequest(**credentials, new_password="Lantern-4471-x"))
        auth.logout()
        auth.login({"username": account.username, "password": "Lantern-4471-x"})
        assert auth.check_auth_ticket(auth.create_auth_ticket()).id == account.id


def test_sixth_failure_in_a_minute_is_429(fresh_sandbox: Sandbox) -> None:
    with ApiClient(Configuration(host=fresh_sandbox.host)) as client:
        auth = AuthApi(client)
        for _ in range(5):
            with pytest.raises(LoginFailed) as caught:
                auth.login({"username": "user", "password": "wrong"})
            assert (caught.value.status, caught.value.retry_after) == (401, None)
        with pytest.raises(LoginFailed, match="Request was throttled") as caught:
            auth.login({"username": "user", "password": "wrong"})
        assert caught.value.status == 429
        assert caught.value.retry_after is not None
        assert 50 < caught.value.retry_after <= 60
        with pytest.raises(LoginFailed):
            auth.login({"username": "admin", "password": "wrong"})


def test_login_without_a_username_is_400(sandbox: Sandbox) -> None:
    configuration = Configuration(host=sandbox.host)
    configuration.client_side_validation = False
    with ApiClient(configuration) as client, pytest.raises(LoginFailed) as caught:
        AuthApi(client).login({"password": "x"})  # type: ignore[call-overload]
    assert caught.value.errors == {"username": ["This field is required."]}


def test_generated_password_is_good_for_a_reset(fresh_sandbox: Sandbox) -> None:
    with ApiClient(fresh_sandbox.configuration()) as client:
        auth = AuthApi(client)
        password = auth.generate_password().password
        assert password != auth.generate_password().password
        token = fresh_sandbox.password_reset_token("user")
        assert auth.reset_password({"token": token, "password": password}) is None
        assert auth.login({"username": "user", "password": password}).user is not None
        with pytest.raises(BadRequestException) as caught:
            auth.reset_password({"token": token, "password": "Another-5512-y"})
        assert list(caught.value.errors) == ["token"]


def test_reset_to_a_bad_password_gives_the_validators_sentences(auth: AuthApi, sandbox: Sandbox) -> None:
    token = sandbox.password_reset_token("disabled_user")
    with pytest.raises(BadRequestException) as caught:
        auth.reset_password({"token": token, "password": "1234567"})
    assert caught.value.errors == {
        "password": [
            "This password is too short. It must contain at least 8 characters.",
            "This password is entirely numeric.",
        ]
    }


def test_impersonation_changes_whom_tickets_are_for(admin_session: AuthApi, sandbox: Sandbox) -> None:
    def who() -> int:
        return admin_session.check_auth_ticket(admin_session.create_auth_ticket()).id

    assert who() == sandbox.admin.id
    admin_session.start_impersonation({"user": sandbox.user.id})
    assert who() == sandbox.user.id
    with pytest.raises(ForbiddenException):  # the user has no such permission
        admin_session.start_impersonation({"user": sandbox.admin.id})
    admin_session.stop_impersonation()
    assert who() == sandbox.admin.id


def test_impersonation_of_nobody_is_400(admin_session: AuthApi) -> None:
    with pytest.raises(BadRequestException) as caught:
        admin_session.start_impersonation({"user": 999})
    assert list(caught.value.errors) == ["user"]
    with pytest.raises(BadRequestException, match="No impersonation is under way"):
        admin_session.stop_impersonation()


def test_impersonation_without_permission_or_session_is_403(
    anonymous: AuthApi, admin_auth: AuthApi, sandbox: Sandbox
) -> None:
    log_in(anonymous, sandbox.user)
    for auth in (anonymous, admin_auth):
        with pytest.raises(ForbiddenException):
            auth.start_impersonation({"user": sandbox.otp_user.id})
        with pytest.raises(ForbiddenException):
            auth.stop_impersonation()
