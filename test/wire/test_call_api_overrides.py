"""Who overrides, patches or replaces `call_api`, as users of 3.3 do for guards and tests, is asked at each call."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import AsyncMock, Mock, create_autospec, patch

import pytest

import elements_sdk
from elements_sdk import ApiException, ApiTypeError, ApiValueError, Configuration, Ticket, aio
from test.both_clients import (
    BlockingFacade,
    Session,
    both_kinds,
    is_asyncio,
    map_calls,
    only_asyncio,
    only_blocking,
    run,
)
from test.recording import CannedResponse, Recorded, RecordingServer
from test.samples import SAMPLES

pytestmark = both_kinds

LIST = "/api/2/auth/access-tokens"
ONE = LIST + "/{id}"
# What elements-sdk 3.3.2 hands to call_api: method, path, response type, and whether there is a body.
CALLS: dict[str, tuple[str, str, str, bool]] = {
    "check_auth_ticket": ("POST", "/api/2/auth/ticket/check", "ElementsUserDetail", True),
    "create_auth_ticket": ("POST", "/api/2/auth/ticket", "Ticket", False),
    "delete_access_token": ("DELETE", ONE, "object", False),
    "generate_password": ("POST", "/api/2/auth/generate-password", "GeneratePasswordEndpointResponse", False),
    "get_access_token": ("GET", ONE, "OneTimeAccessToken", False),
    "get_all_access_tokens": ("GET", LIST, "list[OneTimeAccessToken]", False),
    "login": ("POST", "/api/2/auth/login", "AuthLoginEndpointResponse", True),
    "logout": ("POST", "/api/2/auth/logout", "object", False),
    "reset_password": ("POST", "/api/2/auth/reset-password", "object", True),
    "send_access_token_email_notification": ("POST", ONE + "/email", "object", True),
    "start_impersonation": ("POST", "/api/2/auth/impersonation", "object", True),
    "stop_impersonation": ("POST", "/api/2/auth/impersonation/stop", "object", False),
}
BODIES: dict[str, dict[str, Any]] = {
    "check_auth_ticket": {"ticket": "T"},
    "login": {"username": "u", "password": "p"},
    "reset_password": {"token": "T", "password": "new"},
    "send_access_token_email_notification": {"email": "a@example.com"},
    "start_impersonation": {"user": 3},
}


def answer(request: Recorded) -> CannedResponse:
    """Answer as a server does."""
    token: Any = SAMPLES["OneTimeAccessToken"]
    results = {
        LIST: [token],
        "/api/2/auth/login": SAMPLES["AuthLoginEndpointResponse"],
        "/api/2/auth/ticket": {"ticket": "T"},
        "/api/2/auth/ticket/check": SAMPLES["ElementsUserDetail"],
    }
    return CannedResponse(body=json.dumps(results.get(request.path, token)).encode())


def arguments_of(name: str) -> dict[str, Any]:
    path, has_body = CALLS[name][1], CALLS[name][3]
    return {**({"id": 7} if "{id}" in path else {}), **({"data": BODIES[name]} if has_body else {})}


class Guard(elements_sdk.ApiClient):
    """A client that notes its calls, and lets no DELETE out."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.seen: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def call_api(self, resource_path: str, method: str, *rest: Any, **named: Any) -> Any:
        self.seen.append(((resource_path, method, *rest), named))
        if method == "DELETE":
            raise PermissionError("read only")
        return super().call_api(resource_path, method, *rest, **named)


class AioGuard(aio.ApiClient):
    """The same for asyncio."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.seen: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    async def call_api(self, resource_path: str, method: str, *rest: Any, **named: Any) -> Any:
        self.seen.append(((resource_path, method, *rest), named))
        if method == "DELETE":
            raise PermissionError("read only")
        return await super().call_api(resource_path, method, *rest, **named)


def calls_of(client: Any) -> Any:
    if not is_asyncio():
        return elements_sdk.AuthApi(client)
    BlockingFacade(client)  # which closes it in the end
    return BlockingFacade(aio.AuthApi(client))


def made_by(change: Callable[..., dict[str, Any]]) -> Any:
    """Return a client that changes the arguments of `call_api`, given by name, as a function says."""
    names = ["resource_path", "method", "path_params", "query_params", "header_params"]

    class Changing(elements_sdk.ApiClient):
        def call_api(self, *given: Any, **named: Any) -> Any:
            return super().call_api(**change(**dict(zip(names, given, strict=True)), **named))

    class AioChanging(aio.ApiClient):
        async def call_api(self, *given: Any, **named: Any) -> Any:
            return await super().call_api(**change(**dict(zip(names, given, strict=True)), **named))

    return AioChanging if is_asyncio() else Changing


@pytest.fixture
def settings(recorder: RecordingServer) -> Configuration:
    recorder.answer = answer
    return Configuration(host=recorder.host, api_key={"Bearer": "KEY"})


@pytest.fixture
def guarded(settings: Configuration) -> Iterator[Any]:
    client: Any = (AioGuard if is_asyncio() else Guard)(settings)
    yield client
    if not is_asyncio():
        client.close()


@pytest.mark.parametrize("name", CALLS)
def test_call_api_gets_the_arguments_of_3_3(name: str, guarded: Any) -> None:
    method, path, response_type, has_body = CALLS[name]
    headers = {"Accept": "application/json", **({"Content-Type": "application/json"} if has_body else {})}
    given = arguments_of(name)
    usual: dict[str, Any] = {
        "body": given.get("data"),
        "post_params": [],
        "files": {},
        "response_type": response_type,
        "auth_settings": ["Bearer"],
        "async_req": None,
        "_return_http_data_only": True,
        "_preload_content": True,
        "_request_timeout": None,
        "collection_formats": {},
    }
    in_path = {"id": 7} if "id" in given else {}
    auth = calls_of(guarded)
    for variant, others in (("", {}), ("_with_http_info", {"_return_http_data_only": None})):
        try:
            getattr(auth, name + variant)(**given, _request_timeout=(3, 4))
        except PermissionError:
            assert method == "DELETE"
        assert guarded.seen.pop() == (
            (path, method, in_path, [], headers),
            {**usual, "_request_timeout": (3, 4), **others},
        )


def test_filters_are_pairs(guarded: Any) -> None:
    calls_of(guarded).get_all_access_tokens(limit=3, user=2, ordering="id")
    assert guarded.seen[0][0][3] == [("user", 2), ("ordering", "id"), ("limit", 3)]


def test_guard_is_asked_by_each_call_and_its_refusal_is_raised(guarded: Any, recorder: RecordingServer) -> None:
    auth = calls_of(guarded)
    for delete in (auth.delete_access_token, auth.delete_access_token_with_http_info):
        with pytest.raises(PermissionError):
            delete(7)
    outcomes = list(map_calls(auth.delete_access_token, [1, 2]))
    assert [type(outcome.error) for outcome in outcomes] == [PermissionError, PermissionError]
    assert recorder.requests == []
    assert [token.id for token in auth.iter_access_tokens(page_size=5)] == [SAMPLES["OneTimeAccessToken"]["id"]]
    assert {given[0] for given, _ in guarded.seen} == {ONE, LIST}


@only_blocking
def test_guard_is_asked_by_calls_in_threads(guarded: Any, recorder: RecordingServer) -> None:
    auth = elements_sdk.AuthApi(guarded)
    with pytest.raises(PermissionError):
        auth.delete_access_token(7, async_req=True)
    assert auth.create_auth_ticket(async_req=True).get() == Ticket(ticket="T")
    assert [named["async_req"] for _, named in guarded.seen] == [True, True]
    raw: Any = auth.create_auth_ticket(_preload_content=False)
    assert json.loads(raw.read()) == {"ticket": "T"}


def test_mistakes_are_found_before_call_api_is_asked(guarded: Any) -> None:
    auth = calls_of(guarded)
    with pytest.raises(ApiValueError):
        auth.get_access_token("..")
    with pytest.raises(ApiValueError):
        auth.login({"username": ""})
    with pytest.raises(ApiTypeError):
        auth.logout(zz=1)
    assert guarded.seen == []


def test_attribute_of_a_client_is_asked_too(settings: Configuration, recorder: RecordingServer) -> None:
    if is_asyncio():
        client: Any = aio.ApiClient(settings)
        client.call_api = AsyncMock(return_value="mine")
    else:
        client = elements_sdk.ApiClient(settings)
        client.call_api = lambda *given, **named: "mine"
    auth = calls_of(client)
    assert auth.get_access_token(7) == auth.create_auth_ticket_with_http_info() == "mine"
    assert recorder.requests == []
    del client.call_api
    assert auth.create_auth_ticket() == Ticket(ticket="T")


def test_patched_class_is_asked_by_sessions_too(settings: Configuration, recorder: RecordingServer) -> None:
    kind: Any = aio.ApiClient if is_asyncio() else elements_sdk.ApiClient
    with patch.object(kind, "call_api", autospec=True, side_effect=kind.call_api) as call_api:
        with Session(settings, "u", "p") as session, session.impersonate(SAMPLES["ElementsUserDetail"]["id"]):
            session.auth.create_auth_ticket()
        asked = [str(call.args[1]).removeprefix("/api/2/auth/") for call in call_api.call_args_list]
    begin = ["login", "impersonation", "ticket", "ticket/check"]
    assert asked == [*begin, "ticket", "impersonation/stop", "logout"]
    assert len(recorder.requests) == len(asked)


def test_mock_of_a_client_gives_what_its_call_api_gives() -> None:
    kind: Any = aio.ApiClient if is_asyncio() else elements_sdk.ApiClient
    for mock in (Mock(call_api=AsyncMock() if is_asyncio() else Mock()), create_autospec(kind, instance=True)):
        mock.call_api.return_value = [Ticket(ticket="mine")]
        auth = calls_of(mock)
        assert auth.get_access_token(7) == auth.get_all_access_tokens_with_http_info() == [Ticket(ticket="mine")]
        assert list(auth.iter_access_tokens()) == [Ticket(ticket="mine")]
        assert mock.call_api.call_args_list[0].args[:3] == (ONE, "GET", {"id": 7})
        with pytest.raises(ApiValueError, match="get_access_token needs the argument 'id'"):
            auth.get_access_token(None)


@only_asyncio
def test_call_is_made_as_whom_it_was_meant_for_though_it_is_passed_on_later_and_elsewhere(
    settings: Configuration,
) -> None:
    passed_on = aio.ApiClient.call_api
    has_ended = asyncio.Event()

    async def in_a_task(self: Any, *given: Any, **named: Any) -> Any:
        if given[0] == "/api/2/auth/generate-password":
            await has_ended.wait()
        return await asyncio.create_task(passed_on(self, *given, **named))

    async def impersonate() -> None:
        async with aio.Session(settings, "u", "p") as session:
            async with session.impersonate(SAMPLES["ElementsUserDetail"]["id"]):
                late = asyncio.create_task(session.auth.generate_password())
                await session.auth.create_auth_ticket()
            has_ended.set()
            with pytest.raises(elements_sdk.SessionExpired):
                await late
            assert await session.auth.create_auth_ticket() == Ticket(ticket="T")

    with patch.object(aio.ApiClient, "call_api", in_a_task):
        run(impersonate())


@only_blocking
def test_call_may_be_passed_on_to_another_client(settings: Configuration, recorder: RecordingServer) -> None:
    class Delegating(elements_sdk.ApiClient):
        def call_api(self, *given: Any, **named: Any) -> Any:
            return session.auth.api_client.call_api(*given, **named)

    session = elements_sdk.Session(settings, "u", "p")
    auth: Any = elements_sdk.AuthApi(Delegating(settings))
    with session:
        assert auth.create_auth_ticket() == Ticket(ticket="T")
        with pytest.raises(ApiValueError, match="a Session does login by itself"):
            auth.login(BODIES["login"])
    with pytest.raises(ApiValueError, match="the session is not open"):
        auth.create_auth_ticket()


def test_rewritten_arguments_are_sent(settings: Configuration, recorder: RecordingServer) -> None:
    def change(**given: Any) -> dict[str, Any]:
        headers, query = {**given["header_params"], "X-Trace": "1"}, [*given["query_params"], ("verbose", True)]
        return {**given, "path_params": {"id": 8}, "header_params": headers, "query_params": query, "auth_settings": []}

    with_change = calls_of(made_by(change)(settings))
    recorder.answers('{"detail": "No."}', 404)
    with pytest.raises(elements_sdk.NotFoundException):
        with_change.get_access_token(7)
    sent = recorder.last
    assert (sent.path, sent.query, sent.header("X-Trace")) == (LIST + "/8", "verbose=True", "1")
    assert sent.header("Authorization") is None


def test_rewritten_body_and_result(settings: Configuration, recorder: RecordingServer) -> None:
    auth = calls_of(made_by(lambda **given: {**given, "body": {"mine": 1}, "response_type": "object"})(settings))
    assert auth.check_auth_ticket({"ticket": "T"}) == SAMPLES["ElementsUserDetail"]
    assert json.loads(recorder.last.body) == {"mine": 1}


@pytest.mark.parametrize("path", ["/api/2/auth/ticket", "/api/3/ticket"])
def test_rewritten_path_is_a_call_of_any_endpoint(
    path: str, settings: Configuration, recorder: RecordingServer
) -> None:
    auth = calls_of(made_by(lambda **given: {**given, "resource_path": path})(settings))
    recorder.answers("{}", 503, Retry_After="0")
    with pytest.raises(ApiException):
        auth.create_auth_ticket()
    assert {request.path for request in recorder.requests} == {path}
    assert len(recorder.requests) == 1  # nothing says that it is safe to retry


def test_call_that_is_passed_on_is_retried_as_its_record_says(guarded: Any, recorder: RecordingServer) -> None:
    recorder.answers("{}", 503, Retry_After="0")
    auth = calls_of(guarded)
    for call, attempts in ((auth.create_auth_ticket, 3), (lambda: auth.login(BODIES["login"]), 1)):
        recorder.requests.clear()
        with pytest.raises(elements_sdk.ServiceException):
            call()
        assert len(recorder.requests) == attempts


def test_path_may_be_copied_and_pickled(guarded: Any, recorder: RecordingServer) -> None:
    calls_of(guarded).create_auth_ticket()
    (path, *_), _ = guarded.seen[0]
    assert (copy.deepcopy(path) is path, pickle.loads(pickle.dumps(path)), type(copy.copy(path))) == (True, path, str)


@pytest.mark.parametrize(
    "name", ["request", "deserialize", "sanitize_for_serialization", "update_params_for_auth", "call"]
)
def test_override_that_no_call_uses_is_warned_of_once_a_class(name: str) -> None:
    kind: Any = aio.ApiClient if is_asyncio() else elements_sdk.ApiClient
    derived = type("Derived", (kind,), {name: lambda self, *given, **named: None})
    with pytest.warns(UserWarning, match=f"Derived.{name} has no effect on calls: override call_api") as caught:
        run(_make(derived)) if is_asyncio() else derived()
    assert is_asyncio() or caught[0].filename == __file__
    run(_make(derived)) if is_asyncio() else derived()  # warnings are errors here


async def _make(kind: Any) -> None:
    kind()
